/**
 * Node lifecycle controller: notices kubelets that fall silent, and lets nodes' conditions show as taints.
 *
 * Models pkg/controller/nodelifecycle.
 * Leaves out nodes without a machine as far as heartbeats go: their conditions stay as their user wrote them, and if
 * nobody ever wrote any they are Unknown after a while as upstream's, but without the taints that follow from it.
 */
import type { Node, NodeCondition, Pod } from "#kernel/api/types.gen";
import { type Key, keyOf, parseTime, setCondition, timeText } from "#kernel/apimachinery/meta";
import { evictionAt, noteEviction } from "#kernel/controllers/nodes/disruption";
import { evictingTaint, isEvicting, taintsFor } from "#kernel/controllers/nodes/taints";
import type { Client } from "#kernel/registry/client";
import {
  type Context,
  type Controller,
  done,
  itself,
  type Outcome,
  type RoomWatch,
  wakeAt,
  watching,
} from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { nodes } from "#kernel/resources/core/node";
import { isNodeReady, nodeCondition } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodReady } from "#kernel/resources/core/pod.facts";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { isKubeletAlive, lastHeartbeat } from "#kernel/runtime/machine.facts";
import { equal } from "#kernel/sim/clone";

const NAME = "node-lifecycle-controller";
const SOURCE = { component: "node-controller" };

/** A kubelet silent for so long makes its node Unknown (--node-monitor-grace-period, as the course teaches it). */
const GRACE_MS = 40_000;

/** A node nobody ever reported of becomes Unknown so long after it was made (--node-startup-grace-period). */
const STARTUP_GRACE_MS = 60_000;

/** The room of nodes this controller has met; the id is the node's name. */
const KNOWN = "known-nodes";

const machines: RoomWatch = { room: MACHINES, keys: (id) => [{ namespace: "", name: id }] };

export const nodeLifecycleController: Controller = {
  name: NAME,
  component: "controllerManager",
  watches: [
    itself(nodes),
    machines,
    // Whether pods leave one lost node depends on how many others are lost.
    watching(nodes, (node, client, previous) => (hasTurned(node, previous) ? lostNodes(client) : [])),
  ],

  reconcile(context, key) {
    const { client, cells } = context;
    const node = client.get(nodes, key);
    greet(context, key.name, node);
    if (node === undefined) return done;
    const machine = cells.get<Machine>(MACHINES, key.name);
    if (machine === undefined && isUnheard(node)) return awaitFirstReport(context, node);
    const { outcome, current } = listen(context, node, machine);
    const next = taint(context, current);
    return next.wakeAt === undefined || (outcome.wakeAt !== undefined && outcome.wakeAt < next.wakeAt) ? outcome : next;
  },
};

/** True if a node that was heard of before was lost, or found again. */
function hasTurned(node: Node, previous: Node | undefined): boolean {
  if (previous === undefined || nodeCondition(previous, "Ready") === undefined) return false;
  return isNodeReady(previous) !== isNodeReady(node);
}

const lostNodes = (client: Client): Key[] =>
  client
    .list(nodes)
    .filter((node) => evictingTaint(node) !== undefined)
    .map(keyOf);

/** Says hello to a node met for the first time, and goodbye to one that is gone. */
function greet(context: Context, name: string, node: Node | undefined): void {
  const { client, cells, now } = context;
  const known = cells.get<Pick<Node, "metadata">>(KNOWN, name);
  if (node === undefined) {
    if (known === undefined) return;
    cells.delete(KNOWN, name);
    const regarding = { apiVersion: "v1", kind: "Node", metadata: known.metadata };
    const message = `Node ${name} event: Removing Node ${name} from Controller`;
    recordEvent(client, { regarding, type: "Normal", reason: "RemovingNode", message, source: SOURCE }, now);
    return;
  }
  const { uid, resourceVersion, creationTimestamp } = node.metadata;
  if (known?.metadata.uid === uid) return;
  cells.put(KNOWN, name, { metadata: { name, uid, resourceVersion, creationTimestamp } });
  const message = `Node ${name} event: Registered Node ${name} in Controller`;
  recordEvent(client, { regarding: node, type: "Normal", reason: "RegisteredNode", message, source: SOURCE }, now);
}

const NEVER_UPDATED = "NodeStatusNeverUpdated";

const HEARD: readonly string[] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** True if no kubelet and no user ever wrote a condition of this node. */
const isUnheard = ({ status }: Node): boolean =>
  (status?.conditions ?? []).every(({ reason }) => reason === NEVER_UPDATED);

/** Says of a node without a machine, once it had the time to report, that it never did. Its cordon still shows. */
function awaitFirstReport(context: Context, node: Node): Outcome {
  const { client, now } = context;
  taint(context, node, { ...node, status: {} });
  if ((node.status?.conditions ?? []).length > 0) return done;
  const at = parseTime(node.metadata.creationTimestamp) + STARTUP_GRACE_MS;
  if (at >= now) return wakeAt(at + 1);
  const conditions = HEARD.map((type) => unknown(node, type, context));
  client.updateStatus(nodes, client.get(nodes, keyOf(node)) ?? node, { ...node.status, conditions });
  return done;
}

/** Marks what a silent kubelet last said as unknown; gives the node as it is then. */
function listen(context: Context, node: Node, machine: Machine | undefined): { outcome: Outcome; current: Node } {
  const { client, now } = context;
  if (machine === undefined || isKubeletAlive(machine)) return { outcome: done, current: node };
  const silentAt = lastHeartbeat(machine, now) + GRACE_MS;
  if (silentAt >= now) return { outcome: wakeAt(silentAt + 1), current: node };
  const before = node.status?.conditions ?? [];
  let conditions = before;
  for (const type of HEARD) conditions = setCondition<NodeCondition>(conditions, unknown(node, type, context), now);
  if (equal(conditions, before)) return { outcome: done, current: node };

  const wasReady = isNodeReady(node);
  const current = client.updateStatus(nodes, node, { ...node.status, conditions });
  if (wasReady) {
    const message = `Node ${node.metadata.name} status is now: NodeNotReady`;
    recordEvent(client, { regarding: node, type: "Normal", reason: "NodeNotReady", message, source: SOURCE }, now);
    markPodsNotReady(context, node);
  }
  return { outcome: done, current };
}

function unknown(node: Node, type: string, { now }: Context): NodeCondition {
  const old = nodeCondition(node, type);
  if (old?.status === "Unknown") return old;
  const isNew = old === undefined;
  const time = isNew ? node.metadata.creationTimestamp : (old.lastHeartbeatTime ?? timeText(now));
  return {
    type,
    status: "Unknown",
    lastHeartbeatTime: time,
    lastTransitionTime: timeText(now),
    reason: isNew ? NEVER_UPDATED : "NodeStatusUnknown",
    message: isNew ? "Kubelet never posted node status." : "Kubelet stopped posting node status.",
  };
}

/** Nobody should be sent to a pod nobody hears of. */
function markPodsNotReady({ client, now }: Context, node: Node): void {
  for (const pod of podsOn(client, node)) {
    if (!isPodReady(pod)) continue;
    const lastTransitionTime = timeText(now);
    const conditions = (pod.status?.conditions ?? []).map((condition) =>
      condition.type === "Ready" ? { ...condition, status: "False", lastTransitionTime } : condition,
    );
    client.updateStatus(pods, pod, { ...pod.status, conditions });
    const message = "Node is not ready";
    recordEvent(client, { regarding: pod, type: "Warning", reason: "NodeNotReady", message, source: SOURCE }, now);
  }
}

/** The pods of a node in one order, whatever happened before. */
function podsOn(client: Client, { metadata: { name } }: Node): Pod[] {
  const idOf = ({ metadata }: Pod): string => `${metadata.namespace ?? ""}/${metadata.name}`;
  return [...client.by(pods, "node", name)].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

/** Brings the node's taints in line with its conditions, or with those of the node it is to be `seen` as. */
function taint({ client, cells, now }: Context, node: Node, seen: Node = node): Outcome {
  const isTainted = (node.spec.taints ?? []).some(isEvicting);
  const at = evictingTaint(seen) === undefined ? undefined : evictionAt(client, cells, node, now);
  const evicts = at !== undefined && (isTainted || at <= now);
  const taints = taintsFor(seen, evicts, now);
  if (taints !== node.spec.taints && !(taints.length === 0 && node.spec.taints === undefined)) {
    const { taints: _, ...spec } = node.spec;
    client.update(nodes, { ...node, spec: { ...spec, ...(taints.length > 0 && { taints: [...taints] }) } });
    if (evicts && !isTainted) noteEviction(client, cells, node, now);
  }
  return at === undefined || evicts ? done : wakeAt(at);
}
