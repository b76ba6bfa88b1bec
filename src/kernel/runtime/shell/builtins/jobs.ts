/**
 * Built-ins about processes and places: wait, jobs, fg, kill, cd, umask, times, alias.
 */
import { errnoText } from "#kernel/runtime/files/errno";
import { absolute } from "#kernel/runtime/files/paths";
import { SIGNAL_NAMES, signalNamed } from "#kernel/runtime/process/signals";
import { sendSignal } from "#kernel/runtime/process/visible";
import type { Builtin } from "#kernel/runtime/shell/builtins/builtin";
import type { Evaluator } from "#kernel/runtime/shell/evaluator";

/** The pid a job name (`%1`) or number stands for. */
function pidOf(shell: Evaluator, text: string): string {
  if (!text.startsWith("%")) return text;
  const id = text.slice(1);
  const { jobs } = shell.state;
  const job = id === "%" || id === "+" || id === "" ? jobs.at(-1) : jobs.find((one) => String(one.id) === id);
  return String(job?.pids.at(-1) ?? 0);
}

/** `wait [job]`: until jobs have ended. */
export const wait: Builtin = (shell, argv) => {
  const wanted = argv.slice(1).map((text) => pidOf(shell, text));
  shell.push({ k: "wait", s: 0, n: 0, pc: 0, argv: wanted });
  return "on";
};

/** `jobs`: those in the background. */
export const jobs: Builtin = (shell) => {
  const { state } = shell;
  for (const job of state.jobs) {
    const isAlive = job.pids.some((pid) => {
      const process = shell.task.sandbox.look.processes[pid];
      return process !== undefined && process.exit === undefined;
    });
    const mark = job === state.jobs.at(-1) ? "+" : "-";
    shell.task.print(`[${job.id}]${mark}  ${isAlive ? "Running" : "Done"}                    ${job.text}\n`);
  }
  state.jobs = state.jobs.filter(({ pids }) =>
    pids.some((pid) => shell.task.sandbox.look.processes[pid]?.exit === undefined),
  );
  return 0;
};

/** `fg`: waits for a job. */
export const foreground: Builtin = (shell, argv) => {
  const pid = pidOf(shell, argv[1] ?? "%");
  if (pid === "0") {
    shell.say("no current job", argv[0]);
    return 2;
  }
  shell.push({ k: "wait", s: 0, n: 0, pc: 0, argv: [pid] });
  return "on";
};

/** `kill`: signals to processes and jobs. */
export const kill: Builtin = (shell, argv) => {
  const args = argv.slice(1);
  let signal = "SIGTERM";
  const [first] = args;
  if (first === "-l") {
    if (args[1] !== undefined) {
      const number = Number(args[1]);
      shell.task.print(`${SIGNAL_NAMES[(number > 128 ? number - 128 : number) - 1] ?? args[1]}\n`);
      return 0;
    }
    shell.task.print(SIGNAL_NAMES.map((name, n) => `${String(n + 1).padStart(2)}) ${name}\n`).join(""));
    return 0;
  }
  if (first === "-s" || first === "-n") {
    args.shift();
    signal = args.shift() ?? "";
  } else if (first !== undefined && /^-[A-Za-z0-9]/.test(first)) {
    args.shift();
    signal = first.slice(1);
  }
  const name = signal === "0" ? "0" : signalNamed(signal);
  if (name === undefined) {
    shell.complain(shell.dialect === "ash" ? `sh: bad signal name '${signal}'\n` : `kill: bad signal '${signal}'\n`);
    return 1;
  }
  if (args.length === 0) {
    shell.complain(
      shell.dialect === "ash" ? "sh: you need to specify whom to kill\n" : "kill: usage: kill [-s sigspec] pid\n",
    );
    return shell.dialect === "bash" ? 2 : 1;
  }
  let status = 0;
  for (const target of args.map((text) => pidOf(shell, text))) {
    if (!send(shell, target, name)) status = 1;
  }
  return status;
};

function send(shell: Evaluator, target: string, signal: string): boolean {
  const { sandbox } = shell.task;
  const pid = Number(target);
  if (Number.isInteger(pid) && pid > 0) {
    const answer = sendSignal(sandbox, { pid, uid: shell.task.uid }, signal);
    if (answer === "sent") return true;
    const why = answer === "not permitted" ? "Operation not permitted" : "No such process";
    if (shell.dialect === "ash") shell.complain(`sh: can't kill pid ${pid}: ${why}\n`);
    else shell.say(shell.dialect === "bash" ? `(${pid}) - ${why}` : `${why}\n`, "kill");
    return false;
  }
  if (Number.isInteger(pid)) {
    for (const process of Object.values(sandbox.look.processes)) {
      const isMeant =
        pid === -1 ? process.pid !== sandbox.firstPid && process.pid !== shell.task.pid : process.group === -pid;
      if (isMeant && signal !== "0") sandbox.signal(process.pid, signal);
    }
    return true;
  }
  if (shell.dialect === "ash") shell.complain(`sh: invalid number '${target}'\n`);
  else shell.say(`Illegal number: ${target}`, "kill");
  return false;
}

/** `cd`: to a directory, home, or back with `-`. */
export const changeDirectory: Builtin = (shell, argv) => {
  const { task, variables } = shell;
  const args = argv.slice(1).filter((arg) => arg !== "-L" && arg !== "-P" && arg !== "--");
  const [target = variables.get("HOME") ?? "/"] = args;
  const isBack = target === "-";
  const wanted = isBack ? (variables.get("OLDPWD") ?? "") : target;
  const path = absolute(wanted, task.cwd);
  const stat = task.files.stat(path);
  if (wanted === "" || typeof stat === "number" || stat.kind !== "dir") {
    const errno = typeof stat === "number" ? stat : 20;
    if (shell.dialect === "bash") shell.say(`${wanted}: ${errnoText(errno)}`, "cd");
    else shell.say(`can't cd to ${wanted}${shell.dialect === "ash" ? `: ${errnoText(errno)}` : ""}`, "cd");
    return shell.dialect === "bash" ? 1 : 2;
  }
  variables.set("OLDPWD", task.cwd);
  task.cwd = path;
  variables.set("PWD", path);
  if (isBack) task.print(`${path}\n`);
  return 0;
};

/** `pwd`. */
export const workingDirectory: Builtin = (shell) => {
  shell.task.print(`${shell.task.cwd}\n`);
  return 0;
};

/** `umask`: shows or sets the mask of new files, as digits or as what is allowed (`u=rwx,g=rx,o=`). */
export const umask: Builtin = (shell, argv) => {
  const process = shell.task.sandbox.computer.processes[shell.task.pid];
  const present = process?.umask ?? 0o022;
  const [first, ...rest] = argv.slice(1);
  const isSymbolic = first === "-S";
  const text = isSymbolic ? rest[0] : first;
  if (text === undefined) {
    shell.task.print(`${isSymbolic ? allowedText(present) : present.toString(8).padStart(4, "0")}\n`);
    return 0;
  }
  const mask = /^[0-7]{1,4}$/.test(text) ? Number.parseInt(text, 8) : maskOf(text, present);
  if (mask === undefined) {
    const isNumber = /^\d/.test(text);
    if (shell.dialect === "ash") shell.complain(`sh: umask: illegal mode: ${text}\n`);
    else if (shell.dialect === "dash") shell.say(`Illegal ${isNumber ? "number" : "mode"}: ${text}`, "umask");
    else
      shell.say(
        isNumber ? `${text}: octal number out of range` : `\`${text}': invalid symbolic mode operator`,
        "umask",
      );
    return shell.dialect === "dash" ? 2 : 1;
  }
  if (process !== undefined) process.umask = mask & 0o777;
  return 0;
};

const CLASSES = { u: 6, g: 3, o: 0 } as const;

const allowedText = (mask: number): string =>
  Object.entries(CLASSES)
    .map(([name, shift]) => `${name}=${[..."rwx"].filter((_, n) => ((mask >> shift) & (4 >> n)) === 0).join("")}`)
    .join(",");

/** The mask that symbolic modes make of another; undefined if they are none. */
function maskOf(text: string, present: number): number | undefined {
  let allowed = ~present & 0o777;
  for (const clause of text.split(",")) {
    const [, who = "", operator, bits = ""] = /^([ugoa]*)([-+=])([rwx]*)$/.exec(clause) ?? [];
    if (operator === undefined) return undefined;
    const wanted = [...bits].reduce((sum, bit) => sum | (4 >> "rwx".indexOf(bit)), 0);
    for (const [name, shift] of Object.entries(CLASSES)) {
      if (who !== "" && !who.includes("a") && !who.includes(name)) continue;
      if (operator === "=") allowed &= ~(7 << shift);
      allowed = operator === "-" ? allowed & ~(wanted << shift) : allowed | (wanted << shift);
    }
  }
  return ~allowed & 0o777;
}

/** `times`: always none, since a command takes no processor time. */
export const times: Builtin = (shell) => {
  shell.task.print("0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n");
  return 0;
};

/** `alias`: remembers other names; a script does not use them. */
export const alias: Builtin = (shell, argv) => {
  shell.state.aliases ??= {};
  for (const arg of argv.slice(1)) {
    const cut = arg.indexOf("=");
    if (cut > 0) shell.state.aliases[arg.slice(0, cut)] = arg.slice(cut + 1);
  }
  if (argv.length === 1) {
    for (const [name, text] of Object.entries(shell.state.aliases)) shell.task.print(`${name}='${text}'\n`);
  }
  return 0;
};
