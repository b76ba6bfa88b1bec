/**
 * Goal: lists and watches mean what upstream's mean: pages of one moment, revisions old and new, and what is refused.
 * Method: plain requests; a list is grown and changed between its pages, and the clock is advanced past its life.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCluster, okJson, type TestCluster } from "#test/support/cluster";

const NAMES = ["a", "b", "c", "d", "e"];
const CONFIGS = "/api/v1/namespaces/pages/configmaps";

type Listed = {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly { readonly metadata: { readonly name: string; readonly resourceVersion: string } }[];
};
type Refused = {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly metadata: { readonly continue?: string };
  readonly details?: { readonly retryAfterSeconds?: number; readonly causes?: readonly unknown[] };
};

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await newCluster({ nodes: 0, components: { scheduler: false, kubelet: false, controllerManager: false } });
  await make("/api/v1/namespaces", { metadata: { name: "pages" } });
  for (const name of NAMES) await make(CONFIGS, { metadata: { name, labels: { odd: String(name < "c") } } });
});
afterAll(() => cluster?.delete());

async function make(path: string, body: object): Promise<void> {
  const init = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  expect((await cluster.api(path, init)).status).toBe(201);
}

const list = async (query: string): Promise<Listed> => okJson<Listed>(await cluster.api(`${CONFIGS}?${query}`));
const refused = async (path: string): Promise<Refused> => (await cluster.api(path)).json() as Promise<Refused>;
const names = ({ items }: Listed): string[] => items.map(({ metadata }) => metadata.name);

test("the pages of a list are of one moment, whatever is written meanwhile", async () => {
  const first = await list("limit=2");
  expect([names(first), first.metadata.remainingItemCount]).toEqual([["a", "b"], 3]);
  await make(CONFIGS, { metadata: { name: "bb" } });
  await cluster.api(`${CONFIGS}/d`, { method: "DELETE" });
  const second = await list(`limit=2&continue=${first.metadata.continue}`);
  expect([names(second), second.metadata.remainingItemCount]).toEqual([["c", "d"], 1]);
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  const last = await list(`limit=2&continue=${second.metadata.continue}`);
  expect([names(last), last.metadata.continue]).toEqual([["e"], undefined]);
  expect(names(await list("limit=10"))).toEqual(["a", "b", "bb", "c", "e"]);
  expect(names(await list(`resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact`))).toEqual(
    NAMES,
  );
  expect(names(await list(`resourceVersion=${first.metadata.resourceVersion}&limit=4`))).toEqual(NAMES.slice(0, 4));
});

test("a list that takes too long goes on inconsistently, if the client wants that", async () => {
  const { metadata } = await list("limit=1");
  await cluster.advance({ by: "6m" });
  const answer = await refused(`${CONFIGS}?limit=1&continue=${metadata.continue}`);
  expect([answer.code, answer.reason]).toEqual([410, "Expired"]);
  expect(answer.message).toContain("use the continue token in this response to retrieve the remainder of the results");
  const rest = await list(`continue=${answer.metadata.continue}`);
  expect(names(rest)).toEqual(["b", "bb", "c", "e"]);
});

test("selectors make what remains unknown, and any version will do for resourceVersion 0", async () => {
  const chosen = await list("limit=1&labelSelector=odd%3Dtrue");
  expect([names(chosen), chosen.metadata.remainingItemCount]).toEqual([["a"], undefined]);
  expect(chosen.metadata.continue).toBeDefined();
  expect((await list("limit=1&resourceVersion=0")).items).toHaveLength(5);
});

test.each([
  [
    "resourceVersionMatch=Exact",
    422,
    "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
  ],
  [
    "resourceVersion=0&resourceVersionMatch=Exact",
    422,
    'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  ],
  [
    "resourceVersion=1&resourceVersionMatch=Newest",
    422,
    'resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""',
  ],
  ["sendInitialEvents=true", 422, "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"],
  [
    "watch=1&resourceVersionMatch=NotOlderThan",
    422,
    "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
  ],
  [
    "watch=1&sendInitialEvents=true",
    422,
    "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
  ],
  ["continue=%25", 400, "invalid continue token: continue key is not valid"],
  [
    "resourceVersion=x",
    400,
    'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
  ],
  [
    "fieldSelector=spec.x%3D1",
    400,
    '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  ],
  ["labelSelector=a%20b", 400, "unable to parse requirement"],
  ["limit=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
])("?%s is refused with %s", async (query, code, text) => {
  const answer = await refused(`${CONFIGS}?${query}`);
  expect({ code: answer.code, message: answer.message }).toEqual({ code, message: expect.stringContaining(text) });
});

test.each([
  [{ metadata: {} }, "the name of the object (a based on URL) was undeterminable: name must be provided"],
  [{ metadata: { name: "b" } }, "the name of the object (b) does not match the name on the URL (a)"],
  [
    { metadata: { name: "a", namespace: "other" } },
    "the namespace of the object (other) does not match the namespace on the request (pages)",
  ],
])("a replacement must be of what the URL names: %j", async (body, message) => {
  const init = { method: "PUT", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  expect(await (await cluster.api(`${CONFIGS}/a`, init)).json()).toMatchObject({ code: 400, message });
});

test("a version nobody has reached yet is waited for in vain", async () => {
  for (const path of [`${CONFIGS}?resourceVersion=99999999`, `${CONFIGS}/a?resourceVersion=99999999`]) {
    expect(await refused(path)).toMatchObject({
      code: 504,
      reason: "Timeout",
      message: expect.stringMatching(/^Timeout: Too large resource version: 99999999, current: \d+$/),
      details: {
        retryAfterSeconds: 1,
        causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      },
    });
  }
});

test("a list at a revision and a watch from it make the list at a later one", async () => {
  const before = await list("");
  await make(CONFIGS, { metadata: { name: "later" } });
  await cluster.api(`${CONFIGS}/e`, { method: "DELETE" });
  const after = await list("");
  const ends = new AbortController();
  const path = `${CONFIGS}?watch=true&resourceVersion=${before.metadata.resourceVersion}`;
  const answer = await cluster.api(path, { signal: ends.signal });
  const state = new Map(before.items.map((item) => [item.metadata.name, item.metadata.resourceVersion]));
  for await (const { type, object } of events(answer)) {
    if (type === "DELETED") state.delete(object.metadata.name);
    else state.set(object.metadata.name, object.metadata.resourceVersion);
    if (object.metadata.resourceVersion === after.metadata.resourceVersion) break;
  }
  ends.abort();
  expect([...state].sort()).toEqual(
    after.items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]).sort(),
  );
});

async function* events(answer: Response): AsyncGenerator<{ type: string; object: Listed["items"][number] }> {
  let rest = "";
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    rest += new TextDecoder().decode(chunk);
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line);
  }
}

test("a watch of tables says too where the objects that were there end", async () => {
  const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const path = `${CONFIGS}?${query}&timeoutSeconds=1&fieldSelector=metadata.name%3Da`;
  const lines = (await (await cluster.api(path, { headers: { accept } })).text()).trim().split("\n");
  const [added, bookmark] = lines.map((line) => JSON.parse(line));
  expect(added).toMatchObject({
    type: "ADDED",
    object: { kind: "Table", rows: [{ object: { metadata: { name: "a" } } }] },
  });
  expect(bookmark).toMatchObject({
    type: "BOOKMARK",
    object: {
      ...{ kind: "Table", columnDefinitions: null },
      rows: [{ object: { metadata: { annotations: { "k8s.io/initial-events-end": "true" } } } }],
    },
  });
});
