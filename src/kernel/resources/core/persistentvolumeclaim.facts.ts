/**
 * Pure questions anybody may ask of a claim: its class, its size, whether it is bound, which pods mount it.
 *
 * Models pkg/apis/core/helper and k8s.io/component-helpers/storage/volume (GetPersistentVolumeClaimClass).
 */
import type { PersistentVolumeClaim, Pod } from "#kernel/api/types.gen";

/** The annotation that named the class before there was a field. */
export const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

/** The binder has finished with the claim. */
export const BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
/** The binder, not the user, chose the other side. */
export const BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";
/** The node the scheduler has chosen for the pod that waits for the claim. */
export const SELECTED_NODE = "volume.kubernetes.io/selected-node";
/** Who is to make a volume for the claim. */
export const STORAGE_PROVISIONER = "volume.kubernetes.io/storage-provisioner";
export const BETA_STORAGE_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner";
/** Keeps a claim while pods use it. */
export const PVC_PROTECTION = "kubernetes.io/pvc-protection";

/** The name of the class; empty if it names none. */
export function claimClass({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? "";
}

/** True if the claim says something about its class, be it that it wants none. */
export const namesClass = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  metadata.annotations?.[CLASS_ANNOTATION] !== undefined || spec.storageClassName !== undefined;

/** How much storage the claim asks for. */
export const requestedStorage = ({ spec }: PersistentVolumeClaim): string =>
  spec.resources?.requests?.["storage"] ?? "0";

/** True once the claim and its volume have found each other for good. */
export const isClaimBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  (spec.volumeName ?? "") !== "" && metadata.annotations?.[BIND_COMPLETED] !== undefined;

/** A claim that a pod mounts through one of its volumes. */
export interface MountedClaim {
  /** The volume's name in the pod. */
  readonly volume: string;
  /** The claim's name. */
  readonly name: string;
  /** The claim is made for the pod and goes with it. */
  readonly isEphemeral: boolean;
}

/** The claims a pod mounts, in the order of its volumes. */
export function claimsOfPod({ metadata, spec }: Pick<Pod, "metadata" | "spec">): MountedClaim[] {
  const found: MountedClaim[] = [];
  for (const { name, persistentVolumeClaim, ephemeral } of spec.volumes ?? []) {
    if (persistentVolumeClaim !== undefined) {
      found.push({ volume: name, name: persistentVolumeClaim.claimName, isEphemeral: false });
    } else if (ephemeral !== undefined) {
      found.push({ volume: name, name: `${metadata.name}-${name}`, isEphemeral: true });
    }
  }
  return found;
}

const NO_KEYS: readonly string[] = [];

/** `namespace/name` of each claim a pod mounts, for the index that finds the users of a claim. */
export function claimKeysOfPod(pod: Pod): readonly string[] {
  const { volumes = [] } = pod.spec;
  const mountsAny = volumes.some((volume) => (volume.persistentVolumeClaim ?? volume.ephemeral) !== undefined);
  if (!mountsAny) return NO_KEYS;
  return claimsOfPod(pod).map(({ name }) => `${pod.metadata.namespace ?? ""}/${name}`);
}
