/**
 * Goal: shapes say of the API what upstream's OpenAPI document says.
 * Method: look up well-known kinds and fields whose facts patches, defaults and validation rely on.
 */
import { expect, test } from "vitest";
import { kindsOf, shapeNamed, shapeOf } from "#kernel/api/shapes";

const podSpec = shapeNamed("io.k8s.api.core.v1.PodSpec");

test("a kind is found by group, version and kind", () => {
  expect(shapeOf({ group: "apps", version: "v1", kind: "Deployment" })?.name).toBe("io.k8s.api.apps.v1.Deployment");
  expect(shapeOf({ group: "", version: "v1", kind: "Pod" })?.name).toBe("io.k8s.api.core.v1.Pod");
  expect(shapeOf({ group: "apps", version: "v1", kind: "DeleteOptions" })?.name).toMatch(/meta\.v1\.DeleteOptions$/);
  expect(shapeOf({ group: "", version: "v1", kind: "Status" })?.name).toMatch(/meta\.v1\.Status$/);
  expect(shapeOf({ group: "apps", version: "v1", kind: "Status" })).toBeUndefined();
  expect(shapeOf({ group: "apps", version: "v1beta1", kind: "Deployment" })).toBeUndefined();
  expect(shapeOf({ group: "", version: "v1", kind: "PodSpec" })).toBeUndefined();
});

test("an unknown definition is a bug", () => {
  expect(() => shapeNamed("io.k8s.api.core.v1.Nothing")).toThrow("io.k8s.api.core.v1.Nothing");
});

test("lists know how they are merged", () => {
  expect(podSpec.fields.get("containers")).toMatchObject({
    type: "array",
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: ["merge"],
    patchMergeKey: "name",
  });
  expect(podSpec.fields.get("volumes")?.patchStrategy).toEqual(["merge", "retainKeys"]);
  expect(podSpec.fields.get("tolerations")?.listType).toBe("atomic");
  const ports = shapeNamed("io.k8s.api.core.v1.Container").fields.get("ports");
  expect(ports).toMatchObject({ listMapKeys: ["containerPort", "protocol"], patchMergeKey: "containerPort" });
});

test("types are told apart", () => {
  const types = (name: string) =>
    Object.fromEntries([...shapeNamed(name).fields].map(([key, { type }]) => [key, type]));
  expect(types("io.k8s.api.core.v1.Secret")).toMatchObject({ data: "map", immutable: "boolean", type: "string" });
  expect(types("io.k8s.api.apps.v1.ControllerRevision")).toMatchObject({ data: "any", revision: "integer" });
  expect(types("io.k8s.api.coordination.v1.LeaseSpec")).toMatchObject({ renewTime: "microTime" });
  expect(types("io.k8s.api.core.v1.ServicePort")).toMatchObject({ targetPort: "intOrString", nodePort: "integer" });
  expect(shapeNamed("io.k8s.api.core.v1.Secret").fields.get("data")?.values?.type).toBe("bytes");
  expect(shapeNamed("io.k8s.api.core.v1.ResourceRequirements").fields.get("limits")?.values?.type).toBe("quantity");
});

test("a type may contain itself", () => {
  const props = shapeNamed("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
  expect(props.fields.get("not")?.object).toBe(props);
});

test("the kinds of a definition are its group version's, or everybody's", () => {
  expect(kindsOf("io.k8s.api.apps.v1.Deployment")).toEqual([{ group: "apps", version: "v1", kind: "Deployment" }]);
  expect(kindsOf("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions").length).toBeGreaterThan(50);
  expect(kindsOf("io.k8s.api.apps.v1.DeploymentSpec")).toEqual([]);
});
