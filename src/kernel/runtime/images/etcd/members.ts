/**
 * The members of etcd as one of them sees them.
 */
import { goFlag } from "#kernel/runtime/images/http-echo";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import type { Task } from "#kernel/runtime/process/task";
import { livingMembers, membersOf } from "#kernel/runtime/quorum";
import { Entropy } from "#kernel/sim/entropy";

/** One member. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly isAlive: boolean;
  readonly isLeader: boolean;
}

/** Whether this container is etcd's static pod on a machine of the control plane. */
export function isClusterStore({ record, world }: Task): boolean {
  const machine = world.cells.get<Machine>(MACHINES, record.node);
  return machine?.isControlPlane === true && record.namespace === "kube-system" && record.pod === `etcd-${record.node}`;
}

const idOf = (name: string): string => Entropy.seeded(`etcd ${name}`).hex(16);

/** All members, in the order in which they joined; the first that lives leads. */
export function etcdMembers(task: Task): readonly Member[] {
  if (!isClusterStore(task)) {
    const name = goFlag(task.argv, "name") ?? "default";
    const url = (port: number): string => `http://localhost:${port}`;
    const own = { id: "8e9e05c52164694d", name, peerUrl: url(2380), clientUrl: url(2379) };
    return [{ ...own, isAlive: true, isLeader: true }];
  }
  const { cells } = task.world;
  const living = livingMembers(cells);
  return membersOf(cells).map((name) => {
    const ip = cells.get<Machine>(MACHINES, name)?.internalIP ?? "";
    const [isAlive, isLeader] = [living.includes(name), living[0] === name];
    return { id: idOf(name), name, peerUrl: `https://${ip}:2380`, clientUrl: `https://${ip}:2379`, isAlive, isLeader };
  });
}
