/**
 * Recycling: a pod scrubs the volume, which is then free for the next claim.
 *
 * Models recycleVolumeOperation of pkg/controller/volume/persistentvolume/pv_controller.go and
 * pkg/volume/util/recyclerclient.
 */
import type { PersistentVolume, Pod } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { remark, setVolumePhase, unbind } from "#kernel/controllers/persistentvolume/bind";
import { type Context, done, type Outcome } from "#kernel/registry/controller";
import type { Draft } from "#kernel/registry/definition";
import { pods } from "#kernel/resources/core/pod";

const NAMESPACE = "default";
const IMAGE = "registry.k8s.io/build-image/debian-base:bookworm-v1.0.6";
const SCRUB = 'test -e /scrub && find /scrub -mindepth 1 -delete && test -z "$(ls -A /scrub)" || exit 1';

const NAME_PREFIX = "recycler-for-";

/** The volume a pod scrubs; undefined if it is no recycler. */
export function recycledBy({ namespace, name }: Pod["metadata"]): string | undefined {
  return namespace === NAMESPACE && name.startsWith(NAME_PREFIX) ? name.slice(NAME_PREFIX.length) : undefined;
}

/** Starts the recycler, or sees what became of it. */
export function recycle(context: Context, volume: PersistentVolume): Outcome {
  const { client } = context;
  const { name } = volume.metadata;
  if (volume.status?.phase === "Failed") return done;
  if (volume.spec.hostPath === undefined && volume.spec.nfs === undefined) {
    return fails(context, volume, "No recycler plugin found for the volume!");
  }
  const key = { namespace: NAMESPACE, name: `${NAME_PREFIX}${name}` };
  const pod = client.get(pods, key);
  if (pod === undefined) {
    client.create(pods, recyclerFor(volume, key.name));
    return done;
  }
  const phase = pod.status?.phase;
  if (phase !== "Succeeded" && phase !== "Failed") return done;
  if (pod.metadata.deletionTimestamp === undefined) client.delete(pods, keyOf(pod), { gracePeriodSeconds: 0 });
  if (phase === "Failed") {
    const why = pod.status?.message ?? "";
    return fails(context, volume, `Recycle failed: pod failed, pod.Status.Message unknown${why && `: ${why}`}`);
  }
  remark(context, volume, { reason: "VolumeRecycled", message: "Volume recycled" });
  unbind(context, volume);
  return done;
}

function fails(context: Context, volume: PersistentVolume, message: string): Outcome {
  const failed = setVolumePhase(context, volume, "Failed", message);
  remark(context, failed, { type: "Warning", reason: "VolumeFailedRecycle", message });
  return done;
}

function recyclerFor({ spec: { hostPath, nfs, nodeAffinity } }: PersistentVolume, name: string): Draft<Pod> {
  const { required } = nodeAffinity ?? {};
  return {
    metadata: { name, namespace: NAMESPACE },
    spec: {
      activeDeadlineSeconds: 60,
      restartPolicy: "Never",
      ...(required && { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } }),
      volumes: [{ name: "vol", ...(hostPath && { hostPath }), ...(nfs && { nfs }) }],
      containers: [
        {
          name: "pv-recycler",
          image: IMAGE,
          command: ["/bin/sh"],
          args: ["-c", SCRUB],
          volumeMounts: [{ name: "vol", mountPath: "/scrub" }],
        },
      ],
    },
  };
}
