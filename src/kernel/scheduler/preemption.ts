/**
 * DefaultPreemption: makes room for a pod by taking less important ones away, as few and as unimportant as can be.
 *
 * Models pkg/scheduler/framework/plugins/defaultpreemption and pkg/scheduler/framework/preemption.
 */
import type { Pod } from "#kernel/api/types.gen";
import { type LabelSelector, matches } from "#kernel/apimachinery/labels";
import { keyOf, parseTime, setCondition } from "#kernel/apimachinery/meta";
import type { Context } from "#kernel/registry/controller";
import type { Registry } from "#kernel/registry/registry";
import { recordDeed } from "#kernel/resources/core/event.series";
import { pods } from "#kernel/resources/core/pod";
import { type CompiledFilters, checkNominated, compileFilters, type Diagnosis } from "#kernel/scheduler/cycle";
import { notAvailable } from "#kernel/scheduler/messages";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { type PodInfo, podInfoOf } from "#kernel/scheduler/pod-info";
import { type Profile, SCHEDULER_NAME } from "#kernel/scheduler/profile";
import type { Snapshot } from "#kernel/scheduler/snapshot";
import type { Entropy } from "#kernel/sim/entropy";
import type { KubeObject } from "#kernel/store/object";

const NOT_HELPFUL = "Preemption is not helpful for scheduling";
const NO_VICTIMS = "No preemption victims found for incoming pod";

/** A node that would have room, and who would have to go. */
interface Candidate {
  readonly node: NodeInfo;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  /** How many of them a disruption budget protects. */
  readonly violations: number;
}

/** A node where room can be made, or why there is none. */
export type Preemption = { readonly candidate: Candidate } | { readonly message: string };

/** What the search for room depends on besides the pod. */
export interface RoomSearch {
  readonly profile: Profile;
  readonly cluster: Snapshot;
  readonly entropy: Entropy;
}

/** Looks for the node where making room costs least. Changes nothing. */
export function findRoom(pod: Pod, diagnosis: Diagnosis, search: RoomSearch): Preemption {
  const { cluster } = search;
  const info = podInfoOf(pod);
  const refused = ineligible(info, cluster);
  if (refused !== undefined) return { message: refused };

  const { nodeCount, nodes, rejections } = diagnosis;
  const helpable = rejections.reduce((count, { isResolvable }) => count + (isResolvable ? 1 : 0), 0);
  const hasLesser = [...cluster.priorities.keys()].some((priority) => priority < info.priority);
  if (helpable === 0 || !hasLesser) return { message: inVain(nodeCount, helpable, new Map([[NO_VICTIMS, helpable]])) };

  const reasons = new Map<string, number>();
  const tried = nodes.filter((_node, n) => rejections[n]?.isResolvable === true);
  const candidates = tryNodes(info, tried, search, reasons);
  const [best] = candidates.sort(compareCandidates);
  return best === undefined ? { message: inVain(nodeCount, helpable, reasons) } : { candidate: best };
}

/** Says why no node has room; of the nodes that were not tried, that it would not help. */
function inVain(nodeCount: number, tried: number, reasons: ReadonlyMap<string, number>): string {
  const counts = new Map([...reasons, [NOT_HELPFUL, nodeCount - tried]]);
  return notAvailable(nodeCount, new Map([...counts].filter(([, count]) => count > 0)));
}

function ineligible({ pod, priority }: PodInfo, cluster: Snapshot): string | undefined {
  if (pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
  const nominated = pod.status?.nominatedNodeName ?? "";
  const there = nominated === "" ? undefined : cluster.node(nominated);
  for (const other of there?.pods.values() ?? []) {
    if (other.pod.metadata.deletionTimestamp !== undefined && other.priority < priority) {
      return "not eligible due to a terminating pod on the nominated node.";
    }
  }
  return undefined;
}

/** Tries nodes from a random one on until there are enough candidates. */
function tryNodes(
  info: PodInfo,
  helpable: readonly NodeInfo[],
  { profile, cluster, entropy }: RoomSearch,
  reasons: Map<string, number>,
): Candidate[] {
  const { percentage, absolute } = profile.args.preemption;
  const wanted = Math.max(absolute, Math.floor((helpable.length * percentage) / 100));
  const offset = entropy.int(helpable.length);
  const candidates: Candidate[] = [];
  for (let n = 0; n < helpable.length && candidates.length < wanted; n += 1) {
    const node = helpable[(offset + n) % helpable.length] as NodeInfo;
    const outcome = victimsOn(info, node, cluster, profile);
    if ("victims" in outcome) candidates.push(outcome);
    else for (const reason of outcome.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return candidates;
}

/** Who must leave a node: all less important pods do, then come back as long as the pod still fits. */
function victimsOn(
  info: PodInfo,
  node: NodeInfo,
  cluster: Snapshot,
  { plugins }: Profile,
): Candidate | { readonly reasons: readonly string[] } {
  const lesser = [...node.pods.values()].filter(({ priority }) => priority < info.priority);
  if (lesser.length === 0) return { reasons: [NO_VICTIMS] };
  const away = new Set<PodInfo>();
  const leave = (one: PodInfo): void => {
    away.add(one);
    cluster.suspend(node, one);
  };
  const comeBack = (one: PodInfo): void => {
    away.delete(one);
    cluster.resume(node, one);
  };
  // What other pods' being there means to the filters (affinity, spreading) is part of what is compiled.
  const check = (): readonly string[] | undefined => {
    const filters: CompiledFilters = compileFilters(info, cluster, plugins);
    return (filters.refusal ?? checkNominated(filters, info, node, cluster))?.reasons;
  };
  for (const one of lesser) leave(one);
  const refused = check();
  if (refused !== undefined) {
    for (const one of lesser) comeBack(one);
    return { reasons: refused };
  }
  const isProtected = protectedBy(cluster.registry);
  const [guarded, free] = [lesser.filter(isProtected), lesser.filter((one) => !isProtected(one))];
  const victims: PodInfo[] = [];
  let violations = 0;
  for (const one of [...guarded.sort(byImportance), ...free.sort(byImportance)]) {
    comeBack(one);
    if (check() === undefined) continue;
    leave(one);
    victims.push(one);
    if (isProtected(one)) violations += 1;
  }
  for (const one of [...away]) comeBack(one);
  return { node, victims: victims.sort(byImportance), violations };
}

const startOf = ({ pod }: PodInfo): number => {
  const { startTime } = pod.status ?? {};
  return startTime === undefined ? Number.POSITIVE_INFINITY : parseTime(startTime);
};

/** The higher priority first, then who has run longer. */
const byImportance = (a: PodInfo, b: PodInfo): number =>
  b.priority - a.priority ||
  Math.sign(startOf(a) - startOf(b) || 0) ||
  (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1);

/** Whether a pod is one a disruption budget has no disruption left for. */
function protectedBy(registry: Registry): (info: PodInfo) => boolean {
  const kind = registry.resourceOfKind({ group: "policy", version: "v1", kind: "PodDisruptionBudget" });
  if (kind === undefined) return () => false;
  const budgets = (registry.store.list(kind.bucket) as readonly Budget[]).filter(
    ({ status }) => (status?.disruptionsAllowed ?? 0) <= 0,
  );
  return ({ pod }) =>
    budgets.some(
      ({ metadata, spec }) =>
        metadata.namespace === pod.metadata.namespace && matches(spec?.selector, pod.metadata.labels),
    );
}

interface Budget extends KubeObject {
  readonly spec?: { readonly selector?: LabelSelector };
  readonly status?: { readonly disruptionsAllowed?: number };
}

/** Fewest violations, then the least important victims, then the fewest of them, then the youngest. */
function compareCandidates(a: Candidate, b: Candidate): number {
  const top = ({ victims }: Candidate): number => victims[0]?.priority ?? Number.NEGATIVE_INFINITY;
  const total = ({ victims }: Candidate): number => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0);
  const earliest = ({ victims }: Candidate): number =>
    Math.min(...victims.filter(({ priority }) => priority === victims[0]?.priority).map(startOf));
  return (
    a.violations - b.violations ||
    top(a) - top(b) ||
    total(a) - total(b) ||
    a.victims.length - b.victims.length ||
    Math.sign(earliest(b) - earliest(a) || 0) ||
    (a.node.name < b.node.name ? -1 : 1)
  );
}

/** Takes the victims away and notes for whom the room is. */
export function makeRoom({ client, now }: Context, pod: Pod, { node, victims }: Candidate, cluster: Snapshot): void {
  const { schedulerName = SCHEDULER_NAME } = pod.spec;
  for (const { pod: victim } of victims) {
    if (victim.metadata.deletionTimestamp === undefined) {
      const condition = {
        type: "DisruptionTarget",
        status: "True",
        reason: "PreemptionByScheduler",
        message: `${schedulerName}: preempting to accommodate a higher priority pod`,
        observedGeneration: victim.metadata.generation ?? 0,
      };
      const conditions = setCondition(victim.status?.conditions, condition, now);
      client.updateStatus(pods, victim, { ...victim.status, conditions });
      client.delete(pods, keyOf(victim));
    }
    const note = `Preempted by pod ${pod.metadata.uid} on node ${node.name}`;
    const said = { type: "Normal", reason: "Preempted", action: "Preempting", note } as const;
    recordDeed(client, { regarding: victim, related: pod, controller: schedulerName, ...said }, now);
  }
  // Less important pods that counted on this node look elsewhere.
  const priority = pod.spec.priority ?? 0;
  for (const { pod: other } of [...(cluster.nominated.get(node.name)?.values() ?? [])].sort(byImportance)) {
    if ((other.spec.priority ?? 0) >= priority || other.metadata.uid === pod.metadata.uid) continue;
    const { nominatedNodeName: _, ...status } = other.status ?? {};
    client.updateStatus(pods, other, status);
  }
}
