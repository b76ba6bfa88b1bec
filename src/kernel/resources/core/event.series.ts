/**
 * The newer event recorder, which the scheduler speaks through: an event says what was being done and with what else,
 * has one time, and what is said again of the same state of an object is a series.
 *
 * Models client-go/tools/events (event_recorder.go, event_broadcaster.go).
 * Leaves out that a series is written down only now and then: its count here is always what it is.
 */
import type { Event } from "#kernel/api/types.gen";
import { microTimeText, parseTime, timeText } from "#kernel/apimachinery/time";
import type { Client } from "#kernel/registry/client";
import { events } from "#kernel/resources/core/event";
import { eventNameOf, referenceTo, takesEvents } from "#kernel/resources/core/event.record";
import type { Instant } from "#kernel/sim/instant";
import type { KubeObject } from "#kernel/store/object";

/** What a component did, or could not do. */
export interface Deed {
  /** The object it is about, as stored. */
  readonly regarding: KubeObject;
  /** Another object it was done for. */
  readonly related?: KubeObject;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  /** What was being done: `Binding`. */
  readonly action: string;
  readonly note: string;
  readonly controller: string;
}

/** Longest note; what is longer ends in dots. */
const NOTE_CHARS_MAX = 1024;
const DOTS = " ...";
/** A series nobody added to for so long has ended. */
const SERIES_MS = 6 * 60_000;

/** Where the components of a control plane run. */
const HOST = "control-plane";

/** Makes an Event of a deed, or a series where the same was said of the same state of the object. */
export function recordDeed(client: Client, deed: Deed, now: Instant): void {
  const { registry } = client;
  const { regarding, related, type, reason, action, controller } = deed;
  const time = microTimeText(now);
  const before = client.by(events, "regarding", regarding.metadata.uid).find((event) => continues(event, deed, now));
  if (before !== undefined) {
    const { namespace = "", name } = before.metadata;
    const series = { count: (before.series?.count ?? 1) + 1, lastObservedTime: time };
    registry.store.put(events.bucket, { namespace, name }, { ...before, series });
    return;
  }
  const namespace = regarding.metadata.namespace || "default";
  if (!takesEvents(registry, namespace)) return;
  const name = eventNameOf(registry, namespace, regarding.metadata.name, now);
  const event: Event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace, uid: registry.entropy.uid(), resourceVersion: "", creationTimestamp: timeText(now) },
    involvedObject: referenceTo(regarding),
    reason,
    message: noteOf(deed),
    source: {},
    firstTimestamp: null as unknown as string,
    lastTimestamp: null as unknown as string,
    type,
    eventTime: time,
    action,
    ...(related !== undefined && { related: referenceTo(related) }),
    reportingComponent: controller,
    reportingInstance: `${controller}-${HOST}`,
  };
  registry.store.put(events.bucket, { namespace, name }, event);
}

function noteOf({ note }: Deed): string {
  return note.length <= NOTE_CHARS_MAX ? note : note.slice(0, NOTE_CHARS_MAX - DOTS.length) + DOTS;
}

function continues(event: Event, deed: Deed, now: Instant): boolean {
  const { involvedObject, related, eventTime, series } = event;
  if (event.type !== deed.type || event.reason !== deed.reason || event.action !== deed.action) return false;
  if (event.reportingComponent !== deed.controller || related?.uid !== deed.related?.metadata.uid) return false;
  if (involvedObject.resourceVersion !== deed.regarding.metadata.resourceVersion) return false;
  const last = series?.lastObservedTime ?? eventTime;
  return last !== undefined && now - parseTime(last) <= SERIES_MS;
}
