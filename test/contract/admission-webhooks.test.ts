/**
 * Goal: admission webhooks work with kubectl as upstream's tests use them.
 * Method: kubectl 1.35; upstream's webhook server in a pod behind a Service; and a real https server on this machine,
 * which one server of our own is told it may call.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applied, apply, REGISTRATION, rule } from "#test/support/admission";
import { newCluster, type TestCluster } from "#test/support/cluster";
import { TestServer } from "#test/support/server";
import { serverCertificate } from "../../scripts/certificate.ts";

/** The part of an AdmissionReview's request that is looked at. */
type Review = Readonly<Record<string, unknown>>;

/** The authority of a simulated server: nobody reads more of it than that it is one. */
const CA = btoa("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
const configmap = (name: string, data: Record<string, string> = {}) => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data },
});

describe("webhooks behind a Service", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await newCluster({ latency: "none", nodes: 1 });
    const labels = { app: "webhook" };
    await applied(
      cluster,
      {
        ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "webhook" } },
        spec: {
          ...{ replicas: 1, selector: { matchLabels: labels } },
          template: {
            metadata: { labels },
            spec: {
              containers: [
                {
                  ...{ name: "c", image: "registry.k8s.io/e2e-test-images/agnhost:2.53" },
                  args: ["webhook", "--tls-cert-file=/c/tls.crt", "--tls-private-key-file=/c/tls.key", "--port=8444"],
                  readinessProbe: { httpGet: { scheme: "HTTPS", port: 8444, path: "/readyz" } },
                },
              ],
            },
          },
        },
      },
      {
        ...{ apiVersion: "v1", kind: "Service", metadata: { name: "e2e-test-webhook" } },
        spec: { selector: labels, ports: [{ port: 8443, targetPort: 8444 }] },
      },
    );
    await cluster.settle();
  });

  const hook = (path: string, over: object = {}) => ({
    ...{
      name: `${path.replace(/\W/g, "") || "x"}.k8s.io`,
      sideEffects: "None",
      admissionReviewVersions: ["v1", "v1beta1"],
    },
    clientConfig: { service: { namespace: "default", name: "e2e-test-webhook", path, port: 8443 }, caBundle: CA },
    rules: [rule(["configmaps"])],
    ...over,
  });
  const configuration = (kind: string, ...webhooks: object[]) => ({
    ...{ apiVersion: REGISTRATION, kind: `${kind}WebhookConfiguration`, metadata: { name: "e2e" }, webhooks },
  });

  test("config maps are changed and refused, attaching and slow servers too", async () => {
    await applied(
      cluster,
      configuration(
        "Mutating",
        hook("/mutating-configmaps", { name: "one.k8s.io" }),
        hook("/mutating-configmaps", { name: "two.k8s.io" }),
      ),
      configuration(
        "Validating",
        hook("/configmaps", { name: "deny-unwanted-configmap-data.k8s.io" }),
        hook("/always-allow-delay-5s", { name: "slow.k8s.io", timeoutSeconds: 1, rules: [rule(["secrets"])] }),
        hook("/pods/attach", { name: "deny-attaching-pod.k8s.io", rules: [rule(["pods/attach"], ["CONNECT"])] }),
      ),
    );
    await applied(cluster, configmap("to-be-mutated", { "mutation-start": "yes" }));
    const data = JSON.parse(await cluster.kubectlOk(["get", "cm", "to-be-mutated", "-o", "jsonpath={.data}"]));
    expect(data).toEqual({ "mutation-start": "yes", "mutation-stage-1": "yes", "mutation-stage-2": "yes" });
    const { stderr } = await cluster.kubectl([
      "create",
      "cm",
      "bad",
      "--from-literal=webhook-e2e-test=webhook-disallow",
    ]);
    expect(stderr).toBe(
      'error: failed to create configmap: admission webhook "deny-unwanted-configmap-data.k8s.io" denied the request: ' +
        "the configmap contains unwanted key and value\n",
    );
    const slow = await cluster.kubectl(["create", "secret", "generic", "s"]);
    expect(slow.stderr).toBe(
      'error: failed to create secret Internal error occurred: failed calling webhook "slow.k8s.io": failed to call webhook: ' +
        'Post "https://e2e-test-webhook.default.svc:8443/always-allow-delay-5s?timeout=1s": context deadline exceeded\n',
    );
    await cluster.kubectlOk(["run", "to-be-attached-pod", "--image=nginx", "--restart=Never", "-i=false"]);
    const pod = { name: "container1", image: "registry.k8s.io/pause:3.10" };
    await cluster.kubectlOk(["delete", "pod", "to-be-attached-pod", "--now"]);
    await applied(cluster, {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "to-be-attached-pod" }, spec: { containers: [pod] } },
    });
    await cluster.settle();
    const attach = await cluster.kubectl(["attach", "to-be-attached-pod", "-i", "-c=container1"]);
    expect(attach.stderr).toContain("attaching to pod 'to-be-attached-pod' is not allowed");
  });

  test("a Service with nobody behind it fails as its policy says", async () => {
    const nobody = { service: { namespace: "default", name: "nobody", path: "/x" }, caBundle: CA };
    await applied(
      cluster,
      configuration(
        "Validating",
        hook("/x", { name: "fail.k8s.io", clientConfig: nobody, rules: [rule(["secrets"])] }),
      ),
    );
    const { stderr } = await cluster.kubectl(["create", "secret", "generic", "s"]);
    expect(stderr).toBe(
      'error: failed to create secret Internal error occurred: failed calling webhook "fail.k8s.io": failed to call webhook: ' +
        'Post "https://nobody.default.svc:443/x?timeout=10s": service "nobody" not found\n',
    );
    await applied(
      cluster,
      configuration("Validating", hook("/x", { name: "fail.k8s.io", clientConfig: nobody, failurePolicy: "Ignore" })),
    );
    await cluster.kubectlOk(["create", "secret", "generic", "s"]);
  });
});

describe("webhooks by URL", () => {
  const dir = mkdtempSync(join(tmpdir(), "drydock-webhook-"));
  const seen: string[] = [];
  /** The last review of each path, and what is to be answered there instead of a label. */
  const reviews: Record<string, Review> = {};
  const PATCHES: Readonly<Record<string, readonly object[]>> = {
    "/scale": [{ op: "replace", path: "/spec/replicas", value: 2 }],
    "/below": [{ op: "replace", path: "/spec/replicas", value: -2 }],
    "/token": [{ op: "add", path: "/spec/audiences", value: ["elsewhere"] }],
    "/nothing": [],
  };
  let hooks: Server;
  let drydock: TestServer;
  let cluster: TestCluster;
  let port = 0;

  beforeAll(async () => {
    const { cert, key } = serverCertificate(dir);
    hooks = createServer({ cert, key }, async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { request: review, apiVersion } = JSON.parse(body);
      seen.push(
        `${review.operation} ${review.resource.resource} ${review.object?.metadata.generateName ?? review.name}`,
      );
      if (request.url?.startsWith("/redirect") === true) {
        response.writeHead(302, { location: "https://localhost/elsewhere" }).end();
        return;
      }
      const path = (request.url ?? "").replace(/\?.*/, "");
      reviews[path] = review;
      const labels = { seen: "yes", ...review.object?.metadata.labels };
      const patch = Buffer.from(
        JSON.stringify(PATCHES[path] ?? [{ op: "add", path: "/metadata/labels", value: labels }]),
      );
      const answer = {
        uid: review.uid,
        allowed: true,
        patchType: "JSONPatch",
        patch: patch.toString("base64"),
        warnings: ["seen"],
      };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ apiVersion, kind: "AdmissionReview", response: answer }));
    });
    await new Promise<void>((resolve) => hooks.listen(0, "127.0.0.1", resolve));
    ({ port } = hooks.address() as AddressInfo);
    const env = { DRYDOCK_CALLABLE: `localhost:${port}`, NODE_EXTRA_CA_CERTS: join(dir, "ca.pem") };
    drydock = await TestServer.start({ env });
    cluster = await newCluster({ latency: "none", nodes: 1 }, drydock.origin);
  });

  afterAll(async () => {
    await drydock.stop();
    hooks.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const configuration = (url: string, resources: string[], operations = ["CREATE"], groups = [""]) => ({
    ...{ apiVersion: REGISTRATION, kind: "MutatingWebhookConfiguration", metadata: { name: "url" } },
    webhooks: [
      {
        ...{ name: "url.example.com", sideEffects: "None", admissionReviewVersions: ["v1"], clientConfig: { url } },
        rules: [rule(resources, operations, groups)],
      },
    ],
  });

  test("a request waits for the answer; so do controllers", async () => {
    await applied(cluster, configuration(`https://localhost:${port}/label`, ["configmaps", "pods"]));
    const { stderr } = await cluster.kubectl(["create", "configmap", "c"]);
    expect(stderr).toBe("Warning: seen\n");
    expect(await cluster.kubectlOk(["get", "cm", "c", "--show-labels"])).toContain("seen=yes");
    await cluster.kubectlOk(["create", "deployment", "web", "--image=registry.k8s.io/pause:3.10", "--replicas=3"]);
    await cluster.settle();
    const pods = JSON.parse(await cluster.kubectlOk(["get", "pods", "-l", "app=web,seen=yes", "-o", "json"]));
    expect(pods.items).toHaveLength(3);
    expect(seen.filter((line) => line.startsWith("CREATE pods web-"))).toHaveLength(3);
  });

  test("what is made of a scale is obeyed, and looked at like what was sent", async () => {
    const at = (path: string) => `https://localhost:${port}${path}`;
    const scales = ["deployments/scale", "replicationcontrollers/scale"];
    await applied(cluster, configuration(at("/scale"), scales, ["UPDATE"], ["apps"]));
    await cluster.kubectlOk(["scale", "deployment", "web", "--replicas=5"]);
    expect(await cluster.kubectlOk(["get", "deployment", "web", "-o", "jsonpath={.spec.replicas}"])).toBe("2");
    expect(reviews["/scale"]).toMatchObject({
      kind: { group: "autoscaling", version: "v1", kind: "Scale" },
      ...{
        subResource: "scale",
        object: { kind: "Scale", spec: { replicas: 5 } },
        oldObject: { spec: { replicas: 3 } },
      },
    });
    await applied(cluster, configuration(at("/below"), scales, ["UPDATE"], ["apps"]));
    const { stderr } = await cluster.kubectl(["scale", "deployment", "web", "--replicas=5"]);
    expect(stderr).toContain("spec.replicas: Invalid value: -2: must be greater than or equal to 0");
    await cluster.kubectlOk(["delete", "mutatingwebhookconfiguration", "url"]);
  });

  test("a request for a token passes, and what is made of it is obeyed", async () => {
    await applied(cluster, configuration(`https://localhost:${port}/token`, ["serviceaccounts/token"]));
    const token = await cluster.kubectlOk(["create", "token", "default"]);
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { aud: string[] };
    expect(claims.aud).toEqual(["elsewhere"]);
    expect(reviews["/token"]).toMatchObject({
      ...{ operation: "CREATE", name: "default", subResource: "token", resource: { resource: "serviceaccounts" } },
      ...{ kind: { kind: "TokenRequest" }, object: { spec: { expirationSeconds: 3600 } } },
    });
  });

  test("an eviction is asked about once, and not as a delete", async () => {
    const all = [rule(["pods/eviction"]), rule(["pods"], ["DELETE"])];
    const both = configuration(`https://localhost:${port}/nothing`, []);
    await applied(cluster, { ...both, webhooks: both.webhooks.map((one) => ({ ...one, rules: all })) });
    const [pod = ""] = (await cluster.kubectlOk(["get", "pods", "-l", "app=web", "-o", "name"])).split("\n");
    const name = pod.replace("pod/", "");
    seen.length = 0;
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name }, deleteOptions: {} };
    const answer = await cluster.api(`/api/v1/namespaces/default/pods/${name}/eviction`, {
      ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(eviction) },
    });
    expect([answer.status, seen]).toEqual([201, [`CREATE pods ${name}`]]);
    expect(reviews["/nothing"]).toMatchObject({ kind: { kind: "Eviction" }, object: { deleteOptions: {} } });
    await cluster.kubectlOk(["delete", "pods", "-l", "app=web", "--wait=false"]);
    expect(seen.filter((line) => line.startsWith("DELETE pods"))).not.toEqual([]);
    await applied(cluster, configuration(`https://localhost:${port}/nothing`, ["secrets"], ["DELETE"]));
    await cluster.kubectlOk(["create", "secret", "generic", "one"]);
    await cluster.api("/api/v1/namespaces/default/secrets", { method: "DELETE" });
    expect(reviews["/nothing"]).toMatchObject({ operation: "DELETE", oldObject: { metadata: { name: "one" } } });
    // A collection has no name.
    expect(reviews["/nothing"]).not.toHaveProperty("name");
    await applied(cluster, configuration(`https://localhost:${port}/scale`, ["secrets"], ["DELETE"]));
    await cluster.kubectlOk(["create", "secret", "generic", "kept"]);
    const { stderr } = await cluster.kubectl(["delete", "secret", "kept"]);
    expect(stderr).toContain(
      'admission webhook "url.example.com" attempted to modify the object, which is not supported for this operation',
    );
  });

  test("a patch is shown as the update, or the create, it comes to", async () => {
    const rules = ["configmaps"];
    await applied(cluster, configuration(`https://localhost:${port}/nothing`, rules, ["CREATE", "UPDATE"]));
    const made = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "patched" } };
    await cluster.kubectlOk(["apply", "--server-side", "-f", "-"], { stdin: JSON.stringify(made) });
    expect(reviews["/nothing"]).toMatchObject({ operation: "CREATE", options: { kind: "CreateOptions" } });
    await cluster.kubectlOk(["patch", "cm", "patched", "-p", '{"data":{"a":"b"}}']);
    expect(reviews["/nothing"]).toMatchObject({
      operation: "UPDATE",
      options: { kind: "UpdateOptions", apiVersion: "meta.k8s.io/v1", fieldManager: "kubectl-patch" },
    });
    await cluster.kubectlOk(["create", "cm", "said"]);
    expect(reviews["/nothing"]).toMatchObject({
      options: { fieldManager: "kubectl-create", fieldValidation: "Strict" },
    });
    const silent = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "silent" } };
    const headers = { "content-type": "application/json" };
    const path = "/api/v1/namespaces/default/configmaps";
    await cluster.api(path, { method: "POST", headers, body: JSON.stringify(silent) });
    expect(reviews["/nothing"]).toMatchObject({ name: "silent" });
    expect(reviews["/nothing"]?.["options"]).toEqual({ kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" });
  });

  test("an authority of one's own cannot be had for a URL, and who names one is told", async () => {
    const url = `https://localhost:${port}/nothing`;
    const named = configuration(url, ["secrets"]);
    const webhooks = named.webhooks.map((one) => ({ ...one, clientConfig: { url, caBundle: CA } }));
    const { stderr } = await apply(cluster, { ...named, webhooks });
    expect(stderr).toContain("Warning: webhooks[0].clientConfig.caBundle: not simulated for a url");
    await cluster.kubectlOk(["delete", "mutatingwebhookconfiguration", "url"]);
  });

  test("a private address, another scheme and a redirection are not followed", async () => {
    await applied(cluster, configuration("https://127.0.0.1:1/x", ["secrets"]));
    const { stderr } = await cluster.kubectl(["create", "secret", "generic", "s"]);
    expect(stderr).toContain(
      'failed calling webhook "url.example.com": failed to call webhook: Post "https://127.0.0.1:1/x?timeout=10s": ',
    );
    await applied(cluster, configuration(`https://localhost:${port}/redirect`, ["secrets"]));
    expect((await cluster.kubectl(["create", "secret", "generic", "s"])).stderr).toContain("failed calling webhook");
    const refused = await apply(cluster, configuration("http://example.com/x", ["secrets"]));
    expect(refused.stderr).toContain("'https' is the only allowed URL scheme; desired format: https://host[/path]");
  });
});
