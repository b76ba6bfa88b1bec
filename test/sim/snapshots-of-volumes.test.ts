/**
 * Goal: a snapshot keeps what a volume held; a claim made of it, or of another claim, begins with that.
 * Method: the snapshot kinds as CustomResourceDefinitions, pods that write and read, in the production cluster.
 */
import { expect, test } from "vitest";
import type { CustomResourceDefinition, PersistentVolumeClaim } from "#kernel/api/types.gen";
import type { Draft, Resource } from "#kernel/registry/definition";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import {
  SNAPSHOT_BUCKETS,
  type VolumeSnapshot,
  type VolumeSnapshotContent,
} from "#kernel/resources/storage/volumesnapshot.kinds";
import { readLog } from "#kernel/runtime/logs";
import type { KubeObject } from "#kernel/store/object";
import { Scene } from "#test/support/scene";
import { claim, said, settle } from "#test/support/storage";

function definition(kind: string, scope: "Namespaced" | "Cluster"): Draft<CustomResourceDefinition> {
  const plural = kind.endsWith("s") ? `${kind.toLowerCase()}es` : `${kind.toLowerCase()}s`;
  const group = "snapshot.storage.k8s.io";
  return {
    metadata: {
      name: `${plural}.${group}`,
      annotations: { "api-approved.kubernetes.io": "https://github.com/kubernetes-csi/external-snapshotter/pull/814" },
    },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          ...{ name: "v1", served: true, storage: true, subresources: { status: {} } },
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  };
}

function newScene(): Scene {
  const scene = new Scene({ machines: 2 });
  scene.create(customresourcedefinitions, definition("VolumeSnapshot", "Namespaced"));
  scene.create(customresourcedefinitions, definition("VolumeSnapshotContent", "Cluster"));
  scene.create(customresourcedefinitions, definition("VolumeSnapshotClass", "Cluster"));
  settle(scene);
  make(scene, SNAPSHOT_BUCKETS.classes, {
    metadata: { name: "local" },
    driver: "rancher.io/local-path",
    deletionPolicy: "Delete",
  });
  return scene;
}

function kindIn<T extends KubeObject>(scene: Scene, bucket: string): Resource<T> {
  return scene.turn(({ registry }) => registry.resourceOfBucket(bucket)) as unknown as Resource<T>;
}

const make = (scene: Scene, bucket: string, object: object): void => {
  scene.create(kindIn(scene, bucket), object as Draft<KubeObject>);
};

/** Runs a line with a claim at /data, and gives what it wrote. */
function run(scene: Scene, name: string, claimName: string, line: string): string {
  scene.create(pods, {
    metadata: { name, namespace: "default" },
    spec: {
      restartPolicy: "Never",
      volumes: [{ name: "v", persistentVolumeClaim: { claimName } }],
      containers: [
        { name: "c", image: "busybox", command: ["sh", "-c", line], volumeMounts: [{ name: "v", mountPath: "/data" }] },
      ],
    },
  });
  settle(scene);
  const id = scene.need(pods, name).status?.containerStatuses?.[0]?.containerID?.split("//")[1] ?? "";
  return scene.turn(({ cells }) => readLog(cells, id, {}).text);
}

const from = (name: string, kind: string, size = "1Gi"): Draft<PersistentVolumeClaim> =>
  claim(name, {
    dataSource: {
      name: kind === "VolumeSnapshot" ? "snap" : "data",
      kind,
      ...(kind === "VolumeSnapshot" && { apiGroup: "snapshot.storage.k8s.io" }),
    },
    resources: { requests: { storage: size } },
  });

const snapshot = (scene: Scene): VolumeSnapshot | undefined =>
  scene.get(kindIn<VolumeSnapshot>(scene, SNAPSHOT_BUCKETS.snapshots), "snap");

test("a snapshot keeps what was there, a claim is restored from it, and both go in order", () => {
  const scene = newScene();
  scene.create(persistentvolumeclaims, claim("data"));
  run(scene, "writer", "data", "echo old > /data/f; mkdir -p /data/d; echo x > /data/d/g; chmod 600 /data/f");
  make(scene, SNAPSHOT_BUCKETS.snapshots, {
    metadata: { name: "snap", namespace: "default" },
    spec: { volumeSnapshotClassName: "local", source: { persistentVolumeClaimName: "data" } },
  });
  settle(scene);
  expect(snapshot(scene)?.status).toMatchObject({ readyToUse: true, restoreSize: "1073741824" });
  const contents = kindIn<VolumeSnapshotContent>(scene, SNAPSHOT_BUCKETS.contents);
  const bound = snapshot(scene)?.status?.boundVolumeSnapshotContentName ?? "";
  expect(scene.get(contents, bound, "")?.spec).toMatchObject({
    ...{ driver: "rancher.io/local-path", deletionPolicy: "Delete", volumeSnapshotRef: { name: "snap" } },
  });
  expect(said(scene, "snap")).toEqual([
    "CreatingSnapshot: Waiting for a snapshot default/snap to be created by the CSI driver.",
    "SnapshotCreated: Snapshot default/snap was successfully created by the CSI driver.",
    "SnapshotReady: Snapshot default/snap is ready to use.",
  ]);
  run(scene, "again", "data", "echo new > /data/f");
  scene.create(persistentvolumeclaims, from("restored", "VolumeSnapshot"));
  expect(run(scene, "reader", "restored", "cat /data/f /data/d/g; stat -c %a /data/f")).toBe("old\nx\n600\n");
  scene.create(persistentvolumeclaims, from("clone", "PersistentVolumeClaim"));
  expect(run(scene, "cloned", "clone", "cat /data/f; echo mine > /data/f")).toBe("new\n");
  expect(run(scene, "source", "data", "cat /data/f")).toBe("new\n");
  scene.delete(kindIn<VolumeSnapshot>(scene, SNAPSHOT_BUCKETS.snapshots), "snap");
  settle(scene);
  expect(snapshot(scene)).toBeUndefined();
  expect(scene.get(contents, bound, "")).toBeUndefined();
});

test("what is too small, is not there, or has no class waits and says so", () => {
  const scene = newScene();
  scene.create(persistentvolumeclaims, claim("data"));
  run(scene, "writer", "data", "true");
  scene.create(persistentvolumeclaims, from("small", "PersistentVolumeClaim", "1Mi"));
  run(scene, "p", "small", "true");
  expect(said(scene, "small").at(-1)).toBe(
    'ProvisioningFailed: failed to provision volume with StorageClass "standard": error getting handle for ' +
      "DataSource Type PersistentVolumeClaim by Name data: requested volume size 1048576 is less than the size " +
      "1073741824 for the source PVC data",
  );
  scene.create(persistentvolumeclaims, from("none", "VolumeSnapshot"));
  run(scene, "q", "none", "true");
  expect(said(scene, "none").at(-1)).toContain('volumesnapshots.snapshot.storage.k8s.io "snap" not found');
  make(scene, SNAPSHOT_BUCKETS.snapshots, {
    metadata: { name: "snap", namespace: "default" },
    spec: { source: { persistentVolumeClaimName: "data" } },
  });
  settle(scene);
  expect(snapshot(scene)?.status).toMatchObject({
    readyToUse: false,
    error: { message: "Failed to create snapshot content with error cannot find default snapshot class" },
  });
});
