/**
 * Refused Pods: containers, and what stands around them.
 */
import { container, LABEL, pod, podWith, QUALIFIED, type Row, SUBDOMAIN } from "#apiserver/refusals/rows.fixture";

const probe = (more: object) => podWith({ livenessProbe: more });
const env = (...all: object[]) => podWith({ env: all });
const resources = (more: object) => podWith({ resources: more });
const affinity = (more: object) => pod({ affinity: more });
const tolerations = (...all: object[]) => pod({ tolerations: all });
const security = (more: object) => podWith({ securityContext: more });
const term = (more: object) => ({ requiredDuringSchedulingIgnoredDuringExecution: [more] });
const spread = (more: object) => pod({ topologySpreadConstraints: [more] });
const httpGet = { path: "/", port: 80 };

// ValidatePodCreate of pkg/apis/core/validation: validateContainers, validateProbe, validateEnv, ValidateTolerations,
// validateAffinity, validateTopologySpreadConstraints, ValidateSecurityContext and what they call.
export const PODS: readonly Row[] = [
  [pod({ containers: [] }), "spec.containers: Required value"],
  [pod({ containers: [container({ name: "" })] }), "spec.containers[0].name: Required value"],
  [pod({ containers: [container({ name: "A" })] }), `spec.containers[0].name: Invalid value: "A": ${LABEL}`],
  [pod({ containers: [container(), container()] }), 'spec.containers[1].name: Duplicate value: "c"'],
  [podWith({ image: "" }), "spec.containers[0].image: Required value"],
  [
    podWith({ image: " nginx" }),
    'spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace',
  ],
  [
    podWith({ imagePullPolicy: "Sometimes" }),
    'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
  ],
  [
    podWith({ terminationMessagePolicy: "Odd" }),
    'spec.containers[0].terminationMessagePolicy: Unsupported value: "Odd": supported values: "File", "FallbackToLogsOnError"',
  ],
  [podWith({ ports: [{ containerPort: 0 }] }), "spec.containers[0].ports[0].containerPort: Required value"],
  [
    podWith({ ports: [{ containerPort: 80, protocol: "ICMP" }] }),
    'spec.containers[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    podWith({
      ports: [
        { containerPort: 80, name: "a" },
        { containerPort: 81, name: "a" },
      ],
    }),
    'spec.containers[0].ports[1].name: Duplicate value: "a"',
  ],
  [
    podWith({ ports: [{ containerPort: 80, name: "UPPER" }] }),
    '[spec.containers[0].ports[0].name: Invalid value: "UPPER": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-), spec.containers[0].ports[0].name: Invalid value: "UPPER": must contain at least one letter (a-z)]',
  ],
  [
    podWith({ ports: [{ containerPort: 80, hostPort: 70_000 }] }),
    "spec.containers[0].ports[0].hostPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
  ],
  [
    pod({ hostNetwork: true, containers: [container({ ports: [{ containerPort: 80, hostPort: 81 }] })] }),
    "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true",
  ],
  [env({ name: "" }), "spec.containers[0].env[0].name: Required value"],
  [
    env({ name: "a=b", value: "c" }),
    "spec.containers[0].env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='",
  ],
  [
    env({ name: "A", value: "b", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }),
    'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
  ],
  [
    env({ name: "A", valueFrom: {} }),
    'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
  ],
  [
    env({ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.containers" } } }),
    'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.containers": error converting fieldPath: field label not supported: spec.containers',
  ],
  [
    env({ name: "A", valueFrom: { configMapKeyRef: { name: "c", key: "" } } }),
    "spec.containers[0].env[0].valueFrom.configMapKeyRef.key: Required value",
  ],
  [
    env({ name: "A", valueFrom: { resourceFieldRef: { resource: "limits.gpu" } } }),
    'spec.containers[0].env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
  ],
  [
    podWith({ envFrom: [{}] }),
    'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
  ],
  [
    podWith({ envFrom: [{ configMapRef: { name: "" } }] }),
    "spec.containers[0].envFrom[0].configMapRef.name: Required value",
  ],
  [
    resources({ requests: { cpu: "2" }, limits: { cpu: "1" } }),
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    resources({ requests: { cpu: "-1" } }),
    'spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    resources({ limits: { "a b": "1" } }),
    `[spec.containers[0].resources.limits[a b]: Invalid value: "a b": ${QUALIFIED}, spec.containers[0].resources.limits[a b]: Invalid value: "a b": must be a standard resource for containers, spec.containers[0].resources.requests[a b]: Invalid value: "a b": ${QUALIFIED}, spec.containers[0].resources.requests[a b]: Invalid value: "a b": must be a standard resource for containers]`,
  ],
  [
    resources({ limits: { "example.com/gpu": "1.5" } }),
    '[spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "1500m": must be an integer, spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "1500m": must be an integer]',
  ],
  [
    resources({ requests: { "example.com/gpu": "1" } }),
    "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources",
  ],
  [
    resources({ limits: { "hugepages-2Mi": "3Mi" } }),
    '[spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi, spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi, spec.containers[0].resources: Forbidden: HugePages require cpu or memory]',
  ],
  [
    resources({ limits: { storage: "1Gi" } }),
    '[spec.containers[0].resources.limits[storage]: Invalid value: "storage": must be a standard resource for containers, spec.containers[0].resources.requests[storage]: Invalid value: "storage": must be a standard resource for containers]',
  ],
  [
    resources({ limits: { cpu: "lots" } }),
    "Pod in version \"v1\" cannot be handled as a Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [probe({}), "spec.containers[0].livenessProbe: Required value: must specify a handler type"],
  [
    probe({ httpGet, tcpSocket: { port: 80 } }),
    "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
  ],
  [
    probe({ httpGet: { port: 80, path: "" }, periodSeconds: -1 }),
    "spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    probe({ httpGet, successThreshold: 2 }),
    "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
  ],
  [
    probe({ httpGet: { ...httpGet, port: 0 } }),
    "spec.containers[0].livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive",
  ],
  [
    probe({ httpGet: { ...httpGet, scheme: "FTP" } }),
    'spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
  ],
  [probe({ exec: { command: [] } }), "spec.containers[0].livenessProbe.exec.command: Required value"],
  [
    probe({ grpc: { port: 0 } }),
    "spec.containers[0].livenessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive",
  ],
  [
    podWith({ readinessProbe: { httpGet, terminationGracePeriodSeconds: 1 } }),
    "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes",
  ],
  [
    podWith({ lifecycle: { preStop: {} } }),
    "spec.containers[0].lifecycle.preStop: Required value: must specify a handler type",
  ],
  [
    podWith({ lifecycle: { postStart: { exec: { command: ["a"] }, httpGet } } }),
    "spec.containers[0].lifecycle.postStart.httpGet: Forbidden: may not specify more than 1 handler type",
  ],
  [
    pod({ restartPolicy: "Sometimes" }),
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
  ],
  [
    pod({ dnsPolicy: "Odd" }),
    'spec.dnsPolicy: Unsupported value: "Odd": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
  ],
  [pod({ dnsPolicy: "None" }), "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
  [
    pod({ dnsConfig: { nameservers: ["x"] } }),
    'spec.dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    pod({ dnsConfig: { nameservers: ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"] } }),
    'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers',
  ],
  [
    pod({ hostAliases: [{ ip: "x", hostnames: ["a"] }] }),
    'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [pod({ hostname: "a.b" }), 'spec.hostname: Invalid value: "a.b": must not contain dots'],
  [pod({ subdomain: "A" }), `spec.subdomain: Invalid value: "A": ${LABEL}`],
  [
    pod({ serviceAccountName: "A_B" }),
    'pods "x" is forbidden: error looking up service account default/A_B: serviceaccount "A_B" not found',
  ],
  [pod({ nodeName: "A_B" }), `spec.nodeName: Invalid value: "A_B": ${SUBDOMAIN}`],
  [pod({ nodeSelector: { "a b": "c" } }), `spec.nodeSelector: Invalid value: "a b": ${QUALIFIED}`],
  [
    pod({ activeDeadlineSeconds: 0 }),
    "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
  ],
  [pod({ terminationGracePeriodSeconds: -1 }), "accepted"],
  [pod({ priorityClassName: "none-such" }), 'pods "x" is forbidden: no PriorityClass with name none-such was found'],
  [
    pod({ preemptionPolicy: "Odd" }),
    'pods "x" is forbidden: the string value of PreemptionPolicy (Odd) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
  ],
  [pod({ runtimeClassName: "A" }), 'pods "x" is forbidden: pod rejected: RuntimeClass "A" not found'],
  [
    pod({ schedulingGates: [{ name: "" }] }),
    `[spec.schedulingGates[0]: Invalid value: "": name part must be non-empty, spec.schedulingGates[0]: Invalid value: "": ${QUALIFIED}]`,
  ],
  [pod({ imagePullSecrets: [{ name: "" }] }), "accepted"],
  [
    pod({ securityContext: { runAsUser: -1 } }),
    "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 4294967295, inclusive",
  ],
  [
    pod({ securityContext: { sysctls: [{ name: "a b", value: "c" }] } }),
    'spec.securityContext.sysctls[0].name: Invalid value: "a b": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
  ],
  [
    pod({ securityContext: { fsGroupChangePolicy: "Odd" } }),
    'spec.securityContext.fsGroupChangePolicy: Unsupported value: "Odd": supported values: "Always", "OnRootMismatch"',
  ],
  [
    pod({ securityContext: { seccompProfile: { type: "Localhost" } } }),
    "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost",
  ],
  [pod({ hostUsers: false, hostNetwork: true }), "spec.hostNetwork: Forbidden: when `pod.Spec.HostUsers` is false"],
  [
    security({ privileged: true, allowPrivilegeEscalation: false }),
    'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
  ],
  [
    security({ procMount: "Odd" }),
    'spec.containers[0].securityContext.procMount: Unsupported value: "Odd": supported values: "Default", "Unmasked"',
  ],
  [
    security({ runAsNonRoot: true, runAsGroup: -5 }),
    "spec.containers[0].securityContext.runAsGroup: Invalid value: -5: must be between 0 and 4294967295, inclusive",
  ],
  [
    security({ appArmorProfile: { type: "Odd" } }),
    'spec.containers[0].securityContext.appArmorProfile.type: Unsupported value: "Odd": supported values: "Localhost", "RuntimeDefault", "Unconfined"',
  ],
  [
    tolerations({ operator: "Odd" }),
    '[spec.tolerations[0].operator: Invalid value: "Odd": operator must be Exists when `key` is empty, which means "match all values and all keys", spec.tolerations[0].operator: Unsupported value: "Odd": supported values: "Equal", "Exists"]',
  ],
  [
    tolerations({ key: "a", operator: "Gt", value: "1" }),
    'spec.tolerations[0].operator: Unsupported value: "Gt": supported values: "Equal", "Exists"',
  ],
  [
    tolerations({ key: "a", operator: "Exists", value: "b" }),
    "spec.tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'",
  ],
  [
    tolerations({ operator: "Equal", value: "b" }),
    'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
  ],
  [
    tolerations({ key: "a", effect: "NoSchedule", tolerationSeconds: 5 }),
    "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set",
  ],
  [
    tolerations({ key: "a", effect: "Odd" }),
    'spec.tolerations[0].effect: Unsupported value: "Odd": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
  [
    affinity({ nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } }),
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
  ],
  [
    affinity({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "In" }] }],
        },
      },
    }),
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ],
  [
    affinity({
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, preference: {} }] },
    }),
    "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100",
  ],
  [
    affinity({ podAffinity: term({ labelSelector: {} }) }),
    `[spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty, spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty, spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": ${QUALIFIED}]`,
  ],
  [
    affinity({ podAntiAffinity: term({ topologyKey: "a b", labelSelector: { matchLabels: { a: "b" } } }) }),
    `spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "a b": ${QUALIFIED}`,
  ],
  [
    affinity({
      podAffinity: term({ topologyKey: "a", labelSelector: { matchExpressions: [{ key: "a", operator: "Odd" }] } }),
    }),
    'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchExpressions[0].operator: Invalid value: "Odd": not a valid selector operator',
  ],
  [
    spread({ maxSkew: 0, topologyKey: "a", whenUnsatisfiable: "DoNotSchedule" }),
    "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
  ],
  [
    spread({ maxSkew: 1, topologyKey: "", whenUnsatisfiable: "DoNotSchedule" }),
    "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
  ],
  [
    spread({ maxSkew: 1, topologyKey: "a", whenUnsatisfiable: "Odd" }),
    'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Odd": supported values: "DoNotSchedule", "ScheduleAnyway"',
  ],
  [
    spread({ maxSkew: 1, topologyKey: "a", whenUnsatisfiable: "ScheduleAnyway", minDomains: 2 }),
    "spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
  ],
];
