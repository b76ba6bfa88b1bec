/**
 * Process namespaces that several containers share: whose numbers are handed out in one row.
 *
 * A container that shares with nobody has one of its own, of which nothing is written down. The others are named by
 * what they belong to: `pod/UID`, `node/NAME`, or the id of the container that was joined.
 *
 * Models pid_namespaces(7), and PodPidNamespace of the CRI (POD, NODE, TARGET).
 */
import type { ContainerRecord, ContainerSpec } from "#kernel/runtime/container";
import type { Computer } from "#kernel/runtime/process/process";
import type { Cells } from "#kernel/store/cells";

const PID_NAMESPACES = "pid-namespaces";

interface PidNamespace {
  readonly next: number;
  /** Ids of the containers in it. */
  readonly members: readonly string[];
}

/** What runc needs before the first process of a pod: its pause process is 1. */
const FIRST_OF_POD = 7;
/** Of a node, what starts with the machine comes first. */
const FIRST_OF_NODE = 2_000;

/** The process namespace of all containers of a pod. */
export const podNamespace = (uid: string): string => `pod/${uid}`;

/** The process namespace of a machine. */
export const nodeNamespace = (name: string): string => `node/${name}`;

/** The namespace a container is in. */
export const namespaceOf = ({ pidNamespace, id }: Pick<ContainerSpec, "pidNamespace" | "id">): string =>
  pidNamespace ?? id;

/** The containers in the namespace of a container, itself among them. */
export function membersOfNamespace(cells: Cells, record: ContainerRecord): readonly string[] {
  return cells.get<PidNamespace>(PID_NAMESPACES, namespaceOf(record))?.members ?? [record.id];
}

/** A container comes into the namespace its spec names; `owner` is the one whose namespace it was, with its count. */
export function joinNamespace(
  cells: Cells,
  { id, pidNamespace }: ContainerSpec,
  owner: { readonly id: string; readonly next: number } | undefined,
): void {
  if (pidNamespace === undefined) return;
  const first = pidNamespace.startsWith("node/") ? FIRST_OF_NODE : FIRST_OF_POD;
  const found = cells.get<PidNamespace>(PID_NAMESPACES, pidNamespace) ?? {
    next: owner?.next ?? first,
    members: owner === undefined ? [] : [owner.id],
  };
  cells.put(PID_NAMESPACES, pidNamespace, { ...found, members: [...found.members, id] });
}

/** A container is gone, and with the last one its namespace. */
export function leaveNamespace(cells: Cells, record: Pick<ContainerSpec, "pidNamespace" | "id">): void {
  const name = namespaceOf(record);
  const found = cells.get<PidNamespace>(PID_NAMESPACES, name);
  if (found === undefined) return;
  const members = found.members.filter((id) => id !== record.id);
  if (members.length === 0) cells.delete(PID_NAMESPACES, name);
  else cells.put(PID_NAMESPACES, name, { ...found, members });
}

/** The number of a new process. */
export function takePid(cells: Cells, record: ContainerSpec, computer: Computer): number {
  if (record.pidNamespace === undefined && computer.isJoined !== true) {
    const pid = computer.nextPid;
    computer.nextPid += 1;
    return pid;
  }
  const name = namespaceOf(record);
  const found = cells.get<PidNamespace>(PID_NAMESPACES, name) ?? { next: FIRST_OF_POD, members: [record.id] };
  cells.put(PID_NAMESPACES, name, { ...found, next: found.next + 1 });
  return found.next;
}
