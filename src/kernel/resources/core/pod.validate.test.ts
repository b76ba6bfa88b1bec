/**
 * Goal: a wrong Pod is refused with the field path and the words of v1.36.
 * Method: tables of specs, each with one thing wrong, and the whole list of errors they give.
 */
import { expect, test } from "vitest";
import type { Pod } from "#kernel/api/types.gen";
import { materialize } from "#kernel/api/walk";
import { collector, errorText } from "#kernel/apimachinery/field-errors";
import { pods } from "#kernel/resources/core/pod";
import { defaultPod } from "#kernel/resources/core/pod.defaults";
import { validateNewPod, validatePod } from "#kernel/resources/core/pod.validate";

type Json = Record<string, unknown>;

function errorsOf(spec: Json, metadata: Json = {}): string[] {
  const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "web", namespace: "default", ...metadata }, spec };
  const pod = materialize(pods.shape, structuredClone(object)) as unknown as Pod;
  defaultPod(pod);
  const at = collector();
  validatePod(pod, at);
  validateNewPod(pod, at);
  return at.errors.map(errorText);
}

/** A pod whose one container has these fields. */
const container = (fields: Json, spec: Json = {}): string[] =>
  errorsOf({ containers: [{ name: "c", image: "nginx", ...fields }], ...spec });

/** A pod with one good container and these fields. */
const pod = (fields: Json, metadata: Json = {}): string[] =>
  errorsOf({ containers: [{ name: "c", image: "nginx" }], ...fields }, metadata);

const c0 = "spec.containers[0]";

const v0 = "spec.volumes[0]";

test.each<[string, string[], string[]]>([
  [
    "restart policy",
    pod({ restartPolicy: "Sometimes" }),
    ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
  ],
  [
    "dns policy",
    pod({ dnsPolicy: "x" }),
    [
      'spec.dnsPolicy: Unsupported value: "x": supported values: ' +
        '"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
    ],
  ],
  [
    "dns none",
    pod({ dnsPolicy: "None" }),
    ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
  ],
  [
    "two sources",
    pod({ volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/x" } }] }),
    [`${v0}.hostPath: Forbidden: may not specify more than 1 volume type`],
  ],
  ["volume twins", pod({ volumes: [{ name: "v" }, { name: "v" }] }), ['spec.volumes[1].name: Duplicate value: "v"']],
  ["secret", pod({ volumes: [{ name: "v", secret: {} }] }), [`${v0}.secret.secretName: Required value`]],
  [
    "mode",
    pod({ volumes: [{ name: "v", configMap: { name: "c", defaultMode: 512 } }] }),
    [`${v0}.configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive`],
  ],
  [
    "host path type",
    pod({ volumes: [{ name: "v", hostPath: { path: "/x", type: "Dir" } }] }),
    [
      `${v0}.hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", ` +
        '"Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
  ],
  [
    "ephemeral volume",
    pod({ volumes: [{ name: "v", ephemeral: { volumeClaimTemplate: { spec: {} } } }] }),
    [
      `${v0}.ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required`,
      `${v0}.ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value`,
    ],
  ],
  [
    "toleration operator",
    pod({ tolerations: [{ key: "a", operator: "In" }] }),
    ['spec.tolerations[0].operator: Unsupported value: "In": supported values: "Equal", "Exists"'],
  ],
  [
    "toleration without key",
    pod({ tolerations: [{ value: "a" }] }),
    [
      'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, ' +
        'which means "match all values and all keys"',
    ],
  ],
  [
    "toleration seconds",
    pod({ tolerations: [{ key: "a", operator: "Exists", effect: "NoSchedule", tolerationSeconds: 3 }] }),
    [
      "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when " +
        "`tolerationSeconds` is set",
    ],
  ],
  [
    "node affinity",
    pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } }),
    [
      "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: " +
        "must have at least one node selector term",
    ],
  ],
  [
    "weight",
    pod({
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 101, podAffinityTerm: { labelSelector: {}, topologyKey: "kubernetes.io/hostname" } },
          ],
        },
      },
    }),
    [
      "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: " +
        "must be in the range 1-100",
    ],
  ],
  [
    "spread",
    pod({ topologySpreadConstraints: [{ topologyKey: "zone", whenUnsatisfiable: "Never", labelSelector: {} }] }),
    [
      "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Never": supported values: ' +
        '"DoNotSchedule", "ScheduleAnyway"',
    ],
  ],
  [
    "init container probe",
    pod({ initContainers: [{ name: "i", image: "i", livenessProbe: { tcpSocket: { port: 1 } } }] }),
    [
      "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers " +
        "without restartPolicy=Always",
    ],
  ],
  [
    "init container name",
    pod({ initContainers: [{ name: "c", image: "i" }] }),
    ['spec.initContainers[0].name: Duplicate value: "c"'],
  ],
  [
    "ephemeral containers",
    pod({ ephemeralContainers: [{ name: "d", image: "i" }] }),
    ["spec.ephemeralContainers: Forbidden: cannot be set on create"],
  ],
  [
    "deadline",
    pod({ activeDeadlineSeconds: 0 }),
    ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
  ],
  ["hostname", pod({ hostname: "a.b" }), ['spec.hostname: Invalid value: "a.b": must not contain dots']],
  [
    "host alias",
    pod({ hostAliases: [{ ip: "1.2.3", hostnames: ["a"] }] }),
    ['spec.hostAliases[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ],
  [
    "sysctl",
    pod({ securityContext: { sysctls: [{ name: "net.core.x", value: "1" }] }, hostNetwork: true }),
    [
      'spec.securityContext.sysctls[0].name: Invalid value: "net.core.x": may not be specified ' +
        "when 'hostNetwork' is true",
    ],
  ],
  ["os", pod({ os: { name: "plan9" } }), ['spec.os: Unsupported value: "plan9": supported values: "linux", "windows"']],
  [
    "windows",
    pod({ os: { name: "windows" }, securityContext: { runAsUser: 1 } }),
    ["spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod"],
  ],
  [
    "preemption",
    pod({ preemptionPolicy: "x" }),
    ['spec.preemptionPolicy: Unsupported value: "x": supported values: "PreemptLowerPriority", "Never"'],
  ],
  [
    "gates",
    pod({ schedulingGates: [{ name: "a" }], nodeName: "n" }),
    ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
  ],
  [
    "claims",
    container({ resources: { claims: [{ name: "x" }] } }),
    [`${c0}.resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty`],
  ],
  [
    "pod-level resources",
    container({ resources: { requests: { cpu: "2" } } }, { resources: { requests: { cpu: "1" } } }),
    [
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to ' +
        "aggregate container requests of 2",
    ],
  ],
  [
    "deletion cost",
    pod({}, { annotations: { "controller.kubernetes.io/pod-deletion-cost": "+1" } }),
    ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer'],
  ],
  [
    "token without account",
    pod({ volumes: [{ name: "t", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }] }),
    [
      "spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: " +
        "must not be specified when serviceAccountName is not set",
    ],
  ],
])("pod: %s", (_, errors, expected) => {
  expect(errors).toEqual(expected);
});
