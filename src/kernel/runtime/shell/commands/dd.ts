/**
 * dd, truncate, fallocate: files by their bytes.
 *
 * Leaves out dd's conversions but notrunc, and devices to write to: nothing but files keeps what is written.
 */
import { utf8Length } from "#kernel/runtime/files/bytes";
import { errnoText } from "#kernel/runtime/files/errno";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, isBusybox, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";
import { human } from "#kernel/runtime/shell/commands/ls";
import { sizeNamed } from "#kernel/runtime/shell/commands/size";

interface State {
  in: number;
  out: number;
  since: number;
  /** Bytes to be passed over, and still to be copied. */
  skip: number;
  left: number;
  copied: number;
  failed?: string;
}

const NUMBERS = ["bs", "ibs", "obs", "count", "skip", "seek"];

export const dd: Command<State> = {
  name: "dd",
  step(task) {
    const args: Record<string, string> = {};
    for (const arg of task.argv.slice(1)) {
      const [name = "", value] = arg.split(/=(.*)/s);
      const isKnown = [...NUMBERS, "if", "of", "conv", "status", "iflag", "oflag"].includes(name);
      if (value === undefined || !isKnown) return complain(task, `unrecognized operand '${arg}'`);
      if (NUMBERS.includes(name) && sizeNamed(value) === undefined) return complain(task, `invalid number '${value}'`);
      args[name] = value;
    }
    const bs = sizeNamed(args["bs"] ?? args["ibs"] ?? "512") ?? 512;
    if (bs <= 0) return complain(task, "invalid number '0'");
    const number = (name: string, otherwise: number): number => sizeNamed(args[name] ?? "") ?? otherwise;
    task.state ??= {
      ...{ in: -1, out: -1, since: task.now, copied: 0 },
      skip: number("skip", 0) * bs,
      left: args["count"] === undefined ? Number.POSITIVE_INFINITY : number("count", 0) * bs,
    };
    const { state } = task;
    const failure = state.in < 0 ? begin(task, state, args, number("seek", 0) * bs) : 0;
    if (failure !== 0) return failure;
    const step = copy(task, state);
    return step === 0 ? ended(task, state, bs, args["status"]) : step;
  },
};

function begin(task: Task, state: State, args: Readonly<Record<string, string>>, seek: number): number {
  const fail = (name: string, errno: number): number =>
    complain(
      task,
      isBusybox(task) ? `can't open '${name}': ${errnoText(errno)}` : `failed to open '${name}': ${errnoText(errno)}`,
    );
  const { if: from, of: to } = args;
  state.in = from === undefined ? 0 : task.open(from, "read");
  if (state.in < 0) return fail(from ?? "", -state.in);
  const keeps = /notrunc/.test(args["conv"] ?? "") || seek > 0 || /append/.test(args["oflag"] ?? "");
  if (to !== undefined && seek > 0 && task.files.exists(task.path(to)) && !/notrunc/.test(args["conv"] ?? "")) {
    task.files.truncate(task.path(to), seek, task.uid);
  }
  state.out =
    to === undefined ? 1 : task.open(to, /append/.test(args["oflag"] ?? "") ? "append" : keeps ? "both" : "write");
  if (state.out < 0) return fail(to ?? "", -state.out);
  if (seek > 0) task.seek(state.out, seek);
  return 0;
}

/** Copies piece by piece; 0 once all is there. */
function copy(task: Task, state: State): Step {
  while (state.left > 0) {
    if (task.isFull(state.out)) return { write: state.out };
    const text = task.readBytes(state.in, Math.min(state.skip > 0 ? state.skip : state.left, 1_048_576));
    if (text === undefined) return { read: state.in };
    if (text === "") return 0;
    const bytes = utf8Length(text);
    if (state.skip > 0) state.skip -= bytes;
    else {
      if (!task.write(state.out, text)) {
        state.failed = "No space left on device";
        return 0;
      }
      state.left -= bytes;
      state.copied += bytes;
    }
    if (!task.spend(1 + bytes / 4_096)) return undefined;
  }
  return 0;
}

function ended(task: Task, { copied, since, failed }: State, bs: number, status: string | undefined): number {
  if (failed !== undefined) task.complain(`dd: error writing: ${failed}\n`);
  if (status === "none") return failed === undefined ? 0 : 1;
  const records = `${Math.floor(copied / bs)}+${copied % bs === 0 ? 0 : 1}`;
  const seconds = Math.max((task.now - since) / 1_000, copied / 1_073_741_824, 0.000_001);
  task.complain(`${records} records in\n${records} records out\n`);
  if (status === "noxfer") return failed === undefined ? 0 : 1;
  const unit = human(copied);
  task.complain(
    isBusybox(task)
      ? `${copied} bytes (${unit}B) copied, ${seconds.toFixed(6)} seconds, ${human(Math.round(copied / seconds))}B/s\n`
      : `${copied} bytes${copied < 1_000 ? "" : ` (${siSize(copied)}, ${unit.replace(/[KMG]$/, " $&iB")})`} copied, ` +
          `${Number(seconds.toPrecision(6))} s, ${siSize(copied / seconds)}/s\n`,
  );
  return failed === undefined ? 0 : 1;
}

/** Bytes as `10 MB`, in powers of ten. */
function siSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let n = 0;
  for (; value >= 1_000 && n < units.length - 1; n += 1) value /= 1_000;
  return `${value < 10 && n > 0 ? value.toFixed(1) : Math.round(value)} ${units[n]}`;
}

export const truncate: Command = {
  name: "truncate",
  step(task) {
    const { values, flags, operands, problem } = optionsOf(task.argv, "s:c", { size: "s", "no-create": "c" });
    if (problem !== undefined) return wrongOption(task, problem);
    const text = values["s"] ?? "";
    const size = sizeNamed(text.replace(/^[-+<>/%]/, ""));
    if (size === undefined) return complain(task, `invalid number '${text}'`);
    let status = 0;
    for (const name of operands) {
      const path = task.path(name);
      if (flags.has("c") && !task.files.exists(path)) continue;
      const old = task.files.exists(path) ? task.files.size(path) : 0;
      const length = text.startsWith("+") ? old + size : text.startsWith("-") ? Math.max(0, old - size) : size;
      const failure = task.files.truncate(path, length, task.uid);
      if (failure !== 0) status = complain(task, `${name}: ${errnoText(failure)}`);
    }
    return status;
  },
};

export const fallocate: Command = {
  name: "fallocate",
  step(task) {
    const { values, operands, problem } = optionsOf(task.argv, "l:o:n", { length: "l", offset: "o" });
    if (problem !== undefined) return wrongOption(task, problem);
    const size = sizeNamed(values["l"] ?? "");
    const [name] = operands;
    if (size === undefined || size <= 0) return complain(task, "you must specify a positive length");
    if (name === undefined) return complain(task, "no filename specified");
    const path = task.path(name);
    const old = task.files.exists(path) ? task.files.size(path) : 0;
    const failure = task.files.truncate(path, Math.max(old, size + (sizeNamed(values["o"] ?? "0") ?? 0)), task.uid);
    return failure === 0 ? 0 : complain(task, `fallocate ${name}: ${errnoText(failure)}`);
  },
};
