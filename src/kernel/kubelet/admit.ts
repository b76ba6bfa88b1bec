/**
 * Admission to a node: a kubelet turns away a pod it cannot run, whoever sent it.
 *
 * Models pkg/kubelet/lifecycle/predicate.go.
 * Leaves out critical pods that make room by eviction: there is no static pod here.
 */
import type { Node, NodeSelectorTerm, Pod } from "#kernel/api/types.gen";
import { matchesRequirements, type Requirement } from "#kernel/apimachinery/labels";
import { NODE_USAGE, portsOf } from "#kernel/kubelet/node-usage";
import type { Trouble } from "#kernel/kubelet/pod-cell";
import type { PodWork } from "#kernel/kubelet/pod-work";
import { CONDITION, type Scarce, scarceOn } from "#kernel/kubelet/pressure";
import { forbiddenSysctl } from "#kernel/kubelet/security";
import { nodes } from "#kernel/resources/core/node";
import { allocatable, TAINT_MEMORY_PRESSURE } from "#kernel/resources/core/node.facts";
import { computeQos, isCriticalPod, podRequests, tolerates, untoleratedTaint } from "#kernel/resources/core/pod.facts";

/** Why the node turns the pod away; undefined if it takes it. */
export function refusal(work: PodWork): Trouble | undefined {
  const { context, pod, machine } = work;
  const { client, cells, now } = context;
  // As it is stored: what a reader sees besides are heartbeats.
  const node = client.registry.store.get(nodes.bucket, { namespace: "", name: machine.name }) as Node | undefined;
  if (node === undefined) return undefined;
  if (machine.shutdownAt !== undefined) {
    return { reason: "NodeShutdown", message: "Pod was rejected as the node is shutting down." };
  }
  const usage = client.registry.views.of(NODE_USAGE).of(machine.name);
  return (
    pressed(pod, scarceOn(cells, machine.name, now)) ??
    lackOf(pod, node, usage.amounts, usage.pods) ??
    predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector", !fitsLabels(pod, node)) ??
    predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports", clashes(pod, usage.ports)) ??
    predicate("TaintToleration", "node(s) had untolerated taint(s)", isExpelled(pod, node)) ??
    forbiddenSysctl(work)
  );
}

/** A node that lacks something takes nobody but who must run; one that lacks memory, also who asked for some. */
function pressed(pod: Pod, scarce: readonly Scarce[]): Trouble | undefined {
  if (scarce.length === 0 || isCriticalPod(pod)) return undefined;
  const isMemoryAlone = scarce.length === 1 && scarce[0] === "memory";
  const bears = tolerates(pod, MEMORY_TAINT);
  if (isMemoryAlone && (bears || (pod.status?.qosClass ?? computeQos(pod.spec)) !== "BestEffort")) return undefined;
  return { reason: "Evicted", message: `The node had condition: [${scarce.map((one) => CONDITION[one]).join(" ")}]. ` };
}

const MEMORY_TAINT = { key: TAINT_MEMORY_PRESSURE, effect: "NoSchedule" };

function predicate(reason: string, why: string, isFailed: boolean): Trouble | undefined {
  return isFailed ? { reason, message: `Predicate ${reason} failed: ${why}` } : undefined;
}

function lackOf(pod: Pod, node: Node, used: Readonly<Record<string, number>>, podCount: number): Trouble | undefined {
  const capacity = allocatable(node);
  const wanted: Record<string, number> = { pods: 1, ...podRequests(pod) };
  for (const [name, amount] of Object.entries(wanted)) {
    const has = capacity[name] ?? 0;
    const taken = name === "pods" ? podCount : (used[name] ?? 0);
    if (amount === 0 || taken + amount <= has) continue;
    const message = `Node didn't have enough resource: ${name}, requested: ${amount}, used: ${taken}, capacity: ${has}`;
    return { reason: `OutOf${name}`, message };
  }
  return undefined;
}

const clashes = (pod: Pod, taken: ReadonlySet<string>): boolean => portsOf(pod).some((port) => taken.has(port));

const isExpelled = (pod: Pod, node: Node): boolean =>
  untoleratedTaint(pod, node.spec.taints, ({ effect }) => effect === "NoExecute") !== undefined;

function fitsLabels({ spec }: Pod, { metadata }: Node): boolean {
  const { labels = {}, name } = metadata;
  const wanted = spec.nodeSelector ?? {};
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, labels, name));
}

const OPERATORS: Readonly<Record<string, Requirement["operator"]>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
  Gt: ">",
  Lt: "<",
};

type Expressions = NonNullable<NodeSelectorTerm["matchExpressions"]>;

const requirements = (expressions: Expressions): Requirement[] =>
  expressions.map(({ key, operator, values = [] }) => ({ key, operator: OPERATORS[operator] ?? "in", values }));

function matchesTerm(term: NodeSelectorTerm, labels: Readonly<Record<string, string>>, name: string): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchesRequirements(requirements(matchExpressions), labels) &&
    matchesRequirements(requirements(matchFields), { "metadata.name": name })
  );
}
