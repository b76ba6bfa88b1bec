/**
 * Create: a draft becomes an object.
 *
 * Models k8s.io/apiserver/pkg/registry/rest/create.go and generic/registry/store.go.
 */

import type { ObjectMeta } from "#kernel/api/types.gen";
import { materialize } from "#kernel/api/walk";
import { alreadyExists, badRequest, generateNameConflict, invalid } from "#kernel/apimachinery/errors";
import { type At, collector } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain, type Format, pathSegmentName } from "#kernel/apimachinery/formats";
import { timeText } from "#kernel/apimachinery/meta";
import { validateObjectMeta, validateOwnedFinalizer } from "#kernel/apimachinery/names";
import { type AdmissionRequest, admitAll } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import type { AnyResource, Draft, Resource } from "#kernel/registry/definition";
import { takeOwnership } from "#kernel/registry/ownership";
import { groupKindOf, groupResourceOf } from "#kernel/registry/registry";
import { putAs } from "#kernel/registry/stored";
import type { WriteOptions } from "#kernel/registry/update";
import { clone } from "#kernel/sim/clone";
import { LIMITS } from "#kernel/sim/limits";
import type { KubeObject } from "#kernel/store/object";

/**
 * Creates an object and gives it as stored (or as it would be, on dry run).
 * @throws Invalid, AlreadyExists, BadRequest, or what an admission plugin refuses with.
 */
export function create<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  draft: Draft<T>,
  options: WriteOptions,
): T {
  const { registry } = client;
  const object = completed(client, resource, draft);
  const { metadata } = object;
  resource.setDefaults?.(object);
  takeOwnership(client, resource, { old: undefined, object, subresource: "", owned: options.owned });

  const request: AdmissionRequest = {
    operation: "CREATE",
    resource,
    subresource: "",
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    object,
    user: client.user,
    isDryRun: options.isDryRun === true,
    options: options.said ?? { fieldManager: client.fieldManager },
    notes: new Map(),
  };
  const concerned = registry.admission.filter((plugin) => plugin.concerns(request));
  admitAll(concerned, request, client);

  resource.prepareForCreate?.(object, registry.context);
  nameIt(client, resource, metadata);
  const at = collector();
  validateMeta(resource, metadata, at);
  resource.validate?.(object, at, registry.context);
  resource.validateCreate?.(object, at, registry.context);
  refuse(resource, metadata.name ?? "", at);
  for (const plugin of concerned) plugin.validate?.(request, client);

  const key = { namespace: metadata.namespace ?? "", name: metadata.name };
  if (registry.store.get(resource.bucket, key) !== undefined) {
    const named = (draft.metadata.name ?? "") !== "";
    throw named
      ? alreadyExists(groupResourceOf(resource), key.name)
      : generateNameConflict(groupResourceOf(resource), key.name);
  }
  resource.allocate?.(object, undefined, at, registry.context);
  refuse(resource, metadata.name ?? "", at);
  registry.outside.written();
  return options.isDryRun === true ? object : putAs(registry, resource, key, object);
}

/** @throws Invalid if anything was found. */
export function refuse(resource: AnyResource, name: string, at: At): void {
  if (at.errors.length > 0) throw invalid(groupKindOf(resource), name, at.errors);
}

const NAME_FORMATS: Readonly<Record<AnyResource["nameFormat"], Format>> = {
  subdomain: dns1123Subdomain,
  label: dns1123Label,
  pathSegment: pathSegmentName,
  any: () => [],
};

/** The metadata rules every kind has. */
export function validateMeta(resource: AnyResource, meta: ObjectMeta, at: At): void {
  const nameFormat = NAME_FORMATS[resource.nameFormat];
  const metaAt = at.under("metadata");
  validateObjectMeta({ meta, namespaced: resource.isNamespaced, nameFormat, at: metaAt });
  if (resource.isCustom === true || FREE_FINALIZER_GROUPS.has(resource.group) || resource.bucket === "events") return;
  meta.finalizers?.forEach((finalizer, n) => {
    validateOwnedFinalizer(finalizer, metaAt.under(`finalizers[${n}]`));
  });
}

/** Groups whose kinds take finalizers by any name: they are validated by the rules of every object alone. */
const FREE_FINALIZER_GROUPS: ReadonlySet<string> = new Set([
  ...["admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "coordination.k8s.io"],
  ...["events.k8s.io", "gateway.networking.k8s.io", "policy"],
]);

/** A copy of the draft with type and system metadata filled in, and every struct Go would print. */
function completed<T extends KubeObject>(client: Client, resource: Resource<T>, draft: Draft<T>): T {
  const { registry } = client;
  if ((draft.metadata.resourceVersion ?? "") !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  const { managedFields, ...wanted } = draft.metadata;
  const metadata: Partial<ObjectMeta> = clone(wanted);
  // Entries are shared: nobody changes them.
  if (managedFields !== undefined) metadata.managedFields = managedFields;
  for (const field of SET_BY_SERVER) delete metadata[field];
  if (!resource.isNamespaced) delete metadata.namespace;
  metadata.uid = registry.entropy.uid();
  metadata.creationTimestamp = timeText(registry.now);
  if (resource.hasGeneration === true) metadata.generation = 1;
  const { apiVersion: _, kind: __, metadata: ___, ...rest } = draft;
  const object = { apiVersion: resource.apiVersion, kind: resource.names.kind, metadata, ...clone(rest) };
  return materialize(resource.shape, object) as unknown as T;
}

const SET_BY_SERVER = [
  "selfLink",
  "resourceVersion",
  "generation",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** Longest base of a generated name: what is left of 63 characters after the five random ones. */
const BASE_MAX = 58;

function nameIt(client: Client, resource: AnyResource, metadata: ObjectMeta): void {
  const { generateName } = metadata;
  if ((metadata.name ?? "") !== "" || generateName === undefined || generateName === "") return;
  const { entropy, store } = client.registry;
  for (let tries = 0; tries < LIMITS.generateNameTries; tries += 1) {
    metadata.name = generateName.slice(0, BASE_MAX) + entropy.suffix();
    const key = { namespace: metadata.namespace ?? "", name: metadata.name };
    if (store.get(resource.bucket, key) === undefined) return;
  }
}
