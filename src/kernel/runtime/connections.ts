/**
 * Connections: two ends and what is on its way between them, as cells; they outlive turns, evictions and forks.
 *
 * Models the socket layer as processes see it: a stream of bytes each way, half closed, closed or reset.
 * Leaves out windows and loss: what is written has arrived.
 */
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import { BAD_REQUEST, CONTINUE, closes, responseText, TOO_LARGE, takeRequest } from "#kernel/runtime/http1";
import { askHttp } from "#kernel/runtime/process/ask";
import { inside } from "#kernel/runtime/process/inside";
import { ProcessTask } from "#kernel/runtime/process/process-task";
import type { TcpInput, TcpOutput } from "#kernel/runtime/process/program";
import { programNamed } from "#kernel/runtime/process/programs";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import { stumble } from "#kernel/runtime/process/stumble";
import { isSocket, type SocketState, speakSocket, switchText } from "#kernel/runtime/sockets";
import type { ClientEnd, Transport, World } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";
import type { Cells } from "#kernel/store/cells";

/** The room of connections; the id is a number that grows. */
export const CONNECTIONS = "connections";
const COUNT_CELL = ["cluster", "connections"] as const;

export type Side = "client" | "server";

interface End {
  /** The container whose process holds this end; absent: whoever opened it fetches what came. */
  readonly container?: string;
  /** Who fetches what came, if no process does. */
  readonly holder?: string;
  /** What came and was not read. */
  readonly inbox: string;
  /** It will write nothing more. */
  readonly isShut?: true;
  /** It is gone: it neither reads nor writes. */
  readonly isClosed?: true;
}

export interface Connection {
  readonly protocol: Transport;
  readonly port: number;
  /** The client as the server sees it. */
  readonly remoteAddress: string;
  readonly since: Instant;
  readonly client: End;
  readonly server: End & {
    /** A process has taken it; one whose program answers at once needs not. */
    readonly isAccepted?: true;
    readonly isReducer?: true;
    /** What a program that answers at once remembers of it. */
    readonly state?: unknown;
  };
  /** One end broke it off. */
  readonly isReset?: true;
  /** The connection its bytes are passed on to: from its server's end, or from its client's. */
  readonly onward?: { readonly id: string; readonly from: Side };
}

/** Whether what is sent arrives as one piece and nothing is said about the end: SCTP's messages count as well. */
const isDatagram = (protocol: Transport): boolean => protocol !== "TCP";

const other = (side: Side): Side => (side === "client" ? "server" : "client");

const get = (cells: Cells, id: string): Connection | undefined => cells.get<Connection>(CONNECTIONS, id);

/** Opens a connection to a port that is listened on: its id; undefined if there are too many. */
export function openConnection(
  world: World,
  { protocol, port, remoteAddress, client, server }: Opening,
): string | undefined {
  const { cells, now } = world;
  if (cells.count(CONNECTIONS) >= LIMITS.connections) forgetOld(cells, now);
  if (cells.count(CONNECTIONS) >= LIMITS.connections) return undefined;
  const count = (cells.get<number>(...COUNT_CELL) ?? 0) + 1;
  cells.put(...COUNT_CELL, count);
  const id = String(count);
  const isReducer = inside(world, server, (sandbox) => {
    const process = sandbox.listener(port, protocol);
    const program = process && programNamed(process.program);
    return isDatagram(protocol) ? program?.udp !== undefined : (program?.tcp ?? program?.http) !== undefined;
  });
  cells.put(CONNECTIONS, id, {
    protocol,
    port,
    remoteAddress,
    since: now,
    client: { inbox: "", ...client },
    server: { inbox: "", container: server, ...(isReducer && { isReducer: true }) },
  } satisfies Connection);
  if (!isDatagram(protocol)) notify(world, id, "server");
  return id;
}

interface Opening {
  readonly protocol: Transport;
  readonly port: number;
  readonly remoteAddress: string;
  readonly client: ClientEnd;
  readonly server: string;
}

/** Connections nobody in the cluster holds and nobody has fetched anything from for long. */
const HELD_MS = 4 * 3_600_000;

function forgetOld(cells: Cells, now: Instant): void {
  for (const [id, { client, since }] of [...cells.entries<Connection>(CONNECTIONS)]) {
    if (client.container === undefined && now - since > HELD_MS) cells.delete(CONNECTIONS, id);
  }
}

/** What a read would give: text, "" at the end, undefined if it must wait. Nothing is taken. */
export function received(cells: Cells, id: string, side: Side): string | undefined {
  const connection = get(cells, id);
  if (connection === undefined) return "";
  const { inbox } = connection[side];
  return inbox !== "" || isInputOver(cells, id, side) ? inbox : undefined;
}

/** Whether nothing can follow what has been received. */
export function isInputOver(cells: Cells, id: string, side: Side): boolean {
  const connection = get(cells, id);
  if (connection === undefined || connection.isReset === true) return true;
  const { isShut, isClosed } = connection[other(side)];
  return !isDatagram(connection.protocol) && (isShut === true || isClosed === true);
}

/** Takes so many characters of what was received. */
export function takeReceived(cells: Cells, id: string, side: Side, count: number): void {
  const connection = get(cells, id);
  if (connection === undefined || count === 0) return;
  put(cells, id, side, { ...connection[side], inbox: connection[side].inbox.slice(count) });
}

/** Whether a writer should wait until the other end reads. */
export function isCongested(cells: Cells, id: string, side: Side): boolean {
  return (get(cells, id)?.[other(side)].inbox.length ?? 0) >= LIMITS.sessionChars;
}

/** Sends text to the other end, which acts upon it at once. EPIPE: it is gone. */
export function send(world: World, id: string, side: Side, text: string): 0 | Errno {
  const connection = get(world.cells, id);
  if (connection === undefined || connection.isReset === true) return ERRNO.EPIPE;
  const far = connection[other(side)];
  if (far.isClosed === true) return isDatagram(connection.protocol) ? 0 : ERRNO.EPIPE;
  if (far.inbox.length + text.length > LIMITS.connectionChars) {
    closeEnd(world, id, other(side), true);
    return ERRNO.EPIPE;
  }
  put(world.cells, id, other(side), { ...far, inbox: joined(far.inbox, text) });
  notify(world, id, other(side));
  return 0;
}

/** A character whose bytes came in two pieces is one again. */
function joined(before: string, after: string): string {
  if (!/[\udc80-\udcff]$/.test(before) || !/^[\udc80-\udcff]/.test(after)) return before + after;
  return textOfBytes(bytesOfText(before + after));
}

/** One end will write nothing more. */
export function shut(world: World, id: string, side: Side): void {
  const connection = get(world.cells, id);
  if (connection === undefined || connection[side].isShut === true) return;
  put(world.cells, id, side, { ...connection[side], isShut: true });
  if (!isDatagram(connection.protocol)) notify(world, id, other(side));
}

/** One end goes; with the second the connection is forgotten. */
export function closeEnd(world: World, id: string, side: Side, isReset = false): void {
  const connection = get(world.cells, id);
  if (connection === undefined || connection[side].isClosed === true) return;
  if (connection[other(side)].isClosed === true || isDatagram(connection.protocol)) {
    world.cells.delete(CONNECTIONS, id);
    return;
  }
  world.cells.put(CONNECTIONS, id, {
    ...connection,
    [side]: { ...connection[side], isClosed: true, inbox: "" },
    ...(isReset && { isReset: true }),
  });
  notify(world, id, other(side));
}

/** A container has ended: the kernel closes what it held. */
export function closeAll(world: World, container: string): void {
  if (world.cells.count(CONNECTIONS) === 0) return;
  for (const [id, { client, server }] of [...world.cells.entries<Connection>(CONNECTIONS)]) {
    if (client.container === container) closeEnd(world, id, "client");
    if (server.container === container) closeEnd(world, id, "server", server.isAccepted !== true);
  }
}

/** The oldest connection to a port that no process has taken yet. */
export function pending(cells: Cells, container: string, port: number, protocol: Transport): string | undefined {
  if (cells.count(CONNECTIONS) === 0) return undefined;
  let found: number | undefined;
  for (const [id, one] of cells.entries<Connection>(CONNECTIONS)) {
    const { server } = one;
    if (server.container !== container || one.port !== port || one.protocol !== protocol) continue;
    if (server.isAccepted === true || server.isReducer === true) continue;
    if (isDatagram(protocol) && server.inbox === "") continue;
    if (found === undefined || Number(id) < found) found = Number(id);
  }
  return found === undefined ? undefined : String(found);
}

/** Connections that whoever it is holds, by id, the oldest first; each with the holder's own name for it. */
export function heldBy(cells: Cells, holder: string): readonly { readonly id: string; readonly name: string }[] {
  if (cells.count(CONNECTIONS) === 0) return [];
  const held: { id: string; name: string }[] = [];
  for (const [id, { client }] of cells.entries<Connection>(CONNECTIONS)) {
    if (client.holder?.startsWith(`${holder}/`) !== true || client.isClosed === true) continue;
    held.push({ id, name: client.holder.slice(holder.length + 1) });
  }
  return held.sort((a, b) => Number(a.id) - Number(b.id));
}

/** A process takes a connection. */
export function accept(cells: Cells, id: string): void {
  const connection = get(cells, id);
  if (connection === undefined) return;
  cells.put(CONNECTIONS, id, { ...connection, server: { ...connection.server, isAccepted: true } });
}

function put(cells: Cells, id: string, side: Side, end: End): void {
  const connection = get(cells, id);
  if (connection !== undefined) cells.put(CONNECTIONS, id, { ...connection, [side]: end });
}

/** How many ends act upon one another at this moment. */
const depths = new WeakMap<Cells, number>();

/** Something has changed for one end: its process may go on. One that goes round in circles is cut off. */
function notify(world: World, id: string, side: Side): void {
  const connection = get(world.cells, id);
  if (connection?.onward?.from === side) {
    passOn(world, id, side, connection.onward.id);
    return;
  }
  const container = connection?.[side].container;
  if (connection === undefined || container === undefined || connection[side].isClosed === true) return;
  const depth = depths.get(world.cells) ?? 0;
  if (depth >= LIMITS.requestDepth) {
    world.cells.put(CONNECTIONS, id, { ...connection, isReset: true });
    return;
  }
  depths.set(world.cells, depth + 1);
  try {
    inside(world, container, (sandbox) => {
      if (sandbox.isEnded) return;
      if (side === "server" && connection.server.isReducer === true) serve(sandbox, id);
      if (!sandbox.isEnded) sandbox.runFor(LIMITS.stepsPerWake);
    });
  } finally {
    depths.set(world.cells, depth);
  }
}

/** Passes on what came to one end of a connection to the far end of another, and its end as well. */
function passOn(world: World, id: string, side: Side, next: string): void {
  const depth = depths.get(world.cells) ?? 0;
  const text = received(world.cells, id, side) ?? "";
  takeReceived(world.cells, id, side, text.length);
  depths.set(world.cells, depth + 1);
  try {
    const isStuck = depth >= LIMITS.requestDepth || (text !== "" && send(world, next, other(side), text) !== 0);
    if (!isStuck && !isInputOver(world.cells, id, side)) return;
    closeEnd(world, next, other(side), isStuck);
    closeEnd(world, id, side, isStuck);
  } finally {
    depths.set(world.cells, depth);
  }
}

/** Makes two connections one: a server that is asked has asked another, and steps back. */
function join(world: World, asked: string, onward: string): void {
  for (const [id, next, from] of [
    [asked, onward, "server"],
    [onward, asked, "client"],
  ] as const) {
    const connection = get(world.cells, id);
    if (connection !== undefined) world.cells.put(CONNECTIONS, id, { ...connection, onward: { id: next, from } });
  }
  passOn(world, onward, "client", asked);
}

/** Lets a program that answers at once answer. */
function serve(sandbox: Sandbox, id: string): void {
  const { world } = sandbox;
  const connection = get(world.cells, id);
  if (connection === undefined || connection.server.isClosed === true) return;
  const { port, protocol, remoteAddress, server } = connection;
  const process = sandbox.listener(port, protocol);
  if (process === undefined) {
    closeEnd(world, id, "server", true);
    return;
  }
  const input: TcpInput = {
    port,
    protocol,
    remoteAddress,
    text: server.inbox,
    isOver: isInputOver(world.cells, id, "server"),
    state: server.state,
  };
  const before = sandbox.runningPid;
  sandbox.runningPid = process.pid;
  const output = answered(sandbox, process.pid, protocol, input);
  sandbox.runningPid = before;
  const { text = "", taken = input.text.length, isOver = false, state = input.state } = output;
  const now = get(world.cells, id);
  if (now === undefined) return;
  const inbox = now.server.inbox.slice(taken);
  world.cells.put(CONNECTIONS, id, { ...now, server: { ...now.server, inbox, state } });
  if (text !== "") send(world, id, "server", text);
  if (isOver) closeEnd(world, id, "server");
  else if (output.onward !== undefined) join(world, id, output.onward);
}

/** What the program says; one that stumbles ends the connection with itself. */
function answered(sandbox: Sandbox, pid: number, protocol: Transport, input: TcpInput): TcpOutput {
  try {
    return reduce(sandbox, pid, protocol, input);
  } catch (error) {
    stumble(sandbox, pid, error);
    return { isOver: true };
  }
}

function reduce(sandbox: Sandbox, pid: number, protocol: Transport, input: TcpInput): TcpOutput {
  const task = new ProcessTask(sandbox, pid);
  const program = programNamed(sandbox.look.processes[pid]?.program ?? "");
  if (isDatagram(protocol)) {
    const text = input.text === "" ? undefined : program.udp?.(task, input);
    return text === undefined ? {} : { text };
  }
  if (program.tcp !== undefined) return program.tcp(task, input);
  return isSocket(input.state) ? speakSocket(sandbox, pid, input) : speakHttp(sandbox, pid, input);
}

/** HTTP/1.1 over a connection, for a program that answers requests. */
function speakHttp(sandbox: Sandbox, pid: number, input: TcpInput): TcpOutput {
  const { port, remoteAddress, text, isOver } = input;
  let said = "";
  let taken = 0;
  for (;;) {
    const next = takeRequest(text.slice(taken));
    if (next === "bad") return { text: said + (text.length > taken ? BAD_REQUEST : ""), isOver: true };
    if (next === "large") return { text: said + TOO_LARGE, isOver: true };
    if (next === "continue") return { text: said + CONTINUE, taken, ...(isOver && { isOver }) };
    if (next === "more") return { text: said, taken, ...(isOver && { isOver }) };
    taken += next.taken;
    const answer = askHttp(sandbox, port, { ...next.request, remoteAddress });
    if (answer === "timeout") return { text: said, taken };
    if (typeof answer === "string") return { text: said, isOver: true };
    if (answer.status === 101 && answer.onward !== undefined) {
      return { text: said + switchText(answer), taken, onward: answer.onward };
    }
    if (answer.status === 101) {
      const state: SocketState = { socket: { path: next.request.path } };
      const rest = speakSocket(sandbox, pid, { ...input, text: text.slice(taken), state }, true);
      return { ...rest, text: said + switchText(answer) + (rest.text ?? ""), taken: taken + (rest.taken ?? 0) };
    }
    const isLast = !next.isKept || closes(answer);
    said += responseText(answer, next.request.method, isLast);
    if (isLast) return { text: said, isOver: true };
  }
}
