/**
 * A world for the tests of the runtime: a clock to turn, cells to look at, and a network of plain functions.
 */
import { CONTAINERS, type ContainerRecord, type ContainerSpec } from "#kernel/runtime/container";
import { containerHttp, execInContainer, startContainer, wakeContainer } from "#kernel/runtime/containers";
import { readLog } from "#kernel/runtime/logs";
import type { DnsAnswer, Net, World } from "#kernel/runtime/world";
import { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";
import { Cells } from "#kernel/store/cells";

/** 2026-11-23 20:00:00 UTC, a Monday. */
export const START: Instant = Date.UTC(2026, 10, 23, 20, 0, 0);

export interface TestWorld extends World {
  now: Instant;
  cells: Cells;
}

/** A world at START; names resolve and connect only as `net` says. */
export function testWorld(net: Partial<Net> = {}): TestWorld {
  return {
    client: undefined as unknown as World["client"],
    now: START,
    entropy: Entropy.seeded(1),
    cells: new Cells(),
    net: {
      http: net.http ?? (() => "refused"),
      connect: net.connect ?? (() => "refused"),
      dial: net.dial ?? (() => "refused"),
      ping: net.ping ?? (() => "timeout"),
      roundTripMs: net.roundTripMs ?? (() => 0),
      resolve: net.resolve ?? (() => []),
      upgrade: net.upgrade ?? (() => "refused"),
      ingress: net.ingress ?? (() => ({ answer: { status: 404, headers: {}, body: "" } })),
      records: net.records ?? (() => undefined),
      query: net.query ?? ((from, _server, { name, type }) => named(name, type, net.resolve?.(from, name) ?? [])),
    },
  };
}

/** What a name server says that knows a name's addresses. */
function named(name: string, type: string, addresses: readonly string[]): DnsAnswer {
  const answers = type === "A" ? addresses.map((data) => ({ name, type, ttl: 30, data })) : [];
  return { status: addresses.length > 0 ? "NOERROR" : "NXDOMAIN", isAuthoritative: true, answers, authority: [] };
}

/** A container of an image, named c1 in pod web. */
export function spec(image: string, rest: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    id: "c1",
    podUid: "uid-1",
    namespace: "default",
    pod: "web",
    name: "main",
    node: "node-1",
    image,
    env: {},
    hostname: "web",
    podIP: "10.244.1.5",
    ports: [],
    mounts: [],
    stdin: false,
    tty: false,
    isReadOnlyRoot: false,
    files: { "/etc/hostname": "web\n", "/etc/hosts": "127.0.0.1\tlocalhost\n10.244.1.5\tweb\n" },
    terminationMessagePath: "/dev/termination-log",
    ...rest,
  };
}

/** The record of a container. */
export function record(world: World, id = "c1"): ContainerRecord {
  const found = world.cells.get<ContainerRecord>(CONTAINERS, id);
  if (found === undefined) throw new Error(`no container ${id}`);
  return found;
}

/** A world in which c1 runs an image. */
export function running(image: string, rest: Partial<ContainerSpec> = {}): TestWorld {
  const world = testWorld();
  startContainer(world, spec(image, rest));
  return world;
}

/** What c1 answers on a port: status and body, or how it fails. */
export function got(world: World, port: number, path = "/", rest: object = {}): string {
  const request = { method: "GET", path, headers: { host: "web" }, body: "", remoteAddress: "10.244.0.9", ...rest };
  const answer = containerHttp(world, "c1", port, request);
  return typeof answer === "string" ? answer : `${answer.status} ${answer.body}`;
}

/** What a container has printed. */
export function log(world: World, id = "c1"): string {
  return readLog(world.cells, id, {}).text;
}

/** Passes virtual time, waking the container whenever it wants to be woken. */
export function pass(world: TestWorld, ms: number, id = "c1"): void {
  const end = world.now + ms;
  for (let turns = 0; turns < 100_000; turns += 1) {
    const { wakeAt, state } = record(world, id);
    if (state === "exited" || wakeAt === undefined || wakeAt > end) break;
    world.now = Math.max(world.now, wakeAt);
    wakeContainer(world, id);
  }
  world.now = end;
}

/** The cells as they would be read back after a restart. */
export function restarted(world: TestWorld): TestWorld {
  const cells = new Cells();
  for (const { room, id, value } of JSON.parse(JSON.stringify(world.cells.all())) as {
    room: string;
    id: string;
    value: unknown;
  }[]) {
    cells.restore(room, id, value);
  }
  return { ...world, cells };
}

/** Runs a script in a fresh container by `sh -c`, and gives all it wrote and its status. */
export function script(
  text: string,
  image = "busybox",
  net: Partial<Net> = {},
): { out: string; err: string; status: number } {
  const world = testWorld(net);
  startContainer(world, spec(image, { command: ["sleep", "infinity"] }));
  const { stdout, stderr, exitCode, startError } = execInContainer(world, "c1", ["sh", "-c", text]);
  return { out: stdout, err: stderr + (startError ?? ""), status: exitCode };
}
