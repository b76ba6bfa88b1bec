/**
 * Goal: pods leave devices with a NoExecute taint as soon as their claims do not bear it, and say why.
 * Method: one device on one node, a pod that claims it with tolerations or without; taint the device, let time pass.
 */
import { expect, test } from "vitest";
import type { DeviceTaint, DeviceToleration } from "#kernel/api/types.gen";
import { pods } from "#kernel/resources/core/pod";
import { deviceclasses } from "#kernel/resources/resource/deviceclass";
import { resourceclaims } from "#kernel/resources/resource/resourceclaim";
import { resourceslices } from "#kernel/resources/resource/resourceslice";
import { pod, Scene } from "#test/support/scene";

const TAINT: DeviceTaint = { key: "gpu.example.com/unhealthy", value: "yes", effect: "NoExecute" };

function sceneWith(tolerations: readonly DeviceToleration[] = []): Scene {
  const scene = new Scene({ machines: 1 });
  const pool = { name: "node-1", generation: 1, resourceSliceCount: 1 };
  scene.create(resourceslices, {
    metadata: { name: "gpus" },
    spec: { driver: "gpu.example.com", nodeName: "node-1", pool, devices: [{ name: "gpu-0" }] },
  });
  scene.create(deviceclasses, { metadata: { name: "gpu" }, spec: {} });
  const exactly = { deviceClassName: "gpu", ...(tolerations.length > 0 && { tolerations: [...tolerations] }) };
  scene.create(resourceclaims, {
    metadata: { name: "c", namespace: "default" },
    spec: { devices: { requests: [{ name: "gpu", exactly }] } },
  });
  const draft = pod("p", {}, { resourceClaims: [{ name: "gpu", resourceClaimName: "c" }] });
  scene.create(pods, { ...draft, metadata: { ...draft.metadata, finalizers: ["example.com/keep"] } });
  scene.settle();
  expect(scene.placed).toEqual({ p: "node-1" });
  return scene;
}

const taint = (scene: Scene, ...taints: readonly DeviceTaint[]): void => {
  scene.edit(resourceslices, "gpus", ({ spec }) => {
    spec.devices = [{ name: "gpu-0", ...(taints.length > 0 && { taints: [...taints] }) }];
  });
};

const isLeaving = (scene: Scene): boolean => scene.need(pods, "p").metadata.deletionTimestamp !== undefined;
const said = (scene: Scene): string[] => scene.said("p", "DeviceTaintManagerEviction");

test("a pod whose claim bears nothing leaves at once, and says why", () => {
  const scene = sceneWith();
  taint(scene, TAINT);
  expect(isLeaving(scene)).toBe(true);
  expect(said(scene)).toEqual(["DeviceTaintManagerEviction: Marking for deletion"]);
  expect(scene.need(pods, "p").status?.conditions).toContainEqual(
    expect.objectContaining({
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByDeviceTaintManager",
      message: "Device Taint manager: deleting due to NoExecute taint",
    }),
  );
});

test.each<readonly [string, DeviceToleration[], DeviceTaint, boolean]>([
  ["one that is borne", [{ key: TAINT.key, operator: "Exists" }], TAINT, false],
  ["one of another value", [{ key: TAINT.key, operator: "Equal", value: "no" }], TAINT, true],
  ["one that only keeps others away", [], { ...TAINT, effect: "NoSchedule" }, false],
  ["one without effect", [], { ...TAINT, effect: "None" }, false],
])("a taint: %s", (_what, tolerations, given, leaves) => {
  const scene = sceneWith(tolerations);
  taint(scene, given);
  scene.pass(3_600);
  expect(isLeaving(scene)).toBe(leaves);
});

test("borne for a minute: the pod leaves then, unless the taint goes first", () => {
  const scene = sceneWith([{ key: TAINT.key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 }]);
  taint(scene, TAINT);
  scene.pass(59);
  expect(isLeaving(scene)).toBe(false);
  taint(scene);
  expect(said(scene)).toEqual(["DeviceTaintManagerEviction: Cancelling deletion"]);
  scene.pass(60);
  taint(scene, TAINT);
  scene.pass(59);
  expect(isLeaving(scene)).toBe(false);
  scene.pass(2);
  expect(isLeaving(scene)).toBe(true);
});
