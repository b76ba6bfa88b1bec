/**
 * Volume snapshots, where their kinds are installed: takes a copy of a volume's files, keeps it, gives it away.
 *
 * Models the snapshot-controller and csi-snapshotter of github.com/kubernetes-csi/external-snapshotter, beside a driver
 * that is our own provisioner.
 * Leaves out group snapshots, and other drivers: what names one waits, as without its sidecar.
 */
import type { PersistentVolumeClaim } from "#kernel/api/types.gen";
import { keyOf, timeText } from "#kernel/apimachinery/meta";
import { value } from "#kernel/apimachinery/quantity";
import { watchingEverything } from "#kernel/controllers/shared/kinds";
import { type Context, type Controller, done } from "#kernel/registry/controller";
import type { AnyResource, Draft } from "#kernel/registry/definition";
import { recordEvent } from "#kernel/resources/core/event.record";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { PROVISIONED_BY } from "#kernel/resources/core/persistentvolume.facts";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { LOCAL_PATH } from "#kernel/resources/storage/storageclass.facts";
import {
  SNAPSHOT_BUCKETS,
  SNAPSHOT_VERSION,
  snapshotsIn,
  snapshotTree,
  type VolumeSnapshot,
  type VolumeSnapshotClass,
  type VolumeSnapshotContent,
} from "#kernel/resources/storage/volumesnapshot.kinds";
import { copyVolume } from "#kernel/runtime/files/copy";
import { hostTree } from "#kernel/runtime/files/host-tree";
import { removeVolume } from "#kernel/runtime/files/volume";
import { equal } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

const SOURCE = { component: "snapshot-controller" };
const PREFIX = "snapshot.storage.kubernetes.io";
const DEFAULT_CLASS = `${PREFIX}/is-default-class`;
const SNAPSHOT_FINALIZERS = [
  `${PREFIX}/volumesnapshot-as-source-protection`,
  `${PREFIX}/volumesnapshot-bound-protection`,
];
const CONTENT_FINALIZER = `${PREFIX}/volumesnapshotcontent-bound-protection`;
const NANOSECONDS = 1_000_000;

const { snapshots: SNAPSHOTS, contents: CONTENTS, classes: CLASSES } = SNAPSHOT_BUCKETS;
const WATCHED: readonly string[] = [
  ...Object.values(SNAPSHOT_BUCKETS),
  "customresourcedefinitions.apiextensions.k8s.io",
  persistentvolumeclaims.bucket,
];
/** The one thing there is to look at: whatever changes, everything is compared. */
const ALL = [{ namespace: "", name: "all" }];

export const volumeSnapshotController: Controller = {
  name: "snapshot-controller",
  component: "controllerManager",
  watches: [
    watchingEverything(({ bucket }, { registry }) =>
      WATCHED.includes(bucket) && registry.resourceOfBucket(SNAPSHOTS) !== undefined ? ALL : [],
    ),
  ],

  reconcile(context) {
    const { registry } = context.client;
    const isInstalled = Object.values(SNAPSHOT_BUCKETS).every((one) => registry.resourceOfBucket(one) !== undefined);
    if (!isInstalled) return done;
    for (const snapshot of snapshotsIn<VolumeSnapshot>(registry, SNAPSHOTS)) syncSnapshot(context, snapshot);
    for (const content of snapshotsIn<VolumeSnapshotContent>(registry, CONTENTS)) syncContent(context, content);
    return done;
  },
};

const resourceOf = ({ client }: Context, bucket: string): AnyResource =>
  client.registry.resourceOfBucket(bucket) as AnyResource;

function syncSnapshot(context: Context, snapshot: VolumeSnapshot): void {
  const content = contentOf(context, snapshot);
  if (snapshot.metadata.deletionTimestamp !== undefined) letGo(context, snapshot, content);
  else if (content !== undefined) follow(context, snapshot, content);
  else if (snapshot.spec.source.volumeSnapshotContentName !== undefined) {
    fail(context, snapshot, "SnapshotContentMissing", "VolumeSnapshotContent is missing");
  } else begin(context, snapshot);
}

/** Makes the content of a snapshot, which then is taken. */
function begin(context: Context, snapshot: VolumeSnapshot): void {
  const made = draftOf(context, snapshot, snapshot.spec.source.persistentVolumeClaimName ?? "");
  if (typeof made === "string") {
    const message = `Failed to create snapshot content with error ${made}`;
    fail(context, snapshot, "SnapshotContentCreationFailed", message);
    return;
  }
  protect(context, SNAPSHOTS, snapshot, SNAPSHOT_FINALIZERS);
  context.client.create(resourceOf(context, CONTENTS), made);
  const { namespace = "", name } = snapshot.metadata;
  const message = `Waiting for a snapshot ${namespace}/${name} to be created by the CSI driver.`;
  say(context, snapshot, { reason: "CreatingSnapshot", message });
}

/** The content that is a snapshot's: made for it, or named by it. */
function contentOf({ client }: Context, { metadata, spec }: VolumeSnapshot): VolumeSnapshotContent | undefined {
  const given = spec.source.volumeSnapshotContentName;
  return snapshotsIn<VolumeSnapshotContent>(client.registry, CONTENTS).find((one) => {
    if (given === undefined) return one.spec.volumeSnapshotRef.uid === metadata.uid;
    const { namespace, name } = one.spec.volumeSnapshotRef;
    return one.metadata.name === given && namespace === metadata.namespace && name === metadata.name;
  });
}

/** The content to be made, or why none can be. */
function draftOf(context: Context, snapshot: VolumeSnapshot, claimName: string): Draft<KubeObject> | string {
  const { client } = context;
  const { namespace = "", name, uid, resourceVersion } = snapshot.metadata;
  const claim = client.get(persistentvolumeclaims, { namespace, name: claimName });
  if (claim === undefined) return `failed to get claim ${claimName}: persistentvolumeclaim "${claimName}" not found`;
  const { volumeName = "" } = claim.spec;
  const volume = client.get(persistentvolumes, { namespace: "", name: volumeName });
  if (claim.status?.phase !== "Bound" || volume === undefined) {
    return `the PVC ${claimName} is not yet bound to a PV, will not attempt to take a snapshot`;
  }
  const driver = volume.metadata.annotations?.[PROVISIONED_BY] ?? volume.spec.csi?.driver;
  if (driver === undefined) return `cannot find CSI PersistentVolumeSource for volume ${volumeName}`;
  const wanted = snapshot.spec.volumeSnapshotClassName;
  const classes = snapshotsIn<VolumeSnapshotClass>(client.registry, CLASSES);
  const isDefault = (one: VolumeSnapshotClass): boolean =>
    one.metadata.annotations?.[DEFAULT_CLASS] === "true" && one.driver === driver;
  const found = classes.find((one) => (wanted === undefined ? isDefault(one) : one.metadata.name === wanted));
  if (found === undefined) {
    if (wanted === undefined) return "cannot find default snapshot class";
    const cause = `volumesnapshotclass.snapshot.storage.k8s.io ${JSON.stringify(wanted)} not found`;
    const failure = `failed to retrieve snapshot class ${wanted} from the informer: ${JSON.stringify(cause)}`;
    return `failed to get input parameters to create snapshot ${name}: ${JSON.stringify(failure)}`;
  }
  if (found.driver !== driver) {
    return `the driver of class ${found.metadata.name} is ${found.driver}, and that of volume ${volumeName} is ${driver}`;
  }
  return {
    metadata: { name: `snapcontent-${uid}`, finalizers: [CONTENT_FINALIZER] },
    spec: {
      deletionPolicy: found.deletionPolicy,
      driver,
      source: { volumeHandle: volume.spec.csi?.volumeHandle ?? volumeName },
      sourceVolumeMode: volume.spec.volumeMode ?? "Filesystem",
      volumeSnapshotClassName: found.metadata.name,
      volumeSnapshotRef: {
        apiVersion: SNAPSHOT_VERSION,
        kind: "VolumeSnapshot",
        namespace,
        name,
        uid,
        resourceVersion,
      },
    },
  } as Draft<KubeObject>;
}

/** A snapshot shows what has become of its content. */
function follow(context: Context, snapshot: VolumeSnapshot, content: VolumeSnapshotContent): void {
  const { namespace = "", name } = snapshot.metadata;
  const { readyToUse = false, creationTime, restoreSize, error } = content.status ?? {};
  const isNews = readyToUse && snapshot.status?.readyToUse !== true;
  write(context, SNAPSHOTS, snapshot, {
    boundVolumeSnapshotContentName: content.metadata.name,
    ...(creationTime !== undefined && { creationTime: timeText(creationTime / NANOSECONDS) }),
    readyToUse,
    ...(restoreSize !== undefined && { restoreSize: String(restoreSize) }),
    ...(error !== undefined && { error }),
  });
  if (!isNews) return;
  const created = `Snapshot ${namespace}/${name} was successfully created by the CSI driver.`;
  say(context, snapshot, { reason: "SnapshotCreated", message: created });
  say(context, snapshot, { reason: "SnapshotReady", message: `Snapshot ${namespace}/${name} is ready to use.` });
}

/** A snapshot goes when no claim is being made of it, and takes its content along if that is its policy. */
function letGo(context: Context, snapshot: VolumeSnapshot, content: VolumeSnapshotContent | undefined): void {
  const { client } = context;
  const { namespace = "", name } = snapshot.metadata;
  const isInUse = client
    .list(persistentvolumeclaims, { namespace })
    .some((claim) => isMadeOf(claim, name) && claim.status?.phase === "Pending");
  if (isInUse) return;
  const { finalizers = [] } = snapshot.metadata;
  if (
    content !== undefined &&
    content.spec.deletionPolicy === "Delete" &&
    content.metadata.deletionTimestamp === undefined
  ) {
    client.delete(resourceOf(context, CONTENTS), keyOf(content));
  }
  const left = finalizers.filter((one) => !SNAPSHOT_FINALIZERS.includes(one));
  if (left.length < finalizers.length) update(context, SNAPSHOTS, snapshot, left);
}

const isMadeOf = ({ spec }: PersistentVolumeClaim, name: string): boolean =>
  spec.dataSource?.kind === "VolumeSnapshot" && spec.dataSource.name === name;

/** Takes the snapshot, or deletes it. */
function syncContent(context: Context, content: VolumeSnapshotContent): void {
  const { client, cells, now } = context;
  const { uid, name, deletionTimestamp, finalizers = [] } = content.metadata;
  const { spec, status } = content;
  if (spec.driver !== LOCAL_PATH) return;
  const handle = status?.snapshotHandle ?? spec.source.snapshotHandle ?? uid;
  if (deletionTimestamp !== undefined) {
    if (!finalizers.includes(CONTENT_FINALIZER)) return;
    if (spec.deletionPolicy === "Delete") removeVolume(cells, snapshotTree(handle));
    update(
      context,
      CONTENTS,
      content,
      finalizers.filter((one) => one !== CONTENT_FINALIZER),
    );
    return;
  }
  if (status?.readyToUse === true) return;
  const volume = client.get(persistentvolumes, { namespace: "", name: spec.source.volumeHandle ?? "" });
  const path = volume?.spec.hostPath?.path;
  const isGiven = spec.source.snapshotHandle !== undefined;
  const isTaken = isGiven || (path !== undefined && copyVolume(context, hostTree("", path), snapshotTree(handle)));
  if (!isTaken) {
    const why = path === undefined ? `volume ${spec.source.volumeHandle} not found` : "no space left on device";
    const message =
      "Failed to check and update snapshot content: failed to take snapshot of the volume " +
      `${spec.source.volumeHandle}: "rpc error: code = Internal desc = ${why}"`;
    if (status?.error?.message === message) return;
    write(context, CONTENTS, content, { readyToUse: false, error: { message, time: timeText(now) } });
    say(context, content, { type: "Warning", reason: "SnapshotCreationFailed", message });
    return;
  }
  const size = value(volume?.spec.capacity?.["storage"] ?? "0");
  const taken = { creationTime: now * NANOSECONDS, readyToUse: true, restoreSize: size, snapshotHandle: handle };
  write(context, CONTENTS, { ...content, metadata: { ...content.metadata, name } }, taken);
}

function fail(context: Context, snapshot: VolumeSnapshot, reason: string, message: string): void {
  if (snapshot.status?.error?.message === message) return;
  const error = { message, time: timeText(context.now) };
  write(context, SNAPSHOTS, snapshot, { ...snapshot.status, readyToUse: false, error });
  say(context, snapshot, { type: "Warning", reason, message });
}

function write(context: Context, bucket: string, object: KubeObject, status: object): void {
  if (equal((object as { status?: object }).status ?? {}, status)) return;
  const present = context.client.get(resourceOf(context, bucket), keyOf(object));
  if (present !== undefined)
    context.client.updateStatus(resourceOf(context, bucket), present as KubeObject & { status?: object }, status);
}

function update(context: Context, bucket: string, object: KubeObject, finalizers: readonly string[]): void {
  const present = context.client.get(resourceOf(context, bucket), keyOf(object));
  if (present === undefined) return;
  const metadata = { ...present.metadata, finalizers: [...finalizers] };
  context.client.update(resourceOf(context, bucket), { ...present, metadata });
}

function protect(context: Context, bucket: string, object: KubeObject, wanted: readonly string[]): void {
  const { finalizers = [] } = object.metadata;
  const missing = wanted.filter((one) => !finalizers.includes(one));
  if (missing.length > 0) update(context, bucket, object, [...finalizers, ...missing]);
}

function say(
  { client, now }: Context,
  regarding: KubeObject,
  {
    type = "Normal",
    ...event
  }: { readonly type?: "Normal" | "Warning"; readonly reason: string; readonly message: string },
): void {
  recordEvent(client, { regarding, type, ...event, source: SOURCE }, now);
}
