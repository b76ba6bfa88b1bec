/**
 * How fast the scheduler places pods: a thousand nodes in ten zones, pods that all wait already, nothing else running.
 * `plain`: pods with requests. `spread`: pods with inter-pod anti-affinity and topology spread constraints.
 */
import type { PodSpec } from "#kernel/api/types.gen";
import { Cluster } from "#kernel/cluster/cluster";
import { endFault, listFaults } from "#kernel/cluster/faults";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { isPodScheduled } from "#kernel/resources/core/pod.facts";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";

const START = Date.parse("2026-01-01T00:00:00Z");
const NODES = 1_000;
const PODS = Number(process.argv[3] ?? 5_000);
const isPlain = process.argv[2] !== "spread";
/** Pods of one application; those of another do not mind them. */
const APP_SIZE = 100;

const cluster = Cluster.create(
  {
    seed: "bench",
    machines: [],
    components: { scheduler: false, controllerManager: false, kubelet: false },
    authorization: "RBAC",
    latency: "none",
  },
  START,
);

function makeNode(n: number): void {
  const name = `node-${n}`;
  const labels = { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": `zone-${n % 10}` };
  const node = cluster.admin.create(nodes, { metadata: { name, labels }, spec: {} } as never);
  const room = { cpu: "8", memory: "32Gi", pods: "110" };
  const conditions = [{ type: "Ready", status: "True" }];
  const ready = { ...node, spec: { ...node.spec, taints: [] } };
  cluster.admin.update(nodes, ready as never);
  const fresh = cluster.admin.need(nodes, { namespace: "", name });
  cluster.admin.updateStatus(nodes, fresh, { allocatable: room, capacity: room, conditions } as never);
}

function specOf(app: string): PodSpec {
  const containers = [{ name: "c", image: "nginx:1.27", resources: { requests: { cpu: "100m", memory: "128Mi" } } }];
  if (isPlain) return { containers };
  const labelSelector = { matchLabels: { app } };
  return {
    containers,
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: "kubernetes.io/hostname" }],
      },
    },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule", labelSelector },
    ],
  };
}

function must(work: () => void): void {
  const turn = cluster.turn(() => work());
  if ("refused" in turn) throw turn.refused;
}

must(() => {
  cluster.admin.create(serviceaccounts, { metadata: { name: "default", namespace: "default" } });
  for (let n = 0; n < NODES; n += 1) makeNode(n);
});
must(() => {
  for (let n = 0; n < PODS; n += 1) {
    const app = `app-${Math.floor(n / APP_SIZE)}`;
    const metadata = { name: `pod-${n}`, namespace: "default", labels: { app } };
    cluster.admin.create(pods, { metadata, spec: specOf(app) });
  }
});
cluster.take();

for (const { id, target } of listFaults(cluster)) if (target.component === "scheduler") endFault(cluster, id);
const before = process.cpuUsage();
for (let more = true; more; ) {
  more = cluster.advance(START, 3_600_000, true).more;
  cluster.take();
}
const spent = process.cpuUsage(before);
const placed = cluster.admin.list(pods).filter(isPodScheduled).length;
if (placed !== PODS) throw new Error(`only ${placed} of ${PODS} have a node`);
const cpuMs = (spent.user + spent.system) / 1000;
console.log(JSON.stringify({ cpuMs, podsPerSecond: (PODS * 1000) / cpuMs }));
