/**
 * Event expiry: Events are forgotten an hour after they were last written.
 *
 * Models the lease kube-apiserver puts on Events (--event-ttl); like it, it groups what expires within a minute.
 */
import type { Event } from "#kernel/api/types.gen";
import { isStatus } from "#kernel/apimachinery/errors";
import { type Key, keyText, parseTime } from "#kernel/apimachinery/meta";
import { type Controller, done, routineAt, watching } from "#kernel/registry/controller";
import type { View } from "#kernel/registry/view";
import { events } from "#kernel/resources/core/event";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

/** One key for all of them. */
const ALL: Key = { namespace: "", name: "all" };

const GROUP_MS = 60_000;

/** Keys with the instant of their last write, the oldest first. */
type Ages = Map<string, { readonly key: Key; readonly writtenAt: Instant }>;

const ages: View<Ages> = {
  name: "event-ages",

  create({ store }) {
    const entries = (store.list(events.bucket) as readonly Event[]).map((event) => ({
      key: { namespace: event.metadata.namespace ?? "", name: event.metadata.name },
      writtenAt: writtenAt(event),
      revision: Number(event.metadata.resourceVersion),
    }));
    entries.sort((a, b) => a.revision - b.revision);
    return new Map(entries.map((entry) => [keyText(entry.key), entry]));
  },

  apply(view, { bucket, type, key, object }) {
    if (bucket !== events.bucket) return;
    const id = keyText(key);
    view.delete(id);
    if (type !== "DELETED") view.set(id, { key, writtenAt: writtenAt(object as Event) });
  },
};

/** When an Event was last written, as far as it says so itself. */
function writtenAt({ metadata, lastTimestamp, series }: Event): Instant {
  const times = [metadata.creationTimestamp, lastTimestamp, series?.lastObservedTime];
  return Math.max(...times.map((time) => (time === undefined || time === null ? 0 : parseTime(time))));
}

export const eventTtlController: Controller = {
  name: "event-ttl",
  component: "controllerManager",
  watches: [watching(events, () => [ALL])],

  reconcile({ client, now }) {
    const view = client.registry.views.of(ages);
    for (const { key, writtenAt: since } of view.values()) {
      const expiresAt = since + LIMITS.eventTtlMs;
      if (expiresAt > now) return routineAt(Math.ceil(expiresAt / GROUP_MS) * GROUP_MS);
      try {
        client.delete(events, key);
      } catch (error) {
        if (!isStatus(error, "NotFound")) throw error;
      }
    }
    return done;
  },
};
