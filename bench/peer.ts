/**
 * The same Deployment in @ngrok/webernetes, a Kubernetes simulator in real time: CPU until all pods are Ready.
 */
import { Cluster } from "@ngrok/webernetes";

const replicas = Number(process.argv[2] ?? 3);
const LIMIT_MS = 240_000;
const cpuBefore = process.cpuUsage();
const wallBefore = performance.now();

interface SeenPod {
  readonly metadata: { readonly uid: string; readonly labels?: Record<string, string> };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const cluster = new Cluster({ nodes: 3 });
await cluster.init();
const ready = new Set<string>();
cluster.informer(
  "pods",
  ((type: string, pod: SeenPod) => {
    const isReady = pod.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;
    if (type !== "delete" && isReady && pod.metadata.labels?.["app"] === "bench") ready.add(pod.metadata.uid);
  }) as never,
  { namespace: "default" },
);
await cluster.apply([
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
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
  },
] as never);
let last = performance.now();
let stallMs = 0;
while (ready.size < replicas) {
  if (performance.now() - wallBefore > LIMIT_MS) throw new Error(`only ${ready.size} of ${replicas} are ready`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  stallMs = Math.max(stallMs, performance.now() - last - 20);
  last = performance.now();
}
const cpu = process.cpuUsage(cpuBefore);
const heapMB = process.memoryUsage().heapUsed / 1_048_576;
console.log(
  JSON.stringify({ cpuMs: (cpu.user + cpu.system) / 1000, wallMs: performance.now() - wallBefore, stallMs, heapMB }),
);
process.exit(0);
