/**
 * What the containers of a cluster and the network between them cost: requests through a Service, commands, log lines,
 * and the memory of a container that does nothing. Prints one line of JSON.
 */
import { Cluster } from "#kernel/cluster/cluster";
import { worldOf } from "#kernel/network/world-of";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { CONTAINERS } from "#kernel/runtime/container";
import { execInContainer } from "#kernel/runtime/containers";
import { appendLog } from "#kernel/runtime/logs";
import type { World } from "#kernel/runtime/world";

const START = Date.parse("2026-01-01T00:00:00Z");
const REQUESTS = 40_000;
const COMMANDS = 2_000;
const LINES = 200_000;

const cluster = Cluster.create(
  {
    seed: "bench",
    machines: [{ name: "node-1" }, { name: "node-2" }],
    components: { scheduler: true, controllerManager: true, kubelet: true },
    authorization: "RBAC",
    latency: "none",
  },
  START,
);

function turn(work: (world: World) => void): void {
  const done = cluster.turn(({ admin: client, now, entropy, cells }) => work(worldOf({ client, now, entropy, cells })));
  if ("refused" in done) throw done.refused;
}

/** CPU milliseconds of some work. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

turn(({ client }) => {
  for (const name of ["a", "b", "c"]) {
    const containers = [{ name: "c", image: "hashicorp/http-echo:1.0", args: ["-text=hi", "-listen=:80"] }];
    client.create(pods, {
      metadata: { name, namespace: "default", labels: { app: "web" } },
      spec: { containers },
    } as never);
  }
  const containers = [{ name: "c", image: "busybox:1.36", command: ["sleep", "infinity"] }];
  client.create(pods, { metadata: { name: "client", namespace: "default" }, spec: { containers } } as never);
  client.create(services, {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  } as never);
});
cluster.advance(START, 10_000);

const idOf = (name: string): string =>
  cluster.admin
    .need(pods, { namespace: "default", name })
    .status?.containerStatuses?.[0]?.containerID?.split("//")[1] ?? "";

function ask(times: number): void {
  turn(({ net }) => {
    const from = { kind: "pod", namespace: "default", name: "client" } as const;
    const request = { method: "GET", path: "/", headers: { host: "web" }, body: "" };
    for (let n = 0; n < times; n += 1) {
      const answer = net.http(from, { host: "web", port: 80 }, request);
      if (typeof answer === "string" || answer.status !== 200) throw new Error("a request was lost");
    }
  });
}

function run(times: number): void {
  const id = idOf("client");
  for (let n = 0; n < times; n += 1) turn((world) => execInContainer(world, id, ["echo", "hello"]));
}

ask(2_000);
run(200);
const idleBytes = JSON.stringify(cluster.cells.get(CONTAINERS, idOf("client"))).length;
const requestMs = cpuOf(() => ask(REQUESTS));
const commandMs = cpuOf(() => run(COMMANDS));
const logMs = cpuOf(() =>
  turn((world) => {
    for (let n = 0; n < LINES; n += 1) appendLog(world, idOf("client"), "stdout", `line ${n} of a log\n`);
  }),
);

console.log(
  JSON.stringify({
    cpuMs: requestMs + commandMs + logMs,
    requestsPerSecond: (REQUESTS * 1_000) / requestMs,
    commandMs: commandMs / COMMANDS,
    linesPerSecond: (LINES * 1_000) / logMs,
    idleBytes,
  }),
);
