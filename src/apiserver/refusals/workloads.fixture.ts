/**
 * Refused workloads: apps, batch, autoscaling, policy, scheduling.
 */
import { LABEL, manifest, PERCENT, QUALIFIED, type Row, selector, template } from "#apiserver/refusals/rows.fixture";

const apps = (kind: string, spec: object) =>
  manifest("apps/v1", kind, { spec: { selector, template: template(), ...spec } });
const deployment = (spec: object) => apps("Deployment", spec);
const daemonSet = (spec: object) => apps("DaemonSet", spec);
const statefulSet = (spec: object) => apps("StatefulSet", { serviceName: "s", ...spec });
const job = (spec: object) =>
  manifest("batch/v1", "Job", { spec: { template: template({ restartPolicy: "Never" }, {}), ...spec } });
const cronJob = (spec: object) =>
  manifest("batch/v1", "CronJob", {
    spec: {
      schedule: "* * * * *",
      jobTemplate: { spec: { template: template({ restartPolicy: "Never" }, {}) } },
      ...spec,
    },
  });
const budget = (spec: object) => manifest("policy/v1", "PodDisruptionBudget", { spec: { selector, ...spec } });
const priority = (body: object, name = "p") =>
  manifest("scheduling.k8s.io/v1", "PriorityClass", { value: 1, ...body }, { name });

// ValidateReplicaSet, ...Deployment, ...DaemonSet, ...StatefulSet and ...ControllerRevisionCreate of pkg/apis/apps,
// ValidateJobCreate and ValidateCronJobCreate of batch, ValidateHorizontalPodAutoscaler of autoscaling,
// ValidatePodDisruptionBudget of policy and ValidatePriorityClass of scheduling.
export const WORKLOADS: readonly Row[] = [
  [deployment({ replicas: -1 }), "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
  [deployment({ selector: {} }), "spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
  [
    deployment({ selector: { matchLabels: { app: "y" } } }),
    'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
  ],
  [
    deployment({ selector: { matchExpressions: [{ key: "a", operator: "In" }] } }),
    "[spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn', spec.template.metadata.labels: Invalid value: {\"app\":\"x\"}: `selector` does not match template `labels`]",
  ],
  [
    deployment({ selector: { matchExpressions: [{ key: "a", operator: "Exists", values: ["b"] }] } }),
    "[spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist', spec.template.metadata.labels: Invalid value: {\"app\":\"x\"}: `selector` does not match template `labels`]",
  ],
  [
    deployment({ template: template({ restartPolicy: "Never" }) }),
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    deployment({ template: template({ activeDeadlineSeconds: 5 }) }),
    "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported",
  ],
  [
    deployment({ strategy: { type: "Odd" } }),
    'spec.strategy: Unsupported value: {"Type":"Odd","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
  ],
  [
    deployment({ strategy: { type: "Recreate", rollingUpdate: {} } }),
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ],
  [
    deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
  ],
  [
    deployment({ strategy: { rollingUpdate: { maxSurge: "x" } } }),
    `spec.strategy.rollingUpdate.maxSurge: Invalid value: "x": ${PERCENT}`,
  ],
  [
    deployment({ strategy: { rollingUpdate: { maxUnavailable: "150%" } } }),
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%',
  ],
  [deployment({ minReadySeconds: -1 }), "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"],
  [
    deployment({ progressDeadlineSeconds: 10, minReadySeconds: 10 }),
    "spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds",
  ],
  [
    deployment({ revisionHistoryLimit: -1 }),
    "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    deployment({ template: template({}, { labels: { app: "x", "a b": "c" } }) }),
    `spec.template.labels: Invalid value: "a b": ${QUALIFIED}`,
  ],
  [
    deployment({ replicas: "3" }),
    'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [apps("ReplicaSet", { replicas: -1 }), "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
  [
    apps("ReplicaSet", { selector: undefined }),
    '[spec.selector: Required value, spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`]',
  ],
  [
    apps("ReplicaSet", { template: template({ restartPolicy: "OnFailure" }) }),
    'spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"',
  ],
  [
    daemonSet({ updateStrategy: { type: "Odd" } }),
    'spec.updateStrategy: Unsupported value: {"Type":"Odd","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
  ],
  [
    daemonSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0 } } }),
    "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
  ],
  [
    daemonSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }),
    "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
  ],
  [
    daemonSet({ template: template({ restartPolicy: "Never" }) }),
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    daemonSet({ replicas: 2 }),
    'DaemonSet in version "v1" cannot be handled as a DaemonSet: strict decoding error: unknown field "spec.replicas"',
  ],
  [statefulSet({ replicas: -1 }), "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
  [
    statefulSet({ podManagementPolicy: "Odd" }),
    "spec.podManagementPolicy: Invalid value: \"Odd\": must be 'OrderedReady' or 'Parallel'",
  ],
  [
    statefulSet({ updateStrategy: { type: "Odd" } }),
    'spec.updateStrategy: Invalid value: {"Type":"Odd","RollingUpdate":null}: must be \'RollingUpdate\' or \'OnDelete\'',
  ],
  [
    statefulSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: -1 } } }),
    "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    statefulSet({ ordinals: { start: -1 } }),
    "spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    statefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted: "Odd", whenScaled: "Retain" } }),
    'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Odd": supported values: "Retain", "Delete"',
  ],
  [statefulSet({ serviceName: "A_B" }), `spec.serviceName: Invalid value: "A_B": ${LABEL}`],
  [
    manifest("apps/v1", "ControllerRevision", { revision: -1, data: {} }),
    "revision: Invalid value: -1: must be greater than or equal to 0",
  ],
  [manifest("apps/v1", "ControllerRevision", { revision: 1 }), "data: Required value: data is mandatory"],
  [job({ parallelism: -1 }), "spec.parallelism: Invalid value: -1: must be greater than or equal to 0"],
  [job({ completions: -1 }), "spec.completions: Invalid value: -1: must be greater than or equal to 0"],
  [job({ backoffLimit: -1 }), "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"],
  [
    job({ activeDeadlineSeconds: -1 }),
    "spec.activeDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    job({ ttlSecondsAfterFinished: -1 }),
    "spec.ttlSecondsAfterFinished: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    job({ template: template({ restartPolicy: "Always" }, {}) }),
    'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  [
    job({ completionMode: "Odd" }),
    'spec.completionMode: Unsupported value: "Odd": supported values: "NonIndexed", "Indexed"',
  ],
  [job({ completionMode: "Indexed" }), "accepted"],
  [
    job({ podReplacementPolicy: "Odd" }),
    'spec.podReplacementPolicy: Unsupported value: "Odd": supported values: "Failed", "TerminatingOrFailed"',
  ],
  [
    job({ podFailurePolicy: { rules: [{ action: "Odd", onExitCodes: { operator: "In", values: [1] } }] } }),
    'spec.podFailurePolicy.rules[0].action: Unsupported value: "Odd": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
  ],
  [
    job({ podFailurePolicy: { rules: [{ action: "Count", onExitCodes: { operator: "In", values: [0] } }] } }),
    "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator",
  ],
  [
    job({ podFailurePolicy: { rules: [{ action: "Ignore" }] } }),
    "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
  ],
  [job({ backoffLimitPerIndex: 1 }), "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"],
  [
    job({ successPolicy: { rules: [{ succeededCount: 1 }] } }),
    'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode',
  ],
  [
    job({ managedBy: "bad" }),
    'spec.managedBy: Invalid value: "bad": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  [cronJob({ schedule: "" }), "spec.schedule: Required value"],
  [
    cronJob({ schedule: "* * * *" }),
    'spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]',
  ],
  [
    cronJob({ schedule: "61 * * * *" }),
    'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
  ],
  [
    cronJob({ schedule: "TZ=UTC * * * * *" }),
    'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
  ],
  [
    cronJob({ timeZone: "Nowhere/City" }),
    'spec.timeZone: Invalid value: "Nowhere/City": unknown time zone Nowhere/City',
  ],
  [cronJob({ timeZone: "" }), 'spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string'],
  [
    cronJob({ concurrencyPolicy: "Odd" }),
    'spec.concurrencyPolicy: Unsupported value: "Odd": supported values: "Allow", "Forbid", "Replace"',
  ],
  [
    cronJob({ startingDeadlineSeconds: -1 }),
    "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    cronJob({ successfulJobsHistoryLimit: -1 }),
    "spec.successfulJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    cronJob({ failedJobsHistoryLimit: -1 }),
    "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    { ...cronJob({}), metadata: { name: "a".repeat(53) } },
    `metadata.name: Invalid value: "${"a".repeat(53)}": must be no more than 52 characters`,
  ],
  [
    budget({ minAvailable: 1, maxUnavailable: 1 }),
    'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"x"}},"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
  ],
  [budget({ minAvailable: -1 }), "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"],
  [budget({ minAvailable: "150%" }), 'spec.minAvailable: Invalid value: "150%": must not be greater than 100%'],
  [budget({ maxUnavailable: "x" }), `spec.maxUnavailable: Invalid value: "x": ${PERCENT}`],
  [
    budget({ minAvailable: 1, unhealthyPodEvictionPolicy: "Odd" }),
    'spec.unhealthyPodEvictionPolicy: Unsupported value: "Odd": supported values: "AlwaysAllow", "IfHealthyBudget"',
  ],
  [
    budget({ minAvailable: 1, selector: { matchExpressions: [{ key: "a b", operator: "Exists" }] } }),
    `spec.selector.matchExpressions[0].key: Invalid value: "a b": ${QUALIFIED}`,
  ],
  [
    priority({ value: 2_000_000_000 }),
    "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
  ],
  [
    priority({}, "system-mine"),
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
  ],
  [
    priority({ preemptionPolicy: "Odd" }),
    'preemptionPolicy: Unsupported value: "Odd": supported values: "Never", "PreemptLowerPriority"',
  ],
];
