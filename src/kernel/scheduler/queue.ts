/**
 * The scheduling queue: which waiting pods to try now, which later, and which change may help which pod.
 *
 * Models pkg/scheduler/backend/queue. What must survive is in cells: a pod that failed has a record; all others are
 * tried at once.
 */
import type { Pod } from "#kernel/api/types.gen";
import { keyText, parseTime } from "#kernel/apimachinery/meta";
import type { Registry } from "#kernel/registry/registry";
import { type ClusterEvent, isRejection } from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { byPriority } from "#kernel/scheduler/plugins/prioritysort";
import { podInfoOf } from "#kernel/scheduler/pod-info";
import { type Profile, profileOf, profilesOf, SCHEDULER_NAME } from "#kernel/scheduler/profile";
import type { Snapshot } from "#kernel/scheduler/snapshot";
import { type PodTrace, readTrace } from "#kernel/scheduler/trace";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The room of the records; the id is the pod's namespace/name. */
export const QUEUE = "scheduling-queue";

/** A pod nothing seems to help is tried again after this time all the same. */
const FLUSH_MS = 5 * 60_000;

/** What is remembered of a pod that found no node. */
export interface QueueRecord {
  readonly uid: string;
  readonly attempts: number;
  readonly failedAt: Instant;
  /** The plugins that rejected it; none = anything may help. */
  readonly plugins: readonly string[];
  /** Something that may help has happened: it is tried again as soon as its backoff is over. */
  readonly isMoved: boolean;
  /** Since when it has a node and waits for what the node needs before the binding (its volumes). */
  readonly bindingSince?: Instant;
}

/** The record of a pod; one of a former namesake does not count. */
export function recordOf(cells: Cells, id: string, pod: Pod): QueueRecord | undefined {
  const record = cells.get<QueueRecord>(QUEUE, id);
  return record?.uid === pod.metadata.uid ? record : undefined;
}

/** 1 s after the first failure, doubled with each further one, 10 s at most, unless it is configured otherwise. */
const backoffUntil = ({ attempts, failedAt }: QueueRecord, { first, longest }: Backoff): Instant =>
  failedAt + Math.min(first * 2 ** (attempts - 1), longest);

interface Backoff {
  readonly first: number;
  readonly longest: number;
}

/** Which pods to try now, the most important first, and when to look again. */
export interface Turn {
  readonly active: readonly Pod[];
  /** When the next backoff ends. */
  readonly wakeAt: Instant | undefined;
  /** When the next pod is tried for no reason. */
  readonly flushAt: Instant | undefined;
}

/** Looks through the waiting pods. */
export function turnOf({ pending, registry }: Snapshot, cells: Cells, now: Instant): Turn {
  const { byName, backoffMs } = profilesOf(registry);
  const active: { pod: Pod; priority: number; since: number; revision: number }[] = [];
  let wakeAt: Instant | undefined;
  let flushAt: Instant | undefined;
  for (const [id, pod] of pending) {
    const profile = byName.get(pod.spec.schedulerName ?? SCHEDULER_NAME);
    // A pod of another scheduler is none of our business.
    if (profile === undefined || isGated(pod, profile, registry)) continue;
    const record = recordOf(cells, id, pod);
    const due = dueAt(record, backoffMs, now);
    if (due <= now) {
      const since = record?.failedAt ?? parseTime(pod.metadata.creationTimestamp);
      const revision = Number(pod.metadata.resourceVersion);
      active.push({ pod, priority: pod.spec.priority ?? 0, since, revision });
    } else if (record?.isMoved === true) wakeAt = Math.min(wakeAt ?? due, due);
    else flushAt = Math.min(flushAt ?? due, due);
  }
  return { active: active.sort(byPriority).map(({ pod }) => pod), wakeAt, flushAt };
}

function dueAt(record: QueueRecord | undefined, backoff: Backoff, now: Instant): Instant {
  if (record === undefined) return 0;
  if (!record.isMoved) return record.failedAt + FLUSH_MS;
  // Nothing else is waiting, so a pod that was only unschedulable need not sit out its backoff
  // (SchedulerPopFromBackoffQ), unless it has been tried at this very instant.
  if (record.plugins.length > 0 && record.failedAt < now) return 0;
  return backoffUntil(record, backoff);
}

/** True if a plugin keeps the pod out of the queue. */
const isGated = (pod: Pod, { gates }: Profile, registry: Registry): boolean =>
  gates.some(({ preEnqueue }) => preEnqueue?.(pod, registry) !== undefined);

/** What an event happened to, as far as it is known. */
interface Subject {
  readonly node: NodeInfo | undefined;
  readonly trace: PodTrace | undefined;
}

/** Moves the pods an event may help; `name` is that of the node it happened to, or the trace of the pod. */
export function move(cells: Cells, cluster: Snapshot, event: ClusterEvent, name: string): void {
  const isOfPod = event.startsWith("Pod");
  const node = isOfPod ? undefined : cluster.node(name);
  const subject: Subject = { node, trace: isOfPod ? readTrace(name) : undefined };
  const moved: [string, QueueRecord][] = [];
  for (const [id, record] of cells.entries<QueueRecord>(QUEUE)) {
    const pod = cluster.pending.get(id);
    if (pod === undefined || record.isMoved || !mayHelp(record, pod, cluster, event, subject)) continue;
    moved.push([id, { ...record, isMoved: true }]);
  }
  for (const [id, record] of moved) cells.put(QUEUE, id, record);
}

function mayHelp(
  { plugins }: QueueRecord,
  pod: Pod,
  cluster: Snapshot,
  event: ClusterEvent,
  { node, trace }: Subject,
): boolean {
  if (plugins.length === 0 || event === "Configuration") return true;
  const profile = profileOf(cluster.registry, pod);
  return plugins.some((name) => {
    const plugin = profile?.plugins.find((one) => one.name === name);
    if (plugin?.events?.includes(event) !== true) return false;
    if (trace !== undefined) return plugin.helps?.(event, trace, podInfoOf(pod), cluster) ?? true;
    if (node === undefined) return true;
    const answer = plugin.filter?.(podInfoOf(pod), cluster);
    if (answer === undefined) return true;
    return !isRejection(answer) && (answer.only?.has(node.name) ?? true) && answer.check(node) === undefined;
  });
}

/** The pod itself has changed, or is gone. */
export function moveSelf(cells: Cells, cluster: Snapshot, id: string): void {
  const pod = cluster.pending.get(id);
  if (pod === undefined) cells.delete(QUEUE, id);
  else {
    const record = recordOf(cells, id, pod);
    if (record !== undefined && !record.isMoved) cells.put(QUEUE, id, { ...record, isMoved: true });
  }
}

/** Remembers that a pod found no node; gives its record. */
export function putBack(cells: Cells, pod: Pod, plugins: readonly string[], isMoved: boolean, now: Instant): void {
  const { namespace = "", name, uid } = pod.metadata;
  const id = keyText({ namespace, name });
  const attempts = (recordOf(cells, id, pod)?.attempts ?? 0) + 1;
  cells.put(QUEUE, id, { uid, attempts, failedAt: now, plugins, isMoved } satisfies QueueRecord);
}
