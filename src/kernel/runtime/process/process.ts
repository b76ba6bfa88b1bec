/**
 * Processes and open files of one container, as the JSON that its record carries.
 */
import type { Wait } from "#kernel/runtime/process/program";

/** What stands behind file descriptors; several may share one, and with it its position. */
export type OpenFile = { refs: number } & (
  | { kind: "null" }
  | { kind: "zero" }
  | { kind: "random" }
  /** The container's own output. */
  | { kind: "log"; stream: "stdout" | "stderr" }
  | { kind: "pipe"; pipe: number; end: "read" | "write" }
  | { kind: "file"; path: string; at: number; isReadable: boolean; isWritable: boolean; isAppending: boolean }
  /** A here-document. */
  | { kind: "text"; text: string; at: number }
  /** One end of a connection (#kernel/runtime/connections). */
  | { kind: "socket"; connection: string; side: "client" | "server" }
  | { kind: "session"; session: string; stream: "in" | "out" | "err" }
);

export interface Process {
  readonly pid: number;
  parent: number;
  /** Job of the process: what Ctrl-C in a terminal reaches. */
  group: number;
  argv: readonly string[];
  /** What it calls itself, if that is not its argv. */
  title?: string;
  /** Name of its program. */
  program: string;
  state: unknown;
  /** Absent = the container's own environment. */
  env?: Readonly<Record<string, string>>;
  cwd: string;
  uid: number;
  startedAt: number;
  /** Numbers of open files by descriptor. */
  fds: Record<string, number>;
  /** The exec session it belongs to; absent = the container's own processes. */
  session?: string;
  wait?: Wait;
  /** Set once it has ended and its parent has not yet asked. */
  exit?: { code: number; signal?: number };
  /** Whether the parent asks how it ended; otherwise it vanishes at its end. */
  isWaited?: true;
  listening?: readonly number[];
  /** UDP ports it listens on. */
  listeningUdp?: readonly number[];
  listeningSctp?: readonly number[];
  /** Permissions that files it makes do not get; absent = 022. */
  umask?: number;
  /** Signals it ignores, as inherited. */
  ignored?: readonly string[];
  /** Bytes it holds, if its program says. */
  memoryBytes?: number;
  /** Thousandths of a core it keeps busy, if its program says. */
  cpuMillis?: number;
}

/** What a new process is. */
export interface Spawn {
  readonly argv: readonly string[];
  readonly program: string;
  readonly parent: number;
  readonly cwd: string;
  readonly uid: number;
  /** Open files by descriptor; each is shared, not handed over. */
  readonly fds: Readonly<Record<string, number>>;
  readonly state?: unknown;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly group?: number | undefined;
  readonly session?: string | undefined;
  readonly ignored?: readonly string[] | undefined;
  readonly isWaited?: boolean;
}

/** One `exec` into the container, or the container's own standard input. */
export interface Session {
  pid: number;
  isTerminal?: true;
  /** Size of its terminal, once the client has told it. */
  size?: { readonly columns: number; readonly rows: number };
  /** Input that was sent and not read. */
  input: string;
  isInputClosed?: true;
  /** The line being typed, of a terminal. */
  typed?: string;
  /** Output nobody has fetched yet. */
  output: string;
  errors: string;
  exitCode?: number;
  /** How far its clock has been moved ahead, when it must end within one turn. */
  aheadMs?: number;
}

/** Everything that runs in one container. */
export interface Computer {
  processes: Record<string, Process>;
  openFiles: Record<string, OpenFile>;
  /** Contents of pipes on their way. */
  pipes: Record<string, string>;
  sessions: Record<string, Session>;
  nextPid: number;
  /** The number of its first process; absent = 1. */
  firstPid?: number;
  /** Another container has come into its process namespace. */
  isJoined?: true;
  nextOpenFile: number;
  nextSession: number;
  /** Network interfaces that somebody added. */
  links?: readonly string[];
  /** Turns in a row that ended with work left over: it waits longer each time. */
  strain?: number;
}

/** A container before its first process. */
export function emptyComputer(): Computer {
  return { processes: {}, openFiles: {}, pipes: {}, sessions: {}, nextPid: 1, nextOpenFile: 1, nextSession: 1 };
}
