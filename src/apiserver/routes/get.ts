/**
 * GET of one object, or of a collection.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/get.go.
 */
import { type ApiContext, clientOf, presentation, resourceRequest, servedResource } from "#apiserver/api-env";
import { encodeList, encodeObject } from "#apiserver/codec/encode";
import { listQuery } from "#apiserver/options";
import { methodNotSupported, tooLargeResourceVersion } from "#kernel/apimachinery/errors";
import { keyOf } from "#kernel/apimachinery/meta";
import { parseRevision } from "#kernel/registry/list";
import { groupResourceOf } from "#kernel/registry/registry";

/** Answers a get of an object, its status, or its scale. */
export function getObject(c: ApiContext): Promise<Response> {
  const call = resourceRequest(c);
  const { info, request } = call;
  const revision = new URL(request.url).searchParams.get("resourceVersion") ?? "";
  const asked = revision === "" ? 0 : parseRevision(revision);
  return c.get("turns").run((cluster) => {
    if (asked > cluster.store.revision) throw tooLargeResourceVersion(asked, cluster.store.revision);
    const resource = servedResource(cluster, info);
    const key = { namespace: info.namespace, name: info.name };
    const client = clientOf(cluster, c);
    if (info.subresource === "scale")
      return encodeObject(undefined, client.scale(resource, key), presentation(cluster, call));
    if (!resource.verbs.includes("get")) throw methodNotSupported(groupResourceOf(resource), "get");
    const object = client.need(resource, keyOf({ metadata: key }));
    return encodeObject(resource, object, presentation(cluster, call));
  });
}

/** Answers a list. */
export function listObjects(c: ApiContext): Promise<Response> {
  const call = resourceRequest(c);
  const options = listQuery(call.request, call.info);
  return c.get("turns").run((cluster) => {
    const resource = servedResource(cluster, call.info);
    if (!resource.verbs.includes("list")) throw methodNotSupported(groupResourceOf(resource), "list");
    return encodeList(resource, clientOf(cluster, c).page(resource, options), presentation(cluster, call));
  });
}
