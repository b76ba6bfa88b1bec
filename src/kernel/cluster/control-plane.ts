/**
 * Several masters: etcd's quorum is lost and found, and whoever leads is replaced when its machine dies.
 *
 * Models etcd's raft and k8s.io/client-go/tools/leaderelection (15 s lease, renewed every 2 s) as far as they show, and
 * what kubeadm puts into kube-system.
 */
import type { Lease } from "#kernel/api/types.gen";
import { microTimeText } from "#kernel/apimachinery/time";
import { createAddons } from "#kernel/cluster/kubeadm";
import { NODE_IMAGES } from "#kernel/kubelet/images";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, type Outcome, wakeAt } from "#kernel/registry/controller";
import type { Registry } from "#kernel/registry/registry";
import { component } from "#kernel/registry/user";
import { leases } from "#kernel/resources/coordination/lease";
import { recordEvent } from "#kernel/resources/core/event.record";
import { LEADER_RENEW_MS } from "#kernel/resources/core/node.heartbeat";
import { FAULTS, faultsOf } from "#kernel/runtime/fault";
import { CONTROL_PLANE_IMAGES, NODE_ADDON_IMAGES } from "#kernel/runtime/images/control-plane";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import {
  ELECTED,
  type Elected,
  hasQuorum,
  LEADERS,
  type Leader,
  LOST,
  livingMembers,
  MEMBERS_CELL,
  membersOf,
  QUORUM,
} from "#kernel/runtime/quorum";
import { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

const LEASE_SECONDS = 15;
const NAMESPACE = "kube-system";

/** Notes who the masters are, and what kubeadm leaves behind when it has made them. */
export function bootstrapControlPlane(registry: Registry, cells: Cells): void {
  const machines = [...cells.entries<Machine>(MACHINES)].map(([, machine]) => machine);
  const members = machines.filter(({ isControlPlane }) => isControlPlane === true).map(({ name }) => name);
  if (members.length === 0) return;
  cells.put(...MEMBERS_CELL, members);
  for (const { name, isControlPlane } of machines) {
    const images = [...NODE_ADDON_IMAGES, ...(isControlPlane === true ? CONTROL_PLANE_IMAGES : [])];
    cells.put(NODE_IMAGES, name, Object.fromEntries(images.map((image) => [image, registry.now])));
  }
  createAddons(registry.as(component("kubernetes-admin"), "kubeadm"), members[0] ?? "");
}

const quorumKey = { namespace: "", name: "quorum" };
const leaderKeys = Object.keys(ELECTED).map((name) => ({ namespace: "leader", name }));

export const controlPlane: Controller = {
  name: "control-plane",
  component: "world",
  watches: [
    {
      room: MACHINES,
      keys: (_id: string, machine: unknown) =>
        (machine as Machine).isControlPlane === true ? [quorumKey, ...leaderKeys] : [],
    },
    { room: QUORUM, keys: () => leaderKeys },
    {
      room: FAULTS,
      keys: (_id: string, _fault: unknown, { registry }: Client) =>
        membersOf(registry.cells).length > 0 ? leaderKeys : [],
    },
  ],

  reconcile(context, { namespace, name }) {
    const { cells, now } = context;
    if (membersOf(cells).length === 0) return done;
    if (namespace === "leader") return elect(context, name as Elected);
    const isLost = cells.get(QUORUM, LOST) !== undefined;
    if (hasQuorum(cells) === !isLost) return done;
    if (isLost) cells.delete(QUORUM, LOST);
    else cells.put(QUORUM, LOST, { since: now });
    return done;
  },
};

/** Keeps one of the living at the head of a component. */
function elect(context: Context, which: Elected): Outcome {
  const { cells, now } = context;
  const lease = ELECTED[which];
  const leader = cells.get<Leader>(LEADERS, lease);
  const isStopped = faultsOf(cells, "component-stop").some(({ target }) => target.component === which);
  const candidates = hasQuorum(cells) && !isStopped ? livingMembers(cells) : [];
  if (leader?.holder !== undefined) {
    if (candidates.includes(leader.holder)) return done;
    const dueAt = resign(context, lease, now);
    cells.put(LEADERS, lease, { dueAt } satisfies Leader);
    return candidates.length === 0 ? done : wakeAt(dueAt);
  }
  const [first] = candidates;
  if (first === undefined) {
    if (leader === undefined) cells.put(LEADERS, lease, {});
    return done;
  }
  if (leader?.dueAt !== undefined && now < leader.dueAt) return wakeAt(leader.dueAt);
  cells.put(LEADERS, lease, { holder: first } satisfies Leader);
  acquire(context, which, first);
  return done;
}

const stored = ({ client }: Context, name: string): Lease | undefined =>
  client.registry.store.get(leases.bucket, { namespace: NAMESPACE, name }) as Lease | undefined;

/** The last renewal is written down; gives when the lease may be taken over. */
function resign(context: Context, name: string, now: Instant): Instant {
  const lease = stored(context, name);
  const seen = context.client.get(leases, { namespace: NAMESPACE, name });
  const renewed = seen?.spec.renewTime;
  if (lease !== undefined && renewed !== undefined) {
    context.client.update(leases, { ...lease, spec: { ...lease.spec, renewTime: renewed } });
  }
  return now + LEASE_SECONDS * 1_000 + LEADER_RENEW_MS;
}

function acquire(context: Context, which: Elected, machine: string): void {
  const { client, now } = context;
  const name = ELECTED[which];
  const lease = stored(context, name);
  const holderIdentity = `${machine}_${Entropy.seeded(`${name} ${machine} ${now}`).uid()}`;
  const spec = { acquireTime: microTimeText(now), holderIdentity, leaseDurationSeconds: LEASE_SECONDS };
  const leaseTransitions = lease === undefined ? 0 : (lease.spec.leaseTransitions ?? 0) + 1;
  const regarding =
    lease === undefined
      ? client.create(leases, { metadata: { name, namespace: NAMESPACE }, spec: { ...spec, leaseTransitions } })
      : client.update(leases, { ...lease, spec: { ...spec, leaseTransitions } });
  const message = `${holderIdentity} became leader`;
  recordEvent(
    client,
    { regarding, type: "Normal", reason: "LeaderElection", message, source: { component: name } },
    now,
  );
}
