/**
 * Event: what a component has to say about an object.
 *
 * Models pkg/registry/core/event.
 */
import type { Event } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const events = defineResource<Event>({
  group: "",
  version: "v1",
  names: { kind: "Event", plural: "events", singular: "event", short: ["ev"] },
  scope: "Namespaced",
  allowCreateOnUpdate: true,
  indexes: { regarding: ({ involvedObject }) => (involvedObject.uid ? [involvedObject.uid] : []) },
});
