/**
 * Pure questions about Events: how long they live.
 *
 * Models kube-apiserver's --event-ttl, which every write of an Event starts anew.
 */

import type { Event } from "#kernel/api/types.gen";
import { parseTime } from "#kernel/apimachinery/time";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

const MINUTE_MS = 60_000;

/** The instant at which an Event has lived its time, counted from its last repetition. */
export function expiresAt({ metadata, count = 1, lastTimestamp }: Event): Instant {
  const created = parseTime(metadata.creationTimestamp);
  const repeated = count > 1 && lastTimestamp ? parseTime(lastTimestamp) : Number.NaN;
  return (repeated > created ? repeated : created) + LIMITS.eventTtlMs;
}

/** The minute in which an instant lies, as the `expires` index names it: `client.by(events, "expires", minuteOf(now))`. */
export const minuteOf = (instant: Instant): string => String(Math.floor(instant / MINUTE_MS));
