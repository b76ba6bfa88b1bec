/**
 * The evaluator of scripts: a machine whose stack is data, so that a script goes on after its cluster has slept.
 *
 * Each frame of the stack is a node of the syntax tree and how far it has come; a step looks at the top frame, and
 * either pushes the next part of it, or ends it with a status, or says what it waits for.
 */
import { findExecutable } from "#kernel/runtime/process/executable";
import { closeFd, openPipe, release } from "#kernel/runtime/process/open-files";
import type { Process } from "#kernel/runtime/process/process";
import type { Step, Wait } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Node, Redirection, Script, Word } from "#kernel/runtime/shell/ast";
import { builtins, isSpecial } from "#kernel/runtime/shell/builtins/index";
import { builtinCommands } from "#kernel/runtime/shell/commands/index";
import { compound } from "#kernel/runtime/shell/compound";
import { Expansion, ExpansionFault, NeedsCommand } from "#kernel/runtime/shell/expansion";
import { type Dialect, prefix, syntaxError } from "#kernel/runtime/shell/messages";
import { parseScript } from "#kernel/runtime/shell/parser";
import { type Ready, redirect, restore } from "#kernel/runtime/shell/redirect";
import { simple } from "#kernel/runtime/shell/simple";
import type { Frame, ShellState } from "#kernel/runtime/shell/state";
import { Variables } from "#kernel/runtime/shell/variables";
import { runInput, runRead, runWait } from "#kernel/runtime/shell/waiting";
import { must } from "#kernel/sim/assert";
import { clone } from "#kernel/sim/clone";
import { LIMITS } from "#kernel/sim/limits";

const RESERVED = "! { } case do done elif else esac fi for if in then until while".split(" ");

/** A frame goes on, the process waits, or it has become another program. */
export type Outcome = "on" | "replaced" | Wait;

/** Frames of one shell: deeper recursion ends as a stack overflow does. */
const FRAMES = 1_000;
/** Descriptors from here on are the shell's own. */
const OWN_FD = 1_000;

export class Evaluator {
  readonly variables: Variables;

  constructor(
    readonly task: Task<ShellState>,
    readonly state: ShellState,
  ) {
    this.variables = new Variables(task, state);
  }

  get process(): Process {
    return must(this.task.sandbox.computer.processes[this.task.pid], "a running shell has a process");
  }

  get dialect(): Dialect {
    if (this.state.isBash === true) return "bash";
    return this.task.sandbox.content.flavor === "gnu" ? "dash" : "ash";
  }

  /** Runs until the slice is used up, the script waits, or the shell ends. */
  step(): Step {
    for (;;) {
      if (this.task.isOver) return {};
      const frame = this.state.frames.at(-1);
      if (this.#startTrap(frame)) continue;
      if (frame === undefined) {
        const code = this.#finish();
        if (code !== undefined) return code;
        continue;
      }
      if (this.state.frames.length > FRAMES) {
        this.complain("Segmentation fault\n");
        return 139;
      }
      if (!this.task.spend(1)) return undefined;
      const outcome = this.#advance(frame);
      if (outcome === "on") continue;
      return outcome === "replaced" ? undefined : outcome;
    }
  }

  #advance(frame: Frame): Outcome {
    switch (frame.k) {
      case "node":
        return this.#node(frame);
      case "script":
      case "trap":
        return this.#script(frame);
      case "input":
        return runInput(this, frame);
      case "wait":
        return runWait(this, frame);
      case "read":
        return runRead(this, frame);
      default:
        if (frame.pc === 0) {
          frame.pc = 1;
          this.push({ k: "node", s: frame.s, n: frame.n, pc: 0 });
          return "on";
        }
        return this.pop(this.state.status);
    }
  }

  #node(frame: Frame): Outcome {
    const collected = this.#collect(frame);
    if (collected !== undefined) return collected;
    try {
      const node = this.node(frame.s, frame.n);
      return node.k === "simple" ? simple(this, frame, node) : compound(this, frame, node);
    } catch (thrown) {
      if (thrown instanceof NeedsCommand) return this.#substitute(frame, thrown.node);
      if (!(thrown instanceof ExpansionFault)) throw thrown;
      this.say(thrown.message);
      return this.fail(this.dialect === "bash" ? 1 : 2);
    }
  }

  /** The next complete command of a script. */
  #script(frame: Frame): Outcome {
    const script = this.script(frame.s);
    const command = script.commands[frame.pc];
    if (command !== undefined) {
      frame.pc += 1;
      this.push({ k: "node", s: frame.s, n: command.node, pc: 0 });
      return "on";
    }
    if (script.fault !== undefined) {
      this.state.line = script.fault.line;
      this.say(syntaxError(this.dialect, script.fault));
      return this.fail(2);
    }
    return this.pop(frame.k === "trap" ? (frame.status ?? 0) : this.state.status);
  }

  script(s: number): Script {
    return parseScript(this.state.scripts[s] ?? "", this.state.isBash === true, this.dialect !== "dash");
  }

  node(s: number, n: number): Node {
    return must(this.script(s).nodes[n], "a frame's node is in its script");
  }

  /** Keeps a text to run; forgets texts nothing leads to any more. */
  addScript(text: string): number {
    const { state } = this;
    if (Object.keys(state.scripts).length > 24) {
      const used = new Set([...state.frames.map(({ s }) => s), ...Object.values(state.functions).map(([s]) => s)]);
      for (const s of Object.keys(state.scripts)) if (!used.has(Number(s))) delete state.scripts[s];
    }
    const s = state.nextScript;
    state.nextScript += 1;
    state.scripts[s] = text;
    return s;
  }

  push(frame: Frame): void {
    this.state.frames.push(frame);
  }

  /** Runs a part of a node before going on with it. */
  child(frame: Frame, n: number, isTest = false): Outcome {
    this.push({ k: "node", s: frame.s, n, pc: 0, ...(isTest ? { isTest: true as const } : {}) });
    return "on";
  }

  /** Ends the top frame: its redirections, locals and arguments are undone. */
  pop(status: number): Outcome {
    const frame = this.state.frames.pop();
    if (frame !== undefined) this.#undo(frame);
    this.state.status = status;
    return "on";
  }

  #undo(frame: Frame): void {
    if (frame.saved !== undefined) restore(this.task.sandbox, this.process, frame.saved);
    if (frame.running !== undefined) closeFd(this.task.sandbox, this.process, frame.running.fd);
    if (frame.params !== undefined) this.state.params = frame.params;
    for (const [name, old] of Object.entries(frame.hidden ?? {})) {
      if (old === null) delete this.state.variables[name];
      else this.state.variables[name] = old;
    }
  }

  /** Ends a command: with `set -e` a failure ends the shell, unless it was a test. */
  done(status: number): Outcome {
    const isFatal = status !== 0 && this.state.options.includes("e") && !this.isTested;
    this.pop(status);
    return isFatal ? this.exit(status) : "on";
  }

  get isTested(): boolean {
    return this.state.frames.some(({ isTest }) => isTest === true);
  }

  /** Ends frames down to the first that `stops`, which stays. False if there is none. */
  unwind(stops: (frame: Frame) => boolean): boolean {
    if (!this.state.frames.some(stops)) return false;
    for (let top = this.state.frames.at(-1); top !== undefined && !stops(top); top = this.state.frames.at(-1)) {
      this.pop(this.state.status);
    }
    return true;
  }

  /** An error that a script does not survive; at a terminal only the line is given up. */
  fail(status: number): Outcome {
    this.state.status = status;
    if (this.state.isInteractive === true && this.unwind(({ k }) => k === "input")) return "on";
    return this.exit(status);
  }

  /** Ends the shell, after its EXIT trap. */
  exit(status: number): Outcome {
    this.unwind(() => false);
    while (this.state.frames.length > 0) this.pop(status);
    this.state.status = status;
    return "on";
  }

  /** What is left to do when nothing is on the stack: the EXIT trap, then the end. */
  #finish(): number | undefined {
    const { state } = this;
    const command = state.traps["EXIT"];
    if (state.isEnding === true || command === undefined || command === "") return state.status;
    state.isEnding = true;
    this.push({ k: "trap", s: this.addScript(command), n: 0, pc: 0, status: state.status });
    return undefined;
  }

  /** Begins the trap of a signal that came; a command that runs in the foreground is waited for first. */
  #startTrap(frame: Frame | undefined): boolean {
    const { state } = this;
    const [signal, ...rest] = state.pending ?? [];
    if (signal === undefined || frame?.pids !== undefined || frame?.running !== undefined) {
      if (frame?.k !== "wait" || signal === undefined) return false;
    }
    state.pending = rest;
    if (rest.length === 0) delete state.pending;
    const command = state.traps[signal ?? ""];
    if (signal === "INT" && command === undefined && state.isInteractive === true) {
      state.status = 130;
      return this.unwind(({ k }) => k === "input");
    }
    if (command === undefined || command === "") return true;
    if (frame?.k === "wait") this.pop(128 + (frame.isInterrupted ?? 15));
    this.push({ k: "trap", s: this.addScript(command), n: 0, pc: 0, status: state.status });
    return true;
  }

  /** An expansion for a frame, with the outputs its commands gave so far. */
  expand<T>(frame: Frame, act: (expansion: Expansion) => T): T {
    this.variables.begin();
    let isWhole = false;
    try {
      const result = act(new Expansion(this.variables, frame.outputs ?? []));
      isWhole = true;
      return result;
    } finally {
      this.variables.finish(isWhole);
    }
  }

  /** Starts the command of a `$( )`. */
  #substitute(frame: Frame, node: number): Outcome {
    const { sandbox } = this.task;
    const pipe = openPipe(sandbox);
    const pid = this.fork(frame.s, node, { fds: { ...this.fds(), 1: pipe.write } });
    release(sandbox, pipe.write);
    if (pid === undefined) {
      release(sandbox, pipe.read);
      this.say("can't fork: Resource temporarily unavailable");
      return this.fail(2);
    }
    const fd = OWN_FD + pipe.read;
    this.process.fds[fd] = pipe.read;
    frame.running = { pid, fd, text: "" };
    return "on";
  }

  /** Collects the output of a `$( )`; gives what to wait for while there is more to come. */
  #collect(frame: Frame): Outcome | undefined {
    const { running } = frame;
    if (running === undefined) return undefined;
    for (;;) {
      const text = this.task.read(running.fd);
      if (text === undefined) return { read: running.fd };
      if (text === "") break;
      running.text += text;
      if (running.text.length > LIMITS.textHeldChars && !this.task.holdMemory(Number.MAX_SAFE_INTEGER)) return {};
    }
    const end = this.task.reap(running.pid);
    if (end === undefined && this.task.sandbox.look.processes[running.pid] !== undefined) return { child: running.pid };
    closeFd(this.task.sandbox, this.process, running.fd);
    delete frame.running;
    frame.outputs = [...(frame.outputs ?? []), running.text];
    frame.status = end?.code ?? 0;
    this.state.status = frame.status;
    return undefined;
  }

  /** The descriptors a child gets. */
  fds(): Record<string, number> {
    const fds: Record<string, number> = {};
    for (const [fd, number] of Object.entries(this.process.fds)) if (Number(fd) < OWN_FD) fds[fd] = number;
    return fds;
  }

  /** A copy of the shell that runs one node: its pid, or undefined if there are too many processes. */
  fork(
    s: number,
    n: number,
    options: { readonly fds?: Readonly<Record<string, number>>; readonly group?: number | undefined } = {},
  ): number | undefined {
    const { frames: _, pending: __, jobs: ___, scripts, functions, traps, ...rest } = this.state;
    const used = new Set([s, ...Object.values(functions).map(([script]) => script)]);
    const state: ShellState = {
      ...clone(rest),
      functions: { ...functions },
      scripts: Object.fromEntries(Object.entries(scripts).filter(([id]) => used.has(Number(id)))),
      traps: Object.fromEntries(Object.entries(traps).filter(([, command]) => command === "")),
      jobs: [],
      frames: [{ k: "node", s, n, pc: 0 }],
      isSubshell: true,
      isTransient: true,
      options: this.isTested ? rest.options.replace("e", "") : rest.options,
    };
    delete state.isInteractive;
    const { argv, cwd, uid, session, env, group } = this.process;
    return this.task.sandbox.spawn({
      argv,
      program: "sh",
      parent: this.task.pid,
      cwd,
      uid,
      session,
      env,
      state,
      fds: options.fds ?? this.fds(),
      group: options.group ?? group,
      ignored: this.ignored,
      isWaited: true,
    });
  }

  /** Signals a child ignores because the shell does. */
  get ignored(): string[] {
    return Object.entries(this.state.traps)
      .filter(([name, command]) => command === "" && name !== "EXIT")
      .map(([name]) => `SIG${name}`);
  }

  /** Makes the redirections of a frame, to be undone with it; false (and said) if one fails. */
  redirect(frame: Frame, redirections: readonly Redirection[], ready?: readonly Ready[]): boolean {
    if (redirections.length === 0) return true;
    const expanded = ready ?? this.expand(frame, (expansion) => this.prepare(expansion, redirections));
    frame.saved = {};
    const failure = redirect(this.task.sandbox, this.process, expanded, {
      dialect: this.dialect,
      saved: frame.saved,
      isNoClobber: this.state.options.includes("C"),
    });
    if (failure !== undefined) this.say(failure);
    return failure === undefined;
  }

  /** Redirections with their words expanded. */
  prepare(expansion: Expansion, redirections: readonly Redirection[]): Ready[] {
    return redirections.map((redirection) => ({ redirection, text: expansion.text(redirection.word as Word) }));
  }

  /** What a name stands for, as `type` says it; undefined if nothing. */
  whatIs(name: string): { text: string; path?: string } | undefined {
    if (RESERVED.includes(name)) return { text: "a shell keyword" };
    if (Object.hasOwn(this.state.functions, name))
      return { text: this.dialect === "dash" ? "a shell function" : "a function" };
    if (isSpecial(name) && this.dialect !== "bash") return { text: "a special shell builtin" };
    if (Object.hasOwn(builtins, name) || builtinCommands.has(name)) return { text: "a shell builtin" };
    const path = findExecutable(this.task.sandbox, name, {
      cwd: this.task.cwd,
      uid: this.task.uid,
      path: this.variables.get("PATH") ?? "",
    });
    return typeof path === "number" ? undefined : { text: path, path };
  }

  /** A message of the shell, or of a built-in. */
  say(message: string, command?: string): void {
    const { name, line, isInteractive } = this.state;
    const isFile =
      this.state.frames[0]?.k === "script" && this.process.argv[1] !== "-c" && this.process.argv.length > 1;
    const place = { name, line, isFile, isInteractive: isInteractive === true };
    this.complain(`${prefix(this.dialect, place, command)}${message}\n`);
  }

  complain(text: string): void {
    this.task.complain(text);
  }
}
