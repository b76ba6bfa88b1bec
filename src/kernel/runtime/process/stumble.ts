/**
 * What becomes of a program that stumbles in the middle of its step or answer.
 */
import { StatusError } from "#kernel/apimachinery/errors";
import { NeedsAnswer } from "#kernel/registry/outside";
import { appendLog } from "#kernel/runtime/logs";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import { simulated } from "#kernel/sim/assert";

/**
 * Ends the process that stumbled, and no other. What a script or a configuration can bring about is its own fault;
 * anything else is a bug of ours, and its log says so.
 * @throws what is no fault of the program: an answer that is waited for
 */
export function stumble(sandbox: Sandbox, pid: number, error: unknown): void {
  if (error instanceof NeedsAnswer || error instanceof StatusError) throw error;
  if (!(error instanceof RangeError || error instanceof SyntaxError)) {
    if (simulated.throwsBugs) throw error;
    const name = sandbox.look.processes[pid]?.argv[0] ?? "";
    const text = `${name}: a bug of the simulator ended this process: ${String(error)}\n`;
    appendLog(sandbox.world, sandbox.record.id, "stderr", text);
  }
  sandbox.exit(pid, 139, 11);
}
