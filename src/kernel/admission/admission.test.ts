/**
 * Goal: what the admission chain adds to objects and refuses reads as from a v1.36 API server.
 * Method: create objects through a registry with the whole chain; tables of refusals and their texts.
 */
import { expect, test } from "vitest";
import { ADMISSION } from "#kernel/admission/index";
import type { Pod, PodSpec, ServiceAccount } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import type { Draft } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { configmaps } from "#kernel/resources/core/configmap";
import { namespaces } from "#kernel/resources/core/namespace";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { bindPod } from "#kernel/resources/core/pod.bind";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import { RESOURCES } from "#kernel/resources/index";
import { priorityclasses, SYSTEM_PRIORITY_CLASSES } from "#kernel/resources/scheduling/priorityclass";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

const NOW = Date.parse("2026-05-01T10:00:00Z");

function newClient(account: Partial<ServiceAccount> = {}) {
  const parts = { store: new Store(), entropy: Entropy.seeded(3), resources: RESOURCES, admission: ADMISSION };
  const client = new Registry({ ...parts, now: () => NOW }).as(CLUSTER_ADMIN, "test");
  client.create(namespaces, { metadata: { name: "default" }, spec: {} });
  for (const draft of SYSTEM_PRIORITY_CLASSES) client.create(priorityclasses, draft);
  client.create(serviceaccounts, {
    ...account,
    metadata: { ...account.metadata, name: "default", namespace: "default" },
  });
  return client;
}

const pod = (spec: Partial<PodSpec> = {}, namespace = "default"): Draft<Pod> => ({
  metadata: { name: "web", namespace },
  spec: { containers: [{ name: "web", image: "nginx" }], ...spec } as PodSpec,
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

test("a plain pod gets its account, its token, its tolerations and its priority", () => {
  const { spec } = newClient().create(pods, pod());
  const volume = spec.volumes?.[0];
  expect(spec.serviceAccountName).toBe("default");
  expect(spec.serviceAccount).toBe("default");
  expect(volume?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
  expect(volume?.projected).toEqual({
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
  });
  expect(spec.containers[0]?.volumeMounts).toEqual([
    { name: volume?.name, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
  ]);
  expect(spec.tolerations).toEqual([
    { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
    { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
  ]);
  expect([spec.priority, spec.preemptionPolicy, spec.priorityClassName]).toEqual([
    0,
    "PreemptLowerPriority",
    undefined,
  ]);
});

test("pod and account may do without the token; the account lends its pull secrets", () => {
  expect(newClient().create(pods, pod({ automountServiceAccountToken: false })).spec.volumes).toBeUndefined();
  const client = newClient({ automountServiceAccountToken: false, imagePullSecrets: [{ name: "registry" }] });
  expect(client.create(pods, pod()).spec.volumes).toBeUndefined();
  expect(client.get(pods, { namespace: "default", name: "web" })?.spec.imagePullSecrets).toEqual([
    { name: "registry" },
  ]);
});

test("a toleration of everything needs no other", () => {
  const tolerations = [{ operator: "Exists" }];
  expect(newClient().create(pods, pod({ tolerations })).spec.tolerations).toEqual(tolerations);
});

test.each([
  ["system-node-critical", 2_000_001_000],
  ["system-cluster-critical", 2_000_000_000],
])("%s has its number", (priorityClassName, value) => {
  expect(newClient().create(pods, pod({ priorityClassName })).spec.priority).toBe(value);
});

const computed = "priority admission controller computed";

test.each<[string, Draft<Pod>, string]>([
  ["no namespace", pod({}, "nowhere"), 'namespaces "nowhere" not found'],
  [
    "no account",
    pod({ serviceAccountName: "ci" }),
    'pods "web" is forbidden: error looking up service account default/ci: serviceaccount "ci" not found',
  ],
  [
    "no class",
    pod({ priorityClassName: "gold" }),
    'pods "web" is forbidden: no PriorityClass with name gold was found',
  ],
  [
    "a number of one's own",
    pod({ priority: 7 }),
    'pods "web" is forbidden: the integer value of priority (7) must not be provided in pod spec; ' +
      `${computed} 0 from the given PriorityClass name`,
  ],
  [
    "a policy of one's own",
    pod({ preemptionPolicy: "Never" }),
    'pods "web" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; ' +
      `${computed} PreemptLowerPriority from the given PriorityClass name`,
  ],
])("%s", (_title, draft, text) => {
  expect(refused(() => newClient().create(pods, draft)).message).toBe(text);
});

test("a pod whose name is still to be generated goes by the beginning of it", () => {
  const { spec } = pod({ serviceAccountName: "ci" });
  const draft = { metadata: { generateName: "web-5d4f-", namespace: "default" }, spec };
  expect(refused(() => newClient().create(pods, draft)).message).toContain('pods "web-5d4f-" is forbidden: error');
});

test("an account that counts its secrets lends no other", () => {
  const annotations = { "kubernetes.io/enforce-mountable-secrets": "true" };
  const client = newClient({ metadata: { annotations } as unknown as ServiceAccount["metadata"] });
  const volumes = [{ name: "s", secret: { secretName: "mine" } }];
  expect(refused(() => client.create(pods, pod({ volumes }))).message).toBe(
    'pods "web" is forbidden: volume with secret.secretName="mine" is not allowed because service account default ' +
      "does not reference that secret",
  );
});

test("nothing new comes into a namespace that goes, and three namespaces never go", () => {
  const client = newClient();
  client.create(namespaces, { metadata: { name: "going" }, spec: {} });
  const draft = { metadata: { name: "c", namespace: "going" }, data: { a: "1" } };
  const kept = client.create(configmaps, draft);
  client.delete(namespaces, { namespace: "", name: "going" });
  const { status } = refused(() =>
    client.create(configmaps, { ...draft, metadata: { name: "d", namespace: "going" } }),
  );
  expect(status).toMatchObject({
    code: 403,
    reason: "Forbidden",
    message:
      'configmaps "d" is forbidden: unable to create new content in namespace going because it is being terminated',
    details: {
      name: "d",
      kind: "configmaps",
      causes: [
        {
          reason: "NamespaceTerminating",
          message: "namespace going is being terminated",
          field: "metadata.namespace",
        },
      ],
    },
  });
  expect(client.update(configmaps, { ...kept, data: { a: "2" } }).data).toEqual({ a: "2" });
  expect(refused(() => client.delete(namespaces, { namespace: "", name: "default" })).message).toBe(
    'namespaces "default" is forbidden: this namespace may not be deleted',
  );
});

test("a new node takes no pods yet, and is not told twice", () => {
  const client = newClient();
  const taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };
  expect(client.create(nodes, { metadata: { name: "a" }, spec: {} }).spec.taints).toEqual([taint]);
  expect(client.create(nodes, { metadata: { name: "b" }, spec: { taints: [taint] } }).spec.taints).toEqual([taint]);
});

test("a pod that is bound gets the labels of its node's zone and region, but keeps its own", () => {
  const client = newClient();
  const zone = "topology.kubernetes.io/zone";
  const region = "topology.kubernetes.io/region";
  const labels = { [zone]: "z1", [region]: "r1", "kubernetes.io/hostname": "n1" };
  client.create(nodes, { metadata: { name: "n1", labels }, spec: {} });
  client.create(pods, { ...pod(), metadata: { name: "web", namespace: "default", labels: { [region]: "mine" } } });
  bindPod(client, { namespace: "default", name: "web" }, { target: { kind: "Node", name: "n1" } });
  const bound = client.get(pods, { namespace: "default", name: "web" });
  expect(bound?.metadata.labels).toEqual({ [zone]: "z1", [region]: "mine" });
  const direct = client.create(pods, { ...pod({ nodeName: "n1" }), metadata: { name: "other", namespace: "default" } });
  expect(direct.metadata.labels).toEqual({ [zone]: "z1", [region]: "r1" });
});
