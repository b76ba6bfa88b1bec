/**
 * Service account tokens as pods find them: JSON Web Tokens bound to the pod and to its node.
 *
 * Models the kubelet's token manager (pkg/kubelet/token): a token is renewed at four fifths of its life.
 *
 * What is stored are the claims. The signature is made when somebody reads the file: most tokens are never read, and a
 * snapshot holds nothing that opens the cluster it was taken of.
 */
import type { ServiceAccountTokenProjection } from "#kernel/api/types.gen";
import { parseTime } from "#kernel/apimachinery/meta";
import type { PodWork } from "#kernel/kubelet/pod-work";
import { boundClaims, ISSUER, lifeOf } from "#kernel/resources/authentication/token.claims";
import { nodes } from "#kernel/resources/core/node";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import type { Instant } from "#kernel/sim/instant";

/** The part of its life after which a token is renewed. */
const RENEWED_AFTER = 0.8;

/** The claims of a token for the pod's service account, as JSON. */
export function tokenClaims(
  { context, pod, key, machine }: PodWork,
  { audience, expirationSeconds = 3600 }: ServiceAccountTokenProjection,
): string {
  const { client, entropy, now } = context;
  const { namespace } = key;
  const name = pod.spec.serviceAccountName ?? "default";
  const found = client.get(serviceaccounts, { namespace, name });
  // A pod that outlived its account keeps a token that opens nothing.
  const account = found ?? { metadata: { namespace, name, uid: "" } };
  const node = client.get(nodes, { namespace: "", name: machine.name });
  const claims = boundClaims({
    account,
    audiences: [audience || ISSUER],
    expirationSeconds,
    id: entropy.uid(),
    now,
    pod: { name: key.name, uid: pod.metadata.uid },
    ...(node !== undefined && { node: { name: node.metadata.name, uid: node.metadata.uid } }),
  });
  return JSON.stringify(claims);
}

/** Which of a pod's tokens it is time for, counted from 0, and from when on the next one. */
export function tokenTurn(
  { context, pod }: PodWork,
  { audience, expirationSeconds = 3600 }: ServiceAccountTokenProjection,
): { readonly turn: number; readonly nextAt: Instant } {
  const lifeMs = lifeOf({ expirationSeconds, audiences: [audience || ISSUER], isPods: true }) * 1000;
  const from = parseTime(pod.metadata.creationTimestamp);
  const turn = Math.max(0, Math.floor((context.now - from) / (lifeMs * RENEWED_AFTER)));
  return { turn, nextAt: from + Math.ceil((turn + 1) * lifeMs * RENEWED_AFTER) };
}
