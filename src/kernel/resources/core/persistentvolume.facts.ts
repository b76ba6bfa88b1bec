/**
 * Pure questions anybody may ask of a volume: its class, its size, where it can be reached, what claims it suits.
 *
 * Models pkg/apis/core/v1/helper and k8s.io/component-helpers/storage/volume (FindMatchingVolume).
 */
import type { PersistentVolume, PersistentVolumeClaim } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { matches } from "#kernel/apimachinery/labels";
import { cmp } from "#kernel/apimachinery/quantity";
import { matchesNodeSelector, type SelectableNode } from "#kernel/resources/core/node.selector";
import { CLASS_ANNOTATION, claimClass, requestedStorage } from "#kernel/resources/core/persistentvolumeclaim.facts";

/** Keeps a volume while it is bound to a claim. */
export const PV_PROTECTION = "kubernetes.io/pv-protection";
/** Who made the volume, and who is to delete it. */
export const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

const SHORT: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

/** Access modes as tables show them: `RWO,ROX`. */
export function modesText(modes: readonly string[] = []): string {
  return Object.entries(SHORT)
    .flatMap(([mode, short]) => (modes.includes(mode) ? [short] : []))
    .join(",");
}

/** The name of the volume's class; empty if it has none. */
export function volumeClass({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? "";
}

/** How much fits into the volume. */
export const volumeStorage = ({ spec }: PersistentVolume): string => spec.capacity?.["storage"] ?? "0";

/** True if pods on the node can use the volume. */
export function isReachable({ spec }: PersistentVolume, node: SelectableNode): boolean {
  const required = spec.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

/** True if the volume is promised to this claim, or to a claim of this name that is yet to come. */
export function isPromisedTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef === undefined) return false;
  const isNamed = claimRef.name === metadata.name && claimRef.namespace === metadata.namespace;
  return isNamed && ((claimRef.uid ?? "") === "" || claimRef.uid === metadata.uid);
}

const hasModes = ({ spec: a }: PersistentVolume, { spec: b }: PersistentVolumeClaim): boolean =>
  (b.accessModes ?? []).every((mode) => a.accessModes?.includes(mode) === true);

/** Why a claim cannot have the volume it names; undefined if it can. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (cmp(volumeStorage(volume), requestedStorage(claim)) < 0) return "requested PV is too small";
  if (volumeClass(volume) !== claimClass(claim)) return "storageClassName does not match";
  const { volumeMode = "Filesystem" } = volume.spec;
  if (volumeMode !== (claim.spec.volumeMode ?? "Filesystem")) return "incompatible volumeMode";
  if (!hasModes(volume, claim)) return "incompatible accessMode";
  return undefined;
}

/**
 * The volume a claim gets: one promised to it, else the smallest of those that suit; with a node, reachable from there.
 */
export function findMatchingVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { node, isDelayed = false }: { readonly node?: SelectableNode; readonly isDelayed?: boolean } = {},
): PersistentVolume | undefined {
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (volume.metadata.deletionTimestamp !== undefined) continue;
    if (node !== undefined && !isReachable(volume, node)) continue;
    const isPromised = isPromisedTo(volume, claim);
    if (isPromised && cmp(volumeStorage(volume), requestedStorage(claim)) >= 0) {
      if ((volume.spec.volumeMode ?? "Filesystem") === (claim.spec.volumeMode ?? "Filesystem")) return volume;
    }
    if (volume.spec.claimRef !== undefined || isPromised) continue;
    // Which volume suits is for the scheduler to say while no node is chosen.
    if (isDelayed && node === undefined) continue;
    if (volume.status?.phase !== "Available" || !suits(volume, claim)) continue;
    if (smallest === undefined || isBefore(volume, smallest)) smallest = volume;
  }
  return smallest;
}

function suits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (mismatch(volume, claim) !== undefined) return false;
  const { volumeAttributesClassName: wanted = "", selector } = claim.spec;
  if ((volume.spec.volumeAttributesClassName ?? "") !== wanted) return false;
  return selector === undefined || matches(selector, volume.metadata.labels);
}

/** Volumes with the fewest modes to spare come first, then the smaller. */
function isBefore(a: PersistentVolume, b: PersistentVolume): boolean {
  const modes = (a.spec.accessModes?.length ?? 0) - (b.spec.accessModes?.length ?? 0);
  if (modes !== 0) return modes < 0;
  const size = cmp(volumeStorage(a), volumeStorage(b));
  return size === 0 ? compareText(a.metadata.name, b.metadata.name) < 0 : size < 0;
}
