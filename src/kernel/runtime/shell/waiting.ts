/**
 * What a shell waits for: children in the foreground, `wait`, `read`, and its own script when it is typed or piped in.
 */

import type { Wait } from "#kernel/runtime/process/program";
import { signalText } from "#kernel/runtime/process/signals";
import { setArray } from "#kernel/runtime/shell/arrays";
import type { Evaluator, Outcome } from "#kernel/runtime/shell/evaluator";
import { Fields } from "#kernel/runtime/shell/fields";
import { parseScript } from "#kernel/runtime/shell/parser";
import type { Frame } from "#kernel/runtime/shell/state";

/** The statuses of a frame's children once all have ended, or what to wait for. */
export function awaitChildren(shell: Evaluator, frame: Frame): number[] | Wait {
  const pids = frame.pids ?? [];
  frame.statuses ??= pids.map(() => -1);
  for (const [n, pid] of pids.entries()) {
    if (frame.statuses[n] !== -1) continue;
    const end = shell.task.reap(pid);
    if (end === undefined) {
      if (shell.task.sandbox.look.processes[pid] !== undefined) return { child: pid };
      frame.statuses[n] = 127;
      continue;
    }
    frame.statuses[n] = end.code;
    const text = end.signal === undefined ? undefined : signalText(end.signal);
    if (text !== undefined && n === pids.length - 1) shell.complain(`${text}\n`);
  }
  const { statuses } = frame;
  delete frame.pids;
  delete frame.statuses;
  return statuses;
}

/** A script that comes line by line: from a terminal, a pipe or a file on standard input. */
export function runInput(shell: Evaluator, frame: Frame): Outcome {
  if (frame.isOver === true) return shell.pop(shell.state.status);
  const buffer = frame.buffer ?? "";
  if (shell.state.isInteractive === true && frame.pc === 0)
    shell.complain(prompt(shell, buffer === "" ? "PS1" : "PS2"));
  frame.pc = 1;
  const line = shell.task.readLine(0);
  if (line === undefined) return { line: 0 };
  const text = buffer + line;
  const script = parseScript(text, shell.state.isBash === true, shell.dialect !== "dash");
  const needsMore = script.isOpen === true || script.fault?.isIncomplete === true || text.endsWith("\\\n");
  frame.pc = 0;
  if (line !== "" && needsMore) {
    frame.buffer = text;
    return "on";
  }
  delete frame.buffer;
  if (line === "") frame.isOver = true;
  if (text === "") {
    if (shell.state.isInteractive === true) shell.complain(shell.dialect === "bash" ? "exit\n" : "\n");
    return "on";
  }
  shell.push({ k: "script", s: shell.addScript(text), n: 0, pc: 0, end: "eval" });
  return "on";
}

function prompt(shell: Evaluator, name: "PS1" | "PS2"): string {
  const { task, variables } = shell;
  const own = variables.get(name);
  if (name === "PS2") return own ?? "> ";
  const sign = task.uid === 0 ? "#" : "$";
  const home = variables.get("HOME") ?? "";
  const place =
    home !== "/" && (task.cwd === home || task.cwd.startsWith(`${home}/`))
      ? `~${task.cwd.slice(home.length)}`
      : task.cwd;
  const user = task.uid === 0 ? "root" : "I have no name!";
  if (own === undefined) {
    if (shell.dialect === "ash") return `${place} ${sign} `;
    return shell.dialect === "dash" ? `${sign} ` : `${user}@${task.record.hostname}:${place}${sign} `;
  }
  return own.replace(/\\([wWuhH$])/g, (_, code: string) => {
    if (code === "w") return place;
    if (code === "W") return place.slice(place.lastIndexOf("/") + 1) || "/";
    if (code === "u") return user;
    return code === "$" ? sign : task.record.hostname;
  });
}

/** `wait`: for the jobs named, or all. A signal with a trap ends it. */
export function runWait(shell: Evaluator, frame: Frame): Outcome {
  const { task, state } = shell;
  const wanted = frame.argv ?? [];
  for (;;) {
    const end = task.reap("any");
    if (end === undefined) break;
    state.jobs = state.jobs.map((job) => (job.pids.includes(end.pid) ? { ...job, status: end.code } : job));
  }
  const running = state.jobs.filter(({ status }) => status === undefined);
  const left = wanted.length === 0 ? running : running.filter((job) => wanted.includes(String(job.pids.at(-1))));
  const alive = left.filter((job) => job.pids.some((pid) => task.sandbox.look.processes[pid] !== undefined));
  if (alive.length > 0) return { child: "any" };
  const last = wanted.at(-1);
  const job = last === undefined ? undefined : state.jobs.find(({ pids }) => String(pids.at(-1)) === last);
  // How others ended is asked for later, maybe.
  state.jobs = last === undefined ? [] : state.jobs.filter((one) => one !== job);
  return shell.pop(last === undefined ? 0 : (job?.status ?? 127));
}

/** `read`: one line into variables. */
export function runRead(shell: Evaluator, frame: Frame): Outcome {
  const { task, variables } = shell;
  const [isRaw = "", delimiter = "\n", count = "", ...names] = frame.argv ?? [];
  const fd = frame.n;
  let text = frame.buffer ?? "";
  for (;;) {
    const line =
      count === "" && delimiter === "\n"
        ? task.readLine(fd)
        : task.readUntil(fd, delimiter, count === "" ? Number.NaN : Number(count) - text.length);
    if (line === undefined) {
      if (text !== "") frame.buffer = text;
      if (frame.until !== undefined && frame.until <= task.now) return finish(shell, frame, text, names, 142);
      const wait = count === "" && delimiter === "\n" ? { line: fd } : { read: fd };
      return frame.until === undefined ? wait : { ...wait, until: frame.until };
    }
    text += line;
    if (line === "") return finish(shell, frame, text, names, 1);
    const isWhole = text.endsWith(delimiter) || (count !== "" && text.length >= Number(count));
    if (!isWhole) continue;
    if (!isRaw.includes("r") && /(^|[^\\])(\\\\)*\\\n$/.test(text)) {
      text = text.slice(0, -2);
      continue;
    }
    const body = text.endsWith(delimiter) ? text.slice(0, -delimiter.length) : text;
    return finish(shell, frame, isRaw.includes("r") ? body : unescaped(body), names, 0);
  }
  function unescaped(body: string): string {
    return body.replace(/\\(.)/gs, "$1");
  }
  function finish(to: Evaluator, _: Frame, value: string, into: readonly string[], status: number): Outcome {
    const separators = variables.get("IFS") ?? " \t\n";
    if (isRaw.includes("m")) {
      const lines = value.match(/[^\n]*\n|[^\n]+$/g) ?? [];
      const kept = isRaw.includes("t") ? lines.map((line) => line.replace(/\n$/, "")) : lines;
      return to.pop(setArray(variables, into[0] ?? "MAPFILE", kept) ? 0 : 1);
    }
    if (isRaw.includes("a")) {
      const fields = new Fields(separators);
      fields.expanded(value);
      const isSet = setArray(
        variables,
        into[0] ?? "",
        fields.finish().map(({ text: one }) => one),
      );
      return to.pop(isSet ? status : 1);
    }
    const failed = assign(to, value, into.length === 0 ? ["REPLY"] : into, separators);
    return to.pop(failed ? 1 : status);
  }
}

/** Splits a line among variables; the last takes the rest. */
function assign(shell: Evaluator, line: string, names: readonly string[], separators: string): boolean {
  const blanks = [...separators].filter((char) => " \t\n".includes(char)).join("");
  const isBlank = (char: string | undefined): boolean => char !== undefined && blanks.includes(char);
  let at = 0;
  let failed = false;
  while (isBlank(line[at])) at += 1;
  for (const [n, name] of names.entries()) {
    let value: string;
    if (n === names.length - 1) {
      let end = line.length;
      while (end > at && isBlank(line[end - 1])) end -= 1;
      value = line.slice(at, end);
      // One separator at the very end closes the last field, it does not belong to it.
      const last = value.at(-1);
      if (
        last !== undefined &&
        separators.includes(last) &&
        ![...value.slice(0, -1)].some((c) => separators.includes(c))
      ) {
        value = value.slice(0, -1);
      }
    } else {
      const start = at;
      while (at < line.length && !separators.includes(line[at] ?? "")) at += 1;
      value = line.slice(start, at);
      while (isBlank(line[at])) at += 1;
      if (at < line.length && separators.includes(line[at] ?? "") && !isBlank(line[at])) at += 1;
      while (isBlank(line[at])) at += 1;
    }
    if (!shell.variables.set(name, value)) failed = true;
  }
  return failed;
}
