/**
 * Goal: a description of an image is taken when it is sound, and every mistake is named with its place.
 * Method: tables of descriptions and what is said of them.
 */
import { expect, test } from "vitest";
import { descriptionsIn, IMAGES_LABEL, namedImage, readDescription } from "#kernel/resources/core/image-description";

test.each([
  ["image: a/b:1\nports: [80]\nroutes: [{path: /, body: hi}]", []],
  ["ports: [80]", ["image is required"]],
  ["image: a\nrotes: []", ["rotes is not a field of a description"]],
  [
    "image: a\nports: [0, eighty]",
    ["ports[0] must be a whole number from 1 to 65535", "ports[1] must be a whole number"],
  ],
  [
    "image: a\nroutes: [{path: x, status: 99}]",
    ["routes[0].path must be a path", "routes[0].status must be a whole number"],
  ],
  ["image: a\nroutes: [{path: /, fail: {after: soon}}]", ["routes[0].fail.after must be a duration such as"]],
  ["image: a\nenv: {N: 1}", ["env[N] must be a text (quote it)"]],
  ["image: a\nmemory: {start: lots}", ["memory.start must be an amount of memory"]],
  ["image: a\nlog: [{every: 10ms, line: x}]", ["log[0].every must be a duration of a second or more"]],
  ["image: [", [" is no YAML"]],
  ["just text", [" must be a map"]],
])("%s", (yaml, said) => {
  const read = readDescription(yaml);
  const problems = "problems" in read ? read.problems.map(({ path, problem }) => `${path} ${problem}`) : [];
  expect(problems).toHaveLength(said.length);
  for (const [n, one] of said.entries()) expect(problems[n]).toContain(one);
});

test("names of images, and ConfigMaps without the label", () => {
  expect(namedImage("docker.io/library/nginx:1")).toEqual({ name: "nginx", tag: "1" });
  expect(namedImage("localhost:5000/a/b")).toEqual({ name: "localhost:5000/a/b" });
  const data = { "a.yaml": "image: a" };
  const metadata = { name: "m", namespace: "n", uid: "u" };
  const configmap = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
  expect(descriptionsIn(configmap as never)).toEqual([]);
  const labelled = { ...configmap, metadata: { ...metadata, labels: { [IMAGES_LABEL]: "" } } };
  expect(descriptionsIn(labelled as never)).toEqual([{ image: "a" }]);
});
