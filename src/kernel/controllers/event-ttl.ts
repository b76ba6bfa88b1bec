/**
 * Event expiry: Events are forgotten an hour after they were last written.
 *
 * Models the lease kube-apiserver puts on Events (--event-ttl); like it, it groups what expires within a minute. Unlike
 * etcd, a cluster's memory is small, so there is a bound on their number too.
 */
import type { Event } from "#kernel/api/types.gen";
import { isStatus } from "#kernel/apimachinery/errors";
import { type Key, keyOf, parseTime } from "#kernel/apimachinery/meta";
import { type Controller, done, routineAt, watching } from "#kernel/registry/controller";
import type { View } from "#kernel/registry/view";
import { events } from "#kernel/resources/core/event";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

/** One key for all of them. */
const ALL: Key = { namespace: "", name: "all" };

const GROUP_MS = 60_000;

/** The Events by uid, the one written longest ago first. */
type Ages = Map<string, Event>;

const ages: View<Ages> = {
  name: "event-ages",

  create({ store }) {
    const all = [...(store.list(events.bucket) as readonly Event[])];
    all.sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
    return new Map(all.map((event) => [event.metadata.uid, event]));
  },

  apply(view, { bucket, type, object }) {
    if (bucket !== events.bucket) return;
    const { uid } = object.metadata;
    view.delete(uid);
    if (type !== "DELETED") view.set(uid, object as Event);
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
    let surplus = view.size - LIMITS.eventsKept;
    for (const event of view.values()) {
      const expiresAt = writtenAt(event) + LIMITS.eventTtlMs;
      if (surplus <= 0 && expiresAt > now) return routineAt(Math.ceil(expiresAt / GROUP_MS) * GROUP_MS);
      surplus -= 1;
      try {
        client.delete(events, keyOf(event));
      } catch (error) {
        if (!isStatus(error, "NotFound")) throw error;
      }
    }
    return done;
  },
};
