/**
 * Goal: Deployments and ReplicaSets are completed, refused, changed and printed as v1.36 does.
 * Method: create and update them through a registry; tables of what is refused.
 */
import { expect, test } from "vitest";
import type { Deployment, DeploymentSpec, ReplicaSet } from "#kernel/api/types.gen";
import type { Draft } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { deployments } from "#kernel/resources/apps/deployment";
import { maxSurge, maxUnavailable, minAvailable, resolveFenceposts } from "#kernel/resources/apps/deployment.facts";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { equalIgnoringHash } from "#kernel/resources/apps/replicaset.facts";
import { deepFreeze } from "#kernel/sim/clone";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

const NOW = Date.parse("2026-05-01T10:00:00Z");
const key = { namespace: "default", name: "hello-world" };
const labels = { app: "hello" };

function newClient() {
  const resources = [deployments, replicasets];
  const parts = { store: new Store(), entropy: Entropy.seeded(1), resources, admission: [] };
  return new Registry({ ...parts, now: () => NOW }).as(CLUSTER_ADMIN, "test");
}

const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx:1.27" }] } };
const hello = (spec: Partial<DeploymentSpec> = {}): Draft<Deployment> => ({
  metadata: { ...key },
  spec: { selector: { matchLabels: labels }, template, ...spec },
});

test("what a Deployment leaves out", () => {
  const { spec, status, metadata } = newClient().create(deployments, hello());
  const { template: filled, ...rest } = spec;
  expect(rest).toEqual({
    replicas: 1,
    selector: { matchLabels: labels },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  });
  // A template is completed but for what only pods have.
  expect(filled.spec).toMatchObject({ restartPolicy: "Always", schedulerName: "default-scheduler" });
  expect(filled.spec.enableServiceLinks).toBeUndefined();
  expect(status).toEqual({});
  expect(metadata.generation).toBe(1);
});

const mismatch = '{"app":"hello"}: `selector` does not match template `labels`';

test.each<[string, Partial<DeploymentSpec>, string]>([
  [
    "no selector",
    { selector: undefined as never },
    `[spec.selector: Required value, spec.template.metadata.labels: Invalid value: ${mismatch}]`,
  ],
  ["empty selector", { selector: {} }, "spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
  [
    "other labels",
    { selector: { matchLabels: { app: "bye" } } },
    `spec.template.metadata.labels: Invalid value: ${mismatch}`,
  ],
  [
    "no labels",
    { template: { spec: template.spec } },
    "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
  ],
  ["negative", { replicas: -1 }, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
  [
    "restart policy",
    { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } },
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    "deadline",
    { template: { ...template, spec: { ...template.spec, activeDeadlineSeconds: 1 } } },
    "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported",
  ],
  [
    "containers of the template",
    { template: { ...template, spec: { containers: [{ name: "web" }] } } },
    "spec.template.spec.containers[0].image: Required value",
  ],
  [
    "no way to move",
    { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } } },
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
  ],
  [
    "too many",
    { strategy: { rollingUpdate: { maxUnavailable: "101%" } } },
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
  ],
  [
    "recreate and roll",
    { strategy: { type: "Recreate", rollingUpdate: {} } },
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ],
  [
    "unknown strategy",
    { strategy: { type: "BlueGreen" } },
    'spec.strategy: Unsupported value: {"Type":"BlueGreen","RollingUpdate":null}: ' +
      'supported values: "Recreate", "RollingUpdate"',
  ],
  [
    "progress",
    { minReadySeconds: 10, progressDeadlineSeconds: 10 },
    "spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds",
  ],
])("refused: %s", (_, spec, message) => {
  expect(() => newClient().create(deployments, hello(spec))).toThrow(
    `Deployment.apps "hello-world" is invalid: ${message}`,
  );
});

test("the selector stays, the status is apart, and changes count", () => {
  const client = newClient();
  const first = deepFreeze(client.create(deployments, hello()));
  const moved = () =>
    client.update(deployments, { ...first, spec: { ...first.spec, selector: { matchLabels: { app: "b" } } } });
  expect(moved).toThrow('spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable');

  const scaled = client.update(deployments, { ...first, spec: { ...first.spec, replicas: 3 } });
  expect(scaled.metadata.generation).toBe(2);
  const annotate = (annotations: Record<string, string>): Deployment => {
    const now = client.need(deployments, key);
    return client.update(deployments, { ...now, metadata: { ...now.metadata, annotations } });
  };
  expect(annotate({ "deployment.kubernetes.io/revision": "1" }).metadata.generation).toBe(2);
  expect(annotate({ "deployment.kubernetes.io/revision": "1", note: "x" }).metadata.generation).toBe(3);

  const now = client.need(deployments, key);
  expect(() => client.updateStatus(deployments, now, { replicas: 1, readyReplicas: 2 })).toThrow(
    "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
  );
  const observed = client.updateStatus(deployments, now, { replicas: 3, observedGeneration: 3, collisionCount: 1 });
  expect(observed.metadata.generation).toBe(3);
  expect(() => client.updateStatus(deployments, observed, { replicas: 3, collisionCount: 0 })).toThrow(
    "status.collisionCount: Invalid value: 0: cannot be decremented",
  );
});

test("warnings: a name that is no label, and the template whenever the generation changes", () => {
  const old = newClient().create(deployments, hello());
  const spec = { ...old.spec, template: { spec: { ...old.spec.template.spec, terminationGracePeriodSeconds: -1 } } };
  const negative =
    "spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid " +
    "and will be treated as 1";
  expect(deployments.warnings?.({ ...old, metadata: { ...old.metadata, name: "a.b" }, spec })).toEqual([
    "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; " +
      "a DNS label is recommended: [must not contain dots]",
    negative,
  ]);
  expect(deployments.warnings?.({ ...old, spec }, old)).toEqual([]);
  const next = { ...old, metadata: { ...old.metadata, generation: 2 }, spec };
  expect(deployments.warnings?.(next, old)).toEqual([negative]);
});

test("a finalizer says whose it is", () => {
  const draft = { ...hello(), metadata: { ...key, finalizers: ["mine"] } };
  expect(() => newClient().create(deployments, draft)).toThrow(
    'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name ' +
      "nor is it fully qualified",
  );
});

test("rows", () => {
  const client = newClient();
  const deployment = client.create(deployments, hello({ replicas: 3 }));
  const seen = { ...deployment, status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 } };
  expect(deployments.columns?.map(({ name }) => name)).toEqual([
    ...["Ready", "Up-to-date", "Available", "Containers", "Images", "Selector"],
  ]);
  expect(deployments.columns?.map(({ cell }) => cell(seen, NOW))).toEqual([
    ...["2/3", 3, 1, "web", "nginx:1.27", "app=hello"],
  ]);
  const rs: ReplicaSet = client.create(replicasets, {
    metadata: { ...key },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
    status: { replicas: 9 },
  });
  expect(replicasets.columns?.map(({ cell }) => cell(rs, NOW))).toEqual([
    ...[2, 0, 0, "web", "nginx:1.27", "app=hello"],
  ]);
});

test.each([
  ["25%", "25%", 4, { surge: 1, unavailable: 1 }],
  ["25%", "25%", 3, { surge: 1, unavailable: 0 }],
  ["25%", "25%", 1, { surge: 1, unavailable: 0 }],
  [0, "10%", 3, { surge: 0, unavailable: 1 }],
  [2, 1, 10, { surge: 2, unavailable: 1 }],
])("fenceposts of %s and %s at %i", (surge, unavailable, desired, expected) => {
  expect(resolveFenceposts(surge, unavailable, desired)).toEqual(expected);
});

test("bounds of a rolling update", () => {
  const at = (replicas: number) => newClient().create(deployments, hello({ replicas }));
  expect([maxSurge(at(10)), maxUnavailable(at(10)), minAvailable(at(10))]).toEqual([3, 2, 8]);
  expect(maxUnavailable(at(0))).toBe(0);
  const recreate = newClient().create(deployments, hello({ strategy: { type: "Recreate" } }));
  expect([maxSurge(recreate), maxUnavailable(recreate), minAvailable(recreate)]).toEqual([0, 0, 0]);
});

test("templates are compared without their hash", () => {
  const hashed = { ...template, metadata: { labels: { ...labels, "pod-template-hash": "abc" } } };
  expect(equalIgnoringHash(template, hashed)).toBe(true);
  expect(equalIgnoringHash(template, { spec: template.spec })).toBe(false);
  expect(
    equalIgnoringHash({ spec: template.spec }, { ...hashed, metadata: { labels: { "pod-template-hash": "a" } } }),
  ).toBe(true);
});
