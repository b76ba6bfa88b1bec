/**
 * Ephemeral volumes: makes the claim behind each generic ephemeral volume of a pod, which goes with the pod.
 *
 * Models pkg/controller/volume/ephemeral.
 */
import type { PersistentVolumeClaim, Pod, Volume } from "#kernel/api/types.gen";
import { internalError } from "#kernel/apimachinery/errors";
import { compareText } from "#kernel/apimachinery/go-text";
import { isControlledBy, keyOf, ownerReferenceTo } from "#kernel/apimachinery/meta";
import { type Context, type Controller, done, watching } from "#kernel/registry/controller";
import type { Draft } from "#kernel/registry/definition";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";

const hasEphemeral = ({ spec: { volumes = [] } }: Pod): boolean =>
  volumes.some(({ ephemeral }) => ephemeral !== undefined);

export const ephemeralVolumeController: Controller = {
  name: "ephemeral-volume-controller",
  component: "controllerManager",
  watches: [
    watching(pods, (pod, _client, previous) => (previous === undefined && hasEphemeral(pod) ? [keyOf(pod)] : [])),
    watching(persistentvolumeclaims, (claim, client) =>
      client.get(persistentvolumeclaims, keyOf(claim)) === undefined
        ? client
            .by(pods, "claim", `${claim.metadata.namespace ?? ""}/${claim.metadata.name}`)
            .filter(hasEphemeral)
            .map(keyOf)
            .sort((a, b) => compareText(a.name, b.name))
        : [],
    ),
  ],

  reconcile(context, key) {
    const pod = context.client.get(pods, key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return done;
    for (const volume of pod.spec.volumes ?? []) makeClaim(context, pod, volume);
    return done;
  },
};

/** @throws InternalError if somebody else's claim has the name */
function makeClaim({ client }: Context, pod: Pod, { name: volume, ephemeral }: Volume): void {
  const template = ephemeral?.volumeClaimTemplate;
  if (template === undefined) return;
  const { namespace = "" } = pod.metadata;
  const name = `${pod.metadata.name}-${volume}`;
  const existing = client.get(persistentvolumeclaims, { namespace, name });
  if (existing !== undefined) {
    if (isControlledBy(existing, pod)) return;
    const owner = `${namespace}/${pod.metadata.name}`;
    throw internalError(`PVC ${namespace}/${name} was not created for pod ${owner} (pod is not owner)`);
  }
  const { labels, annotations } = template.metadata ?? {};
  const draft: Draft<PersistentVolumeClaim> = {
    metadata: {
      name,
      namespace,
      ownerReferences: [ownerReferenceTo(pod, pods.gvk)],
      ...(labels && { labels }),
      ...(annotations && { annotations }),
    },
    spec: template.spec,
  };
  client.create(persistentvolumeclaims, draft);
}
