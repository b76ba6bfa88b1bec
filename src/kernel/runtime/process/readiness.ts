/**
 * When a process that blocks may go on: a time, input, room to write, the end of a child.
 */
import { isInputOver as isConnectionOver, pending } from "#kernel/runtime/connections";
import { isFull, peek } from "#kernel/runtime/process/open-files";
import type { Process } from "#kernel/runtime/process/process";
import type { Sandbox } from "#kernel/runtime/process/sandbox";

/** Whether what a process waits for has come. */
export function isReady(sandbox: Sandbox, process: Process): boolean {
  const { wait } = process;
  if (wait === undefined) return true;
  if (wait.until !== undefined && wait.until <= sandbox.nowOf(process)) return true;
  if (wait.read !== undefined && peek(sandbox, process.fds[wait.read]) !== undefined) return true;
  if (wait.reads?.some((fd) => peek(sandbox, process.fds[fd]) !== undefined) === true) return true;
  const { cells } = sandbox.world;
  if (wait.accept !== undefined && pending(cells, sandbox.record.id, wait.accept, "TCP") !== undefined) return true;
  if (wait.udp !== undefined && pending(cells, sandbox.record.id, wait.udp, "UDP") !== undefined) return true;
  if (wait.line !== undefined && hasLine(sandbox, process, wait.line)) return true;
  if (wait.write !== undefined && !isFull(sandbox, process.fds[wait.write])) return true;
  return wait.child !== undefined && hasEndedChild(sandbox, process, wait.child);
}

function hasLine(sandbox: Sandbox, process: Process, fd: number): boolean {
  const number = process.fds[fd];
  const text = peek(sandbox, number);
  if (text === undefined) return false;
  const file = number === undefined ? undefined : sandbox.look.openFiles[number];
  return text === "" || text.includes("\n") || file?.kind === "file" || isInputOver(sandbox, number);
}

/** Whether nothing can follow what is in a pipe or session. */
export function isInputOver(sandbox: Sandbox, number: number | undefined): boolean {
  const file = number === undefined ? undefined : sandbox.look.openFiles[number];
  if (file?.kind === "session") return sandbox.look.sessions[file.session]?.isInputClosed === true;
  if (file?.kind === "socket") return isConnectionOver(sandbox.world.cells, file.connection, file.side);
  if (file?.kind !== "pipe") return true;
  return !Object.values(sandbox.look.openFiles).some(
    (other) => other.kind === "pipe" && other.pipe === file.pipe && other.end === "write",
  );
}

function hasEndedChild(sandbox: Sandbox, process: Process, child: number | "any"): boolean {
  if (child !== "any") {
    const found = sandbox.look.processes[child];
    return found === undefined || found.exit !== undefined;
  }
  const children = Object.values(sandbox.look.processes).filter(({ parent }) => parent === process.pid);
  return children.length === 0 || children.some(({ exit }) => exit !== undefined);
}
