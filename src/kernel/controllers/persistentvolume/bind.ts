/**
 * The two halves of a binding: a volume that is promised to a claim, and a claim that has its volume.
 *
 * Models bind, unbindVolume, updateVolumePhase and updateClaimStatus of
 * pkg/controller/volume/persistentvolume/pv_controller.go.
 */
import type { PersistentVolume, PersistentVolumeClaim } from "#kernel/api/types.gen";
import type { Context } from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { isPromisedTo } from "#kernel/resources/core/persistentvolume.facts";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { BIND_COMPLETED, BOUND_BY_CONTROLLER } from "#kernel/resources/core/persistentvolumeclaim.facts";
import type { KubeObject } from "#kernel/store/object";

const SOURCE = { component: "persistentvolume-controller" };

/** Something to say of a claim or a volume. */
export interface Remark {
  readonly type?: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Records an event. */
export function remark(
  { client, now }: Context,
  regarding: KubeObject,
  { type = "Normal", reason, message }: Remark,
): void {
  recordEvent(client, { regarding, type, reason, message, source: SOURCE }, now);
}

/** An object with an annotation more. */
export function annotated<T extends KubeObject>(object: T, annotations: Readonly<Record<string, string>>): T {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}

/** An object without an annotation. */
export function withoutAnnotation<T extends KubeObject>(object: T, name: string): T {
  const { annotations, ...metadata } = object.metadata;
  const { [name]: _, ...rest } = annotations ?? {};
  const isEmpty = Object.keys(rest).length === 0;
  return { ...object, metadata: { ...metadata, ...(!isEmpty && { annotations: rest }) } } as T;
}

/** Writes a volume's phase, if it is another. */
export function setVolumePhase(
  context: Context,
  volume: PersistentVolume,
  phase: string,
  message = "",
): PersistentVolume {
  if (volume.status?.phase === phase && (volume.status.message ?? "") === message) return volume;
  const { message: _, reason: __, ...rest } = volume.status ?? {};
  const status = { ...rest, phase, ...(message !== "" && { message }) };
  return context.client.updateStatus(persistentvolumes, volume, status);
}

/** Says what phase a claim is in; one that gets its volume learns the volume's size and modes. */
export function setClaimPhase(
  { client }: Context,
  claim: PersistentVolumeClaim,
  phase: string,
  volume?: PersistentVolume,
): PersistentVolumeClaim {
  const { capacity, accessModes, currentVolumeAttributesClassName: _, ...rest } = claim.status ?? {};
  if (volume === undefined) {
    const isSame = claim.status?.phase === phase && capacity === undefined && accessModes === undefined;
    return isSame ? claim : client.updateStatus(persistentvolumeclaims, claim, { ...rest, phase });
  }
  const { volumeAttributesClassName: attributes } = volume.spec;
  const storage = volume.spec.capacity?.["storage"];
  const isNew = claim.status?.phase !== "Bound" && storage !== undefined;
  const size = isNew ? { ...capacity, storage } : capacity;
  return client.updateStatus(persistentvolumeclaims, claim, {
    ...rest,
    phase,
    ...(volume.spec.accessModes !== undefined && { accessModes: volume.spec.accessModes }),
    ...(size !== undefined && { capacity: size }),
    ...(attributes !== undefined && { currentVolumeAttributesClassName: attributes }),
  });
}

/** Promises the volume to the claim. */
export function promise(context: Context, volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { claimRef } = volume.spec;
  if (claimRef?.uid === claim.metadata.uid) return volume;
  const { namespace = "", name, uid, resourceVersion } = claim.metadata;
  const reference = { kind: "PersistentVolumeClaim", namespace, name, uid, apiVersion: "v1", resourceVersion };
  const promised = { ...volume, spec: { ...volume.spec, claimRef: reference } };
  // What the user promised is not ours to take back.
  const isUsers = isPromisedTo(volume, claim);
  return context.client.update(
    persistentvolumes,
    isUsers ? promised : annotated(promised, { [BOUND_BY_CONTROLLER]: "yes" }),
  );
}

/** Makes volume and claim each other's, step by step; a step that is done already is none. */
export function bind(context: Context, volume: PersistentVolume, claim: PersistentVolumeClaim): void {
  const promised = promise(context, volume, claim);
  const bound = setVolumePhase(context, promised, "Bound");
  const marks: Record<string, string> = { [BIND_COMPLETED]: "yes" };
  if ((claim.spec.volumeName ?? "") === "") marks[BOUND_BY_CONTROLLER] = "yes";
  const spec = { ...claim.spec, volumeName: bound.metadata.name };
  const owner = context.client.update(persistentvolumeclaims, annotated({ ...claim, spec }, marks));
  setClaimPhase(context, owner, "Bound", bound);
}

/** Takes a promise back: the whole of it, or, if the user made it, the identity of the claim. */
export function unbind(context: Context, volume: PersistentVolume): void {
  const { claimRef, ...spec } = volume.spec;
  if (claimRef === undefined) return;
  const isOurs = volume.metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined;
  const { uid: _, resourceVersion: __, ...name } = claimRef;
  const freed = isOurs
    ? { ...withoutAnnotation(volume, BOUND_BY_CONTROLLER), spec }
    : { ...volume, spec: { ...spec, claimRef: name } };
  setVolumePhase(context, context.client.update(persistentvolumes, freed), "Available");
}
