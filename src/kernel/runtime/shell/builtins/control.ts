/**
 * Built-ins that change where a script goes on: break, continue, return, exit, eval, `.`, exec, trap, command.
 *
 * Models XCU 2.14.
 */
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import { signalNamed } from "#kernel/runtime/process/signals";
import type { Builtin } from "#kernel/runtime/shell/builtins/builtin";
import type { Evaluator } from "#kernel/runtime/shell/evaluator";
import { cannotOpen, notFound } from "#kernel/runtime/shell/messages";
import { keep } from "#kernel/runtime/shell/redirect";
import type { Frame } from "#kernel/runtime/shell/state";

function isLoop(shell: Evaluator, frame: Frame): boolean {
  return frame.k === "node" && ["while", "for", "loop"].includes(shell.node(frame.s, frame.n).k);
}

/** Ends frames down to the n-th loop around; loops outside of the function do not count. */
function toLoop(shell: Evaluator, count: number): Frame | undefined {
  const { frames } = shell.state;
  let left = count;
  let found: Frame | undefined;
  for (let n = frames.length - 1; n >= 0 && left > 0; n -= 1) {
    const frame = frames[n];
    if (frame === undefined || frame.k === "call") break;
    if (!isLoop(shell, frame)) continue;
    found = frame;
    left -= 1;
  }
  if (found !== undefined) shell.unwind((frame) => frame === found);
  return found;
}

function level(argv: readonly string[]): number {
  const count = Number(argv[1] ?? "1");
  return Number.isInteger(count) && count > 0 ? count : 1;
}

/** `break [n]`: leaves n loops. */
export const breakLoop: Builtin = (shell, argv) => {
  const loop = toLoop(shell, level(argv));
  return loop === undefined ? 0 : shell.pop(0);
};

/** `continue [n]`: the next round of the n-th loop around. */
export const continueLoop: Builtin = (shell, argv) => {
  const loop = toLoop(shell, level(argv));
  if (loop === undefined) return 0;
  shell.state.status = 0;
  return "on";
};

/** `return [status]`: leaves a function or a sourced script. */
export const returnFrom: Builtin = (shell, argv) => {
  const status = argv[1] === undefined ? shell.state.status : Number(argv[1]) & 0xff;
  const ends = (frame: Frame): boolean => frame.k === "call" || (frame.k === "script" && frame.end === "dot");
  if (!shell.unwind(ends)) return shell.exit(status);
  return shell.pop(status);
};

/** `exit [status]`: ends the shell; within a trap the status is that of before. */
export const exit: Builtin = (shell, argv) => {
  const [, code] = argv;
  if (code !== undefined && !/^-?[0-9]+$/.test(code)) {
    shell.say(`Illegal number: ${code}`, "exit");
    return shell.exit(2);
  }
  const last = shell.state.frames[0]?.k === "trap" ? (shell.state.frames[0].status ?? 0) : shell.state.status;
  return shell.exit(code === undefined ? last : Number(code) & 0xff);
};

/** `eval`: its words as a script. */
export const evaluateText: Builtin = (shell, argv) => {
  const text = argv.slice(1).join(" ");
  shell.state.status = 0;
  shell.push({ k: "script", s: shell.addScript(text), n: 0, pc: 0, end: "eval" });
  return "on";
};

/** `. file`: another script, in this shell. */
export const dot: Builtin = (shell, argv, frame) => {
  const [, name, ...params] = argv;
  if (name === undefined) return 2;
  const path = name.includes("/") ? name : findScript(shell, name);
  const text = shell.task.readFile(path);
  if (typeof text === "number") {
    const isAsh = shell.dialect === "ash";
    if (isAsh) shell.say(`can't open '${name}': ${errnoText(text)}`, argv[0]);
    else shell.say(cannotOpen(shell.dialect, name, text, false), argv[0]);
    return shell.dialect === "bash" ? 1 : shell.fail(2);
  }
  if (params.length > 0) {
    frame.params = shell.state.params;
    shell.state.params = params;
  }
  shell.state.status = 0;
  shell.push({ k: "script", s: shell.addScript(text), n: 0, pc: 0, end: "dot" });
  return "on";
};

function findScript(shell: Evaluator, name: string): string {
  for (const directory of (shell.variables.get("PATH") ?? "").split(":")) {
    if (shell.task.files.exists(`${directory}/${name}`)) return `${directory}/${name}`;
  }
  return name;
}

/** `exec`: another program in place of the shell, or redirections that stay. */
export const exec: Builtin = (shell, argv, frame) => {
  const [, ...command] = argv;
  if (frame.saved !== undefined) keep(shell.task.sandbox, frame.saved);
  delete frame.saved;
  const [name] = command;
  if (name === undefined) return 0;
  const failure = shell.task.replace(command, shell.variables.exported());
  if (failure === 0) return "replaced";
  const isMissing = failure === ERRNO.ENOENT || failure === ERRNO.ENOTDIR;
  const why = isMissing ? (shell.dialect === "bash" ? "not found" : "not found") : errnoText(failure);
  shell.say(`${name}: ${why}`, "exec");
  return shell.fail(isMissing ? 127 : 126);
};

/** `trap`: what to run at a signal or at the end. */
export const trap: Builtin = (shell, argv) => {
  const { traps } = shell.state;
  const [command, ...rest] = argv.slice(argv[1] === "--" ? 2 : 1);
  if (command === undefined) {
    for (const [name, text] of Object.entries(traps)) {
      const quote = shell.dialect === "bash" ? "'\\''" : `'"'"'`;
      const quoted = `'${text.replaceAll("'", quote)}'`;
      shell.task.print(`trap -- ${shell.dialect === "bash" ? quoted : quoted.replace(/''$/, "")} ${name}\n`);
    }
    return 0;
  }
  const names = rest.length === 0 ? [command] : rest;
  const isReset = rest.length === 0 || command === "-" || /^[0-9]+$/.test(command);
  for (const given of isReset && command !== "-" && rest.length > 0 ? [command, ...rest] : names) {
    const name = trapName(given);
    if (name === undefined) {
      shell.say(shell.dialect === "ash" ? `${given}: invalid signal specification` : `${given}: bad trap`, "trap");
      return 1;
    }
    if (isReset) delete traps[name];
    else traps[name] = command;
  }
  return 0;
};

function trapName(text: string): string | undefined {
  if (text === "0" || text.toUpperCase() === "EXIT") return "EXIT";
  return ["ERR", "DEBUG", "RETURN"].includes(text) ? text : signalNamed(text)?.slice(3);
}

/** `command name`: the command itself, functions left out; `-v` and `-V` say what it is. */
export const command: Builtin = (shell, argv) => {
  const [option, ...rest] = argv.slice(1);
  if (option === "-v" || option === "-V") return describe(shell, rest, option === "-V");
  const words = option === "-p" || option === "--" ? rest : argv.slice(1);
  if (words.length === 0) return 0;
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const hidden = shell.state.functions[words[0] ?? ""];
  if (hidden === undefined) {
    shell.push({ k: "script", s: shell.addScript(quoted), n: 0, pc: 0, end: "eval" });
    return "on";
  }
  shell.push({ k: "script", s: shell.addScript(`unset -f ${words[0]}; ${quoted}`), n: 0, pc: 0, end: "eval" });
  return "on";
};

function describe(shell: Evaluator, names: readonly string[], isVerbose: boolean): number {
  let status = 0;
  for (const name of names) {
    const what = shell.whatIs(name);
    if (what === undefined) {
      status = 127;
      if (isVerbose) shell.say(notFound(shell.dialect, name));
      continue;
    }
    if (isVerbose) shell.task.print(`${name} is ${what.text}\n`);
    else shell.task.print(`${what.path ?? name}\n`);
  }
  return shell.dialect === "bash" && status !== 0 ? 1 : status;
}

/** `type name`: what a name is to the shell. */
export const type: Builtin = (shell, argv) => {
  let status = 0;
  // bash's -t says in one word what a name is, or nothing.
  const isShort = shell.dialect === "bash" && argv[1] === "-t";
  for (const name of argv.slice(isShort ? 2 : 1)) {
    const what = shell.whatIs(name);
    if (isShort) {
      if (what === undefined) status = 1;
      else shell.task.print(`${what.path === undefined ? (what.text.split(" ").at(-1) ?? "") : "file"}\n`);
      continue;
    }
    if (what === undefined) {
      if (shell.dialect === "bash") shell.say(`type: ${name}: not found`);
      else shell.task.print(`${name}: not found\n`);
      status = shell.dialect === "bash" ? 1 : 127;
    } else shell.task.print(`${name} is ${what.text}\n`);
  }
  return status;
};

/** Built-ins that do nothing here: there are no paths to remember. */
export const nothing: Builtin = () => 0;
