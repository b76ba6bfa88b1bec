/**
 * POST pods/binding (and bindings) and POST pods/eviction.
 *
 * Models pkg/registry/core/pod/storage/storage.go (BindingREST) and eviction.go.
 */
import { type ApiContext, clientOf, presentation, resourceRequest } from "#apiserver/api-env";
import { decodeBody, readBody, type Target } from "#apiserver/codec/decode";
import { encodeObject } from "#apiserver/codec/encode";
import { writeQuery } from "#apiserver/options";
import { shapeOf } from "#kernel/api/shapes";
import type { Binding, Eviction } from "#kernel/api/types.gen";
import { badRequest, success } from "#kernel/apimachinery/errors";
import type { DeleteOptions } from "#kernel/registry/delete";
import { bindPod } from "#kernel/resources/core/pod.bind";
import { evictPod } from "#kernel/resources/core/pod.evict";
import { must } from "#kernel/sim/assert";

const targetOfKind = (group: string, version: string, kind: string): Target => ({
  gvk: { group, version, kind },
  get shape() {
    return must(shapeOf({ group, version, kind }), `${kind} is in the API`);
  },
});

const BINDING = targetOfKind("", "v1", "Binding");
const EVICTION = targetOfKind("policy", "v1", "Eviction");

/** Answers a binding: the scheduler's word, which anybody may speak. */
export async function createBinding(c: ApiContext): Promise<Response> {
  const call = resourceRequest(c);
  const { info, request } = call;
  const query = writeQuery(request, "CreateOptions");
  const { object, warnings } = decodeBody(await readBody(request), BINDING, query.fieldValidation);
  const binding = object as unknown as Binding;
  const name = info.plural === "bindings" ? (binding.metadata.name ?? "") : info.name;
  return c.get("turns").run((cluster) => {
    const client = clientOf(cluster, c, query.fieldManager);
    bindPod(client, { namespace: info.namespace, name }, binding, { isDryRun: query.isDryRun });
    return encodeObject(undefined, { ...success(), code: 201 }, presentation(cluster, call, warnings), 201);
  });
}

/** Answers an eviction: a delete that respects disruption budgets. */
export async function createEviction(c: ApiContext): Promise<Response> {
  const call = resourceRequest(c);
  const { info, request } = call;
  const query = writeQuery(request, "CreateOptions");
  const { object, warnings } = decodeBody(await readBody(request), EVICTION, query.fieldValidation);
  const eviction = object as unknown as Eviction;
  const named = eviction.metadata.name ?? "";
  if (named !== "" && named !== info.name) throw badRequest("name in URL does not match name in Eviction object");
  const { dryRun = [], ...options } = eviction.deleteOptions ?? {};
  return c.get("turns").run((cluster) => {
    const client = clientOf(cluster, c, query.fieldManager);
    const isDryRun = query.isDryRun || dryRun.length > 0;
    evictPod(client, { namespace: info.namespace, name: info.name }, { ...(options as DeleteOptions), isDryRun });
    return encodeObject(undefined, { ...success(), code: 201 }, presentation(cluster, call, warnings), 201);
  });
}
