/**
 * POST on subresources that are no view of the object: pods/binding (and bindings), pods/eviction,
 * serviceaccounts/token.
 *
 * Models pkg/registry/core/pod/storage (storage.go, eviction.go) and core/serviceaccount/storage/token.go.
 */
import { shapeOf } from "#kernel/api/shapes";
import type { Binding, Eviction, TokenRequest } from "#kernel/api/types.gen";
import { badRequest, success } from "#kernel/apimachinery/errors";
import { type Deed, one } from "#kernel/requests/call";
import type { Target } from "#kernel/requests/decode";
import { writeQuery } from "#kernel/requests/options";
import { requestToken } from "#kernel/resources/authentication/token.request";
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
const TOKEN_REQUEST = targetOfKind("authentication.k8s.io", "v1", "TokenRequest");

/** Binds a pod to a node: the scheduler's word, which anybody may speak. */
export const createBinding: Deed = (door, call) => {
  const { info, body } = call;
  const query = writeQuery(call, "CreateOptions");
  const { object, warnings } = body.decode(BINDING, query.fieldValidation);
  const binding = object as unknown as Binding;
  const name = info.plural === "bindings" ? (binding.metadata.name ?? "") : info.name;
  const client = door.client(query.fieldManager);
  bindPod(client, { namespace: info.namespace, name }, binding, { isDryRun: query.isDryRun });
  return one({ ...success(), code: 201 }, { status: 201, warnings });
};

/** Evicts a pod: a delete that respects disruption budgets. */
export const createEviction: Deed = (door, call) => {
  const { info, body } = call;
  const query = writeQuery(call, "CreateOptions");
  const { object, warnings } = body.decode(EVICTION, query.fieldValidation);
  const eviction = object as unknown as Eviction;
  const named = eviction.metadata.name ?? "";
  if (named !== "" && named !== info.name) throw badRequest("name in URL does not match name in Eviction object");
  const client = door.client(query.fieldManager);
  evictPod(client, { namespace: info.namespace, name: info.name }, eviction, query.isDryRun);
  return one({ ...success(), code: 201 }, { status: 201, warnings });
};

/** Makes a new token for an account: what `kubectl create token` asks. */
export const createToken: Deed = (door, call) => {
  const { info, body } = call;
  const query = writeQuery(call, "CreateOptions");
  const { object, warnings } = body.decode(TOKEN_REQUEST, query.fieldValidation);
  const key = { namespace: info.namespace, name: info.name };
  const client = door.client(query.fieldManager);
  const answer = requestToken(client, key, object as unknown as TokenRequest, query.isDryRun);
  return one(answer, { status: 201, warnings });
};
