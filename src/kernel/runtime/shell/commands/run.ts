/**
 * time, timeout, nohup, nice, watch, busybox, envsubst: tools that run others or stand for them.
 */
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import { nameOf } from "#kernel/runtime/files/paths";
import { signalNamed, signalNumber } from "#kernel/runtime/process/signals";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, isBusybox } from "#kernel/runtime/shell/commands/command";

/** Becomes another command, or says why not. */
function become(task: Task, argv: readonly string[]): number | undefined {
  const failure = task.replace(argv);
  if (failure === 0) return undefined;
  const why = errnoText(failure);
  const message = isBusybox(task) ? `can't execute '${argv[0]}': ${why}` : `failed to run command '${argv[0]}': ${why}`;
  return complain(task, message, failure === ERRNO.ENOENT ? 127 : 126);
}

export const nohup: Command = { name: "nohup", step: (task) => become(task, task.argv.slice(1)) };
export const setsid: Command = {
  name: "setsid",
  step: (task) =>
    become(
      task,
      task.argv.slice(1).filter((arg) => !/^-/.test(arg)),
    ),
};
export const stdbuf: Command = {
  name: "stdbuf",
  step: (task) => become(task, withoutOptions(task.argv.slice(1), "ioe")),
};
export const nice: Command = { name: "nice", step: (task) => become(task, withoutOptions(task.argv.slice(1), "n")) };

function withoutOptions(args: readonly string[], takes: string): readonly string[] {
  let n = 0;
  while (/^-/.test(args[n] ?? "")) n += args[n]?.length === 2 && takes.includes(args[n]?.[1] ?? "") ? 2 : 1;
  return args.slice(n);
}

interface Child {
  pid: number;
  until: number;
  isOver?: true;
}

export const timeout: Command<Child> = {
  name: "timeout",
  step(task) {
    let signal = "SIGTERM";
    const args = task.argv.slice(1);
    while (/^-/.test(args[0] ?? "")) {
      const arg = args.shift() ?? "";
      if (arg === "-s") signal = signalNamed(args.shift() ?? "") ?? signal;
      else if (arg === "-k") args.shift();
    }
    if (task.state === undefined) {
      const match = /^([0-9.]+)([smhd]?)$/.exec(args[0] ?? "");
      if (match === null) return complain(task, `invalid time interval '${args[0] ?? ""}'`, 125);
      const units: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400 };
      const ms = Number(match[1]) * (units[match[2] ?? ""] ?? 1) * 1_000;
      const pid = task.launch(args.slice(1), { isWaited: true });
      if (pid < 0)
        return complain(
          task,
          `can't execute '${args[1] ?? ""}': ${errnoText(-pid)}`,
          -pid === ERRNO.ENOENT ? 127 : 126,
        );
      task.state = { pid, until: task.now + ms };
    }
    const { state } = task;
    const end = task.reap(state.pid);
    if (end !== undefined) {
      if (state.isOver !== true) return end.code;
      if (!isBusybox(task)) return signal === "SIGKILL" ? 137 : 124;
      // busybox's becomes the command, so that it ends by the signal itself.
      task.sandbox.exit(task.pid, 128 + signalNumber(signal), signalNumber(signal));
      return undefined;
    }
    if (state.isOver !== true && state.until <= task.now) {
      state.isOver = true;
      task.sandbox.signal(state.pid, signal);
      return undefined;
    }
    return state.isOver === true ? { child: state.pid } : { child: state.pid, until: state.until };
  },
};

export const time: Command<{ pid: number; since: number }> = {
  name: "time",
  step(task) {
    if (task.state === undefined) {
      const args = task.argv.slice(1).filter((arg) => arg !== "-p");
      const pid = task.launch(args, { isWaited: true });
      if (pid < 0) return complain(task, `can't execute '${args[0] ?? ""}': ${errnoText(-pid)}`, 127);
      task.state = { pid, since: task.now };
    }
    const { pid, since } = task.state;
    const end = task.reap(pid);
    if (end === undefined) return { child: pid };
    const seconds = (task.now - since) / 1_000;
    const shown = `${Math.floor(seconds / 60)}m ${(seconds % 60).toFixed(2)}s`;
    task.complain(`real\t${shown}\nuser\t0m 0.00s\nsys\t0m 0.00s\n`);
    return end.code;
  },
};

export const watch: Command<{ pid: number | null; next: number }> = {
  name: "watch",
  step(task) {
    const args = [...withoutOptions(task.argv.slice(1), "n")];
    const n = task.argv.indexOf("-n");
    const seconds = Number(n < 0 ? "2" : task.argv[n + 1]);
    task.state ??= { pid: null, next: task.now };
    const { state } = task;
    if (state.pid !== null) {
      if (task.reap(state.pid) === undefined) return { child: state.pid };
      state.pid = null;
      state.next = task.now + seconds * 1_000;
    }
    if (state.next > task.now) return { until: state.next };
    if (task.isTerminal(1)) task.print("\u001b[H\u001b[J");
    task.print(`Every ${seconds.toFixed(1)}s: ${args.join(" ")}\n\n`);
    const pid = task.launch(["sh", "-c", args.join(" ")], { isWaited: true });
    if (pid < 0) return 1;
    state.pid = pid;
    return undefined;
  },
};

export const multicall: Command = {
  name: "busybox",
  comesWith: "busybox",
  step(task) {
    const [name, ...args] = task.argv.slice(1);
    if (name === undefined || name === "--help") {
      task.print(
        "BusyBox v1.36.1 (2024-05-18 21:04:10 UTC) multi-call binary.\n\nUsage: busybox [function [arguments]...]\n",
      );
      return 0;
    }
    if (name === "--list") {
      const names = task.files.list("/bin");
      task.print((typeof names === "number" ? [] : names).map((one) => `${one}\n`).join(""));
      return 0;
    }
    if (task.replace([name, ...args]) === 0) return undefined;
    task.complain(`${nameOf(name)}: applet not found\n`);
    return 127;
  },
};

export const envsubst: Command = {
  name: "envsubst",
  comesWith: "extra",
  step(task) {
    for (;;) {
      const line = task.readLine(0);
      if (line === undefined) return { line: 0 };
      if (line === "") return 0;
      task.print(
        line.replace(
          /\$\{(\w+)\}|\$(\w+)/g,
          (_, braced: string | undefined, bare: string | undefined) => task.env(braced ?? bare ?? "") ?? "",
        ),
      );
      if (!task.spend()) return undefined;
    }
  },
};
