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

test("a claim a pod uses is kept until the pod has gone, a volume until its claim has", () => {
  const scene = new Scene();
  scene.create(persistentvolumes, volume("pv"));
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "manual" }));
  scene.create(pods, sleeper("p", "data", { terminationGracePeriodSeconds: 0 }));
  settle(scene);
  scene.delete(persistentvolumes, "pv");
  scene.delete(persistentvolumeclaims, "data");
  settle(scene);
  expect(scene.get(persistentvolumes, "pv")?.metadata.finalizers).toEqual(["kubernetes.io/pv-protection"]);
  expect(scene.get(persistentvolumeclaims, "data")?.metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
  scene.delete(pods, "p");
  settle(scene);
  expect(scene.get(persistentvolumeclaims, "data")).toBeUndefined();
  expect(scene.get(persistentvolumes, "pv")).toBeUndefined();
});

test("Retain keeps volume and files, and another volume over the same path finds them", () => {
  const scene = new Scene();
  scene.create(persistentvolumes, volume("pv"));
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "manual" }));
  scene.create(pods, sleeper("p", "data", { nodeName: "node-1" }));
  settle(scene);
  sh(scene, "p", "echo kept > /data/x");
  scene.delete(pods, "p", { gracePeriodSeconds: 0 });
  scene.delete(persistentvolumeclaims, "data");
  settle(scene);
  expect(scene.get(persistentvolumes, "pv")?.status?.phase).toBe("Released");
  // A released volume is nobody's until somebody takes the promise back.
  scene.create(persistentvolumeclaims, claim("again", { storageClassName: "manual" }));
  settle(scene);
  expect(phaseOf(scene, "again")).toBe("Pending");
  scene.edit(persistentvolumes, "pv", ({ spec }) => delete spec.claimRef);
  scene.create(pods, sleeper("q", "again", { nodeName: "node-1" }));
  settle(scene);
  expect(sh(scene, "q", "cat /data/x")).toBe("kept\n");
});

test("Delete takes a made volume away with its claim; another that cannot be deleted fails", () => {
  const scene = new Scene();
  scene.create(persistentvolumeclaims, claim("made"));
  scene.create(pods, sleeper("p", "made"));
  scene.create(persistentvolumes, volume("hand", { persistentVolumeReclaimPolicy: "Delete" }));
  scene.create(
    persistentvolumes,
    volume("temp", { persistentVolumeReclaimPolicy: "Delete", hostPath: { path: "/tmp/x" } }),
  );
  scene.create(persistentvolumeclaims, claim("a", { storageClassName: "manual", volumeName: "hand" }));
  scene.create(persistentvolumeclaims, claim("b", { storageClassName: "manual", volumeName: "temp" }));
  settle(scene);
  sh(scene, "p", "echo x > /data/x");
  const files = () => [...scene.cluster.cells.entries("files")].filter(([id]) => id.startsWith("shared/"));
  expect(files()).toHaveLength(1);
  scene.delete(pods, "p", { gracePeriodSeconds: 0 });
  for (const name of ["made", "a", "b"]) scene.delete(persistentvolumeclaims, name);
  settle(scene);
  expect(scene.list(persistentvolumes).map(({ metadata, status }) => `${metadata.name} ${status?.phase}`)).toEqual([
    "hand Failed",
  ]);
  expect(files()).toHaveLength(0);
  expect(said(scene, "hand")).toEqual([
    "VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /mnt/hand",
  ]);
});

test("Recycle scrubs the volume with a pod and frees it", () => {
  const scene = new Scene({ machines: 1 });
  scene.create(persistentvolumes, volume("pv", { persistentVolumeReclaimPolicy: "Recycle" }));
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "manual" }));
  scene.create(pods, sleeper("p", "data"));
  settle(scene);
  sh(scene, "p", "mkdir /data/d; echo x > /data/d/x");
  scene.delete(pods, "p", { gracePeriodSeconds: 0 });
  scene.delete(persistentvolumeclaims, "data");
  settle(scene);
  expect(scene.get(persistentvolumes, "pv")?.status?.phase).toBe("Available");
  expect(said(scene, "pv")).toEqual(["VolumeRecycled: Volume recycled"]);
  scene.create(persistentvolumeclaims, claim("next", { storageClassName: "manual" }));
  scene.create(pods, sleeper("q", "next"));
  settle(scene);
  expect(sh(scene, "q", "ls -A /data")).toBe("");
});

test("a claim whose volume is taken away is lost", () => {
  const scene = new Scene();
  scene.create(persistentvolumes, volume("pv"));
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "manual" }));
  settle(scene);
  scene.edit(persistentvolumes, "pv", ({ metadata }) => {
    metadata.finalizers = [];
  });
  scene.delete(persistentvolumes, "pv");
  settle(scene);
  expect(phaseOf(scene, "data")).toBe("Lost");
  expect(said(scene, "data")).toEqual([
    "ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!",
  ]);
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

test("an ephemeral volume gets a claim of its own, which goes with the pod", () => {
  const scene = new Scene();
  const { spec } = claim("x");
  const { spec: podSpec } = sleeper("p", "x");
  const volumes = [{ name: "v", ephemeral: { volumeClaimTemplate: { metadata: { labels: { of: "p" } }, spec } } }];
  scene.create(pods, { metadata: { name: "p", namespace: "default" }, spec: { ...podSpec, volumes } });
  settle(scene);
  expect(scene.get(pods, "p")?.status?.phase).toBe("Running");
  const made = scene.need(persistentvolumeclaims, "p-v");
  expect(made.metadata.labels).toEqual({ of: "p" });
  expect(made.metadata.ownerReferences).toMatchObject([{ kind: "Pod", name: "p", controller: true }]);
  scene.delete(pods, "p", { gracePeriodSeconds: 0 });
  settle(scene);
  expect(scene.list(persistentvolumeclaims)).toEqual([]);
  expect(scene.list(persistentvolumes)).toEqual([]);
});

test("a claim grows where its class lets it, and says so while it does", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(storageclasses, {
    metadata: { name: "elastic" },
    provisioner: "rancher.io/local-path",
    allowVolumeExpansion: true,
  });
  scene.create(persistentvolumeclaims, claim("data", { storageClassName: "elastic" }));
  scene.create(persistentvolumeclaims, claim("fixed"));
  scene.create(pods, sleeper("p", "fixed"));
  settle(scene);
  const grow = (name: string, storage: string) =>
    scene.edit(persistentvolumeclaims, name, ({ spec }) => {
      spec.resources = { requests: { storage } };
    });
  grow("data", "3Gi");
  expect(scene.get(persistentvolumeclaims, "data")?.status).toMatchObject({
    capacity: { storage: "1Gi" },
    allocatedResourceStatuses: { storage: "ControllerResizeInProgress" },
    conditions: [{ type: "Resizing", status: "True" }],
  });
  settle(scene);
  expect(scene.get(persistentvolumeclaims, "data")?.status).toEqual({
    phase: "Bound",
    accessModes: ["ReadWriteOnce"],
    allocatedResources: { storage: "3Gi" },
    capacity: { storage: "3Gi" },
  });
  expect(
    scene
      .list(persistentvolumes)
      .map(({ spec }) => spec.capacity?.["storage"])
      .sort(),
  ).toEqual(["1Gi", "3Gi"]);
  expect(
    said(scene, "data")
      .slice(-3)
      .map((text) => text.split(":")[0]),
  ).toEqual(["ExternalExpanding", "Resizing", "VolumeResizeSuccessful"]);
  expect(() => grow("fixed", "3Gi")).toThrow(
    'persistentvolumeclaims "fixed" is forbidden: only dynamically provisioned pvc can be resized and the ' +
      "storageclass that provisions the pvc must support resize",
  );
  expect(() => grow("data", "2Gi")).toThrow("field can not be less than status.capacity");
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
