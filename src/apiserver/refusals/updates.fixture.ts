/**
 * Refused changes of specs.
 */
import { manifest, QUALIFIED } from "#apiserver/refusals/rows.fixture";
import {
  type Change,
  container,
  GREATER,
  IMMUTABLE,
  job,
  NEGATIVE,
  OTHER,
  POD_UPDATE,
  pod,
  service,
  spec,
  workload,
} from "#apiserver/refusals/updates.rows.fixture";

const DEADLINE = "spec.activeDeadlineSeconds: Invalid value:";

// ValidatePodUpdate, ValidatePodEphemeralContainersUpdate and ValidatePodResize of pkg/apis/core/validation.
const POD_CHANGES: readonly Change[] = [
  [pod(), spec({ containers: [{ ...container, image: "busybox" }] }), "accepted"],
  [
    pod(),
    spec({ containers: [{ ...container, image: "", imagePullPolicy: "Always" }] }),
    "spec.containers[0].image: Required value",
  ],
  [pod(), spec({ containers: [{ ...container, command: ["sh"] }] }), POD_UPDATE],
  [pod(), spec({ nodeName: "n" }), POD_UPDATE],
  [pod(), spec({ hostNetwork: true }), POD_UPDATE],
  [pod(), spec({ restartPolicy: "Never" }), POD_UPDATE],
  [
    pod(),
    spec({ containers: [container, { ...container, name: "d" }] }),
    "spec.containers: Forbidden: pod updates may not add or remove containers",
  ],
  [
    pod(),
    spec({ initContainers: [{ ...container, name: "d" }] }),
    "spec.initContainers: Forbidden: pod updates may not add or remove containers",
  ],
  [pod(), spec({ activeDeadlineSeconds: 10 }), "accepted"],
  [
    pod({ activeDeadlineSeconds: 10 }),
    spec({ activeDeadlineSeconds: 20 }),
    `${DEADLINE} 20: must be less than or equal to previous value`,
  ],
  [
    pod({ activeDeadlineSeconds: 10 }),
    spec({ activeDeadlineSeconds: null }),
    `${DEADLINE} "null": must not update from a positive integer to nil value`,
  ],
  [
    pod({ tolerations: [{ key: "a", operator: "Exists" }] }),
    spec({ tolerations: [] }),
    "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
  ],
  [pod(), spec({ tolerations: [{ key: "a", operator: "Exists" }] }), "accepted"],
  [
    pod(),
    spec({ schedulingGates: [{ name: "a" }] }),
    "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'",
  ],
  [
    pod(),
    spec({ ephemeralContainers: [{ name: "e", image: "busybox", targetContainerName: "z" }] }),
    'spec.ephemeralContainers[0].targetContainerName: Not found: "z"',
    "ephemeralcontainers",
  ],
  [
    pod(),
    spec({ ephemeralContainers: [{ name: "c", image: "busybox" }] }),
    'spec.ephemeralContainers[0].name: Duplicate value: "c"',
    "ephemeralcontainers",
  ],
  [pod(), spec({ containers: [{ ...container, image: "busybox" }] }), "accepted", "resize"],
];

// ValidateServiceUpdate, ValidateConfigMapUpdate, ValidateSecretUpdate, ValidateNodeUpdate and their kin.
const CORE_CHANGES: readonly Change[] = [
  [
    service({ clusterIP: "10.96.7.7" }),
    spec({ clusterIP: "10.96.7.8", clusterIPs: ["10.96.7.8"] }),
    'spec.clusterIPs[0]: Invalid value: ["10.96.7.8"]: may not change once set',
  ],
  [
    service({ type: "LoadBalancer", loadBalancerClass: "a.b/c" }),
    spec({ loadBalancerClass: "a.b/d" }),
    'spec.loadBalancerClass: Invalid value: "a.b/d": may not change once set',
  ],
  [service({}), spec({ type: "ExternalName" }), "spec.externalName: Required value"],
  [
    service({ clusterIP: "None" }),
    spec({ clusterIP: "10.96.7.8", clusterIPs: ["10.96.7.8"] }),
    'spec.clusterIPs[0]: Invalid value: ["10.96.7.8"]: may not change once set',
  ],
  [
    manifest("v1", "ConfigMap", { immutable: true, data: { a: "1" } }),
    { data: { a: "2" } },
    "data: Forbidden: field is immutable when `immutable` is set",
  ],
  [
    manifest("v1", "ConfigMap", { immutable: true }),
    { immutable: null },
    "immutable: Forbidden: field is immutable when `immutable` is set",
  ],
  [
    manifest("v1", "ConfigMap", { immutable: true }),
    { binaryData: { a: "YQ==" } },
    "binaryData: Forbidden: field is immutable when `immutable` is set",
  ],
  [
    manifest("v1", "Secret", { immutable: true }),
    { data: { a: "YQ==" } },
    "data: Forbidden: field is immutable when `immutable` is set",
  ],
  [
    manifest("v1", "Secret", { immutable: true }),
    { immutable: false },
    "immutable: Forbidden: field is immutable when `immutable` is set",
  ],
  [manifest("v1", "Secret", {}), { type: "a/b" }, `type: Invalid value: "a/b": ${IMMUTABLE}`],
  [
    manifest("v1", "Node", { spec: { providerID: "a" } }),
    spec({ providerID: "b" }),
    'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
  ],
  [
    manifest("v1", "Node", { spec: { podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"] } }),
    spec({ podCIDR: "10.0.1.0/24", podCIDRs: ["10.0.1.0/24"] }),
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
  ],
  [
    manifest("v1", "ResourceQuota", { spec: { scopes: ["BestEffort"], hard: { pods: "999" } } }),
    spec({ scopes: ["NotBestEffort"] }),
    `spec.scopes: Invalid value: ["NotBestEffort"]: ${IMMUTABLE}`,
  ],
  [
    manifest("v1", "Namespace", {}),
    { metadata: { labels: { "a b": "c" } } },
    `metadata.labels: Invalid value: "a b": ${QUALIFIED}`,
  ],
];

const STATEFULSET =
  "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
  "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
const otherTemplate = { template: { metadata: { labels: { app: "b" } } }, selector: OTHER };
const SELECTOR = `spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: ${IMMUTABLE}`;

// ValidateDeploymentUpdate and its kin of pkg/apis/apps/validation; ValidateJobUpdate of pkg/apis/batch/validation.
const WORKLOAD_CHANGES: readonly Change[] = [
  [workload("Deployment"), spec(otherTemplate), SELECTOR],
  [workload("ReplicaSet"), spec(otherTemplate), SELECTOR],
  [workload("DaemonSet"), spec(otherTemplate), SELECTOR],
  [
    workload("Deployment"),
    spec({ selector: OTHER }),
    `[spec.template.metadata.labels: Invalid value: {"app":"a"}: \`selector\` does not match template \`labels\`, ${SELECTOR}]`,
  ],
  [workload("StatefulSet", { serviceName: "s" }), spec({ serviceName: "t" }), STATEFULSET],
  [workload("StatefulSet", { serviceName: "s" }), spec({ podManagementPolicy: "Parallel" }), STATEFULSET],
  [workload("StatefulSet", { serviceName: "s" }), spec({ replicas: 2, minReadySeconds: 3 }), "accepted"],
  [workload("Deployment"), { spec: { replicas: -1 } }, `spec.replicas: Invalid value: -1: ${NEGATIVE}`],
  [
    workload("Deployment", { replicas: 0 }),
    { status: { replicas: -1 } },
    `[status.replicas: Invalid value: -1: ${NEGATIVE}, status.updatedReplicas: Invalid value: 0: ${GREATER}, status.readyReplicas: Invalid value: 0: ${GREATER}, status.availableReplicas: Invalid value: 0: ${GREATER}]`,
    "status",
  ],
  [workload("Deployment"), { spec: { replicas: -1 } }, `spec.replicas: Invalid value: -1: ${NEGATIVE}`, "scale"],
  [workload("ReplicaSet"), { spec: { replicas: -2 } }, `spec.replicas: Invalid value: -2: ${NEGATIVE}`, "scale"],
  [
    workload("DaemonSet"),
    { status: { numberReady: -1 } },
    `status.numberReady: Invalid value: -1: ${NEGATIVE}`,
    "status",
  ],
  [job(), spec({ completions: 5 }), `spec.completions: Invalid value: 5: ${IMMUTABLE}`],
  [job(), spec({ parallelism: 5 }), "accepted"],
  [
    job(),
    spec({ template: { spec: { restartPolicy: "OnFailure" } } }),
    'spec.template: Invalid value: {"labels":{"batch.kubernetes.io/controller-uid":"…',
  ],
  [
    job({ podFailurePolicy: { rules: [{ action: "Ignore", onExitCodes: { operator: "In", values: [1] } }] } }),
    spec({ podFailurePolicy: { rules: [{ action: "Count", onPodConditions: [{ type: "A", status: "True" }] }] } }),
    'spec.podFailurePolicy: Invalid value: {"Rules":[{"Action":"Count","OnExitCodes":null,"OnPodConditions":[{"Type":"A","Status":"True"}]}]}: field is immutable',
  ],
  [
    job({ completionMode: "Indexed", completions: 2, successPolicy: { rules: [{ succeededCount: 1 }] } }),
    spec({ successPolicy: { rules: [{ succeededCount: 2 }] } }),
    'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":2}]}: field is immutable',
  ],
  [job(), spec({ completionMode: "Indexed" }), `spec.completionMode: Invalid value: "Indexed": ${IMMUTABLE}`],
  [job(), spec({ selector: OTHER }), "[spec.selector: Invalid value: …"],
  [job({ suspend: true }), spec({ managedBy: "a.b/c" }), `spec.managedBy: Invalid value: "a.b/c": ${IMMUTABLE}`],
];

const claim = (fields: object = {}) =>
  manifest("v1", "PersistentVolumeClaim", {
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } }, ...fields },
  });
const CLAIM =
  "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for " +
  "bound claims\n…";
const volume = (fields: object = {}) =>
  manifest("v1", "PersistentVolume", {
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/a" }, ...fields },
  });
const storage = (kind: string, fields: Readonly<Record<string, unknown>>) =>
  manifest("storage.k8s.io/v1", kind, fields);

// ValidatePersistentVolumeUpdate and ...ClaimUpdate of core; pkg/apis/storage/validation.
const STORAGE_CHANGES: readonly Change[] = [
  [claim(), spec({ accessModes: ["ReadOnlyMany"] }), CLAIM],
  [claim(), spec({ resources: { requests: { storage: "3Gi" } } }), CLAIM],
  [
    volume(),
    spec({ hostPath: { path: "/b" } }),
    "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n…",
  ],
  [volume(), spec({ volumeMode: "Block" }), `volumeMode: Invalid value: "Block": ${IMMUTABLE}`],
  [
    storage("StorageClass", { provisioner: "a/b" }),
    { provisioner: "a/c", parameters: { a: "b" }, reclaimPolicy: "Retain", volumeBindingMode: "WaitForFirstConsumer" },
    "[parameters: Forbidden: updates to parameters are forbidden., provisioner: Forbidden: updates to provisioner are " +
      "forbidden., reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden., volumeBindingMode: Invalid value: " +
      `"WaitForFirstConsumer": ${IMMUTABLE}]`,
  ],
  [
    storage("CSIDriver", { spec: {} }),
    spec({ attachRequired: false, fsGroupPolicy: "None" }),
    `spec.attachedRequired: Invalid value: false: ${IMMUTABLE}`,
  ],
  [
    storage("VolumeAttributesClass", { driverName: "a.b", parameters: { a: "b" } }),
    { driverName: "a.c", parameters: { a: "c" } },
    "[driverName: Forbidden: updates to driverName are forbidden., parameters: Forbidden: updates to parameters are " +
      "forbidden.]",
  ],
];

const rbac = (kind: string, fields: Readonly<Record<string, unknown>>) =>
  manifest("rbac.authorization.k8s.io/v1", kind, fields);
const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
const ROLE_REF = 'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"edit"}';

// pkg/apis/{rbac,scheduling,node,networking,discovery,coordination,policy}/validation.
const OTHER_CHANGES: readonly Change[] = [
  [rbac("ClusterRoleBinding", { roleRef }), { roleRef: { name: "edit" } }, `${ROLE_REF}: cannot change roleRef`],
  [rbac("RoleBinding", { roleRef }), { roleRef: { name: "edit" } }, `${ROLE_REF}: cannot change roleRef`],
  [
    manifest("scheduling.k8s.io/v1", "PriorityClass", { value: 1 }),
    { value: 2, preemptionPolicy: "Never" },
    `[value: Forbidden: may not be changed in an update., preemptionPolicy: Invalid value: "Never": ${IMMUTABLE}]`,
  ],
  [
    manifest("node.k8s.io/v1", "RuntimeClass", { handler: "a" }),
    { handler: "b" },
    `handler: Invalid value: "b": ${IMMUTABLE}`,
  ],
  [
    manifest("networking.k8s.io/v1", "IngressClass", { spec: { controller: "a.b/c" } }),
    spec({ controller: "a.b/d" }),
    `spec.controller: Invalid value: "a.b/d": ${IMMUTABLE}`,
  ],
  [
    manifest("discovery.k8s.io/v1", "EndpointSlice", { addressType: "IPv4", endpoints: [] }),
    { addressType: "IPv6" },
    `addressType: Invalid value: "IPv6": ${IMMUTABLE}`,
  ],
  [
    manifest("coordination.k8s.io/v1", "Lease", { spec: { leaseTransitions: 3 } }),
    spec({ leaseTransitions: 2 }),
    "accepted",
  ],
  [
    manifest("apps/v1", "ControllerRevision", { revision: 1, data: { a: 1 } }),
    { data: { a: 2 } },
    `data: Invalid value: {"a":2}: ${IMMUTABLE}`,
  ],
];

export const UPDATES: readonly Change[] = [
  ...POD_CHANGES,
  ...CORE_CHANGES,
  ...WORKLOAD_CHANGES,
  ...STORAGE_CHANGES,
  ...OTHER_CHANGES,
];
