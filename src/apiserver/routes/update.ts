/**
 * PUT: replaces an object, its status, or its scale.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/update.go.
 */
import { type ApiContext, clientOf, presentation, resourceRequest, servedResource } from "#apiserver/api-env";
import { decodeBody, readBody, type Target, targetOf } from "#apiserver/codec/decode";
import { encodeObject } from "#apiserver/codec/encode";
import { type WriteQuery, writeQuery } from "#apiserver/options";
import { draftFor } from "#apiserver/routes/draft";
import { writeWarnings } from "#kernel/admission/warnings";
import { shapeOf } from "#kernel/api/shapes";
import { methodNotSupported } from "#kernel/apimachinery/errors";
import { groupResourceOf } from "#kernel/registry/registry";
import type { Scale } from "#kernel/registry/scale";
import { must } from "#kernel/sim/assert";

/** autoscaling/v1 Scale, which every scalable kind speaks under its `scale` subresource. */
export const SCALE_TARGET: Target = {
  get shape() {
    return must(shapeOf(this.gvk), "autoscaling/v1 Scale is in the API");
  },
  gvk: { group: "autoscaling", version: "v1", kind: "Scale" },
};

/** The write options a client takes, from the request's. */
export const writeOptions = ({ isDryRun }: WriteQuery, subresource: string, mayCreate: boolean) => ({
  isDryRun,
  subresource,
  mayCreate,
});

/** Answers a replace. */
export async function updateObject(c: ApiContext): Promise<Response> {
  const call = resourceRequest(c);
  const { info, request } = call;
  const query = writeQuery(request, "UpdateOptions");
  const body = await readBody(request);
  return c.get("turns").run((cluster) => {
    const resource = servedResource(cluster, info);
    if (!resource.verbs.includes("update")) throw methodNotSupported(groupResourceOf(resource), "update");
    const client = clientOf(cluster, c, query.fieldManager);
    const key = { namespace: info.namespace, name: info.name };
    if (info.subresource === "scale") {
      const { object, warnings } = decodeBody(body, SCALE_TARGET, query.fieldValidation);
      const scale = client.updateScale(resource, key, object as Scale, { isDryRun: query.isDryRun });
      return encodeObject(undefined, scale, presentation(cluster, call, warnings));
    }
    const { object, warnings } = decodeBody(body, targetOf(resource), query.fieldValidation);
    c.set("warnings", warnings);
    const old = client.get(resource, key);
    const draft = draftFor(resource, object, info);
    const updated = client.update(resource, draft, writeOptions(query, info.subresource, info.subresource === ""));
    const texts = [...warnings, ...writeWarnings(client, resource, updated, old)];
    return encodeObject(resource, updated, presentation(cluster, call, texts), old === undefined ? 201 : 200);
  });
}
