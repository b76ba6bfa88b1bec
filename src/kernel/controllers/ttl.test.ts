/**
 * Goal: nodes are told how long their kubelets may keep what they have read, by the size of the cluster.
 * Method: clusters of sizes around the steps.
 */
import { expect, test } from "vitest";
import { nodes } from "#kernel/resources/core/node";
import { Scene } from "#test/support/scene";

const told = (scene: Scene, name: string): string | undefined =>
  scene.need(nodes, name).metadata.annotations?.["node.alpha.kubernetes.io/ttl"];

test("a larger cluster keeps longer, and one that shrinks a little changes nothing", () => {
  const scene = new Scene({ machines: 0, kubelet: false });
  scene.turn(({ admin }) => {
    for (let n = 0; n < 100; n += 1) admin.create(nodes, { metadata: { name: `n${n}` }, spec: {} });
  });
  scene.settle();
  expect(told(scene, "n0")).toBe("0");
  scene.create(nodes, { metadata: { name: "one-more" }, spec: {} });
  expect(told(scene, "one-more")).toBe("15");
  for (let n = 0; n < 5; n += 1) scene.delete(nodes, `n${n}`);
  scene.edit(nodes, "one-more", ({ metadata }) => {
    metadata.labels = { a: "b" };
  });
  scene.edit(nodes, "n50", ({ metadata }) => {
    metadata.labels = { a: "b" };
  });
  expect([told(scene, "one-more"), told(scene, "n50")]).toEqual(["15", "0"]);
});
