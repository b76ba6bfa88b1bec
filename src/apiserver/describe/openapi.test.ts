/**
 * Goal: the OpenAPI documents describe what is served in the words of Kubernetes v1.36.
 * Method: build them from the resources every cluster serves; look at what kubectl reads of them; compare paths and
 * schemas with the official document, where DRYDOCK_ORACLE names a folder that holds it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openApiIndex, openApiV2, openApiV3, openApiV3Of } from "#apiserver/describe/openapi";
import {
  NO_TEXTS,
  rootPath,
  type Schema,
  type ServedResource,
  servedResource,
} from "#apiserver/describe/openapi.served";
import { RESOURCES } from "#kernel/resources/index";

// biome-ignore lint/suspicious/noExplicitAny: a test walks documents of any depth.
type Any = any;

const resources = RESOURCES.map(servedResource);
const served = { resources, texts: NO_TEXTS };
const v2: Any = openApiV2(served);

test("every group version, every group and the roots have a document", () => {
  expect([...openApiV3(served).keys()]).toEqual(
    expect.arrayContaining([
      "api",
      "api/v1",
      "apis",
      "apis/apps",
      "apis/apps/v1",
      "apis/coordination.k8s.io/v1",
      "version",
    ]),
  );
  expect(openApiV3Of("apis/nothing/v1", served)).toBeUndefined();
});

test("the index says where a document is and which it is", () => {
  expect(
    openApiIndex([
      ["apis/apps/v1", "B"],
      ["api/v1", "A"],
    ]),
  ).toEqual({
    paths: {
      "api/v1": { serverRelativeURL: "/openapi/v3/api/v1?hash=A" },
      "apis/apps/v1": { serverRelativeURL: "/openapi/v3/apis/apps/v1?hash=B" },
    },
  });
});

test("version 3 wraps references that have siblings and gives defaults", () => {
  const apps: Any = openApiV3Of("apis/apps/v1", served);
  const { schemas } = apps.components;
  expect(schemas["io.k8s.api.apps.v1.DeploymentSpec"].properties).toMatchObject({
    replicas: { type: "integer", format: "int32" },
    selector: { $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector" },
    strategy: {
      allOf: [{ $ref: "#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy" }],
      default: {},
      "x-kubernetes-patch-strategy": "retainKeys",
    },
  });
  expect(schemas["io.k8s.api.core.v1.Container"].properties).toMatchObject({
    command: { type: "array", items: { type: "string", default: "" } },
    name: { type: "string", default: "" },
  });
  expect(schemas["io.k8s.apimachinery.pkg.api.resource.Quantity"]).toEqual({
    oneOf: [{ type: "string" }, { type: "number" }],
  });
});

test("version 3 says what kubectl asks before it sends fieldValidation", () => {
  const core: Any = openApiV3Of("api/v1", served);
  const { patch } = core.paths["/api/v1/namespaces/{namespace}/pods/{name}"];
  expect(patch["x-kubernetes-group-version-kind"]).toEqual({ group: "", version: "v1", kind: "Pod" });
  expect(patch.parameters.map(({ name }: Any) => name)).toContain("fieldValidation");
  expect(Object.keys(patch.requestBody.content)).toContain("application/strategic-merge-patch+json");
});

test("version 3 lets no other PATCH of a kind answer for it", () => {
  for (const document of openApiV3(served).values() as Iterable<Any>) {
    for (const [path, { patch }] of Object.entries<Any>(document.paths)) {
      if (patch?.["x-kubernetes-group-version-kind"] === undefined) continue;
      const parameters = [...(patch.parameters ?? [])].map(({ name }: Any) => name);
      expect(parameters, path).toContain("fieldValidation");
    }
  }
});

test("every reference has its schema", () => {
  for (const document of [v2, ...openApiV3(served).values()] as Any[]) {
    const schemas = document.definitions ?? document.components.schemas;
    for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"#[^"]*\/([^"/]+)"/g)) {
      expect(schemas, name).toHaveProperty([String(name)]);
    }
  }
});

test("a custom resource is described by the schema it came with", () => {
  const definition = "com.example.stable.v1.CronTab";
  const kind = { group: "stable.example.com", version: "v1", kind: "CronTab" };
  const crontabs: ServedResource = {
    ...kind,
    plural: "crontabs",
    namespaced: true,
    verbs: ["get", "list", "patch", "watch"],
    definition,
    listDefinition: `${definition}List`,
    returnsDeletedObject: false,
    subresources: [],
    isCustom: true,
  };
  const meta = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.";
  const schemas = new Map<string, Schema>([
    [definition, { type: "object", properties: { metadata: { $ref: `${meta}ObjectMeta` } } }],
    [`${definition}List`, { type: "object", properties: { metadata: { $ref: `${meta}ListMeta` } } }],
  ]);
  const document: Any = openApiV3Of("apis/stable.example.com/v1", { resources: [crontabs], texts: NO_TEXTS, schemas });
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining([definition, "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference"]),
  );
  const { patch } = document.paths["/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}"];
  expect(patch.operationId).toBe("patchStableExampleComV1NamespacedCronTab");
  expect(Object.keys(patch.requestBody.content)).not.toContain("application/strategic-merge-patch+json");
  expect(Object.keys(patch.responses[200].content)).not.toContain("application/vnd.kubernetes.protobuf");
});

const oracle = join(process.env["DRYDOCK_ORACLE"] ?? "", "swagger-1.36.json");
const isThere = process.env["DRYDOCK_ORACLE"] !== undefined && existsSync(oracle);
const reason = isThere ? "" : " (skipped: DRYDOCK_ORACLE names no folder with swagger-1.36.json)";

describe.skipIf(!isThere)(`the official document${reason}`, () => {
  const official: Any = isThere ? JSON.parse(readFileSync(oracle, "utf8")) : { definitions: {}, paths: {} };

  test("has every path we describe, described so", () => {
    for (const [path, item] of Object.entries(v2.paths)) {
      expect(canonicalPath(item, v2), path).toEqual(canonicalPath(official.paths[path], official));
    }
  });

  test("has no path of our kinds that we leave out, but those of proxies", () => {
    const collections = resources.map((resource) => [rootPath(resource), resource.plural] as const);
    const missing = Object.keys(official.paths).filter((path) => {
      const isOurs = ([root, plural]: readonly [string, string]): boolean =>
        path.startsWith(`${root}/`) &&
        new RegExp(`^(/watch)?(/namespaces/{namespace})?/${plural}(/{name}(/|$)|$)`).test(path.slice(root.length));
      return collections.some(isOurs) && v2.paths[path] === undefined;
    });
    expect(missing.filter((path) => !path.includes("/proxy"))).toEqual([]);
  });

  test("has every definition we describe, described so", () => {
    for (const [name, definition] of Object.entries(v2.definitions)) {
      expect(canonical(definition), name).toEqual(canonical(official.definitions[name]));
    }
  });
});

/** Parameters in place, in alphabetical order and without texts; no media type of an alpha feature. */
function canonicalPath(item: Any, { parameters: shared }: Any): unknown {
  const resolve = (parameters: Any[] = []) =>
    parameters
      .map((one) => (one.$ref === undefined ? one : shared[one.$ref.split("/").at(-1)]))
      .map(({ description: _, ...rest }) => rest)
      .sort((a, b) => (a.name + a.in < b.name + b.in ? -1 : 1));
  const types = (list: string[] = []) => list.filter((type) => !type.includes("cbor")).sort();
  const entries = Object.entries(item ?? {}).map(([method, content]: [string, Any]) => {
    if (method === "parameters") return [method, resolve(content)];
    const { parameters, produces, consumes, ...rest } = content;
    return [method, { ...rest, parameters: resolve(parameters), produces: types(produces), consumes: types(consumes) }];
  });
  return Object.fromEntries(entries);
}

/** Without texts and the words of enumerations, which the official document leaves to the server. */
function canonical(value: Any): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as object)
    .filter(
      ([key, content]) =>
        !(key === "description" && typeof content === "string") && !(key === "enum" && Array.isArray(content)),
    )
    .map(([key, content]) => [
      key,
      key === "required" && Array.isArray(content) ? [...content].sort() : canonical(content),
    ]);
  return Object.fromEntries(entries);
}
