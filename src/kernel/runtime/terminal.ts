/**
 * The terminal of a session: its size, which the client tells whenever its window changes.
 *
 * Models the resize half of the CRI's Exec and Attach (TIOCSWINSZ).
 */
import { inside } from "#kernel/runtime/process/inside";
import type { World } from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";

/** Characters across and lines down. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Gives a session's terminal a size; its processes are told by SIGWINCH. The session "main" is the container's own. */
export function resizeTerminal(world: World, id: string, session: string, size: TerminalSize): void {
  inside(world, id, (sandbox) => {
    const { size: old, isTerminal } = sandbox.look.sessions[session] ?? {};
    if (isTerminal !== true || sandbox.isEnded) return;
    if (old?.columns === size.columns && old.rows === size.rows) return;
    Object.assign(sandbox.computer.sessions[session] ?? {}, { size });
    for (const process of Object.values(sandbox.computer.processes)) {
      if (process.session === session || (session === "main" && process.session === undefined)) {
        sandbox.signal(process.pid, "SIGWINCH");
      }
    }
    if (!sandbox.isEnded) sandbox.run(LIMITS.stepsPerWake);
  });
}
