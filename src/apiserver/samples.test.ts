/**
 * Goal: what people publish can be created, replaced, applied by either side, patched and tried out (dry run), always
 * read strictly; what is refused is refused alike by all of them.
 * Method: every manifest of a folder of samples, each in a cluster without machines of its own, through the API server.
 */
import { expect, test } from "vitest";
import { createApiServer } from "#apiserver/app";
import type { JsonObject } from "#kernel/api/walk";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { namespaces } from "#kernel/resources/core/namespace";
import { RESOURCES } from "#kernel/resources/index";
import { manifestsIn, sampleFiles } from "#test/support/samples";
import { Scene } from "#test/support/scene";

interface Sample {
  readonly at: string;
  readonly manifest: JsonObject;
}

const samples: readonly Sample[] = sampleFiles.flatMap((file) =>
  manifestsIn(file).map((manifest) => ({ at: `${file} ${String(manifest["kind"])}`, manifest })),
);

interface Answer {
  readonly code: number;
  readonly body: JsonObject & { readonly metadata?: JsonObject; readonly message?: string };
  readonly warnings: string | null;
}

/** Sends a manifest to a cluster that has the namespace it wants; undefined for a kind that is not served. */
function senderFor(manifest: JsonObject) {
  const { apiVersion, kind, metadata } = manifest as { apiVersion: string; kind: string; metadata?: JsonObject };
  const resource = RESOURCES.find((one) => one.apiVersion === apiVersion && one.names.kind === kind);
  if (resource === undefined || resource.review !== undefined) return undefined;
  const scene = new Scene({ machines: 0 });
  const turns = { run: async <T>(work: Parameters<typeof scene.turn<T>>[0]): Promise<T> => scene.turn(work) };
  const app = createApiServer(turns, () => CLUSTER_ADMIN);
  const namespace = resource.isNamespaced ? String(metadata?.["namespace"] ?? "default") : "";
  const isKnown = namespace === "" || scene.get(namespaces, namespace) !== undefined;
  if (!isKnown) scene.create(namespaces, { metadata: { name: namespace }, spec: {} });
  const place = namespace === "" ? "" : `/namespaces/${namespace}`;
  const root = `http://k${resource.group === "" ? "/api" : "/apis"}/${apiVersion}${place}/${resource.names.plural}`;
  return async (
    method: string,
    name: string,
    body: JsonObject,
    more = "",
    type = "application/json",
  ): Promise<Answer> => {
    const path = name === "" ? root : `${root}/${name}`;
    const headers = { "content-type": type, "user-agent": "kubectl/v1" };
    const init = { method, headers, ...(method !== "GET" && { body: JSON.stringify(body) }) };
    const answer = await app.fetch(new Request(`${path}?fieldValidation=Strict${more}`, init));
    const warnings = answer.headers.get("warning");
    return { code: answer.status, body: (await answer.json()) as Answer["body"], warnings };
  };
}

const APPLY = "application/apply-patch+yaml";
const STRATEGIC = "application/strategic-merge-patch+json";

/** What goes wrong with a sample that was taken; what is refused is told apart. */
async function problemsOf({ manifest }: Sample): Promise<{ refused?: string; problems: string[] }> {
  const send = senderFor(manifest);
  const name = String((manifest["metadata"] as JsonObject | undefined)?.["name"] ?? "");
  if (send === undefined || name === "") return { problems: [] };
  const tried = await send("POST", "", manifest, "&dryRun=All");
  const made = await send("POST", "", manifest);
  if (made.code !== 201) {
    const same = tried.body.message === made.body.message;
    return { refused: made.body.message ?? "", problems: same ? [] : ["a dry run says otherwise"] };
  }
  const problems: string[] = [];
  const expectCode = (what: string, { code, body }: Answer, wanted: number): void => {
    if (code !== wanted) problems.push(`${what}: ${code} ${body.message}`);
  };
  expectCode("dry run", tried, 201);
  // Controllers have looked at it since it was made.
  const live = await send("GET", name, {});
  expectCode("replace", await send("PUT", name, live.body), 200);
  expectCode("patch", await send("PATCH", name, manifest, "", STRATEGIC), 200);
  const applied = await send("PATCH", name, manifest, "&fieldManager=me&force=true", APPLY);
  expectCode("apply", applied, 200);
  const again = await send("PATCH", name, manifest, "&fieldManager=me&force=true", APPLY);
  if (again.body.metadata?.["resourceVersion"] !== applied.body.metadata?.["resourceVersion"]) {
    problems.push("applying it again changes it");
  }
  if (JSON.stringify(applied.body["spec"]) !== JSON.stringify(made.body["spec"])) {
    problems.push("applying it changes the spec");
  }
  return { problems };
}

test.skipIf(sampleFiles.length === 0)(
  "published manifests through every verb (needs DRYDOCK_SAMPLES)",
  async () => {
    expect(samples.length).toBeGreaterThan(150);
    const problems: string[] = [];
    const refused: string[] = [];
    for (const sample of samples) {
      const found = await problemsOf(sample);
      problems.push(...found.problems.map((text) => `${sample.at}: ${text}`));
      if (found.refused !== undefined) refused.push(`${sample.at}: ${found.refused}`);
    }
    expect(problems).toEqual([]);
    expect(refused).toMatchInlineSnapshot(`
      [
        "examples/admin/sched/clusterrole.yaml ClusterRole: clusterroles.rbac.authorization.k8s.io "system:kube-scheduler" already exists",
        "examples/application/job/job-tmpl.yaml Job: Job.batch "process-item-$ITEM" is invalid: [metadata.name: Invalid value: "process-item-$ITEM": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), spec.template.labels: Invalid value: "process-item-$ITEM": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')]",
        "examples/service/networking/dual-stack-ipfamilies-ipv6.yaml Service: Service "my-service" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster",
        "examples/service/networking/dual-stack-ipv6-svc.yaml Service: Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.ipFamily"",
        "examples/service/networking/dual-stack-preferred-ipfamilies-svc.yaml Service: Service "my-service" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster",
      ]
    `);
  },
  120_000,
);
