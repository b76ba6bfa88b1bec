/**
 * Goal: a kind that a user defines behaves towards kubectl as any other.
 * Method: a definition and its objects through kubectl 1.35 on a bare control plane, and the raw API for what kubectl
 * does not show.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";
import { startKubectl } from "#test/support/kubectl";

const CRONTABS = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: crontabs.stable.example.com
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale:
        specReplicasPath: .spec.replicas
        statusReplicasPath: .status.replicas
        labelSelectorPath: .status.selector
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    - {name: Ready, type: string, priority: 1, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    selectableFields:
    - {jsonPath: .spec.image}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [cronSpec]
            properties:
              cronSpec: {type: string, pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$'}
              image: {type: string, description: what is run}
              replicas: {type: integer, minimum: 1, maximum: 10, default: 1}
              ports:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties:
                    name: {type: string}
                    port: {x-kubernetes-int-or-string: true}
          status:
            type: object
            x-kubernetes-preserve-unknown-fields: true
`;

const tab = (name: string, spec: string): string => `
apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: ${name}}
spec: ${spec}
`;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await newCluster({ nodes: 0, components: { scheduler: false, kubelet: false } });
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: CRONTABS });
});

const apply = (stdin: string, ...args: string[]) => cluster.kubectl(["apply", "-f", "-", ...args], { stdin });

test("a definition is established and its kind discovered at once", async () => {
  expect(await cluster.kubectlOk(["wait", "--for=condition=established", "crd/crontabs.stable.example.com"])).toContain(
    "condition met",
  );
  expect(await cluster.kubectlOk(["api-resources", "--api-group=stable.example.com"])).toMatch(
    /crontabs +ct +stable.example.com\/v1 +true +CronTab/,
  );
  expect(await cluster.kubectlOk(["explain", "ct.spec.image"])).toMatch(
    /GROUP: +stable.example.com\nKIND: +CronTab\nVERSION: +v1\n\nFIELD: image <string>\n+DESCRIPTION:\n +what is run/,
  );
  const groups = (await cluster.api("/apis").then((answer) => answer.json())) as { groups: { name: string }[] };
  expect(groups.groups.at(-1)?.name).toBe("stable.example.com");
});

test("objects are created, shown in their columns, and found by name, category and field", async () => {
  expect((await apply(tab("one", '{cronSpec: "* * * * */5", image: a, ports: [{name: x, port: 1}]}'))).stdout).toBe(
    "crontab.stable.example.com/one created\n",
  );
  await apply(tab("two", '{cronSpec: "1 * * * *", image: b, replicas: 3}'));
  expect(await cluster.kubectlOk(["get", "ct"])).toMatch(
    /^NAME +SPEC +REPLICAS\none +\* \* \* \* \*\/5 +1\ntwo +1 \* \* \* \* +3\n$/,
  );
  const ready = '{"status":{"conditions":[{"type":"Ready","status":"True"}],"replicas":1,"selector":"app=x"}}';
  await cluster.kubectlOk(["patch", "ct", "one", "--subresource=status", "--type=merge", "-p", ready]);
  expect(await cluster.kubectlOk(["get", "ct", "one", "-o", "wide"])).toMatch(/READY\none .* True/);
  expect(await cluster.kubectlOk(["get", "all"])).toContain("crontab.stable.example.com/two");
  expect(await cluster.kubectlOk(["get", "ct", "--field-selector=spec.image=b", "-o", "name"])).toBe(
    "crontab.stable.example.com/two\n",
  );
  const refused = await cluster.kubectl(["get", "ct", "--field-selector=spec.replicas=1"]);
  expect(refused.stderr).toContain("field label not supported: spec.replicas");
});

test("what the schema does not allow is refused, what it does not know is told or dropped", async () => {
  const wrong = tab("bad", '{cronSpec: x, replicas: "three"}');
  expect((await apply(wrong)).stderr).toContain(
    'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
  );
  expect((await apply(wrong)).stderr).toContain("spec.cronSpec in body should match");
  const unknown = tab("odd", '{cronSpec: "* * * * *", foo: bar}');
  expect((await apply(unknown)).stderr).toContain('strict decoding error: unknown field "spec.foo"');
  const warned = await apply(unknown, "--validate=warn");
  expect(warned.stderr).toContain('Warning: unknown field "spec.foo"');
  expect(await cluster.kubectlOk(["get", "ct", "odd", "-o", "jsonpath={.spec}"])).toBe(
    '{"cronSpec":"* * * * *","replicas":1}',
  );
});

test("scale, patches and server-side apply follow the schema", async () => {
  await apply(tab("lists", '{cronSpec: "* * * * *", ports: [{name: a, port: 1}]}'), "--server-side");
  const other = tab("lists", "{ports: [{name: b, port: http}]}");
  await cluster.kubectlOk(["apply", "--server-side", "--field-manager=other", "-f", "-"], { stdin: other });
  expect(await cluster.kubectlOk(["get", "ct", "lists", "-o", "jsonpath={.spec.ports[*].name}"])).toBe("a b");
  const taken = await apply(tab("lists", '{cronSpec: "5 * * * *"}'), "--server-side", "--field-manager=third");
  expect(taken.stderr).toContain('conflict with "kubectl": .spec.cronSpec');
  await cluster.kubectlOk(["scale", "ct/lists", "--replicas=4"]);
  expect(
    await cluster.kubectlOk(["get", "ct", "lists", "-o", "jsonpath={.spec.replicas} {.metadata.generation}"]),
  ).toBe("4 3");
  const strategic = await cluster.kubectl(["patch", "ct", "lists", "--type=strategic", "-p", '{"spec":{"image":"x"}}']);
  expect(strategic.stderr).toContain("application/strategic-merge-patch+json is not supported");
  const raw = await cluster.api("/apis/stable.example.com/v1/namespaces/default/crontabs/lists", {
    method: "PATCH",
    headers: { "content-type": "application/strategic-merge-patch+json" },
    body: "{}",
  });
  expect(raw.status).toBe(415);
  await cluster.kubectlOk(["patch", "ct", "lists", "--type=json", "-p", '[{"op":"remove","path":"/spec/ports/1"}]']);
  expect(await cluster.kubectlOk(["get", "ct", "lists", "-o", "jsonpath={.spec.ports[*].name}"])).toBe("a");
});

test("an object that says no replicas has no scale until it is scaled", async () => {
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "fleets.stable.example.com" },
    spec: {
      ...{ group: "stable.example.com", scope: "Namespaced", names: { plural: "fleets", kind: "Fleet" } },
      versions: [
        {
          ...{ name: "v1", served: true, storage: true },
          subresources: { scale: { specReplicasPath: ".spec.ships", statusReplicasPath: ".status.ships" } },
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  };
  await apply(JSON.stringify(definition));
  await apply('{"apiVersion":"stable.example.com/v1","kind":"Fleet","metadata":{"name":"armada"},"spec":{}}');
  const path = "/apis/stable.example.com/v1/namespaces/default/fleets/armada/scale";
  const none = await cluster.api(path);
  expect([none.status, await none.json()]).toMatchObject([
    500,
    { message: 'Internal error occurred: the spec replicas field ".spec.ships" does not exist' },
  ]);
  await cluster.kubectlOk(["scale", "fleet/armada", "--replicas=2"]);
  expect(await (await cluster.api(path)).json()).toMatchObject({ kind: "Scale", spec: { replicas: 2 } });
});

test("metadata alone, tables and OpenAPI of both versions tell of the kind", async () => {
  const accept = { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" };
  const list = await cluster.api("/apis/stable.example.com/v1/crontabs", { headers: accept });
  const { items } = (await list.json()) as { items: object[] };
  expect(new Set(items.flatMap(Object.keys))).toEqual(new Set(["metadata"]));
  const v3 = (await cluster.api("/openapi/v3").then((answer) => answer.json())) as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  const url = v3.paths["apis/stable.example.com/v1"]?.serverRelativeURL ?? "";
  const document = await cluster.api(url).then((answer) => answer.json());
  expect(document).toHaveProperty(["components", "schemas", "com.example.stable.v1.CronTab", "properties", "spec"]);
  const v2 = await cluster.api("/openapi/v2").then((answer) => answer.json());
  expect(v2).toHaveProperty(["definitions", "com.example.stable.v1.CronTab"]);
  expect(v2).toHaveProperty(["definitions", "io.k8s.api.core.v1.Pod"]);
});

describe("the end", () => {
  test("a watch ends with its kind, and a definition takes its objects along", async () => {
    const gone = await newCluster({ nodes: 0 });
    await gone.kubectlOk(["apply", "-f", "-"], { stdin: CRONTABS });
    await gone.kubectlOk(["apply", "-f", "-"], { stdin: tab("one", '{cronSpec: "* * * * *"}') });
    const watch = startKubectl(gone, ["get", "ct", "--watch", "--output-watch-events"]);
    let seen = "";
    const first = new Promise<void>((resolve) => {
      watch.stdout?.on("data", (data) => {
        seen += String(data);
        if (seen.includes("one")) resolve();
      });
    });
    const ended = new Promise((resolve) => watch.on("exit", resolve));
    await first;
    await gone.kubectlOk(["delete", "crd", "crontabs.stable.example.com"]);
    await ended;
    expect(seen).toContain("DELETED");
    expect((await gone.kubectl(["get", "ct"])).stderr).toContain("the server could not find the requested resource");
  });
});
