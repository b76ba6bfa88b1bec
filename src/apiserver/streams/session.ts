/**
 * Sessions: a client's connection to a command in a container (exec) or to its first process (attach).
 *
 * What goes on in the container is runtime state; a session only remembers whose output it is given, as small JSON, so
 * that its connection survives the sleep of the object that holds it.
 *
 * Models pkg/registry/core/pod/rest/subresources.go, the kubelet's remotecommand server and the CRI's Exec and Attach.
 */

import { isTrue, type RequestInfo } from "#apiserver/request-info";
import { CHANNEL, exitStatus, type Frame } from "#apiserver/streams/channels";
import { badRequest, internalError, type Status } from "#kernel/apimachinery/errors";
import type { Cluster } from "#kernel/cluster/cluster";
import { connectTarget, containerOf, type Target } from "#kernel/network/api-server/connect-target";
import { worldOf } from "#kernel/network/world-of";
import type { Client } from "#kernel/registry/client";
import { containerRecord } from "#kernel/runtime/containers";
import { type ExecOutput, endExec, feedExec, startExec, wakeExec } from "#kernel/runtime/exec";
import { bytesOfText, textOfBytes, unfinishedBytes } from "#kernel/runtime/files/bytes";
import { readLog } from "#kernel/runtime/logs";
import type { Computer, Session } from "#kernel/runtime/process/process";
import { resizeTerminal } from "#kernel/runtime/terminal";
import type { World } from "#kernel/runtime/world";

/** The container's own first process, which attach speaks to. */
const MAIN = "main";
/** Output given out in one turn: a socket has no backpressure, so what is more waits for the next. */
const BURST_CHARS = 8_000_000;
/** Input brought into a container at once. */
const FEED_BYTES = 1_048_576;
/** Runs of a container in one turn while it has more to say than fits. */
const BURST_RUNS = 8;

export interface SessionState {
  /** The subprotocol of its WebSocket. */
  readonly protocol: string;
  readonly container: string;
  /** The runtime's session; output of an attach without a terminal is read from the log instead. */
  readonly session: string;
  readonly isTerminal: boolean;
  readonly hasInput: boolean;
  readonly shows: { readonly stdout: boolean; readonly stderr: boolean };
  /** Of an attach without a terminal: the offset of the log's next character. */
  readonly position?: number;
  /** The end of the client's input ends the process' input. */
  readonly closesInput?: boolean;
  /** Bytes of a character whose rest has not come yet. */
  readonly unfinished?: readonly number[];
}

/** What a session has to say, and where it stands then. */
export interface SessionNews {
  readonly state: SessionState;
  readonly frames: readonly Frame[];
  /** Set once it is over. */
  readonly end?: Status;
}

const worldIn = ({ admin, now, entropy, cells }: Cluster): World => worldOf({ client: admin, now, entropy, cells });

/**
 * Opens a session. What the API server refuses is thrown; what the node would refuse comes as its end at once.
 * @throws NotFound, BadRequest, Forbidden
 */
export function openSession(
  cluster: Cluster,
  client: Client,
  url: URL,
  { info, protocol }: { readonly info: RequestInfo; readonly protocol: string },
): SessionNews {
  const query = url.searchParams;
  const target = connectTarget(client, info, query);
  const asks = (name: string): boolean => isTrue(query.get(name));
  const isTerminal = asks("tty");
  const state: SessionState = {
    protocol,
    container: "",
    session: "",
    isTerminal,
    hasInput: asks("stdin"),
    shows: { stdout: asks("stdout"), stderr: asks("stderr") && !isTerminal },
  };
  if (!state.hasInput && !state.shows.stdout && !state.shows.stderr) {
    throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  }
  const argv = query.getAll("command");
  if (info.subresource === "exec" && argv.length === 0) {
    throw badRequest("you must specify at least 1 command for the container");
  }
  const found = containerOf(cluster, target);
  if ("problem" in found) return { state, frames: [], end: internalError(found.problem).status };
  const reached = { ...state, container: found.id };
  return info.subresource === "exec" ? openExec(cluster, reached, argv) : openAttach(cluster, reached, target);
}

function openExec(cluster: Cluster, state: SessionState, argv: readonly string[]): SessionNews {
  const { container, hasInput, isTerminal } = state;
  const opened = startExec(worldIn(cluster), container, argv, { stdin: hasInput, tty: isTerminal });
  if ("session" in opened) return { state: { ...state, session: opened.session, closesInput: true }, frames: [] };
  const execId = Array.from({ length: 64 }, () => cluster.entropy.int(16).toString(16)).join("");
  const why =
    `Internal error occurred: error executing command in container: failed to exec in container: ` +
    `failed to start exec ${JSON.stringify(execId)}: ${opened.startError}: unknown`;
  return { state, frames: [], end: internalError(why).status };
}

function openAttach(cluster: Cluster, state: SessionState, { pod, container }: Target): SessionNews {
  const { cells } = cluster;
  const record = containerRecord(cells, state.container);
  const spec = [...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])].find(({ name }) => name === container);
  const attached: SessionState = {
    ...state,
    session: MAIN,
    isTerminal: record?.tty === true && state.isTerminal,
    hasInput: state.hasInput && record?.stdin === true,
    closesInput: spec?.stdinOnce === true,
  };
  if (record?.tty !== true) {
    const { nextOffset } = readLog(cells, state.container, {});
    return { state: { ...attached, position: nextOffset }, frames: [] };
  }
  // What was said before is gone; a terminal draws its present line again when its size is set.
  const { stdout, ...rest } = wakeExec(worldIn(cluster), state.container, MAIN);
  const line = stdout.slice(stdout.lastIndexOf("\n") + 1);
  return newsOf(attached, { ...rest, stdout: line });
}

/** Whether a session has something to say. Costs a look at its container, or at its log. */
export function hasNews({ cells }: Cluster, { container, session, position }: SessionState): boolean {
  const record = containerRecord(cells, container);
  if (record === undefined) return true;
  if (position !== undefined) {
    return record.state !== "running" || readLog(cells, container, { fromOffset: position }).nextOffset > position;
  }
  const open = sessionIn(record.program, session);
  return open === undefined || open.output !== "" || open.errors !== "" || open.exitCode !== undefined;
}

const sessionIn = (program: unknown, session: string): Session | undefined =>
  (program as Computer | null)?.sessions[session];

/**
 * Takes what there is to say, for every session of one group: those that share a container's terminal hear the same.
 * Part of a turn: what is taken is gone.
 */
export function takeNews(cluster: Cluster, group: readonly SessionState[]): SessionNews[] {
  const [first] = group;
  if (first === undefined) return [];
  if (containerRecord(cluster.cells, first.container) === undefined) {
    return group.map((state) => newsOf(state, { stdout: "", stderr: "", exitCode: 137 }));
  }
  if (first.position !== undefined) return group.map((state) => newsOfLog(cluster, state));
  const output = burst(worldIn(cluster), first);
  return group.map((state) => newsOf(state, output));
}

/** Sessions that are given the same output; one group per result. */
export function groupOf({ container, session, position }: SessionState): string {
  return `${container}/${session}/${position === undefined ? "" : "log"}`;
}

/** Lets a session's processes go on as long as they have more to say than was fetched, up to a limit. */
function burst(world: World, { container, session }: SessionState): ExecOutput {
  let stdout = "";
  let stderr = "";
  for (let runs = 0; ; runs += 1) {
    const output = wakeExec(world, container, session);
    stdout += output.stdout;
    stderr += output.stderr;
    const isQuiet = output.stdout === "" && output.stderr === "";
    const isEnough = stdout.length + stderr.length >= BURST_CHARS || runs >= BURST_RUNS;
    if (output.exitCode !== undefined) return { stdout, stderr, exitCode: output.exitCode };
    if (isQuiet || isEnough) return { stdout, stderr };
  }
}

function newsOf(state: SessionState, { stdout, stderr, exitCode }: ExecOutput): SessionNews {
  const frames: Frame[] = [];
  if (stdout !== "" && state.shows.stdout) frames.push({ channel: CHANNEL.stdout, bytes: bytesOfText(stdout) });
  if (stderr !== "" && state.shows.stderr) frames.push({ channel: CHANNEL.stderr, bytes: bytesOfText(stderr) });
  if (exitCode === undefined) return { state, frames };
  // Who is attached sees the process go; how it went stands in the pod's status.
  return { state, frames, end: exitStatus(state.session === MAIN ? 0 : exitCode) };
}

function newsOfLog({ cells }: Cluster, state: SessionState): SessionNews {
  const { container, position = 0 } = state;
  const read = (stream: "stdout" | "stderr") => readLog(cells, container, { fromOffset: position, stream });
  const { text: stdout, nextOffset } = read("stdout");
  const isOver = containerRecord(cells, container)?.state !== "running";
  const output = { stdout, stderr: read("stderr").text, ...(isOver && { exitCode: 0 }) };
  return newsOf({ ...state, position: nextOffset }, output);
}

/** Takes messages of the client, in order. Part of a turn. */
export function feedSession(cluster: Cluster, state: SessionState, frames: readonly Frame[]): SessionNews[] {
  const news: SessionNews[] = [];
  let at = state;
  let pieces: Uint8Array[] = [Uint8Array.from(state.unfinished ?? [])];
  let size = 0;
  const flush = (isEnd: boolean): void => {
    const bytes = joined(pieces);
    const rest = isEnd ? 0 : unfinishedBytes(bytes);
    const text = textOfBytes(bytes.subarray(0, bytes.length - rest));
    const unfinished = [...bytes.subarray(bytes.length - rest)];
    pieces = [Uint8Array.from(unfinished)];
    size = 0;
    const { unfinished: _, ...plain } = at;
    at = unfinished.length > 0 ? { ...plain, unfinished } : plain;
    const closes = isEnd && at.closesInput === true;
    if (at.hasInput && (text !== "" || closes)) news.push(newsOf(at, type(cluster, at, text, closes)));
  };
  for (const { channel, bytes } of frames) {
    if (channel === CHANNEL.stdin) {
      pieces.push(bytes);
      size += bytes.length;
      // So much at once that the command can read it before the next.
      if (size >= FEED_BYTES) flush(false);
    } else if (channel === CHANNEL.close && bytes[0] === CHANNEL.stdin) flush(true);
    else if (channel === CHANNEL.resize) {
      flush(false);
      resize(cluster, at, textOfBytes(bytes));
    }
  }
  flush(false);
  news.push({ state: at, frames: [] });
  return news;
}

function type(cluster: Cluster, { container, session, position }: SessionState, text: string, isEnd: boolean) {
  if (containerRecord(cluster.cells, container) === undefined) return { stdout: "", stderr: "" };
  const output = feedExec(worldIn(cluster), container, session, { text, isEnd });
  // What is read from the log comes from there.
  return position === undefined ? output : { stdout: "", stderr: "" };
}

function resize(cluster: Cluster, { container, session }: SessionState, text: string): void {
  const { Width: columns, Height: rows } = sizeOf(text);
  if (!(columns > 0 && rows > 0) || containerRecord(cluster.cells, container) === undefined) return;
  resizeTerminal(worldIn(cluster), container, session, { columns, rows });
}

function sizeOf(text: string): { Width: number; Height: number } {
  try {
    const { Width, Height } = JSON.parse(text) as Record<string, unknown>;
    return { Width: Number(Width), Height: Number(Height) };
  } catch {
    return { Width: 0, Height: 0 };
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Ends a session whose client went away. Part of a turn. */
export function closeSession(cluster: Cluster, { container, session, hasInput, closesInput }: SessionState): void {
  if (session === "" || containerRecord(cluster.cells, container) === undefined) return;
  const world = worldIn(cluster);
  if (session !== MAIN) endExec(world, container, session);
  else if (hasInput && closesInput === true) feedExec(world, container, session, { text: "", isEnd: true });
}
