/**
 * Goal: kubectl's server-side apply works as on a real cluster: owners, conflicts, force, diff, migration, status.
 * Method: the real kubectl against a bare control plane, and raw requests where kubectl never sends what is refused.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await newCluster({ nodes: 0, components: { scheduler: false, kubelet: false, controllerManager: false } });
});
afterAll(() => cluster.delete());

const deployment = (name: string, { replicas = 1, image = "nginx:1.27", labels = "" } = {}): string => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}${labels === "" ? "" : `\n  labels: {${labels}}`}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers: [{name: web, image: "${image}"}]
`;

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: unknown;
}

async function entriesOf(name: string): Promise<Entry[]> {
  const text = await cluster.kubectlOk(["get", "deployment", name, "-o", "json", "--show-managed-fields"]);
  return JSON.parse(text).metadata.managedFields ?? [];
}

const owners = (entries: readonly Entry[]) =>
  entries.map(({ manager, operation, subresource = "" }) => [manager, operation, subresource]);

const apply = (stdin: string, ...args: string[]) =>
  cluster.kubectl(["apply", "--server-side", "-f", "-", ...args], { stdin });

test("apply creates, applies again and shows who owns what when asked", async () => {
  expect((await apply(deployment("one"))).stdout).toBe("deployment.apps/one serverside-applied\n");
  expect((await apply(deployment("one"))).stdout).toBe("deployment.apps/one serverside-applied\n");
  const entries = await entriesOf("one");
  expect(owners(entries)).toEqual([["kubectl", "Apply", ""]]);
  expect(entries[0]?.fieldsV1).toEqual({
    "f:spec": {
      "f:replicas": {},
      "f:selector": {},
      "f:template": {
        "f:metadata": { "f:labels": { "f:app": {} } },
        "f:spec": { "f:containers": { 'k:{"name":"web"}': { ".": {}, "f:image": {}, "f:name": {} } } },
      },
    },
  });
  const hidden = await cluster.kubectlOk(["get", "deployment", "one", "-o", "yaml"]);
  expect(hidden).not.toContain("managedFields");
});

test("a conflict in kubectl's words; force takes the field", async () => {
  await apply(deployment("two", { replicas: 2 }));
  const refused = await apply(deployment("two", { replicas: 3 }), "--field-manager=other");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(
    'error: Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas\nPlease review the fields above',
  );
  const forced = await apply(deployment("two", { replicas: 3 }), "--field-manager=other", "--force-conflicts");
  expect(forced.stdout).toBe("deployment.apps/two serverside-applied\n");
  const entries = await entriesOf("two");
  expect(owners(entries).map(([manager]) => manager)).toEqual(["kubectl", "other"]);
  expect(entries[0]?.fieldsV1).not.toHaveProperty(["f:spec", "f:replicas"]);
});

test("what is left out goes, unless somebody else owns it", async () => {
  await apply(deployment("three", { labels: "a: x, b: x" }));
  await apply(
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: three, labels: {b: x}}",
    "--field-manager=other",
  );
  await apply(deployment("three"));
  const labels = await cluster.kubectlOk(["get", "deployment", "three", "-o", "jsonpath={.metadata.labels}"]);
  expect(labels).toBe('{"b":"x"}');
});

test("scale and client-side apply are owners; a client-side applied object migrates", async () => {
  const client = ["apply", "-f", "-"];
  await cluster.kubectlOk(client, { stdin: deployment("four") });
  expect(owners(await entriesOf("four"))).toEqual([["kubectl-client-side-apply", "Update", ""]]);
  await cluster.kubectlOk(["scale", "deployment/four", "--replicas=4"]);
  expect(owners(await entriesOf("four"))).toContainEqual(["kubectl", "Update", "scale"]);

  const refused = await apply(deployment("four", { replicas: 2 }));
  expect(refused.stderr).toContain(
    'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas',
  );
  const migrated = await apply(deployment("four", { replicas: 4, image: "nginx:1.28" }));
  expect(migrated.stdout).toBe("deployment.apps/four serverside-applied\n");
  expect(owners(await entriesOf("four"))).toContainEqual(["kubectl", "Apply", ""]);
  const image = ["get", "deployment", "four", "-o", "jsonpath={.spec.template.spec.containers[0].image}"];
  expect(await cluster.kubectlOk(image)).toBe("nginx:1.28");
});

test("diff and dry run change nothing", async () => {
  await apply(deployment("five"));
  const { stdout, code } = await cluster.kubectl(["diff", "--server-side", "-f", "-"], {
    stdin: deployment("five", { replicas: 9 }),
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/-\s+replicas: 1\n\+\s+replicas: 9/);
  await apply(deployment("five", { replicas: 9 }), "--dry-run=server");
  const replicas = ["get", "deployment", "five", "-o", "jsonpath={.spec.replicas}"];
  expect(await cluster.kubectlOk(replicas)).toBe("1");
});

test("an unknown field is refused by the schema", async () => {
  const unknown = await apply(deployment("six").replace("replicas:", "replicaz:"));
  expect(unknown.stderr).toBe(
    "Error from server: failed to create typed patch object (default/six; apps/v1, Kind=Deployment): " +
      ".spec.replicaz: field not declared in schema\n",
  );
});

test("status is applied through its subresource", async () => {
  await apply(deployment("seven"));
  const stdin = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: seven}\nstatus: {replicas: 5}\n";
  await cluster.kubectlOk(["apply", "--server-side", "--subresource=status", "--field-manager=robot", "-f", "-"], {
    stdin,
  });
  const entries = await entriesOf("seven");
  expect(owners(entries)).toContainEqual(["robot", "Apply", "status"]);
  expect(entries.find(({ manager }) => manager === "robot")?.fieldsV1).toEqual({ "f:status": { "f:replicas": {} } });
});

test("what a client must say, and may not", async () => {
  const path = "/apis/apps/v1/namespaces/default/deployments/eight";
  const send = async (query: string, type: string, body = deployment("eight")) => {
    const answer = await cluster.api(`${path}${query}`, { method: "PATCH", headers: { "content-type": type }, body });
    const { message = "" } = (await answer.json()) as { message?: string };
    return { code: answer.status, message };
  };
  const yaml = "application/apply-patch+yaml";
  expect(await send("", yaml)).toEqual({
    code: 422,
    message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  });
  expect(await send("?force=true", "application/merge-patch+json", "{}")).toEqual({
    code: 422,
    message: 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
  });
  expect((await send("?fieldManager=a", "application/apply-patch+cbor")).code).toBe(415);
  expect(await send("?fieldManager=a", yaml, "a: [")).toMatchObject({ code: 400 });
  expect(await send("?fieldManager=a", yaml, deployment("eight").replace("Deployment", "ReplicaSet"))).toEqual({
    code: 400,
    message: "invalid object type: apps/v1, Kind=ReplicaSet",
  });
  expect((await send("?fieldManager=a", yaml)).code).toBe(201);
  expect((await send("?fieldManager=a", yaml)).code).toBe(200);
  const twice = `${deployment("eight")}\n# the end\nkind: Deployment\n`;
  expect((await send("?fieldManager=a&fieldValidation=Strict", yaml, twice)).message).toContain(
    'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 15: key "kind" already set',
  );
});
