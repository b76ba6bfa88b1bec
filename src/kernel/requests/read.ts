/**
 * GET of one object, or of a collection.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/get.go.
 */
import { methodNotSupported, tooLargeResourceVersion } from "#kernel/apimachinery/errors";
import { keyOf } from "#kernel/apimachinery/meta";
import { parseRevision } from "#kernel/registry/list";
import { groupResourceOf } from "#kernel/registry/registry";
import { needScale } from "#kernel/registry/scale";
import { type Deed, one, servedResource } from "#kernel/requests/call";
import { listQuery } from "#kernel/requests/options";

/** Gives an object, its status, or its scale. */
export const getObject: Deed = (door, { info, query }) => {
  const revision = query.get("resourceVersion") ?? "";
  const asked = revision === "" ? 0 : parseRevision(revision);
  const { registry } = door;
  if (asked > registry.store.revision) throw tooLargeResourceVersion(asked, registry.store.revision);
  const resource = servedResource(registry, info);
  const key = { namespace: info.namespace, name: info.name };
  const client = door.client();
  if (info.subresource === "scale") return one(needScale(client, resource, key));
  if (!resource.verbs.includes("get")) throw methodNotSupported(groupResourceOf(resource), "get");
  return one(client.need(resource, keyOf({ metadata: key })), { resource });
};

/** Gives a list. */
export const listObjects: Deed = (door, { info, query }) => {
  const options = listQuery(query, info);
  const resource = servedResource(door.registry, info);
  if (!resource.verbs.includes("list")) throw methodNotSupported(groupResourceOf(resource), "list");
  return { resource, answer: { list: door.client().page(resource, options) }, status: 200, warnings: [] };
};
