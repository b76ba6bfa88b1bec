/**
 * Goal: a StatefulSet makes, scales, updates and rolls back its pods in upstream's order and words.
 * Method: run the production cluster in virtual time and look at pods, revisions, status and events.
 */
import { expect, test } from "vitest";
import type { PersistentVolumeClaim, StatefulSet } from "#kernel/api/types.gen";
import type { Draft } from "#kernel/registry/definition";
import { controllerrevisions } from "#kernel/resources/apps/controllerrevision";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { Scene } from "#test/support/scene";

type Spec = Partial<StatefulSet["spec"]>;

function webSet(replicas: number, spec: Spec = {}): Draft<StatefulSet> {
  return {
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas,
      serviceName: "nginx",
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx:1.27" }] } },
      ...spec,
    },
  };
}

function sceneWith(replicas: number, spec: Spec = {}, latency: "none" | "realistic" = "none"): Scene {
  const scene = new Scene({ latency });
  scene.create(statefulsets, webSet(replicas, spec));
  scene.settle();
  return scene;
}

const names = (scene: Scene): string[] => scene.list(pods).map(({ metadata }) => metadata.name);

const images = (scene: Scene): Record<string, string | undefined> =>
  Object.fromEntries(scene.list(pods).map(({ metadata, spec }) => [metadata.name, spec.containers[0]?.image]));

const setImage = (scene: Scene, image: string): void => {
  scene.edit(statefulsets, "web", ({ spec }) => {
    const [container] = spec.template.spec.containers;
    if (container !== undefined) container.image = image;
  });
};

test("pods are made in order, each when the one before is ready, with lasting names", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(statefulsets, webSet(3));
  expect(names(scene)).toEqual(["web-0"]);
  scene.settle();
  expect(names(scene)).toEqual(["web-0", "web-1", "web-2"]);
  const created = scene.list(pods).map(({ metadata }) => metadata.creationTimestamp);
  expect(new Set(created).size).toBe(3);

  const { metadata, spec } = scene.need(pods, "web-1");
  const revision = scene.need(statefulsets, "web").status?.updateRevision;
  expect(metadata.labels).toEqual({
    app: "web",
    "apps.kubernetes.io/pod-index": "1",
    "controller-revision-hash": revision,
    "statefulset.kubernetes.io/pod-name": "web-1",
  });
  expect([spec.hostname, spec.subdomain]).toEqual(["web-1", "nginx"]);
  expect(scene.said("web")).toEqual([
    "SuccessfulCreate: create Pod web-0 in StatefulSet web successful",
    "SuccessfulCreate: create Pod web-1 in StatefulSet web successful",
    "SuccessfulCreate: create Pod web-2 in StatefulSet web successful",
  ]);
});

test("the status counts as upstream's", () => {
  const scene = sceneWith(2);
  const { status } = scene.need(statefulsets, "web");
  const [revision] = scene.list(controllerrevisions);
  expect(status).toEqual({
    availableReplicas: 2,
    collisionCount: 0,
    currentReplicas: 2,
    currentRevision: revision?.metadata.name,
    observedGeneration: 1,
    readyReplicas: 2,
    replicas: 2,
    updateRevision: revision?.metadata.name,
    updatedReplicas: 2,
  });
});

test("Parallel makes all at once; a start ordinal moves the names", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(statefulsets, webSet(3, { podManagementPolicy: "Parallel", ordinals: { start: 5 } }));
  expect(names(scene)).toEqual(["web-5", "web-6", "web-7"]);
});

test("scaling down takes the highest first; a deleted pod comes back under its name", () => {
  const scene = sceneWith(3);
  scene.edit(statefulsets, "web", ({ spec }) => {
    spec.replicas = 1;
  });
  scene.settle();
  expect(names(scene)).toEqual(["web-0"]);
  expect(scene.said("web", "SuccessfulDelete")).toEqual([
    "SuccessfulDelete: delete Pod web-2 in StatefulSet web successful",
    "SuccessfulDelete: delete Pod web-1 in StatefulSet web successful",
  ]);
  const { uid } = scene.need(pods, "web-0").metadata;
  scene.delete(pods, "web-0");
  scene.settle();
  expect(scene.need(pods, "web-0").metadata.uid).not.toBe(uid);
});

test("a rolling update replaces from the highest; undo puts the old revision back under a new number", () => {
  const scene = sceneWith(3);
  setImage(scene, "nginx:1.28");
  scene.settle();
  expect(images(scene)).toEqual({ "web-0": "nginx:1.28", "web-1": "nginx:1.28", "web-2": "nginx:1.28" });
  expect(scene.said("web", "SuccessfulDelete").map((text) => text.split(" ")[3])).toEqual(["web-2", "web-1", "web-0"]);
  const { status } = scene.need(statefulsets, "web");
  expect(status?.currentRevision).toBe(status?.updateRevision);

  setImage(scene, "nginx:1.27");
  scene.settle();
  const revisions = scene.list(controllerrevisions).map(({ revision }) => revision);
  expect(revisions.sort()).toEqual([2, 3]);
  expect(images(scene)["web-0"]).toBe("nginx:1.27");
});

test("a partition holds the lower pods back, also when they are made anew", () => {
  const scene = sceneWith(3, { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } });
  setImage(scene, "nginx:1.28");
  scene.settle();
  expect(images(scene)).toEqual({ "web-0": "nginx:1.27", "web-1": "nginx:1.27", "web-2": "nginx:1.28" });
  scene.delete(pods, "web-0");
  scene.settle();
  expect(images(scene)["web-0"]).toBe("nginx:1.27");
  const { status } = scene.need(statefulsets, "web");
  expect([status?.currentReplicas, status?.updatedReplicas]).toEqual([2, 1]);
});

test("OnDelete waits until somebody deletes a pod", () => {
  const scene = sceneWith(2, { updateStrategy: { type: "OnDelete" } });
  setImage(scene, "nginx:1.28");
  scene.settle();
  expect(images(scene)).toEqual({ "web-0": "nginx:1.27", "web-1": "nginx:1.27" });
  scene.delete(pods, "web-0");
  scene.settle();
  expect(images(scene)).toEqual({ "web-0": "nginx:1.28", "web-1": "nginx:1.27" });
});

test("maxUnavailable replaces several at a time", () => {
  const rollingUpdate = { maxUnavailable: 2 };
  const spec: Spec = { podManagementPolicy: "Parallel", updateStrategy: { type: "RollingUpdate", rollingUpdate } };
  const scene = sceneWith(4, spec, "realistic");
  setImage(scene, "nginx:1.28");
  const going = scene.list(pods).filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  expect(going.map(({ metadata }) => metadata.name)).toEqual(["web-2", "web-3"]);
});

test("minReadySeconds delays the next pod", () => {
  const scene = sceneWith(2, { minReadySeconds: 30 });
  const [first, second] = scene.list(pods).map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ""));
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(30_000);
  expect(scene.need(statefulsets, "web").status?.availableReplicas).toBe(2);
});

test("old revisions go beyond the limit", () => {
  const scene = sceneWith(1, { revisionHistoryLimit: 1 });
  for (const tag of ["1", "2", "3", "4"]) {
    setImage(scene, `nginx:1.2${tag}`);
    scene.settle();
  }
  expect(
    scene
      .list(controllerrevisions)
      .map(({ revision }) => revision)
      .sort(),
  ).toEqual([4, 5]);
});

test("a StatefulSet that goes takes its pods and its history along", () => {
  for (const propagationPolicy of ["Background", "Foreground"] as const) {
    const scene = sceneWith(2);
    scene.delete(statefulsets, "web", { propagationPolicy });
    scene.settle();
    expect([scene.list(statefulsets), names(scene), scene.list(controllerrevisions)]).toEqual([[], [], []]);
  }
});

/** Pods that never start, all made at once, each with a claim. */
function sceneWithClaims(whenScaled: string, whenDeleted: string): Scene {
  const scene = new Scene({ kubelet: false });
  const data = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  scene.create(
    statefulsets,
    webSet(2, {
      podManagementPolicy: "Parallel",
      persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted },
      volumeClaimTemplates: [{ metadata: { name: "data" }, spec: data } as unknown as PersistentVolumeClaim],
    }),
  );
  scene.settle();
  return scene;
}

test("each pod has claims of its own, kept or given up as the policy says", () => {
  const left = (scene: Scene): string[] => scene.list(persistentvolumeclaims).map(({ metadata }) => metadata.name);
  const scaleDown = (scene: Scene): void => {
    scene.edit(statefulsets, "web", ({ spec }) => {
      spec.replicas = 1;
    });
    scene.settle();
  };
  const keeping = sceneWithClaims("Retain", "Retain");
  expect(left(keeping)).toEqual(["data-web-0", "data-web-1"]);
  expect(keeping.need(persistentvolumeclaims, "data-web-0").metadata.labels).toEqual({ app: "web" });
  expect(keeping.need(pods, "web-1").spec.volumes?.[0]).toEqual({
    name: "data",
    persistentVolumeClaim: { claimName: "data-web-1" },
  });
  expect(keeping.said("web")).toContain(
    "SuccessfulCreate: create Claim data-web-0 Pod web-0 in StatefulSet web success",
  );
  scaleDown(keeping);
  expect(left(keeping)).toEqual(["data-web-0", "data-web-1"]);

  const scaled = sceneWithClaims("Delete", "Retain");
  scaleDown(scaled);
  expect(left(scaled)).toEqual(["data-web-0"]);

  const deleted = sceneWithClaims("Retain", "Delete");
  expect(deleted.need(persistentvolumeclaims, "data-web-0").metadata.ownerReferences?.[0]).toMatchObject({
    kind: "StatefulSet",
  });
  deleted.delete(statefulsets, "web", { propagationPolicy: "Background" });
  deleted.settle();
  expect(left(deleted)).toEqual([]);
});

test("a claim whose pod was scaled away is made anew for the next one of its name", () => {
  const scene = sceneWithClaims("Delete", "Retain");
  const before = scene.need(persistentvolumeclaims, "data-web-1").metadata.uid;
  for (const replicas of [1, 2]) {
    scene.edit(statefulsets, "web", ({ spec }) => {
      spec.replicas = replicas;
    });
  }
  scene.settle();
  const after = scene.need(persistentvolumeclaims, "data-web-1").metadata;
  expect(after.uid).not.toBe(before);
  expect(scene.need(pods, "web-1").spec.volumes?.[0]?.persistentVolumeClaim?.claimName).toBe("data-web-1");
});
