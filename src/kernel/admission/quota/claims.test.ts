/**
 * Goal: claims for storage count against quotas by number, size and class, and keep to a namespace's limits.
 * Method: single claims given to the evaluator and to LimitRanger, each with what must come of it.
 */
import { expect, test } from "vitest";
import { limitRanger } from "#kernel/admission/limitranger";
import { claimEvaluator } from "#kernel/admission/quota/claims";
import type { PersistentVolumeClaim } from "#kernel/api/types.gen";
import type { AdmissionRequest } from "#kernel/registry/admission";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { limitranges } from "#kernel/resources/core/limitrange";
import { Scene } from "#test/support/scene";

function claim(storage: string, spec: object = {}, status: object = {}): PersistentVolumeClaim {
  const metadata = { name: "data", namespace: "default" };
  const own = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } }, ...spec };
  return { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata, spec: own, status } as never;
}

test("a claim counts by number, size and class", () => {
  expect(claimEvaluator.usage(claim("5Gi", { storageClassName: "gold" }), 0)).toEqual({
    "count/persistentvolumeclaims": "1",
    persistentvolumeclaims: "1",
    "requests.storage": "5Gi",
    "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
    "gold.storageclass.storage.k8s.io/requests.storage": "5Gi",
  });
  expect(claimEvaluator.usage(claim("5Gi", {}, { allocatedResources: { storage: "8Gi" } }), 0)).toMatchObject({
    "requests.storage": "8Gi",
  });
  expect(
    claimEvaluator.namesAmong(["pods", "requests.storage", "gold.storageclass.storage.k8s.io/requests.storage"]),
  ).toEqual(["requests.storage", "gold.storageclass.storage.k8s.io/requests.storage"]);
});

test.each([
  ["In", ["fast"], true],
  ["NotIn", ["fast"], false],
  ["Exists", [], true],
  ["DoesNotExist", [], false],
])("a class of attributes %s %j: %s", (operator, values, isIn) => {
  const scope = { scopeName: "VolumeAttributesClass", operator, values };
  expect(claimEvaluator.isInScope(claim("1Gi", { volumeAttributesClassName: "fast" }), scope)).toBe(isIn);
});

test.each([
  ["500Mi", "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi"],
  ["3Gi", "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi"],
])("a claim of %s is refused", (storage, text) => {
  const scene = new Scene({ machines: 0 });
  const limits = [{ type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "2Gi" } }];
  scene.create(limitranges, { metadata: { name: "storage", namespace: "default" }, spec: { limits } });
  const request: AdmissionRequest = {
    operation: "CREATE",
    resource: { bucket: "persistentvolumeclaims", group: "", names: { plural: "persistentvolumeclaims" } } as never,
    subresource: "",
    namespace: "default",
    name: "data",
    object: claim(storage),
    user: CLUSTER_ADMIN,
    isDryRun: false,
  };
  expect(limitRanger.concerns(request)).toBe(true);
  expect(() => limitRanger.validate?.(request, scene.cluster.admin)).toThrow(
    `persistentvolumeclaims "data" is forbidden: ${text}`,
  );
});
