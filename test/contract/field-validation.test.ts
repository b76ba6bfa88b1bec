/**
 * Goal: fields nobody knows and fields that stand twice are told as the real server tells them, in its order, whatever
 * the way a body comes: as an error where validation is strict, as warnings where it warns, even if the write fails.
 * Method: raw requests for a Deployment and for a custom resource; kubectl would read and rewrite the bodies first.
 */
import { beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

let cluster: TestCluster;
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const TRAINS = "/apis/rail.example.com/v1/namespaces/default/trains";

const train = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        speed: { type: "string" },
        cars: {
          type: "array",
          items: { type: "object", properties: { seats: { type: "integer" } } },
        },
        template: {
          type: "object",
          "x-kubernetes-embedded-resource": true,
          "x-kubernetes-preserve-unknown-fields": true,
        },
      },
    },
  },
};

const web = (name: string, spec: string, container = ""): string =>
  `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"${name}"},"spec":{${spec}"selector":{"matchLabels":
  {"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"i"${container}}]}}}}`;

async function send(path: string, body: string, type = "application/json", method = "POST") {
  const answer = await cluster.api(path, { method, headers: { "content-type": type }, body });
  const status = (await answer.json()) as { message?: string; reason?: string };
  const warnings = [...(answer.headers.get("warning") ?? "").matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)];
  return { code: answer.status, ...status, warnings: warnings.map(([, text = ""]) => text.replace(/\\(.)/g, "$1")) };
}

beforeAll(async () => {
  cluster = await newCluster({ nodes: 0 });
  const names = { plural: "trains", kind: "Train" };
  const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: train } }];
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "trains.rail.example.com" },
    spec: { group: "rail.example.com", scope: "Namespaced", names, versions },
  };
  await send("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", JSON.stringify(crd));
  await send(DEPLOYMENTS, web("there", ""));
  await send(TRAINS, '{"apiVersion":"rail.example.com/v1","kind":"Train","metadata":{"name":"there"},"spec":{}}');
});

const JSON_SPEC = '"unknown1":1,"twice":{"a":1,"a":2},"twice":2,"paused":true,"paused":false,';
const JSON_CONTAINER = ',"nested":1,"imagePullPolicy":"Always","imagePullPolicy":"Never"';
const YAML = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
spec:
  unknown1: 1
  paused: true
  paused: false
  selector: {matchLabels: {app: a}}
  alien: 2
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
      - name: c
        image: i
        image: j
`;
const TRAIN = `{"apiVersion":"rail.example.com/v1","kind":"Train","metadata":{"name":"a","zz":1,"strange":1},"strange":1,
  "spec":{"speed":"1","speed":"2","odd":1,"cars":[{"seats":1,"seats":2,"wheels":8}],
  "template":{"apiVersion":"v1","kind":"X","metadata":{"name":"x","alien":1}}}}`;
const MERGE = '{"spec":{"unknown1":1,"twice":1,"twice":2,"paused":true,"paused":false}}';
const OPERATIONS = `[{"op":"add","path":"/spec/unknown1","value":1,"foo":2},
  {"op":"add","path":"/spec/a","path":"/spec/alien","value":1}]`;
const patchType = (name: string): string => `application/${name}-patch+json`;

interface Row {
  readonly name: string;
  readonly path: string;
  readonly body: string;
  readonly texts: readonly string[];
  readonly type?: string;
  readonly method?: string;
}

test.each<Row>([
  {
    name: "JSON: in the order of the text",
    path: DEPLOYMENTS,
    body: web("json", JSON_SPEC, JSON_CONTAINER),
    texts: [
      'unknown field "spec.unknown1"',
      'unknown field "spec.twice"',
      'duplicate field "spec.paused"',
      'unknown field "spec.template.spec.containers[0].nested"',
      'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
    ],
  },
  {
    name: "YAML: what stands twice by its lines, then the unknown by name",
    path: DEPLOYMENTS,
    type: "application/yaml",
    body: YAML.replace("NAME", "yaml"),
    texts: [
      'yaml: unmarshal errors:\n  line 8: key "paused" already set in map\n  line 17: key "image" already set in map',
      'unknown field "spec.alien"',
      'unknown field "spec.unknown1"',
    ],
  },
  {
    name: "a custom resource: what stands twice, then its metadata, its fields by name, and embedded metadata",
    path: TRAINS,
    body: TRAIN,
    texts: [
      'duplicate field "spec.speed"',
      'duplicate field "spec.cars[0].seats"',
      'unknown field "metadata.strange"',
      'unknown field "metadata.zz"',
      'unknown field "spec.cars[0].wheels"',
      'unknown field "spec.odd"',
      'unknown field "strange"',
      'unknown field "spec.template.metadata.alien"',
    ],
  },
  ...["merge", "strategic-merge"].map((type) => ({
    name: `a ${type} patch: what stands twice in it, then the unknown by name`,
    path: `${DEPLOYMENTS}/there`,
    method: "PATCH",
    type: patchType(type),
    body: MERGE,
    texts: [
      'duplicate field "spec.twice"',
      'duplicate field "spec.paused"',
      'unknown field "spec.twice"',
      'unknown field "spec.unknown1"',
    ],
  })),
  ...[`${DEPLOYMENTS}/there`, `${TRAINS}/there`].map((path) => ({
    name: `a JSON patch of ${path.split("/").at(-2)}: its operations, then the unknown by name`,
    path,
    method: "PATCH",
    type: patchType("json"),
    body: OPERATIONS,
    texts: [
      'json patch unknown field "[0].foo"',
      'json patch duplicate field "[1].path"',
      'unknown field "spec.alien"',
      'unknown field "spec.unknown1"',
    ],
  })),
])("$name", async ({ path, body, texts, type = "application/json", method = "POST" }) => {
  const strict = await send(`${path}?fieldValidation=Strict`, body, type, method);
  expect(strict.message).toContain(`strict decoding error: ${texts.join(", ")}`);
  // What a patch makes is judged as a whole: it is invalid, where a body is merely bad.
  expect(strict.code).toBe(method === "PATCH" ? 422 : 400);
  const warned = await send(`${path}?fieldValidation=Warn`, body, type, method);
  expect(warned.code).toBeLessThan(300);
  expect(warned.warnings).toEqual(
    texts.flatMap((text) => text.replace("yaml: unmarshal errors:\n  ", "").split("\n  ")),
  );
  const ignored = await send(`${path}?fieldValidation=Ignore&dryRun=All`, body.replace('"json"', '"k"'), type, method);
  expect(ignored.warnings).toEqual([]);
});

test("server-side apply tells what stands twice, line by line where it warns", async () => {
  const body = YAML.replace("NAME", "applied").replace(/.*(unknown1|alien).*\n/g, "");
  const path = `${DEPLOYMENTS}/applied?fieldManager=me`;
  const lines = ['line 7: key "paused" already set in map', 'line 15: key "image" already set in map'];
  const strict = await send(`${path}&fieldValidation=Strict`, body, "application/apply-patch+yaml", "PATCH");
  expect(strict.message).toBe(
    `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${lines.join("\n  ")}`,
  );
  const warned = await send(path, body, "application/apply-patch+yaml", "PATCH");
  expect(warned).toMatchObject({ code: 201, warnings: lines });
});

test("a write that fails has its warnings all the same", async () => {
  const refused = await send(DEPLOYMENTS, web("refused", '"replicaz":1,"replicas":-1,'));
  expect(refused).toMatchObject({ code: 422, warnings: ['unknown field "spec.replicaz"'] });
});

test("what a patch makes is quoted where a value has the wrong type", async () => {
  const path = `${DEPLOYMENTS}/there`;
  const refused = await send(path, '{"spec":{"replicas":"two"}}', patchType("merge"), "PATCH");
  expect(refused.code).toBe(422);
  expect(refused.message).toMatch(
    /^ "" is invalid: patch: Invalid value: "\{.*\}": json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32$/,
  );
});
