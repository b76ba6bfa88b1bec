/**
 * DynamicResources: a pod that claims devices waits until somebody has allocated them.
 *
 * Models pkg/scheduler/framework/plugins/dynamicresources.
 * Leaves out the allocation itself: no simulated machine publishes a ResourceSlice, so no claim can be satisfied.
 */
import { type Plugin, rejectsForGood } from "#kernel/scheduler/framework";

const NAME = "DynamicResources";

export const dynamicResources: Plugin = {
  name: NAME,

  filter({ pod }, { registry }) {
    const { namespace = "", name } = pod.metadata;
    const kind = registry.resourceOfKind({ group: "resource.k8s.io", version: "v1", kind: "ResourceClaim" });
    for (const { name: part, resourceClaimName, resourceClaimTemplateName } of pod.spec.resourceClaims ?? []) {
      const made = pod.status?.resourceClaimStatuses?.find((one) => one.name === part)?.resourceClaimName;
      const claim = resourceClaimName ?? made;
      if (claim === undefined && resourceClaimTemplateName !== undefined) {
        return rejectsForGood(
          NAME,
          `pod "${namespace}/${name}": waiting for resource claim controller to create claim`,
        );
      }
      const isThere =
        kind !== undefined && registry.store.get(kind.bucket, { namespace, name: claim ?? "" }) !== undefined;
      if (!isThere) return rejectsForGood(NAME, `resourceclaim.resource.k8s.io "${claim}" not found`);
      return rejectsForGood(NAME, "cannot allocate all claims");
    }
    return undefined;
  },
};
