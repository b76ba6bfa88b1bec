/**
 * Commands in running containers: run to their end at once (probes, hooks), or as sessions that go on for turns.
 *
 * Models ExecSync, Exec and Attach of the CRI.
 * Leaves out raw terminals: input is edited by lines, as a terminal's line discipline does.
 */

import { errnoText } from "#kernel/runtime/files/errno";
import { absolute } from "#kernel/runtime/files/paths";
import { findExecutable, loadExecutable } from "#kernel/runtime/process/executable";
import { inside } from "#kernel/runtime/process/inside";
import { register, release } from "#kernel/runtime/process/open-files";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import type { World } from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";

/** What a command run to its end left behind. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** Virtual time it slept: a probe compares it with its timeout. */
  readonly elapsedMs: number;
  /** Set if it could not be started: the runtime's message. */
  readonly startError?: string;
}

/** New output of a session; exitCode is set once its command has ended. */
export interface ExecOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode?: number;
}

/** Why runc could not execute something, in its words; undefined if the file can be executed. */
export function startFailure(sandbox: Sandbox, argv: readonly string[], cwd: string, uid: number): string | undefined {
  const name = argv[0] ?? "";
  const seeker = { cwd, uid, path: sandbox.environment["PATH"] ?? "" };
  const path = findExecutable(sandbox, name, seeker);
  if (typeof path === "number") {
    if (!name.includes("/")) {
      const why = path === 2 ? "executable file not found in $PATH" : "permission denied";
      return `exec: "${name}": ${why}`;
    }
    const isThere = sandbox.files.exists(absolute(name, cwd));
    if (isThere && sandbox.files.isDirectory(absolute(name, cwd))) return `exec: "${name}": is a directory`;
    return isThere ? `exec: "${name}": permission denied` : `exec: "${name}": stat ${name}: no such file or directory`;
  }
  const loaded = loadExecutable(sandbox, path, argv, seeker);
  if (typeof loaded !== "number") return undefined;
  return `exec ${path}: ${errnoText(loaded).replace(/^./, (first) => first.toLowerCase())}`;
}

interface Opened {
  readonly id: string;
  readonly pid: number;
}

/** Starts a command as a new session. */
function open(
  sandbox: Sandbox,
  argv: readonly string[],
  options: { readonly stdin: string | undefined; readonly isOpen: boolean; readonly isTerminal: boolean },
): Opened | { readonly startError: string } {
  const { config } = sandbox.content.image;
  const { record, computer } = sandbox;
  const cwd = record.workingDir ?? config.workingDir ?? "/";
  const uid = record.user ?? config.user ?? 0;
  const failure = startFailure(sandbox, argv, cwd, uid);
  const prefix = "OCI runtime exec failed: exec failed: unable to start container process: ";
  if (failure !== undefined) return { startError: prefix + failure };
  const seeker = { cwd, uid, path: sandbox.environment["PATH"] ?? "" };
  const path = findExecutable(sandbox, argv[0] ?? "", seeker);
  const loaded = typeof path === "number" ? path : loadExecutable(sandbox, path, argv, seeker);
  if (typeof loaded === "number") return { startError: prefix + errnoText(loaded) };
  const id = `s${computer.nextSession}`;
  computer.nextSession += 1;
  const input = register(sandbox, { kind: "session", session: id, stream: "in" });
  const output = register(sandbox, { kind: "session", session: id, stream: "out" });
  const errors = options.isTerminal ? output : register(sandbox, { kind: "session", session: id, stream: "err" });
  computer.sessions[id] = {
    pid: 0,
    input: options.stdin ?? "",
    output: "",
    errors: "",
    ...(options.isOpen ? {} : { isInputClosed: true as const }),
    ...(options.isTerminal ? { isTerminal: true as const } : {}),
  };
  const env = options.isTerminal ? { ...sandbox.environment, TERM: "xterm" } : undefined;
  const pid = sandbox.spawn({
    ...loaded,
    parent: 0,
    cwd,
    uid,
    session: id,
    env,
    fds: { 0: input, 1: output, 2: errors },
  });
  for (const number of new Set([input, output, errors])) release(sandbox, number);
  if (pid === undefined) {
    delete computer.sessions[id];
    return { startError: `${prefix}fork/exec: resource temporarily unavailable` };
  }
  computer.sessions[id].pid = pid;
  return { id, pid };
}

/** Runs a command to its end; its sleeps pass at once. What never ends is killed once its steps are used up. */
export function runToEnd(
  sandbox: Sandbox,
  argv: readonly string[],
  options: { readonly stdin: string; readonly isTerminal: boolean },
): ExecResult {
  const opened = open(sandbox, argv, { stdin: options.stdin, isOpen: false, isTerminal: options.isTerminal });
  if ("startError" in opened) {
    return { stdout: "", stderr: "", exitCode: 126, elapsedMs: 0, startError: opened.startError };
  }
  const session = sandbox.computer.sessions[opened.id];
  if (session === undefined) return { stdout: "", stderr: "", exitCode: 137, elapsedMs: 0 };
  for (let fuel = LIMITS.stepsPerExec; session.exitCode === undefined && fuel > 0; ) {
    const left = sandbox.runFor(fuel);
    fuel = left - 1;
    if (session.exitCode !== undefined || sandbox.isEnded) break;
    const until = earliest(sandbox, opened.id);
    if (until === undefined && left > 0) break;
    if (until !== undefined) session.aheadMs = Math.max(session.aheadMs ?? 0, until - sandbox.world.now);
  }
  if (session.exitCode === undefined) endSession(sandbox, opened.id);
  const { output, errors, exitCode = 137, aheadMs = 0 } = session;
  delete sandbox.computer.sessions[opened.id];
  return { stdout: output, stderr: errors, exitCode, elapsedMs: aheadMs };
}

/** The earliest instant, on the session's own clock, that one of its processes waits for. */
function earliest(sandbox: Sandbox, session: string): number | undefined {
  let until: number | undefined;
  for (const process of Object.values(sandbox.look.processes)) {
    if (process.session !== session || process.exit !== undefined || process.wait?.until === undefined) continue;
    if (until === undefined || process.wait.until < until) until = process.wait.until;
  }
  return until;
}

/** Kills what is left of a session. */
function endSession(sandbox: Sandbox, id: string): void {
  for (const process of Object.values(sandbox.computer.processes)) {
    if (process.session === id) sandbox.signal(process.pid, "SIGKILL");
  }
}

/** Starts a session that lives on: `kubectl exec -it`. Input comes by feedExec, output is fetched by takeExec. */
export function startExec(
  world: World,
  id: string,
  argv: readonly string[],
  options: { readonly stdin?: boolean; readonly tty?: boolean } = {},
): { readonly session: string } | { readonly startError: string } {
  return inside(world, id, (sandbox) => {
    const opened = open(sandbox, argv, {
      stdin: undefined,
      isOpen: options.stdin === true,
      isTerminal: options.tty === true,
    });
    if ("startError" in opened) return opened;
    sandbox.run(LIMITS.stepsPerWake);
    return { session: opened.id };
  });
}

/** Runs what is due at world.now and gives the session's new output. The session "main" is the container's own. */
export function wakeExec(world: World, id: string, session: string): ExecOutput {
  return inside(world, id, (sandbox) => {
    if (!sandbox.isEnded) sandbox.run(LIMITS.stepsPerWake);
    return take(sandbox, session);
  });
}

/** Sends input to a session (typed keys, if it is a terminal); `isEnd` closes it. Gives the new output. */
export function feedExec(
  world: World,
  id: string,
  session: string,
  input: { readonly text: string; readonly isEnd?: boolean },
): ExecOutput {
  return inside(world, id, (sandbox) => {
    const open = sandbox.computer.sessions[session];
    if (open !== undefined && open.exitCode === undefined) {
      if (open.isTerminal === true) type(sandbox, session, input.text);
      else if (open.input.length + input.text.length <= LIMITS.sessionInputChars) open.input += input.text;
      else return overrun(sandbox, session);
      if (input.isEnd === true) open.isInputClosed = true;
      if (!sandbox.isEnded) sandbox.run(LIMITS.stepsPerWake);
    }
    return take(sandbox, session);
  });
}

/** A client that sends faster than its command reads: there is nothing to slow it down by, so the session ends. */
function overrun(sandbox: Sandbox, id: string): ExecOutput {
  const session = sandbox.computer.sessions[id];
  if (session !== undefined) {
    session.errors += `standard input: more than ${LIMITS.sessionInputChars} characters wait to be read\n`;
    session.input = "";
    if (id === "main") session.isInputClosed = true;
    else endSession(sandbox, id);
  }
  return take(sandbox, id);
}

/** Ends a session whose client went away: its terminal hangs up, and it is forgotten. */
export function endExec(world: World, id: string, session: string): void {
  inside(world, id, (sandbox) => {
    if (session === "main") return;
    if (sandbox.look.sessions[session]?.isTerminal === true && !sandbox.isEnded) {
      for (const process of Object.values(sandbox.computer.processes)) {
        if (process.session === session) sandbox.signal(process.pid, "SIGHUP");
      }
    }
    delete sandbox.computer.sessions[session];
  });
}

/** Turns of strain that reading a whole buffer leaves: what a client takes is paced, not stopped. */
const STRAIN_OF_READERS = 4;

const isFetched = (output: string): boolean => output.length >= LIMITS.sessionChars;

/** Hands out new output. A session that has ended is forgotten with its last output. */
function take(sandbox: Sandbox, id: string): ExecOutput {
  const session = sandbox.look.sessions[id];
  if (session === undefined) return { stdout: "", stderr: "", exitCode: 137 };
  const { output, errors, exitCode } = session;
  if (exitCode !== undefined) delete sandbox.computer.sessions[id];
  else if (output !== "" || errors !== "") {
    const own = sandbox.computer.sessions[id];
    if (own !== undefined) Object.assign(own, { output: "", errors: "" });
    // Who had to wait for a reader has not strained the machine as one who never ends.
    const { computer } = sandbox;
    if (isFetched(output)) computer.strain = Math.min(computer.strain ?? 0, STRAIN_OF_READERS);
  }
  return { stdout: output, stderr: errors, ...(exitCode === undefined ? {} : { exitCode }) };
}

/** Sequences of cursor and function keys: lines are typed and erased here, not travelled. */
const ESCAPE = "\u001b";
const ARROW_KEYS = new RegExp(`${ESCAPE}(?:\\[[0-9;]*[A-Za-z~]|O[A-Z])`, "g");
/** What ends one read at a terminal. */
const END_OF_INPUT = "\u0004";

/** The terminal's line discipline: echo, erase, interrupt, end of input. */
function type(sandbox: Sandbox, id: string, keys: string): void {
  const session = sandbox.computer.sessions[id];
  if (session === undefined) return;
  let echo = "";
  for (const key of keys.replace(ARROW_KEYS, "")) {
    const typed = session.typed ?? "";
    if (key === "\r" || key === "\n") {
      session.input += `${typed}\n`;
      session.typed = "";
      echo += "\r\n";
    } else if (key === "\u007f" || key === "\b") {
      if (typed !== "") echo += "\b \b";
      session.typed = [...typed].slice(0, -1).join("");
    } else if (key === "\u0015") {
      echo += "\b \b".repeat([...typed].length);
      session.typed = "";
    } else if (key === "\u0003") {
      session.typed = "";
      session.output += `${echo}^C\r\n`;
      echo = "";
      interrupt(sandbox, id);
    } else if (key === END_OF_INPUT) {
      session.input += typed === "" ? END_OF_INPUT : typed;
      session.typed = "";
    } else if (key === "\t" || key >= " ") {
      session.typed = typed + key;
      echo += key;
    }
  }
  session.output += echo;
}

function interrupt(sandbox: Sandbox, id: string): void {
  const members = Object.values(sandbox.computer.processes).filter(
    ({ session, pid }) => session === id || (id === "main" && pid === sandbox.firstPid),
  );
  for (const { pid } of members) sandbox.signal(pid, "SIGINT");
}
