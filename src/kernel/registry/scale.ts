/**
 * The scale subresource: autoscaling/v1 Scale in front of any kind that says where its replicas are.
 *
 * Models pkg/registry/apps/deployment/storage (ScaleREST) and apiextensions' scale subresource.
 */

import { shapeOf as kindShape } from "#kernel/api/shapes";
import type { ManagedFieldsEntry, ObjectMeta } from "#kernel/api/types.gen";
import { conflict, internalError, invalid, notFound } from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";
import { quote } from "#kernel/apimachinery/go-text";
import { format as formatSelector } from "#kernel/apimachinery/labels";
import { parentEntries, scaleEntries } from "#kernel/apimachinery/managedfields/scale";
import { type Key, keyOf } from "#kernel/apimachinery/meta";
import { type ApplyRequest, typedApply } from "#kernel/registry/apply";
import type { Client } from "#kernel/registry/client";
import type { AnyResource, Draft } from "#kernel/registry/definition";
import { writeOf } from "#kernel/registry/ownership";
import { groupResourceOf } from "#kernel/registry/registry";
import { getAs } from "#kernel/registry/stored";
import { update, type WriteOptions } from "#kernel/registry/update";
import { must } from "#kernel/sim/assert";
import type { KubeObject } from "#kernel/store/object";

export interface Scale extends KubeObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

/** The scale of an object; without replicas it is one of 0. @throws NotFound */
export function readScale(client: Client, resource: AnyResource, key: Key): Scale {
  const object = getAs(client.registry, resource, key);
  if (object === undefined) throw notFound(groupResourceOf(resource), key.name);
  return scaleOf(resource, object);
}

/** The scale of an object that says how many it wants, as a custom one may not. @throws NotFound, InternalError */
export function needScale(client: Client, resource: AnyResource, key: Key): Scale {
  const scale = readScale(client, resource, key);
  const { specReplicasPath } = shapeOf(resource);
  if (resource.isCustom === true && atPath(getAs(client.registry, resource, key), specReplicasPath) === undefined) {
    throw internalError(`the spec replicas field ${quote(specReplicasPath)} does not exist`);
  }
  return scale;
}

/** Writes spec.replicas of the object behind the scale. @throws NotFound, Conflict, Invalid */
export function writeScale(
  client: Client,
  resource: AnyResource,
  key: Key,
  scale: Draft<Scale>,
  options: WriteOptions,
): Scale {
  const object = getAs(client.registry, resource, key);
  if (object === undefined) throw notFound(groupResourceOf(resource), key.name);
  const { resourceVersion } = object.metadata;
  // What admission makes of the scale is looked at like what was sent.
  const scaledBy = (parent: KubeObject, wanted: Draft<Scale>): KubeObject =>
    withPath(
      parent,
      stepsOf(shapeOf(resource).specReplicasPath),
      replicasOf(resource, key, wanted, resourceVersion),
    ) as KubeObject;
  const shownAs = {
    kind: SCALE,
    shown: (parent: KubeObject): KubeObject => scaleOf(resource, parent),
    obey: (parent: KubeObject, changed: KubeObject) => scaledBy(parent, changed as Scale),
  };
  const draft = scaledBy(object, scale) as Draft<KubeObject>;
  return scaleOf(resource, update(client, resource, draft, { ...options, subresource: "scale", shownAs }));
}

/** The replicas a scale asks for. @throws Conflict, Invalid */
function replicasOf(resource: AnyResource, { name }: Key, scale: Draft<Scale>, revision: string | undefined): number {
  const { resourceVersion = "" } = scale.metadata;
  if (resourceVersion !== "" && resourceVersion !== revision) throw conflict(groupResourceOf(resource), name);
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas >= 0) return replicas;
  const at = collector();
  at("spec.replicas").invalid(replicas, "must be greater than or equal to 0");
  throw invalid({ group: "autoscaling", kind: "Scale" }, name, at.errors);
}

/** Applies a Scale: its manager then owns the replicas of the object behind it. @throws as an apply, NotFound */
export function applyScale(
  client: Client,
  resource: AnyResource,
  key: Key,
  request: ApplyRequest,
  options: WriteOptions,
): Scale {
  const parent = getAs(client.registry, resource, key);
  if (parent === undefined) throw notFound(groupResourceOf(resource), key.name);
  const live = scaleOf(resource, parent);
  const { managedFields } = parent.metadata;
  const path = stepsOf(shapeOf(resource).specReplicasPath).map((name) => `f:${name}`);
  const entries = scaleEntries(managedFields, path) as ManagedFieldsEntry[];
  const { writer, now } = writeOf(client, resource, "Apply", "scale");
  const { object, owned } = typedApply(
    { ...live, metadata: { ...live.metadata, ...(entries.length > 0 && { managedFields: entries }) } },
    {
      ...request,
      writer: { ...writer, apiVersion: "autoscaling/v1" },
      shape: must(kindShape(SCALE), "autoscaling/v1 Scale is in the API"),
      ignored: new Set(["status"]),
      now,
      gvk: SCALE,
    },
  );
  const { apiVersion } = resource;
  const parents = parentEntries(managedFields, owned.managedFields, { apiVersion, path }) as ManagedFieldsEntry[];
  const after: WriteOptions = { ...options, owned: { managedFields: parents.length > 0 ? parents : undefined } };
  return writeScale(client, resource, key, object as Scale, after);
}

const SCALE = { group: "autoscaling", version: "v1", kind: "Scale" };

/** The names on the way: `.spec.replicas` is spec, replicas. */
const stepsOf = (path: string): readonly string[] => path.split(".").slice(1);

const shapeOf = (resource: AnyResource) => must(resource.subresources?.scale, `${resource.names.plural} can be scaled`);

function scaleOf(resource: AnyResource, object: KubeObject): Scale {
  const { specReplicasPath, statusReplicasPath, selectorPath } = shapeOf(resource);
  const { uid, resourceVersion, creationTimestamp } = object.metadata;
  const { namespace, name } = keyOf(object);
  const metadata: ObjectMeta = {
    name,
    uid,
    resourceVersion,
    creationTimestamp,
    ...(namespace !== "" && { namespace }),
  };
  const selector = selectorPath === undefined ? undefined : selectorText(atPath(object, selectorPath));
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata,
    spec: { replicas: Number(atPath(object, specReplicasPath) ?? 0) },
    status: { replicas: Number(atPath(object, statusReplicasPath) ?? 0), ...(selector !== undefined && { selector }) },
  };
}

function selectorText(selector: unknown): string | undefined {
  if (selector === undefined || selector === null) return undefined;
  if (typeof selector === "string") return selector;
  const isLabelSelector = "matchLabels" in (selector as object) || "matchExpressions" in (selector as object);
  return formatSelector(isLabelSelector ? (selector as object) : { matchLabels: selector as Record<string, string> });
}

function atPath(object: unknown, path: string): unknown {
  let value = object;
  for (const part of path.split(".").slice(1)) value = (value as Record<string, unknown> | undefined)?.[part];
  return value;
}

function withPath(object: unknown, [head, ...tail]: readonly string[], value: unknown): unknown {
  if (head === undefined) return value;
  const fields = (object ?? {}) as Record<string, unknown>;
  return { ...fields, [head]: withPath(fields[head], tail, value) };
}
