/**
 * The pace of the work queue: a key that comes again and again within one instant is put off for a second. Two who
 * undo each other's work at no cost of time (a controller that replaces what is turned away at once) must not stop
 * the clock of a cluster.
 *
 * Models the rate limiters of client-go, which slow such loops down.
 */

import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";
import type { Cells } from "#kernel/store/cells";

const ROOM = "pace";
/** The cell of an instant that has not ended yet; every other is the instant a key was put off at, by its id. */
const LOOKS = "";
const WAIT_MS = 1000;
/** A key that was put off so long ago is as good as any. */
const FORGOTTEN_MS = 10_000;
/** Fewer looks than these are not worth remembering from turn to turn. */
const LOOKS_KEPT_MIN = 8;

interface Looks {
  readonly instant: Instant;
  readonly counts: Readonly<Record<string, number>>;
}

export class Pace {
  /** How often each key was looked at within the instant. */
  #counts: Map<string, number>;
  #instant: Instant;

  constructor(readonly cells: Cells) {
    const { instant, counts } = cells.get<Looks>(ROOM, LOOKS) ?? { instant: 0, counts: {} };
    this.#instant = instant;
    this.#counts = new Map(Object.entries(counts));
  }

  /** Counts a look at a key; gives the instant it must wait for if that is one too many. */
  holdsUntil(id: string, now: Instant): Instant | undefined {
    if (now !== this.#instant) {
      this.#counts.clear();
      this.#instant = now;
    }
    const looks = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, looks);
    if (looks <= LIMITS.looksOfHotKey) return undefined;
    const heldAt = this.cells.get<Instant>(ROOM, id);
    const isHot = heldAt !== undefined && now - heldAt <= FORGOTTEN_MS;
    if (!isHot && looks <= LIMITS.looksPerInstant) return undefined;
    if (heldAt !== now) this.#holdBack(id, now);
    return now + WAIT_MS;
  }

  /** Between two turns: counts go on if the instant has not ended, the same in this memory or in another. */
  rest(isInstantOver: boolean): void {
    if (isInstantOver) {
      this.#counts.clear();
      if (this.cells.get(ROOM, LOOKS) !== undefined) this.cells.delete(ROOM, LOOKS);
      return;
    }
    const kept = [...this.#counts].filter(([, looks]) => looks >= LOOKS_KEPT_MIN).sort(([a], [b]) => (a < b ? -1 : 1));
    this.#counts = new Map(kept);
    this.cells.put(ROOM, LOOKS, { instant: this.#instant, counts: Object.fromEntries(kept) } satisfies Looks);
  }

  #holdBack(id: string, now: Instant): void {
    for (const [other, at] of [...this.cells.entries<Instant>(ROOM)]) {
      if (other !== LOOKS && now - at > FORGOTTEN_MS) this.cells.delete(ROOM, other);
    }
    this.cells.put(ROOM, id, now);
  }
}
