/**
 * Which nodes a DaemonSet's pods belong on, and the pod made for one of them.
 *
 * Models pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod) and util/daemonset_util.go.
 */
import type { DaemonSet, Node, NodeSelector, Pod, PodSpec, PodTemplateSpec, Toleration } from "#kernel/api/types.gen";
import { podFrom } from "#kernel/controllers/shared/pods";
import type { Draft } from "#kernel/registry/definition";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { TEMPLATE_GENERATION_LABEL, templateGeneration } from "#kernel/resources/apps/daemonset.facts";
import { CONTROLLER_REVISION_HASH_LABEL } from "#kernel/resources/apps/statefulset.facts";
import {
  TAINT_DISK_PRESSURE,
  TAINT_MEMORY_PRESSURE,
  TAINT_NETWORK_UNAVAILABLE,
  TAINT_NOT_READY,
  TAINT_PID_PRESSURE,
  TAINT_UNREACHABLE,
  TAINT_UNSCHEDULABLE,
  taintsOf,
} from "#kernel/resources/core/node.facts";
import { fitsNodeAffinity, requiredNodes } from "#kernel/resources/core/node.selector";
import { sameToleration, toleratesTaint } from "#kernel/resources/core/pod.facts";

/** Whether a node should get a pod, and whether one that is there may stay. */
export interface Placement {
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
}

const NOWHERE: Placement = { shouldRun: false, mayStay: false };

/** Answers by template and node: both are shared objects that never change. */
const answers = new WeakMap<PodTemplateSpec, WeakMap<Node, Placement>>();

/** Whether a DaemonSet's pod belongs on a node, whatever else is there. */
export function placementOn(node: Node, { spec }: DaemonSet): Placement {
  let known = answers.get(spec.template);
  if (known === undefined) {
    known = new WeakMap();
    answers.set(spec.template, known);
  }
  const answer = known.get(node) ?? decide(node, spec.template.spec);
  known.set(node, answer);
  return answer;
}

function decide(node: Node, spec: PodSpec): Placement {
  const { name, labels = {} } = node.metadata;
  if ((spec.nodeName ?? "") !== "" && spec.nodeName !== name) return NOWHERE;
  if (!fitsNodeAffinity(spec, { name, labels })) return NOWHERE;
  const tolerations = tolerationsFor(spec);
  const repels = (effect: string): boolean =>
    taintsOf(node).some((taint) => taint.effect === effect && !tolerations.some((one) => toleratesTaint(one, taint)));
  const isEvicting = repels("NoExecute");
  return { shouldRun: !isEvicting && !repels("NoSchedule"), mayStay: !isEvicting };
}

/** What keeps daemons where they are while their node is in trouble. */
const DAEMON_TOLERATIONS: readonly Toleration[] = [
  { key: TAINT_NOT_READY, operator: "Exists", effect: "NoExecute" },
  { key: TAINT_UNREACHABLE, operator: "Exists", effect: "NoExecute" },
  { key: TAINT_DISK_PRESSURE, operator: "Exists", effect: "NoSchedule" },
  { key: TAINT_MEMORY_PRESSURE, operator: "Exists", effect: "NoSchedule" },
  { key: TAINT_PID_PRESSURE, operator: "Exists", effect: "NoSchedule" },
  { key: TAINT_UNSCHEDULABLE, operator: "Exists", effect: "NoSchedule" },
];

const HOST_NETWORK_TOLERATION: Toleration = {
  key: TAINT_NETWORK_UNAVAILABLE,
  operator: "Exists",
  effect: "NoSchedule",
};

function tolerationsFor({ tolerations = [], hostNetwork }: PodSpec): Toleration[] {
  const all = [...tolerations];
  const added = hostNetwork === true ? [...DAEMON_TOLERATIONS, HOST_NETWORK_TOLERATION] : DAEMON_TOLERATIONS;
  for (const toleration of added) {
    const index = all.findIndex((one) => sameToleration(one, toleration));
    if (index < 0) all.push(toleration);
    else all[index] = toleration;
  }
  return all;
}

/** The pod of a DaemonSet for one node, at the revision with this hash. */
export function daemonPod(set: DaemonSet, node: string, hash: string): Draft<Pod> {
  const draft = podFrom(set.spec.template, set, daemonsets);
  const generation = templateGeneration(set);
  return {
    metadata: {
      ...draft.metadata,
      labels: {
        ...draft.metadata.labels,
        ...(generation !== undefined && { [TEMPLATE_GENERATION_LABEL]: String(generation) }),
        [CONTROLLER_REVISION_HASH_LABEL]: hash,
      },
    },
    spec: { ...onNode(draft.spec, node), tolerations: tolerationsFor(draft.spec) },
  };
}

/** The spec bound to one node by name; what it required of nodes has been seen to. */
function onNode(spec: PodSpec, node: string): PodSpec {
  const required: NodeSelector = {
    nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }],
  };
  const { affinity = {} } = spec;
  const nodeAffinity = { ...affinity.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required };
  return { ...spec, affinity: { ...affinity, nodeAffinity } };
}

/** The node a daemon pod is on, or is made for. */
export function nodeOfDaemon({ spec }: Pod): string {
  if ((spec.nodeName ?? "") !== "") return spec.nodeName ?? "";
  const fields = requiredNodes(spec)?.nodeSelectorTerms.flatMap(({ matchFields = [] }) => matchFields) ?? [];
  return fields.find(({ key, operator }) => key === "metadata.name" && operator === "In")?.values?.[0] ?? "";
}
