/**
 * Compound commands: lists, pipelines, groups, conditions, loops, cases, function definitions.
 *
 * Models XCU 2.9.
 */
import { openPipe, register, release } from "#kernel/runtime/process/open-files";
import { setArray } from "#kernel/runtime/shell/arrays";
import type { Node } from "#kernel/runtime/shell/ast";
import { condition } from "#kernel/runtime/shell/condition";
import type { Evaluator, Outcome } from "#kernel/runtime/shell/evaluator";
import { matches } from "#kernel/runtime/shell/pattern";
import type { Frame } from "#kernel/runtime/shell/state";
import { awaitChildren } from "#kernel/runtime/shell/waiting";

type Kind<K extends Node["k"]> = Node & { k: K };

/** One step of a compound command. */
export function compound(shell: Evaluator, frame: Frame, node: Node): Outcome {
  switch (node.k) {
    case "list":
      return list(shell, frame, node);
    case "andor":
      return andOr(shell, frame, node);
    case "pipeline":
      return pipeline(shell, frame, node);
    case "function":
      shell.state.functions[node.name] = [frame.s, node.body];
      return shell.pop(0);
    case "simple":
      return shell.pop(0);
    default:
      if (frame.saved === undefined && node.redirections.length > 0) {
        if (!shell.redirect(frame, node.redirections)) return shell.done(shell.dialect === "dash" ? 2 : 1);
        delete frame.outputs;
      }
      return redirected(shell, frame, node);
  }
}

function redirected(
  shell: Evaluator,
  frame: Frame,
  node: Exclude<Node, Kind<"list" | "andor" | "pipeline" | "function" | "simple">>,
): Outcome {
  switch (node.k) {
    case "group":
      if (frame.pc > 0) return shell.pop(shell.state.status);
      frame.pc = 1;
      return shell.child(frame, node.body);
    case "subshell":
      return subshell(shell, frame, node);
    case "if":
      return ifClause(shell, frame, node);
    case "while":
      return whileLoop(shell, frame, node);
    case "for":
      return forLoop(shell, frame, node);
    case "loop":
      return countingLoop(shell, frame, node);
    case "case":
      return caseClause(shell, frame, node);
    case "arithmetic":
      return shell.done(shell.expand(frame, (expansion) => expansion.arithmetic(node.parts)) === 0n ? 1 : 0);
    default:
      return shell.done(shell.expand(frame, (expansion) => condition(shell, expansion, node.words)));
  }
}

function list(shell: Evaluator, frame: Frame, node: Kind<"list">): Outcome {
  const item = node.items[frame.pc];
  if (item === undefined) return shell.pop(node.items.length === 0 ? 0 : shell.state.status);
  frame.pc += 1;
  if (item.isAsync !== true) return shell.child(frame, item.node);
  return background(shell, frame, item.node);
}

/** `command &` */
function background(shell: Evaluator, frame: Frame, n: number): Outcome {
  const { sandbox } = shell.task;
  const fds = shell.fds();
  const isQuiet = shell.state.isInteractive !== true;
  const input = isQuiet ? register(sandbox, { kind: "null" }) : undefined;
  const pid = shell.fork(frame.s, n, { fds: input === undefined ? fds : { ...fds, 0: input } });
  if (input !== undefined) release(sandbox, input);
  if (pid === undefined) {
    shell.say("can't fork: Resource temporarily unavailable");
    return shell.fail(2);
  }
  const { state } = shell;
  state.lastJob = pid;
  const id = Math.max(0, ...state.jobs.map((job) => job.id)) + 1;
  state.jobs = [...state.jobs.slice(-JOBS_KEPT), { id, pids: [pid], text: textOf(shell, frame.s, n) }];
  state.status = 0;
  return "on";
}

/** Jobs of which a shell knows how they ended. */
const JOBS_KEPT = 64;

/** A command as `jobs` shows it. */
function textOf(shell: Evaluator, s: number, n: number): string {
  const node = shell.node(s, n);
  if (node.k !== "simple") return node.k;
  return node.words.map((word) => word.map((part) => (part.t === "text" ? part.v : "...")).join("")).join(" ");
}

function andOr(shell: Evaluator, frame: Frame, node: Kind<"andor">): Outcome {
  if (frame.pc === 0) {
    frame.pc = 1;
    return shell.child(frame, node.first, true);
  }
  for (;;) {
    const next = node.rest[frame.pc - 1];
    if (next === undefined) return shell.pop(shell.state.status);
    frame.pc += 1;
    if ((next.op === "&&") === (shell.state.status === 0)) {
      return shell.child(frame, next.node, frame.pc <= node.rest.length);
    }
  }
}

function pipeline(shell: Evaluator, frame: Frame, node: Kind<"pipeline">): Outcome {
  const [only] = node.items;
  if (node.items.length === 1 && only !== undefined) {
    if (frame.pc === 0) {
      frame.pc = 1;
      return shell.child(frame, only, node.isNegated);
    }
    return shell.pop(node.isNegated ? Number(shell.state.status === 0) : shell.state.status);
  }
  if (frame.pids === undefined) {
    const pids = startPipeline(shell, frame, node.items);
    if (pids === undefined) return shell.fail(2);
    frame.pids = pids;
  }
  const statuses = awaitChildren(shell, frame);
  if (!Array.isArray(statuses)) return statuses;
  if (shell.dialect === "bash") setArray(shell.variables, "PIPESTATUS", statuses.map(String));
  const failed = statuses.findLast((status) => status !== 0) ?? 0;
  const status = shell.state.options.includes("P") ? failed : (statuses.at(-1) ?? 0);
  return node.isNegated ? shell.pop(Number(status === 0)) : shell.done(status);
}

function startPipeline(shell: Evaluator, frame: Frame, items: readonly number[]): number[] | undefined {
  const { sandbox } = shell.task;
  const pids: number[] = [];
  let input: number | undefined;
  for (const [n, item] of items.entries()) {
    const pipe = n < items.length - 1 ? openPipe(sandbox) : undefined;
    const fds = shell.fds();
    if (input !== undefined) fds[0] = input;
    if (pipe !== undefined) fds[1] = pipe.write;
    const pid = shell.fork(frame.s, item, { fds });
    if (input !== undefined) release(sandbox, input);
    if (pipe !== undefined) release(sandbox, pipe.write);
    input = pipe?.read;
    if (pid === undefined) {
      if (input !== undefined) release(sandbox, input);
      shell.say("can't fork: Resource temporarily unavailable");
      return undefined;
    }
    pids.push(pid);
  }
  return pids;
}

function subshell(shell: Evaluator, frame: Frame, node: Kind<"subshell">): Outcome {
  if (frame.pids === undefined) {
    const pid = shell.fork(frame.s, node.body);
    if (pid === undefined) {
      shell.say("can't fork: Resource temporarily unavailable");
      return shell.fail(2);
    }
    frame.pids = [pid];
  }
  const statuses = awaitChildren(shell, frame);
  return Array.isArray(statuses) ? shell.done(statuses[0] ?? 0) : statuses;
}

/** pc: even = the test of clause pc/2 comes, odd = it has run, -1 = the body has run. */
function ifClause(shell: Evaluator, frame: Frame, node: Kind<"if">): Outcome {
  if (frame.pc < 0) return shell.pop(shell.state.status);
  if (frame.pc % 2 === 1) {
    const clause = node.clauses[(frame.pc - 1) / 2];
    if (shell.state.status === 0 && clause !== undefined) {
      frame.pc = -1;
      return shell.child(frame, clause.body);
    }
    frame.pc += 1;
  }
  const clause = node.clauses[frame.pc / 2];
  if (clause !== undefined) {
    frame.pc += 1;
    return shell.child(frame, clause.test, true);
  }
  if (node.otherwise === undefined) return shell.pop(0);
  frame.pc = -1;
  return shell.child(frame, node.otherwise);
}

/** pc: 0 = the test comes, 1 = it has run. `status` is that of the last round. */
function whileLoop(shell: Evaluator, frame: Frame, node: Kind<"while">): Outcome {
  if (frame.pc === 2) {
    frame.status = shell.state.status;
    frame.pc = 0;
  }
  if (frame.pc === 0) {
    frame.pc = 1;
    return shell.child(frame, node.test, true);
  }
  if ((shell.state.status === 0) === node.isUntil) return shell.pop(frame.status ?? 0);
  frame.pc = 2;
  return shell.child(frame, node.body);
}

function forLoop(shell: Evaluator, frame: Frame, node: Kind<"for">): Outcome {
  const { words } = node;
  frame.words ??=
    words === undefined ? [...shell.state.params] : shell.expand(frame, (expansion) => expansion.fields(words));
  const word = frame.words[frame.pc];
  if (word === undefined) return shell.pop(frame.words.length === 0 ? 0 : shell.state.status);
  frame.pc += 1;
  if (!shell.variables.set(node.name, word)) {
    shell.say(`${node.name}: is read only`);
    return shell.fail(2);
  }
  return shell.child(frame, node.body);
}

/** pc: 0 = before the first round, 1 = after a round. */
function countingLoop(shell: Evaluator, frame: Frame, node: Kind<"loop">): Outcome {
  shell.expand(frame, (expansion) => expansion.arithmetic(frame.pc === 0 ? node.start : node.next));
  frame.pc = 1;
  const isEndless = node.test.length === 0;
  if (!isEndless && shell.expand(frame, (expansion) => expansion.arithmetic(node.test)) === 0n) {
    return shell.pop(shell.state.status);
  }
  return shell.child(frame, node.body);
}

/** pc: 0 = to be matched, -1 = done, n = the body of item n-1 has run and falls through. */
function caseClause(shell: Evaluator, frame: Frame, node: Kind<"case">): Outcome {
  if (frame.pc < 0) return shell.pop(shell.state.status);
  let n = frame.pc;
  if (n === 0) {
    n = shell.expand(frame, (expansion) => {
      const text = expansion.text(node.word);
      return node.items.findIndex(({ patterns }) => patterns.some((word) => matches(expansion.pattern(word), text)));
    });
  }
  const item = node.items[n];
  if (n < 0 || item === undefined) return shell.pop(0);
  frame.pc = item.falls === true ? n + 1 : -1;
  return shell.child(frame, item.body);
}
