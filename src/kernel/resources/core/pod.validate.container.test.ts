/**
 * Goal: a wrong container is refused with the field path and the words of v1.36.
 * Method: a table of containers, each with one thing wrong, and the whole list of errors they give.
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
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
  "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

test.each<[string, string[], string[]]>([
  ["good", pod({}), []],
  ["no containers", errorsOf({}), ["spec.containers: Required value"]],
  ["no name", container({ name: "" }), [`${c0}.name: Required value`]],
  ["bad name", container({ name: "Web" }), [`${c0}.name: Invalid value: "Web": ${label}`]],
  ["no image", container({ image: "" }), [`${c0}.image: Required value`]],
  [
    "blanks",
    container({ image: " nginx" }),
    [`${c0}.image: Invalid value: " nginx": must not have leading or trailing whitespace`],
  ],
  [
    "twins",
    pod({ containers: ["a", "a"].map((name) => ({ name, image: "i" })) }),
    ['spec.containers[1].name: Duplicate value: "a"'],
  ],
  [
    "pull policy",
    container({ imagePullPolicy: "Sometimes" }),
    [`${c0}.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`],
  ],
  [
    "termination message",
    container({ terminationMessagePolicy: "x" }),
    [`${c0}.terminationMessagePolicy: Unsupported value: "x": supported values: "File", "FallbackToLogsOnError"`],
  ],
  ["port missing", container({ ports: [{ name: "http" }] }), [`${c0}.ports[0].containerPort: Required value`]],
  [
    "port range",
    container({ ports: [{ containerPort: 70000 }] }),
    [`${c0}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`],
  ],
  [
    "port name",
    container({ ports: [{ containerPort: 80, name: "a-name-too-long-by-far" }] }),
    [`${c0}.ports[0].name: Invalid value: "a-name-too-long-by-far": must be no more than 15 characters`],
  ],
  [
    "port twins",
    container({ ports: [80, 81].map((containerPort) => ({ containerPort, name: "http" })) }),
    [`${c0}.ports[1].name: Duplicate value: "http"`],
  ],
  [
    "protocol",
    container({ ports: [{ containerPort: 80, protocol: "tcp" }] }),
    [`${c0}.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"`],
  ],
  [
    "host port twins",
    container({ ports: [80, 81].map((containerPort) => ({ containerPort, hostPort: 8080 })) }),
    [`${c0}.ports[1].hostPort: Duplicate value: "TCP//8080"`],
  ],
  [
    "host network",
    container({ ports: [{ containerPort: 80, hostPort: 81 }] }, { hostNetwork: true }),
    [`${c0}.ports[0].hostPort: Invalid value: 81: must match \`containerPort\` when \`hostNetwork\` is true`],
  ],
  ["env name", container({ env: [{ value: "x" }] }), [`${c0}.env[0].name: Required value`]],
  [
    "env sources",
    container({ env: [{ name: "A", value: "x", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] }),
    [`${c0}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
  ],
  [
    "env field",
    container({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.whatever" } } }] }),
    [
      `${c0}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.whatever": ` +
        "error converting fieldPath: field label not supported: spec.whatever",
    ],
  ],
  [
    "env field that only volumes have",
    container({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels" } } }] }),
    [
      `${c0}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: ` +
        '"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", ' +
        '"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
    ],
  ],
  [
    "env resource",
    container({ env: [{ name: "A", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "2" } } }] }),
    [
      `${c0}.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": ` +
        "only divisor's values 1m and 1 are supported with the cpu resource",
    ],
  ],
  [
    "envFrom",
    container({ envFrom: [{}] }),
    [`${c0}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``],
  ],
  [
    "mount",
    container({ volumeMounts: [{ name: "x", mountPath: "/x" }] }),
    [`${c0}.volumeMounts[0].name: Not found: "x"`],
  ],
  [
    "mount twins",
    container(
      { volumeMounts: ["a", "b"].map((name) => ({ name, mountPath: "/x" })) },
      { volumes: [{ name: "a" }, { name: "b" }] },
    ),
    [`${c0}.volumeMounts[1].mountPath: Invalid value: "/x": must be unique`],
  ],
  [
    "sub path",
    container({ volumeMounts: [{ name: "a", mountPath: "/x", subPath: "../y" }] }, { volumes: [{ name: "a" }] }),
    [`${c0}.volumeMounts.subPath: Invalid value: "../y": must not contain '..'`],
  ],
  [
    "request above limit",
    container({ resources: { requests: { cpu: "1" }, limits: { cpu: "500m" } } }),
    [`${c0}.resources.requests: Invalid value: "1": must be less than or equal to cpu limit of 500m`],
  ],
  [
    "negative request",
    container({ resources: { requests: { memory: "-1Gi" } } }),
    [`${c0}.resources.requests[memory]: Invalid value: "-1Gi": must be greater than or equal to 0`],
  ],
  [
    "unknown resource",
    container({ resources: { limits: { gpu: "1" } } }),
    [
      `${c0}.resources.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
      `${c0}.resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
      `${c0}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
      `${c0}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
    ],
  ],
  [
    "device without limit",
    container({ resources: { requests: { "example.com/gpu": "1" } } }),
    [`${c0}.resources.limits: Required value: Limit must be set for non overcommitable resources`],
  ],
  [
    "huge pages alone",
    container({ resources: { limits: { "hugepages-2Mi": "4Mi" } } }),
    [`${c0}.resources: Forbidden: HugePages require cpu or memory`],
  ],
  [
    "probe without handler",
    container({ livenessProbe: {} }),
    [`${c0}.livenessProbe: Required value: must specify a handler type`],
  ],
  [
    "probe with two",
    container({ readinessProbe: { exec: { command: ["a"] }, tcpSocket: { port: 80 } } }),
    [`${c0}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
  ],
  [
    "liveness successes",
    container({ livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } }),
    [`${c0}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
  ],
  [
    "readiness grace",
    container({ readinessProbe: { tcpSocket: { port: 80 }, terminationGracePeriodSeconds: 5 } }),
    [`${c0}.readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes`],
  ],
  [
    "probe port",
    container({ startupProbe: { httpGet: { port: 0 } } }),
    [`${c0}.startupProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`],
  ],
  [
    "sleep",
    container({ lifecycle: { preStop: { sleep: { seconds: 60 } } } }),
    [
      `${c0}.lifecycle.preStop.sleep: Invalid value: 60: ` +
        "must be non-negative and less than terminationGracePeriodSeconds (30)",
    ],
  ],
  [
    "restart rules",
    container({ restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [3] } }] }),
    [`${c0}.restartPolicy: Required value: must specify restartPolicy when restart rules are used`],
  ],
  [
    "privileged",
    container({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    [
      `${c0}.securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,` +
        '"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,' +
        '"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: ' +
        "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
    ],
  ],
])("container: %s", (_, errors, expected) => {
  expect(errors).toEqual(expected);
});
