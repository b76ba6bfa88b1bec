/**
 * find and xargs: files by what they are, and commands built from lists.
 */
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import { below, nameOf } from "#kernel/runtime/files/paths";
import type { Stat } from "#kernel/runtime/files/stat";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  complain,
  type Gathering,
  isBusybox,
  type Options,
  optionsOf,
  wholeInput,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { matches } from "#kernel/runtime/shell/pattern";

interface Found {
  readonly path: string;
  readonly full: string;
  readonly stat: Stat;
}

/** Commands that are still to be run, and the one that runs. */
interface Queue {
  queue: string[][];
  running?: number;
  status: number;
  /** Each is told before it runs. */
  tells?: true;
}

/** Runs commands one after another as children. */
function runQueue(task: Task<Queue & Gathering>, state: Queue, failed: (code: number) => void): Step {
  for (;;) {
    if (state.running !== undefined) {
      const end = task.reap(state.running);
      if (end === undefined && task.sandbox.look.processes[state.running] !== undefined)
        return { child: state.running };
      delete state.running;
      if (end !== undefined && end.code !== 0) failed(end.code);
    }
    const next = state.queue.shift();
    if (next === undefined) return state.status;
    if (state.tells === true) task.complain(`${next.join(" ")}\n`);
    const pid = task.launch(next, { isWaited: true });
    if (pid < 0) {
      const isMissing = -pid === ERRNO.ENOENT;
      complain(task, isBusybox(task) ? `${next[0]}: ${errnoText(-pid)}` : `${next[0]}: ${errnoText(-pid)}`);
      state.status = isMissing ? 127 : 126;
      return state.status;
    }
    state.running = pid;
    if (!task.spend()) return undefined;
  }
}

export const find: Command<Queue> = {
  name: "find",
  step(task) {
    if (task.state === undefined) {
      const state: Queue = { queue: [], status: 0 };
      task.state = state;
      const args = task.argv.slice(1);
      const roots: string[] = [];
      while (args[0] !== undefined && !/^[-(!]/.test(args[0])) roots.push(args.shift() ?? "");
      const walk = new Walk(task, state, args);
      for (const root of roots.length === 0 ? ["."] : roots) walk.visit(root, task.path(root), 0);
    }
    const { state } = task;
    return runQueue(task, state, () => undefined);
  },
};

class Walk {
  #at = 0;
  readonly #batch: string[] = [];

  constructor(
    readonly task: Task,
    readonly state: Queue,
    readonly args: readonly string[],
  ) {}

  #option(name: string): number | undefined {
    const n = this.args.indexOf(name);
    return n < 0 ? undefined : Number(this.args[n + 1]);
  }

  visit(path: string, full: string, depth: number): void {
    const stat = this.task.files.stat(full, false);
    if (typeof stat === "number") {
      this.state.status = complain(
        this.task,
        isBusybox(this.task) ? `${path}: ${errnoText(stat)}` : `‘${path}’: ${errnoText(stat)}`,
      );
      return;
    }
    this.task.spend();
    const isDeep = this.args.includes("-depth") || this.args.includes("-delete");
    if (!isDeep && !this.#test({ path, full, stat }, depth)) return;
    if (stat.kind === "dir" && depth < (this.#option("-maxdepth") ?? 64)) {
      const names = this.task.files.list(full, this.task.uid);
      if (typeof names === "number") this.state.status = complain(this.task, `${path}: ${errnoText(names)}`);
      else
        for (const name of names) this.visit(below(path.replace(/(.)\/$/, "$1"), name), below(full, name), depth + 1);
    }
    if (isDeep) this.#test({ path, full, stat }, depth);
  }

  /** False if what is below is to be left out. */
  #test(found: Found, depth: number): boolean {
    if (depth < (this.#option("-mindepth") ?? 0)) return true;
    this.#at = 0;
    this.isPruned = false;
    const hasAction = this.args.some((arg) => ["-print", "-print0", "-exec", "-delete", "-ls", "-quit"].includes(arg));
    const holds = this.#or(found);
    if (holds && !hasAction) this.task.print(`${found.path}\n`);
    return !this.isPruned;
  }

  isPruned = false;

  #or(found: Found): boolean {
    let value = this.#and(found, true);
    while (this.args[this.#at] === "-o" || this.args[this.#at] === "-or") {
      this.#at += 1;
      value = this.#and(found, !value) || value;
    }
    return value;
  }

  #and(found: Found, isLive: boolean): boolean {
    let value = isLive;
    while (this.#at < this.args.length && !["-o", "-or", ")"].includes(this.args[this.#at] ?? "")) {
      if (this.args[this.#at] === "-a" || this.args[this.#at] === "-and") this.#at += 1;
      value = this.#primary(found, value) && value;
    }
    return value;
  }

  /** One test or action; what is not live is only read past. */
  #primary(found: Found, isLive: boolean): boolean {
    const word = this.args[this.#at] ?? "";
    this.#at += 1;
    if (word === "!" || word === "-not") return !this.#primary(found, isLive);
    if (word === "(") {
      const value = isLive ? this.#or(found) : this.#or({ ...found });
      this.#at += 1;
      return value;
    }
    if (word === "-exec") return this.#exec(found, isLive);
    const bare: Readonly<Record<string, () => boolean>> = {
      "-print": () => this.task.print(`${found.path}\n`),
      "-print0": () => this.task.print(`${found.path}\0`),
      "-delete": () => this.task.files.remove(found.full, this.task.uid) === 0,
      "-prune": () => {
        this.isPruned = true;
        return true;
      },
      "-empty": () =>
        found.stat.kind === "dir" ? this.#names(found).length === 0 : this.task.files.size(found.full) === 0,
      "-depth": () => true,
      "-xdev": () => true,
      "-true": () => true,
    };
    const simple = Object.hasOwn(bare, word) ? bare[word] : undefined;
    if (simple !== undefined) return isLive ? simple() : true;
    const operand = this.args[this.#at] ?? "";
    this.#at += 1;
    return this.#compare(found, word, operand);
  }

  #names(found: Found): readonly string[] {
    const names = this.task.files.list(found.full);
    return typeof names === "number" ? [] : names;
  }

  #compare({ path, full, stat }: Found, word: string, operand: string): boolean {
    const measured = (value: number): boolean => {
      const number = Number.parseInt(operand.replace(/^[-+]/, ""), 10);
      return operand.startsWith("+") ? value > number : operand.startsWith("-") ? value < number : value === number;
    };
    switch (word) {
      case "-name":
        return matches(operand, nameOf(path));
      case "-iname":
        return matches(operand.toLowerCase(), nameOf(path).toLowerCase());
      case "-path":
      case "-wholename":
        return matches(operand, path);
      case "-type":
        return operand.split(",").includes({ dir: "d", file: "f", link: "l", device: "c" }[stat.kind]);
      case "-maxdepth":
      case "-mindepth":
        return true;
      case "-mtime":
        return measured(Math.floor((this.task.now - stat.at) / 86_400_000));
      case "-mmin":
        return measured(Math.floor((this.task.now - stat.at) / 60_000));
      case "-size": {
        const units: Readonly<Record<string, number>> = { c: 1, k: 1_024, M: 1_048_576, "": 512 };
        return measured(Math.ceil(this.task.files.size(full) / (units[/[ckM]$/.exec(operand)?.[0] ?? ""] ?? 512)));
      }
      case "-perm":
        return (stat.mode & 0o7777) === Number.parseInt(operand.replace(/^[-/]/, ""), 8);
      case "-user":
        return String(stat.uid) === operand || (operand === "root" && stat.uid === 0);
      case "-newer": {
        const other = this.task.files.stat(this.task.path(operand));
        return typeof other !== "number" && stat.at > other.at;
      }
      default:
        this.state.status = complain(
          this.task,
          isBusybox(this.task) ? `unrecognized: ${word}` : `unknown predicate \`${word}'`,
        );
        return false;
    }
  }

  #exec(found: Found, isLive: boolean): boolean {
    const end = this.args.findIndex((arg, n) => n >= this.#at && (arg === ";" || arg === "+"));
    const command = this.args.slice(this.#at, end < 0 ? undefined : end);
    const isBatch = this.args[end] === "+";
    this.#at = end < 0 ? this.args.length : end + 1;
    if (!isLive) return true;
    if (!isBatch) this.state.queue.push(command.map((word) => word.replaceAll("{}", found.path)));
    else {
      this.#batch.push(found.path);
      const all = command.flatMap((word) => (word === "{}" ? this.#batch : [word]));
      if (this.#batch.length === 1) this.state.queue.push(all);
      else this.state.queue[this.state.queue.length - 1] = all;
    }
    return true;
  }
}

export const xargs: Command<Queue & Gathering> = {
  name: "xargs",
  step(task) {
    const state = task.state as Partial<Queue> & Gathering;
    if (state?.queue === undefined) {
      const options = optionsOf(task.argv, "n:I:L:P:s:d:0rtpxE:", XARGS_LONG, true);
      if (options.problem !== undefined) return wrongOption(task, options.problem);
      const input = wholeInput(task);
      if (typeof input !== "string") return input;
      const tells = options.flags.has("t") ? { tells: true as const } : {};
      task.state = { ...task.state, queue: commandsFor(options, input), status: 0, ...tells };
    }
    const ready = task.state as Queue & Gathering;
    return runQueue(task, ready, (code) => {
      ready.status = code === 255 ? 124 : 123;
    });
  },
};

const XARGS_LONG = {
  ...{ null: "0", "no-run-if-empty": "r", "max-args": "n", replace: "I", delimiter: "d", verbose: "t" },
  ...{ "max-procs": "P", "max-lines": "L" },
};

function commandsFor({ flags, values, operands }: Options, input: string): string[][] {
  const most = Number(values["n"] ?? values["L"] ?? Number.POSITIVE_INFINITY);
  const replaced = values["I"];
  const delimiter = values["d"]?.replace("\\n", "\n").replace("\\0", "\0");
  const isNull = flags.has("0");
  const runsEmpty = !flags.has("r");
  const command = operands.length === 0 ? ["echo"] : operands;
  const items =
    replaced !== undefined || delimiter !== undefined || isNull
      ? input
          .split(isNull ? "\0" : (delimiter ?? "\n"))
          .map((item) => (replaced === undefined ? item : item.trim()))
          .filter((item) => item !== "")
      : [...input.matchAll(/"([^"]*)"|'([^']*)'|((?:\\.|[^\s"'])+)/gs)].map(
          ([, double, single, bare]) => double ?? single ?? (bare ?? "").replace(/\\(.)/gs, "$1"),
        );
  if (replaced !== undefined)
    return items.map((item) => command.map((word) => word.replaceAll(replaced ?? "{}", item)));
  if (items.length === 0) return runsEmpty ? [[...command]] : [];
  const commands: string[][] = [];
  for (let n = 0; n < items.length; n += Math.min(most, items.length))
    commands.push([...command, ...items.slice(n, n + most)]);
  return commands;
}
