/**
 * Attach/detach controller: asks the driver of a CSI volume to attach it to the nodes of the pods that use it, and to
 * detach it when the last has gone.
 *
 * Models pkg/controller/volume/attachdetach and pkg/volume/csi/csi_attacher.go. A key is a volume.
 * Leaves out the driver: whoever plays it writes status.attached of the VolumeAttachment.
 */
import type { PersistentVolume, Pod } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { sha256 } from "#kernel/apimachinery/jwt/sha256";
import { keyOf } from "#kernel/apimachinery/meta";
import { parseTime } from "#kernel/apimachinery/time";
import type { Client } from "#kernel/registry/client";
import {
  type Context,
  type Controller,
  done,
  earliest,
  type Outcome,
  routineAt,
  watching,
} from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { claimKeysOfPod } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodScheduled, isPodTerminal } from "#kernel/resources/core/pod.facts";
import { csidrivers } from "#kernel/resources/storage/csidriver";
import { volumeattachments } from "#kernel/resources/storage/volumeattachment";

const SOURCE = { component: "attachdetach-controller" };

/** How long an attacher may take before the pod is told. */
const ATTACH_TIMEOUT_MS = 120_000;

export const attachDetachController: Controller = {
  name: "attachdetach-controller",
  component: "controllerManager",
  watches: [
    watching(pods, (pod, client) => (isPodScheduled(pod) ? volumesOf(client, pod) : [])),
    watching(persistentvolumes, (volume) => (volume.spec.csi === undefined ? [] : [keyOf(volume)])),
    watching(volumeattachments, ({ spec: { source } }) =>
      source.persistentVolumeName === undefined ? [] : [{ namespace: "", name: source.persistentVolumeName }],
    ),
  ],

  reconcile(context, key) {
    const volume = context.client.get(persistentvolumes, key);
    return volume?.spec.csi === undefined ? done : sync(context, volume);
  },
};

/** The volumes of a pod that have to be attached. */
function volumesOf(client: Client, pod: Pod) {
  return claimKeysOfPod(pod).flatMap((text) => {
    const [namespace = "", name = ""] = text.split("/");
    const { volumeName = "" } = client.get(persistentvolumeclaims, { namespace, name })?.spec ?? {};
    const volume = volumeName === "" ? undefined : client.get(persistentvolumes, { namespace: "", name: volumeName });
    return volume?.spec.csi === undefined ? [] : [keyOf(volume)];
  });
}

/** `csi-` and the digest of what the attachment joins. */
function attachmentName({ spec: { csi } }: PersistentVolume, node: string): string {
  const text = `${csi?.volumeHandle ?? ""}${csi?.driver ?? ""}${node}`;
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  return `csi-${[...sha256(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

const ageOf = ({ metadata }: Pod): string => `${metadata.creationTimestamp} ${metadata.name}`;

/** The pods on nodes that use a volume; the claim keeps them in one namespace. */
function usersOf(client: Client, { spec: { claimRef } }: PersistentVolume): Pod[] {
  return client
    .by(pods, "claim", `${claimRef?.namespace ?? ""}/${claimRef?.name ?? ""}`)
    .filter((pod) => isPodScheduled(pod) && !isPodTerminal(pod))
    .sort((a, b) => compareText(ageOf(a), ageOf(b)));
}

/** Who has a volume that is for one node alone; nobody, if its pods there are gone already. */
function occupiedBy(users: readonly Pod[]): string {
  if (users.length === 0) {
    return "Volume is already exclusively attached to one node and can't be attached to another";
  }
  return `Volume is already used by pod(s) ${users.map(({ metadata }) => metadata.name).join(", ")}`;
}

function sync(context: Context, volume: PersistentVolume): Outcome {
  const { client } = context;
  const { csi } = volume.spec;
  const driver = client.get(csidrivers, { namespace: "", name: csi?.driver ?? "" });
  if (driver?.spec.attachRequired === false) return done;
  const users = usersOf(client, volume);
  const mine = client
    .list(volumeattachments)
    .filter(({ spec }) => spec.source.persistentVolumeName === volume.metadata.name);
  const wanted = new Set(users.map((pod) => pod.spec.nodeName ?? ""));
  for (const one of mine) {
    // What somebody else attached is theirs to detach.
    const isOurs = one.metadata.name === attachmentName(volume, one.spec.nodeName);
    const isUnwanted = !wanted.has(one.spec.nodeName) && one.metadata.deletionTimestamp === undefined;
    if (isOurs && isUnwanted) client.delete(volumeattachments, keyOf(one));
  }
  return earliest(...users.map((pod) => attach(context, volume, pod)));
}

/** Attaches the volume to a pod's node, if no other node has it for itself. */
function attach(context: Context, volume: PersistentVolume, pod: Pod): Outcome {
  const { client, now } = context;
  const { name } = volume.metadata;
  const node = pod.spec.nodeName ?? "";
  const key = { namespace: "", name: attachmentName(volume, node) };
  const warn = (message: string): void =>
    recordEvent(
      client,
      { regarding: pod, type: "Warning", reason: "FailedAttachVolume", message, source: SOURCE },
      now,
    );
  const existing = client.get(volumeattachments, key);
  if (existing !== undefined) {
    if (existing.status?.attached === true) return done;
    const overdueAt = parseTime(existing.metadata.creationTimestamp) + ATTACH_TIMEOUT_MS;
    if (overdueAt > now) return routineAt(overdueAt);
    const driver = `external-attacher of ${volume.spec.csi?.driver ?? ""} CSI driver`;
    const handle = `to attach volume ${volume.spec.csi?.volumeHandle ?? ""}`;
    warn(`AttachVolume.Attach failed for volume "${name}" : timed out waiting for ${driver} ${handle}`);
    return routineAt(now + ATTACH_TIMEOUT_MS);
  }
  const isShared = volume.spec.accessModes?.some((mode) => mode.endsWith("Many")) === true;
  const others = client
    .list(volumeattachments)
    .filter(({ spec }) => spec.source.persistentVolumeName === name && spec.nodeName !== node);
  if (!isShared && others.length > 0) {
    const nodes = new Set(others.map(({ spec }) => spec.nodeName));
    const users = usersOf(client, volume).filter(({ spec }) => nodes.has(spec.nodeName ?? ""));
    warn(`Multi-Attach error for volume "${name}" ${occupiedBy(users)}`);
    return done;
  }
  const spec = { attacher: volume.spec.csi?.driver ?? "", nodeName: node, source: { persistentVolumeName: name } };
  client.create(volumeattachments, { metadata: { name: key.name }, spec });
  return routineAt(now + ATTACH_TIMEOUT_MS);
}
