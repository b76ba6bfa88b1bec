/**
 * Goal: pods of one ReplicaSet keep what is equal in them once, with unchanged values, before and after a restart.
 * Method: run a Deployment in the production cluster, rebuild it from its rows, compare identities and texts.
 */
import { expect, test } from "vitest";
import type { Pod } from "#kernel/api/types.gen";
import type { Cluster } from "#kernel/cluster/cluster";
import { exportCluster, importCluster } from "#kernel/cluster/snapshot";
import { deployments } from "#kernel/resources/apps/deployment";
import { pods } from "#kernel/resources/core/pod";
import { jsonText } from "#kernel/store/json-text";
import { Scene, webDeployment } from "#test/support/scene";

test("siblings share their parts, and read as if they did not", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(3));
  scene.settle();
  const restored = importCluster(exportCluster(scene.cluster), scene.cluster.now);
  for (const { store } of [scene.cluster, restored]) {
    const [one, other] = store.list(pods.bucket) as readonly Pod[];
    expect(one?.metadata.name).not.toBe(other?.metadata.name);
    expect(one?.metadata.ownerReferences).toBe(other?.metadata.ownerReferences);
    expect(one?.spec.tolerations).toBe(other?.spec.tolerations);
    expect(one?.spec.containers[0]?.ports).toBe(other?.spec.containers[0]?.ports);
  }
  const texts = (cluster: Cluster) => cluster.store.list(pods.bucket).map(jsonText);
  expect(texts(restored)).toEqual(texts(scene.cluster));
});
