/**
 * The processes a process can see and signal: those of its container, and of the others in its process namespace.
 *
 * Models procfs, kill(2) and ptrace_may_access of Linux, as far as shareProcessNamespace, hostPID and debug targets
 * show them.
 * Leaves out signals to the daemons of a machine: they are not permitted, whoever asks.
 */
import { pods } from "#kernel/resources/core/pod";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { capabilitiesOf } from "#kernel/runtime/process/capabilities";
import { glance, inside } from "#kernel/runtime/process/inside";
import { membersOfNamespace, namespaceOf } from "#kernel/runtime/process/pid-namespace";
import type { Process } from "#kernel/runtime/process/process";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import { LIMITS } from "#kernel/sim/limits";

/** A process as it is seen from a container. */
export interface Seen {
  /** Its number in the viewer's namespace. */
  readonly pid: number;
  readonly parent: number;
  readonly process: Process;
  /** The container it runs in; absent = it is no container's. */
  readonly sandbox?: Sandbox;
}

const daemon = (pid: number, argv: readonly string[], uid = 0): Seen => ({
  pid,
  parent: pid === 1 ? 0 : 1,
  process: {
    ...{ pid, parent: 0, group: pid, argv, program: "daemon", state: null, cwd: "/", uid, startedAt: 0, fds: {} },
  },
});

/** The user of pause. */
const NOBODY_LIKE = 65_535;
const PAUSE = daemon(1, ["/pause"], NOBODY_LIKE);

const DAEMONS: readonly Seen[] = [
  daemon(1, ["/sbin/init"]),
  daemon(96, ["/lib/systemd/systemd-journald"]),
  daemon(168, ["/usr/local/bin/containerd"]),
  daemon(224, [
    "/usr/bin/kubelet",
    "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf",
    "--kubeconfig=/etc/kubernetes/kubelet.conf",
    "--config=/var/lib/kubelet/config.yaml",
    "--container-runtime-endpoint=unix:///run/containerd/containerd.sock",
  ]),
];

/** Numbers on a node of the processes of containers that have a namespace of their own. */
const FIRST_OF_OTHERS = 100_000;
const NUMBERS_EACH = 1_000;

const numbersOf = (id: string): number => FIRST_OF_OTHERS + Number.parseInt(id.slice(0, 3), 16) * NUMBERS_EACH;

const isAlive = ({ exit }: Process): boolean => exit === undefined;

function processesOf(sandbox: Sandbox, offset = 0): Seen[] {
  return Object.values(sandbox.look.processes)
    .filter(isAlive)
    .map((process) => ({
      pid: process.pid + offset,
      parent: process.parent === 0 ? 0 : process.parent + offset,
      process,
      sandbox,
    }));
}

/** Every living process that a container sees, in the order of their numbers. */
export function visible(sandbox: Sandbox): Seen[] {
  const { record, world } = sandbox;
  const ids = sandbox.isSharing ? membersOfNamespace(world.cells, record) : [record.id];
  const found = ids.flatMap((id) => {
    const one = id === record.id ? sandbox : glance(world, id);
    return one === undefined || one.isEnded ? [] : processesOf(one);
  });
  const name = namespaceOf(record);
  if (name.startsWith("pod/")) found.push(PAUSE);
  if (name.startsWith("node/")) found.push(...DAEMONS, ...othersOnNode(sandbox, name));
  return found.sort((a, b) => a.pid - b.pid);
}

/** What runs in the containers of a node that do not share its namespace. */
function othersOnNode({ world, record }: Sandbox, name: string): Seen[] {
  const found: Seen[] = [];
  for (const pod of world.client.by(pods, "node", record.node)) {
    const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
    for (const { containerID = "" } of [
      ...initContainerStatuses,
      ...containerStatuses,
      ...ephemeralContainerStatuses,
    ]) {
      const id = containerID.slice(containerID.lastIndexOf("/") + 1);
      const stored = world.cells.get<ContainerRecord>(CONTAINERS, id);
      if (stored?.state !== "running" || namespaceOf(stored) === name) continue;
      const one = glance(world, id);
      if (one !== undefined) found.push(...processesOf(one, numbersOf(id)));
    }
  }
  return found;
}

/** The living process with a number, as a container sees it. */
export function seen(sandbox: Sandbox, pid: number): Seen | undefined {
  const own = sandbox.look.processes[pid];
  if (own !== undefined) return isAlive(own) ? { pid, parent: own.parent, process: own, sandbox } : undefined;
  return sandbox.isSharing ? visible(sandbox).find((one) => one.pid === pid) : undefined;
}

/** Sends a signal (`"0"` only asks) as a user: whether it could be, or why not. */
export function sendSignal(
  sandbox: Sandbox,
  to: { readonly pid: number; readonly uid: number },
  signal: string,
): "sent" | "no such process" | "not permitted" {
  const target = seen(sandbox, to.pid);
  if (target === undefined) return "no such process";
  const { process, sandbox: home } = target;
  if (to.uid !== 0 && to.uid !== process.uid) return "not permitted";
  if (signal === "0" || isShielded(sandbox, target, signal)) return "sent";
  if (home === sandbox) sandbox.signal(process.pid, signal);
  else if (home !== undefined) {
    inside(sandbox.world, home.record.id, (other) => {
      other.signal(process.pid, signal);
      if (!other.isEnded) other.run(LIMITS.stepsPerWake);
    });
  } else if (target === PAUSE) endPause(sandbox, signal);
  else return "not permitted";
  return "sent";
}

/** From within its namespace nobody can force its first process to anything. */
function isShielded(from: Sandbox, { process, sandbox: home }: Seen, signal: string): boolean {
  if (process.pid !== 1 || home === undefined || (signal !== "SIGKILL" && signal !== "SIGSTOP")) return false;
  return namespaceOf(home.record) === namespaceOf(from.record);
}

/** Pause heeds who asks it to end, and with it everything in its namespace ends. Nobody in there can force it. */
function endPause(sandbox: Sandbox, signal: string): void {
  if (signal !== "SIGTERM" && signal !== "SIGINT") return;
  for (const id of membersOfNamespace(sandbox.world.cells, sandbox.record)) killAll(sandbox, id);
}

/** Ends a container with everything in it, as the kernel does when the first process of a namespace has gone. */
function killAll(sandbox: Sandbox, id: string): void {
  const stored = sandbox.world.cells.get<ContainerRecord>(CONTAINERS, id);
  if (stored?.state !== "running") return;
  inside(sandbox.world, id, (other) => other.end({ code: 137, signal: 9, reason: "Error" }));
}

/** The container whose namespace it was has ended: so do the others in it. */
export function endGuests(sandbox: Sandbox): void {
  const { world, record } = sandbox;
  if (record.pidNamespace !== undefined) return;
  for (const id of membersOfNamespace(world.cells, record)) if (id !== record.id) killAll(sandbox, id);
}

/** Whether the process whose turn it is may look into another: it runs as the same user, or may trace all. */
export function mayLookInto(sandbox: Sandbox, { process }: Seen): boolean {
  const uid = sandbox.look.processes[sandbox.runningPid]?.uid ?? 0;
  return uid === process.uid || (uid === 0 && capabilitiesOf(sandbox.record).has("SYS_PTRACE"));
}
