/**
 * Goal: the documents that are served explain what they describe, and are named by what they contain.
 * Method: build the assets into memory and look at what `kubectl explain` prints of them.
 */
import { expect, test } from "vitest";
import { openApiAssets } from "./openapi-assets.ts";

const files = openApiAssets();
// biome-ignore lint/suspicious/noExplicitAny: a test walks documents of any depth.
const read = (path: string): any => JSON.parse(String(files.get(path) ?? "null"));

test("types and fields have their texts, references those of their own", () => {
  const { schemas } = read("v3/apis/apps/v1.json").components;
  const spec = schemas["io.k8s.api.apps.v1.DeploymentSpec"];
  expect(spec.description).toMatch(/^DeploymentSpec is/);
  expect(spec.properties.strategy.description).toMatch(/^The deployment strategy/);
  const rolling = schemas["io.k8s.api.apps.v1.RollingUpdateDeployment"];
  expect(rolling.properties.maxSurge.description).toMatch(/^The maximum number of pods/);
  const list = schemas["io.k8s.api.apps.v1.DeploymentList"];
  expect(list.properties.metadata.description).toBe("Standard list metadata.");
});

test("nineteen fields in twenty have a text", () => {
  const texts = read("texts.json").types;
  const { definitions } = read("v2.json");
  const fields = Object.entries(definitions as Record<string, { properties?: object }>).flatMap(
    ([name, { properties }]) => Object.keys(properties ?? {}).map((field) => texts[name]?.[field]),
  );
  expect(fields.filter((text) => text === undefined).length / fields.length).toBeLessThan(0.05);
});

test("words a field takes are listed as the server lists them", () => {
  const { properties } = read("v3/api/v1.json").components.schemas["io.k8s.api.core.v1.PodSpec"];
  expect(properties.restartPolicy.enum).toEqual(["Always", "Never", "OnFailure"]);
  expect(properties.restartPolicy.description).toContain('\n\nPossible enum values:\n - `"Always"`\n');
});

test("parameters are explained by what they mean to their operation", () => {
  const { paths } = read("v3/api/v1.json");
  const log = paths["/api/v1/namespaces/{namespace}/pods/{name}/log"].parameters;
  const exec = paths["/api/v1/namespaces/{namespace}/pods/{name}/exec"].parameters;
  const textOf = (parameters: { name: string; description: string }[], name: string) =>
    parameters.find((parameter) => parameter.name === name)?.description;
  expect(textOf(log, "container")).toContain("stream logs");
  expect(textOf(exec, "container")).toContain("execute the command");
  expect(textOf(log, "name")).toBe("name of the Pod");
  expect(JSON.stringify(paths)).not.toMatch(/&(#|quot|amp)/);
});

test("every document is listed by the hash of its content", () => {
  const index = read("index.json");
  const documents = [...files.keys()].filter((path) => path.startsWith("v3/"));
  expect(documents).toHaveLength(Object.keys(index).length);
  for (const hash of Object.values(index)) expect(hash).toMatch(/^[0-9A-F]{128}$/);
});

test("the document of version 2 says the same as a protobuf message", () => {
  const message = new TextDecoder().decode(files.get("v2.pb") as Uint8Array);
  for (const text of ["io.k8s.api.apps.v1.DeploymentSpec", "patchAppsV1NamespacedDeployment", "x-kubernetes-action"]) {
    expect(message).toContain(text);
  }
});
