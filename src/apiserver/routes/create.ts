/**
 * POST on a collection: `kubectl create`, and the second half of a first `kubectl apply`.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/create.go.
 */
import { type ApiContext, clientOf, presentation, resourceRequest, servedResource } from "#apiserver/api-env";
import { decodeBody, readBody, targetOf } from "#apiserver/codec/decode";
import { encodeObject } from "#apiserver/codec/encode";
import { writeQuery } from "#apiserver/options";
import { draftFor } from "#apiserver/routes/draft";
import { writeWarnings } from "#kernel/admission/warnings";
import { methodNotSupported } from "#kernel/apimachinery/errors";
import { groupResourceOf } from "#kernel/registry/registry";

/** Answers a create. The body is read first, so a slow upload holds up nobody's turn. */
export async function createObject(c: ApiContext): Promise<Response> {
  const call = resourceRequest(c);
  const { info, request } = call;
  const query = writeQuery(request, "CreateOptions");
  const body = await readBody(request);
  return c.get("turns").run((cluster) => {
    const resource = servedResource(cluster, info);
    if (!resource.verbs.includes("create")) throw methodNotSupported(groupResourceOf(resource), "create");
    const { object, warnings } = decodeBody(body, targetOf(resource), query.fieldValidation);
    c.set("warnings", warnings);
    const draft = draftFor(resource, object, info);
    const client = clientOf(cluster, c, query.fieldManager);
    const created = client.create(resource, draft, { isDryRun: query.isDryRun });
    const texts = [...warnings, ...writeWarnings(client, resource, created)];
    return encodeObject(resource, created, presentation(cluster, call, texts), 201);
  });
}
