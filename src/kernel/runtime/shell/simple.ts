/**
 * Simple commands: assignments, redirections, and the built-in, function or program that the first word names.
 *
 * Models XCU 2.9.1.
 */
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import { clearArray } from "#kernel/runtime/shell/arrays";
import type { Node } from "#kernel/runtime/shell/ast";
import { type Builtin, builtins, isSpecial } from "#kernel/runtime/shell/builtins/index";
import { builtinCommands } from "#kernel/runtime/shell/commands/index";
import { layOut } from "#kernel/runtime/shell/commands/printf";
import type { Evaluator, Outcome } from "#kernel/runtime/shell/evaluator";
import type { Assigned } from "#kernel/runtime/shell/expansion";
import { notFound } from "#kernel/runtime/shell/messages";
import type { Ready } from "#kernel/runtime/shell/redirect";
import type { Frame, Variable } from "#kernel/runtime/shell/state";
import { awaitChildren } from "#kernel/runtime/shell/waiting";

type Simple = Extract<Node, { k: "simple" }>;

/** A simple command with everything in it expanded. */
interface Expanded {
  readonly argv: string[];
  readonly assignments: readonly Assigned[];
  readonly redirections: readonly Ready[];
}

/** pc: 0 = to be run, 1 = a child runs, 2 = what it pushed has run. */
export function simple(shell: Evaluator, frame: Frame, node: Simple): Outcome {
  if (frame.pc === 2) return shell.done(shell.state.status);
  if (frame.pc === 1) {
    const statuses = awaitChildren(shell, frame);
    return Array.isArray(statuses) ? shell.done(statuses[0] ?? 0) : statuses;
  }
  shell.state.line = node.line;
  if (shell.task.isFull(1)) return { write: 1 };
  const expanded = shell.expand(frame, (expansion): Expanded => {
    const argv = expansion.fields(node.words);
    const redirections = shell.prepare(expansion, node.redirections);
    const assignments = node.assignments.flatMap((one) => expansion.assigned(one));
    return { argv, redirections, assignments };
  });
  trace(shell, expanded);
  return dispatch(shell, frame, node, expanded);
}

function dispatch(
  shell: Evaluator,
  frame: Frame,
  node: Simple,
  { argv, assignments, redirections }: Expanded,
): Outcome {
  const [name] = argv;
  const special = name !== undefined && isSpecial(name);
  if (!shell.redirect(frame, node.redirections, redirections)) {
    const status = shell.dialect === "dash" ? 2 : 1;
    return special && shell.dialect !== "bash" ? shell.fail(status === 1 ? 1 : 2) : shell.done(status);
  }
  if (name === undefined) {
    for (const { name: variable, value, isNew } of assignments) {
      if (isNew === true) clearArray(shell.variables, variable);
      else if (!shell.variables.set(variable, value)) return readOnly(shell, variable);
    }
    return shell.done(frame.status ?? 0);
  }
  const func = special ? undefined : own(shell.state.functions, name);
  const builtin = builtins[name];
  if (func !== undefined) {
    if (!hide(shell, frame, assignments)) return readOnly(shell, assignments[0]?.name ?? "");
    frame.pc = 2;
    shell.push({ k: "call", s: func[0], n: func[1], pc: 0, params: shell.state.params, hidden: {} });
    shell.state.params = argv.slice(1);
    return "on";
  }
  if (builtin !== undefined && Object.hasOwn(builtins, name)) {
    return runBuiltin(shell, frame, builtin, { argv, assignments, isSpecial: special });
  }
  if (name === "printf" && argv[1] === "-v" && shell.dialect === "bash") {
    const [, , variable = "", format = "", ...args] = argv;
    return shell.done(shell.variables.set(variable, layOut(format, args)) ? 0 : 1);
  }
  const command = builtinCommands.get(name);
  if (command !== undefined && shell.task.sandbox.content.flavor !== "none") {
    const env = assignments.length === 0 ? undefined : shell.variables.exported(asRecord(assignments));
    const status = command.step(shell.task.as(argv, env));
    return shell.process.exit === undefined ? shell.done(typeof status === "number" ? status : 0) : {};
  }
  return external(shell, frame, argv, asRecord(assignments));
}

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

const asRecord = (assignments: Expanded["assignments"]): Record<string, string> =>
  Object.fromEntries(assignments.map(({ name, value }) => [name, value]));

function readOnly(shell: Evaluator, name: string): Outcome {
  shell.say(shell.dialect === "bash" ? `${name}: readonly variable` : `${name}: is read only`);
  return shell.dialect === "bash" ? shell.done(1) : shell.fail(2);
}

/** Sets variables until the frame ends. */
function hide(shell: Evaluator, frame: Frame, assignments: Expanded["assignments"]): boolean {
  const hidden: Record<string, Variable | null> = {};
  for (const { name, value } of assignments) {
    hidden[name] = own(shell.state.variables, name) ?? null;
    if (!shell.variables.set(name, value)) return false;
    shell.variables.mark(name, { isExported: true });
  }
  if (assignments.length > 0) frame.hidden = hidden;
  return true;
}

function runBuiltin(
  shell: Evaluator,
  frame: Frame,
  builtin: Builtin,
  command: {
    readonly argv: readonly string[];
    readonly assignments: Expanded["assignments"];
    readonly isSpecial: boolean;
  },
): Outcome {
  if (command.isSpecial) {
    for (const { name, value } of command.assignments)
      if (!shell.variables.set(name, value)) return readOnly(shell, name);
  } else if (!hide(shell, frame, command.assignments)) return readOnly(shell, command.assignments[0]?.name ?? "");
  frame.pc = 2;
  const outcome = builtin(shell, command.argv, frame);
  return typeof outcome === "number" ? shell.done(outcome) : outcome;
}

function trace(shell: Evaluator, { argv, assignments }: Expanded): void {
  if (!shell.state.options.includes("x")) return;
  const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const words = [
    ...assignments.map(({ name, value }) => `${name}=${value === "" ? "" : quote(value)}`),
    ...argv.map(quote),
  ];
  shell.complain(`${shell.variables.get("PS4") ?? "+ "}${words.join(" ")}\n`);
}

function external(shell: Evaluator, frame: Frame, argv: string[], extra: Readonly<Record<string, string>>): Outcome {
  const { task } = shell;
  const env = shell.variables.exported(extra);
  const path = shell.variables.get("PATH");
  const search =
    path === undefined || path === (env ?? task.environ())["PATH"] ? env : { ...(env ?? task.environ()), PATH: path };
  if (canBecome(shell)) {
    const failure = task.replace(argv, search);
    if (failure === 0) return "replaced";
    if (failure === ERRNO.ENOEXEC) return task.replace(["sh", ...argv], search) === 0 ? "replaced" : shell.done(126);
    return missing(shell, argv[0] ?? "", failure);
  }
  const options = { env: search, fds: shell.fds(), isWaited: true, ignored: shell.ignored };
  let pid = task.launch(argv, options);
  if (pid === -ERRNO.ENOEXEC) pid = task.launch(["sh", ...argv], options);
  if (pid < 0) return missing(shell, argv[0] ?? "", -pid);
  frame.pids = [pid];
  frame.pc = 1;
  return "on";
}

function missing(shell: Evaluator, name: string, errno: number): Outcome {
  if (errno === ERRNO.EAGAIN) {
    shell.say("can't fork: Resource temporarily unavailable");
    return shell.fail(2);
  }
  const isMissing = errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR;
  const why = errno === ERRNO.EACCES && shell.dialect === "bash" && shell.task.files.isDirectory(shell.task.path(name));
  shell.say(isMissing ? notFound(shell.dialect, name) : `${name}: ${why ? "Is a directory" : errnoText(errno)}`);
  return shell.done(isMissing ? 127 : 126);
}

/** Whether the command is the last the shell has to do, so that it can take the shell's place. */
function canBecome(shell: Evaluator): boolean {
  const { state } = shell;
  if (state.isTransient !== true || Object.values(state.traps).some((command) => command !== "")) return false;
  if (state.jobs.length > 0) return false;
  return state.frames.slice(0, -1).every((frame) => {
    if (frame.k === "script") {
      const { commands, fault } = shell.script(frame.s);
      return frame.end === "main" && frame.pc >= commands.length && fault === undefined;
    }
    if (frame.k !== "node") return false;
    const node = shell.node(frame.s, frame.n);
    if (node.k === "list") return frame.pc >= node.items.length;
    if (node.k === "andor") return frame.pc > node.rest.length;
    return node.k === "group" || (node.k === "if" && frame.pc === -1);
  });
}
