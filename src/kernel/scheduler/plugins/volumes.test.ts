/**
 * Goal: volumes decide where pods may go: by zone, by how many a node holds, by what a driver can still make.
 * Method: the production cluster on nodes with labels; look where a pod is put, or why it waits.
 */
import { expect, test } from "vitest";
import type { PersistentVolume } from "#kernel/api/types.gen";
import type { Draft } from "#kernel/registry/definition";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { csidrivers } from "#kernel/resources/storage/csidriver";
import { csinodes } from "#kernel/resources/storage/csinode";
import { csistoragecapacities } from "#kernel/resources/storage/csistoragecapacity";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { volumeattachments } from "#kernel/resources/storage/volumeattachment";
import { volumeattributesclasses } from "#kernel/resources/storage/volumeattributesclass";
import { Scene } from "#test/support/scene";
import { claim, said, settle, sleeper, volume } from "#test/support/storage";

const ZONE = "topology.kubernetes.io/zone";
const DRIVER = "disk.example.com";

/** Three nodes, each in a zone of its own. */
const zoned = (): Scene =>
  new Scene({ machines: ["a", "b", "c"].map((zone) => ({ name: `node-${zone}`, labels: { [ZONE]: zone } })) });

/** A volume of a driver, and the claim that names it. */
function disk(scene: Scene, name: string, labels: Readonly<Record<string, string>> = {}): void {
  const { hostPath: _, ...spec } = volume(name).spec;
  const draft: Draft<PersistentVolume> = {
    metadata: { name, labels },
    spec: { ...spec, csi: { driver: DRIVER, volumeHandle: name } },
  };
  scene.create(persistentvolumes, draft);
  scene.create(persistentvolumeclaims, claim(name, { storageClassName: "manual", volumeName: name }));
}

const waitingFor = (scene: Scene, name: string): string => scene.whyPending(name) ?? "";

test("a volume of a zone draws its pod there, and one of two zones into either", () => {
  const scene = zoned();
  scene.create(persistentvolumes, { ...volume("one"), metadata: { name: "one", labels: { [ZONE]: "b" } } });
  scene.create(persistentvolumes, { ...volume("none"), metadata: { name: "none", labels: { [ZONE]: "x__y" } } });
  for (const name of ["one", "none"]) {
    scene.create(persistentvolumeclaims, claim(name, { storageClassName: "manual", volumeName: name }));
    scene.create(pods, sleeper(name, name));
  }
  settle(scene);
  expect(scene.get(pods, "one")?.spec.nodeName).toBe("node-b");
  expect(waitingFor(scene, "none")).toContain("0/3 nodes are available: 3 node(s) had no available volume zone.");
});

test("a node holds as many volumes of a driver as it says", () => {
  const scene = new Scene({ machines: 1 });
  scene.edit(csinodes, "node-1", ({ spec }) => {
    spec.drivers = [{ name: DRIVER, nodeID: "n", allocatable: { count: 1 } }];
  });
  for (const name of ["first", "second"]) {
    disk(scene, name);
    scene.create(pods, sleeper(name, name));
    settle(scene);
  }
  expect(scene.get(pods, "first")?.spec.nodeName).toBe("node-1");
  expect(waitingFor(scene, "second")).toContain("0/1 nodes are available: 1 node(s) exceed max volume count.");
  scene.edit(csinodes, "node-1", ({ spec }) => {
    spec.drivers = [{ name: DRIVER, nodeID: "n", allocatable: { count: 2 } }];
  });
  settle(scene);
  expect(scene.get(pods, "second")?.spec.nodeName).toBe("node-1");
});

test("a driver that reports what it can make is believed", () => {
  const scene = zoned();
  scene.create(csidrivers, { metadata: { name: DRIVER }, spec: { storageCapacity: true } });
  const volumeBindingMode = "WaitForFirstConsumer";
  scene.create(storageclasses, { metadata: { name: "disk" }, provisioner: DRIVER, volumeBindingMode });
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "disk" }));
  scene.create(pods, sleeper("p", "data"));
  settle(scene);
  expect(waitingFor(scene, "p")).toContain("3 node(s) did not have enough free storage.");
  scene.create(csistoragecapacities, {
    metadata: { name: "c", namespace: "default" },
    storageClassName: "disk",
    capacity: "10Gi",
    nodeTopology: { matchLabels: { [ZONE]: "c" } },
  });
  settle(scene);
  const annotations = scene.get(persistentvolumeclaims, "data")?.metadata.annotations ?? {};
  expect(annotations["volume.kubernetes.io/selected-node"]).toBe("node-c");
});

test("a class may say where its volumes are made", () => {
  const scene = zoned();
  scene.create(storageclasses, {
    metadata: { name: "here" },
    provisioner: "rancher.io/local-path",
    volumeBindingMode: "WaitForFirstConsumer",
    allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ["b"] }] }],
  });
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "here" }));
  scene.create(pods, sleeper("p", "data"));
  settle(scene);
  expect(scene.get(pods, "p")?.spec.nodeName).toBe("node-b");
});

test("a driver's volume is attached before it is mounted, to one node at a time", () => {
  const scene = new Scene({ latency: "realistic" });
  disk(scene, "data");
  scene.create(pods, sleeper("p", "data", { nodeName: "node-1" }));
  settle(scene);
  const [attachment] = scene.list(volumeattachments);
  expect(attachment).toMatchObject({
    spec: { attacher: DRIVER, nodeName: "node-1", source: { persistentVolumeName: "data" } },
    status: { attached: false },
  });
  expect(attachment?.metadata.name).toMatch(/^csi-[0-9a-f]{64}$/);
  scene.editStatus(volumeattachments, attachment?.metadata.name ?? "", (one) => {
    one.status = { attached: true };
  });
  scene.pass(200);
  expect(said(scene, "p")).toContain(
    'FailedMount: MountVolume.MountDevice failed for volume "data" : kubernetes.io/csi: attacher.MountDevice failed ' +
      `to create newCsiDriverClient: driver name ${DRIVER} not found in the list of registered CSI drivers`,
  );
  scene.create(pods, sleeper("q", "data", { nodeName: "node-2" }));
  scene.pass(200);
  expect(said(scene, "q")).toContain(
    'FailedAttachVolume: Multi-Attach error for volume "data" Volume is already used by pod(s) p',
  );
  scene.delete(pods, "p", { gracePeriodSeconds: 0 });
  settle(scene);
  expect(scene.list(volumeattachments).map(({ spec }) => spec.nodeName)).toEqual(["node-2"]);
});

test("a class of attributes is kept while a claim names it", () => {
  const scene = new Scene();
  scene.create(volumeattributesclasses, { metadata: { name: "gold" }, driverName: DRIVER, parameters: { iops: "9" } });
  scene.create(persistentvolumeclaims, claim("data", { volumeAttributesClassName: "gold" }));
  scene.delete(volumeattributesclasses, "gold");
  settle(scene);
  expect(scene.get(volumeattributesclasses, "gold")?.metadata.finalizers).toEqual(["kubernetes.io/vac-protection"]);
  scene.delete(persistentvolumeclaims, "data");
  settle(scene);
  expect(scene.get(volumeattributesclasses, "gold")).toBeUndefined();
});

test("a volume nobody makes is waited for, for ten minutes at a time", () => {
  const scene = new Scene({ machines: 1, latency: "realistic" });
  const volumeBindingMode = "WaitForFirstConsumer";
  scene.create(storageclasses, { metadata: { name: "disk" }, provisioner: DRIVER, volumeBindingMode });
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "disk" }));
  scene.create(pods, sleeper("p", "data"));
  scene.pass(500);
  expect(scene.said("p")).toEqual([]);
  expect(scene.get(pods, "p")?.status?.nominatedNodeName).toBe("node-1");
  scene.pass(700);
  const message = 'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded';
  expect(scene.said("p")).toEqual([`FailedScheduling: ${message}`]);
});
