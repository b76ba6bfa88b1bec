/**
 * Goal: a client that speaks protobuf is answered in protobuf: objects, lists, errors, watches, metadata alone; and the
 * Accept header is read as upstream reads it.
 * Method: plain requests to the running server, whose bytes are read back with the reader that upstream's golden
 * objects test.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProtobuf } from "#apiserver/codec/protobuf/read";
import { shapeNamed, shapeOf } from "#kernel/api/shapes";
import { must } from "#kernel/sim/assert";
import { newCluster, type TestCluster } from "#test/support/cluster";

const PROTOBUF = "application/vnd.kubernetes.protobuf";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await newCluster({ nodes: 0, components: { scheduler: false, kubelet: false, controllerManager: false } });
  await cluster.kubectlOk(["create", "configmap", "one", "--from-literal=k=v"]);
});
afterAll(() => cluster?.delete());

const get = (path: string, accept: string, init: RequestInit = {}): Promise<Response> =>
  cluster.api(path, { ...init, headers: { accept, ...init.headers } });

const bytesOf = async (answer: Response): Promise<Uint8Array> => new Uint8Array(await answer.arrayBuffer());

const status = async (answer: Response): Promise<unknown> =>
  readProtobuf(await bytesOf(answer), shapeNamed("io.k8s.apimachinery.pkg.apis.meta.v1.Status"));

const configMap = must(shapeOf({ group: "", version: "v1", kind: "ConfigMap" }), "the kind is in the API");
const ONE = "/api/v1/namespaces/default/configmaps/one";

test("an object and an error", async () => {
  const answer = await get(ONE, PROTOBUF);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, PROTOBUF]);
  expect(readProtobuf(await bytesOf(answer), configMap)).toMatchObject({
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: {
      name: "one",
      namespace: "default",
      managedFields: [{ manager: "kubectl-create", fieldsType: "FieldsV1" }],
    },
    data: { k: "v" },
  });
  const missing = await get(`${ONE}x`, PROTOBUF);
  expect([missing.status, missing.headers.get("content-type")]).toEqual([404, PROTOBUF]);
  expect(await status(missing)).toMatchObject({
    kind: "Status",
    message: 'configmaps "onex" not found',
    reason: "NotFound",
    details: { name: "onex", kind: "configmaps" },
    code: 404,
  });
});

test("a body in protobuf is answered in protobuf", async () => {
  const read = await bytesOf(await get(ONE, PROTOBUF));
  const answer = await get(ONE, PROTOBUF, {
    method: "PUT",
    body: read as BodyInit,
    headers: { "content-type": PROTOBUF },
  });
  expect(answer.status).toBe(200);
  expect(readProtobuf(await bytesOf(answer), configMap)).toEqual(readProtobuf(read, configMap));
});

test.each([
  [`${PROTOBUF}, application/json`, PROTOBUF],
  [`application/json, ${PROTOBUF}`, "application/json"],
  [`application/json;q=0.5, ${PROTOBUF};q=0.9`, PROTOBUF],
  ["*/*", "application/json"],
  ["application/*;q=0.1, application/yaml", "application/yaml"],
  [`${PROTOBUF};as=Table;v=v1;g=meta.k8s.io, application/json`, "application/json"],
  [`${PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`, PROTOBUF],
])("Accept: %s", async (accept, type) => {
  const answer = await get(ONE, accept);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, type]);
  await answer.body?.cancel();
});

test.each([
  ["application/cbor", "", "application/json, application/yaml, application/vnd.kubernetes.protobuf"],
  ["text/plain", "?watch=true", "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"],
  [
    `${PROTOBUF};as=Table;v=v1;g=meta.k8s.io`,
    "",
    "application/json, application/yaml, application/vnd.kubernetes.protobuf",
  ],
])("Accept: %s%s is refused in JSON", async (accept, query, types) => {
  const answer = await get(`/api/v1/configmaps${query}`, accept);
  const message = `only the following media types are accepted: ${types}`;
  expect(await answer.json()).toMatchObject({ kind: "Status", code: 406, reason: "NotAcceptable", message });
});

test("an answer says how its request was classified", async () => {
  const answer = await get(ONE, "application/json");
  const uidOf = async (path: string): Promise<string> => {
    const found = await get(`/apis/flowcontrol.apiserver.k8s.io/v1/${path}`, "application/json");
    return ((await found.json()) as { metadata: { uid: string } }).metadata.uid;
  };
  expect(answer.headers.get("x-kubernetes-pf-flowschema-uid")).toBe(await uidOf("flowschemas/exempt"));
  expect(answer.headers.get("x-kubernetes-pf-prioritylevel-uid")).toBe(
    await uidOf("prioritylevelconfigurations/exempt"),
  );
});

test("a question has no rows", async () => {
  const body = JSON.stringify({ spec: { nonResourceAttributes: { path: "/", verb: "get" } } });
  const headers = { "content-type": "application/json" };
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  expect((await get(path, accept, { method: "POST", body, headers })).status).toBe(406);
});

test("metadata alone, asked for as a list of one object", async () => {
  const answer = await get(ONE, `${PROTOBUF};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io`);
  expect(answer.status).toBe(406);
  const message = "you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)";
  expect(JSON.stringify(await status(answer))).toContain(message.slice(0, 60));
});

test("a body in CBOR is refused by name", async () => {
  const headers = { "content-type": "application/cbor" };
  const answer = await get("/api/v1/namespaces/default/configmaps", "application/json", {
    method: "POST",
    body: "x",
    headers,
  });
  expect(await answer.json()).toMatchObject({
    code: 415,
    reason: "UnsupportedMediaType",
    message:
      "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  });
});

test("a watch is a stream of frames", async () => {
  const ends = new AbortController();
  const query = "?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
  const answer = await get(`/api/v1/namespaces/default/configmaps${query}`, `${PROTOBUF};stream=watch`, {
    signal: ends.signal,
  });
  expect(answer.headers.get("content-type")).toBe(`${PROTOBUF};stream=watch`);
  const events = frames(answer);
  expect(await events.next()).toMatchObject({ value: { type: "ADDED", object: { metadata: { name: "one" } } } });
  expect(await events.next()).toMatchObject({
    value: { type: "BOOKMARK", object: { metadata: { annotations: { "k8s.io/initial-events-end": "true" } } } },
  });
  await cluster.kubectlOk(["create", "configmap", "two"]);
  expect(await events.next()).toMatchObject({ value: { type: "ADDED", object: { metadata: { name: "two" } } } });
  ends.abort();
});

/** The events of a watch of ConfigMaps, whose objects are bodies of their own. */
async function* frames(answer: Response): AsyncGenerator<{ type: string; object: unknown }> {
  let rest: Uint8Array = new Uint8Array();
  for await (const chunk of must(answer.body, "a watch has a body") as unknown as AsyncIterable<Uint8Array>) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const length = rest.length < 4 ? Number.POSITIVE_INFINITY : Buffer.from(rest).readUInt32BE(0);
      if (rest.length < 4 + length) break;
      yield eventOf(rest.subarray(4, 4 + length));
      rest = rest.subarray(4 + length);
    }
  }
}

/** WatchEvent: the type in field 1, and in field 2 the bytes of the object, in field 1 of their own. */
function eventOf(frame: Uint8Array): { type: string; object: unknown } {
  const [, size = 0] = frame;
  const type = new TextDecoder().decode(frame.subarray(2, 2 + size));
  const begin = Buffer.from(frame).indexOf(Buffer.from([0x6b, 0x38, 0x73, 0]));
  return { type, object: readProtobuf(frame.subarray(begin), configMap) };
}
