/**
 * The storage of a StatefulSet's pods: claims made from its templates, kept or given away with pod or set.
 *
 * Models pkg/controller/statefulset/stateful_pod_control.go and the claim rules of stateful_set_utils.go.
 */
import type { ObjectMeta, PersistentVolumeClaim, Pod, StatefulSet } from "#kernel/api/types.gen";
import { internalError, StatusError } from "#kernel/apimachinery/errors";
import { controllerOf, type OwnerReference, ownerReferenceTo } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import type { Context } from "#kernel/registry/controller";
import type { Draft } from "#kernel/registry/definition";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { claimName, firstOrdinal, statefulIdentity, statefulReplicas } from "#kernel/resources/apps/statefulset.facts";
import { recordEvent } from "#kernel/resources/core/event.record";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { equal } from "#kernel/sim/clone";

const SOURCE = { component: "statefulset-controller" };

const templatesOf = ({ spec }: StatefulSet): readonly PersistentVolumeClaim[] => spec.volumeClaimTemplates ?? [];

/** The claims a pod with this number has, where they exist. */
function existingClaims(client: Client, set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  const namespace = set.metadata.namespace ?? "";
  return templatesOf(set).flatMap(
    (template) => client.get(persistentvolumeclaims, { namespace, name: claimName(set, template, ordinal) }) ?? [],
  );
}

/** Makes the claims that are missing. @throws what creating one raised, or InternalError while one is being deleted */
export function createMissingClaims(
  { client, now }: Context,
  set: StatefulSet,
  ordinal: number,
  podName: string,
): void {
  const namespace = set.metadata.namespace ?? "";
  for (const template of templatesOf(set)) {
    const name = claimName(set, template, ordinal);
    const existing = client.get(persistentvolumeclaims, { namespace, name });
    if (existing?.metadata.deletionTimestamp !== undefined) throw internalError(`pvc ${name} is being deleted`);
    if (existing !== undefined) continue;
    const about = `Pod ${podName} in StatefulSet ${set.metadata.name}`;
    try {
      client.create(persistentvolumeclaims, draftOf(set, template, name));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const message = `create Claim ${name} for ${about} failed error: ${error.message}`;
      recordEvent(client, { regarding: set, type: "Warning", reason: "FailedCreate", message, source: SOURCE }, now);
      throw error;
    }
    const message = `create Claim ${name} ${about} success`;
    recordEvent(client, { regarding: set, type: "Normal", reason: "SuccessfulCreate", message, source: SOURCE }, now);
  }
}

function draftOf(set: StatefulSet, template: PersistentVolumeClaim, name: string): Draft<PersistentVolumeClaim> {
  const { annotations, labels = {} } = template.metadata;
  const metadata: Partial<ObjectMeta> = {
    name,
    namespace: set.metadata.namespace ?? "",
    labels: { ...labels, ...set.spec.selector.matchLabels },
    ...(annotations && { annotations }),
  };
  return { metadata, spec: template.spec };
}

/** True if a claim still belongs to a former pod of the same name: it will be gone soon, and another must be made. */
export function hasStaleClaim(client: Client, set: StatefulSet, ordinal: number, pod: Pod | undefined): boolean {
  const policy = set.spec.persistentVolumeClaimRetentionPolicy;
  if (policy === undefined || policy.whenScaled !== "Delete") return false;
  return existingClaims(client, set, ordinal).some(({ metadata }) =>
    (metadata.ownerReferences ?? []).some(({ kind, uid }) => kind === "Pod" && uid !== pod?.metadata.uid),
  );
}

/** Who owns the claims of a pod by the set's policy: nobody, the set, or the pod that is scaled away. */
function ownerOf(set: StatefulSet, pod: Pod, ordinal: number): OwnerReference | undefined {
  const { whenDeleted = "Retain", whenScaled = "Retain" } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const index = ordinal - firstOrdinal(set);
  const isCondemned = index < 0 || index >= statefulReplicas(set);
  if (whenScaled === "Delete" && isCondemned) return ownerReferenceTo(pod, pods.gvk);
  return whenDeleted === "Delete" ? ownerReferenceTo(set, statefulsets.gvk) : undefined;
}

/** Writes the owner the policy wants on a pod's claims. True if anything changed. */
export function applyRetention(client: Client, set: StatefulSet, pod: Pod): boolean {
  const ordinal = statefulIdentity(pod.metadata.name)?.ordinal;
  if (ordinal === undefined || templatesOf(set).length === 0) return false;
  const wanted = ownerOf(set, pod, ordinal);
  let isChanged = false;
  for (const claim of existingClaims(client, set, ordinal)) {
    const before = claim.metadata.ownerReferences ?? [];
    // Somebody else's claim is left to them.
    const controller = controllerOf(claim);
    if (controller !== undefined && !isOurs(controller, set, pod)) continue;
    const others = before.filter((owner) => !isOurs(owner, set, pod));
    const after = wanted === undefined ? others : [...others, wanted];
    if (equal(before, after)) continue;
    const { ownerReferences: _, ...rest } = claim.metadata;
    const metadata = { ...rest, ...(after.length > 0 && { ownerReferences: after }) };
    client.update(persistentvolumeclaims, { ...claim, metadata });
    isChanged = true;
  }
  return isChanged;
}

/** References this controller writes: to the set, or to a pod of this name. */
function isOurs({ kind, name, uid }: OwnerReference, set: StatefulSet, pod: Pod): boolean {
  return uid === set.metadata.uid || (kind === "Pod" && name === pod.metadata.name);
}
