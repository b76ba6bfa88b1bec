/**
 * Goal: clients of databases outside the cluster speak to its servers in the protocols themselves.
 * Method: messages as bytes, written by hand, through ports that the real kubectl forwards; psql besides, where it is.
 */
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";
import { type Forward, forward } from "#test/support/forward";

let cluster: TestCluster;
const open: Forward[] = [];

beforeAll(async () => {
  cluster = await newCluster({ nodes: 1, latency: "none" });
  const servers = [
    ["pg", "postgres:16", "POSTGRES_PASSWORD=secret"],
    ["bpg", "bitnami/postgresql:16", "POSTGRESQL_PASSWORD=secret"],
    ["my", "mysql:8.0", "MYSQL_ROOT_PASSWORD=secret"],
    ["redis", "redis:7.4", "A=b"],
  ] as const;
  for (const [name, image, env] of servers) await cluster.kubectlOk(["run", name, `--image=${image}`, `--env=${env}`]);
  await cluster.advance({ by: "2m" });
});
afterAll(async () => {
  for (const { child } of open) child.kill("SIGKILL");
  await cluster?.delete();
});

/** A connection that is written to and read from in turns. */
class Wire {
  #buffer = Buffer.alloc(0);
  #woken = (): void => undefined;

  constructor(readonly socket: Socket) {
    socket.on("data", (data: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, data]);
      this.#woken();
    });
    socket.on("close", () => this.#woken());
    socket.on("error", () => this.#woken());
  }

  static async to(pod: string, port: number): Promise<Wire> {
    const forwarded = await forward(cluster, `pod/${pod}`, port);
    open.push(forwarded);
    const socket = connect(forwarded.port, "127.0.0.1");
    return new Wire(socket);
  }

  /** Waits until what has come ends the way it is told, and takes it. */
  async until(isWhole: (bytes: Buffer) => boolean): Promise<Buffer> {
    while (!isWhole(this.#buffer)) {
      if (this.socket.closed) throw new Error(`closed after ${this.#buffer.toString("latin1")}`);
      await new Promise<void>((resolve) => (this.#woken = resolve));
    }
    const whole = this.#buffer;
    this.#buffer = Buffer.alloc(0);
    return whole;
  }
}

/** A message of PostgreSQL's; without a letter the first one. */
function pgMessage(letter: string, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(letter), head, body]);
}

const READY = Buffer.from([0x5a, 0, 0, 0, 5]);
const isReady = (bytes: Buffer): boolean => bytes.length > 5 && bytes.subarray(-6, -1).equals(READY);

test("PostgreSQL: start-up, a query with rows, an error, and a statement that is prepared", async () => {
  const wire = await Wire.to("pg", 5432);
  const version = Buffer.from([0, 3, 0, 0]);
  wire.socket.write(pgMessage("", Buffer.concat([version, Buffer.from("user\0postgres\0\0")])));
  expect(String(await wire.until(isReady))).toContain("server_version\u000016.");
  const query = (sql: string) => wire.socket.write(pgMessage("Q", Buffer.from(`${sql}\0`)));
  query("create table t (n int, s text); insert into t values (7, 'é'); select * from t");
  const rows = (await wire.until(isReady)).toString("utf8");
  expect(rows).toMatch(/CREATE TABLE[\s\S]*INSERT 0 1[\s\S]*7[\s\S]*é[\s\S]*SELECT 1/);
  query("select * from nope");
  expect(String(await wire.until(isReady))).toMatch(/42P01[\s\S]*relation "nope" does not exist/);
  const bind = Buffer.concat([
    Buffer.from("\0\0"),
    Buffer.from([0, 0, 0, 1, 0, 0, 0, 1]),
    Buffer.from("7"),
    Buffer.from([0, 0]),
  ]);
  for (const [letter, body] of [
    ["P", Buffer.concat([Buffer.from("\0select s from t where n = $1\0"), Buffer.from([0, 1, 0, 0, 0, 23])])],
    ["B", bind],
    ["E", Buffer.concat([Buffer.from("\0"), Buffer.alloc(4)])],
    ["S", Buffer.alloc(0)],
  ] as const)
    wire.socket.write(pgMessage(letter, body));
  expect((await wire.until(isReady)).toString("utf8")).toMatch(/^1[\s\S]*2[\s\S]*é[\s\S]*SELECT 1/);
});

test("psql logs in with its password, by SCRAM (skipped where psql is not installed)", async (context) => {
  try {
    execFileSync("psql", ["--version"]);
  } catch {
    context.skip();
  }
  const forwarded = await forward(cluster, "pod/bpg", 5432);
  open.push(forwarded);
  const psql = (password: string) =>
    promisify(execFile)(
      "psql",
      ["-h", "127.0.0.1", "-p", String(forwarded.port), "-U", "postgres", "-Atc", "select 40 + 2"],
      {
        env: { ...process.env, PGPASSWORD: password },
      },
    );
  expect((await psql("secret")).stdout).toBe("42\n");
  await expect(psql("wrong")).rejects.toThrow('password authentication failed for user "postgres"');
});

const sha256 = (...parts: readonly Buffer[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

/** A packet of MySQL's. */
function packet(sequence: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head[3] = sequence;
  return Buffer.concat([head, body]);
}

test("MySQL: the greeting, a login by the newer way, and a query", async () => {
  const wire = await Wire.to("my", 3306);
  const greeting = await wire.until((bytes) => bytes.length > 4 && bytes.length === 4 + bytes.readUIntLE(0, 3));
  expect(greeting.subarray(5, 11).toString()).toBe("8.0.44");
  const at = greeting.indexOf(0, 5) + 5;
  const salt = Buffer.concat([greeting.subarray(at, at + 8), greeting.subarray(at + 27, at + 39)]);
  const once = sha256(Buffer.from("secret"));
  const mask = sha256(sha256(once), salt);
  const proof = once.map((byte, n) => byte ^ (mask[n] ?? 0));
  const capabilities = Buffer.alloc(32);
  capabilities.writeUInt32LE(0x200 | 0x8000 | 0x80000);
  capabilities[8] = 45;
  const login = [
    capabilities,
    Buffer.from("root\0"),
    Buffer.from([proof.length]),
    proof,
    Buffer.from("caching_sha2_password\0"),
  ];
  wire.socket.write(packet(1, Buffer.concat(login.map((part) => Buffer.from(part)))));
  // The quick proof was enough, then OK.
  expect([...(await wire.until((bytes) => bytes.length > 12))].slice(4, 6)).toEqual([1, 3]);
  wire.socket.write(packet(0, Buffer.from("\u0003select 40 + 2 as answer, 'é' as letter")));
  const rows = await wire.until((bytes) => bytes.toString("latin1").endsWith("\xfe\0\0\x02\0") && bytes.includes("42"));
  expect(rows.toString("utf8")).toContain("\u000242\u0002é");
  expect(rows.toString("utf8")).toMatch(/answer[\s\S]*letter/);
});

test("Redis: version 3 of its protocol, transactions, sorted sets", async () => {
  const wire = await Wire.to("redis", 6379);
  const lines = [
    "HELLO 3",
    "MULTI",
    "HSET h a 1",
    "EXEC",
    "HGETALL h",
    "GET none",
    "ZADD z 2 b 1.5 a",
    "ZRANGE z 0 -1 WITHSCORES",
  ];
  wire.socket.write(lines.map((line) => `${line}\r\n`).join(""));
  const said = String(await wire.until((bytes) => bytes.toString().endsWith(",2\r\n")));
  expect(said.slice(said.indexOf("+OK"))).toBe(
    "+OK\r\n+QUEUED\r\n*1\r\n:1\r\n%1\r\n$1\r\na\r\n$1\r\n1\r\n_\r\n:2\r\n" +
      "*2\r\n*2\r\n$1\r\na\r\n,1.5\r\n*2\r\n$1\r\nb\r\n,2\r\n",
  );
});
