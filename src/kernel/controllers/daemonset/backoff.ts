/**
 * Backoff: a node on which a daemon pod keeps failing gets the next one after 1 s, 2 s, 4 s ... 15 minutes.
 *
 * Models the flowcontrol.Backoff of pkg/controller/daemon.
 */
import type { DaemonSet } from "#kernel/api/types.gen";
import { type Key, keyOf, keyText } from "#kernel/apimachinery/meta";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

const FIRST_MS = 1000;
const LONGEST_MS = 15 * 60_000;
const ROOM = "daemonset-backoff";

/** How long the next pod waits after the last one was taken away. */
export interface DaemonBackoff {
  readonly waitMs: number;
  readonly since: Instant;
}

const prefixOf = (key: Key): string => `${keyText(key)}/`;

const idOf = (set: DaemonSet, node: string): string =>
  `${prefixOf(keyOf(set))}${set.metadata.uid}/${set.metadata.generation ?? 0}/${node}`;

/** The backoff of a set on a node. */
export const backoffOn = (cells: Cells, set: DaemonSet, node: string): DaemonBackoff | undefined =>
  cells.get<DaemonBackoff>(ROOM, idOf(set, node));

/** When the next failed pod may be taken away. */
export const retryAt = (backoff: DaemonBackoff | undefined): Instant =>
  backoff === undefined ? 0 : backoff.since + backoff.waitMs;

/** Remembers that a failed pod was taken away; a long time without any is a new beginning. */
export function backOff(cells: Cells, set: DaemonSet, node: string, now: Instant): void {
  const before = backoffOn(cells, set, node);
  const isFresh = before === undefined || now - before.since > 2 * LONGEST_MS;
  const waitMs = isFresh ? FIRST_MS : Math.min(LONGEST_MS, before.waitMs * 2);
  cells.put(ROOM, idOf(set, node), { waitMs, since: now } satisfies DaemonBackoff);
}

/** Forgets what is remembered of a set that is gone, or of the former generations of one that is there. */
export function forgetBackoff(cells: Cells, key: Key, set?: DaemonSet): void {
  if (cells.count(ROOM) === 0) return;
  const kept = set === undefined ? undefined : idOf(set, "");
  const ids = [...cells.entries(ROOM)].map(([id]) => id);
  for (const id of ids) {
    if (id.startsWith(prefixOf(key)) && (kept === undefined || !id.startsWith(kept))) cells.delete(ROOM, id);
  }
}
