/**
 * Scaling down: a node of a pool that is half empty for ten minutes is emptied, within disruption budgets, and goes.
 *
 * Models sigs.k8s.io/cluster-autoscaler/core/scaledown and simulator/drainability.
 */
import type { Node, Pod } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { controllerOf, keyOf } from "#kernel/apimachinery/meta";
import { milli, value } from "#kernel/apimachinery/quantity";
import { membersOfPool, poolsOf, UNNEEDED, type Unneeded } from "#kernel/cluster/autoscaler.facts";
import { dropMachine } from "#kernel/cluster/machines";
import type { Context } from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { nodes } from "#kernel/resources/core/node";
import { isNodeReady, isUnschedulable } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { evictPod } from "#kernel/resources/core/pod.evict";
import { isPodTerminal, podRequests } from "#kernel/resources/core/pod.facts";
import { Rehearsal } from "#kernel/scheduler/rehearsal";
import type { Instant } from "#kernel/sim/instant";

/** --scale-down-unneeded-time, --scale-down-utilization-threshold */
const UNNEEDED_MS = 600_000;
const THRESHOLD = 0.5;

const ANNOTATION = "cluster-autoscaler.kubernetes.io/";
const SOURCE = { component: "cluster-autoscaler" };
const CANDIDATE = "DeletionCandidateOfClusterAutoscaler";
const LEAVING = "ToBeDeletedByClusterAutoscaler";

/** What became of it: lines for the status, and when to look again. */
export interface Shrinking {
  readonly said: readonly string[];
  readonly candidates: readonly string[];
  readonly nextAt?: Instant;
}

/** Looks at every node of every pool, and lets go at most one at a time. */
export function scaleDown(context: Context): Shrinking {
  const { client, cells, now } = context;
  const candidates: string[] = [];
  const said: string[] = [];
  let nextAt: Instant | undefined;
  const removal = new Removal(context);
  for (const pool of poolsOf(cells)) {
    const names = membersOfPool(cells, pool.name);
    let spare = names.length - pool.min;
    for (const name of names) {
      const node = client.get(nodes, { namespace: "", name });
      if (node === undefined) continue;
      const known = cells.get<Unneeded>(UNNEEDED, name);
      if (known?.isLeaving === true) {
        spare -= 1;
        said.push(...empty(context, node));
        nextAt = Math.min(nextAt ?? now + 10_000, now + 10_000);
        continue;
      }
      if (spare <= 0 || !isIdle(context, node) || !removal.isPossible(node)) {
        need(context, node, known);
        continue;
      }
      candidates.push(name);
      const since = known?.since ?? now;
      if (known === undefined) mark(context, node);
      if (now - since < UNNEEDED_MS) {
        nextAt = Math.min(nextAt ?? since + UNNEEDED_MS, since + UNNEEDED_MS);
        continue;
      }
      spare -= 1;
      said.push(...leave(context, node, since));
      nextAt = now + 10_000;
    }
  }
  return { said, candidates, ...(nextAt !== undefined && { nextAt }) };
}

const podsOn = ({ client }: Context, name: string): Pod[] =>
  client.by(pods, "node", name).filter((pod) => !isPodTerminal(pod));

/** Pods that go with their node, and so stand in nobody's way. */
const isBound = (pod: Pod): boolean =>
  controllerOf(pod)?.kind === "DaemonSet" || pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined;

/** Why a pod may not be moved; undefined if it may. */
function hold(pod: Pod): string | undefined {
  const isSafe = pod.metadata.annotations?.[`${ANNOTATION}safe-to-evict`];
  if (isSafe === "true") return undefined;
  if (isSafe === "false") return "not safe to evict";
  if (controllerOf(pod) === undefined) return "not replicated";
  const isLocal = (pod.spec.volumes ?? []).some(
    ({ emptyDir, hostPath }) => hostPath !== undefined || (emptyDir !== undefined && emptyDir.medium !== "Memory"),
  );
  return isLocal ? "local storage" : undefined;
}

function utilization(node: Node, present: readonly Pod[]): number {
  const { cpu = "1", memory = "1" } = node.status?.allocatable ?? {};
  const used = { cpu: 0, memory: 0 };
  for (const pod of present) {
    if (isBound(pod)) continue;
    const requests = podRequests(pod);
    used.cpu += requests["cpu"] ?? 0;
    used.memory += requests["memory"] ?? 0;
  }
  return Math.max(used.cpu / milli(cpu), used.memory / value(memory));
}

/** Whether a node is used little, by nobody who has to stay. */
function isIdle(context: Context, node: Node): boolean {
  if (node.metadata.annotations?.[`${ANNOTATION}scale-down-disabled`] === "true") return false;
  const present = podsOn(context, node.metadata.name);
  if (utilization(node, present) >= THRESHOLD) return false;
  return present.every((pod) => isBound(pod) || hold(pod) === undefined);
}

/** Which nodes could go, each as if those found before it were gone already. */
class Removal {
  #rehearsal: Rehearsal | undefined;
  #others: readonly string[] = [];

  constructor(readonly context: Context) {}

  /** Whether everything on a node would fit elsewhere. */
  isPossible(node: Node): boolean {
    const { name } = node.metadata;
    const moving = podsOn(this.context, name).filter((pod) => !isBound(pod));
    const rehearsal = this.#begin();
    const rest = this.#others.filter((other) => other !== name);
    const isPossible = rehearsal.attempt(() => {
      rehearsal.dropNode(name);
      return moving.every((pod) => {
        const to = rehearsal.nodeFor(pod, rest);
        if (to !== undefined) rehearsal.place(pod, to);
        return to !== undefined;
      });
    });
    if (isPossible) this.#others = rest;
    return isPossible;
  }

  #begin(): Rehearsal {
    if (this.#rehearsal !== undefined) return this.#rehearsal;
    const { client } = this.context;
    const usable = client.list(nodes).filter((node) => isNodeReady(node) && !isUnschedulable(node));
    this.#others = usable.map(({ metadata }) => metadata.name);
    this.#rehearsal = new Rehearsal(client.registry);
    return this.#rehearsal;
  }
}

function setTaint(context: Context, node: Node, key: string | undefined, effect: string): Node {
  const { client, now } = context;
  const kept = (node.spec.taints ?? []).filter((taint) => taint.key !== CANDIDATE && taint.key !== LEAVING);
  const added = key === undefined ? [] : [{ key, value: String(Math.floor(now / 1_000)), effect }];
  const { taints: _, ...spec } = node.spec;
  const taints = [...kept, ...added];
  return client.update(nodes, { ...node, spec: { ...spec, ...(taints.length > 0 && { taints }) } });
}

function mark(context: Context, node: Node): void {
  context.cells.put(UNNEEDED, node.metadata.name, { since: context.now } satisfies Unneeded);
  setTaint(context, node, CANDIDATE, "PreferNoSchedule");
}

function need(context: Context, node: Node, known: Unneeded | undefined): void {
  if (known === undefined) return;
  context.cells.delete(UNNEEDED, node.metadata.name);
  setTaint(context, node, undefined, "");
}

function say({ client, now }: Context, regarding: Node | Pod, message: string): void {
  recordEvent(client, { regarding, type: "Normal", reason: "ScaleDown", message, source: SOURCE }, now);
}

/** Nobody is sent there any more, and its pods are told to go. */
function leave(context: Context, node: Node, since: Instant): string[] {
  const { name } = node.metadata;
  const moving = podsOn(context, name).filter((pod) => !isBound(pod));
  context.cells.put(UNNEEDED, name, { since, isLeaving: true } satisfies Unneeded);
  const marked = setTaint(context, node, LEAVING, "NoSchedule");
  say(context, marked, "marked the node as toBeDeleted/unschedulable");
  for (const pod of moving) say(context, pod, "deleting pod for node scale down");
  const rest = empty(context, marked);
  if (moving.length === 0) return [`Scale-down: removing empty node "${name}"`, ...rest];
  const names = moving.map(({ metadata }) => metadata.name).join(",");
  return [
    `Scale-down: removing node ${name}, utilization: ${utilization(node, moving).toFixed(2)}, pods to reschedule: ${names}`,
    ...rest,
  ];
}

/** Evicts what budgets let go; once nothing is left the machine goes. */
function empty(context: Context, node: Node): string[] {
  const { client, cells } = context;
  const { name } = node.metadata;
  for (const pod of podsOn(context, name)) {
    if (isBound(pod) || pod.metadata.deletionTimestamp !== undefined) continue;
    try {
      evictPod(client, keyOf(pod), {});
    } catch (error) {
      // A budget says not yet: the next round asks again.
      if (!(error instanceof StatusError)) throw error;
    }
  }
  if (podsOn(context, name).some((pod) => !isBound(pod))) return [];
  say(context, node, "node removed by cluster autoscaler");
  cells.delete(UNNEEDED, name);
  dropMachine(cells, client, name);
  return [];
}
