/**
 * A task: what a program sees of the process it runs in and the container around it.
 */
import type { ContainerRecord } from "#kernel/runtime/container";
import type { Errno } from "#kernel/runtime/files/errno";
import type { FileSystem } from "#kernel/runtime/files/filesystem";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import type {
  Address,
  DnsAnswer,
  DnsQuestion,
  HttpRequest,
  HttpResponse,
  NetFailure,
  Transport,
  World,
} from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

/** A WebSocket that a container's programs hold. */
export interface HeldSocket {
  readonly id: string;
  readonly path: string;
  /** What the program remembers of it. */
  readonly state: unknown;
}

/** How a child is started. */
export interface Launch {
  /** Changes to its environment; absent = as its parent's. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Open files by descriptor; absent = those of the parent. */
  readonly fds?: Readonly<Record<string, number>> | undefined;
  /** The parent will ask how it ended. */
  readonly isWaited?: boolean;
  /** Joins this group of processes; absent = its parent's. */
  readonly group?: number | undefined;
  readonly ignored?: readonly string[] | undefined;
}

export interface Task<S = unknown> {
  readonly sandbox: Sandbox;
  readonly world: World;
  readonly record: ContainerRecord;
  readonly files: FileSystem;
  readonly pid: number;
  readonly argv: readonly string[];
  readonly now: Instant;
  readonly uid: number;
  cwd: string;
  /** JSON the program keeps from one step to the next. */
  state: S | undefined;

  /** The same process with other arguments, for a command that runs inside a shell. */
  as(argv: readonly string[], env?: Readonly<Record<string, string>>): Task;

  /** A variable of the environment. */
  env(name: string): string | undefined;
  environ(): Readonly<Record<string, string>>;

  /** The absolute path of a path seen from the working directory. */
  path(path: string): string;
  readFile(path: string): string | Errno;

  /** Writes to a descriptor; false if it failed (a reader that went away ends the process by SIGPIPE). */
  write(fd: number, text: string): boolean;
  /** Writes bytes, written as characters, otherwise as write. */
  writeBytes(fd: number, bytes: string): boolean;
  print(text: string): boolean;
  complain(text: string): boolean;
  /** Whether a writer should wait ({ write: fd }) before writing more. */
  isFull(fd: number): boolean;
  /** Takes what there is to read, of a file a piece: "" at the end of input, undefined if it must wait. */
  read(fd: number): string | undefined;
  /** Takes one line with its line feed (the last may lack it): "" at the end, undefined if it must wait. */
  readLine(fd: number): string | undefined;
  /** Takes text up to a delimiter, or so many characters (NaN = any number); otherwise as readLine ({ read: fd }). */
  readUntil(fd: number, delimiter: string, count: number): string | undefined;
  /** Takes so many bytes at most; otherwise as read. */
  readBytes(fd: number, count: number): string | undefined;
  /** Opens a path: the lowest free descriptor, or the error as a negative number. */
  open(path: string, mode: "read" | "write" | "append" | "both"): number;
  /** Moves a file's position to an offset in bytes. */
  seek(fd: number, at: number): void;
  close(fd: number): void;

  /** Opens a connection that lasts (TCP, UDP): its descriptor, for read, write and close. */
  dial(target: Address): number | NetFailure;
  /** Whether a directory is behind a descriptor: it cannot be read. */
  isFolder(fd: number): boolean;
  isTerminal(fd: number): boolean;

  /** Uses up steps of the slice; false when it is over: return undefined then. */
  spend(steps?: number): boolean;
  /** Lets the program step again soon, from wherever: what it waits for has changed. */
  wake(): void;
  /** Whether the process has been ended, by itself or by another: nothing more is to be done. */
  readonly isOver: boolean;
  /** Ends the process at once, from wherever. */
  exit(code: number): void;

  /** Listens on a port (TCP unless told otherwise); false if somebody in the container does already. */
  listen(port: number, protocol?: Transport): boolean;
  unlisten(port: number, protocol?: Transport): void;
  /** Takes a connection that came to a port: its descriptor; undefined if none has (wait `{ accept: port }`). */
  accept(port: number, protocol?: Transport): number | undefined;

  /** Starts a command as a child: its pid, or the error as a negative number. */
  launch(argv: readonly string[], options?: Launch): number;
  /** Becomes another command (exec): 0, or the error; the step must return undefined then. */
  replace(argv: readonly string[], env?: Readonly<Record<string, string>>): 0 | Errno;
  /** Takes the end of a child: its pid, exit code and signal; undefined if none has ended. */
  reap(child: number | "any"): { pid: number; code: number; signal?: number } | undefined;
  /** Runs a command to its end within this turn, its sleeps skipped. */
  runToEnd(argv: readonly string[], stdin?: string): { stdout: string; stderr: string; exitCode: number };

  /** Asks a host by name or address over the network; where `delayMs` is given the caller waits for it. */
  request(target: Address, request: HttpRequest): HttpResponse | NetFailure;
  /** Asks a host to speak another protocol: with 101 its answer holds the connection to go on with. */
  upgrade(target: Address, request: HttpRequest): HttpResponse | NetFailure;
  connect(target: Address): "open" | NetFailure;
  /** Will write nothing more to a connection, but still read. */
  shutdown(fd: number): void;
  /** One request to a server that speaks any protocol: opens a connection, says it, gives what came back at once. */
  exchange(target: Address, text: string): { readonly text: string; readonly isOver: boolean } | NetFailure;
  /** The WebSockets that programs of the container have accepted, the oldest first. */
  sockets(): readonly HeldSocket[];
  /** Says something on a WebSocket that nobody asked for. */
  tell(socket: HeldSocket, text: string): void;
  /** Sends a datagram; what came back at once, "" if nothing did. */
  datagram(target: Address, text: string): { readonly text: string } | NetFailure;
  ping(host: string): "open" | NetFailure;
  roundTripMs(target: Address): number;
  resolve(name: string): readonly string[];
  /** Asks a name server, the first of resolv.conf unless one is given. */
  query(question: DnsQuestion, server?: string, port?: number): DnsAnswer | NetFailure;

  /** Says how much memory the process holds; false if that was more than the container may have. */
  holdMemory(bytes: number): boolean;
  /** Says how many thousandths of a core the process keeps busy from now on. */
  keepBusy(cpuMillis: number): void;
  /** Spends CPU time at once. */
  work(ms: number): void;
}
