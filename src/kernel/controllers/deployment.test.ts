/**
 * Goal: a Deployment rolls out, rolls back, scales, pauses, recreates and gives up as the real controller does.
 * Method: run the production cluster in virtual time and read statuses, revisions and events.
 */
import { expect, test } from "vitest";
import type { Deployment } from "#kernel/api/types.gen";
import { deployments } from "#kernel/resources/apps/deployment";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { pods } from "#kernel/resources/core/pod";
import { Scene, webDeployment } from "#test/support/scene";

const setImage = (scene: Scene, image: string) =>
  scene.edit(deployments, "web", ({ spec }) => {
    for (const container of spec.template.spec.containers) container.image = image;
  });

const broken = (deployment: { spec: Deployment["spec"] }): void => {
  for (const container of deployment.spec.template.spec.containers) {
    container.readinessProbe = { exec: { command: ["false"] } };
  }
};

const sizes = (scene: Scene): Record<string, number> =>
  Object.fromEntries(
    scene
      .list(replicasets)
      .map(({ metadata, spec }) => [
        metadata.annotations?.["deployment.kubernetes.io/revision"] ?? "",
        spec.replicas ?? 1,
      ]),
  );

test("a new Deployment makes a ReplicaSet with the template's hash, its pods, and says so", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(3));
  scene.settle();
  const [rs] = scene.list(replicasets);
  const hash = rs?.metadata.labels?.["pod-template-hash"];
  expect(rs?.metadata.name).toBe(`web-${hash}`);
  expect(rs?.spec.selector.matchLabels).toEqual({ app: "web", "pod-template-hash": hash });
  expect(rs?.metadata.annotations).toEqual({
    "deployment.kubernetes.io/desired-replicas": "3",
    "deployment.kubernetes.io/max-replicas": "4",
    "deployment.kubernetes.io/revision": "1",
  });
  expect(scene.list(pods).map(({ metadata }) => metadata.labels?.["pod-template-hash"])).toEqual([hash, hash, hash]);
  expect(scene.need(deployments, "web").metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("1");
  expect(scene.rollout("web")).toEqual({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
    conditions: ["Available=True MinimumReplicasAvailable", "Progressing=True NewReplicaSetAvailable"],
  });
  expect(scene.said("web")).toEqual([`ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 3`]);
  expect(scene.said(`web-${hash}`, "SuccessfulCreate")).toHaveLength(3);
});

test("a rolling update never has fewer available or more pods than its fenceposts allow", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(deployments, webDeployment(4));
  scene.settle();
  setImage(scene, "nginx:1.28");
  for (let n = 0; n < 400; n += 1) {
    scene.pass(0.1);
    const { replicas = 0, availableReplicas = 0 } = scene.need(deployments, "web").status ?? {};
    expect(replicas).toBeLessThanOrEqual(5);
    expect(availableReplicas).toBeGreaterThanOrEqual(3);
  }
  scene.settle();
  expect(sizes(scene)).toEqual({ 1: 0, 2: 4 });
  expect(scene.rollout("web")).toMatchObject({ updatedReplicas: 4, availableReplicas: 4 });
});

test("going back to an old template uses its ReplicaSet again, under a new revision", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(2));
  setImage(scene, "nginx:1.28");
  scene.settle();
  setImage(scene, "nginx:1.27");
  scene.settle();
  expect(sizes(scene)).toEqual({ 2: 0, 3: 2 });
  const old = scene.list(replicasets).find(({ spec }) => spec.replicas === 2);
  expect(old?.metadata.annotations?.["deployment.kubernetes.io/revision-history"]).toBe("1");
});

test("a revision is a number of 64 bits: the next one after a ReplicaSet taken over is one more, exactly", () => {
  const scene = new Scene();
  const { selector, template } = webDeployment(1).spec;
  const annotations = { "deployment.kubernetes.io/revision": "3546343826724305832" };
  scene.create(replicasets, {
    metadata: { name: "older", namespace: "default", labels: { app: "web" }, annotations },
    spec: { replicas: 1, selector, template },
  });
  scene.settle();
  scene.create(
    deployments,
    webDeployment(1, ({ spec: s }) =>
      Object.assign(s.template, { spec: { containers: [{ name: "d", image: "nginx:1.28" }] } }),
    ),
  );
  scene.settle();
  expect(scene.need(deployments, "web").metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe(
    "3546343826724305833",
  );
});

test("a rollout that makes no progress is given up at its deadline, and taken up again with the next template", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(2));
  scene.settle();
  scene.edit(deployments, "web", (deployment) => {
    broken(deployment);
    deployment.spec.progressDeadlineSeconds = 30;
  });
  scene.pass(29);
  expect(scene.rollout("web").conditions).toContain("Progressing=True ReplicaSetUpdated");
  scene.pass(3);
  expect(scene.rollout("web").conditions).toEqual([
    "Available=True MinimumReplicasAvailable",
    "Progressing=False ProgressDeadlineExceeded",
  ]);
  scene.edit(deployments, "web", ({ spec }) => {
    for (const container of spec.template.spec.containers) delete container.readinessProbe;
  });
  scene.settle();
  expect(scene.rollout("web").conditions).toContain("Progressing=True NewReplicaSetAvailable");
});

test("a paused Deployment is scaled but not rolled out; resumed, it rolls", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(2));
  scene.edit(deployments, "web", ({ spec }) => {
    spec.paused = true;
  });
  setImage(scene, "nginx:1.28");
  scene.edit(deployments, "web", ({ spec }) => {
    spec.replicas = 3;
  });
  scene.settle();
  expect(sizes(scene)).toEqual({ 1: 3 });
  expect(scene.rollout("web").conditions).toContain("Progressing=Unknown DeploymentPaused");
  scene.edit(deployments, "web", ({ spec }) => {
    spec.paused = false;
  });
  scene.settle();
  expect(sizes(scene)).toEqual({ 1: 0, 2: 3 });
});

test("scaled amid a rollout, ReplicaSets grow in proportion to their size", () => {
  const scene = new Scene({ machines: 6 });
  scene.create(
    deployments,
    webDeployment(10, ({ spec }) => {
      spec.strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
    }),
  );
  scene.settle();
  scene.edit(deployments, "web", broken);
  scene.settle();
  expect(sizes(scene)).toEqual({ 1: 8, 2: 5 });
  scene.edit(deployments, "web", ({ spec }) => {
    spec.replicas = 15;
  });
  scene.settle();
  expect(sizes(scene)).toEqual({ 1: 11, 2: 7 });
});

test("Recreate waits until the last old pod is gone", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(
    deployments,
    webDeployment(3, ({ spec }) => {
      spec.strategy = { type: "Recreate" };
      spec.template.spec.containers = [{ name: "c", image: "busybox", command: ["sleep", "3600"] }];
    }),
  );
  scene.settle();
  setImage(scene, "busybox:1.36");
  scene.pass(10);
  expect(sizes(scene)).toEqual({ 1: 0 });
  expect(scene.list(pods)).toHaveLength(3);
  scene.pass(30);
  scene.settle();
  expect(sizes(scene)).toEqual({ 1: 0, 2: 3 });
});

test("old ReplicaSets beyond the history limit are deleted", () => {
  const scene = new Scene();
  scene.create(
    deployments,
    webDeployment(1, ({ spec }) => {
      spec.revisionHistoryLimit = 1;
    }),
  );
  for (const tag of ["1.28", "1.29", "1.30"]) {
    setImage(scene, `nginx:${tag}`);
    scene.settle();
  }
  expect(sizes(scene)).toEqual({ 3: 0, 4: 1 });
});

test("a namesake in the way of the new ReplicaSet makes another hash", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(1));
  scene.settle();
  const [rs] = scene.list(replicasets);
  const name = rs?.metadata.name ?? "";
  scene.delete(deployments, "web");
  scene.settle();
  scene.create(replicasets, {
    metadata: { name, namespace: "default", labels: { app: "other" } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: "other" } },
      template: { metadata: { labels: { app: "other" } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
    },
  });
  scene.create(deployments, webDeployment(1));
  scene.settle();
  expect(scene.need(deployments, "web").status).toMatchObject({ collisionCount: 1, availableReplicas: 1 });
  expect(scene.list(replicasets)).toHaveLength(2);
});

test("an orphaned ReplicaSet that matches is adopted", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(2));
  scene.settle();
  const before = scene.list(pods).map(({ metadata }) => metadata.name);
  scene.delete(deployments, "web", { propagationPolicy: "Orphan" });
  scene.settle();
  expect(scene.list(replicasets)[0]?.metadata.ownerReferences).toBeUndefined();
  const again = scene.create(deployments, webDeployment(2));
  scene.settle();
  expect(scene.list(replicasets)[0]?.metadata.ownerReferences).toMatchObject([
    { kind: "Deployment", uid: again.metadata.uid },
  ]);
  expect(scene.list(pods).map(({ metadata }) => metadata.name)).toEqual(before);
});
