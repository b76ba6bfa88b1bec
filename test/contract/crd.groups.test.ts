/**
 * Goal: definitions as large projects write them hold with their rules, charts bring them along, and every group
 * version is registered with whoever serves it.
 * Method: a definition cut from the Gateway API's, a chart with a crds/ folder through the real Helm, and APIServices
 * through kubectl on a bare control plane.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const GATEWAYS = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gateways.gateway.networking.k8s.io
  annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes-sigs/gateway-api/pull/3328"}
spec:
  group: gateway.networking.k8s.io
  names: {categories: [gateway-api], kind: Gateway, plural: gateways, shortNames: [gtw], singular: gateway}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {jsonPath: .spec.gatewayClassName, name: Class, type: string}
    - {jsonPath: '.status.addresses[*].value', name: Address, type: string}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [gatewayClassName, listeners]
            properties:
              gatewayClassName: {maxLength: 253, minLength: 1, type: string}
              listeners:
                type: array
                maxItems: 64
                minItems: 1
                x-kubernetes-list-map-keys: [name]
                x-kubernetes-list-type: map
                items:
                  type: object
                  required: [name, port, protocol]
                  properties:
                    name: {type: string, maxLength: 253, minLength: 1}
                    hostname: {type: string, maxLength: 253, minLength: 1}
                    port: {type: integer, format: int32, minimum: 1, maximum: 65535}
                    protocol: {type: string, maxLength: 255, minLength: 1}
                x-kubernetes-validations:
                - message: hostname must not be specified for protocols ['TCP', 'UDP']
                  rule: "self.all(l, l.protocol in ['TCP', 'UDP'] ? (!has(l.hostname) || l.hostname == '') : true)"
                - message: Combination of port, protocol and hostname must be unique for each listener
                  rule: "self.all(l1, self.exists_one(l2, l1.port == l2.port && l1.protocol == l2.protocol && (has(l1.hostname) && has(l2.hostname) ? l1.hostname == l2.hostname : !has(l1.hostname) && !has(l2.hostname))))"
            x-kubernetes-validations:
            - {message: the class is immutable, rule: self.gatewayClassName == oldSelf.gatewayClassName}
          status:
            type: object
            properties:
              addresses:
                type: array
                items: {type: object, properties: {value: {type: string}}}
`;

const gateway = (className: string, listeners: string): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec: {gatewayClassName: ${className}, listeners: ${listeners}}
`;

const ADAPTER = `
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.toys.example.com}
spec:
  group: toys.example.com
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {namespace: default, name: adapter}
`;

const CHART: Readonly<Record<string, string>> = {
  "Chart.yaml": "apiVersion: v2\nname: fleet\nversion: 0.1.0\n",
  "crds/ships.yaml": `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ships.fleet.example.com}
spec:
  group: fleet.example.com
  names: {kind: Ship, plural: ships}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {masts: {type: integer}}}}}}
`,
  "templates/ship.yaml": `
apiVersion: fleet.example.com/v1
kind: Ship
metadata: {name: {{ .Release.Name }}}
spec: {masts: {{ .Values.masts | default 3 }}}
`,
};

let cluster: TestCluster;

async function helm(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.helm(args);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout;
}

beforeAll(async () => {
  cluster = await newCluster({ nodes: 0, components: { scheduler: false, kubelet: false } });
});

test("the rules of a Gateway hold, with their own words", async () => {
  const apply = (stdin: string) => cluster.kubectl(["apply", "-f", "-"], { stdin });
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: GATEWAYS });
  const twice = await apply(gateway("x", "[{name: a, port: 80, protocol: TCP}, {name: b, port: 80, protocol: TCP}]"));
  expect(twice.stderr).toBe(
    'The Gateway "front" is invalid: spec.listeners: Invalid value: "array": Combination of port, protocol and hostname must be unique for each listener\n',
  );
  const named = await apply(gateway("x", "[{name: a, port: 80, protocol: TCP, hostname: a.example}]"));
  expect(named.stderr).toContain("hostname must not be specified for protocols ['TCP', 'UDP']");
  expect((await apply(gateway("x", "[{name: a, port: 80, protocol: HTTP}]"))).stdout).toContain("front created");
  expect((await apply(gateway("other", "[{name: a, port: 80, protocol: HTTP}]"))).stderr).toContain(
    "the class is immutable",
  );
  expect(await cluster.kubectlOk(["get", "gateway-api"])).toMatch(/NAME +CLASS +ADDRESS\nfront +x +\n/);
});

test("a chart brings its definitions along", async () => {
  const chart = mkdtempSync(join(tmpdir(), "drydock-fleet-"));
  try {
    for (const [path, text] of Object.entries(CHART)) {
      mkdirSync(dirname(join(chart, path)), { recursive: true });
      writeFileSync(join(chart, path), text);
    }
    expect(await helm("install", "argo", chart)).toContain("STATUS: deployed");
    expect(await cluster.kubectlOk(["get", "ships", "argo", "-o", "jsonpath={.spec.masts}"])).toBe("3");
    expect(await helm("upgrade", "argo", chart, "--set", "masts=2")).toContain("REVISION: 2");
    expect(await cluster.kubectlOk(["get", "ship/argo", "-o", "jsonpath={.spec.masts}"])).toBe("2");
    await helm("uninstall", "argo");
    expect((await cluster.kubectl(["get", "ships"])).stderr).toBe("No resources found in default namespace.\n");
  } finally {
    rmSync(chart, { recursive: true });
  }
});

test("every group version is registered; what a Service should serve is unavailable until it does", async () => {
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: ADAPTER });
  const rows = await cluster.kubectlOk(["get", "apiservices"]);
  expect(rows).toMatch(/^v1\. +Local +True +\S+$/m);
  expect(rows).toMatch(/^v1\.apps +Local +True +\S+$/m);
  expect(rows).toMatch(/^v1\.gateway\.networking\.k8s\.io +Local +True +\S+$/m);
  expect(rows).toMatch(/^v1beta1\.toys\.example\.com +default\/adapter +False \(ServiceNotFound\) +\S+$/m);
  const raw = await cluster.kubectl(["get", "--raw", "/apis/toys.example.com/v1beta1"]);
  expect(raw.stderr).toBe(
    "Error from server (ServiceUnavailable): the server is currently unable to handle the request\n",
  );
  await cluster.kubectlOk(["delete", "apiservice", "v1beta1.toys.example.com"]);
  const gone = await cluster.kubectl(["get", "--raw", "/apis/toys.example.com/v1beta1"]);
  expect(gone.stderr).toContain("Error from server (NotFound)");
});
