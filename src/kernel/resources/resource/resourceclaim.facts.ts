/**
 * Questions anyone may ask about resource claims.
 *
 * Models staging/src/k8s.io/dynamic-resource-allocation/resourceclaim.
 */
import type { Pod, PodResourceClaim, ResourceClaim } from "#kernel/api/types.gen";
import { isControlledBy } from "#kernel/apimachinery/meta";

/** Keeps a claim whose devices are set aside. */
export const CLAIM_FINALIZER = "resource.kubernetes.io/delete-protection";

/** The pods that may use one claim, at most. */
export const RESERVED_MAX = 256;

/** The name of the claim behind an entry of a pod: undefined while it is not made, null if none is needed. */
export function claimNameFor(pod: Pod, { name, resourceClaimName }: PodResourceClaim): string | undefined | null {
  if (resourceClaimName !== undefined) return resourceClaimName;
  const made = pod.status?.resourceClaimStatuses?.find((one) => one.name === name);
  return made === undefined ? undefined : (made.resourceClaimName ?? null);
}

/** The names of all claims of a pod that are known. */
export const claimNamesOf = (pod: Pod): string[] =>
  (pod.spec.resourceClaims ?? []).flatMap((entry) => claimNameFor(pod, entry) ?? []);

/** Why the pod may not use a claim that is there; undefined if it may. */
export function claimProblem(pod: Pod, entry: PodResourceClaim, claim: ResourceClaim): string | undefined {
  const { name, namespace = "" } = claim.metadata;
  if (entry.resourceClaimTemplateName !== undefined && !isControlledBy(claim, pod)) {
    const owner = `${pod.metadata.namespace ?? ""}/${pod.metadata.name}`;
    return `ResourceClaim ${namespace}/${name} was not created for pod ${owner} (pod is not owner)`;
  }
  return claim.metadata.deletionTimestamp === undefined ? undefined : `resourceclaim "${name}" is being deleted`;
}

/** Whether the claim's devices are set aside for the pod. */
export const isReservedFor = ({ status }: ResourceClaim, { metadata }: Pod): boolean =>
  status?.reservedFor?.some(({ uid }) => uid === metadata.uid) === true;
