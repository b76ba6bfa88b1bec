/**
 * Backoff: after failures the next pod of a Job waits, 10 s at first, twice as long each time, ten minutes at most.
 *
 * Models pkg/controller/job/backoff_utils.go.
 */
import type { Pod } from "#kernel/api/types.gen";
import { type Key, keyText } from "#kernel/apimachinery/meta";
import { parseTime } from "#kernel/apimachinery/time";
import { failuresOf } from "#kernel/controllers/job/policies";
import { INDEX_FAILURES_ANNOTATION, INDEX_IGNORED_FAILURES_ANNOTATION } from "#kernel/resources/batch/job.facts";
import { podCondition } from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

const FIRST_MS = 10_000;
const LONGEST_MS = 600_000;
const ROOM = "job-backoff";

/** The failures since the last success, and when the last of them was. */
export interface Backoff {
  readonly failures: number;
  readonly last: Instant;
}

const NONE: Backoff = { failures: 0, last: 0 };

/** When the next pod may be made. */
export function mayCreateAt({ failures, last }: Backoff): Instant {
  return failures === 0 ? 0 : last + Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
}

/** The backoff of a Job with pods that have ended since it was last stored; stores it. */
export function recordEnded(cells: Cells, key: Key, succeeded: readonly Pod[], failed: readonly Pod[]): Backoff {
  const id = keyText(key);
  const before = cells.get<Backoff>(ROOM, id) ?? NONE;
  if (succeeded.length + failed.length === 0) return before;
  const lastSuccess = Math.max(Number.NEGATIVE_INFINITY, ...succeeded.map(endedAt));
  const since = failed.map(endedAt).filter((at) => at > lastSuccess);
  const failures = (succeeded.length === 0 ? before.failures : 0) + since.length;
  const after = failures === 0 ? NONE : { failures, last: Math.max(...since, 0) || before.last };
  if (after === NONE) cells.delete(ROOM, id);
  else cells.put(ROOM, id, after);
  return after;
}

/** Forgets a Job that has ended or is gone. */
export const forgetBackoff = (cells: Cells, key: Key): void => cells.delete(ROOM, keyText(key));

/** When the index of a failed pod may have its next one. */
export function indexMayRetryAt(failed: Pod): Instant {
  return mayCreateAt({ failures: absoluteFailures(failed) + 1, last: endedAt(failed) });
}

/** All failures of an index before this pod, the ignored ones too. */
export const absoluteFailures = (pod: Pod): number =>
  failuresOf(pod, INDEX_FAILURES_ANNOTATION) + failuresOf(pod, INDEX_IGNORED_FAILURES_ANNOTATION);

/** When a pod ended: with its last container, or when it was no longer ready, or when it was deleted. */
export function endedAt({ metadata, status, ...pod }: Pod): Instant {
  const ends = (status?.containerStatuses ?? []).map(({ state }) => state?.terminated?.finishedAt);
  const known = ends.filter((end): end is string => typeof end === "string");
  if (known.length > 0 && known.length === ends.length) return Math.max(...known.map(parseTime));
  const ready = podCondition({ ...pod, metadata, ...(status && { status }) }, "Ready");
  if (ready?.status === "False" && typeof ready.lastTransitionTime === "string") {
    return parseTime(ready.lastTransitionTime);
  }
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = metadata;
  if (deletionTimestamp !== undefined) return parseTime(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  return parseTime(creationTimestamp ?? "");
}
