/**
 * PUT namespaces/finalize: takes finalizers off spec.finalizers; the last one lets the namespace go.
 *
 * Models pkg/registry/core/namespace/storage (FinalizeREST).
 */
import { type ApiContext, clientOf, presentation, resourceRequest } from "#apiserver/api-env";
import { decodeBody, readBody, targetOf } from "#apiserver/codec/decode";
import { encodeObject } from "#apiserver/codec/encode";
import { writeQuery } from "#apiserver/options";
import { draftFor } from "#apiserver/routes/draft";
import type { Namespace } from "#kernel/api/types.gen";
import { namespaces } from "#kernel/resources/core/namespace";

/** Answers a finalize of a namespace. */
export async function finalizeNamespace(c: ApiContext): Promise<Response> {
  const call = resourceRequest(c);
  const { info, request } = call;
  const query = writeQuery(request, "UpdateOptions");
  const body = await readBody(request);
  return c.get("turns").run((cluster) => {
    const { object, warnings } = decodeBody(body, targetOf(namespaces), query.fieldValidation);
    const draft = draftFor(namespaces, object, info) as Namespace;
    const client = clientOf(cluster, c, query.fieldManager);
    const updated = client.update(namespaces, draft, { isDryRun: query.isDryRun, subresource: "finalize" });
    return encodeObject(namespaces, updated, presentation(cluster, call, warnings));
  });
}
