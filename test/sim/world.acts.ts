/**
 * Everything users and fate do to the world of test/sim/world.test.ts, as acts by name: each takes a number that says
 * which of several.
 */
import type { PodTemplateSpec } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import type { Cluster } from "#kernel/cluster/cluster";
import { addFault, type FaultOrder } from "#kernel/cluster/faults";
import type { Client } from "#kernel/registry/client";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { deployments } from "#kernel/resources/apps/deployment";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { jobs } from "#kernel/resources/batch/job";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { evictPod } from "#kernel/resources/core/pod.evict";
import { resourcequotas } from "#kernel/resources/core/resourcequota";
import { services } from "#kernel/resources/core/service";
import { poddisruptionbudgets } from "#kernel/resources/policy/poddisruptionbudget";
import { deviceclasses } from "#kernel/resources/resource/deviceclass";
import { resourceclaimtemplates } from "#kernel/resources/resource/resourceclaimtemplate";
import { resourceslices } from "#kernel/resources/resource/resourceslice";
import { priorityclasses } from "#kernel/resources/scheduling/priorityclass";

export const NAMESPACE = "default";

/** What an act does; only answers may refuse it. */
export type Act = (cluster: Cluster, n: number) => void;

const namespace = NAMESPACE;

interface Wish {
  readonly command?: string;
  readonly cpu?: number;
  readonly priorityClassName?: string;
  readonly restartPolicy?: string;
  readonly version?: number;
}

function template(app: string, wish: Wish = {}): PodTemplateSpec {
  const { command, cpu = 200, priorityClassName, restartPolicy = "Always", version = 0 } = wish;
  const resources = { requests: { cpu: `${cpu}m`, memory: "64Mi" } };
  const runs =
    command === undefined
      ? { image: "registry.k8s.io/pause:3.10" }
      : { image: "busybox:1.36", command: ["sh", "-c", command] };
  const containers = [{ name: "c", resources, ...runs }];
  return {
    metadata: { labels: { app, version: String(version) } },
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds: 5,
      containers,
      ...(priorityClassName !== undefined && { priorityClassName }),
    },
  };
}

const selector = (app: string) => ({ matchLabels: { app } });
const propagation = (n: number) => (["Background", "Foreground", "Orphan"] as const)[n % 3] ?? "Background";
const nodeName = (n: number): string => `node-${(n % 3) + 1}`;
const podAt = (client: Client, n: number) => client.list(pods, { namespace })[n];

/** Faults that end by themselves within two minutes. */
const FAULTS: readonly Pick<FaultOrder, "type" | "target">[] = [
  { type: "node-down", target: { node: "node-1" } },
  { type: "node-partition", target: { node: "node-2" } },
  { type: "kubelet-stop", target: { node: "node-3" } },
  { type: "component-stop", target: { component: "scheduler" } },
  { type: "component-stop", target: { component: "controllerManager" } },
  { type: "container-crash", target: { selector: { app: "web" } } },
];

export const ACTS: Readonly<Record<string, Act>> = {
  deploy: ({ admin }, n) => {
    const name = n % 2 === 0 ? "web" : "api";
    const cpu = 100 + (n % 5) * 150;
    const priorityClassName = n % 3 === 0 ? "high" : undefined;
    const strategy = n % 7 === 0 ? { strategy: { type: "Recreate" } } : {};
    const wish = { cpu, ...(priorityClassName !== undefined && { priorityClassName }) };
    const spec = { replicas: n % 8, selector: selector(name), template: template(name, wish), ...strategy };
    admin.create(deployments, { metadata: { name, namespace }, spec });
  },
  scale: ({ admin }, n) => {
    const one = admin.need(deployments, { namespace, name: n % 2 === 0 ? "web" : "api" });
    admin.update(deployments, { ...one, spec: { ...one.spec, replicas: n % 9 } });
  },
  roll: ({ admin }, n) => {
    const name = n % 2 === 0 ? "web" : "api";
    const one = admin.need(deployments, { namespace, name });
    admin.update(deployments, { ...one, spec: { ...one.spec, template: template(name, { version: n % 4 }) } });
  },
  pause: ({ admin }, n) => {
    const one = admin.need(deployments, { namespace, name: n % 2 === 0 ? "web" : "api" });
    admin.update(deployments, { ...one, spec: { ...one.spec, paused: one.spec.paused !== true } });
  },
  compute: ({ admin }, n) => {
    const name = "compute";
    const found = admin.get(deployments, { namespace, name });
    if (found !== undefined) {
      admin.update(deployments, { ...found, spec: { ...found.spec, replicas: n % 5 } });
      return;
    }
    const made = template(name, { cpu: 50 });
    const spec = { ...made.spec, resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "gpu" }] };
    admin.create(deployments, {
      metadata: { name, namespace },
      spec: { replicas: n % 5, selector: selector(name), template: { ...made, spec } },
    });
  },
  replicate: ({ admin }, n) => {
    const spec = { replicas: n % 4, selector: selector("rs"), template: template("rs") };
    admin.create(replicasets, { metadata: { name: "rs", namespace }, spec });
  },
  set: ({ admin }, n) => {
    const podManagementPolicy = n % 2 === 0 ? "OrderedReady" : "Parallel";
    const spec = { podManagementPolicy, replicas: n % 4, selector: selector("set"), serviceName: "set" };
    admin.create(statefulsets, { metadata: { name: "set", namespace }, spec: { ...spec, template: template("set") } });
  },
  changeSet: ({ admin }, n) => {
    const one = admin.need(statefulsets, { namespace, name: "set" });
    const spec = { ...one.spec, replicas: n % 4, template: template("set", { version: n % 3 }) };
    admin.update(statefulsets, { ...one, spec });
  },
  daemons: ({ admin }) => {
    const spec = { selector: selector("d"), template: template("d", { cpu: 50, priorityClassName: "high" }) };
    admin.create(daemonsets, { metadata: { name: "daemons", namespace }, spec });
  },
  job: ({ admin }, n) => {
    const wish = { command: `sleep ${n % 20}; exit ${n % 5 === 0 ? 1 : 0}`, restartPolicy: "Never" };
    const spec = { completions: 4, parallelism: (n % 3) + 1, backoffLimit: 2, template: template("job", wish) };
    const indexed = n % 2 === 0 ? { completionMode: "Indexed" } : {};
    admin.create(jobs, { metadata: { name: `job-${n % 3}`, namespace }, spec: { ...spec, ...indexed } });
  },
  budget: ({ admin }, n) => {
    const app = ["web", "api", "set"][n % 3] ?? "web";
    const bound = n % 2 === 0 ? { minAvailable: n % 4 } : { maxUnavailable: n % 3 };
    admin.create(poddisruptionbudgets, {
      metadata: { name: app, namespace },
      spec: { selector: selector(app), ...bound },
    });
  },
  quota: ({ admin }, n) => {
    admin.create(resourcequotas, {
      metadata: { name: "quota", namespace },
      spec: { hard: { pods: `${6 + (n % 9)}` } },
    });
  },
  unquota: ({ admin }) => {
    admin.delete(resourcequotas, { namespace, name: "quota" });
  },
  evict: ({ admin }, n) => {
    const pod = podAt(admin, n);
    if (pod !== undefined) evictPod(admin, keyOf(pod), {});
  },
  kill: ({ admin }, n) => {
    const pod = podAt(admin, n);
    if (pod !== undefined) admin.delete(pods, keyOf(pod));
  },
  force: ({ admin }, n) => {
    const pod = podAt(admin, n);
    if (pod !== undefined) admin.delete(pods, keyOf(pod), { gracePeriodSeconds: 0 });
  },
  /** Two pods that want one port of one node: the second is turned away again and again. */
  pin: ({ admin }, n) => {
    if (n % 4 !== 0) return;
    const made = template("pin", { cpu: 50 });
    const containers = made.spec.containers.map((one) => ({ ...one, ports: [{ containerPort: 80, hostPort: 80 }] }));
    const spec = { ...made.spec, containers, nodeName: nodeName(n) };
    admin.create(statefulsets, {
      metadata: { name: "pin", namespace },
      spec: { replicas: 2, selector: selector("pin"), serviceName: "pin", template: { ...made, spec } },
    });
  },
  relabel: ({ admin }, n) => {
    const pod = podAt(admin, n);
    if (pod === undefined) return;
    const labels = { ...pod.metadata.labels, app: ["web", "api", "rs", "set"][n % 4] ?? "web" };
    admin.update(pods, { ...pod, metadata: { ...pod.metadata, labels } });
  },
  cordon: ({ admin }, n) => {
    const node = admin.need(nodes, { namespace: "", name: nodeName(n) });
    admin.update(nodes, { ...node, spec: { ...node.spec, unschedulable: node.spec.unschedulable !== true } });
  },
  taint: ({ admin }, n) => {
    const node = admin.need(nodes, { namespace: "", name: nodeName(n) });
    const others = (node.spec.taints ?? []).filter(({ key }) => key !== "t");
    const effect = n % 2 === 0 ? "NoExecute" : "NoSchedule";
    const taints = others.length < (node.spec.taints ?? []).length ? others : [...others, { key: "t", effect }];
    admin.update(nodes, { ...node, spec: { ...node.spec, taints } });
  },
  break: (cluster, n) => {
    const order = FAULTS[n % FAULTS.length];
    if (order !== undefined) addFault(cluster, { ...order, forMs: 1_000 * (1 + (n % 120)) });
  },
  remove: ({ admin }, n) => {
    const options = { propagationPolicy: propagation(n) };
    if (n % 4 === 0) admin.delete(deployments, { namespace, name: n % 8 === 0 ? "web" : "api" }, options);
    if (n % 4 === 1) admin.delete(statefulsets, { namespace, name: "set" }, options);
    if (n % 4 === 2) admin.delete(jobs, { namespace, name: `job-${n % 3}` }, options);
    if (n % 4 === 3) admin.delete(replicasets, { namespace, name: "rs" }, options);
  },
};

/** What every world has before anybody acts. */
export function furnish({ admin }: Cluster): void {
  admin.create(priorityclasses, { metadata: { name: "high" }, value: 1000 });
  for (const app of ["web", "set"]) {
    const headless = app === "set" ? { clusterIP: "None" } : {};
    const spec = { selector: { app }, ports: [{ port: 80 }], ...headless };
    admin.create(services, { metadata: { name: app, namespace }, spec });
  }
  admin.create(deviceclasses, { metadata: { name: "gpu" }, spec: {} });
  const requests = [{ name: "gpu", exactly: { deviceClassName: "gpu" } }];
  admin.create(resourceclaimtemplates, {
    metadata: { name: "gpu", namespace },
    spec: { spec: { devices: { requests } } },
  });
  for (const name of ["node-1", "node-2"]) {
    const pool = { name, generation: 1, resourceSliceCount: 1 };
    const devices = [{ name: "gpu-0" }];
    admin.create(resourceslices, {
      metadata: { name },
      spec: { driver: "gpu.example.com", nodeName: name, pool, devices },
    });
  }
}

/** Nodes are open, machines are whole, nothing is held back: from now on the world may come to rest. */
export function makePeace({ admin }: Cluster): void {
  for (const node of admin.list(nodes)) {
    const taints = (node.spec.taints ?? []).filter(({ key }) => key !== "t");
    admin.update(nodes, { ...node, spec: { ...node.spec, taints, unschedulable: false } });
  }
  for (const one of admin.list(deployments)) {
    admin.update(deployments, { ...one, spec: { ...one.spec, paused: false } });
  }
  if (admin.get(statefulsets, { namespace, name: "pin" }) !== undefined) {
    admin.delete(statefulsets, { namespace, name: "pin" }, { propagationPolicy: "Background" });
  }
  for (const quota of admin.list(resourcequotas)) admin.delete(resourcequotas, keyOf(quota));
}
