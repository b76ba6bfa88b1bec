/**
 * Goal: agnhost's subcommands say and do what the suites of Kubernetes look for.
 * Method: start them in a world of plain functions, pass time, change files, ask, and read log and record.
 */
import { expect, test } from "vitest";
import { containerHttp, startContainer } from "#kernel/runtime/containers";
import { putText } from "#kernel/runtime/files/volume";
import { log, pass, record, START, spec, type TestWorld, testWorld } from "#kernel/runtime/world.fixture";

const IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.53";

function run(args: string[], rest: Parameters<typeof spec>[1] = {}, world: TestWorld = testWorld()): TestWorld {
  startContainer(world, spec(IMAGE, { args, ...rest }));
  return world;
}

const volume = { mounts: [{ path: "/vol", isReadOnly: false, volume: "v" }] };

function withFile(text = "value-1\n", mode = 0o400): TestWorld {
  const world = testWorld();
  putText(world.cells, "v", "data-1", { text, mode, uid: 1000, at: START });
  return world;
}

test.each([
  [["mounttest", "--file_content=/vol/data-1"], 'content of file "/vol/data-1": value-1\n\n', 0],
  [["mounttest", "--file_mode=/vol/data-1"], 'mode of file "/vol/data-1": -r--------\n', 0],
  [["mounttest", "--file_perm=/vol/data-1"], 'perms of file "/vol/data-1": -r--------\n', 0],
  [["mounttest", "--file_owner=/vol/data-1"], 'owner UID of "/vol/data-1": 1000\nowner GID of "/vol/data-1": 0\n', 0],
  [
    ["mounttest", "--new_file_0660=/vol/new", "--file_perm=/vol/new"],
    'content of file "/vol/new": mount-tester new file\n\nperms of file "/vol/new": -rw-rw----\n',
    0,
  ],
  [["mounttest", "--file_mode=/tmp"], 'mode of file "/tmp": dtrwxrwxrwx\n', 0],
  [
    ["mounttest", "--file_content=/no"],
    'error reading file content for "/no": open /no: no such file or directory\n',
    1,
  ],
  [["entrypoint-tester", "override", "arguments"], "[/agnhost entrypoint-tester override arguments]\n", 0],
])("%s", (args, out, code) => {
  const world = run(args, volume, withFile());
  expect(log(world)).toBe(out);
  expect(record(world)).toMatchObject({ state: "exited", exitCode: code });
});

test("mounttest sees a file change while it looks", () => {
  const world = run(
    ["mounttest", "--break_on_expected_content=false", "--retry_time=10", "--file_content_in_loop=/vol/data-1"],
    volume,
    withFile(),
  );
  pass(world, 4_500);
  putText(world.cells, "v", "data-1", { text: "value-2\n", mode: 0o644, uid: 0, at: world.now });
  pass(world, 10_000);
  const line = (value: string): string => `content of file "/vol/data-1": ${value}\n\n`;
  expect(log(world)).toBe(line("value-1").repeat(3) + line("value-2").repeat(2));
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 0 });
});

test("guestbook: a replica registers with its primary, which tells it what is set", () => {
  const ids: Readonly<Record<string, string>> = { "agnhost-primary": "p", "10.244.1.6": "r", "agnhost-replica": "r" };
  const world: TestWorld = testWorld({
    http: (_, { host, port }, request) =>
      ids[host] === undefined ? "nxdomain" : containerHttp(world, ids[host] ?? "", port, request),
  });
  run(["guestbook", "--http-port", "6379"], { id: "p" }, world);
  run(["guestbook", "--replicaof", "agnhost-primary", "--http-port", "6379"], { id: "r", podIP: "10.244.1.6" }, world);
  run(["guestbook", "--backend-port", "6379"], { id: "f" }, world);
  const ask = (path: string): unknown => {
    const answer = containerHttp(world, "f", 80, { method: "GET", path, headers: {}, body: "" });
    return typeof answer === "string" ? answer : answer.body;
  };
  expect(ask("/guestbook?cmd=get")).toBe('{"data":{}}');
  expect(ask("/guestbook?cmd=set&key=messages&value=TestEntry")).toBe('{"message":"Updated"}');
  expect(ask("/guestbook?cmd=get&key=messages")).toBe('{"data":"TestEntry"}');
  expect(log(world, "r")).toContain("Registered to node: agnhost-primary\n");
  const alone = run(["guestbook", "--replicaof", "nobody"]);
  pass(alone, 20_000);
  expect(record(alone)).toMatchObject({ state: "exited", exitCode: 1 });
});

test("health over gRPC is turned off by time and by hand; a git server and a file server answer", () => {
  const health = run(["grpc-health-checking", "--delay-unhealthy-sec", "5"]);
  expect(record(health).listening).toEqual([8080, 5000]);
  pass(health, 6_000);
  expect(record(health).listening).toEqual([8080]);
  containerHttp(health, "c1", 8080, { method: "GET", path: "/make-serving", headers: {}, body: "" });
  expect(record(health).listening).toEqual([8080, 5000]);
  const get = (world: TestWorld, port: number, path: string) =>
    containerHttp(world, "c1", port, { method: "GET", path, headers: {}, body: "" });
  expect(get(run(["fake-gitserver"]), 8000, "/")).toMatchObject({ body: "I am a fake git server" });
  expect(get(run(["test-webserver"]), 80, "/etc/hostname")).toMatchObject({ body: "web\n" });
  expect(get(run(["tcp-reset", "--port=9000"]), 9000, "/")).toBe("reset");
});
