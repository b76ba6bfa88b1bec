/**
 * local-path provisioner: makes the volumes of its classes when they are asked for, and deletes them afterwards.
 *
 * Models github.com/rancher/local-path-provisioner with a sharedFileSystemPath, on top of
 * sigs.k8s.io/sig-storage-lib-external-provisioner. A key with a namespace is a claim, one without is a volume.
 * Leaves out the helper pods that make and remove the directories: what they take is time, which passes here too.
 */
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { beginningOf } from "#kernel/controllers/data-sources";
import {
  type Context,
  type Controller,
  done,
  type Outcome,
  routineAt,
  wakeAt,
  watching,
} from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { PROVISIONED_BY } from "#kernel/resources/core/persistentvolume.facts";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import {
  claimClass,
  requestedStorage,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
} from "#kernel/resources/core/persistentvolumeclaim.facts";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { isDelayedClass, LOCAL_PATH, SHARED_PATH } from "#kernel/resources/storage/storageclass.facts";
import { copyVolume } from "#kernel/runtime/files/copy";
import { hostTree } from "#kernel/runtime/files/host-tree";
import { removeVolume } from "#kernel/runtime/files/volume";
import type { Instant } from "#kernel/sim/instant";

const SOURCE = { component: `${LOCAL_PATH}_local-path-provisioner` };

/** The room of work under way; the id is the uid of a claim or volume, the value when it is done. */
const WORK = "local-path-provisioner";

/** What a helper pod takes from its creation to its end. */
const HELPER_MS = 3_000;
/** A claim that cannot be served is looked at again after this time. */
const RETRY_MS = 60_000;

export const localPathProvisioner: Controller = {
  name: "local-path-provisioner",
  component: "controllerManager",
  watches: [
    watching(persistentvolumeclaims, (claim) => (isOurs(claim) ? [keyOf(claim)] : [])),
    watching(persistentvolumes, (volume) =>
      volume.metadata.annotations?.[PROVISIONED_BY] === LOCAL_PATH ? [keyOf(volume)] : [],
    ),
  ],

  reconcile(context, key) {
    if (key.namespace === "") {
      const volume = context.client.get(persistentvolumes, key);
      return volume === undefined ? done : remove(context, volume);
    }
    const claim = context.client.get(persistentvolumeclaims, key);
    return claim === undefined || !isOurs(claim) ? done : provision(context, claim);
  },
};

const isOurs = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  metadata.annotations?.[STORAGE_PROVISIONER] === LOCAL_PATH &&
  (spec.volumeName ?? "") === "" &&
  metadata.deletionTimestamp === undefined;

function say(
  { client, now }: Context,
  regarding: PersistentVolumeClaim,
  { reason, message, type = "Normal" }: { reason: string; message: string; type?: "Normal" | "Warning" },
): void {
  recordEvent(client, { regarding, type, reason, message, source: SOURCE }, now);
}

function provision(context: Context, claim: PersistentVolumeClaim): Outcome {
  const { client, cells } = context;
  const storageClass = client.get(storageclasses, { namespace: "", name: claimClass(claim) });
  if (storageClass === undefined || storageClass.provisioner !== LOCAL_PATH) return done;
  if (isDelayedClass(storageClass) && claim.metadata.annotations?.[SELECTED_NODE] === undefined) return done;
  const { uid, namespace = "", name } = claim.metadata;
  const key = { namespace: "", name: `pvc-${uid}` };
  if (client.get(persistentvolumes, key) !== undefined) return done;
  const beginning = beginningOf(client, claim);
  const problem = refusal(claim) ?? (beginning !== undefined && "problem" in beginning ? beginning.problem : undefined);
  if (problem !== undefined || !cells.get<Instant>(WORK, uid)) {
    const message = `External provisioner is provisioning volume for claim "${namespace}/${name}"`;
    say(context, claim, { reason: "Provisioning", message });
  }
  if (problem !== undefined) {
    const message = `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${problem}`;
    say(context, claim, { type: "Warning", reason: "ProvisioningFailed", message });
    return routineAt(context.now + RETRY_MS);
  }
  const readyAt = workDoneAt(context, uid);
  if (readyAt > context.now) return wakeAt(readyAt);
  cells.delete(WORK, uid);
  const volume = volumeFor(claim, storageClass, key.name);
  if (beginning !== undefined && "tree" in beginning) {
    copyVolume(context, beginning.tree, hostTree("", volume.spec.hostPath.path));
  }
  client.create(persistentvolumes, volume);
  say(context, claim, { reason: "ProvisioningSucceeded", message: `Successfully provisioned volume ${key.name}` });
  return done;
}

/** What of a claim this storage cannot give. */
function refusal({ spec }: PersistentVolumeClaim): string | undefined {
  if (spec.selector !== undefined) return "claim.Spec.Selector is not supported";
  return spec.volumeMode === "Block" ? `${LOCAL_PATH} does not support block volume provisioning` : undefined;
}

/** When the helper pod that was started for an object ends; the first who asks starts it. */
function workDoneAt({ cells, now }: Context, uid: string): Instant {
  const known = cells.get<Instant>(WORK, uid);
  if (known !== undefined) return known;
  const isInstant = cells.get<{ readonly latency?: string }>("cluster", "options")?.latency === "none";
  const readyAt = isInstant ? now : now + HELPER_MS;
  cells.put(WORK, uid, readyAt);
  return readyAt;
}

function volumeFor(claim: PersistentVolumeClaim, storageClass: StorageClass, name: string) {
  const { namespace = "", name: claimName, uid, resourceVersion, annotations } = claim.metadata;
  const node = annotations?.[SELECTED_NODE];
  const { mountOptions } = storageClass;
  return {
    metadata: {
      name,
      annotations: {
        ...(node !== undefined && { "local.path.provisioner/selected-node": node }),
        [PROVISIONED_BY]: LOCAL_PATH,
      },
    },
    spec: {
      accessModes: claim.spec.accessModes ?? [],
      capacity: { storage: requestedStorage(claim) },
      claimRef: { kind: "PersistentVolumeClaim", namespace, name: claimName, uid, apiVersion: "v1", resourceVersion },
      hostPath: { path: `${SHARED_PATH}/${name}_${namespace}_${claimName}`, type: "DirectoryOrCreate" },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
      storageClassName: storageClass.metadata.name,
      volumeMode: "Filesystem",
      ...(mountOptions !== undefined && { mountOptions }),
    },
  };
}

/** A volume whose claim is gone is deleted with all that is in it. */
function remove(context: Context, volume: PersistentVolume): Outcome {
  const { client, cells, now } = context;
  const { uid, deletionTimestamp, annotations } = volume.metadata;
  const isReleased = volume.status?.phase === "Released" && deletionTimestamp === undefined;
  if (!isReleased || volume.spec.persistentVolumeReclaimPolicy !== "Delete") {
    cells.delete(WORK, uid);
    return done;
  }
  const readyAt = workDoneAt(context, uid);
  if (readyAt > now) return wakeAt(readyAt);
  cells.delete(WORK, uid);
  const path = volume.spec.hostPath?.path;
  if (path !== undefined) {
    removeVolume(cells, hostTree(annotations?.["local.path.provisioner/selected-node"] ?? "", path));
  }
  client.delete(persistentvolumes, keyOf(volume));
  return done;
}
