/**
 * Goal: StatefulSet, DaemonSet, Job, CronJob, ReplicationController, PodTemplate, PodDisruptionBudget and
 * ControllerRevision are defaulted, refused, changed, warned of and printed as v1.36 does.
 * Method: write drafts through a registry; tables of bad drafts and changes with the exact texts.
 */
import { describe, expect, test } from "vitest";
import { StatusError } from "#kernel/apimachinery/errors";
import type { AnyResource, Column } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { controllerrevisions } from "#kernel/resources/apps/controllerrevision";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { cronjobs } from "#kernel/resources/batch/cronjob";
import { jobs } from "#kernel/resources/batch/job";
import { podtemplates } from "#kernel/resources/core/podtemplate";
import { replicationcontrollers } from "#kernel/resources/core/replicationcontroller";
import { poddisruptionbudgets } from "#kernel/resources/policy/poddisruptionbudget";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

const NOW = Date.parse("2026-05-01T10:00:00Z");
const resources: readonly AnyResource[] = [
  statefulsets,
  daemonsets,
  jobs,
  cronjobs,
  replicationcontrollers,
  podtemplates,
  poddisruptionbudgets,
  controllerrevisions,
];

function newClient() {
  const parts = { store: new Store(), entropy: Entropy.seeded(5), resources, admission: [], now: () => NOW };
  return new Registry(parts).as(CLUSTER_ADMIN, "test");
}

const metadata = { name: "x", namespace: "default" };

// biome-ignore lint/suspicious/noExplicitAny: the tables mix kinds.
type Any = any;

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error.message.replace(/^\S+ "[^"]*" is invalid: /, "");
    throw error;
  }
  return "";
}

const selector = { matchLabels: { app: "x" } };
const containers = [{ name: "c", image: "i:1" }];
const template = { metadata: { labels: { app: "x" } }, spec: { containers } };
const never = { spec: { restartPolicy: "Never", containers } };
const claim = {
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

/** A good spec of a kind. */
const GOOD = new Map<AnyResource, Any>([
  [statefulsets, { selector, template, serviceName: "x", volumeClaimTemplates: [claim] }],
  [daemonsets, { selector, template }],
  [jobs, { template: never }],
  [cronjobs, { schedule: "0 * * * *", jobTemplate: { spec: { template: never } } }],
  [replicationcontrollers, { template }],
  [poddisruptionbudgets, { selector, minAvailable: 1 }],
]);

const draftOf = (kind: AnyResource, spec: Any): Any => ({ metadata, spec: { ...GOOD.get(kind), ...spec } });

const indexed = { completionMode: "Indexed", completions: 3 };
const rule = (extra: object): Any => ({ podFailurePolicy: { rules: [{ action: "FailJob", ...extra }] } });
const success = (extra: object): Any => ({ ...indexed, successPolicy: { rules: [extra] } });
const strategy = (rollingUpdate: object, type = "RollingUpdate"): Any => ({ updateStrategy: { type, rollingUpdate } });
const path = "spec.podFailurePolicy.rules[0]";
const successPath = "spec.successPolicy.rules[0]";
const mismatch =
  'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`';
const negative = "must be greater than or equal to 0";

describe("what is refused on creation", () => {
  test.each<[AnyResource, Any, string]>([
    [statefulsets, { replicas: -1 }, `spec.replicas: Invalid value: -1: ${negative}`],
    [statefulsets, { ordinals: { start: -1 } }, `spec.ordinals.start: Invalid value: -1: ${negative}`],
    [
      statefulsets,
      { podManagementPolicy: "Sideways" },
      `spec.podManagementPolicy: Invalid value: "Sideways": must be 'OrderedReady' or 'Parallel'`,
    ],
    [statefulsets, { selector: { matchLabels: { app: "y" } } }, mismatch],
    [
      statefulsets,
      strategy({}, "OnDelete"),
      'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":0,"MaxUnavailable":null}: ' +
        "only allowed for updateStrategy 'RollingUpdate'",
    ],
    [
      statefulsets,
      strategy({ partition: -1, maxUnavailable: 0 }),
      `[spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: ${negative}, ` +
        "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0]",
    ],
    [
      statefulsets,
      { persistentVolumeClaimRetentionPolicy: { whenScaled: "Burn" } },
      'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Burn": ' +
        'supported values: "Retain", "Delete"',
    ],
    [
      statefulsets,
      { template: { ...template, spec: { containers, restartPolicy: "Never" } } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      daemonsets,
      { template: { ...template, spec: { containers, activeDeadlineSeconds: 5 } } },
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported",
    ],
    [daemonsets, { selector: { matchLabels: { app: "y" } } }, mismatch],
    [
      daemonsets,
      { selector: {}, template },
      "spec.selector: Invalid value: {}: empty selector is invalid for daemonset",
    ],
    [
      daemonsets,
      strategy({ maxSurge: 1 }),
      "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
    ],
    [
      daemonsets,
      strategy({ maxUnavailable: 0 }),
      "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
    ],
    [
      daemonsets,
      { updateStrategy: { type: "Later" } },
      'spec.updateStrategy: Unsupported value: {"Type":"Later","RollingUpdate":null}: ' +
        'supported values: "RollingUpdate", "OnDelete"',
    ],
    [jobs, { parallelism: -1 }, `spec.parallelism: Invalid value: -1: ${negative}`],
    [
      jobs,
      { template: { spec: { containers } } },
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [jobs, { completionMode: "Indexed" }, ""],
    [
      jobs,
      { completionMode: "Indexed", parallelism: 2 },
      "spec.completions: Required value: when completion mode is Indexed",
    ],
    [
      jobs,
      { backoffLimitPerIndex: 1 },
      "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
    ],
    [
      jobs,
      { ...indexed, maxFailedIndexes: 1 },
      "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
    ],
    [
      jobs,
      { completionMode: "Often" },
      'spec.completionMode: Unsupported value: "Often": supported values: "NonIndexed", "Indexed"',
    ],
    [jobs, rule({}), `${path}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`],
    [
      jobs,
      rule({ action: "FailIndex", onExitCodes: { operator: "In", values: [3, 1] } }),
      `[${path}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set, ` +
        `${path}.onExitCodes.values: Invalid value: [3,1]: must be ordered]`,
    ],
    [
      jobs,
      rule({ onExitCodes: { operator: "In", values: [0], containerName: "d" } }),
      `[${path}.onExitCodes.containerName: Invalid value: "d": ` +
        "must be one of the container or initContainer names in the pod template, " +
        `${path}.onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator]`,
    ],
    [
      jobs,
      { ...rule({ onPodConditions: [{ type: "X" }] }), podReplacementPolicy: "TerminatingOrFailed" },
      'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
    ],
    [
      jobs,
      success({}),
      `${successPath}: Required value: at least one of succeededCount or succeededIndexes must be specified`,
    ],
    [
      jobs,
      success({ succeededIndexes: "0-5" }),
      `${successPath}.succeededIndexes: Invalid value: "0-5": error parsing succeededIndexes: too large index: "5"`,
    ],
    [
      jobs,
      success({ succeededIndexes: "0-1", succeededCount: 3 }),
      `${successPath}.succeededCount: Invalid value: 3: ` +
        "must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)",
    ],
    [
      cronjobs,
      { schedule: "* * * *" },
      'spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]',
    ],
    [
      cronjobs,
      { schedule: "TZ=UTC * * * * *" },
      'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
    [cronjobs, { timeZone: "Mars/Base" }, 'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
    [
      cronjobs,
      { concurrencyPolicy: "Maybe" },
      'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"',
    ],
    [
      cronjobs,
      { jobTemplate: { spec: { template: { spec: { containers } } } } },
      'spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [cronjobs, { failedJobsHistoryLimit: -1 }, `spec.failedJobsHistoryLimit: Invalid value: -1: ${negative}`],
    [replicationcontrollers, { selector: { app: "y" } }, mismatch],
    [replicationcontrollers, { template: { spec: { containers } } }, "spec.selector: Required value"],
    [
      poddisruptionbudgets,
      { maxUnavailable: "10%" },
      'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"x"}},"MaxUnavailable":"10%",' +
        '"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
    ],
    [
      poddisruptionbudgets,
      { minAvailable: "101%" },
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
    ],
    [
      poddisruptionbudgets,
      { unhealthyPodEvictionPolicy: "Never" },
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": ' +
        'supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
  ])("%# %o", (kind, spec, message) => {
    expect(problemOf(() => newClient().create(kind, draftOf(kind, spec)))).toBe(message);
  });

  test("a CronJob's name leaves room, an Indexed Job's for its indexes", () => {
    const named = (kind: AnyResource, name: string, spec: Any = {}): string =>
      problemOf(() => newClient().create(kind, { ...draftOf(kind, spec), metadata: { ...metadata, name } }));
    const long = "n".repeat(53);
    expect(named(cronjobs, long)).toBe(`metadata.name: Invalid value: "${long}": must be no more than 52 characters`);
    const longer = "n".repeat(63);
    expect(named(jobs, longer, indexed)).toBe(
      `metadata.name: Invalid value: "${longer}": will not able to create pod with invalid DNS label: ${longer}-2`,
    );
  });

  test("a revision needs data", () => {
    const create = (extra: object): string =>
      problemOf(() => newClient().create(controllerrevisions, { metadata, revision: 1, ...extra }));
    expect([create({}), create({ data: {}, revision: -1 })]).toEqual([
      "data: Required value: data is mandatory",
      `revision: Invalid value: -1: ${negative}`,
    ]);
  });
});

describe("what may not change", () => {
  const forbiddenText =
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

  test.each<[AnyResource, Any, (spec: Any) => void, string]>([
    [statefulsets, {}, (spec) => Object.assign(spec, { serviceName: "y" }), forbiddenText],
    [
      statefulsets,
      {},
      (spec) => Object.assign(spec.volumeClaimTemplates[0].spec, { storageClassName: "y" }),
      forbiddenText,
    ],
    [statefulsets, {}, (spec) => Object.assign(spec, { replicas: 3, minReadySeconds: 3 }), ""],
    [
      jobs,
      { suspend: false },
      (spec) => Object.assign(spec, { completions: 4 }),
      "spec.completions: Invalid value: 4: field is immutable",
    ],
    [jobs, { ...indexed, parallelism: 3 }, (spec) => Object.assign(spec, { completions: 4, parallelism: 4 }), ""],
    [
      jobs,
      { ...indexed, parallelism: 3 },
      (spec) => Object.assign(spec, { completions: 4 }),
      "spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism",
    ],
    [
      jobs,
      {},
      (spec) => Object.assign(spec, { completionMode: "Indexed" }),
      'spec.completionMode: Invalid value: "Indexed": field is immutable',
    ],
    [jobs, { suspend: true }, (spec) => Object.assign(spec.template.spec, { nodeSelector: { a: "b" } }), ""],
    [
      jobs,
      { suspend: true },
      (spec) => Object.assign(spec.template.spec.containers[0], { resources: { requests: { cpu: "1" } } }),
      "",
    ],
    [cronjobs, {}, (spec) => Object.assign(spec, { schedule: "1 * * * *", suspend: true }), ""],
    [poddisruptionbudgets, {}, (spec) => Object.assign(spec, { minAvailable: 2 }), ""],
  ])("%# %o", (kind, spec, change, message) => {
    const client = newClient();
    const created = structuredClone(client.create(kind, draftOf(kind, spec)));
    change((created as Any).spec);
    expect(problemOf(() => client.update(kind, created))).toBe(message);
  });

  test("a Job's template, once it runs", () => {
    const client = newClient();
    const created = structuredClone(client.create(jobs, draftOf(jobs, {})));
    created.spec.template.spec.nodeSelector = { a: "b" };
    expect(problemOf(() => client.update(jobs, created))).toMatch(
      /^spec\.template: Invalid value: .*: field is immutable$/,
    );
  });

  test("a DaemonSet counts changes of its template", () => {
    const client = newClient();
    const created = structuredClone(client.create(daemonsets, draftOf(daemonsets, {})));
    const generation = "deprecated.daemonset.template.generation";
    expect(created.metadata.annotations).toEqual({ [generation]: "1" });
    created.spec.minReadySeconds = 5;
    const same = structuredClone(client.update(daemonsets, created));
    expect([same.metadata.generation, same.metadata.annotations?.[generation]]).toEqual([2, "1"]);
    same.spec.template.spec.nodeSelector = { a: "b" };
    expect(client.update(daemonsets, same).metadata.annotations?.[generation]).toBe("2");
  });
});

test("what a StatefulSet is given", () => {
  const { spec } = newClient().create(statefulsets, draftOf(statefulsets, {}));
  expect(spec).toMatchObject({
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    podManagementPolicy: "OrderedReady",
    replicas: 1,
    revisionHistoryLimit: 10,
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0, maxUnavailable: 1 } },
    volumeClaimTemplates: [
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        spec: { volumeMode: "Filesystem" },
        status: { phase: "Pending" },
      },
    ],
  });
});

const cells = (resource: AnyResource, object: Any): unknown[] =>
  ((resource.table ?? resource.columns ?? []) as readonly Column<unknown>[]).map(({ cell }) => cell(object, NOW));

test("what is printed", () => {
  const client = newClient();
  const row = (kind: AnyResource, spec: Any = {}, status: Any = {}): unknown[] => {
    const created = newClient().create(kind, draftOf(kind, spec)) as Any;
    return cells(kind, { ...created, status: { ...created.status, ...status } });
  };
  expect(row(statefulsets, { replicas: 3 }, { readyReplicas: 2 })).toEqual(["2/3", "c", "i:1"]);
  expect(row(daemonsets)).toEqual([0, 0, 0, 0, 0, "<none>", "c", "i:1", "app=x"]);
  const started = { startTime: "2026-05-01T09:59:00Z" };
  expect(row(jobs, {}, { ...started, succeeded: 1 }).slice(0, 3)).toEqual(["Running", "1/1", "60s"]);
  expect(row(jobs, { parallelism: 3 }, { ...started, completionTime: "2026-05-01T09:59:05Z" }).slice(0, 3)).toEqual([
    "Running",
    "0/1 of 3",
    "5s",
  ]);
  expect(row(cronjobs, { timeZone: "Asia/Seoul" }, { lastScheduleTime: "2026-05-01T09:58:00Z" }).slice(0, 5)).toEqual([
    "0 * * * *",
    "Asia/Seoul",
    "False",
    0,
    "2m",
  ]);
  expect(row(replicationcontrollers, { replicas: 2 })).toEqual([2, 0, 0, "c", "i:1", "app=x"]);
  expect(row(poddisruptionbudgets)).toEqual([1, "N/A", 0].map((cell) => (cell === 1 ? "1" : cell)));
  expect(cells(podtemplates, client.create(podtemplates, { metadata, template }))).toEqual(["x", "c", "i:1", "app=x"]);
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "web", uid: "u", controller: true };
  const revision = { metadata: { ...metadata, ownerReferences: [owner] }, data: {}, revision: 4 };
  expect(cells(controllerrevisions, client.create(controllerrevisions, revision))).toEqual(["statefulset.apps/web", 4]);
});
