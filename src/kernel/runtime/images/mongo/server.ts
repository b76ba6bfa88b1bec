/**
 * mongod: collections of documents in files, users, and a replica set as far as its status.
 *
 * Models the mongo image of docker-library and src/mongo/db.
 * Leaves out replication: every member of a set keeps what is written to itself.
 */

import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Data, Doc } from "#kernel/runtime/images/mongo/literal";
import { fits, MongoError, sorted, updated } from "#kernel/runtime/images/mongo/query";
import { secretOf } from "#kernel/runtime/images/postgres/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

interface State {
  readonly data: string;
  readonly port: number;
}

/** What a client asks: one command on one collection. */
export interface MongoRequest {
  readonly user?: string;
  readonly password?: string;
  readonly database: string;
  readonly collection?: string;
  readonly command: string;
  readonly args: readonly Data[];
  readonly limit?: number;
  readonly skip?: number;
  readonly sort?: Doc;
}

export type MongoAnswer = { readonly value: Data } | { readonly error: string; readonly name: string };

const DOCS_MAX = 20_000;

function say(task: Task, component: string, message: string, attr: object = {}): void {
  const line = {
    t: { $date: new Date(task.now).toISOString().replace("Z", "+00:00") },
    s: "I",
    c: component,
    id: 20_000,
    ctx: "initandlisten",
    msg: message,
    ...(Object.keys(attr).length === 0 ? {} : { attr }),
  };
  task.print(`${JSON.stringify(line)}\n`);
}

const pathOf = ({ data }: State, database: string, collection: string): string =>
  `${data}/${database}.${collection.replace(/[^\w.-]/g, "_")}.wt`;

function docsOf(task: Task, state: State, database: string, collection: string): Doc[] {
  const text = task.files.read(pathOf(state, database, collection));
  return typeof text === "number" ? [] : (JSON.parse(text) as Doc[]);
}

function keep(task: Task, state: State, { database, collection = "" }: MongoRequest, docs: readonly Doc[]): void {
  const isFull =
    docs.length > DOCS_MAX || task.files.write(pathOf(state, database, collection), JSON.stringify(docs)) !== 0;
  if (isFull) throw new MongoError("No space left on device");
}

/** Names of files: `shop.items.wt`. */
function collections(task: Task, { data }: State): (readonly [string, string])[] {
  const names = task.files.list(data);
  if (!Array.isArray(names)) return [];
  return names.flatMap((name: string) => {
    const match = /^(\w+)\.(.+)\.wt$/.exec(name);
    return match === null ? [] : [[match[1] ?? "", match[2] ?? ""] as const];
  });
}

const asDoc = (data: Data | undefined): Doc =>
  typeof data === "object" && data !== null && !Array.isArray(data) ? (data as Doc) : {};

function insert(task: Task, state: State, request: MongoRequest): Data {
  const [given = null] = request.args;
  const isMany = request.command === "insertMany";
  const docs = docsOf(task, state, request.database, request.collection ?? "");
  const made = (isMany ? ((given ?? []) as readonly Doc[]) : [asDoc(given)]).map((doc): Doc => {
    const id = doc["_id"] ?? { $oid: `${Math.floor(task.now / 1_000).toString(16)}${task.world.entropy.hex(16)}` };
    if (docs.some((other) => JSON.stringify(other["_id"]) === JSON.stringify(id))) {
      throw new MongoError(
        `E11000 duplicate key error collection: ${request.database}.${request.collection} index: _id_ dup key: { _id: ${JSON.stringify(id)} }`,
      );
    }
    return { ...doc, _id: id };
  });
  keep(task, state, request, [...docs, ...made.map((doc) => ({ _id: doc["_id"] ?? null, ...doc }))]);
  const ids = Object.fromEntries(made.map((doc, n) => [String(n), doc["_id"] ?? null]));
  return { acknowledged: true, ...(isMany ? { insertedIds: ids } : { insertedId: made[0]?.["_id"] ?? null }) };
}

function change(task: Task, state: State, request: MongoRequest): Data {
  const [filter, update, options] = request.args;
  const isMany = request.command.endsWith("Many");
  const docs = docsOf(task, state, request.database, request.collection ?? "");
  let [matched, modified] = [0, 0];
  const next = docs.map((doc) => {
    if ((!isMany && matched > 0) || !fits(doc, asDoc(filter))) return doc;
    matched += 1;
    const after = request.command.startsWith("replace")
      ? { _id: doc["_id"] ?? null, ...asDoc(update) }
      : updated(doc, asDoc(update));
    if (JSON.stringify(after) !== JSON.stringify(doc)) modified += 1;
    return after;
  });
  const isNew = matched === 0 && asDoc(options)["upsert"] === true;
  const id: Data = { $oid: `${Math.floor(task.now / 1_000).toString(16)}${task.world.entropy.hex(16)}` };
  keep(task, state, request, isNew ? [...next, { _id: id, ...updated(asDoc(filter), asDoc(update)) }] : next);
  return {
    acknowledged: true,
    insertedId: isNew ? id : null,
    matchedCount: matched,
    modifiedCount: modified,
    upsertedCount: isNew ? 1 : 0,
  };
}

function remove(task: Task, state: State, request: MongoRequest): Data {
  const docs = docsOf(task, state, request.database, request.collection ?? "");
  let gone = 0;
  const kept = docs.filter((doc) => {
    if ((request.command === "deleteOne" && gone > 0) || !fits(doc, asDoc(request.args[0]))) return true;
    gone += 1;
    return false;
  });
  keep(task, state, request, kept);
  return { acknowledged: true, deletedCount: gone };
}

function onCollection(task: Task, state: State, request: MongoRequest): Data {
  const { database, collection = "", command, args } = request;
  if (/^insert(One|Many)?$/.test(command)) return insert(task, state, request);
  if (/^(update|replace)(One|Many)$/.test(command)) return change(task, state, request);
  if (/^delete(One|Many)$/.test(command)) return remove(task, state, request);
  const docs = docsOf(task, state, database, collection);
  const found = docs.filter((doc) => fits(doc, asDoc(args[0])));
  switch (command) {
    case "find": {
      const ordered = request.sort === undefined ? found : sorted(found, request.sort);
      return ordered.slice(request.skip ?? 0, (request.skip ?? 0) + (request.limit || 20));
    }
    case "findOne":
      return found[0] ?? null;
    case "count":
    case "countDocuments":
    case "estimatedDocumentCount":
      return found.length;
    case "distinct":
      return [...new Set(docs.map((doc) => doc[String(args[0])] ?? null))];
    case "drop":
      task.files.remove(pathOf(state, database, collection));
      return docs.length > 0;
    case "createIndex":
      return `${Object.entries(asDoc(args[0])).flat().join("_")}`;
    default:
      throw new MongoError(`db.${collection}.${command} is not a function`, "TypeError");
  }
}

/** The members of a replica set, as they were given to rs.initiate. */
function membersOf(task: Task, { data }: State): { name: string; hosts: readonly string[] } | undefined {
  const text = task.files.read(`${data}/local.replset`);
  if (typeof text !== "number") return JSON.parse(text) as { name: string; hosts: string[] };
  const name = goFlag(task.argv, "replSet");
  return name === undefined ? undefined : { name, hosts: [] };
}

function initiate(task: Task, state: State, [config]: readonly Data[]): Data {
  const set = membersOf(task, state);
  if (set === undefined) throw new MongoError("This node was not started with replication enabled.");
  if (set.hosts.length > 0) throw new MongoError("already initialized");
  const given = asDoc(config)["members"];
  const members = (Array.isArray(given) ? given : []) as readonly Doc[];
  const own = `${task.record.hostname}:${state.port}`;
  const hosts = members.length === 0 ? [own] : members.map((member) => String(member["host"]));
  for (const host of hosts) {
    const [name = "", port = "27017"] = host.split(":");
    if (host !== own && task.connect({ host: name, port: Number(port) }) !== "open") {
      throw new MongoError(
        `replSetInitiate quorum check failed because not all proposed set members responded affirmatively: ${host} failed`,
      );
    }
  }
  task.files.write(`${state.data}/local.replset`, JSON.stringify({ name: set.name, hosts }));
  return { ok: 1 };
}

function status(task: Task, state: State): Data {
  const set = membersOf(task, state);
  if (set === undefined) throw new MongoError("not running with --replSet");
  if (set.hosts.length === 0) throw new MongoError("no replset config has been received");
  const members = set.hosts.map((host, n): Doc => {
    const [name = "", port = "27017"] = host.split(":");
    const isUp = n === 0 || task.connect({ host: name, port: Number(port) }) === "open";
    return {
      _id: n,
      name: host,
      health: isUp ? 1 : 0,
      stateStr: n === 0 ? "PRIMARY" : isUp ? "SECONDARY" : "(not reachable/healthy)",
    };
  });
  return { set: set.name, myState: 1, members, ok: 1 };
}

function onDatabase(task: Task, state: State, { command, args, database }: MongoRequest): Data {
  switch (command) {
    case "ping":
      return { ok: 1 };
    case "hello":
    case "isMaster":
      return {
        isWritablePrimary: true,
        ismaster: true,
        maxBsonObjectSize: 16_777_216,
        readOnly: false,
        ok: 1,
        setName: membersOf(task, state)?.name ?? null,
      };
    case "version":
      return task.env("MONGO_VERSION") ?? "8.2.1";
    case "listDatabases": {
      const names = new Set([...collections(task, state).map(([name]) => name), "admin", "config", "local"]);
      return [...names].sort();
    }
    case "listCollections":
      return collections(task, state)
        .filter(([name]) => name === database)
        .map(([, name]) => name);
    case "dropDatabase":
      for (const [name, collection] of collections(task, state))
        if (name === database) task.files.remove(pathOf(state, name, collection));
      return { ok: 1, dropped: database };
    case "initiate":
      return initiate(task, state, args);
    case "status":
      return status(task, state);
    case "serverStatus":
      return { host: task.record.hostname, version: task.env("MONGO_VERSION") ?? "8.2.1", process: "mongod", ok: 1 };
    default:
      throw new MongoError(`no such command: '${command}'`);
  }
}

function run(task: Task<State>, request: MongoRequest): MongoAnswer {
  const state = task.state as State;
  const [user, password] = [secretOf(task, "MONGO_INITDB_ROOT_USERNAME"), secretOf(task, "MONGO_INITDB_ROOT_PASSWORD")];
  const needsLogin = user !== undefined && user !== "" && !/^(ping|hello|isMaster)$/.test(request.command);
  try {
    if (request.user !== undefined && (request.user !== user || request.password !== password))
      throw new MongoError("Authentication failed.");
    if (needsLogin && request.user === undefined)
      throw new MongoError(`Command ${request.command} requires authentication`);
    return {
      value: request.collection === undefined ? onDatabase(task, state, request) : onCollection(task, state, request),
    };
  } catch (error) {
    if (error instanceof MongoError) return { error: error.message, name: error.name };
    throw error;
  }
}

export const mongod: Program<State> = {
  name: "mongod",
  use: { memoryBytes: 180 * 2 ** 20, cpuMillis: 6, requestCpuMs: 1 },

  step(task) {
    if (task.state !== undefined) return {};
    const state: State = {
      data: goFlag(task.argv, "dbpath") ?? "/data/db",
      port: Number(goFlag(task.argv, "port") ?? "27017"),
    };
    if (!task.files.exists(state.data)) task.files.makeDirectory(state.data);
    if (task.files.write(`${state.data}/mongod.lock`, "1\n") !== 0) {
      say(task, "STORAGE", "Unable to create/open the lock file", { filename: `${state.data}/mongod.lock` });
      return 100;
    }
    task.state = state;
    say(task, "CONTROL", "MongoDB starting", {
      pid: task.pid,
      port: state.port,
      dbPath: state.data,
      host: task.record.hostname,
    });
    if (!task.listen(state.port)) {
      say(task, "NETWORK", "Failed to set up listener", { error: "Address already in use" });
      return 48;
    }
    say(task, "NETWORK", "Listening on", { address: "0.0.0.0" });
    say(task, "NETWORK", "Waiting for connections", { port: state.port, ssl: "off" });
    return {};
  },

  http(task, _port, request) {
    if (request.method !== "MONGO")
      return {
        status: 200,
        headers: { "content-type": "text/plain" },
        body: "It looks like you are trying to access MongoDB over HTTP on the native driver port.\n",
      };
    return { status: 200, headers: {}, body: JSON.stringify(run(task, JSON.parse(request.body) as MongoRequest)) };
  },

  signal(task, signal) {
    if (signal !== "SIGTERM" && signal !== "SIGINT") return false;
    say(task, "CONTROL", "Received signal", { signal: signal === "SIGTERM" ? 15 : 2, error: "Terminated" });
    say(task, "CONTROL", "Shutting down", { exitCode: 0 });
    task.exit(0);
    return true;
  },
};
