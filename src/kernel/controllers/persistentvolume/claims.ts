/**
 * One look at a claim: find it a volume, have one made, or see that it has lost its own.
 *
 * Models syncClaim of pkg/controller/volume/persistentvolume/pv_controller.go.
 */
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { annotated, bind, remark, setClaimPhase } from "#kernel/controllers/persistentvolume/bind";
import { type Context, done, type Outcome, routineAt } from "#kernel/registry/controller";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { findMatchingVolume, isPromisedTo, mismatch } from "#kernel/resources/core/persistentvolume.facts";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import {
  BETA_STORAGE_PROVISIONER,
  BIND_COMPLETED,
  claimClass,
  namesClass,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
} from "#kernel/resources/core/persistentvolumeclaim.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodScheduled } from "#kernel/resources/core/pod.facts";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { defaultClassOf, isDelayedClass } from "#kernel/resources/storage/storageclass.facts";

/** A claim that still waits says so again after this time, so that its events do not fade away. */
const REMIND_MS = 300_000;

/** Cloud disks once made by Kubernetes itself, and the drivers that make them now. */
const MIGRATED: Readonly<Record<string, string>> = {
  "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
  "kubernetes.io/azure-disk": "disk.csi.azure.com",
  "kubernetes.io/azure-file": "file.csi.azure.com",
  "kubernetes.io/cinder": "cinder.csi.openstack.org",
  "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
  "kubernetes.io/portworx-volume": "pxd.portworx.com",
  "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
};

/** Brings a claim forward. */
export function syncClaim(context: Context, claim: PersistentVolumeClaim): Outcome {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return syncBound(context, claim);
  const { volumeName = "" } = claim.spec;
  return volumeName === "" ? syncUnbound(context, claim) : syncNamed(context, claim, volumeName);
}

const volumeNamed = ({ client }: Context, name: string): PersistentVolume | undefined =>
  client.get(persistentvolumes, { namespace: "", name });

/** The claim takes any volume that suits. */
function syncUnbound(context: Context, claim: PersistentVolumeClaim): Outcome {
  const { client } = context;
  const storageClass = classOf(context, claim);
  const isDelayed = isDelayedClass(storageClass);
  const volume = findMatchingVolume(claim, client.list(persistentvolumes), { isDelayed });
  if (volume !== undefined) {
    bind(context, volume, claim);
    return done;
  }
  if (takeDefaultClass(context, claim)) return done;
  const waiting = setClaimPhase(context, claim, "Pending");
  const isPlaced = claim.metadata.annotations?.[SELECTED_NODE] !== undefined;
  if (isDelayed && !isPlaced) sayWhoIsAwaited(context, waiting);
  else if (claimClass(claim) !== "") return provision(context, waiting, storageClass);
  else {
    const message = "no persistent volumes available for this claim and no storage class is set";
    remark(context, waiting, { reason: "FailedBinding", message });
  }
  return routineAt(context.now + REMIND_MS);
}

const classOf = ({ client }: Context, claim: PersistentVolumeClaim): StorageClass | undefined =>
  client.get(storageclasses, { namespace: "", name: claimClass(claim) });

/** A claim that was made before there was a default class gets it now. */
function takeDefaultClass({ client }: Context, claim: PersistentVolumeClaim): boolean {
  if (namesClass(claim)) return false;
  const found = defaultClassOf(client.list(storageclasses));
  if (found === undefined) return false;
  client.update(persistentvolumeclaims, { ...claim, spec: { ...claim.spec, storageClassName: found.metadata.name } });
  return true;
}

/** The volume is chosen with the node of the first pod: say that none has come, or that it has none yet. */
function sayWhoIsAwaited(context: Context, claim: PersistentVolumeClaim): void {
  const { namespace = "", name } = claim.metadata;
  const names = context.client
    .by(pods, "claim", `${namespace}/${name}`)
    .filter((pod) => !isPodScheduled(pod))
    .map((pod) => pod.metadata.name)
    .sort();
  const scheduled = `waiting for pod${names.length > 1 ? "s" : ""} ${names.join(",")} to be scheduled`;
  remark(
    context,
    claim,
    names.length === 0
      ? { reason: "WaitForFirstConsumer", message: "waiting for first consumer to be created before binding" }
      : { reason: "WaitForPodScheduled", message: scheduled },
  );
}

/** Names whoever is to make the volume. */
function provision(context: Context, claim: PersistentVolumeClaim, storageClass: StorageClass | undefined): Outcome {
  const again = routineAt(context.now + REMIND_MS);
  const fails = (message: string): Outcome => {
    remark(context, claim, { type: "Warning", reason: "ProvisioningFailed", message });
    return again;
  };
  if (storageClass === undefined) return fails(`storageclass.storage.k8s.io "${claimClass(claim)}" not found`);
  const provisioner = MIGRATED[storageClass.provisioner] ?? storageClass.provisioner;
  if (provisioner.startsWith("kubernetes.io/")) return fails(`no volume plugin matched name: ${provisioner}`);
  const marked =
    claim.metadata.annotations?.[STORAGE_PROVISIONER] === provisioner
      ? claim
      : context.client.update(
          persistentvolumeclaims,
          annotated(claim, { [BETA_STORAGE_PROVISIONER]: provisioner, [STORAGE_PROVISIONER]: provisioner }),
        );
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the ` +
    "system administrator. If volume creation is delayed, please verify that the provisioner is running and " +
    "correctly registered.";
  remark(context, marked, { reason: "ExternalProvisioning", message });
  return again;
}

/** The user has named the volume. */
function syncNamed(context: Context, claim: PersistentVolumeClaim, name: string): Outcome {
  const volume = volumeNamed(context, name);
  if (volume === undefined) {
    setClaimPhase(context, claim, "Pending");
    return done;
  }
  if (isPromisedTo(volume, claim)) {
    bind(context, volume, claim);
    return done;
  }
  const isTaken = volume.spec.claimRef !== undefined;
  const problem = isTaken ? undefined : mismatch(volume, claim);
  if (!isTaken && problem === undefined) {
    bind(context, volume, claim);
    return done;
  }
  const waiting = setClaimPhase(context, claim, "Pending");
  const taken = `volume "${name}" already bound to a different claim.`;
  remark(
    context,
    waiting,
    isTaken
      ? { type: "Warning", reason: "FailedBinding", message: taken }
      : { type: "Warning", reason: "VolumeMismatch", message: `Cannot bind to requested volume "${name}": ${problem}` },
  );
  return routineAt(context.now + REMIND_MS);
}

/** The claim has been bound before: it still is, or it has lost its volume. */
function syncBound(context: Context, claim: PersistentVolumeClaim): Outcome {
  const { volumeName = "" } = claim.spec;
  const volume = volumeName === "" ? undefined : volumeNamed(context, volumeName);
  const { claimRef } = volume?.spec ?? {};
  if (volume !== undefined && (claimRef === undefined || claimRef.uid === claim.metadata.uid)) {
    const isDone = claimRef !== undefined && volume.status?.phase === "Bound" && claim.status?.phase === "Bound";
    if (!isDone) bind(context, volume, claim);
    return done;
  }
  if (claim.status?.phase === "Lost") return done;
  const lost = setClaimPhase(context, context.client.need(persistentvolumeclaims, keyOf(claim)), "Lost");
  const what = volumeName === "" ? "reference to PersistentVolume" : "its PersistentVolume";
  const misbound = "Two claims are bound to the same volume, this one is bound incorrectly";
  remark(
    context,
    lost,
    volume === undefined
      ? { type: "Warning", reason: "ClaimLost", message: `Bound claim has lost ${what}. Data on the volume is lost!` }
      : { type: "Warning", reason: "ClaimMisbound", message: misbound },
  );
  return done;
}
