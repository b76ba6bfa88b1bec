/**
 * One scenario of the kernel in this process: a Deployment of N replicas until all are Ready, the clock advanced until
 * idle in the slices in which a Durable Object would advance it. Prints one line of JSON.
 */
import { Cluster } from "#kernel/cluster/cluster";
import { rowOf } from "#kernel/cluster/journal";
import { exportCluster } from "#kernel/cluster/snapshot";
import { deployments } from "#kernel/resources/apps/deployment";

const replicas = Number(process.argv[2] ?? 3);
const gc = (globalThis as { gc?: () => void }).gc ?? (() => {});
const START = Date.parse("2026-01-01T00:00:00Z");

gc();
const heapBefore = process.memoryUsage().heapUsed;
const cpuBefore = process.cpuUsage();
const wallBefore = performance.now();
let stallMs = 0;

/** One slice: what happens between two moments at which others could be served, its journal made ready to be saved. */
function slice<T>(work: () => T): T {
  const before = performance.now();
  const result = work();
  stallMs = Math.max(stallMs, performance.now() - before);
  return result;
}

/** What saving costs before SQLite: the text of every change and cell. */
function keep(cluster: Cluster): void {
  const { changes, cells } = cluster.take();
  for (const change of changes) rowOf(change);
  for (const { value } of cells) JSON.stringify(value);
}

const nodes = Math.max(3, Math.ceil(replicas / 100));
const cluster = slice(() => {
  const made = Cluster.create(
    {
      seed: "bench",
      machines: Array.from({ length: nodes }, (_, n) => ({ name: `node-${n + 1}` })),
      components: { scheduler: true, controllerManager: true, kubelet: true },
      authorization: "RBAC",
      latency: "realistic",
    },
    START,
  );
  keep(made);
  return made;
});

if (replicas > 0) {
  slice(() => {
    const turn = cluster.turn((it) => {
      it.admin.create(deployments, {
        metadata: { name: "bench", namespace: "default" },
        spec: {
          replicas,
          selector: { matchLabels: { app: "bench" } },
          template: {
            metadata: { labels: { app: "bench" } },
            spec: {
              containers: [
                { name: "c", image: "hashicorp/http-echo:1.0", args: ["-text=hi"], ports: [{ containerPort: 5678 }] },
              ],
            },
          },
        },
      } as never);
    });
    if ("refused" in turn) throw turn.refused;
  });
  keep(cluster);
  for (let more = true; more; ) {
    more = slice(() => {
      const step = cluster.advance(START, 3_600_000, true);
      keep(cluster);
      return step.more;
    });
  }
  const status = cluster.admin.get(deployments, { namespace: "default", name: "bench" })?.status;
  if (status?.readyReplicas !== replicas)
    throw new Error(`only ${status?.readyReplicas ?? 0} of ${replicas} are ready`);
}

/** An hour in which nobody comes: what catching up costs afterwards, and how large the cluster lies there meanwhile. */
function idleHour(): { idleCpuMs: number; bytes: number } {
  const bytes = JSON.stringify(exportCluster(cluster)).length;
  const before = process.cpuUsage();
  for (let left = 3_600_000; left > 0; ) left -= cluster.advance(START, left).advanced;
  const spent = process.cpuUsage(before);
  return { idleCpuMs: (spent.user + spent.system) / 1000, bytes };
}

const cpu = process.cpuUsage(cpuBefore);
const wallMs = performance.now() - wallBefore;
gc();
const heapMB = (process.memoryUsage().heapUsed - heapBefore) / 1_048_576;
const idle = replicas === 0 ? idleHour() : {};
console.log(JSON.stringify({ cpuMs: (cpu.user + cpu.system) / 1000, wallMs, stallMs, heapMB, ...idle }));
