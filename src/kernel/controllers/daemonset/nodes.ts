/**
 * The nodes of a DaemonSet with the pods they have: what is missing, what is too many, and what an update replaces.
 *
 * Models pkg/controller/daemon/daemon_controller.go (podsShouldBeOnNode) and update.go (rollingUpdate).
 */
import type { DaemonSet, Node, Pod } from "#kernel/api/types.gen";
import { type DaemonBackoff, retryAt } from "#kernel/controllers/daemonset/backoff";
import { nodeOfDaemon, type Placement, placementOn } from "#kernel/controllers/daemonset/placement";
import {
  allowsSurge,
  daemonBounds,
  TEMPLATE_GENERATION_LABEL,
  templateGeneration,
} from "#kernel/resources/apps/daemonset.facts";
import { CONTROLLER_REVISION_HASH_LABEL } from "#kernel/resources/apps/statefulset.facts";
import { isPodAvailable, isPodReady, isPodTerminal, isPodTerminating } from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";

/** One node and the set's pods on it, the oldest first. */
export interface NodePods extends Placement {
  readonly name: string;
  readonly pods: readonly Pod[];
}

/** What is to be done. */
export interface Plan {
  readonly createOn: string[];
  readonly remove: Pod[];
  /** Pods that ended by themselves, among those to remove. */
  readonly ended: Pod[];
  /** When a node may have its pod replaced again. */
  nextAt?: Instant;
}

/** Everything the decisions depend on. */
export interface Look {
  readonly set: DaemonSet;
  readonly hash: string;
  readonly now: Instant;
  readonly backoff: (node: string) => DaemonBackoff | undefined;
}

/** The nodes in order, each with its pods, and the pods whose node does not exist. */
export function nodesWithPods(set: DaemonSet, nodes: readonly Node[], mine: readonly Pod[]) {
  const byNode = new Map<string, Pod[]>();
  for (const pod of [...mine].sort(byAge)) {
    // What has ended and is going takes no place.
    if (isPodTerminal(pod) && isPodTerminating(pod)) continue;
    const name = nodeOfDaemon(pod);
    const others = byNode.get(name);
    if (others === undefined) byNode.set(name, [pod]);
    else others.push(pod);
  }
  const known = nodes.map((node): NodePods => {
    const { name } = node.metadata;
    const pods = byNode.get(name) ?? [];
    byNode.delete(name);
    return { name, pods, ...placementOn(node, set) };
  });
  return { nodes: known, homeless: [...byNode.values()].flat() };
}

/** Scheduled pods before others, then the older first. */
function byAge(a: Pod, b: Pod): number {
  const [since, than] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  if (since !== than) return since < than ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** A plan to do nothing. */
export const emptyPlan = (): Plan => ({ createOn: [], remove: [], ended: [] });

/** Adds to the plan what one node has too few or too many of. */
export function planNode(look: Look, { name, pods, shouldRun, mayStay }: NodePods, plan: Plan): void {
  if (!mayStay) {
    plan.remove.push(...pods.filter((pod) => !isPodTerminating(pod)));
    return;
  }
  if (pods.length === 0) {
    if (shouldRun) plan.createOn.push(name);
    return;
  }
  const running: Pod[] = [];
  for (const pod of pods) {
    if (isPodTerminating(pod)) continue;
    if (!isPodTerminal(pod)) running.push(pod);
    else if (pod.status?.phase === "Failed" && !mayRetry(look, name, plan)) continue;
    else {
      plan.ended.push(pod);
      plan.remove.push(pod);
    }
  }
  if (running.length > 1) plan.remove.push(...(allowsSurge(look.set) ? surgeSurplus(look, running) : running.slice(1)));
}

/** A node whose pod keeps failing gets the next one later and later. */
function mayRetry({ backoff, now }: Look, node: string, plan: Plan): boolean {
  const at = retryAt(backoff(node));
  if (at <= now) return true;
  plan.nextAt = Math.min(at, plan.nextAt ?? at);
  return false;
}

/** True if the pod has the present template. */
export function isUpdated({ set, hash }: Pick<Look, "set" | "hash">, { metadata }: Pod): boolean {
  const { labels = {} } = metadata;
  if (labels[CONTROLLER_REVISION_HASH_LABEL] === hash) return true;
  const generation = templateGeneration(set);
  return generation !== undefined && labels[TEMPLATE_GENERATION_LABEL] === String(generation);
}

const isAvailable = ({ set, now }: Look, pod: Pod): boolean => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now);

/** While surging a node may have one old and one new pod; the old one goes once the new one is available. */
function surgeSurplus(look: Look, running: readonly Pod[]): Pod[] {
  const isNew = ({ metadata }: Pod): boolean => metadata.labels?.[CONTROLLER_REVISION_HASH_LABEL] === look.hash;
  const newest = running.find(isNew);
  const oldest = running.find((pod) => !isNew(pod));
  const surplus = running.filter((pod) => pod !== newest && pod !== oldest);
  if (newest === undefined || oldest === undefined) return surplus;
  const isDue = !isPodReady(oldest) || isAvailable(look, newest);
  return isDue ? [...surplus, oldest] : surplus;
}

/** The pods a rolling update deletes, or the nodes it gives a second pod. */
export function planUpdate(look: Look, nodes: readonly NodePods[]): Plan {
  const wanted = nodes.filter(({ shouldRun, pods }) => shouldRun || pods.length > 0);
  const { surge, unavailable } = daemonBounds(look.set, nodes.filter(({ shouldRun }) => shouldRun).length);
  return surge === 0 ? planReplacement(look, wanted, unavailable) : planSurge(look, wanted, surge);
}

/** The old and the new pod of a node; undefined if there are several of one sort. */
function pairOn(look: Look, pods: readonly Pod[]): { readonly old?: Pod; readonly fresh?: Pod } | undefined {
  const alive = pods.filter((pod) => !isPodTerminating(pod));
  const fresh = alive.filter((pod) => isUpdated(look, pod));
  const old = alive.filter((pod) => !isUpdated(look, pod));
  if (fresh.length > 1 || old.length > 1) return undefined;
  return { ...(old[0] && { old: old[0] }), ...(fresh[0] && { fresh: fresh[0] }) };
}

/** Old pods that are no use go at once, others as long as few enough nodes are without one. */
function planReplacement(look: Look, nodes: readonly NodePods[], most: number): Plan {
  const plan = emptyPlan();
  const candidates: Pod[] = [];
  let missing = 0;
  for (const { pods } of nodes) {
    const pair = pairOn(look, pods);
    const { old, fresh } = pair ?? {};
    if (pair === undefined || (old === undefined) === (fresh === undefined)) missing += 1;
    else if (fresh !== undefined) missing += isAvailable(look, fresh) ? 0 : 1;
    else if (old !== undefined && isAvailable(look, old)) candidates.push(old);
    else if (old !== undefined) {
      plan.remove.push(old);
      missing += 1;
    }
  }
  plan.remove.push(...candidates.slice(0, Math.max(0, most - missing)));
  return plan;
}

function planSurge(look: Look, nodes: readonly NodePods[], most: number): Plan {
  const plan = emptyPlan();
  const candidates: string[] = [];
  let surging = 0;
  for (const { name, pods, shouldRun } of nodes) {
    const pair = pairOn(look, pods);
    const { old, fresh } = pair ?? {};
    if (pair === undefined) surging += 1;
    else if (old === undefined) continue;
    else if (fresh === undefined) {
      if (isAvailable(look, old)) candidates.push(name);
      else if (shouldRun) plan.createOn.push(name);
      else plan.remove.push(old);
    } else if (isAvailable(look, fresh)) plan.remove.push(old);
    else surging += 1;
  }
  plan.createOn.push(...candidates.slice(0, Math.max(0, most - surging)));
  return plan;
}
