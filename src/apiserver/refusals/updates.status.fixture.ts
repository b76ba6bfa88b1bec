/**
 * Refused changes of statuses, and of the rarer kinds.
 */
import { manifest, SUBDOMAIN } from "#apiserver/refusals/rows.fixture";
import {
  type Change,
  GREATER,
  IMMUTABLE,
  job,
  labels,
  NEGATIVE,
  OTHER,
  POD_UPDATE,
  pod,
  service,
  spec,
  template,
  workload,
} from "#apiserver/refusals/updates.rows.fixture";

const ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const of = (apiVersion: string, kind: string, fields: Readonly<Record<string, unknown>>) =>
  manifest(apiVersion, kind, fields);
const budget = of("policy/v1", "PodDisruptionBudget", { spec: { minAvailable: 1, selector: { matchLabels: labels } } });
const claimed = { devices: { requests: [{ name: "a", exactly: { deviceClassName: "c" } }] } };

// What is written to subresources, and the rarer kinds.
export const STATUS_UPDATES: readonly Change[] = [
  [
    budget,
    { status: { disruptionsAllowed: -1 } },
    `status.disruptionsAllowed: Invalid value: -1: ${NEGATIVE}`,
    "status",
  ],
  [budget, { spec: { selector: OTHER } }, "accepted"],
  [
    of("autoscaling/v2", "HorizontalPodAutoscaler", {
      spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" } },
    }),
    { status: { desiredReplicas: -1 } },
    `status.desiredReplicas: Invalid value: -1: ${NEGATIVE}`,
    "status",
  ],
  [
    of("v1", "ReplicationController", { spec: { replicas: 0, selector: labels, template } }),
    { status: { replicas: 1, readyReplicas: 2 } },
    `status.readyReplicas: Invalid value: 2: ${GREATER}`,
    "status",
  ],
  [
    workload("ReplicaSet"),
    { status: { replicas: 1, availableReplicas: 2 } },
    `[status.availableReplicas: Invalid value: 2: ${GREATER}, status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas]`,
    "status",
  ],
  [
    workload("StatefulSet", { serviceName: "s" }),
    { status: { replicas: 1, readyReplicas: 2 } },
    `status.readyReplicas: Invalid value: 2: ${GREATER}`,
    "status",
  ],
  [
    of("v1", "ResourceQuota", { spec: { hard: { configmaps: "9" } } }),
    { status: { hard: { configmaps: "-1" } } },
    `status.hard[configmaps]: Invalid value: "-1": ${NEGATIVE}`,
    "status",
  ],
  [
    of("networking.k8s.io/v1", "Ingress", {
      spec: { defaultBackend: { service: { name: "s", port: { number: 1 } } } },
    }),
    { status: { loadBalancer: { ingress: [{ ip: "x" }] } } },
    `status.loadBalancer.ingress[0].ip: Invalid value: "x": ${ADDRESS}`,
    "status",
  ],
  [
    service({}),
    { status: { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } } },
    "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
    "status",
  ],
  [
    service({ type: "LoadBalancer" }),
    { status: { loadBalancer: { ingress: [{ ip: "x", hostname: "1.2.3.4" }] } } },
    `[status.loadBalancer.ingress[0].ip: Invalid value: "x": ${ADDRESS}, status.loadBalancer.ingress[0].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address]`,
    "status",
  ],
  [
    job(),
    { status: { active: -1 } },
    `[status.active: Invalid value: -1: ${NEGATIVE}, status.ready: Invalid value: 0: cannot set more ready pods than active]`,
    "status",
  ],
  [
    job({ suspend: true }),
    { status: { conditions: [{ type: "Complete", status: "True" }] } },
    "[status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition, status.completionTime: Required value: completionTime is required for Complete jobs, status.startTime: Required value: startTime is required for finished job]",
    "status",
  ],
  [
    of("v1", "Namespace", {}),
    { status: { phase: "Terminating" } },
    "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty",
    "status",
  ],
  [
    of("v1", "Node", {}),
    { status: { capacity: { pods: "-1" } } },
    `[status.capacity.pods: Invalid value: "-1": ${NEGATIVE}, status.allocatable.pods: Invalid value: "-1": ${NEGATIVE}]`,
    "status",
  ],
  [
    of("storage.k8s.io/v1", "VolumeAttachment", {
      spec: { attacher: "a", nodeName: "n", source: { persistentVolumeName: "p" } },
    }),
    spec({ nodeName: "m" }),
    'spec: Invalid value: {"Attacher":"a","Source":{"PersistentVolumeName":"p","InlineVolumeSpec":null},"NodeName":"m"}: field is immutable',
  ],
  [
    of("storage.k8s.io/v1", "CSINode", { spec: { drivers: [{ name: "d", nodeID: "n" }] } }),
    spec({ drivers: [{ name: "d", nodeID: "m" }] }),
    'spec.drivers: Invalid value: {"Name":"d","NodeID":"m","TopologyKeys":null,"Allocatable":null}: field is immutable',
  ],
  [
    of("storage.k8s.io/v1", "CSIStorageCapacity", { storageClassName: "a" }),
    { storageClassName: "b" },
    `storageClassName: Invalid value: "b": ${IMMUTABLE}`,
  ],
  [
    of("networking.k8s.io/v1", "ServiceCIDR", { spec: { cidrs: ["10.7.0.0/24"] } }),
    spec({ cidrs: ["10.8.0.0/24"] }),
    `spec.cidrs[0]: Invalid value: "10.8.0.0/24": ${IMMUTABLE}`,
  ],
  [
    of("resource.k8s.io/v1", "ResourceClaim", { spec: claimed }),
    spec({ devices: { requests: [] } }),
    "spec: Invalid value: …",
  ],
  [
    of("resource.k8s.io/v1", "ResourceClaim", { spec: claimed }),
    { status: { reservedFor: [{}] } },
    "[status.reservedFor[0].resource: Required value, status.reservedFor[0].name: Required value, status.reservedFor[0].uid: Required value, status.reservedFor: Forbidden: may not be specified when `allocated` is not set]",
    "status",
  ],
  [
    of("resource.k8s.io/v1", "ResourceSlice", {
      spec: { driver: "d", nodeName: "n", pool: { name: "p", resourceSliceCount: 1 } },
    }),
    spec({ driver: "e", nodeName: "m", pool: { name: "q" } }),
    `[spec.pool.name: Invalid value: "q": ${IMMUTABLE}, spec.driver: Invalid value: "e": ${IMMUTABLE}, spec.nodeName: Invalid value: "m": ${IMMUTABLE}]`,
  ],
  [pod(), { status: { phase: "Running", podIP: "x" } }, `status.podIPs[0]: Invalid value: "x": ${ADDRESS}`, "status"],
  [
    pod(),
    { status: { nominatedNodeName: "A_B" } },
    `status.nominatedNodeName: Invalid value: "A_B": ${SUBDOMAIN}`,
    "status",
  ],
  [pod({ schedulingGates: [{ name: "g" }] }), spec({ nodeSelector: { a: "b" } }), "accepted"],
  [
    pod({ schedulingGates: [{ name: "g" }], nodeSelector: { a: "b" } }),
    spec({ nodeSelector: { a: "c" } }),
    'spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
  ],
  [pod({ schedulingGates: [{ name: "g" }] }), spec({ schedulingGates: [] }), "accepted"],
  [pod({ terminationGracePeriodSeconds: 5 }), spec({ terminationGracePeriodSeconds: 1 }), POD_UPDATE],
];
