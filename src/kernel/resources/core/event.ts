/**
 * Event: what a component has to say about an object.
 *
 * Models pkg/registry/core/event, its validation and its table printer.
 */

import type { Event } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain, qualifiedName } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";
import { ageText } from "#kernel/apimachinery/table";
import { column, defineResource, wide } from "#kernel/registry/definition";
import { nameColumn } from "#kernel/resources/core/table.columns";
import type { Instant } from "#kernel/sim/instant";

/** Longest texts of an event that names its eventTime, in bytes. */
const MAX = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;

export const events = defineResource<Event>({
  group: "",
  version: "v1",
  names: { kind: "Event", plural: "events", singular: "event", short: ["ev"] },
  scope: "Namespaced",
  nameFormat: "pathSegment",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,

  validate(event, at) {
    validateEvent(event, "reportingComponent", at);
  },

  table: [
    column("Last Seen", "string", (event, now) => lastSeen(event, now)),
    column("Type", "string", ({ type }) => type ?? ""),
    column("Reason", "string", ({ reason }) => reason ?? ""),
    column("Object", "string", (event) => objectText(event)),
    wide("Subobject", "string", ({ involvedObject }) => involvedObject.fieldPath ?? ""),
    wide("Source", "string", (event) => sourceText(event)),
    column("Message", "string", ({ message }) => (message ?? "").trim()),
    wide("First Seen", "string", (event, now) => firstSeen(event, now)),
    wide("Count", "string", ({ count, series }) => (series !== undefined ? (series.count ?? 0) : count || 1)),
    { ...nameColumn, priority: 1 },
  ],

  selectableFields: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? "",
    source: ({ source, reportingComponent }) => source?.component || (reportingComponent ?? ""),
    type: ({ type }) => type ?? "",
  },

  indexes: { regarding: ({ involvedObject }) => (involvedObject.uid ? [involvedObject.uid] : []) },
});

/** What every event must be; `reporter` is what the version calls who reports. */
export function validateEvent(event: Event, reporter: "reportingComponent" | "reportingController", at: At): void {
  if ((event.eventTime ?? "") === "") validateNamespace(event, at);
  else validateNew(event, reporter, at);
  const { namespace = "" } = event.metadata;
  for (const text of dns1123Subdomain(namespace)) at("namespace").invalid(namespace, text);
}

/** An event of the old kind stands in the namespace of the object it is about. */
function validateNamespace({ metadata, involvedObject }: Event, at: At): void {
  const { namespace: about = "" } = involvedObject;
  const { namespace = "" } = metadata;
  const agrees = about === "" ? namespace === "" || namespace === "default" : namespace === about;
  if (!agrees) at("involvedObject.namespace").invalid(about, "does not match event.namespace");
}

/** An event that names its eventTime must say who reports what. */
function validateNew(event: Event, reporter: string, at: At): void {
  const { reportingComponent = "", reportingInstance = "", action = "", reason = "", message = "" } = event;
  const { namespace = "" } = event.metadata;
  const { namespace: about = "" } = event.involvedObject;
  if (about === "" && namespace !== "default" && namespace !== "kube-system") {
    at("involvedObject.namespace").invalid(about, "does not match event.namespace");
  }
  if (reportingComponent === "") at(reporter).required();
  for (const text of qualifiedName(reportingComponent)) at(reporter).invalid(reportingComponent, text);
  validateText({ reportingInstance }, MAX.reportingInstance, at);
  validateText({ action }, MAX.action, at);
  validateText({ reason }, MAX.reason, at);
  if (byteLength(message) > MAX.message) at("message").invalid("", atMost(MAX.message));
}

function validateText(field: Readonly<Record<string, string>>, max: number, at: At): void {
  for (const [name, value] of Object.entries(field)) {
    if (value === "") at(name).required();
    if (byteLength(value) > max) at(name).invalid("", atMost(max));
  }
}

const atMost = (max: number): string => `can have at most ${max} characters`;

const firstSeen = ({ firstTimestamp, eventTime }: Event, now: Instant): string =>
  ageText(firstTimestamp || eventTime, now);

function lastSeen(event: Event, now: Instant): string {
  if (event.series !== undefined) return ageText(event.series.lastObservedTime, now);
  return event.lastTimestamp ? ageText(event.lastTimestamp, now) : firstSeen(event, now);
}

function objectText({ involvedObject: { kind = "", name = "" } }: Event): string {
  return name === "" ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || (reportingComponent ?? "");
  const host = source?.host || (reportingInstance ?? "");
  return host === "" ? component : `${component}, ${host}`;
}
