/**
 * Goal: a ReplicationController keeps its pods as a ReplicaSet does, and says so in its own name.
 * Method: run the production cluster in virtual time and look at pods, status and events.
 */
import { expect, test } from "vitest";
import type { ReplicationController } from "#kernel/api/types.gen";
import type { Draft } from "#kernel/registry/definition";
import { events } from "#kernel/resources/core/event";
import { pods } from "#kernel/resources/core/pod";
import { replicationcontrollers } from "#kernel/resources/core/replicationcontroller";
import { Scene } from "#test/support/scene";

const web = (replicas: number): Draft<ReplicationController> => ({
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas,
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx:1.27" }] } },
  },
});

test("it makes its pods, and takes selector and labels from the template", () => {
  const scene = new Scene();
  scene.create(replicationcontrollers, web(2));
  scene.settle();
  const { metadata, spec, status } = scene.need(replicationcontrollers, "web");
  expect([metadata.labels, spec.selector]).toEqual([{ app: "web" }, { app: "web" }]);
  expect(status).toEqual({
    availableReplicas: 2,
    fullyLabeledReplicas: 2,
    observedGeneration: 1,
    readyReplicas: 2,
    replicas: 2,
  });
  const [first] = scene.list(pods);
  expect(first?.metadata.ownerReferences?.[0]).toMatchObject({ apiVersion: "v1", kind: "ReplicationController" });
  const said = scene.list(events).find(({ reason }) => reason === "SuccessfulCreate");
  expect(said?.source?.component).toBe("replication-controller");
});

test("it follows its scale, and leaves its pods behind unless told otherwise", () => {
  const scene = new Scene();
  scene.create(replicationcontrollers, web(3));
  scene.settle();
  scene.edit(replicationcontrollers, "web", ({ spec }) => {
    spec.replicas = 1;
  });
  scene.settle();
  expect(scene.list(pods)).toHaveLength(1);
  scene.delete(replicationcontrollers, "web");
  scene.settle();
  expect(scene.list(replicationcontrollers)).toEqual([]);
  expect(scene.list(pods).map(({ metadata }) => metadata.ownerReferences)).toEqual([undefined]);
});
