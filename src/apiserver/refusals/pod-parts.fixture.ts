/**
 * Refused Pods: volumes, init containers, and the rarer parts.
 */
import { container, pod, podWith, QUALIFIED, type Row, SUBDOMAIN } from "#apiserver/refusals/rows.fixture";

const volumes = (...all: object[]) => pod({ volumes: all });
const mounted = (mount: object, ...all: object[]) =>
  pod({ containers: [container({ volumeMounts: [mount] })], volumes: all });
const restarted = (rule: object) =>
  pod({ containers: [container({ restartPolicy: "Never", restartPolicyRules: [{ action: "Restart", ...rule }] })] });
const httpGet = { path: "/", port: 80 };

// ValidatePodCreate of pkg/apis/core/validation: ValidateVolumes, ValidateVolumeMounts, validateInitContainers,
// validateOS, validatePodResourceClaims and what they call.
export const POD_PARTS: readonly Row[] = [
  [volumes({ name: "" }), "spec.volumes[0].name: Required value"],
  [volumes({ name: "a" }, { name: "a" }), 'spec.volumes[1].name: Duplicate value: "a"'],
  [
    volumes({ name: "a", emptyDir: {}, hostPath: { path: "/" } }),
    "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
  ],
  [volumes({ name: "a", hostPath: { path: "" } }), "spec.volumes[0].hostPath.path: Required value"],
  [
    volumes({ name: "a", hostPath: { path: "/a", type: "Odd" } }),
    'spec.volumes[0].hostPath.type: Unsupported value: "Odd": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
  ],
  [volumes({ name: "a", configMap: { name: "" } }), "spec.volumes[0].configMap.name: Required value"],
  [
    volumes({ name: "a", configMap: { name: "c", defaultMode: 1000 } }),
    "spec.volumes[0].configMap.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive",
  ],
  [
    volumes({ name: "a", configMap: { name: "c", items: [{ key: "k", path: "../x" }] } }),
    "spec.volumes[0].configMap.items[0].path: Invalid value: \"../x\": must not contain '..'",
  ],
  [volumes({ name: "a", secret: { secretName: "" } }), "spec.volumes[0].secret.secretName: Required value"],
  [
    volumes({ name: "a", persistentVolumeClaim: { claimName: "" } }),
    "spec.volumes[0].persistentVolumeClaim.claimName: Required value",
  ],
  [
    volumes({ name: "a", emptyDir: { sizeLimit: "-1" } }),
    "spec.volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity",
  ],
  [volumes({ name: "a", projected: { sources: [{}] } }), "accepted"],
  [
    volumes({ name: "a", downwardAPI: { items: [{ path: "p" }] } }),
    "spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
  ],
  [volumes({ name: "a", nfs: { server: "", path: "/" } }), "spec.volumes[0].nfs.server: Required value"],
  [
    volumes({ name: "a", csi: { driver: "" } }),
    `[spec.volumes[0].csi.driver: Required value, spec.volumes[0].csi.driver: Invalid value: "": ${SUBDOMAIN}]`,
  ],
  [volumes({ name: "a", ephemeral: {} }), "spec.volumes[0].ephemeral.volumeClaimTemplate: Required value"],
  [mounted({ name: "v", mountPath: "/m" }), 'spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  [
    mounted({ name: "v", mountPath: "" }, { name: "v", emptyDir: {} }),
    "spec.containers[0].volumeMounts[0].mountPath: Required value",
  ],
  [
    mounted({ name: "v", mountPath: "/m", subPath: "/abs" }, { name: "v", emptyDir: {} }),
    'spec.containers[0].volumeMounts.subPath: Invalid value: "/abs": must be a relative path',
  ],
  [
    mounted({ name: "v", mountPath: "/m", mountPropagation: "Odd" }, { name: "v", emptyDir: {} }),
    'spec.containers[0].volumeMounts.mountPropagation: Unsupported value: "Odd": supported values: "Bidirectional", "HostToContainer", "None"',
  ],
  [mounted({ name: "v", mountPath: "/m:x" }, { name: "v", emptyDir: {} }), "accepted"],
  [pod({ initContainers: [container({ name: "i", restartPolicy: "Never" })] }), "accepted"],
  // Restart rules: as a server of v1.36.1 answered (dry runs).
  [restarted({ exitCodes: { operator: "In", values: [] } }), "accepted"],
  [restarted({ exitCodes: { operator: "In", values: [300] } }), "accepted"],
  [restarted({}), "spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified"],
  [
    restarted({ exitCodes: { operator: "Equals", values: [3] } }),
    'spec.containers[0].restartPolicyRules[0].exitCodes.operator: Unsupported value: "Equals": supported values: "In", "NotIn"',
  ],
  [
    restarted({ action: "DoNotRestart", exitCodes: { operator: "In", values: [3] } }),
    'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "DoNotRestart": supported values: "Restart", "RestartAllContainers"',
  ],
  [
    pod({ containers: [container({ restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In" } }] })] }),
    "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used",
  ],
  [
    pod({ initContainers: [container({ name: "i", livenessProbe: { httpGet } })] }),
    "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
  ],
  [pod({ initContainers: [container()] }), 'spec.initContainers[0].name: Duplicate value: "c"'],
  [
    pod({ ephemeralContainers: [container({ name: "e" })] }),
    "spec.ephemeralContainers: Forbidden: cannot be set on create",
  ],
  [
    pod({ overhead: { cpu: "1" } }),
    'pods "x" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  ],
  [pod({ os: { name: "plan9" } }), 'spec.os: Unsupported value: "plan9": supported values: "linux", "windows"'],
  [
    pod({ os: { name: "linux" }, securityContext: { windowsOptions: { runAsUserName: "u" } } }),
    "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
  ],
  [
    pod({ resourceClaims: [{ name: "a" }] }),
    'spec.resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
  ],
  [
    podWith({ resources: { claims: [{ name: "a" }] } }),
    'spec.containers[0].resources.claims[0]: Not found: "a": must be one of the names in pod.spec.resourceClaims which is empty',
  ],
  [
    podWith({ volumeDevices: [{ name: "v", devicePath: "/d" }] }),
    'spec.containers[0].volumeDevices[0].name: Not found: "v"',
  ],
  [
    podWith({ stdinOnce: true, tty: true, workingDir: 5 }),
    'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field Container.spec.containers.workingDir of type string',
  ],
  [
    podWith({ imagee: "x" }),
    'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"',
  ],
  [
    pod({ readinessGates: [{ conditionType: "a b" }] }),
    `spec.readinessGates[0].conditionType: Invalid value: "a b": ${QUALIFIED}`,
  ],
];
