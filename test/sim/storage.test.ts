/**
 * Goal: claims find their volumes, or have them made, and pods go where they can use them.
 * Method: run the production cluster in virtual time, and look at objects and events.
 */
import { expect, test } from "vitest";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { Scene } from "#test/support/scene";

import { type ClaimSpec, claim, phaseOf, said, settle, sleeper, volume } from "#test/support/storage";

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

test("a claim takes the smallest volume that suits it in class, modes, size and labels", () => {
  const scene = new Scene();
  scene.create(persistentvolumes, volume("big", { capacity: { storage: "50Gi" } }));
  scene.create(persistentvolumes, volume("tiny", { capacity: { storage: "1Gi" } }));
  scene.create(persistentvolumes, volume("shared", { accessModes: ["ReadWriteOnce", "ReadWriteMany"] }));
  scene.create(persistentvolumes, volume("other", { storageClassName: "other" }));
  scene.create(persistentvolumes, volume("device", { volumeMode: "Block" }));
  scene.create(persistentvolumes, { ...volume("ssd"), metadata: { name: "ssd", labels: { disk: "ssd" } } });
  const wants = (name: string, spec: Partial<ClaimSpec>) =>
    scene.create(persistentvolumeclaims, claim(name, { storageClassName: "manual", ...spec }));
  const size = (storage: string) => ({ resources: { requests: { storage } } });
  wants("labelled", { ...size("2Gi"), selector: { matchLabels: { disk: "ssd" } } });
  wants("middle", size("2Gi"));
  wants("many", { ...size("1Gi"), accessModes: ["ReadWriteMany"] });
  wants("block", { ...size("1Gi"), volumeMode: "Block" });
  wants("small", size("1Gi"));
  wants("huge", size("100Gi"));
  settle(scene);
  const found = scene.list(persistentvolumeclaims).map(({ metadata, spec }) => [metadata.name, spec.volumeName ?? ""]);
  expect(Object.fromEntries(found)).toEqual({
    labelled: "ssd",
    middle: "big",
    many: "shared",
    block: "device",
    small: "tiny",
    huge: "",
  });
  expect(scene.get(persistentvolumes, "other")?.status?.phase).toBe("Available");
  expect(said(scene, "huge")).toEqual(['ProvisioningFailed: storageclass.storage.k8s.io "manual" not found']);
});

test("a volume that comes later is given to the claim that waits for it", () => {
  const scene = new Scene();
  scene.create(persistentvolumeclaims, claim("none", { storageClassName: "" }));
  settle(scene);
  expect(said(scene, "none")).toEqual([
    "FailedBinding: no persistent volumes available for this claim and no storage class is set",
  ]);
  scene.create(persistentvolumes, volume("late", { storageClassName: "" }));
  settle(scene);
  expect(phaseOf(scene, "none")).toBe("Bound");
});

test("a claim may name its volume and a volume its claim", () => {
  const scene = new Scene();
  scene.create(persistentvolumes, volume("kept", { claimRef: { namespace: "default", name: "heir" } }));
  settle(scene);
  expect(scene.get(persistentvolumes, "kept")?.status?.phase).toBe("Available");
  scene.create(persistentvolumeclaims, claim("stranger", { storageClassName: "manual" }));
  scene.create(persistentvolumeclaims, claim("thief", { storageClassName: "manual", volumeName: "kept" }));
  scene.create(persistentvolumes, volume("small", { capacity: { storage: "1Mi" } }));
  scene.create(persistentvolumeclaims, claim("greedy", { storageClassName: "manual", volumeName: "small" }));
  scene.create(persistentvolumeclaims, claim("heir", { storageClassName: "manual" }));
  settle(scene);
  expect(["stranger", "thief", "greedy", "heir"].map((name) => phaseOf(scene, name))).toEqual([
    "Pending",
    "Pending",
    "Pending",
    "Bound",
  ]);
  expect(said(scene, "thief")).toEqual(['FailedBinding: volume "kept" already bound to a different claim.']);
  expect(said(scene, "greedy")).toEqual([
    'VolumeMismatch: Cannot bind to requested volume "small": requested PV is too small',
  ]);
  const annotations = scene.get(persistentvolumes, "kept")?.metadata.annotations ?? {};
  expect(annotations["pv.kubernetes.io/bound-by-controller"]).toBeUndefined();
});

test("a local volume draws its pod to its node", () => {
  const scene = new Scene();
  scene.create(storageclasses, {
    metadata: { name: "local" },
    provisioner: "kubernetes.io/no-provisioner",
    volumeBindingMode: "WaitForFirstConsumer",
  });
  const required = {
    nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["node-3"] }] }],
  };
  const { hostPath: _, ...spec } = volume("pv", { storageClassName: "local" }).spec;
  scene.create(persistentvolumes, {
    metadata: { name: "pv" },
    spec: { ...spec, local: { path: "/mnt/disks/a" }, nodeAffinity: { required } },
  });
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "local" }));
  settle(scene);
  expect(phaseOf(scene, "data")).toBe("Pending");
  scene.create(pods, sleeper("p", "data"));
  scene.create(persistentvolumeclaims, claim("more", { storageClassName: "local" }));
  settle(scene);
  expect(phaseOf(scene, "data")).toBe("Bound");
  expect(scene.get(pods, "p")?.spec.nodeName).toBe("node-3");
  scene.create(pods, sleeper("q", "more"));
  scene.create(pods, sleeper("r", "data", { nodeSelector: { "kubernetes.io/hostname": "node-1" } }));
  settle(scene);
  expect(scene.whyPending("q")).toContain(
    "0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind.",
  );
  expect(scene.whyPending("r")).toContain("1 node(s) didn't match PersistentVolume's node affinity");
});

test("an unbound claim of an immediate class holds its pod back", () => {
  const scene = new Scene();
  scene.create(storageclasses, { metadata: { name: "far" }, provisioner: "example.com/far" });
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "far" }));
  scene.create(pods, sleeper("p", "data"));
  scene.create(pods, sleeper("q", "nothing"));
  settle(scene);
  expect(scene.whyPending("p")).toContain("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.");
  expect(scene.whyPending("q")).toContain('0/3 nodes are available: persistentvolumeclaim "nothing" not found.');
  scene.create(persistentvolumes, volume("pv", { storageClassName: "far" }));
  settle(scene);
  expect(scene.get(pods, "p")?.status?.phase).toBe("Running");
});

test("a claim for one pod alone is not given to a second", () => {
  const scene = new Scene();
  scene.create(persistentvolumeclaims, claim("data", { accessModes: ["ReadWriteOncePod"] }));
  scene.create(pods, sleeper("p", "data"));
  settle(scene);
  scene.create(pods, sleeper("q", "data"));
  settle(scene);
  expect(scene.whyPending("q")).toContain(
    "3 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
  );
  scene.delete(pods, "p", { gracePeriodSeconds: 0 });
  settle(scene);
  expect(scene.get(pods, "q")?.status?.phase).toBe("Running");
});

test("a claim of the time before there was a default class gets it when there is one", () => {
  const scene = new Scene();
  scene.edit(storageclasses, "standard", ({ metadata }) => {
    metadata.annotations = {};
  });
  scene.create(persistentvolumeclaims, claim("data"));
  settle(scene);
  expect(scene.get(persistentvolumeclaims, "data")?.spec.storageClassName).toBeUndefined();
  scene.edit(storageclasses, "standard", ({ metadata }) => {
    metadata.annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  });
  settle(scene);
  expect(scene.get(persistentvolumeclaims, "data")?.spec.storageClassName).toBe("standard");
});

test("a pod put on a node by hand says why its claim cannot be mounted, and starts once it can", () => {
  const scene = new Scene({ latency: "realistic" });
  const mount = (name: string, claimName: string) =>
    scene.create(pods, sleeper(name, claimName, { nodeName: "node-1" }));
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "manual" }));
  scene.create(persistentvolumeclaims, claim("disk", { storageClassName: "cloud" }));
  const { hostPath: _, ...spec } = volume("ebs", { storageClassName: "cloud" }).spec;
  const csi = { driver: "ebs.csi.aws.com", volumeHandle: "vol-1" };
  scene.create(persistentvolumes, { metadata: { name: "ebs" }, spec: { ...spec, csi } });
  mount("p", "data");
  mount("q", "missing");
  mount("r", "disk");
  scene.pass(300);
  const why = (claimName: string, detail: string): string =>
    "FailedMount: Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process " +
    `volumes=[v]: error processing PVC default/${claimName}: ${detail}`;
  expect(said(scene, "p")).toEqual([why("data", "PVC is not bound")]);
  expect(said(scene, "q")).toEqual([
    why("missing", 'failed to fetch PVC from API server: persistentvolumeclaims "missing" not found'),
  ]);
  expect(said(scene, "r")).toContain(
    'FailedAttachVolume: AttachVolume.Attach failed for volume "ebs" : timed out waiting for external-attacher of ' +
      "ebs.csi.aws.com CSI driver to attach volume vol-1",
  );
  scene.create(persistentvolumes, volume("pv"));
  settle(scene);
  expect(scene.get(pods, "p")?.status?.phase).toBe("Running");
});
