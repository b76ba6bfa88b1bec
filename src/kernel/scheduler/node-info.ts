/**
 * What the scheduler knows of a node: what it offers, what is taken, who is there. Kept up to date change by change.
 *
 * Models NodeInfo of pkg/scheduler/framework/types.go.
 */
import type { Node, Taint } from "#kernel/api/types.gen";
import { allocatable, NODE_HOSTNAME_LABEL, taintsOf } from "#kernel/resources/core/node.facts";
import { type Amounts, amountsFrom, type HostPort, type PodInfo } from "#kernel/scheduler/pod-info";

const nothing = (): Amounts => ({ cpuMillis: 0, memoryBytes: 0, storageBytes: 0, scalars: undefined });

export class NodeInfo {
  readonly name: string;
  /** Its place in lists of figures by node; never given to another node. */
  readonly slot: number;
  node: Node;
  /** The host name label, looked at for every pod that spreads. */
  hostname: string | undefined;
  allocatable: Amounts = nothing();
  podsMax = 0;
  taints: readonly Taint[] = [];
  hasSoftTaints = false;
  labels: Readonly<Record<string, string>> = {};
  /** Sum of requests. */
  readonly requested: Amounts = nothing();
  /** Sum of requests as scoring counts them. */
  usualCpuMillis = 0;
  usualMemoryBytes = 0;
  readonly pods = new Map<string, PodInfo>();
  /** Those of them that have any pod affinity or anti-affinity. */
  readonly affine = new Map<string, PodInfo>();
  readonly ports: HostPort[] = [];
  /** Images on the node with their size in bytes. */
  images: ReadonlyMap<string, number> = new Map();

  constructor(node: Node, slot: number) {
    this.name = node.metadata.name;
    this.slot = slot;
    this.node = node;
    this.setNode(node);
  }

  /** Takes over what the node object says now. */
  setNode(node: Node): void {
    this.node = node;
    const amounts = allocatable(node);
    this.allocatable = amountsFrom(amounts);
    this.podsMax = amounts.pods ?? 0;
    this.taints = taintsOf(node);
    this.hasSoftTaints = this.taints.some(({ effect }) => effect === "PreferNoSchedule");
    this.labels = node.metadata.labels ?? {};
    this.hostname = this.labels[NODE_HOSTNAME_LABEL];
    const images = new Map<string, number>();
    for (const { names = [], sizeBytes = 0 } of node.status?.images ?? []) {
      for (const name of names) images.set(name, sizeBytes);
    }
    this.images = images;
  }

  add(info: PodInfo): void {
    const { uid } = info.pod.metadata;
    if (this.pods.has(uid)) return;
    this.pods.set(uid, info);
    if (isAffine(info)) this.affine.set(uid, info);
    this.#count(info, 1);
    for (const port of info.ports) this.ports.push(port);
  }

  remove(uid: string): void {
    const info = this.pods.get(uid);
    if (info === undefined) return;
    this.pods.delete(uid);
    this.affine.delete(uid);
    this.#count(info, -1);
    for (const port of info.ports) this.ports.splice(this.ports.indexOf(port), 1);
  }

  #count({ requests, usual }: PodInfo, sign: 1 | -1): void {
    const { requested } = this;
    requested.cpuMillis += sign * requests.cpuMillis;
    requested.memoryBytes += sign * requests.memoryBytes;
    requested.storageBytes += sign * requests.storageBytes;
    for (const [name, amount] of requests.scalars ?? []) {
      requested.scalars ??= new Map();
      requested.scalars.set(name, (requested.scalars.get(name) ?? 0) + sign * amount);
    }
    this.usualCpuMillis += sign * usual.cpuMillis;
    this.usualMemoryBytes += sign * usual.memoryBytes;
  }
}

/** True if the pod wishes other pods near or away. */
export const isAffine = ({ affinity, antiAffinity, preferredAffinity, preferredAntiAffinity }: PodInfo): boolean =>
  affinity.length + antiAffinity.length + preferredAffinity.length + preferredAntiAffinity.length > 0;
