/**
 * PVC protection: a claim that is deleted goes once no pod uses it any more.
 *
 * Models pkg/controller/volume/pvcprotection.
 */
import { keyOf, parseKey } from "#kernel/apimachinery/meta";
import { type Controller, done, watching } from "#kernel/registry/controller";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { claimKeysOfPod, PVC_PROTECTION } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodScheduled } from "#kernel/resources/core/pod.facts";

export const pvcProtectionController: Controller = {
  name: "pvc-protection-controller",
  component: "controllerManager",
  watches: [
    watching(persistentvolumeclaims, (claim) => (claim.metadata.deletionTimestamp === undefined ? [] : [keyOf(claim)])),
    watching(pods, (pod, client) => {
      const claims = claimKeysOfPod(pod);
      if (claims.length === 0) return [];
      return client.get(pods, keyOf(pod))?.metadata.uid === pod.metadata.uid ? [] : claims.map(parseKey);
    }),
  ],

  reconcile({ client }, key) {
    const claim = client.get(persistentvolumeclaims, key);
    const { deletionTimestamp, finalizers = [] } = claim?.metadata ?? {};
    if (claim === undefined || deletionTimestamp === undefined || !finalizers.includes(PVC_PROTECTION)) return done;
    // A kubelet starts no pod whose claim is being deleted, so one without a node does not count.
    if (client.by(pods, "claim", `${key.namespace}/${key.name}`).some(isPodScheduled)) return done;
    const metadata = { ...claim.metadata, finalizers: finalizers.filter((name) => name !== PVC_PROTECTION) };
    client.update(persistentvolumeclaims, { ...claim, metadata });
    return done;
  },
};
