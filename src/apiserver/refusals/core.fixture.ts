/**
 * Refused manifests of the core group, but Pods.
 */
import { manifest, QUALIFIED, type Row, SUBDOMAIN, template } from "#apiserver/refusals/rows.fixture";

const core = (kind: string, body: object, metadata: object = {}) =>
  manifest("v1", kind, body as Record<string, unknown>, metadata as Record<string, unknown>);
const service = (spec: object, metadata: object = {}) => core("Service", { spec }, metadata);
const port = { port: 80 };
const config = (metadata: object) => core("ConfigMap", {}, metadata);
const claim = (spec: object) => core("PersistentVolumeClaim", { spec });
const usual = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const volume = (spec: object) => core("PersistentVolume", { spec });
const disk = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } };
const limits = (limit: object) => core("LimitRange", { spec: { limits: [limit] } });
const quota = (spec: object) => core("ResourceQuota", { spec });
const node = (spec: object, metadata: object = {}) => core("Node", { spec }, metadata);
const endpoints = (subset: object) => core("Endpoints", { subsets: [subset] });

const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " +
  "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const MUST_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const PORT_RANGE = "must be between 1 and 65535, inclusive";
const SERVICE_NAME =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and " +
  "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is " +
  "'[a-z]([-a-z0-9]*[a-z0-9])?')";

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
  [config({ finalizers: ["a b"] }), `metadata.finalizers: Invalid value: "a b": ${QUALIFIED}`],
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

const services: readonly Row[] = [
  [service({ ports: [] }), "spec.ports: Required value"],
  [
    service({ ports: [{ port: 0 }] }),
    `[spec.ports[0].port: Invalid value: 0: ${PORT_RANGE}, spec.ports[0].targetPort: Invalid value: 0: ${PORT_RANGE}]`,
  ],
  [
    service({ ports: [{ port: 80, protocol: "ICMP" }] }),
    'spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    service({ ports: [port, { port: 81 }] }),
    "[spec.ports[0].name: Required value, spec.ports[1].name: Required value]",
  ],
  [
    service({
      ports: [
        { port: 80, name: "a" },
        { port: 81, name: "a" },
      ],
    }),
    'spec.ports[1].name: Duplicate value: "a"',
  ],
  [
    service({ ports: [{ port: 80, targetPort: 70_000 }] }),
    `spec.ports[0].targetPort: Invalid value: 70000: ${PORT_RANGE}`,
  ],
  [
    service({ ports: [{ port: 80, targetPort: "a_b" }] }),
    'spec.ports[0].targetPort: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
  ],
  [
    service({ ports: [{ port: 80, nodePort: 30_080 }] }),
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    service({ type: "NodePort", ports: [{ port: 80, nodePort: 80 }] }),
    "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767",
  ],
  [
    service({ type: "Other", ports: [port] }),
    'spec.type: Unsupported value: "Other": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [service({ type: "ExternalName" }), "spec.externalName: Required value"],
  [service({ type: "ExternalName", externalName: "a b" }), `spec.externalName: Invalid value: "a b": ${SUBDOMAIN}`],
  [
    service({ ports: [port], sessionAffinity: "Some" }),
    'spec.sessionAffinity: Unsupported value: "Some": supported values: "ClientIP", "None"',
  ],
  [
    service({ ports: [port], externalIPs: ["127.0.0.1"] }),
    'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  [service({ ports: [port], clusterIP: "x" }), `spec.clusterIPs[0]: Invalid value: "x": ${MUST_IP}`],
  [
    service({ ports: [port], externalTrafficPolicy: "Local" }),
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    service({ ports: [port], internalTrafficPolicy: "Some" }),
    'spec.internalTrafficPolicy: Unsupported value: "Some": supported values: "Cluster", "Local"',
  ],
  [
    service({ ports: [port], loadBalancerClass: "a/b" }),
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    service({ ports: [port], publishNotReadyAddresses: true, selector: { "a b": "c" } }),
    `spec.selector: Invalid value: "a b": ${QUALIFIED}`,
  ],
  [service({ ports: [port] }, { name: "1x" }), `metadata.name: Invalid value: "1x": ${SERVICE_NAME}`],
  [
    endpoints({ addresses: [{ ip: "x" }], ports: [port] }),
    `subsets[0].addresses[0].ip: Invalid value: "x": ${MUST_IP}`,
  ],
  [endpoints({ ports: [port] }), "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
  [
    endpoints({ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 70_000 }] }),
    `subsets[0].ports[0].port: Invalid value: 70000: ${PORT_RANGE}`,
  ],
];

const storage: readonly Row[] = [
  [claim({ resources: usual.resources }), "spec.accessModes: Required value: at least 1 access mode is required"],
  [
    claim({ ...usual, accessModes: ["Sometimes"] }),
    'spec.accessModes: Unsupported value: "Sometimes": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
  ],
  [claim({ accessModes: usual.accessModes }), "spec.resources[storage]: Required value"],
  [
    claim({ ...usual, resources: { requests: { storage: "0" } } }),
    'spec.resources[storage]: Invalid value: "0": must be greater than zero',
  ],
  [
    claim({ ...usual, volumeMode: "Other" }),
    'spec.volumeMode: Unsupported value: "Other": supported values: "Block", "Filesystem"',
  ],
  [claim({ ...usual, storageClassName: "A_B" }), `spec.storageClassName: Invalid value: "A_B": ${SUBDOMAIN}`],
  [
    claim({ ...usual, accessModes: ["ReadWriteOnce", "ReadWriteOncePod"] }),
    "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
  ],
  [
    volume({ capacity: disk.capacity, accessModes: disk.accessModes }),
    "spec: Required value: must specify a volume type",
  ],
  [
    volume({ accessModes: disk.accessModes, hostPath: disk.hostPath }),
    '[spec.capacity: Required value, spec.capacity: Unsupported value: {}: supported values: "storage"]',
  ],
  [
    volume({ ...disk, nfs: { server: "s", path: "/" } }),
    "spec.nfs: Forbidden: may not specify more than 1 volume type",
  ],
  [
    volume({ ...disk, persistentVolumeReclaimPolicy: "Burn" }),
    'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
  ],
  [
    volume({ ...disk, hostPath: { path: "/a/../b" } }),
    "spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
  ],
  [
    volume({ capacity: disk.capacity, accessModes: disk.accessModes, local: { path: "/x" } }),
    "spec.nodeAffinity: Required value: Local volume requires node affinity",
  ],
];

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

export const CORE: readonly Row[] = [...metadata, ...data, ...services, ...storage, ...limitsAndNodes];
