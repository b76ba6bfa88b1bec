/**
 * Goal: a stored pod changes only where upstream lets it, and says what else was tried.
 * Method: create pods through a registry, update them, and look at the answer and the object.
 */
import { expect, test } from "vitest";
import type { Pod } from "#kernel/api/types.gen";
import type { Client } from "#kernel/registry/client";
import type { Draft } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { pods } from "#kernel/resources/core/pod";
import { clone, deepFreeze } from "#kernel/sim/clone";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

const NOW = Date.parse("2026-05-01T10:00:00Z");
const key = { namespace: "default", name: "web" };

function newClient(): Client {
  const parts = { store: new Store(), entropy: Entropy.seeded(1), resources: [pods], admission: [] };
  return new Registry({ ...parts, now: () => NOW }).as(CLUSTER_ADMIN, "test");
}

const draft = (spec: Partial<Pod["spec"]> = {}): Draft<Pod> => ({
  metadata: { ...key },
  spec: { containers: [{ name: "c", image: "nginx:1" }], ...spec },
});

function changed(change: (pod: Pod) => void, spec: Partial<Pod["spec"]> = {}, subresource = ""): Pod | string {
  const client = newClient();
  const created = deepFreeze(client.create(pods, draft(spec)));
  const next = clone(created);
  change(next);
  try {
    return client.update(pods, next, { subresource });
  } catch (error) {
    return (error as Error).message;
  }
}

test("a new pod is pending, whatever its manifest says", () => {
  const pod = newClient().create(pods, { ...draft(), status: { phase: "Running", podIP: "1.2.3.4" } });
  expect(pod.status).toEqual({ phase: "Pending", qosClass: "BestEffort" });
  expect(pod.metadata.generation).toBe(1);
});

test("a gated pod says so, and label keys become part of selectors", () => {
  const pod = newClient().create(pods, {
    metadata: { ...key, labels: { app: "web" } },
    spec: {
      containers: [{ name: "c", image: "nginx:1" }],
      schedulingGates: [{ name: "wait" }],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: {},
          matchLabelKeys: ["app"],
        },
      ],
    },
  });
  expect(pod.status?.conditions).toEqual([
    {
      type: "PodScheduled",
      status: "False",
      lastProbeTime: null,
      lastTransitionTime: null,
      reason: "SchedulingGated",
      message: "Scheduling is blocked due to non-empty scheduling gates",
    },
  ]);
  expect(pod.spec.topologySpreadConstraints?.[0]?.labelSelector).toEqual({
    matchExpressions: [{ key: "app", operator: "In", values: ["web"] }],
  });
});

test("images, tolerations and deadlines may change, and count as a generation", () => {
  const pod = changed(({ spec }) => {
    spec.containers = [{ ...spec.containers[0], name: "c", image: "nginx:2" }];
    spec.tolerations = [{ key: "a", operator: "Exists" }];
    spec.activeDeadlineSeconds = 60;
  });
  expect(pod).toMatchObject({ metadata: { generation: 2 }, spec: { activeDeadlineSeconds: 60 } });
});

test("labels change without a generation", () => {
  const pod = changed(({ metadata }) => {
    metadata.labels = { a: "b" };
  });
  expect(pod).toMatchObject({ metadata: { generation: 1, labels: { a: "b" } } });
});

const others =
  'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than ' +
  "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`," +
  "`spec.tolerations` (only additions to existing tolerations)," +
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n";

test.each<[string, (pod: Pod) => void, Partial<Pod["spec"]>, string]>([
  [
    "restart policy",
    ({ spec }) => {
      spec.restartPolicy = "Never";
    },
    {},
    `${others}@@ -35,7 +35,7 @@\n   }\n  ],\n  "EphemeralContainers": null,\n- "RestartPolicy": "Always",\n` +
      '+ "RestartPolicy": "Never",\n  "TerminationGracePeriodSeconds": 30,\n  "ActiveDeadlineSeconds": null,\n' +
      '  "DNSPolicy": "ClusterFirst",\n',
  ],
  [
    "one container more",
    ({ spec }) => {
      spec.containers.push({ name: "d", image: "i:1", imagePullPolicy: "Always" });
    },
    {},
    'Pod "web" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers',
  ],
  [
    "a toleration less",
    ({ spec }) => {
      spec.tolerations = [];
    },
    { tolerations: [{ key: "a", operator: "Exists" }] },
    'Pod "web" is invalid: spec.tolerations: Forbidden: existing toleration can not be modified ' +
      "except its tolerationSeconds",
  ],
  [
    "a longer deadline",
    ({ spec }) => {
      spec.activeDeadlineSeconds = 61;
    },
    { activeDeadlineSeconds: 60 },
    'Pod "web" is invalid: spec.activeDeadlineSeconds: Invalid value: 61: must be less than or equal to previous value',
  ],
  [
    "a new gate",
    ({ spec }) => {
      spec.schedulingGates = [{ name: "late" }];
    },
    {},
    'Pod "web" is invalid: spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found ' +
      "new scheduling gate 'late'",
  ],
])("refused: %s", (_, change, spec, message) => {
  expect(changed(change, spec)).toBe(message);
});

test("gates go, and a gated pod may be told where to go", () => {
  const gated = { schedulingGates: [{ name: "a" }, { name: "b" }] };
  const fewer = changed(({ spec }) => {
    spec.schedulingGates = [{ name: "b" }];
    spec.nodeSelector = { disk: "ssd" };
  }, gated);
  expect(fewer).toMatchObject({ spec: { schedulingGates: [{ name: "b" }], nodeSelector: { disk: "ssd" } } });
});

test("subresources change their part alone", () => {
  const debug = changed(
    ({ spec }) => {
      spec.ephemeralContainers = [{ name: "debug", image: "busybox:1" }];
      spec.restartPolicy = "Never";
    },
    {},
    "ephemeralcontainers",
  );
  expect(debug).toMatchObject({ spec: { restartPolicy: "Always", ephemeralContainers: [{ name: "debug" }] } });

  const resources = { requests: { cpu: "1" }, limits: { cpu: "2" } };
  const resized = changed(
    ({ spec }) => {
      spec.containers = [
        {
          ...spec.containers[0],
          name: "c",
          image: "other:1",
          resources: { requests: { cpu: "1500m" }, limits: { cpu: "2" } },
        },
      ];
    },
    { containers: [{ name: "c", image: "nginx:1", resources }] },
    "resize",
  );
  expect(resized).toMatchObject({
    metadata: { generation: 2 },
    spec: { containers: [{ image: "nginx:1", resources: { requests: { cpu: "1500m" } } }] },
  });
});

test("a status update keeps the class of service, and ends stay ends", () => {
  const client = newClient();
  const pod = client.create(pods, draft({ restartPolicy: "Never" }));
  const ended = { name: "c", image: "nginx:1", imageID: "", ready: false, restartCount: 0 };
  const failed = client.updateStatus(pods, pod, {
    phase: "Running",
    containerStatuses: [{ ...ended, state: { terminated: { exitCode: 1 } } }],
  });
  expect(failed.status?.qosClass).toBe("BestEffort");
  const revive = () =>
    client.updateStatus(pods, failed, { phase: "Running", containerStatuses: [{ ...ended, state: { running: {} } }] });
  expect(revive).toThrow(
    'Pod "web" is invalid: status.containerStatuses[0].state: Forbidden: may not be ' +
      "transitioned to non-terminated state",
  );
});

test.each<[string, Partial<Pod["spec"]>, number | undefined, number | undefined]>([
  ["not scheduled", {}, undefined, undefined],
  ["scheduled", { nodeName: "n" }, undefined, 30],
  ["asked for", { nodeName: "n" }, 5, 5],
  ["forced", { nodeName: "n" }, 0, undefined],
  ["negative", { nodeName: "n", terminationGracePeriodSeconds: -1 }, undefined, 1],
])("grace: %s", (_, spec, gracePeriodSeconds, expected) => {
  const client = newClient();
  client.create(pods, draft(spec));
  client.delete(pods, key, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds });
  expect(client.get(pods, key)?.metadata.deletionGracePeriodSeconds).toBe(expected);
});
