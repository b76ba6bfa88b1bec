/**
 * Programs: what an executable does, as a reducer over JSON state that a process carries.
 */
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

/** What a process waits for; any one of the conditions lets it run again. `{}` waits for signals and requests only. */
export interface Wait {
  /** An instant. */
  readonly until?: Instant;
  /** Input, or its end, on a file descriptor. */
  readonly read?: number;
  /** A whole line of input, or its end, on a file descriptor. */
  readonly line?: number;
  /** Room in the pipe behind a file descriptor. */
  readonly write?: number;
  /** The end of this process, or of any child. */
  readonly child?: number | "any";
}

/** What a process takes of its machine; what is not said is that of a small tool. */
export interface Use {
  /** Memory it works with. */
  readonly memoryBytes?: number;
  /** Work that never stops, in thousandths of a core. */
  readonly cpuMillis?: number;
  /** CPU time of each request it answers. */
  readonly requestCpuMs?: number;
}

/** A number is the exit code; a Wait blocks; undefined = there is more to do when the process gets its next slice. */
export type Step = number | Wait | undefined;

export interface Program<S = unknown> {
  readonly name: string;
  /** What one process of it takes, if it is not what its image says. */
  readonly use?: Use;
  /** Runs until it ends, blocks, or has used its slice. `task.state` is undefined the first time. */
  step(task: Task<S>): Step;
  /** Answers a request to a port it listens on; undefined = accepts and never answers. */
  http?(task: Task<S>, port: number, request: HttpRequest): HttpResponse | "reset" | undefined;
  /** Takes a signal it has a handler for and says so by true; the default action is the runtime's. */
  signal?(task: Task<S>, signal: string): boolean;
}
