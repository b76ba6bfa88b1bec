/** A scene for controllers and scheduler: the production cluster in virtual time, and short ways to act and look. */
import type { Deployment, Event, Node, Pod, PodSpec } from "#kernel/api/types.gen";
import { Cluster } from "#kernel/cluster/cluster";
import type { ClusterOptions } from "#kernel/cluster/options";
import type { Draft, Resource } from "#kernel/registry/definition";
import type { DeleteOptions } from "#kernel/registry/delete";
import { deployments } from "#kernel/resources/apps/deployment";
import { events } from "#kernel/resources/core/event";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { clone, deepFreeze } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

/** The instant every scene begins at. */
export const BEGIN = Date.parse("2026-01-01T00:00:00Z");

type Machines = ClusterOptions["machines"];

/** The cluster, in which nobody can change an object that the store keeps: it is shared with others. */
export function frozen(cluster: Cluster): Cluster {
  for (const bucket of cluster.store.buckets()) for (const object of cluster.store.list(bucket)) deepFreeze(object);
  cluster.store.subscribe(({ object }) => deepFreeze(object));
  return cluster;
}

export class Scene {
  readonly cluster: Cluster;

  constructor({
    machines = 3,
    latency = "none",
    kubelet = true,
  }: { machines?: number | Machines; latency?: ClusterOptions["latency"]; kubelet?: boolean } = {}) {
    const list = typeof machines === "number" ? Array.from({ length: machines }, (_, n) => named(n + 1)) : machines;
    const options: ClusterOptions = {
      seed: "scene",
      machines: list,
      components: { scheduler: true, controllerManager: true, kubelet },
      authorization: "RBAC",
      latency,
    };
    this.cluster = frozen(Cluster.create(options, BEGIN));
    // As whoever keeps a cluster does: a turn that is refused undoes what came since then, not the cluster itself.
    this.cluster.take();
  }

  /** Seconds since the scene began. */
  get seconds(): number {
    return (this.cluster.now - BEGIN) / 1000;
  }

  create<T extends KubeObject>(resource: Resource<T>, draft: Draft<T>): T {
    return this.turn((cluster) => cluster.admin.create(resource, draft));
  }

  get<T extends KubeObject>(resource: Resource<T>, name: string, namespace = "default"): T | undefined {
    return this.cluster.admin.get(resource, { namespace: resource.isNamespaced ? namespace : "", name });
  }

  list<T extends KubeObject>(resource: Resource<T>, namespace = "default"): readonly T[] {
    return this.cluster.admin.list(resource, resource.isNamespaced ? { namespace } : {});
  }

  /** Changes an object as `kubectl edit` would. */
  edit<T extends KubeObject>(resource: Resource<T>, name: string, change: (object: T) => void, namespace?: string): T {
    const object = clone(this.need(resource, name, namespace));
    change(object);
    return this.turn((cluster) => cluster.admin.update(resource, object as unknown as Draft<T>));
  }

  /** Changes the status of an object. */
  editStatus<T extends KubeObject & { status?: unknown }>(
    resource: Resource<T>,
    name: string,
    change: (object: T) => void,
  ): T {
    const object = clone(this.need(resource, name));
    change(object);
    return this.turn((cluster) =>
      cluster.admin.updateStatus(resource, object, object.status as NonNullable<T["status"]>),
    );
  }

  need<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string): T {
    const object = this.get(resource, name, namespace);
    if (object === undefined) throw new Error(`no ${resource.names.singular} ${name}`);
    return object;
  }

  delete<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    options: DeleteOptions = {},
    namespace = "default",
  ) {
    const key = { namespace: resource.isNamespaced ? namespace : "", name };
    this.turn((cluster) => void cluster.admin.delete(resource, key, options));
  }

  turn<T>(work: (cluster: Cluster) => T): T {
    const turn = this.cluster.turn(work as Parameters<Cluster["turn"]>[0]);
    if ("refused" in turn) throw turn.refused;
    if ("needs" in turn) throw new Error(`nobody answers ${turn.needs.url}`);
    return turn.value as T;
  }

  pass(seconds: number): void {
    for (let left = seconds * 1000, more = true; more; ) {
      const step = this.cluster.advance(BEGIN, left);
      left -= step.advanced;
      more = step.more;
    }
  }

  /** Until nothing but routine is due, an hour at most. */
  settle(): void {
    for (let more = true; more; ) more = this.cluster.advance(BEGIN, 3_600_000, true).more;
  }

  /** What was said about an object, in the order it was first said: `Reason: message`. */
  said(name: string, reason?: string): string[] {
    return [...this.cluster.admin.list(events)]
      .filter(({ involvedObject }) => involvedObject.name === name)
      .filter((event) => reason === undefined || event.reason === reason)
      .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))
      .map((event: Event) => {
        const count = event.series?.count ?? event.count ?? 1;
        return `${event.reason}${count > 1 ? ` x${count}` : ""}: ${event.message}`;
      });
  }

  /** A node nobody simulates, ready and with room. */
  addNode(name: string, { cpu = "4", memory = "8Gi", pods: max = "110", labels = {} }: Partial<NodeShape> = {}): Node {
    this.create(nodes, { metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } }, spec: {} });
    return this.editStatus(nodes, name, (node) => {
      node.status = { allocatable: { cpu, memory, pods: max }, capacity: { cpu, memory, pods: max } };
      const lastHeartbeatTime = "2026-01-01T00:00:00Z";
      node.status.conditions = [
        { type: "Ready", status: "True", reason: "Given", lastHeartbeatTime, lastTransitionTime: lastHeartbeatTime },
      ];
    });
  }

  /** The pods of the default namespace with their nodes: `{a: "node-1", b: ""}`. */
  get placed(): Record<string, string> {
    return Object.fromEntries(this.list(pods).map(({ metadata, spec }) => [metadata.name, spec.nodeName ?? ""]));
  }

  /** What a pod's PodScheduled condition says. */
  whyPending(name: string): string | undefined {
    return this.need(pods, name).status?.conditions?.find(({ type }) => type === "PodScheduled")?.message;
  }

  /** The status of a Deployment without its times. */
  rollout(name: string): { conditions: string[] } & Record<string, unknown> {
    const { conditions = [], ...counters } = this.need(deployments, name).status ?? {};
    return {
      ...counters,
      conditions: conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`).sort(),
    };
  }
}

interface NodeShape {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: string;
  readonly labels: Readonly<Record<string, string>>;
}

const named = (n: number): Machines[number] => ({ name: `node-${n}` });

/** A Deployment draft with one container. */
export function webDeployment(
  replicas: number,
  change: (draft: Draft<Deployment>) => void = () => {},
): Draft<Deployment> {
  const draft: Draft<Deployment> = {
    metadata: { name: "web", namespace: "default", labels: { app: "web" } },
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx:1.27" }] } },
    },
  };
  change(draft);
  return draft;
}

/** A pod draft; `requests` of its one container. */
export function pod(name: string, requests: Record<string, string> = {}, spec: Partial<PodSpec> = {}): Draft<Pod> {
  return {
    metadata: { name, namespace: "default", labels: { app: name } },
    spec: { containers: [{ name: "c", image: "nginx:1.27", resources: { requests } }], ...spec },
  };
}
