/**
 * Entries of an object as its scale subresource sees them, and back: only replicas, under Scale's own path.
 *
 * Models apimachinery/pkg/util/managedfields/scalehandler.go.
 */
import type { ManagedFieldsEntry } from "#kernel/api/types.gen";
import {
  entryOf,
  isOf,
  type Managed,
  nameOf,
  sortEntries,
  storedEntries,
} from "#kernel/apimachinery/managedfields/entries";
import { difference, type FieldSet, has, isEmpty, setOf } from "#kernel/apimachinery/managedfields/set";

/** Where replicas stand in the object behind the scale: `["f:spec", "f:replicas"]`. */
export type ReplicasPath = readonly string[];

const REPLICAS: FieldSet = setOf(["f:spec", "f:replicas"]);
const SCALE_VERSION = "autoscaling/v1";

/** The entries that own replicas, as a Scale has them. */
export function scaleEntries(
  parent: readonly ManagedFieldsEntry[] | undefined,
  path: ReplicasPath,
): readonly Managed[] {
  const owners = storedEntries(parent).filter(({ fieldsV1 }) => has(fieldsV1, path));
  return owners.map((entry) => ({ ...entry, apiVersion: SCALE_VERSION, fieldsV1: REPLICAS }));
}

/** The object's entries after its Scale was written: replicas belong to whom they belong to there. */
export function parentEntries(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  { apiVersion, path }: { readonly apiVersion: string; readonly path: ReplicasPath },
): readonly Managed[] {
  const owners = new Map(storedEntries(scale).map((entry) => [nameOf({ ...entry, apiVersion }), entry]));
  const result: Managed[] = [];
  for (const entry of storedEntries(parent)) {
    const owner = owners.get(nameOf({ ...entry, apiVersion }));
    if (!has(entry.fieldsV1, path) || (owner !== undefined && isOf(entry, { ...writerOf(owner), apiVersion }))) {
      result.push(entry);
      if (has(entry.fieldsV1, path)) owners.delete(nameOf({ ...entry, apiVersion }));
      continue;
    }
    const fieldsV1 = difference(entry.fieldsV1, setOf(path));
    if (!isEmpty(fieldsV1)) result.push({ ...entry, fieldsV1 });
  }
  for (const owner of owners.values()) {
    const writer = { ...writerOf(owner), apiVersion };
    const old = storedEntries(parent).find((entry) => isOf(entry, writer));
    result.push(entryOf(writer, setOf(path), old?.time));
  }
  return sortEntries(result);
}

const writerOf = ({ manager, operation, apiVersion, subresource = "" }: Managed) => ({
  manager,
  operation,
  apiVersion,
  subresource,
});
