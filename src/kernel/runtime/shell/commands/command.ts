/**
 * What a tool of the shell is, and how tools read their options, operands and input.
 */
import { errnoText } from "#kernel/runtime/files/errno";
import type { Flavor } from "#kernel/runtime/images/image";
import type { Program, Wait } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { LIMITS } from "#kernel/sim/limits";

/** A tool. One that is built in never waits: the shell runs it in its own process. */
export interface Command<S = unknown> extends Program<S> {
  readonly isBuiltin?: boolean;
  /** Images of which flavor bring it; absent = all. `extra`: only images that name it. */
  readonly comesWith?: Exclude<Flavor, "none"> | "extra";
}

export interface Options {
  /** Options without a value that were given. */
  readonly flags: ReadonlySet<string>;
  /** The last value of each option that takes one. */
  readonly values: Readonly<Record<string, string>>;
  /** Every value of an option that is given more than once. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly operands: readonly string[];
  /** The first option that is unknown or lacks its value, as the message names it. */
  readonly problem?: string;
}

/** Reads options in the manner of getopt: `"ab:"`; long names map to letters. `stops`: operands end the options. */
export function optionsOf(
  argv: readonly string[],
  letters: string,
  long: Readonly<Record<string, string>> = {},
  stops = false,
): Options {
  const flags = new Set<string>();
  const values: Record<string, string> = {};
  const lists: Record<string, string[]> = {};
  const operands: string[] = [];
  const put = (letter: string, value: string): void => {
    values[letter] = value;
    lists[letter] = [...(lists[letter] ?? []), value];
  };
  const takes = (letter: string): boolean => letters[letters.indexOf(letter) + 1] === ":";
  const isKnown = (letter: string): boolean => letter !== ":" && letter !== "" && letters.includes(letter);
  for (let n = 1; n < argv.length; n += 1) {
    const arg = argv[n] ?? "";
    if (arg === "--") {
      operands.push(...argv.slice(n + 1));
      break;
    }
    if (arg.startsWith("--")) {
      const [name = "", given] = arg.slice(2).split(/=(.*)/s);
      const letter = Object.hasOwn(long, name) ? (long[name] ?? "") : "";
      if (letter === "") return { flags, values, lists, operands, problem: `unrecognized option '${arg}'` };
      if (!takes(letter)) flags.add(letter);
      else if (given !== undefined) put(letter, given);
      else {
        n += 1;
        put(letter, argv[n] ?? "");
      }
      continue;
    }
    if (!arg.startsWith("-") || arg === "-") {
      operands.push(arg);
      if (!stops) continue;
      operands.push(...argv.slice(n + 1));
      break;
    }
    for (let at = 1; at < arg.length; at += 1) {
      const letter = arg[at] ?? "";
      if (!isKnown(letter)) return { flags, values, lists, operands, problem: `invalid option -- '${letter}'` };
      if (!takes(letter)) {
        flags.add(letter);
        continue;
      }
      const rest = arg.slice(at + 1);
      if (rest === "") n += 1;
      const value = rest === "" ? argv[n] : rest;
      if (value === undefined)
        return { flags, values, lists, operands, problem: `option requires an argument -- '${letter}'` };
      put(letter, value);
      break;
    }
  }
  return { flags, values, lists, operands };
}

/** The name under which a tool complains. */
export function toolName(task: Task): string {
  const path = task.argv[0] ?? "";
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Writes `name: message` to the error output; gives the status. */
export function complain(task: Task, message: string, status = 1): number {
  task.complain(`${toolName(task)}: ${message}\n`);
  return status;
}

/** Complains of an option; gives the status. */
export function wrongOption(task: Task, problem: string, status = 1): number {
  const name = toolName(task);
  if (isBusybox(task)) task.complain(`${name}: ${problem}\nBusyBox v1.36.1 multi-call binary.\n\nUsage: ${name}\n`);
  else task.complain(`${name}: ${problem}\nTry '${name} --help' for more information.\n`);
  return status;
}

/** Whether the tools of the image are those of busybox, whose messages differ. */
export function isBusybox(task: Task): boolean {
  return task.sandbox.content.flavor === "busybox";
}

/** Tools of busybox that name the file and then the error. */
const NAMES_FIRST = ["head", "wc", "sort", "uniq", "cut", "rev", "tac", "nl", "paste"];

/** Complains of a file that cannot be read, as busybox and GNU word it. */
export function cannotOpen(task: Task, path: string, errno: number): number {
  if (!isBusybox(task)) return complain(task, `${path}: ${errnoText(errno)}`);
  if (NAMES_FIRST.includes(toolName(task))) return complain(task, `${path}: ${errnoText(errno)}`);
  return complain(task, errno === 21 ? "read error: Is a directory" : `can't open '${path}': ${errnoText(errno)}`);
}

/** One file or the standard input, read whole. */
export interface Source {
  readonly name: string;
  readonly text: string;
  /** Why it could not be read. */
  readonly errno?: number;
}

/** State of a tool that reads its standard input to the end before it begins. */
export interface Gathering {
  input?: string;
  isOver?: boolean;
}

/** All operands read whole (`-` and none: the standard input), or what to wait for. */
export function gather(task: Task<Gathering>, operands: readonly string[]): readonly Source[] | Wait {
  const names = operands.length === 0 ? ["-"] : operands;
  if (names.includes("-")) {
    const text = wholeInput(task);
    if (typeof text !== "string") return text;
  }
  return names.map((name) => {
    if (name === "-") return { name, text: task.state?.input ?? "" };
    const text = task.readFile(name);
    return typeof text === "number" ? { name, text: "", errno: text } : { name, text };
  });
}

/** The standard input read to its end, or what to wait for. */
export function wholeInput(task: Task<Gathering>): string | Wait {
  const state = task.state ?? {};
  while (state.isOver !== true) {
    const text = task.read(0);
    if (text === undefined) {
      task.state = state;
      return { read: 0 };
    }
    if (text === "") state.isOver = true;
    else state.input = (state.input ?? "") + text;
    if ((state.input?.length ?? 0) > LIMITS.textHeldChars && !task.holdMemory(Number.MAX_SAFE_INTEGER)) return {};
  }
  task.state = state;
  return state.input ?? "";
}

/** Whether gather or wholeInput gave something to wait for. */
export function isWait(value: readonly Source[] | string | Wait): value is Wait {
  return typeof value !== "string" && !Array.isArray(value);
}

/** The lines of a text, without their line feeds. */
export function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (text.endsWith("\n")) lines.pop();
  return lines;
}
