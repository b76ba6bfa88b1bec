/**
 * Refused manifests of networking, discovery, access and storage.
 */
import { LABEL, manifest, type Row, SUBDOMAIN } from "#apiserver/refusals/rows.fixture";

const networking = (kind: string, spec: object, name = "x") =>
  manifest("networking.k8s.io/v1", kind, { spec }, { name });
const backend = { service: { name: "s", port: { number: 80 } } };
const ingress = (spec: object) => networking("Ingress", spec);
const path = (more: object) =>
  ingress({ rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend, ...more }] } }] });
const netpol = (spec: object) => networking("NetworkPolicy", { podSelector: {}, ...spec });
const slice = (body: object) =>
  manifest("discovery.k8s.io/v1", "EndpointSlice", { addressType: "IPv4", endpoints: [], ports: [], ...body });
const rbac = (kind: string, body: object) =>
  manifest("rbac.authorization.k8s.io/v1", kind, body as Record<string, unknown>);
const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
const storage = (kind: string, body: object, name = "x") =>
  manifest("storage.k8s.io/v1", kind, body as Record<string, unknown>, { name });

// ValidateIngressCreate, ValidateIngressClass, ValidateNetworkPolicy, ValidateIPAddress and ValidateServiceCIDR of
// pkg/apis/networking, ValidateEndpointSliceCreate of discovery, ValidateRole, ...RoleBinding and their kin of rbac,
// ValidateStorageClass, ValidateCSIDriver and their kin of storage.
export const CLUSTER: readonly Row[] = [
  [ingress({}), "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
  [
    path({ pathType: "Odd" }),
    'spec.rules[0].http.paths[0].pathType: Unsupported value: "Odd": supported values: "Exact", "ImplementationSpecific", "Prefix"',
  ],
  [path({ pathType: undefined }), "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"],
  [path({ path: "x" }), 'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path'],
  [path({ path: "/a//b" }), "spec.rules[0].http.paths[0].path: Invalid value: \"/a//b\": must not contain '//'"],
  [
    path({ backend: {} }),
    'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required',
  ],
  [
    path({ backend: { service: { name: "s", port: {} } } }),
    "spec.rules[0].http.paths[0].backend: Required value: port name or number is required",
  ],
  [
    path({ backend: { service: { name: "s", port: { number: 80, name: "a" } } } }),
    'spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both port name & port number',
  ],
  [
    path({ backend: { ...backend, resource: { kind: "K", name: "n" } } }),
    'spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both resource and service backends',
  ],
  [
    ingress({ rules: [{ host: "1.2.3.4", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] }),
    'spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
  ],
  [
    ingress({ rules: [{ host: "a.*.b", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] }),
    "spec.rules[0].host: Invalid value: \"a.*.b\": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ],
  [ingress({ rules: [{ http: { paths: [] } }] }), "spec.rules[0].http.paths: Required value"],
  [
    ingress({ defaultBackend: backend, ingressClassName: "A_B" }),
    `spec.ingressClassName: Invalid value: "A_B": ${SUBDOMAIN}`,
  ],
  [
    ingress({ defaultBackend: backend, tls: [{ hosts: ["a b"] }] }),
    `spec.tls[0].hosts[0]: Invalid value: "a b": ${SUBDOMAIN}`,
  ],
  [
    networking("IngressClass", { controller: "x" }),
    'spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  [
    networking("IngressClass", { controller: "a.b/c", parameters: { kind: "", name: "" } }),
    "[spec.parameters.kind: Required value: kind is required, spec.parameters.name: Required value: name is required]",
  ],
  [
    networking("IngressClass", { controller: "a.b/c", parameters: { kind: "K", name: "n", scope: "Namespace" } }),
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ],
  [
    netpol({ policyTypes: ["Odd"] }),
    'spec.policyTypes[0]: Unsupported value: "Odd": supported values: "Ingress", "Egress"',
  ],
  [
    netpol({ ingress: [{ ports: [{ port: 0 }] }] }),
    "spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
  ],
  [
    netpol({ ingress: [{ ports: [{ port: "a", endPort: 5 }] }] }),
    "spec.ingress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is non-numeric",
  ],
  [
    netpol({ ingress: [{ ports: [{ port: 10, endPort: 5 }] }] }),
    "spec.ingress[0].ports[0].endPort: Invalid value: 10: must be greater than or equal to `port`",
  ],
  [
    netpol({ ingress: [{ ports: [{ port: 10, protocol: "ICMP" }] }] }),
    'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
  ],
  [netpol({ ingress: [{ from: [{}] }] }), "spec.ingress[0].from[0]: Required value: must specify a peer"],
  [
    netpol({ ingress: [{ from: [{ ipBlock: { cidr: "x" } }] }] }),
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    netpol({ ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/8"] } }] }] }),
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/8": must be a strict subset of `cidr`',
  ],
  [
    netpol({ ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }] }] }),
    "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer",
  ],
  [
    networking("IPAddress", { parentRef: { resource: "services", name: "s" } }, "x"),
    'metadata.name: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    networking("IPAddress", { parentRef: { resource: "services", name: "s" } }, "10.1.2.03"),
    'metadata.name: Invalid value: "10.1.2.03": must not have leading 0s',
  ],
  [networking("IPAddress", {}, "10.1.2.3"), "spec.parentRef: Required value"],
  [
    networking("IPAddress", { parentRef: { resource: "", name: "" } }, "10.1.2.3"),
    "[spec.parentRef.resource: Required value, spec.parentRef.name: Required value]",
  ],
  [networking("ServiceCIDR", { cidrs: [] }), "spec.cidrs: Required value: at least one CIDR required"],
  [
    networking("ServiceCIDR", { cidrs: ["x"] }),
    'spec.cidrs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    networking("ServiceCIDR", { cidrs: ["10.0.0.1/8"] }),
    'spec.cidrs[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
  ],
  [
    networking("ServiceCIDR", { cidrs: ["10.0.0.0/24", "10.0.1.0/24"] }),
    'spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/24","10.0.1.0/24"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
  ],
  [
    networking("ServiceCIDR", { cidrs: ["10.0.0.0/24", "fd00::/120", "10.0.1.0/24"] }),
    'spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/24","fd00::/120","10.0.1.0/24"]}: may only hold up to 2 values',
  ],
  [slice({ addressType: "Odd" }), 'addressType: Unsupported value: "Odd": supported values: "FQDN", "IPv4", "IPv6"'],
  [
    slice({ endpoints: [{ addresses: [] }] }),
    "endpoints[0].addresses: Required value: must contain at least 1 address",
  ],
  [
    slice({ endpoints: [{ addresses: ["x"] }] }),
    '[endpoints[0].addresses[0]: Invalid value: "x": must be a valid IPv4 address, endpoints[0].addresses[0]: Invalid value: "x": must be a valid IP address]',
  ],
  [
    slice({ addressType: "FQDN", endpoints: [{ addresses: ["a b"] }] }),
    `endpoints[0].addresses[0]: Invalid value: "a b": ${SUBDOMAIN}`,
  ],
  [
    slice({ endpoints: [{ addresses: ["127.0.0.1"] }] }),
    'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  [slice({ ports: [{ name: "a" }, { name: "a" }] }), 'ports[1].name: Duplicate value: "a"'],
  [slice({ ports: [{ name: "A" }] }), `ports[0].name: Invalid value: "A": ${LABEL}`],
  [
    slice({ ports: [{ protocol: "ICMP" }] }),
    'ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    rbac("Role", { rules: [{ verbs: [], apiGroups: [""], resources: ["pods"] }] }),
    "rules[0].verbs: Required value: verbs must contain at least one value",
  ],
  [
    rbac("Role", { rules: [{ verbs: ["get"], resources: ["pods"] }] }),
    "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
  ],
  [
    rbac("Role", { rules: [{ verbs: ["get"], apiGroups: [""] }] }),
    "rules[0].resources: Required value: resource rules must supply at least one resource",
  ],
  [
    rbac("Role", { rules: [{ verbs: ["get"], nonResourceURLs: ["/x"] }] }),
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ],
  [
    rbac("ClusterRole", { rules: [{ verbs: ["get"], nonResourceURLs: ["/x"], apiGroups: [""], resources: ["pods"] }] }),
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
  ],
  [
    rbac("ClusterRole", { aggregationRule: { clusterRoleSelectors: [] } }),
    "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
  ],
  [
    rbac("RoleBinding", { roleRef: { ...roleRef, kind: "Odd" } }),
    'roleRef.kind: Unsupported value: "Odd": supported values: "Role", "ClusterRole"',
  ],
  [
    rbac("RoleBinding", { roleRef: { ...roleRef, apiGroup: "x" } }),
    'roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"',
  ],
  [rbac("RoleBinding", { roleRef: { ...roleRef, name: "" } }), "roleRef.name: Required value"],
  [
    rbac("RoleBinding", { roleRef, subjects: [{ kind: "Odd", name: "x" }] }),
    'subjects[0].kind: Unsupported value: "Odd": supported values: "ServiceAccount", "User", "Group"',
  ],
  [
    rbac("RoleBinding", { roleRef, subjects: [{ kind: "ServiceAccount", name: "A_B" }] }),
    `subjects[0].name: Invalid value: "A_B": ${SUBDOMAIN}`,
  ],
  [
    rbac("ClusterRoleBinding", { roleRef, subjects: [{ kind: "ServiceAccount", name: "x" }] }),
    "subjects[0].namespace: Required value",
  ],
  [
    rbac("ClusterRoleBinding", { roleRef: { ...roleRef, kind: "Role" } }),
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
  ],
  [
    rbac("ClusterRoleBinding", { roleRef, subjects: [{ kind: "User", apiGroup: "x", name: "" }] }),
    '[subjects[0].name: Required value, subjects[0].apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"]',
  ],
  [storage("StorageClass", { provisioner: "" }), "provisioner: Required value"],
  [
    storage("StorageClass", { provisioner: "a/b", reclaimPolicy: "Burn" }),
    'reclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Retain"',
  ],
  [
    storage("StorageClass", { provisioner: "a/b", volumeBindingMode: "Odd" }),
    'volumeBindingMode: Unsupported value: "Odd": supported values: "Immediate", "WaitForFirstConsumer"',
  ],
  [
    storage("StorageClass", { provisioner: "a/b", parameters: { "": "x" } }),
    'parameters: Invalid value: "": field can not be empty.',
  ],
  [
    storage("StorageClass", {
      provisioner: "a/b",
      allowedTopologies: [{ matchLabelExpressions: [{ key: "a", values: [] }] }],
    }),
    "allowedTopologies[0].matchLabelExpressions[0].values: Required value",
  ],
  [
    storage("CSIDriver", { spec: { volumeLifecycleModes: ["Odd"] } }),
    'spec.volumeLifecycleModes: Unsupported value: "Odd": supported values: "Persistent", "Ephemeral"',
  ],
  [
    storage("CSIDriver", { spec: { fsGroupPolicy: "Odd" } }),
    'spec.fsGroupPolicy: Unsupported value: "Odd": supported values: "File", "None", "ReadWriteOnceWithFSType"',
  ],
  [storage("CSIDriver", { spec: {} }, "a".repeat(64)), "accepted"],
  [
    storage("CSINode", { spec: { drivers: [{ name: "", nodeID: "n" }] } }),
    `[spec.drivers[0].name: Required value, spec.drivers[0].name: Invalid value: "": ${SUBDOMAIN}]`,
  ],
  [storage("CSINode", { spec: { drivers: [{ name: "d", nodeID: "" }] } }), "spec.drivers[0].nodeID: Required value"],
  [storage("CSIStorageCapacity", { storageClassName: "" }), `storageClassName: Invalid value: "": ${SUBDOMAIN}`],
  [
    storage("VolumeAttachment", { spec: { attacher: "", nodeName: "n", source: {} } }),
    `[spec.attacher: Required value, spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName, spec.attacher: Invalid value: "": ${SUBDOMAIN}]`,
  ],
  [
    storage("VolumeAttachment", { spec: { attacher: "a", nodeName: "", source: { persistentVolumeName: "p" } } }),
    `spec.nodeName: Invalid value: "": ${SUBDOMAIN}`,
  ],
  [
    storage("VolumeAttributesClass", { driverName: "" }),
    "[driverName: Required value, parameters: Required value: must contain at least one key/value pair]",
  ],
  [
    storage("VolumeAttributesClass", { driverName: "a.b", parameters: {} }),
    "parameters: Required value: must contain at least one key/value pair",
  ],
];
