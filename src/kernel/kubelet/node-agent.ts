/**
 * The kubelets' care for their nodes: register, report, fall silent, come back.
 *
 * Models pkg/kubelet/kubelet_node_status.go and the node lease controller of k8s.io/component-helpers.
 * A beating heart writes nothing: its lease and heartbeat times are derived from the clock by whoever reads them
 * (resources/core/node.heartbeat.ts). A heart that stops leaves its last beat behind in the objects.
 */
import type { Lease, Node, NodeStatus } from "#kernel/api/types.gen";
import { microTimeText, timeText } from "#kernel/apimachinery/time";
import { makeCsiNode } from "#kernel/kubelet/csi-node";
import { imagesOn, NODE_IMAGES } from "#kernel/kubelet/images";
import { imageList, nodeLabels, nodeStatus, states } from "#kernel/kubelet/node-status";
import { PRESSURE, scarceOn } from "#kernel/kubelet/pressure";
import { type Context, type Controller, done, type Outcome, routineAt, watching } from "#kernel/registry/controller";
import { leases } from "#kernel/resources/coordination/lease";
import { recordEvent } from "#kernel/resources/core/event.record";
import { nodes } from "#kernel/resources/core/node";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { isKubeletAlive, lastHeartbeat, lastOnGrid, STATUS_REPORT_MS } from "#kernel/runtime/machine.facts";
import { equal } from "#kernel/sim/clone";

/** The room of what each node's kubelet is at; the id is the machine's name. */
const AGENTS = "kubelet-nodes";

interface Agent {
  readonly bootedAt: number;
  readonly isSilent: boolean;
  /** It fell silent because nobody could hear it: it went on all the time. */
  readonly isCutOff?: true;
}

const LEASE_NAMESPACE = "kube-node-lease";
const LEASE_SECONDS = 40;
/** How often a kubelet looks whether its node's status has changed. */
const STATUS_UPDATE_MS = 10_000;

const byId = { keys: (id: string) => [{ namespace: "", name: id }] };

/** A heartbeat somebody wrote down while the heart beats would stand still. */
const hasWrittenBeat = ({ status }: Node): boolean =>
  status?.conditions?.some(({ type, lastHeartbeatTime }) => type === "Ready" && lastHeartbeatTime !== undefined) ===
  true;

/** True if somebody wrote into a node what its kubelet knows better, or has to take up. */
function saysSomethingElse({ status }: Node, previous: Node | undefined): boolean {
  const before = previous?.status;
  if (previous === undefined || status === before) return false;
  return (
    !equal(status?.capacity, before?.capacity) ||
    !equal(status?.allocatable, before?.allocatable) ||
    !equal(status?.conditions, before?.conditions)
  );
}

export const nodeAgent: Controller = {
  name: "kubelet-node",
  component: "kubelet",
  watches: [
    { room: MACHINES, ...byId },
    { room: NODE_IMAGES, ...byId },
    { room: PRESSURE, ...byId },
    watching(nodes, (node, _client, previous) =>
      hasWrittenBeat(node) || saysSomethingElse(node, previous) ? [{ namespace: "", name: node.metadata.name }] : [],
    ),
  ],

  reconcile(context, { name }) {
    const machine = context.cells.get<Machine>(MACHINES, name);
    const agent = context.cells.get<Agent>(AGENTS, name);
    if (machine === undefined) {
      context.cells.delete(AGENTS, name);
      return done;
    }
    if (!isKubeletAlive(machine)) {
      if (agent?.isSilent === false) fallSilent(context, machine);
      return done;
    }
    const isNew = agent === undefined || agent.isSilent || agent.bootedAt !== machine.bootedAt;
    if (isNew) start(context, machine, agent);
    return report(context, machine, isNew);
  },
};

/** The object as it is stored: what a reader sees carries derived times. */
const storedNode = ({ client }: Context, name: string): Node | undefined =>
  client.registry.store.get(nodes.bucket, { namespace: "", name }) as Node | undefined;

const storedLease = ({ client }: Context, name: string): Lease | undefined =>
  client.registry.store.get(leases.bucket, { namespace: LEASE_NAMESPACE, name }) as Lease | undefined;

/** A kubelet that starts, or is heard again, registers its node, if there is none, and takes its lease. */
function start(context: Context, machine: Machine, agent: Agent | undefined): void {
  const { client, cells, now } = context;
  const { name, podCIDR, taints, bootedAt } = machine;
  const known = storedNode(context, name);
  const node =
    known ??
    client.create(nodes, {
      metadata: {
        name,
        labels: nodeLabels(machine),
        annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
      },
      spec: { podCIDR, podCIDRs: [podCIDR], ...(taints.length > 0 && { taints: [...taints] }) },
      status: nodeStatus(machine, undefined, { images: [], scarce: scarceOn(cells, name, now) }, now),
    });
  cells.put(AGENTS, name, { bootedAt, isSilent: false } satisfies Agent);
  const lease = storedLease(context, name);
  if (lease === undefined) {
    const owner = { apiVersion: "v1", kind: "Node", name, uid: node.metadata.uid };
    client.create(leases, {
      metadata: { name, namespace: LEASE_NAMESPACE, ownerReferences: [owner] },
      spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS },
    });
  } else {
    const { renewTime: _, ...spec } = lease.spec;
    client.update(leases, { ...lease, spec });
  }
  makeCsiNode(client, node);
  const isBack = agent?.isCutOff === true && agent.bootedAt === bootedAt;
  if (!isBack) tell(context, machine, node, "Starting", "Starting kubelet.");
  if (agent !== undefined && agent.bootedAt !== bootedAt && known !== undefined) {
    const id = nodeStatus(machine, known, { images: [], scarce: [] }, now).nodeInfo?.bootID;
    tell(context, machine, node, "Rebooted", `Node ${name} has been rebooted, boot id: ${id}`, "Warning");
  }
  for (const [type, status, , , event] of states(scarceOn(cells, name, now))) {
    const isNews = known?.status?.conditions?.find((one) => one.type === type)?.status !== status;
    if (event === "NodeReady" && !isBack) {
      tell(context, machine, node, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
    }
    if (isNews || (event !== "NodeReady" && !isBack))
      tell(context, machine, node, event, `Node ${name} status is now: ${event}`);
  }
}

function tell(
  { client, now }: Context,
  { name }: Machine,
  regarding: Node,
  reason: string,
  message: string,
  type: "Normal" | "Warning" = "Normal",
): void {
  recordEvent(client, { regarding, type, reason, message, source: { component: "kubelet", host: name } }, now);
}

/** Writes the node's status where it differs: at once when the kubelet starts, else at its next update. */
function report(context: Context, machine: Machine, isStarting: boolean): Outcome {
  const { client, cells, now } = context;
  const node = storedNode(context, machine.name);
  // A node somebody deleted comes back when its kubelet starts again.
  if (node === undefined) return done;
  const images = imagesOn(cells, machine.name);
  const last = Math.max(0, ...Object.values(images).filter((at) => at > now));
  const scarce = scarceOn(cells, machine.name, now);
  const status = nodeStatus(machine, node, { images: imageList(images, now), scarce }, now);
  const next = lastOnGrid(machine.bootedAt, STATUS_UPDATE_MS, Math.max(now, last)) + STATUS_UPDATE_MS;
  const later = last > now ? routineAt(next) : done;
  if (equal(status, node.status)) return later;
  const isDue =
    isStarting ||
    machine.shutdownAt !== undefined ||
    hasWrittenBeat(node) ||
    lastOnGrid(machine.bootedAt, STATUS_UPDATE_MS, now) === now;
  if (!isDue) return routineAt(next);
  if (!isStarting) tellChanges(context, machine, node, status);
  client.updateStatus(nodes, node, status);
  return later;
}

/** Says which conditions are about to change. */
function tellChanges(context: Context, machine: Machine, node: Node, { conditions = [] }: NodeStatus): void {
  const names = states(scarceOn(context.cells, machine.name, context.now), machine.shutdownAt !== undefined);
  for (const { type, status } of conditions) {
    const old = node.status?.conditions?.find((one) => one.type === type);
    const name = names.find((one) => one[0] === type)?.[4];
    if (old === undefined || old.status === status || name === undefined) continue;
    tell(context, machine, node, name, `Node ${machine.name} status is now: ${name}`);
  }
}

/** The last beat, written down. */
function fallSilent(context: Context, machine: Machine): void {
  const { client, cells, now } = context;
  const { name, bootedAt } = machine;
  const cut = machine.isUnheard === true && { isCutOff: true as const };
  cells.put(AGENTS, name, { bootedAt, isSilent: true, ...cut } satisfies Agent);
  const beat = lastHeartbeat(machine, now);
  const lease = storedLease(context, name);
  if (lease !== undefined) client.update(leases, { ...lease, spec: { ...lease.spec, renewTime: microTimeText(beat) } });
  const node = storedNode(context, name);
  if (node?.status === undefined) return;
  const reported = timeText(lastOnGrid(bootedAt, STATUS_REPORT_MS, beat));
  const conditions = node.status.conditions?.map((condition) =>
    condition.lastHeartbeatTime === undefined ? { ...condition, lastHeartbeatTime: reported } : condition,
  );
  client.updateStatus(nodes, node, { ...node.status, ...(conditions !== undefined && { conditions }) });
}
