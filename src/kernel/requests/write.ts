/**
 * POST on a collection and PUT: what `kubectl create` and `kubectl replace` do.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers (create.go, update.go).
 */
import { writeWarnings } from "#kernel/admission/warnings";
import { shapeOf } from "#kernel/api/shapes";
import type { Namespace } from "#kernel/api/types.gen";
import { methodNotSupported } from "#kernel/apimachinery/errors";
import { groupResourceOf } from "#kernel/registry/registry";
import type { Scale } from "#kernel/registry/scale";
import { type Deed, one, servedResource } from "#kernel/requests/call";
import { type Target, targetOf } from "#kernel/requests/decode";
import { draftFor } from "#kernel/requests/draft";
import { type WriteQuery, writeQuery } from "#kernel/requests/options";
import { namespaces } from "#kernel/resources/core/namespace";
import { must } from "#kernel/sim/assert";

/** Creates an object. */
export const createObject: Deed = (door, call) => {
  const { info, body } = call;
  const query = writeQuery(call, "CreateOptions");
  const resource = servedResource(door.registry, info);
  if (!resource.verbs.includes("create")) throw methodNotSupported(groupResourceOf(resource), "create");
  const { object, warnings } = body.decode(targetOf(resource), query.fieldValidation);
  door.note(warnings);
  const draft = draftFor(resource, object, info);
  const client = door.client(query.fieldManager);
  const created = client.create(resource, draft, { isDryRun: query.isDryRun, said: query.said });
  const texts = [...warnings, ...writeWarnings(client, resource, created)];
  return one(created, { resource, status: 201, warnings: texts });
};

/** autoscaling/v1 Scale, which every scalable kind speaks under its `scale` subresource. */
export const SCALE_TARGET: Target = {
  get shape() {
    return must(shapeOf(this.gvk), "autoscaling/v1 Scale is in the API");
  },
  gvk: { group: "autoscaling", version: "v1", kind: "Scale" },
};

/** The write options a client takes, from the request's. */
export const writeOptions = ({ isDryRun, said }: WriteQuery, subresource: string, mayCreate: boolean) => ({
  isDryRun,
  said,
  subresource,
  mayCreate,
});

/** Replaces an object, its status, or its scale. */
export const updateObject: Deed = (door, call) => {
  const { info, body } = call;
  const query = writeQuery(call, "UpdateOptions");
  const resource = servedResource(door.registry, info);
  if (!resource.verbs.includes("update")) throw methodNotSupported(groupResourceOf(resource), "update");
  const client = door.client(query.fieldManager);
  const key = { namespace: info.namespace, name: info.name };
  if (info.subresource === "scale") {
    const { object, warnings } = body.decode(SCALE_TARGET, query.fieldValidation);
    const options = { isDryRun: query.isDryRun, said: query.said };
    return one(client.updateScale(resource, key, object as Scale, options), { warnings });
  }
  const { object, warnings } = body.decode(targetOf(resource), query.fieldValidation);
  door.note(warnings);
  const old = client.get(resource, key);
  const draft = draftFor(resource, object, info);
  const updated = client.update(resource, draft, writeOptions(query, info.subresource, info.subresource === ""));
  const texts = [...warnings, ...writeWarnings(client, resource, updated, old)];
  return one(updated, { resource, status: old === undefined ? 201 : 200, warnings: texts });
};

/**
 * PUT namespaces/finalize: takes finalizers off spec.finalizers; the last one lets the namespace go.
 *
 * Models pkg/registry/core/namespace/storage (FinalizeREST).
 */
export const finalizeNamespace: Deed = (door, call) => {
  const query = writeQuery(call, "UpdateOptions");
  const { object, warnings } = call.body.decode(targetOf(namespaces), query.fieldValidation);
  const draft = draftFor(namespaces, object, call.info) as Namespace;
  const client = door.client(query.fieldManager);
  const updated = client.update(namespaces, draft, writeOptions(query, "finalize", false));
  return one(updated, { resource: namespaces, warnings });
};
