/**
 * Goal: volumes live longer than pods and nodes, find their claims, and end as their policy says.
 * Method: run the production cluster in virtual time, write files through containers, and look at objects and events.
 */
import { expect, test } from "vitest";
import type { PersistentVolume, PersistentVolumeClaim, PodSpec } from "#kernel/api/types.gen";
import { worldOf } from "#kernel/network/world-of";
import type { Draft } from "#kernel/registry/definition";
import { deployments } from "#kernel/resources/apps/deployment";
import { events } from "#kernel/resources/core/event";
import { nodes } from "#kernel/resources/core/node";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { execInContainer } from "#kernel/runtime/containers";
import { BEGIN, Scene } from "#test/support/scene";

type ClaimSpec = PersistentVolumeClaim["spec"];

const claim = (name: string, spec: Partial<ClaimSpec> = {}): Draft<PersistentVolumeClaim> => ({
  metadata: { name, namespace: "default" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
});

const volume = (name: string, spec: Partial<PersistentVolume["spec"]> = {}): Draft<PersistentVolume> => ({
  metadata: { name },
  spec: {
    capacity: { storage: "5Gi" },
    accessModes: ["ReadWriteOnce"],
    storageClassName: "manual",
    hostPath: { path: `/mnt/${name}` },
    ...spec,
  },
});

/** A pod that sleeps with a claim mounted at /data. */
function sleeper(name: string, claimName: string, spec: Partial<PodSpec> = {}) {
  const container = {
    name: "c",
    image: "busybox:1.36",
    command: ["sleep", "360000"],
    volumeMounts: [{ name: "v", mountPath: "/data" }],
  };
  const volumes = [{ name: "v", persistentVolumeClaim: { claimName } }];
  return { metadata: { name, namespace: "default" }, spec: { containers: [container], volumes, ...spec } };
}

function settle(scene: Scene): void {
  scene.cluster.advance(BEGIN, 600_000, true);
}

function sh(scene: Scene, pod: string, line: string): string {
  const { admin: client, entropy, cells, now } = scene.cluster;
  const id = scene.get(pods, pod)?.status?.containerStatuses?.[0]?.containerID?.replace("containerd://", "") ?? "";
  let out = "";
  scene.turn(() => {
    out = execInContainer(worldOf({ client, entropy, cells, now }), id, ["sh", "-c", line]).stdout;
  });
  return out;
}

const said = (scene: Scene, name: string): string[] =>
  scene
    .list(events, "")
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`);

const phaseOf = (scene: Scene, name: string) => scene.get(persistentvolumeclaims, name)?.status?.phase;

test("a claim of the default class waits for its first pod, and its volume is made for it", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(persistentvolumeclaims, claim("data"));
  settle(scene);
  expect(scene.get(persistentvolumeclaims, "data")?.spec.storageClassName).toBe("standard");
  expect(phaseOf(scene, "data")).toBe("Pending");
  expect(said(scene, "data")).toEqual([
    "WaitForFirstConsumer: waiting for first consumer to be created before binding",
  ]);
  scene.create(pods, sleeper("p", "data"));
  settle(scene);
  const bound = scene.need(persistentvolumeclaims, "data");
  const name = `pvc-${bound.metadata.uid}`;
  expect(bound.status).toEqual({ phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" } });
  expect(bound.metadata.annotations).toMatchObject({
    "pv.kubernetes.io/bind-completed": "yes",
    "pv.kubernetes.io/bound-by-controller": "yes",
    "volume.kubernetes.io/storage-provisioner": "rancher.io/local-path",
    "volume.kubernetes.io/selected-node": scene.get(pods, "p")?.spec.nodeName,
  });
  expect(bound.spec.volumeName).toBe(name);
  expect(scene.get(pods, "p")?.status?.phase).toBe("Running");
  expect(said(scene, "data").slice(1)).toEqual([
    "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner " +
      "'rancher.io/local-path' or manually by the system administrator. If volume creation is delayed, please " +
      "verify that the provisioner is running and correctly registered.",
    'Provisioning: External provisioner is provisioning volume for claim "default/data"',
    `ProvisioningSucceeded: Successfully provisioned volume ${name}`,
  ]);
  expect(scene.get(persistentvolumes, name)).toMatchObject({
    metadata: {
      finalizers: ["kubernetes.io/pv-protection"],
      annotations: { "pv.kubernetes.io/provisioned-by": "rancher.io/local-path" },
    },
    spec: { claimRef: { name: "data", uid: bound.metadata.uid }, persistentVolumeReclaimPolicy: "Delete" },
    status: { phase: "Bound" },
  });
});

test("what a Deployment wrote is there after its pod and its node have gone", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(persistentvolumeclaims, claim("data"));
  const { spec } = sleeper("x", "data");
  scene.create(deployments, {
    metadata: { name: "db", namespace: "default" },
    spec: {
      selector: { matchLabels: { app: "db" } },
      strategy: { type: "Recreate" },
      template: { metadata: { labels: { app: "db" } }, spec },
    },
  });
  settle(scene);
  const [first] = scene.list(pods);
  expect(first?.status?.phase).toBe("Running");
  sh(scene, first?.metadata.name ?? "", "echo a row > /data/rows");
  scene.delete(pods, first?.metadata.name ?? "");
  settle(scene);
  const [second] = scene.list(pods);
  expect(second?.metadata.name).not.toBe(first?.metadata.name);
  expect(sh(scene, second?.metadata.name ?? "", "cat /data/rows")).toBe("a row\n");
  const gone = second?.spec.nodeName ?? "";
  scene.turn((cluster) => cluster.cells.delete("machines", gone));
  scene.turn((cluster) => cluster.admin.delete(nodes, { namespace: "", name: gone }));
  settle(scene);
  scene.cluster.advance(BEGIN, 120_000);
  settle(scene);
  const [third] = scene.list(pods).filter(({ status }) => status?.phase === "Running");
  expect(third?.spec.nodeName).not.toBe(gone);
  expect(sh(scene, third?.metadata.name ?? "", "cat /data/rows")).toBe("a row\n");
});
