/**
 * Event of events.k8s.io/v1: the same objects as core events, in the newer words.
 *
 * Models pkg/apis/events/v1 (conversion) and pkg/apis/core/validation/events.go.
 */
import type { Event, EventsEvent } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { column, defineResource, type Resource } from "#kernel/registry/definition";
import { events as coreEvents, validateEvent } from "#kernel/resources/core/event";
import { equal } from "#kernel/sim/clone";

const API_VERSION = "events.k8s.io/v1";

export const events: Resource<EventsEvent> = defineResource<EventsEvent>({
  group: "events.k8s.io",
  version: "v1",
  names: { kind: "Event", plural: "events", singular: "event", short: ["ev"] },
  scope: "Namespaced",
  nameFormat: "subdomain",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  bucket: coreEvents.bucket,
  storedAs: coreEvents.gvk,
  conversion: { toStored: coreOf, fromStored },

  // What validation calls the fields are the core names: upstream validates what it has converted.
  validate(event, at, _context) {
    validateEvent(coreOf(event), "reportingController", at);
  },
  validateCreate(event, at) {
    validateNewEvent(coreOf(event), at);
  },
  validateUpdate(event, old, at) {
    validateChange(coreOf(event), coreOf(old), at);
  },

  table: (coreEvents.table ?? []).map((shown) => ({
    ...column<EventsEvent>(shown.name, shown.type, (event, now) => shown.cell(coreOf(event), now), shown.description),
    priority: shown.priority,
    ...(shown.format !== undefined && { format: shown.format }),
  })),

  selectableFields: {
    "regarding.kind": ({ regarding }) => regarding?.kind ?? "",
    "regarding.namespace": ({ regarding }) => regarding?.namespace ?? "",
    "regarding.name": ({ regarding }) => regarding?.name ?? "",
    "regarding.uid": ({ regarding }) => regarding?.uid ?? "",
    "regarding.apiVersion": ({ regarding }) => regarding?.apiVersion ?? "",
    "regarding.resourceVersion": ({ regarding }) => regarding?.resourceVersion ?? "",
    "regarding.fieldPath": ({ regarding }) => regarding?.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingController: ({ reportingController }) => reportingController ?? "",
    type: ({ type }) => type ?? "",
  },
});

const present = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

function coreOf(event: EventsEvent): Event {
  const { metadata, action, eventTime, reason, related, reportingInstance, series, type } = event;
  return {
    apiVersion: coreEvents.apiVersion,
    kind: "Event",
    metadata,
    involvedObject: event.regarding ?? {},
    reportingComponent: event.reportingController ?? "",
    reportingInstance: reportingInstance ?? "",
    ...present({
      action,
      eventTime,
      reason,
      related,
      series,
      type,
      message: event.note,
      source: event.deprecatedSource ?? {},
      firstTimestamp: event.deprecatedFirstTimestamp,
      lastTimestamp: event.deprecatedLastTimestamp,
      count: event.deprecatedCount,
    }),
  } as Event;
}

function fromStored(stored: object): EventsEvent {
  const event = stored as Event;
  if (event.apiVersion === API_VERSION) return stored as EventsEvent;
  const { metadata, action, eventTime, reason, related, reportingInstance, series, type } = event;
  return {
    apiVersion: API_VERSION,
    kind: "Event",
    metadata,
    ...present({
      action,
      eventTime,
      reason,
      related,
      series,
      type,
      regarding: event.involvedObject,
      note: event.message,
      reportingController: event.reportingComponent || undefined,
      reportingInstance: reportingInstance || undefined,
      deprecatedSource: event.source,
      deprecatedFirstTimestamp: event.firstTimestamp,
      deprecatedLastTimestamp: event.lastTimestamp,
      deprecatedCount: event.count,
    }),
  } as EventsEvent;
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== "" && value !== 0;

/** An event that is made through the newer API leaves the older fields alone. */
function validateNewEvent(event: Event, at: At): void {
  validateSeries(event, at);
  const { eventTime, type = "", firstTimestamp, lastTimestamp, count, source } = event;
  if (!isSet(eventTime)) at("eventTime").required();
  if (type !== "Normal" && type !== "Warning") at("type").invalid("", `has invalid value: ${type}`);
  if (isSet(firstTimestamp)) at("firstTimestamp").invalid("", "needs to be unset");
  if (isSet(lastTimestamp)) at("lastTimestamp").invalid("", "needs to be unset");
  if (isSet(count)) at("count").invalid("", "needs to be unset");
  if (isSet(source?.component) || isSet(source?.host)) at("source").invalid("", "needs to be unset");
}

function validateSeries({ series }: Event, at: At): void {
  if (series === undefined) return;
  if ((series.count ?? 0) < 2) at("series.count").invalid("", "should be at least 2");
  if (!isSet(series.lastObservedTime)) at("series.lastObservedTime").required();
}

/** Of an event that is there, the series alone goes on. */
function validateChange(event: Event, old: Event, at: At): void {
  if (!equal(event.series, old.series)) validateSeries(event, at);
  at("involvedObject").immutable(event.involvedObject, old.involvedObject);
  at("reason").immutable(event.reason ?? "", old.reason ?? "");
  at("message").immutable(event.message ?? "", old.message ?? "");
  at("source").immutable(event.source ?? {}, old.source ?? {});
  at("firstTimestamp").immutable(event.firstTimestamp ?? null, old.firstTimestamp ?? null);
  at("lastTimestamp").immutable(event.lastTimestamp ?? null, old.lastTimestamp ?? null);
  at("count").immutable(event.count ?? 0, old.count ?? 0);
  at("type").immutable(event.type ?? "", old.type ?? "");
  at("eventTime").immutable(event.eventTime ?? null, old.eventTime ?? null);
  at("action").immutable(event.action ?? "", old.action ?? "");
  at("related").immutable(event.related ?? null, old.related ?? null);
  at("reportingController").immutable(event.reportingComponent ?? "", old.reportingComponent ?? "");
  at("reportingInstance").immutable(event.reportingInstance ?? "", old.reportingInstance ?? "");
}
