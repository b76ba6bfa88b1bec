/**
 * Goal: volumes live longer than pods and nodes, grow, and end as their policy says.
 * Method: run the production cluster in virtual time, write files through containers, and look at what is left.
 */
import { expect, test } from "vitest";
import type { Cluster } from "#kernel/cluster/cluster";
import { deployments } from "#kernel/resources/apps/deployment";
import { nodes } from "#kernel/resources/core/node";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { Simulation } from "#test/sim/clusters";
import { BEGIN, Scene } from "#test/support/scene";
import { claim, phaseOf, said, settle, sh, sleeper, volume } from "#test/support/storage";

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

test("a cluster thrown out of memory at every step makes, grows and deletes the same volumes", () => {
  const live = (isEvicted: boolean): string => {
    const simulation = new Simulation("storage");
    const step = (work: (cluster: Cluster) => void): void => {
      simulation.turn((cluster) => work(cluster));
      for (let n = 0; n < 12; n += 1) {
        if (isEvicted) simulation.evict();
        simulation.advance(1_000);
      }
    };
    const key = { namespace: "default", name: "data" };
    step((cluster) => {
      cluster.admin.create(storageclasses, {
        metadata: { name: "elastic" },
        provisioner: "rancher.io/local-path",
        allowVolumeExpansion: true,
        volumeBindingMode: "WaitForFirstConsumer",
      });
      cluster.admin.create(persistentvolumeclaims, claim("data", { storageClassName: "elastic" }));
    });
    step((cluster) => void cluster.admin.create(pods, sleeper("p", "data", { terminationGracePeriodSeconds: 1 })));
    step((cluster) => {
      const found = cluster.admin.need(persistentvolumeclaims, key);
      const resources = { requests: { storage: "4Gi" } };
      cluster.admin.update(persistentvolumeclaims, { ...found, spec: { ...found.spec, resources } });
    });
    expect(simulation.cluster.admin.get(persistentvolumeclaims, key)?.status?.capacity).toEqual({ storage: "4Gi" });
    step((cluster) => void cluster.admin.delete(persistentvolumeclaims, key));
    step((cluster) => void cluster.admin.delete(pods, { namespace: "default", name: "p" }));
    expect(simulation.cluster.admin.list(persistentvolumes)).toEqual([]);
    return simulation.bytes;
  };
  expect(live(true)).toBe(live(false));
});
