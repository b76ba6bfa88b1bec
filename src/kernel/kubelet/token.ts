/**
 * Service account tokens as pods find them: JSON Web Tokens bound to the pod.
 *
 * Models pkg/serviceaccount/claims.go and the kubelet's token manager.
 * Leaves out a signature anybody could verify: it is drawn from the cluster's entropy.
 */
import type { ServiceAccountTokenProjection } from "#kernel/api/types.gen";
import { encodeBase64Url } from "#kernel/kubelet/base64";
import type { PodWork } from "#kernel/kubelet/pod-work";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";

const ISSUER = "https://kubernetes.default.svc.cluster.local";

/** A token for the pod's service account. */
export function serviceAccountToken(
  { context, pod, key, machine }: PodWork,
  { audience = ISSUER, expirationSeconds = 3600 }: ServiceAccountTokenProjection,
): string {
  const { client, entropy, now } = context;
  const name = pod.spec.serviceAccountName ?? "default";
  const account = client.get(serviceaccounts, { namespace: key.namespace, name });
  const seconds = Math.floor(now / 1000);
  const claims = {
    aud: [audience],
    exp: seconds + expirationSeconds,
    iat: seconds,
    iss: ISSUER,
    jti: entropy.uid(),
    "kubernetes.io": {
      namespace: key.namespace,
      node: { name: machine.name },
      pod: { name: key.name, uid: pod.metadata.uid },
      serviceaccount: { name, uid: account?.metadata.uid ?? "" },
    },
    nbf: seconds,
    sub: `system:serviceaccount:${key.namespace}:${name}`,
  };
  const header = { alg: "RS256", kid: "drydock" };
  const signature = entropy.hex(32);
  return [header, claims]
    .map((part) => encodeBase64Url(JSON.stringify(part)))
    .concat(signature)
    .join(".");
}
