/**
 * Goal: a pod of a runtime class pays its overhead and goes to its nodes; a class that is not there refuses the pod.
 * Method: classes and pods in the production cluster; a table of refusals and their texts.
 */
import { expect, test } from "vitest";
import type { PodSpec, RuntimeClass } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { events } from "#kernel/resources/core/event";
import { pods } from "#kernel/resources/core/pod";
import { runtimeclasses } from "#kernel/resources/node/runtimeclass";
import { Scene } from "#test/support/scene";

const CLASS = {
  metadata: { name: "vm" },
  handler: "kata",
  overhead: { podFixed: { cpu: "250m", memory: "120Mi" } },
  scheduling: { nodeSelector: { runtime: "kata" }, tolerations: [{ key: "kata", operator: "Exists" }] },
};

const pod = (spec: Partial<PodSpec>) => ({
  metadata: { name: "p", namespace: "default" },
  spec: { containers: [{ name: "c", image: "nginx" }], ...spec },
});

function sceneWithClass(): Scene {
  const scene = new Scene({ machines: [{ name: "a" }, { name: "b", labels: { runtime: "kata" } }] });
  scene.create(runtimeclasses, CLASS);
  return scene;
}

function refused(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
  return "";
}

test("overhead, selector and tolerations become the pod's, and it runs there", () => {
  const scene = sceneWithClass();
  scene.create(pods, pod({ runtimeClassName: "vm" }));
  scene.settle();
  const { spec } = scene.need(pods, "p");
  expect(spec.overhead).toEqual({ cpu: "250m", memory: "120Mi" });
  expect(spec.nodeSelector).toEqual({ runtime: "kata" });
  expect(spec.tolerations).toContainEqual({ key: "kata", operator: "Exists" });
  expect(scene.placed).toEqual({ p: "b" });
});

test.each<[Partial<PodSpec>, string]>([
  [{ runtimeClassName: "x" }, 'pod rejected: RuntimeClass "x" not found'],
  [{ overhead: { cpu: "1" } }, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"],
  [
    { runtimeClassName: "vm", overhead: { cpu: "1" } },
    "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
  ],
  [
    { runtimeClassName: "vm", nodeSelector: { runtime: "runc" } },
    "conflict: runtimeClass.scheduling.nodeSelector[runtime] = kata; pod.spec.nodeSelector[runtime] = runc",
  ],
])("%j is refused", (spec, text) => {
  expect(refused(() => sceneWithClass().create(pods, pod(spec)))).toBe(`pods "p" is forbidden: ${text}`);
});

test("a handler is a label and stays", () => {
  const draft = (handler: string): RuntimeClass => ({ ...CLASS, handler }) as unknown as RuntimeClass;
  expect(refused(() => new Scene({ machines: 0 }).create(runtimeclasses, draft("A_b")))).toContain(
    'handler: Invalid value: "A_b": a lowercase RFC 1123 label must consist of',
  );
  const change = () =>
    sceneWithClass().edit(runtimeclasses, "vm", (one) => {
      one.handler = "runc";
    });
  expect(refused(change)).toContain('handler: Invalid value: "runc": field is immutable');
});

test("a class whose runtime no node has makes no sandbox", () => {
  const scene = new Scene({ machines: 1 });
  scene.create(runtimeclasses, { metadata: { name: "odd" }, handler: "nonexistent" });
  scene.create(pods, pod({ runtimeClassName: "odd" }));
  scene.settle();
  expect(scene.need(pods, "p").status?.phase).toBe("Pending");
  expect(scene.list(events).map(({ message }) => message)).toContain(
    "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: " +
      'no runtime for "nonexistent" is configured',
  );
});
