/**
 * Goal: MongoDB answers its shell as far as lessons go, and keeps its documents in files.
 * Method: start servers in a world of plain functions, run lines by mongosh, read what it prints.
 */
import { expect, test } from "vitest";
import { execInContainer, startContainer } from "#kernel/runtime/containers";
import { record, restarted, spec, type TestWorld, testWorld } from "#kernel/runtime/world.fixture";

function server(rest: Parameters<typeof spec>[1] = {}): TestWorld {
  const world = testWorld();
  startContainer(world, spec("mongo:7", rest));
  return world;
}

function mongo(world: TestWorld, line: string, options: string[] = []): string {
  const { stdout, stderr } = execInContainer(world, "c1", ["mongosh", "--quiet", ...options, "--eval", line]);
  return stdout + stderr;
}

test("documents are written, found, changed and kept", () => {
  const world = server();
  expect(record(world).listening).toEqual([27_017]);
  expect(mongo(world, "db.adminCommand('ping')")).toBe("{ ok: 1 }\n");
  expect(mongo(world, 'db.cats.insertOne({ _id: 1, name: "Tom", age: 3, tags: ["a"] })')).toBe(
    "{ acknowledged: true, insertedId: 1 }\n",
  );
  expect(mongo(world, "db.cats.insertMany([{_id: 2, name: 'Kit', age: 1}, {_id: 3, name: 'Max', age: 7}])")).toContain(
    "insertedIds: { '0': 2, '1': 3 }",
  );
  expect(mongo(world, "db.cats.find({ age: { $gt: 2 } }).sort({ age: -1 })")).toBe(
    "[\n  { _id: 3, name: 'Max', age: 7 },\n  { _id: 1, name: 'Tom', age: 3, tags: [ 'a' ] }\n]\n",
  );
  expect(mongo(world, "db.cats.updateOne({name: 'Kit'}, {$set: {age: 2}, $inc: {lives: 9}})")).toContain(
    "matchedCount: 1,\n  modifiedCount: 1",
  );
  expect(mongo(restarted(world), "db.cats.findOne({name: 'Kit'})")).toBe("{ _id: 2, name: 'Kit', age: 2, lives: 9 }\n");
  expect(mongo(world, "db.cats.deleteMany({age: {$lt: 5}}); db.cats.countDocuments()")).toBe(
    "{ acknowledged: true, deletedCount: 2 }\n1\n",
  );
  expect(mongo(world, "db.cats.insertOne({_id: 3})")).toContain(
    "MongoServerError: E11000 duplicate key error collection: test.cats",
  );
  expect(mongo(world, "show collections")).toBe("cats\n");
});

test("users, replica sets, and what it does not understand", () => {
  const world = server({ env: { MONGO_INITDB_ROOT_USERNAME: "root", MONGO_INITDB_ROOT_PASSWORD: "pw" } });
  expect(mongo(world, "db.cats.find()")).toBe("MongoServerError: Command find requires authentication\n");
  expect(mongo(world, "db.cats.find()", ["-u", "root", "-p", "no"])).toBe("MongoServerError: Authentication failed.\n");
  expect(mongo(world, "db.cats.find()", ["mongodb://root:pw@localhost:27017/test"])).toBe("[]\n");
  const set = server({ args: ["mongod", "--replSet", "rs0", "--bind_ip_all"] });
  expect(mongo(set, "rs.status()")).toBe("MongoServerError: no replset config has been received\n");
  expect(mongo(set, "rs.initiate()")).toBe("{ ok: 1 }\n");
  expect(mongo(set, "rs.status()")).toContain("name: 'web:27017', health: 1, stateStr: 'PRIMARY'");
  expect(mongo(set, "for (;;) {}")).toContain("Drydock's mongosh understands calls on db and rs");
  expect(mongo(set, "db.a.find({a: })")).toContain("SyntaxError");
});
