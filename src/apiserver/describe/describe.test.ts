/**
 * Goal: discovery answers in the form and format a client accepts, and is Go's byte for byte in protobuf; groups come
 * in their order, and kinds name the version they are kept in.
 * Method: requests for the documents of two made-up kinds, whose protobuf the Go library was asked for; and the
 * documents of the built-in kinds.
 */
import { expect, test } from "vitest";
import { describe as answer, healthAnswer } from "#apiserver/describe/describe";
import type { Discovered } from "#kernel/requests/discovery";
import { RESOURCES } from "#kernel/resources/index";

const kind: Discovered = {
  group: "a",
  version: "v1",
  names: { kind: "B", plural: "bs", singular: "b" },
  gvk: { group: "a", version: "v1", kind: "B" },
  isNamespaced: true,
  verbs: ["get", "list"],
};

function ask(path: string, accept = "", kinds: readonly Discovered[] = [kind]): Response {
  const request = new Request(`http://k${path}`, { headers: accept === "" ? {} : { accept } });
  const found = answer(request, { kinds, remote: [] }, "h");
  if (found === undefined) throw new Error(`${path} is no document`);
  return found;
}

const PROTOBUF = "application/vnd.kubernetes.protobuf";
const V2 = "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

test.each([
  ["", "application/json"],
  ["*/*", "application/json"],
  [`application/json;${V2},application/json`, `application/json;${V2}`],
  ["application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io", `application/json;${V2}`],
  [`application/json;${V2.replace("v2", "v9")},application/yaml`, "application/yaml"],
  [`application/json;q=0.5,${PROTOBUF};${V2}`, `${PROTOBUF};${V2}`],
  [`${PROTOBUF},application/json`, PROTOBUF],
  ["application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "application/json"],
])("all groups for a client that accepts %j are %s", (accept, type) => {
  expect(ask("/apis", accept).headers.get("content-type")).toBe(type);
});

test("a document of one version is never all groups, and what nobody writes is not acceptable", () => {
  expect(ask("/apis/a/v1", `application/json;${V2},application/json`).headers.get("content-type")).toBe(
    "application/json",
  );
  for (const path of ["/apis", "/apis/a/v1"]) expect(() => ask(path, "text/html")).toThrow("media types are accepted");
  expect(() => ask("/apis/a/v1", `application/json;${V2}`)).toThrow("media types are accepted");
});

const bytesOf = async (response: Response): Promise<string> =>
  Buffer.from(await response.arrayBuffer()).toString("hex");

test("protobuf is what Go writes", async () => {
  const stored = { ...kind, names: { ...kind.names, short: ["x"] }, verbs: ["get", "list"] as const };
  expect(await bytesOf(ask("/apis/a/v1", PROTOBUF, [stored]))).toBe(
    "6b3873000a150a027631120f4150495265736f757263654c697374122a0a04612f763112220a02627310011a0142220b0a03676574" +
      "0a046c6973742a017832016242004a0052001a002200",
  );
  expect(await bytesOf(ask("/api", PROTOBUF))).toBe(
    "6b3873000a0f0a00120b41504956657273696f6e7312140a027631120e0a09302e302e302e302f301201681a002200",
  );
  const withStatus = { ...kind, verbs: ["get"] as const, subresources: { others: [STATUS] } };
  expect(await bytesOf(ask("/apis", `${PROTOBUF};${V2}`, [withStatus]))).toBe(
    "6b3873000a2f0a16617069646973636f766572792e6b38732e696f2f7632121541504947726f7570446973636f766572794c697374" +
      "126d0a060a0012001a0012630a110a016112001a0022002a00320038004200124e0a027631123f0a026273120a0a01611202763" +
      "11a01421a0a4e616d657370616365642201622a0367657442190a06737461747573120a0a0161120276311a0142220367657" +
      "41a0743757272656e741a002200",
  );
});

const STATUS = { name: "status", kind: "B", verbs: ["get"] } as const;

test("the group that tells of groups comes first, then the others by their priority", async () => {
  const { groups } = (await ask("/apis", "", RESOURCES).json()) as { groups: { name: string }[] };
  expect(groups.map(({ name }) => name).slice(0, 4)).toEqual([
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
  ]);
});

test("the hash is of the version objects are kept in, and what is not kept has none", async () => {
  const hashOf = async (path: string, name: string): Promise<string | undefined> => {
    const list = (await ask(path, "", RESOURCES).json()) as {
      resources: { name: string; storageVersionHash?: string }[];
    };
    return list.resources.find((one) => one.name === name)?.storageVersionHash;
  };
  expect(await hashOf("/apis/events.k8s.io/v1", "events")).toBe("r2yiGXH7wu8=");
  expect(await hashOf("/api/v1", "events")).toBe("r2yiGXH7wu8=");
  for (const version of ["v1", "v2"]) {
    expect(await hashOf(`/apis/autoscaling/${version}`, "horizontalpodautoscalers")).toBe("qwQve8ut294=");
  }
  expect(await hashOf("/api/v1", "componentstatuses")).toBeUndefined();
});

test.each([
  ["/healthz", [], 200, /^ok$/],
  [
    "/livez?verbose",
    [],
    200,
    /^\[\+\]ping ok\n\[\+\]log ok\n\[\+\]etcd ok\n\[\+\]poststarthook(?:.|\n)*\nlivez check passed\n$/,
  ],
  ["/readyz?verbose", [], 200, /\[\+\]informer-sync ok\n(?:.|\n)*\[\+\]shutdown ok\nreadyz check passed\n$/],
  ["/readyz/informer-sync", [], 200, /^ok$/],
  ["/livez/informer-sync", [], 404, /^404 page not found\n$/],
  ["/livez/etcd", ["etcd"], 500, /^internal server error: etcd failed/],
  ["/livez", ["etcd"], 500, /\[-\]etcd failed: reason withheld\n(?:.|\n)*livez check failed\n$/],
  ["/livez?exclude=etcd", ["etcd"], 200, /^ok$/],
  ["/livez?exclude=etcd&verbose", ["etcd"], 200, /\[\+\]etcd excluded: ok\n/],
] as const)("%s with %j failing is %i", async (path, failed, status, text) => {
  const health = healthAnswer(new URL(path, "http://k"), failed);
  expect([health.status, await health.text()]).toEqual([status, expect.stringMatching(text)]);
});

test("what is no API object is indented whoever asks", async () => {
  expect(await ask("/version").text()).toContain('{\n  "major": "1",\n');
  expect(await ask("/").text()).toContain('"paths": [\n    "/.well-known/openid-configuration",\n');
});
