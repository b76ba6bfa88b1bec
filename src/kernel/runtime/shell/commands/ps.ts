/**
 * ps, kill, pidof, killall, pgrep, pkill, uptime, free, uname, nproc, df, du, mount, sync:
 * the machine and what runs on it.
 */

import { below } from "#kernel/runtime/files/paths";
import { hardwareOf, KERNEL_RELEASE, KERNEL_VERSION } from "#kernel/runtime/machine.facts";
import type { Process } from "#kernel/runtime/process/process";
import { SIGNAL_NAMES, signalNamed } from "#kernel/runtime/process/signals";
import type { Task } from "#kernel/runtime/process/task";
import { sendSignal, visible } from "#kernel/runtime/process/visible";
import { type Command, complain, isBusybox, optionsOf } from "#kernel/runtime/shell/commands/command";
import { formatted } from "#kernel/runtime/shell/commands/date";
import { userName } from "#kernel/runtime/shell/commands/id";
import { human } from "#kernel/runtime/shell/commands/ls";
import { regex } from "#kernel/runtime/shell/commands/regex";

/** The processes it sees, under the numbers it sees them by. */
export function processes(task: Task): Process[] {
  return visible(task.sandbox).map(({ pid, parent, process }) => ({ ...process, pid, parent }));
}

/** What `ps` calls a process. */
export function commandLine({ argv, title }: Process): string {
  return title ?? argv.filter((arg) => !arg.startsWith("\0")).join(" ");
}

export const ps: Command = {
  name: "ps",
  comesWith: "busybox",
  step(task) {
    const args = task.argv.slice(1).join(" ");
    const own = /-o\s*(\S+)/.exec(args)?.[1];
    if (own !== undefined) return custom(task, own.split(","));
    if (!isBusybox(task)) return procps(task, args);
    task.print("PID   USER     TIME  COMMAND\n");
    for (const process of processes(task)) {
      task.print(
        `${String(process.pid).padStart(5)} ${userName(task, process.uid).padEnd(8)} 0:00 ${commandLine(process)}\n`,
      );
    }
    return 0;
  },
};

function procps(task: Task, args: string): number {
  const isAll = /a|e|A|x/.test(args);
  const isFull = /f/.test(args);
  const isUser = /u/.test(args) && !args.includes("-");
  const started = (process: Process): string => formatted(process.startedAt, "%H:%M");
  if (isUser || args.includes("aux")) {
    task.print("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n");
    for (const process of processes(task)) {
      const pid = String(process.pid).padStart(7);
      task.print(
        `${userName(task, process.uid).padEnd(8)} ${pid}  0.0  0.0   2580  1024 ?        Ss   ${started(process)}   0:00 ${commandLine(process)}\n`,
      );
    }
    return 0;
  }
  task.print(isFull ? "UID          PID    PPID  C STIME TTY          TIME CMD\n" : "    PID TTY          TIME CMD\n");
  for (const process of processes(task)) {
    if (!isAll && process.session !== task.sandbox.look.processes[task.pid]?.session) continue;
    const pid = String(process.pid).padStart(7);
    if (!isFull) task.print(`${pid} ?        00:00:00 ${task.sandbox.commandName(process)}\n`);
    else {
      const parent = String(process.parent).padStart(7);
      task.print(
        `${userName(task, process.uid).padEnd(8)} ${pid} ${parent}  0 ${started(process)} ?        00:00:00 ${commandLine(process)}\n`,
      );
    }
  }
  return 0;
}

function custom(task: Task, columns: readonly string[]): number {
  const value = (process: Process, column: string): string => {
    if (column === "pid") return String(process.pid).padStart(5);
    if (column === "ppid") return String(process.parent).padStart(5);
    if (column === "user" || column === "ruser") return userName(task, process.uid).padEnd(8);
    if (column === "comm") return task.sandbox.commandName(process).padEnd(16);
    if (column === "time") return "0:00";
    return column === "args" || column === "cmd" || column === "command" ? commandLine(process) : "-";
  };
  const titles: Readonly<Record<string, string>> = {
    pid: "  PID",
    ppid: " PPID",
    user: "USER    ",
    comm: "COMMAND         ",
  };
  const names = columns.map((column) => column.replace(/=.*$/, ""));
  if (!columns.every((column) => column.endsWith("="))) {
    task.print(
      `${names
        .map((name) => titles[name] ?? (name === "args" || name === "cmd" ? "COMMAND" : name.toUpperCase()))
        .join(" ")
        .trimEnd()}\n`,
    );
  }
  for (const process of processes(task))
    task.print(
      `${names
        .map((name) => value(process, name))
        .join(" ")
        .trimEnd()}\n`,
    );
  return 0;
}

/** The signal an argument like `-9` or `-TERM` names, and the other arguments. */
function signalAndTargets(args: readonly string[]): { signal: string | undefined; targets: readonly string[] } {
  const [first = "", second = ""] = args;
  if (first === "-s") return { signal: signalNamed(second), targets: args.slice(2) };
  if (/^-[A-Za-z0-9]+$/.test(first) && signalNamed(first.slice(1)) !== undefined)
    return { signal: signalNamed(first.slice(1)), targets: args.slice(1) };
  return { signal: first === "-0" ? "0" : "SIGTERM", targets: first === "-0" ? args.slice(1) : args };
}

export const kill: Command = {
  name: "kill",
  step(task) {
    if (task.argv[1] === "-l") {
      task.print(`${SIGNAL_NAMES.join(" ")}\n`);
      return 0;
    }
    const { signal = "SIGTERM", targets } = signalAndTargets(task.argv.slice(1));
    let status = 0;
    for (const target of targets) {
      const answer = sendSignal(task.sandbox, { pid: Number(target), uid: task.uid }, signal);
      if (answer === "sent") continue;
      const why = answer === "not permitted" ? "Operation not permitted" : "No such process";
      status = complain(task, isBusybox(task) ? `can't kill pid ${target}: ${why}` : `(${target}): ${why}`);
    }
    return status;
  },
};

/** Tools that find processes by name: what they do with those found decides. */
function byName(name: string, act: (task: Task, found: readonly Process[], signal: string) => number): Command {
  const isPattern = name.startsWith("p") && name !== "pidof";
  return {
    name,
    comesWith: "busybox",
    step(task) {
      const { signal = "SIGTERM", targets } = signalAndTargets(
        task.argv.slice(1).filter((arg) => !/^-[qfxlonasv]+$/.test(arg)),
      );
      const has = (flag: string): boolean =>
        task.argv.slice(1).some((arg) => /^-[a-z]+$/.test(arg) && arg.includes(flag));
      const found = processes(task).filter((process) => {
        if (process.pid === task.pid) return false;
        const subject = has("f") ? commandLine(process) : task.sandbox.commandName(process);
        const isMeant = targets.some((target) =>
          isPattern && !has("x") ? subject.search(pattern(target)) >= 0 : subject === target,
        );
        return isMeant !== (isPattern && has("v"));
      });
      if (!isPattern) return act(task, found, signal);
      return act(task, has("o") ? found.slice(0, 1) : has("n") ? found.slice(-1) : found, signal);
    },
  };
}

/** A pattern as pgrep reads it; one that is none is meant as it is written. */
function pattern(text: string): RegExp {
  try {
    return regex(text, { isExtended: true });
  } catch {
    return regex(text, { isFixed: true });
  }
}

function send(task: Task, found: readonly Process[], signal: string): number {
  for (const { pid } of found) sendSignal(task.sandbox, { pid, uid: task.uid }, signal);
  return found.length === 0 ? 1 : 0;
}

export const pkill = byName("pkill", send);
export const killall = byName("killall", (task, found, signal) => {
  if (found.length === 0) return complain(task, `${task.argv.at(-1)}: no process killed`);
  return send(task, found, signal);
});
export const pgrep = byName("pgrep", (task, found) => {
  const [isNamed, isWhole] = ["-l", "-a"].map((flag) => task.argv.includes(flag));
  const named = (process: Process): string =>
    isWhole === true ? ` ${commandLine(process)}` : isNamed === true ? ` ${task.sandbox.commandName(process)}` : "";
  task.print(found.map((process) => `${process.pid}${named(process)}\n`).join(""));
  return found.length === 0 ? 1 : 0;
});
export const pidof = byName("pidof", (task, found) => {
  if (found.length === 0) return 1;
  task.print(
    `${found
      .map(({ pid }) => pid)
      .reverse()
      .join(" ")}\n`,
  );
  return 0;
});

export const uptime: Command = {
  name: "uptime",
  step(task) {
    const minutes = Math.floor((task.now - task.record.startedAt) / 60_000);
    task.print(` ${formatted(task.now, "%H:%M:%S")} up ${minutes} min,  0 users,  load average: 0.00, 0.00, 0.00\n`);
    return 0;
  },
};

export const free: Command = {
  name: "free",
  comesWith: "busybox",
  step(task) {
    const { flags } = optionsOf(task.argv, "bkmgh");
    const unit = flags.has("m") ? 1_024 : flags.has("g") ? 1_048_576 : flags.has("b") ? 1 / 1_024 : 1;
    const shown = (kb: number): string =>
      (flags.has("h") ? human(kb * 1_024) : String(Math.floor(kb / unit))).padStart(11);
    const { memoryKiB } = hardwareOf(task.world.cells, task.record.node);
    const used = memoryKiB >> 2;
    task.print(`              total        used        free      shared  buff/cache   available\n`);
    task.print(`Mem:    ${[memoryKiB, used, memoryKiB - used, 0, 0, memoryKiB - used].map(shown).join(" ")}\n`);
    task.print(`Swap:   ${[0, 0, 0].map(shown).join(" ")}\n`);
    return 0;
  },
};

export const uname: Command = {
  name: "uname",
  step(task) {
    const { flags } = optionsOf(task.argv, "asnrvmpio");
    const parts: readonly [string, string][] = [
      ["s", "Linux"],
      ["n", task.record.hostname],
      ["r", KERNEL_RELEASE],
      ["v", KERNEL_VERSION],
      ["m", "x86_64"],
      ["o", isBusybox(task) ? "Linux" : "GNU/Linux"],
    ];
    const wanted = flags.has("a")
      ? parts
      : flags.size === 0
        ? parts.slice(0, 1)
        : parts.filter(([flag]) => flags.has(flag) || (flag === "m" && (flags.has("p") || flags.has("i"))));
    task.print(`${wanted.map(([, text]) => text).join(" ")}\n`);
    return 0;
  },
};

export const nproc: Command = {
  name: "nproc",
  step(task) {
    // A limit slows processes down; it takes no processor from their sight.
    task.print(`${hardwareOf(task.world.cells, task.record.node).cpus}\n`);
    return 0;
  },
};

export const df: Command = {
  name: "df",
  step(task) {
    const { flags } = optionsOf(task.argv, "hkmaPTi");
    const size = 103_079_215;
    const shown = (kb: number): string => (flags.has("h") ? human(kb * 1_024) : String(kb));
    task.print(
      `Filesystem           ${flags.has("h") ? "     Size" : "1K-blocks"}      Used Available Use% Mounted on\n`,
    );
    const row = (device: string, path: string): void => {
      const used = size >> 3;
      task.print(
        `${device.padEnd(20)} ${shown(size).padStart(9)} ${shown(used).padStart(9)} ${shown(size - used).padStart(9)}  13% ${path}\n`,
      );
    };
    row("overlay", "/");
    for (const { path } of [...task.files.mounts].reverse()) row("/dev/sda1", path);
    return 0;
  },
};

export const du: Command = {
  name: "du",
  step(task) {
    const { flags, operands } = optionsOf(task.argv, "shakmcd:x");
    const visit = (name: string, path: string, isTop: boolean): number => {
      const isDirectory = task.files.isDirectory(path);
      let kb = Math.ceil(task.files.size(path) / 4_096) * 4;
      const names = isDirectory ? task.files.list(path) : [];
      for (const child of typeof names === "number" ? [] : names)
        kb += visit(below(name, child), below(path, child), false);
      const isShown = isTop || (!flags.has("s") && (isDirectory || flags.has("a")));
      if (isShown) task.print(`${flags.has("h") ? human(kb * 1_024) : kb}\t${name}\n`);
      return kb;
    };
    for (const name of operands.length === 0 ? ["."] : operands) visit(name, task.path(name), true);
    return 0;
  },
};

export const mount: Command = {
  name: "mount",
  step(task) {
    if (task.argv.length > 1)
      return complain(task, isBusybox(task) ? "permission denied (are you root?)" : "permission denied.", 1);
    const text = task.readFile("/proc/mounts");
    for (const line of typeof text === "number" ? [] : text.trimEnd().split("\n")) {
      const [device, path, type, options] = line.split(" ");
      task.print(`${device} on ${path} type ${type} (${options})\n`);
    }
    return 0;
  },
};

export const sync: Command = { name: "sync", step: () => 0 };
