/**
 * Programs: what an executable does, as a reducer over JSON state that a process carries.
 */
import type { Task } from "#kernel/runtime/process/task";
import type { DnsAnswer, DnsQuestion, HttpRequest, HttpResponse, Transport } from "#kernel/runtime/world";
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
  /** Input, or its end, on any of these file descriptors. */
  readonly reads?: readonly number[];
  /** A connection to a TCP port that is listened on (`udp` = to a UDP port): task.accept takes it. */
  readonly accept?: number;
  readonly udp?: number;
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

/** What came on a connection, for a server that answers at once. */
export interface TcpInput {
  readonly port: number;
  readonly protocol: Transport;
  readonly remoteAddress: string;
  /** All bytes not taken yet, as text (#kernel/runtime/files/bytes); empty when the connection has just been opened. */
  readonly text: string;
  /** The client will send nothing more. */
  readonly isOver: boolean;
  /** What the server remembered of this connection; undefined the first time. */
  readonly state: unknown;
}

/** A question that came to a name server. */
export interface DnsCall {
  readonly question: DnsQuestion;
  readonly port: number;
  readonly protocol: Transport;
  readonly remoteAddress: string;
}

/** What a server does about it. */
export interface TcpOutput {
  /** Bytes for the client. */
  readonly text?: string;
  /** How many characters of the input it has taken; absent = all of them. */
  readonly taken?: number;
  /** It ends the connection. */
  readonly isOver?: boolean;
  /** JSON it remembers of the connection; absent = what it was. */
  readonly state?: unknown;
  /** From now on what comes is passed on to the server of this connection, and back. */
  readonly onward?: string;
}

/** What happened on a WebSocket that a program has accepted: it was opened, a message came, it is closed. */
export interface SocketEvent {
  readonly kind: "open" | "message" | "close";
  readonly text: string;
  readonly isBinary: boolean;
  /** The path it was asked for. */
  readonly path: string;
  readonly port: number;
  readonly remoteAddress: string;
  /** What the program remembered of it. */
  readonly state: unknown;
}

/** What a program says to it. */
export interface SocketAnswer {
  readonly messages?: readonly string[];
  readonly isOver?: boolean;
  readonly state?: unknown;
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
  /**
   * Speaks any other protocol over TCP: called when a connection is opened and whenever bytes came. A program without
   * it that has `http` speaks HTTP/1.1; one without either accepts connections by `task.accept`.
   */
  tcp?(task: Task<S>, input: TcpInput): TcpOutput;
  /** Speaks on a WebSocket, to which it has answered 101 over `http`. */
  socket?(task: Task<S>, event: SocketEvent): SocketAnswer | undefined;
  /** Answers a datagram to a UDP port it listens on, or a message to an SCTP port; undefined = with nothing. */
  udp?(task: Task<S>, datagram: TcpInput): string | undefined;
  /** Answers a question to a name server; undefined = it says nothing. */
  dns?(task: Task<S>, call: DnsCall): DnsAnswer | undefined;
  /** Takes a signal it has a handler for and says so by true; the default action is the runtime's. */
  signal?(task: Task<S>, signal: string): boolean;
}
