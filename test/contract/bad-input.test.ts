/**
 * Goal: what cannot be is refused with the Status the real API server sends, and changes nothing.
 * Method: raw requests, since kubectl would catch half of them itself.
 */
import { beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

let cluster: TestCluster;
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

beforeAll(async () => {
  cluster = await newCluster({ nodes: 0 });
});

interface Status {
  readonly kind: string;
  readonly status: string;
  readonly message: string;
  readonly reason: string;
  readonly code: number;
}

async function send(path: string, body: string, init: RequestInit = {}): Promise<Status & { http: number }> {
  const headers = { "content-type": "application/json", ...(init.headers as Record<string, string>) };
  const response = await cluster.api(path, { method: "POST", ...init, headers, body });
  return { ...((await response.json()) as Status), http: response.status };
}

const web = (spec: object): string =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
      ...spec,
    },
  });

test.each([
  {
    name: "cut off JSON",
    path: CONFIG_MAPS,
    body: '{"kind":"ConfigMap","metadata":{"name":"a"',
    code: 400,
    message:
      /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: unexpected end of JSON input/,
  },
  {
    name: "a number where text belongs",
    path: CONFIG_MAPS,
    body: '{"metadata":{"name":"a"},"data":{"k":1}}',
    code: 400,
    message:
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  },
  {
    name: "text where a number belongs",
    path: DEPLOYMENTS,
    body: web({ replicas: "three" }),
    code: 400,
    message:
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  },
  {
    name: "an unknown field under strict validation",
    path: `${DEPLOYMENTS}?fieldValidation=Strict`,
    body: web({ replicaz: 3 }),
    code: 400,
    message:
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicaz"',
  },
  {
    name: "a name with bad characters",
    path: CONFIG_MAPS,
    body: '{"metadata":{"name":"Bad_Name"}}',
    code: 422,
    message:
      /^ConfigMap "Bad_Name" is invalid: metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of/,
  },
  {
    name: "no name at all",
    path: CONFIG_MAPS,
    body: "{}",
    code: 422,
    message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  },
  {
    name: "a namespace that is not there",
    path: "/api/v1/namespaces/nowhere/configmaps",
    body: '{"metadata":{"name":"a"}}',
    code: 404,
    message: 'namespaces "nowhere" not found',
  },
  {
    name: "a negative count",
    path: DEPLOYMENTS,
    body: web({ replicas: -1 }),
    code: 422,
    message: 'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  },
])("$name", async ({ path, body, code, message }) => {
  const answer = await send(path, body);
  expect(answer).toMatchObject({ http: code, kind: "Status", status: "Failure", code });
  if (typeof message === "string") expect(answer.message).toBe(message);
  else expect(answer.message).toMatch(message);
  const lists = await Promise.all([CONFIG_MAPS, DEPLOYMENTS].map(async (one) => (await cluster.api(one)).json()));
  for (const list of lists as { items: { metadata: { name: string } }[] }[]) {
    expect(list.items.map(({ metadata }) => metadata.name).filter((name) => name !== "kube-root-ca.crt")).toEqual([]);
  }
});

test("a body of more than 3 MiB", async () => {
  const answer = await send(
    CONFIG_MAPS,
    JSON.stringify({ metadata: { name: "big" }, data: { a: "x".repeat(3_200_000) } }),
  );
  expect(answer).toMatchObject({ http: 413, reason: "RequestEntityTooLarge" });
});

test("malformed YAML", async () => {
  const answer = await send(CONFIG_MAPS, "kind: ConfigMap\n\tmetadata: [", {
    headers: { "content-type": "application/yaml" },
  });
  expect(answer).toMatchObject({ http: 400, reason: "BadRequest" });
});

test("a media type nobody speaks", async () => {
  const answer = await send(CONFIG_MAPS, "x", { headers: { "content-type": "text/plain" } });
  expect(answer).toMatchObject({ http: 415, reason: "UnsupportedMediaType" });
});

test("an unknown field is a warning unless asked otherwise", async () => {
  const response = await cluster.api(`${CONFIG_MAPS}?dryRun=All`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"metadata":{"name":"a"},"dat":{}}',
  });
  expect(response.status).toBe(201);
  expect(response.headers.get("warning")).toBe('299 - "unknown field \\"dat\\""');
});

test("a wrong key, no key and another tenant's key open nothing", async () => {
  const other = await newCluster({ nodes: 0 });
  const origin = new URL(cluster.server).origin;
  for (const [id, key] of [
    [cluster.id, "wrong"],
    [cluster.id, other.key],
    ["nosuchcluster", cluster.key],
  ]) {
    for (const response of [
      await fetch(`${origin}/k/${id}.${key}/api/v1/namespaces`),
      await fetch(`${origin}/k/${id}/api/v1/namespaces`, { headers: { authorization: `Bearer ${key}` } }),
    ]) {
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ kind: "Status", reason: "Unauthorized", code: 401 });
    }
  }
  expect((await fetch(`${origin}/k/${cluster.id}/api/v1/namespaces`)).status).toBe(401);
});

test("what the API does not have", async () => {
  expect((await cluster.api("/apis/nowhere.io/v1/things")).status).toBe(404);
  expect((await cluster.api("/api/v1/namespaces/default/thingies")).status).toBe(404);
  const missing = (await (await cluster.api(`${DEPLOYMENTS}/none`)).json()) as Status;
  expect(missing).toMatchObject({ code: 404, message: 'deployments.apps "none" not found' });
});

test("a strategic merge patch of the wrong type names the patch, not the object", async () => {
  await send("/api/v1/namespaces", '{"metadata":{"name":"patched"}}');
  const answer = await send("/api/v1/namespaces/patched", '{"metadata":{"labels":"x"}}', {
    method: "PATCH",
    headers: { "content-type": "application/strategic-merge-patch+json" },
  });
  const message = ' "" is invalid: patch: Invalid value: "map[metadata:map[labels:x]]": cannot restore map from string';
  expect(answer).toMatchObject({ http: 422, reason: "Invalid", message });
});

test('a PUT of version "0" replaces whatever is there', async () => {
  await send(CONFIG_MAPS, '{"metadata":{"name":"zero"}}');
  const body = '{"metadata":{"name":"zero","resourceVersion":"0"},"data":{"a":"b"}}';
  expect(await send(`${CONFIG_MAPS}/zero`, body, { method: "PUT" })).toMatchObject({ http: 200, data: { a: "b" } });
  expect(await send(`${CONFIG_MAPS}/zero`, body.replace('"0"', '"1"'), { method: "PUT" })).toMatchObject({ http: 409 });
});
