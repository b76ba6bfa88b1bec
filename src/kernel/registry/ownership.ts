/**
 * Ownership: who wrote which field of an object, kept in its metadata.managedFields by every write.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers (create.go, update.go, patch.go) and handlers/fieldmanager
 * (equality.go): fields are taken as the request has them, before admission and the kind's strategy change the object.
 */
import type { ObjectShape } from "#kernel/api/shapes";
import type { ManagedFieldsEntry } from "#kernel/api/types.gen";
import { materialize } from "#kernel/api/walk";
import { isSameButTimes, type Operation } from "#kernel/apimachinery/managedfields/entries";
import type { JsonObject } from "#kernel/apimachinery/managedfields/schema";
import { type OtherVersion, ownedAfterUpdate, type Write } from "#kernel/apimachinery/managedfields/update";
import type { Client } from "#kernel/registry/client";
import { type AnyResource, writesStatus } from "#kernel/registry/definition";
import type { Registry } from "#kernel/registry/registry";
import { readAs, storedFrom } from "#kernel/registry/stored";
import { equal } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

/** The managedFields an apply has worked out already. */
export interface Owned {
  readonly managedFields: ManagedFieldsEntry[] | undefined;
}

const NOTHING: ReadonlySet<string> = new Set();
const STATUS: ReadonlySet<string> = new Set(["status"]);
const allButStatus = new WeakMap<ObjectShape, ReadonlySet<string>>();

/** The top-level fields that a write of the object, or of a subresource, cannot change. */
function ignoredFields(resource: AnyResource, subresource: string): ReadonlySet<string> {
  if (resource.subresources?.status !== true) return NOTHING;
  if (!writesStatus(subresource)) return STATUS;
  const { shape } = resource;
  let ignored = allButStatus.get(shape);
  if (ignored === undefined) {
    // Labels and annotations may come along with a status.
    ignored = new Set([...shape.fields.keys()].filter((name) => name !== "status" && name !== "metadata"));
    allButStatus.set(shape, ignored);
  }
  return ignored;
}

/** Who writes what, as field management asks it. */
export function writeOf(client: Client, resource: AnyResource, operation: Operation, subresource: string): Write {
  const { registry, fieldManager } = client;
  const manager = fieldManager === "" ? "unknown" : fieldManager;
  return {
    writer: { manager, operation, apiVersion: resource.apiVersion, subresource },
    shape: resource.shape,
    ignored: ignoredFields(resource, subresource),
    now: registry.now,
    ...(registry.versionsOf(resource.bucket).length > 1 && {
      versionOf: (apiVersion: string) => otherVersion(registry, resource, apiVersion),
    }),
  };
}

/** With every struct Go would have: what fields were taken out of may lack one. */
const whole = ({ shape }: AnyResource, object: JsonObject): KubeObject =>
  materialize(shape, object) as unknown as KubeObject;

function otherVersion(registry: Registry, resource: AnyResource, apiVersion: string): OtherVersion | undefined {
  const other = registry.versionsOf(resource.bucket).find((version) => version.apiVersion === apiVersion);
  if (other === undefined) return undefined;
  const convert =
    (from: AnyResource, to: AnyResource) =>
    (object: JsonObject): JsonObject =>
      readAs(to, storedFrom(from, whole(from, object))) as unknown as JsonObject;
  return { shape: other.shape, convert: convert(resource, other), back: convert(other, resource) };
}

/** Sets the managedFields of an object about to be written in place of `old`, or created. Changes the object. */
export function takeOwnership(
  client: Client,
  resource: AnyResource,
  {
    old,
    object,
    subresource,
    owned,
  }: {
    readonly old: KubeObject | undefined;
    readonly object: KubeObject;
    readonly subresource: string;
    readonly owned: Owned | undefined;
  },
): void {
  const managedFields =
    owned === undefined
      ? ownedAfterUpdate(old, object, writeOf(client, resource, "Update", subresource))
      : owned.managedFields;
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
}

/** Whether an object is what is stored already; the times of its entries alone are no change. */
export function isUnchanged(object: KubeObject, old: KubeObject): boolean {
  const { managedFields } = old.metadata;
  if (!isSameButTimes(object.metadata.managedFields, managedFields)) return false;
  return equal({ ...object, metadata: { ...object.metadata, managedFields } }, old);
}
