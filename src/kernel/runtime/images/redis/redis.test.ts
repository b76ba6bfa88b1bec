/**
 * Goal: Redis starts, keeps keys, follows a primary and ends as the real one does.
 * Method: start servers in a world of plain functions, ask them by redis-cli, and read log and output.
 */
import { expect, test } from "vitest";
import { containerHttp, execInContainer, signalContainer, startContainer } from "#kernel/runtime/containers";
import { putText } from "#kernel/runtime/files/volume";
import { log, pass, record, restarted, START, spec, type TestWorld, testWorld } from "#kernel/runtime/world.fixture";

function server(image = "redis:7.2.4", rest: Parameters<typeof spec>[1] = {}): TestWorld {
  const world = testWorld();
  startContainer(world, spec(image, rest));
  return world;
}

const cli = (world: TestWorld, line: string, { id = "c1", tty = false } = {}): string => {
  const { stdout, stderr } = execInContainer(world, id, ["sh", "-c", `redis-cli ${line}`], { tty });
  return (stdout + stderr).replaceAll("\r\n", "\n");
};

test("its log at the start and at the end", () => {
  const world = server();
  expect(record(world).listening).toEqual([6379]);
  expect(log(world)).toBe(
    [
      "1:C 23 Nov 2026 20:00:00.000 * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
      "1:C 23 Nov 2026 20:00:00.000 * Redis version=7.2.4, bits=64, commit=00000000, modified=0, pid=1, just started",
      "1:C 23 Nov 2026 20:00:00.000 # Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf",
      "1:M 23 Nov 2026 20:00:00.000 * monotonic clock: POSIX clock_gettime",
      "1:M 23 Nov 2026 20:00:00.000 * Running mode=standalone, port=6379.",
      "1:M 23 Nov 2026 20:00:00.000 * Server initialized",
      "1:M 23 Nov 2026 20:00:00.000 * Ready to accept connections tcp\n",
    ].join("\n"),
  );
  expect(signalContainer(world, "c1", "SIGTERM")).toMatchObject({ state: "exited", exitCode: 0 });
  expect(log(world)).toContain("# Redis is now ready to exit, bye bye...\n");
});

test.each([
  ["PING", "PONG\n"],
  ["SET k v", "OK\n"],
  ["GET k", '"v"\n'],
  ["GET nothing", "(nil)\n"],
  ["INCR n", "(integer) 1\n"],
  ["INCR k", "(error) ERR value is not an integer or out of range\n"],
  ["DEL k nothing", "(integer) 1\n"],
  ["KEYS '*'", '1) "k"\n2) "n"\n3) "list"\n'],
  ["LRANGE list 0 -1", '1) "b"\n2) "a"\n'],
  ["LRANGE list 5 9", "(empty array)\n"],
  ["GET list", "(error) WRONGTYPE Operation against a key holding the wrong kind of value\n"],
  ["NOPE a", "(error) ERR unknown command 'NOPE', with args beginning with: 'a' \n"],
  ["GET", "(error) ERR wrong number of arguments for 'get' command\n"],
  ["CONFIG GET maxmemory", '1) "maxmemory"\n2) "0"\n'],
])("redis-cli %s", (line, out) => {
  const world = server();
  cli(world, "SET k v");
  if (line.startsWith("KEYS")) cli(world, "INCR n");
  cli(world, "LPUSH list a b");
  expect(cli(world, line, { tty: true })).toBe(out);
});

test("keys outlive a restart of the simulator, and end at their time", () => {
  const world = server();
  cli(world, "SET k v EX 10");
  const again = restarted(world);
  expect(cli(again, "GET k")).toBe("v\n");
  pass(again, 10_000);
  expect(cli(again, "GET k")).toBe("\n");
});

test("a configuration file and a password", () => {
  const world = testWorld();
  const text = "maxmemory 2mb\nmaxmemory-policy allkeys-lru\nrequirepass secret\n";
  putText(world.cells, "conf", "redis.conf", { text, mode: 0o644, uid: 0, at: START });
  const mounts = [{ path: "/redis-master", isReadOnly: true, volume: "conf" }];
  startContainer(world, spec("redis:6.0.5", { command: ["redis-server", "/redis-master/redis.conf"], mounts }));
  expect(cli(world, "PING")).toContain("NOAUTH Authentication required.");
  expect(cli(world, "--no-auth-warning -a secret CONFIG GET 'maxmemory*'")).toBe(
    "maxmemory\n2097152\nmaxmemory-policy\nallkeys-lru\n",
  );
});

test("a follower has the keys of its leader and refuses to write", () => {
  const world: TestWorld = testWorld({
    http: (_, { host, port }, request) => {
      const answer = host === "redis-leader" ? containerHttp(world, "c1", port, request) : "nxdomain";
      return answer;
    },
  });
  const image = "us-docker.pkg.dev/google-samples/containers/gke/gb-redis-follower:v2";
  startContainer(world, spec("redis:7.2.4", { command: ["sh", "-c", "sleep 3; exec redis-server"] }));
  startContainer(world, spec(image, { id: "c2" }));
  expect(log(world, "c2")).toContain("# Error condition on socket for SYNC: Connection refused\n");
  pass(world, 4_000);
  pass(world, 4_000, "c2");
  expect(log(world, "c2")).toContain("* MASTER <-> REPLICA sync: Finished with success\n");
  cli(world, "RPUSH guests me");
  expect(cli(world, "LRANGE guests 0 -1", { id: "c2" })).toBe("me\n");
  expect(cli(world, "SET a b", { id: "c2" })).toContain("READONLY You can't write against a read only replica.");
  expect(cli(world, "INFO replication", { id: "c2" })).toContain("role:slave\nmaster_host:redis-leader\n");
  expect(cli(world, "INFO replication")).toContain("role:master\nconnected_slaves:1\n");
});

test("nobody there", () => {
  const world = testWorld();
  startContainer(world, spec("redis", { command: ["sleep", "infinity"] }));
  expect(cli(world, "PING")).toBe("Could not connect to Redis at 127.0.0.1:6379: Connection refused\n");
});
