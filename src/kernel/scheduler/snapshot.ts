/**
 * The scheduler's picture of the cluster, kept in step with every change: nodes with what is on them, and the pods
 * that wait.
 *
 * Models pkg/scheduler/backend/cache. A view, so nothing in it is stored: it is rebuilt from the objects.
 */
import type { Node, Pod } from "#kernel/api/types.gen";
import { keyOf, keyText } from "#kernel/apimachinery/meta";
import type { Registry } from "#kernel/registry/registry";
import type { View } from "#kernel/registry/view";
import { nodes } from "#kernel/resources/core/node";
import { zoneOf } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodScheduled, isPodTerminal } from "#kernel/resources/core/pod.facts";
import { AffinityTerms } from "#kernel/scheduler/affinity-terms";
import { isAffine, NodeInfo } from "#kernel/scheduler/node-info";
import { type PodInfo, podInfoOf } from "#kernel/scheduler/pod-info";
import { SelectorCounts } from "#kernel/scheduler/selector-counts";
import { equal } from "#kernel/sim/clone";
import type { Change } from "#kernel/store/object";

export class Snapshot {
  readonly #byName = new Map<string, NodeInfo>();
  #list: readonly NodeInfo[] | undefined;
  #nextSlot = 0;
  /** Pods on nodes that do not exist (yet). */
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  /** What the pods that have a node want near or away. */
  readonly terms = new AffinityTerms();
  /** Pods that wait for a node, by key. */
  readonly pending = new Map<string, Pod>();
  /** Waiting pods for which room has been made on a node, by node. */
  readonly nominated = new Map<string, Map<string, PodInfo>>();
  readonly counts: SelectorCounts;
  /** How many nodes have a taint that only repels. */
  softTainted = 0;
  /** How many placed pods there are of each priority. */
  readonly priorities = new Map<number, number>();

  constructor(readonly registry: Registry) {
    this.counts = new SelectorCounts(this);
    for (const node of registry.store.list(nodes.bucket) as readonly Node[]) this.#setNode(node);
    for (const pod of registry.store.list(pods.bucket) as readonly Pod[]) this.#addPod(pod);
  }

  get size(): number {
    return this.#byName.size;
  }

  node(name: string): NodeInfo | undefined {
    return this.#byName.get(name);
  }

  /** All nodes, by name, one zone after the other in turn. */
  get nodes(): readonly NodeInfo[] {
    this.#list ??= interleaved([...this.#byName.values()]);
    return this.#list;
  }

  apply(change: Change): void {
    if (change.bucket === pods.bucket) this.#applyPod(change as Change<Pod>);
    else if (change.bucket === nodes.bucket) this.#applyNode(change as Change<Node>);
  }

  #applyNode({ type, object, previous }: Change<Node>): void {
    if (type === "DELETED") {
      this.#removeNode(object.metadata.name);
      return;
    }
    if (previous === undefined || zoneOf(previous) !== zoneOf(object)) this.#list = undefined;
    this.#setNode(object);
  }

  #setNode(node: Node): void {
    const { name } = node.metadata;
    const info = this.#byName.get(name);
    if (info !== undefined) {
      const wasSoft = info.hasSoftTaints;
      const before = info.labels;
      info.setNode(node);
      if (info.affine.size > 0 && !equal(before, info.labels)) {
        for (const pod of info.affine.values()) {
          this.terms.remove(pod, before);
          this.terms.add(pod, info.labels);
        }
      }
      this.softTainted += Number(info.hasSoftTaints) - Number(wasSoft);
      return;
    }
    const added = new NodeInfo(node, this.#nextSlot);
    this.#nextSlot += 1;
    this.#byName.set(name, added);
    this.#list = undefined;
    this.softTainted += Number(added.hasSoftTaints);
    for (const pod of this.#homeless.get(name)?.values() ?? []) this.#settle(added, pod);
    this.#homeless.delete(name);
  }

  #removeNode(name: string): void {
    const info = this.#byName.get(name);
    if (info === undefined) return;
    this.#byName.delete(name);
    this.#list = undefined;
    this.softTainted -= Number(info.hasSoftTaints);
    if (info.pods.size > 0) this.#homeless.set(name, new Map(info.pods));
    for (const pod of info.pods.values()) this.#forget(pod, info);
  }

  #applyPod({ type, object, previous }: Change<Pod>): void {
    if (previous !== undefined && type !== "DELETED" && this.#swap(previous, object)) return;
    if (previous !== undefined) this.#removePod(previous);
    if (type !== "DELETED") this.#addPod(object);
  }

  /** A change of status alone, which is most of them: the same pod stays where it is. */
  #swap(previous: Pod, pod: Pod): boolean {
    if (previous.spec !== pod.spec || !isCounted(previous) || !isCounted(pod)) return false;
    if (previous.metadata.labels !== pod.metadata.labels) return false;
    if (previous.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp) return false;
    const { nodeName = "" } = pod.spec;
    const { uid } = pod.metadata;
    const info = this.#byName.get(nodeName)?.pods.get(uid) ?? this.#homeless.get(nodeName)?.get(uid);
    if (info === undefined) return false;
    info.pod = pod;
    return true;
  }

  #addPod(pod: Pod): void {
    if (isWaiting(pod)) {
      this.pending.set(keyText(keyOf(pod)), pod);
      const nominatedNode = pod.status?.nominatedNodeName ?? "";
      if (nominatedNode !== "") this.#nominate(nominatedNode, pod);
      return;
    }
    if (!isCounted(pod)) return;
    const { nodeName = "" } = pod.spec;
    const node = this.#byName.get(nodeName);
    const info = podInfoOf(pod);
    if (node !== undefined) {
      this.#settle(node, info);
      return;
    }
    let homeless = this.#homeless.get(nodeName);
    if (homeless === undefined) {
      homeless = new Map();
      this.#homeless.set(nodeName, homeless);
    }
    homeless.set(pod.metadata.uid, info);
  }

  #settle(node: NodeInfo, info: PodInfo): void {
    node.add(info);
    this.priorities.set(info.priority, (this.priorities.get(info.priority) ?? 0) + 1);
    if (isAffine(info)) this.terms.add(info, node.labels);
    this.counts.add(info.pod, node);
  }

  #removePod(pod: Pod): void {
    const { uid } = pod.metadata;
    if (isWaiting(pod)) {
      this.pending.delete(keyText(keyOf(pod)));
      const nominatedNode = pod.status?.nominatedNodeName ?? "";
      this.nominated.get(nominatedNode)?.delete(uid);
      return;
    }
    if (!isCounted(pod)) return;
    const { nodeName = "" } = pod.spec;
    this.#homeless.get(nodeName)?.delete(uid);
    const node = this.#byName.get(nodeName);
    const info = node?.pods.get(uid);
    if (node === undefined || info === undefined) return;
    node.remove(uid);
    this.#forget(info, node);
  }

  /** Takes a pod off its node for a trial; `resume` must follow. */
  suspend(node: NodeInfo, info: PodInfo): void {
    node.remove(info.pod.metadata.uid);
    this.#forget(info, node);
  }

  resume(node: NodeInfo, info: PodInfo): void {
    this.#settle(node, info);
  }

  #forget(info: PodInfo, node: NodeInfo): void {
    const { pod, priority } = info;
    if (isAffine(info)) this.terms.remove(info, node.labels);
    this.counts.remove(pod, node);
    const left = (this.priorities.get(priority) ?? 0) - 1;
    if (left > 0) this.priorities.set(priority, left);
    else this.priorities.delete(priority);
  }

  #nominate(node: string, pod: Pod): void {
    let waiting = this.nominated.get(node);
    if (waiting === undefined) {
      waiting = new Map();
      this.nominated.set(node, waiting);
    }
    waiting.set(pod.metadata.uid, podInfoOf(pod));
  }
}

/** True if the pod takes room on a node. */
const isCounted = (pod: Pod): boolean => isPodScheduled(pod) && !isPodTerminal(pod);

/** True if the pod waits for a scheduler. */
export const isWaiting = (pod: Pod): boolean =>
  !isPodScheduled(pod) && !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;

/** Sorted by name, taking one node of each zone in turn. */
function interleaved(infos: NodeInfo[]): readonly NodeInfo[] {
  infos.sort((a, b) => (a.name < b.name ? -1 : 1));
  const zones = new Map<string, NodeInfo[]>();
  for (const info of infos) {
    const zone = zoneOf(info.node);
    const members = zones.get(zone);
    if (members === undefined) zones.set(zone, [info]);
    else members.push(info);
  }
  if (zones.size < 2) return infos;
  const order: NodeInfo[] = [];
  for (let n = 0; order.length < infos.length; n += 1) {
    for (const members of zones.values()) {
      const info = members[n];
      if (info !== undefined) order.push(info);
    }
  }
  return order;
}

export const snapshots: View<Snapshot> = {
  name: "scheduler",
  create: (registry) => new Snapshot(registry),
  apply: (snapshot, change) => snapshot.apply(change),
};
