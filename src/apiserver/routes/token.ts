/**
 * POST serviceaccounts/token: a new token for an account. What `kubectl create token` asks.
 *
 * Models pkg/registry/core/serviceaccount/storage/token.go.
 */
import { type ApiContext, clientOf, presentation, resourceRequest } from "#apiserver/api-env";
import { decodeBody, readBody, type Target } from "#apiserver/codec/decode";
import { encodeObject } from "#apiserver/codec/encode";
import { writeQuery } from "#apiserver/options";
import { shapeOf } from "#kernel/api/shapes";
import type { TokenRequest } from "#kernel/api/types.gen";
import { requestToken } from "#kernel/resources/authentication/token.request";
import { must } from "#kernel/sim/assert";

const TOKEN_REQUEST: Target = {
  gvk: { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" },
  get shape() {
    return must(shapeOf(this.gvk), "authentication.k8s.io/v1 TokenRequest is in the API");
  },
};

/** Answers with the token. */
export async function createToken(c: ApiContext): Promise<Response> {
  const call = resourceRequest(c);
  const { info, request } = call;
  const query = writeQuery(request, "CreateOptions");
  const { object, warnings } = decodeBody(await readBody(request), TOKEN_REQUEST, query.fieldValidation);
  const key = { namespace: info.namespace, name: info.name };
  return c.get("turns").run((cluster) => {
    const answer = requestToken(clientOf(cluster, c, query.fieldManager), key, object as unknown as TokenRequest);
    return encodeObject(undefined, answer, presentation(cluster, call, warnings), 201);
  });
}
