/**
 * Goal: webhooks change and refuse what is written, and fail, as a v1.36 API server has it.
 * Method: configurations through a registry with the whole chain; servers are functions behind Services, or answers
 * that a test hands in where the cluster asks for them.
 */
import { expect, test } from "vitest";
import { ADMISSION } from "#kernel/admission/index";
import type { ConfigMap, MutatingWebhook } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { Cluster } from "#kernel/cluster/cluster";
import type { Client } from "#kernel/registry/client";
import type { Draft } from "#kernel/registry/definition";
import { Answers, type OutsideReply } from "#kernel/registry/outside";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { mutatingwebhookconfigurations } from "#kernel/resources/admissionregistration/mutatingwebhookconfiguration";
import { validatingwebhookconfigurations } from "#kernel/resources/admissionregistration/validatingwebhookconfiguration";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { configmaps } from "#kernel/resources/core/configmap";
import { namespaces } from "#kernel/resources/core/namespace";
import { pods } from "#kernel/resources/core/pod";
import { RESOURCES } from "#kernel/resources/index";
import { webhookAnswer } from "#kernel/runtime/images/agnhost-webhook";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

type Reviewed = { request: Record<string, unknown> & { uid: string }; apiVersion: string };
type Answer = (review: Reviewed, path: string) => object | OutsideReply;

function newClient(answer: Answer): Client {
  const parts = { store: new Store(), entropy: Entropy.seeded(3), resources: RESOURCES, admission: ADMISSION };
  const registry = new Registry({
    ...parts,
    now: () => 0,
    callService({ path }, { body }) {
      const review = JSON.parse(body) as Reviewed;
      const said = answer(review, path.split("?")[0] ?? "");
      if ("failure" in said || "body" in said) return said as OutsideReply;
      const response = { uid: review.request.uid, ...said };
      return {
        status: 200,
        body: JSON.stringify({ kind: "AdmissionReview", apiVersion: review.apiVersion, response }),
      };
    },
  });
  const client = registry.as(CLUSTER_ADMIN, "test");
  client.create(namespaces, { metadata: { name: "default" }, spec: {} });
  return client;
}

const CA = btoa("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

const hook = (over: Partial<MutatingWebhook> = {}): MutatingWebhook => ({
  name: "one.example.com",
  clientConfig: { service: { namespace: "hooks", name: "server", path: "/check" }, caBundle: CA },
  rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["configmaps"] }],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  ...over,
});

const validate = (client: Client, ...webhooks: MutatingWebhook[]) =>
  client.create(validatingwebhookconfigurations, { metadata: { name: "v" }, webhooks });
const mutate = (client: Client, ...webhooks: MutatingWebhook[]) =>
  client.create(mutatingwebhookconfigurations, { metadata: { name: "m" }, webhooks });

const configmap = (data: Record<string, string> = { a: "b" }): Draft<ConfigMap> => ({
  metadata: { name: "c", namespace: "default" },
  data,
});

function refused(act: () => unknown): StatusError {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error("it was admitted");
}

const patch = (...operations: object[]) => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: btoa(JSON.stringify(operations)),
});

test("a webhook is told everything about a request", () => {
  const asked: Reviewed[] = [];
  const client = newClient((review) => {
    asked.push(review);
    return { allowed: true, warnings: ["mind this"] };
  });
  validate(client, hook());
  client.create(configmaps, configmap(), { isDryRun: true });
  expect(client.takeWarnings()).toEqual(["mind this"]);
  expect(asked[0]).toMatchObject({
    apiVersion: "admission.k8s.io/v1",
    request: {
      ...{ operation: "CREATE", name: "c", namespace: "default", dryRun: true, oldObject: null },
      kind: { group: "", version: "v1", kind: "ConfigMap" },
      resource: { group: "", version: "v1", resource: "configmaps" },
      requestResource: { group: "", version: "v1", resource: "configmaps" },
      userInfo: { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] },
      object: { kind: "ConfigMap", data: { a: "b" } },
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1", fieldManager: "test", dryRun: ["All"] },
    },
  });
  client.create(configmaps, configmap());
  client.delete(configmaps, { namespace: "default", name: "c" });
  expect(asked.at(-1)?.request).toMatchObject({ operation: "DELETE", object: null, oldObject: { data: { a: "b" } } });
});

const URL_OF = "https://server.hooks.svc:443/check?timeout=10s";
const FAILED = 'Internal error occurred: failed calling webhook "one.example.com": ';

test.each<readonly [string, object | OutsideReply, Partial<MutatingWebhook>, string, number]>([
  [
    "a denial",
    { allowed: false, status: { message: "no" } },
    {},
    'admission webhook "one.example.com" denied the request: no',
    400,
  ],
  [
    "a denial with its code",
    { allowed: false, status: { reason: "TooBig", code: 413 } },
    {},
    'admission webhook "one.example.com" denied the request: TooBig',
    413,
  ],
  [
    "a denial for no reason",
    { allowed: false },
    {},
    'admission webhook "one.example.com" denied the request without explanation',
    400,
  ],
  [
    "nobody there",
    { failure: "dial tcp 10.96.0.9:443: connect: connection refused" },
    {},
    `${FAILED}failed to call webhook: Post "${URL_OF}": dial tcp 10.96.0.9:443: connect: connection refused`,
    500,
  ],
  [
    "a page not found",
    { status: 404, body: "" },
    {},
    `${FAILED}failed to call webhook: the server could not find the requested resource`,
    500,
  ],
  [
    "another uid",
    { uid: "x", allowed: true },
    {},
    `${FAILED}received invalid webhook response: expected response.uid=`,
    500,
  ],
  [
    "a patch without its type",
    { allowed: true, patch: "W10=" },
    {},
    `${FAILED}received invalid webhook response: webhook returned response.patch but not response.patchType`,
    500,
  ],
])("a webhook answers with %s", (_what, said, over, message, code) => {
  const client = newClient(() => said);
  validate(client, hook(over));
  const error = refused(() => client.create(configmaps, configmap()));
  expect(error.message).toContain(message);
  expect(error.code).toBe(code);
});

test("failures may be ignored, conditions and selectors keep a webhook out, and its own configuration is never asked about", () => {
  const client = newClient(() => ({ failure: "context deadline exceeded" }));
  const everything = { apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"] };
  validate(
    client,
    hook({ failurePolicy: "Ignore", rules: [{ ...everything, scope: "*" }] }),
    hook({ name: "two.example.com", matchConditions: [{ name: "never", expression: "request.name == 'x'" }] }),
    hook({ name: "three.example.com", objectSelector: { matchLabels: { a: "b" } } }),
  );
  client.create(configmaps, configmap());
  client.delete(validatingwebhookconfigurations, { namespace: "", name: "v" });
  validate(client, hook({ rules: [{ ...everything }] }));
  client.delete(validatingwebhookconfigurations, { namespace: "", name: "v" });
});

test("patches add up, and who wants to is asked again after others", () => {
  const asked: string[] = [];
  const client = newClient(({ request }, path) => {
    asked.push(path);
    const { data } = request["object"] as { data: Record<string, string> };
    if (path === "/first") {
      return data["second"] === undefined ? { allowed: true } : patch({ op: "add", path: "/data/again", value: "yes" });
    }
    return patch({ op: "add", path: "/data/second", value: "yes" });
  });
  const at = (path: string) => ({ service: { namespace: "hooks", name: "server", path }, caBundle: CA });
  mutate(
    client,
    hook({ clientConfig: at("/first"), reinvocationPolicy: "IfNeeded" }),
    hook({ name: "two.example.com", clientConfig: at("/second") }),
  );
  expect(client.create(configmaps, configmap()).data).toEqual({ a: "b", second: "yes", again: "yes" });
  expect(asked).toEqual(["/first", "/second", "/first"]);
});

test("the server of upstream's tests answers", () => {
  const client = newClient((review, path) => {
    const reply = webhookAnswer({ method: "POST", path, headers: {}, body: JSON.stringify(review) }, path);
    return { status: reply.status, body: reply.body };
  });
  const at = (path: string) => ({ service: { namespace: "hooks", name: "server", path }, caBundle: CA });
  mutate(
    client,
    hook({ clientConfig: at("/mutating-configmaps") }),
    hook({ name: "two.example.com", clientConfig: at("/mutating-configmaps") }),
    hook({ name: "label.example.com", clientConfig: at("/add-label") }),
  );
  validate(client, hook({ clientConfig: at("/configmaps") }));
  const made = client.create(configmaps, configmap({ "mutation-start": "yes" }));
  expect(made.data).toEqual({ "mutation-start": "yes", "mutation-stage-1": "yes", "mutation-stage-2": "yes" });
  expect(made.metadata.labels).toEqual({ "added-label": "yes" });
  const bad = {
    ...configmap({ "webhook-e2e-test": "webhook-disallow" }),
    metadata: { name: "d", namespace: "default" },
  };
  expect(refused(() => client.create(configmaps, bad)).message).toBe(
    'admission webhook "one.example.com" denied the request: the configmap contains unwanted key and value',
  );
});

const OUTSIDE = { clientConfig: { url: "https://hooks.example.com/check" } };
const options = {
  seed: 1,
  machines: [],
  components: { scheduler: true, controllerManager: true, kubelet: true },
  authorization: "RBAC",
  latency: "none",
} as unknown;
const newCluster = () => Cluster.create(options as Parameters<typeof Cluster.create>[0], 0);

function replyTo(body: string, said: object): OutsideReply {
  const { request, apiVersion } = JSON.parse(body) as Reviewed;
  const response = { uid: request.uid, ...said };
  return { status: 200, body: JSON.stringify({ kind: "AdmissionReview", apiVersion, response }) };
}

test("a turn that needs an answer leaves nothing behind and is begun again with it", () => {
  const cluster = newCluster();
  cluster.turn(({ admin }) => void mutate(admin, hook(OUTSIDE)));
  const answers = new Answers();
  const work = ({ admin }: Cluster) => admin.create(configmaps, configmap()).data;
  const first = cluster.turn(work, answers);
  if (!("needs" in first)) throw new Error("it should ask");
  expect(first.journal.changes).toEqual([]);
  expect(first.needs.url).toBe("https://hooks.example.com/check?timeout=10s");
  // Time passes, and somebody else writes, while the call is under way.
  cluster.now += 5_000;
  cluster.turn(({ admin }) => void admin.create(namespaces, { metadata: { name: "other" }, spec: {} }));
  answers.add(first.needs, replyTo(first.needs.body, patch({ op: "add", path: "/data/x", value: "y" })));
  const second = cluster.turn(work, answers);
  expect("value" in second && second.value).toEqual({ a: "b", x: "y" });
});

test("controllers wait for answers without holding up the cluster", () => {
  const cluster = newCluster();
  const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }];
  cluster.turn(({ admin }) => void mutate(admin, hook({ ...OUTSIDE, rules })));
  const template = { metadata: { labels: { a: "b" } } as never, spec: { containers: [{ name: "c", image: "x" }] } };
  const spec = { replicas: 3, selector: { matchLabels: { a: "b" } }, template };
  cluster.turn(
    ({ admin }) => void admin.create(replicasets, { metadata: { name: "web", namespace: "default" }, spec }),
  );
  expect(cluster.admin.list(pods)).toHaveLength(0);
  let calls = 0;
  let asked = { request: {} } as Reviewed;
  for (let pending = cluster.takeCalls(); pending.length > 0; pending = cluster.takeCalls()) {
    for (const call of pending) {
      calls += 1;
      asked = JSON.parse(call.request.body) as Reviewed;
      cluster.now += 1_500;
      const reply = replyTo(call.request.body, patch({ op: "add", path: "/metadata/labels/n", value: String(calls) }));
      cluster.turn((all) => all.answerCall(call, reply));
    }
  }
  expect(asked.request["userInfo"]).toEqual({
    username: "system:serviceaccount:kube-system:replicaset-controller",
    groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
  });
  expect(calls).toBe(3);
  expect(
    cluster.admin
      .list(pods)
      .map(({ metadata }) => metadata.labels?.["n"])
      .sort(),
  ).toEqual(["1", "2", "3"]);
});

test("a webhook about scales sees a Scale", () => {
  const asked: Reviewed[] = [];
  const client = newClient((review) => {
    asked.push(review);
    return { allowed: true };
  });
  const rules = [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["*/scale"] }];
  validate(client, hook({ rules }));
  const template = { metadata: { labels: { a: "b" } } as never, spec: { containers: [{ name: "c", image: "x" }] } };
  const spec = { replicas: 1, selector: { matchLabels: { a: "b" } }, template };
  client.create(replicasets, { metadata: { name: "web", namespace: "default" }, spec });
  const key = { namespace: "default", name: "web" };
  client.updateScale(replicasets, key, {
    metadata: { name: "web", namespace: "default" },
    spec: { replicas: 2 },
    status: { replicas: 0 },
  });
  expect(asked.map(({ request }) => request)).toMatchObject([
    {
      kind: { group: "autoscaling", version: "v1", kind: "Scale" },
      resource: { group: "apps", version: "v1", resource: "replicasets" },
      ...{
        subResource: "scale",
        object: { kind: "Scale", spec: { replicas: 2 } },
        oldObject: { spec: { replicas: 1 } },
      },
    },
  ]);
});
