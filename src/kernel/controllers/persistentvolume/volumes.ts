/**
 * One look at a volume: which phase it is in, and what becomes of it once its claim is gone.
 *
 * Models syncVolume and reclaimVolume of pkg/controller/volume/persistentvolume/pv_controller.go.
 */
import type { PersistentVolume } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { remark, setVolumePhase, unbind } from "#kernel/controllers/persistentvolume/bind";
import { recycle } from "#kernel/controllers/persistentvolume/recycle";
import { type Context, done, type Outcome } from "#kernel/registry/controller";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { PROVISIONED_BY } from "#kernel/resources/core/persistentvolume.facts";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { BOUND_BY_CONTROLLER } from "#kernel/resources/core/persistentvolumeclaim.facts";

/** Brings a volume forward. */
export function syncVolume(context: Context, volume: PersistentVolume): Outcome {
  const { claimRef } = volume.spec;
  // A promise to a claim that has no identity yet is the user's.
  if (claimRef === undefined || (claimRef.uid ?? "") === "") {
    setVolumePhase(context, volume, "Available");
    return done;
  }
  const key = { namespace: claimRef.namespace ?? "", name: claimRef.name ?? "" };
  const claim = context.client.get(persistentvolumeclaims, key);
  if (claim === undefined || claim.metadata.uid !== claimRef.uid) return release(context, volume);
  const { volumeName = "" } = claim.spec;
  // The claim's own look does the rest.
  if (volumeName === "") return done;
  if (volumeName === volume.metadata.name) {
    setVolumePhase(context, volume, "Bound");
    return done;
  }
  const { annotations } = volume.metadata;
  const isMade = annotations?.[PROVISIONED_BY] !== undefined;
  if (isMade && volume.spec.persistentVolumeReclaimPolicy === "Delete") return release(context, volume);
  if (annotations?.[BOUND_BY_CONTROLLER] !== undefined) unbind(context, volume);
  return done;
}

/** The claim is gone. */
function release(context: Context, volume: PersistentVolume): Outcome {
  const { phase } = volume.status ?? {};
  const released = phase === "Failed" ? volume : setVolumePhase(context, volume, "Released");
  return reclaim(context, released);
}

function reclaim(context: Context, volume: PersistentVolume): Outcome {
  if (volume.metadata.deletionTimestamp !== undefined) return done;
  const { persistentVolumeReclaimPolicy: policy = "" } = volume.spec;
  if (policy === "Retain") return done;
  if (policy === "Delete") return remove(context, volume);
  if (policy === "Recycle") return recycle(context, volume);
  remark(context, volume, {
    type: "Warning",
    reason: "VolumeUnknownReclaimPolicy",
    message: "Volume has an unrecognized PersistentVolumeReclaimPolicy",
  });
  return done;
}

/** A volume somebody made is deleted by whoever made it; of the others only host paths can be. */
function remove(context: Context, volume: PersistentVolume): Outcome {
  if (volume.metadata.annotations?.[PROVISIONED_BY] !== undefined) return done;
  const { hostPath } = volume.spec;
  if (hostPath !== undefined && /^\/tmp\/.+/.test(hostPath.path)) {
    context.client.delete(persistentvolumes, keyOf(volume));
    return done;
  }
  const { name } = volume.metadata;
  const message =
    hostPath === undefined
      ? `error getting deleter volume plugin for volume "${name}": no deletable volume plugin matched`
      : `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`;
  fail(context, volume, { reason: "VolumeFailedDelete", message });
  return done;
}

/** Marks a volume that could not be reclaimed, and says why. */
export function fail(
  context: Context,
  volume: PersistentVolume,
  { reason, message }: { readonly reason: string; readonly message: string },
): void {
  if (volume.status?.phase === "Failed") return;
  const failed = setVolumePhase(context, volume, "Failed", message);
  remark(context, failed, { type: "Warning", reason, message });
}
