/**
 * The entries of metadata.managedFields: who they are, in which order they stand, how many updaters there may be.
 *
 * Models apimachinery/pkg/util/managedfields/internal (managedfields.go, capmanagers.go).
 */
import type { ManagedFieldsEntry } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { type FieldSet, LEAF, parseSet, union } from "#kernel/apimachinery/managedfields/set";
import { shared } from "#kernel/apimachinery/managedfields/share";
import { equal } from "#kernel/sim/clone";

export type Operation = "Apply" | "Update";

/** One entry as the server keeps it: complete, its fields in canonical form, shared and never changed. */
export interface Managed {
  readonly manager: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: FieldSet;
  readonly subresource?: string;
}

/** Who writes: the parts that make two entries one. */
export interface Writer {
  readonly manager: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly subresource: string;
}

/** Whether an entry is the writer's. Who applies keeps one entry through all versions. */
export function isOf(entry: Managed, { manager, operation, apiVersion, subresource }: Writer): boolean {
  return (
    entry.manager === manager &&
    entry.operation === operation &&
    (entry.subresource ?? "") === subresource &&
    (operation === "Apply" || entry.apiVersion === apiVersion)
  );
}

const writerOf = ({ manager, operation, apiVersion, subresource = "" }: Managed): Writer => ({
  manager,
  operation,
  apiVersion,
  subresource,
});

/** The writer's entry, its parts in the order in which the API prints them. */
export function entryOf(writer: Writer, fields: FieldSet, time: string | undefined): Managed {
  const { manager, operation, apiVersion, subresource } = writer;
  return {
    manager,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: "FieldsV1",
    fieldsV1: shared(`${apiVersion} ${manager} ${subresource}`, fields),
    ...(subresource !== "" && { subresource }),
  };
}

/** The entries of a stored object: whatever wrote them made them well formed. */
export const storedEntries = (entries: readonly ManagedFieldsEntry[] | undefined): readonly Managed[] =>
  (entries ?? []) as readonly Managed[];

/** The entries a client sends, as the server understands them; undefined if one of them is malformed. */
export function decodeEntries(entries: readonly ManagedFieldsEntry[]): readonly Managed[] | undefined {
  const decoded: Managed[] = [];
  for (const entry of entries) {
    const managed = decodeEntry(entry);
    if (managed === undefined) return undefined;
    const at = decoded.findIndex((other) => isOf(other, writerOf(managed)));
    if (at < 0) decoded.push(managed);
    else decoded[at] = managed;
  }
  return decoded;
}

function decodeEntry(entry: ManagedFieldsEntry): Managed | undefined {
  const { apiVersion = "", fieldsType, fieldsV1 = LEAF, manager = "", operation, subresource = "", time } = entry;
  if ((operation !== "Apply" && operation !== "Update") || apiVersion === "" || fieldsType !== "FieldsV1") {
    return undefined;
  }
  const fields = parseSet(fieldsV1);
  if (fields === undefined) return undefined;
  return entryOf({ manager, operation, apiVersion, subresource }, fields, time ?? undefined);
}

/** Whether a client asks for all entries to be forgotten: `[]`, or one entry that says nothing. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (entries === undefined) return false;
  return entries.length === 0 || (entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0);
}

/** Whether two lists differ in nothing but times. */
export function isSameButTimes(
  a: readonly ManagedFieldsEntry[] | undefined,
  b: readonly ManagedFieldsEntry[] | undefined,
): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every((entry, at) => isSameButTime(entry, b[at] as ManagedFieldsEntry));
}

function isSameButTime(a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean {
  if (a === b) return true;
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.apiVersion === b.apiVersion &&
    a.subresource === b.subresource &&
    equal(a.fieldsV1, b.fieldsV1)
  );
}

/** Texts of one form: they sort as the instants they tell; none is the first. */
const timeOrder = (a: Managed, b: Managed): number => (a.time === b.time ? 0 : compareText(a.time ?? "", b.time ?? ""));

/** Sorts entries as the API shows them: appliers first, then by time and name. */
export function sortEntries(entries: readonly Managed[]): readonly Managed[] {
  if (entries.length < 2) return entries;
  return [...entries].sort(
    (a, b) =>
      compareText(a.operation, b.operation) ||
      timeOrder(a, b) ||
      compareText(a.manager, b.manager) ||
      compareText(a.apiVersion, b.apiVersion) ||
      compareText(a.subresource ?? "", b.subresource ?? ""),
  );
}

/** How many entries of updates an object may have. */
const UPDATERS_MAX = 10;
const BUCKET = "ancient-changes";

/** Merges the oldest updaters of a version into one entry until there are few enough. */
export function capUpdaters(entries: readonly Managed[]): readonly Managed[] {
  const updaters = entries.filter(({ operation }) => operation === "Update");
  if (updaters.length <= UPDATERS_MAX) return entries;
  let result = [...entries];
  let count = updaters.length;
  const firsts = new Map<string, Managed>();
  const byAge = updaters.sort((a, b) => timeOrder(a, b) || compareText(nameOf(a), nameOf(b)));
  for (const entry of byAge) {
    if (count <= UPDATERS_MAX) break;
    const { apiVersion } = entry;
    const first = firsts.get(apiVersion);
    if (first === undefined) {
      firsts.set(apiVersion, entry);
      continue;
    }
    const bucket: Writer = { manager: BUCKET, operation: "Update", apiVersion, subresource: "" };
    const old = result.find((other) => isOf(other, bucket)) ?? first;
    if (old === entry) continue;
    const merged = entryOf(bucket, union(entry.fieldsV1, old.fieldsV1), entry.time);
    result = [...result.filter((other) => other !== old && other !== entry), merged];
    count -= 1;
  }
  return result;
}

/** The text by which upstream tells managers apart, and sorts them. */
export function nameOf(entry: Managed | Writer): string {
  const { manager, operation, apiVersion, subresource = "" } = entry;
  return JSON.stringify({
    manager,
    operation,
    ...(operation === "Update" && { apiVersion }),
    ...(subresource !== "" && { subresource }),
  });
}
