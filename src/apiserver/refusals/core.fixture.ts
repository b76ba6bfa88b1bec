/**
 * Refused manifests of the core group, but Pods.
 */
import { manifest, QUALIFIED, type Row, SUBDOMAIN, template } from "#apiserver/refusals/rows.fixture";

const core = (kind: string, body: object, metadata: object = {}) =>
  manifest("v1", kind, body as Record<string, unknown>, metadata as Record<string, unknown>);
const config = (metadata: object) => core("ConfigMap", {}, metadata);
const limits = (limit: object) => core("LimitRange", { spec: { limits: [limit] } });
const quota = (spec: object) => core("ResourceQuota", { spec });
const node = (spec: object, metadata: object = {}) => core("Node", { spec }, metadata);

const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " +
  "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

// ValidateObjectMeta and validateKubeFinalizerName of pkg/apis/core/validation, over those of apimachinery/pkg/api/validation.
const metadata: readonly Row[] = [
  [config({ name: "" }), "metadata.name: Required value: name or generateName is required"],
  [config({ name: "Bad_Name" }), `metadata.name: Invalid value: "Bad_Name": ${SUBDOMAIN}`],
  [
    config({ name: "a".repeat(254) }),
    `metadata.name: Invalid value: "${"a".repeat(254)}": must be no more than 253 characters`,
  ],
  [config({ labels: { "bad key": "x" } }), `metadata.labels: Invalid value: "bad key": ${QUALIFIED}`],
  [config({ labels: { k: "bad value" } }), `metadata.labels: Invalid value: "bad value": ${LABEL_VALUE}`],
  [
    config({ annotations: { "a/b/c": "x" } }),
    "metadata.annotations: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
  ],
  [
    config({ annotations: { k: "x".repeat(262_144) } }),
    "metadata.annotations: Too long: may not be more than 262144 bytes",
  ],
  [
    config({ finalizers: ["a b"] }),
    `[metadata.finalizers: Invalid value: "a b": ${QUALIFIED}, metadata.finalizers[0]: Invalid value: "a b": name is neither a standard finalizer name nor is it fully qualified]`,
  ],
  [
    config({ finalizers: ["x", "example.com/y"] }),
    'metadata.finalizers[0]: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
  ],
  [
    config({ labels: { "a/": "x" } }),
    `[metadata.labels: Invalid value: "a/": name part must be non-empty, metadata.labels: Invalid value: "a/": ${QUALIFIED}]`,
  ],
  [
    config({ finalizers: ["foregroundDeletion", "orphan"] }),
    'metadata.finalizers: Invalid value: ["foregroundDeletion","orphan"]: finalizer orphan and foregroundDeletion cannot be both set',
  ],
  [
    config({ ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "", uid: "u" }] }),
    'metadata.ownerReferences.name: Invalid value: "": must not be empty',
  ],
  [
    config({ ownerReferences: [{ apiVersion: "v1", kind: "Event", name: "e", uid: "u" }] }),
    'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"e","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
  ],
];

// ValidateConfigMap, ValidateSecret, ValidateServiceAccount and ValidateNamespace of pkg/apis/core/validation.
const data: readonly Row[] = [
  [core("ConfigMap", { data: { "a b": "x" } }), `data[a b]: Invalid value: "a b": ${CONFIG_KEY}`],
  [
    core("ConfigMap", { data: { a: "x" }, binaryData: { a: "AA==" } }),
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ],
  [core("ConfigMap", { data: { "..": "x" } }), "data[..]: Invalid value: \"..\": must not be '..'"],
  [core("Secret", { data: { "a/b": "AA==" } }), `data[a/b]: Invalid value: "a/b": ${CONFIG_KEY}`],
  [core("Secret", { type: "kubernetes.io/tls" }), "[data[tls.crt]: Required value, data[tls.key]: Required value]"],
  [core("Secret", { type: "kubernetes.io/dockerconfigjson" }), "data[.dockerconfigjson]: Required value"],
  [
    core("Secret", { type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": "{" } }),
    'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
  ],
  [core("Secret", { type: "kubernetes.io/ssh-auth" }), "data[ssh-privatekey]: Required value"],
  [
    core("Secret", { type: "kubernetes.io/basic-auth" }),
    "[data[username]: Required value, data[password]: Required value]",
  ],
  [
    core("Secret", { type: "kubernetes.io/service-account-token" }),
    "metadata.annotations[kubernetes.io/service-account.name]: Required value",
  ],
  [core("ServiceAccount", {}, { name: "A" }), `metadata.name: Invalid value: "A": ${SUBDOMAIN}`],
  [core("Namespace", {}, { name: "a.b" }), 'metadata.name: Invalid value: "a.b": must not contain dots'],
  [
    core("Namespace", { spec: { finalizers: ["x"] } }),
    'spec.finalizers: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
  ],
];

// ValidateLimitRange, ValidateResourceQuotaSpec, ValidateNode, ValidateReplicationControllerSpec and
// ValidatePodTemplate of pkg/apis/core/validation.
const limitsAndNodes: readonly Row[] = [
  [
    limits({ type: "Container", min: { cpu: "2" }, max: { cpu: "1" } }),
    '[spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1, spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1, spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1]',
  ],
  [
    limits({ type: "Container", default: { cpu: "3" }, max: { cpu: "1" }, defaultRequest: { cpu: "1" } }),
    'spec.limits[0].default[cpu]: Invalid value: "1": default value 3 is greater than max value 1',
  ],
  [
    limits({ type: "Pod", default: { cpu: "1" } }),
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
  ],
  [
    core("LimitRange", {
      spec: {
        limits: [
          { type: "Pod", max: { cpu: "1" } },
          { type: "Pod", max: { cpu: "1" } },
        ],
      },
    }),
    'spec.limits[1].type: Duplicate value: "Pod"',
  ],
  [
    limits({ type: "Container", maxLimitRequestRatio: { cpu: "0.5" } }),
    'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
  ],
  [
    limits({ type: "PersistentVolumeClaim", max: { cpu: "1" } }),
    "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
  ],
  [
    limits({ type: "Other", max: { cpu: "1" } }),
    'spec.limits[0].type: Invalid value: "Other": must be a standard limit type or fully qualified',
  ],
  [
    limits({ type: "Container", max: { storage: "1" } }),
    '[spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers, spec.limits[0].default[storage]: Invalid value: "storage": must be a standard resource for containers, spec.limits[0].defaultRequest[storage]: Invalid value: "storage": must be a standard resource for containers]',
  ],
  [
    limits({ type: "Pod", min: { cpu: "1" }, max: { cpu: "2" }, maxLimitRequestRatio: { cpu: "3" } }),
    'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
  ],
  [
    limits({
      type: "Container",
      default: { "hugepages-2Mi": "4Mi" },
      defaultRequest: { "hugepages-2Mi": "2Mi" },
    }),
    'spec.limits[0].defaultRequest[hugepages-2Mi]: Invalid value: "2Mi": default value 4Mi must equal to defaultRequest value 2Mi in hugepages-2Mi',
  ],
  [
    quota({ hard: { apples: "1" } }),
    'spec.hard[apples]: Invalid value: "apples": must be a standard resource type or fully qualified',
  ],
  [
    quota({
      hard: { pods: "1" },
      scopeSelector: { matchExpressions: [{ scopeName: "BestEffort", operator: "In", values: ["a"] }] },
    }),
    "spec.scopeSelector.matchExpressions.operator: Invalid value: \"In\": must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
  ],
  [
    quota({
      hard: { pods: "1" },
      scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In" }] },
    }),
    "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
  ],
  [
    quota({
      hard: { services: "1" },
      scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "Exists" }] },
    }),
    'spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"PriorityClass","Operator":"Exists","Values":null}]}: unsupported scope applied to resource',
  ],
  [quota({ hard: { pods: "1.5" } }), 'spec.hard[pods]: Invalid value: "1500m": must be an integer'],
  [quota({ hard: { pods: "-1" } }), 'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
  [quota({ hard: { pods: "1" }, scopes: ["Odd"] }), 'spec.scopes: Invalid value: ["Odd"]: unsupported scope'],
  [
    quota({ hard: { pods: "1" }, scopes: ["BestEffort", "NotBestEffort"] }),
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
  ],
  [
    quota({ hard: { "requests.cpu": "1" }, scopes: ["BestEffort"] }),
    'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource',
  ],
  [
    node({ taints: [{ key: "a", value: "b", effect: "Odd" }] }),
    'metadata.taints[0].effect: Unsupported value: "Odd": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
  [
    node({
      taints: [
        { key: "a", effect: "NoSchedule" },
        { key: "a", effect: "NoSchedule" },
      ],
    }),
    'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
  ],
  [
    node({ taints: [{ key: "", effect: "NoSchedule" }] }),
    `[metadata.taints[0].key: Invalid value: "": name part must be non-empty, metadata.taints[0].key: Invalid value: "": ${QUALIFIED}]`,
  ],
  [node({ taints: [{ key: "a", value: "b" }] }), "metadata.taints[0].effect: Required value"],
  [
    node({ podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24", "10.0.1.0/24"] }),
    'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family',
  ],
  [
    node({ podCIDR: "x", podCIDRs: ["x"] }),
    'spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    core("ReplicationController", { spec: { replicas: -1, selector: { app: "x" }, template: template() } }),
    "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    core("ReplicationController", { spec: { selector: { app: "y" }, template: template() } }),
    'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
  ],
  [core("ReplicationController", { spec: { selector: { app: "x" } } }), "spec.template: Required value"],
  [core("PodTemplate", { template: template({ containers: [] }) }), "template.spec.containers: Required value"],
  [
    core("Event", { involvedObject: { namespace: "other" } }),
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ],
  [
    core("Event", {
      involvedObject: { namespace: "default" },
      eventTime: "2026-01-01T00:00:00.000000Z",
      reason: "R",
      action: "A",
      reportingInstance: "i",
    }),
    `[reportingComponent: Required value, reportingComponent: Invalid value: "": name part must be non-empty, reportingComponent: Invalid value: "": ${QUALIFIED}]`,
  ],
];

export const CORE: readonly Row[] = [...metadata, ...data, ...limitsAndNodes];
