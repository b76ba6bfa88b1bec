/**
 * Volume snapshots as their CustomResourceDefinitions bring them: what of the kinds is read and written.
 *
 * Models snapshot.storage.k8s.io/v1: VolumeSnapshot, VolumeSnapshotContent, VolumeSnapshotClass.
 */
import type { Registry } from "#kernel/registry/registry";
import type { KubeObject } from "#kernel/store/object";

const GROUP = "snapshot.storage.k8s.io";
export const SNAPSHOT_VERSION = `${GROUP}/v1`;

export const SNAPSHOT_BUCKETS = {
  snapshots: `volumesnapshots.${GROUP}`,
  contents: `volumesnapshotcontents.${GROUP}`,
  classes: `volumesnapshotclasses.${GROUP}`,
} as const;

/** What stands in both statuses. */
interface Progress {
  readyToUse?: boolean;
  error?: { message: string; time: string };
}

export interface VolumeSnapshot extends KubeObject {
  spec: {
    source: { persistentVolumeClaimName?: string; volumeSnapshotContentName?: string };
    volumeSnapshotClassName?: string;
  };
  status?: Progress & { boundVolumeSnapshotContentName?: string; creationTime?: string; restoreSize?: string };
}

export interface VolumeSnapshotContent extends KubeObject {
  spec: {
    deletionPolicy: "Delete" | "Retain";
    driver: string;
    source: { volumeHandle?: string; snapshotHandle?: string };
    sourceVolumeMode?: string;
    volumeSnapshotClassName?: string;
    volumeSnapshotRef: { apiVersion?: string; kind?: string; namespace?: string; name?: string; uid?: string };
  };
  status?: Progress & { creationTime?: number; restoreSize?: number; snapshotHandle?: string };
}

export interface VolumeSnapshotClass extends KubeObject {
  driver: string;
  deletionPolicy: "Delete" | "Retain";
}

/** All objects of one of the kinds; none where it is not installed. */
export const snapshotsIn = <T extends KubeObject>({ store }: Registry, bucket: string): readonly T[] =>
  store.list(bucket, undefined) as unknown as readonly T[];

/** Where the files of a snapshot are kept. */
export const snapshotTree = (handle: string): string => `snapshot/${handle}`;
