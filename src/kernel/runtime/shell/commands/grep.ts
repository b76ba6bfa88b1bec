/**
 * grep: lines that match, from files as they are and from the standard input as it comes.
 */

import { errnoText } from "#kernel/runtime/files/errno";
import { below } from "#kernel/runtime/files/paths";
import { LinearRegExp } from "#kernel/runtime/linear-regexp";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  complain,
  linesOf,
  type Options,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { RegexFault, regex } from "#kernel/runtime/shell/commands/regex";

interface State {
  files: string[] | null;
  line: number;
  count: number;
  isFound: boolean;
  status: number;
  /** Lines before a match, and how many after it are still to be shown. */
  before: string[];
  after: number;
}

const LONG = {
  "ignore-case": "i",
  "invert-match": "v",
  count: "c",
  quiet: "q",
  silent: "q",
  "line-number": "n",
  recursive: "r",
  "files-with-matches": "l",
  "only-matching": "o",
  "extended-regexp": "E",
  "fixed-strings": "F",
  "word-regexp": "w",
  "max-count": "m",
  regexp: "e",
  "no-messages": "s",
  "line-buffered": "u",
  "after-context": "A",
  "before-context": "B",
};

function grepAs(name: string, extra: string): Command<State> {
  return {
    name,
    step(task) {
      const options = optionsOf(task.argv, "EFGPivcqnlLohHrRwxsum:e:f:A:B:C:za", { ...LONG, color: "a" });
      if (options.problem !== undefined) return wrongOption(task, options.problem, 2);
      try {
        return search(task, options, extra);
      } catch (fault) {
        if (!(fault instanceof RegexFault)) throw fault;
        return complain(task, `bad regex '${fault.message}'`, 2);
      }
    },
  };
}

export const grep = grepAs("grep", "");
export const egrep = grepAs("egrep", "E");
export const fgrep = grepAs("fgrep", "F");

function search(task: Task<State>, options: Options, extra: string): Step {
  const { flags } = options;
  const operands = [...options.operands];
  const listed = patternsIn(task, options);
  if (typeof listed === "number") return listed;
  const pattern = listed.length > 0 ? listed.join("\n") : operands.shift();
  if (pattern === undefined) return wrongOption(task, "no pattern", 2);
  const isExtended = flags.has("E") || flags.has("P") || extra === "E";
  const tests = pattern
    .split("\n")
    .map((source) => matcher(source, { isExtended, isFixed: flags.has("F") || extra === "F", flags }));
  const isRecursive = flags.has("r") || flags.has("R");
  task.state ??= { files: null, line: 0, count: 0, isFound: false, status: 1, before: [], after: 0 };
  const { state } = task;
  const scan = new Scan(task, state, options, tests);
  if (operands.length === 0 && !isRecursive) return scan.input();
  const names = isRecursive ? (operands.length === 0 ? ["."] : operands).flatMap((name) => tree(task, name)) : operands;
  scan.isNamed = (names.length > 1 || isRecursive || flags.has("H")) && !flags.has("h");
  for (const name of names) {
    const text = name === "-" ? (task.read(0) ?? "") : task.readFile(name);
    if (typeof text === "number") {
      if (!flags.has("s")) complain(task, `${name}: ${errnoText(text)}`);
      state.status = 2;
      continue;
    }
    scan.file(name, text);
    if (state.isFound && flags.has("q")) return 0;
  }
  if (state.status === 2) return 2;
  return state.isFound ? 0 : 1;
}

/** The patterns of -e and -f, or the status of a file that cannot be read. */
function patternsIn(task: Task, { lists }: Options): string[] | number {
  const patterns = [...(lists["e"] ?? [])];
  for (const file of lists["f"] ?? []) {
    const text = task.readFile(file);
    if (typeof text === "number") return complain(task, `${file}: ${errnoText(text)}`, 2);
    patterns.push(text.replace(/\n$/, ""));
  }
  return patterns;
}

function matcher(source: string, how: { isExtended: boolean; isFixed: boolean; flags: ReadonlySet<string> }): RegExp {
  const { flags, ...kind } = how;
  const plain = regex(source, { ...kind, ignoresCase: flags.has("i"), isGlobal: true });
  if (!flags.has("w") && !flags.has("x")) return plain;
  const wrapped = flags.has("x") ? `^(?:${plain.source})$` : `(?<!\\w)(?:${plain.source})(?!\\w)`;
  return new LinearRegExp(wrapped, plain.flags);
}

function tree(task: Task, path: string): string[] {
  if (!task.files.isDirectory(task.path(path))) return [path];
  const names = task.files.list(task.path(path));
  return typeof names === "number"
    ? []
    : names.flatMap((name) => tree(task, below(path.replace(/(.)\/$/, "$1"), name)));
}

class Scan {
  isNamed = false;

  constructor(
    readonly task: Task<State>,
    readonly state: State,
    readonly options: Options,
    readonly tests: readonly RegExp[],
  ) {}

  #limit(letter: string): number {
    return Number(this.options.values[letter] ?? this.options.values["C"] ?? "0");
  }

  /** The standard input, line by line. */
  input(): Step {
    const { task, state, options } = this;
    for (;;) {
      if (task.isFull(1)) return { write: 1 };
      const line = task.readLine(0);
      if (line === undefined) return { line: 0 };
      if (line === "") break;
      this.#line("(standard input)", line.replace(/\n$/, ""));
      if (state.isFound && options.flags.has("q")) return 0;
      if (state.count >= Number(options.values["m"] ?? "Infinity")) break;
      if (!task.spend()) return undefined;
    }
    this.#summary("(standard input)");
    return state.isFound ? 0 : 1;
  }

  file(name: string, text: string): void {
    this.state.line = 0;
    this.state.count = 0;
    this.state.before = [];
    this.state.after = 0;
    for (const line of linesOf(text)) {
      this.#line(name, line);
      this.task.spend();
      if (this.state.count >= Number(this.options.values["m"] ?? "Infinity")) break;
    }
    this.#summary(name);
  }

  #line(name: string, line: string): void {
    const { state } = this;
    const { flags } = this.options;
    state.line += 1;
    const matches = this.tests.some((test) => {
      test.lastIndex = 0;
      return test.test(line);
    });
    if (matches === flags.has("v")) {
      this.#context(name, line);
      return;
    }
    state.count += 1;
    state.isFound = true;
    if (["q", "c", "l", "L"].some((flag) => flags.has(flag))) return;
    for (const [n, earlier] of state.before.entries())
      this.#show(name, earlier, "-", state.line - state.before.length + n);
    state.before = [];
    state.after = this.#limit("A");
    if (!flags.has("o")) this.#show(name, line, ":", state.line);
    else
      for (const test of this.tests)
        for (const [found] of line.matchAll(new LinearRegExp(test)))
          if (found !== "") this.#show(name, found, ":", state.line);
  }

  #context(name: string, line: string): void {
    const { state } = this;
    if (state.after > 0) {
      state.after -= 1;
      this.#show(name, line, "-", state.line);
    } else if (this.#limit("B") > 0) state.before = [...state.before, line].slice(-this.#limit("B"));
  }

  #show(name: string, text: string, mark: string, number: number): void {
    const file = this.isNamed ? `${name}${mark}` : "";
    const line = this.options.flags.has("n") ? `${number}${mark}` : "";
    this.task.print(`${file}${line}${text}\n`);
  }

  #summary(name: string): void {
    const { flags } = this.options;
    if (flags.has("q")) return;
    if (flags.has("l") && this.state.count > 0) this.task.print(`${name}\n`);
    else if (flags.has("L") && this.state.count === 0) this.task.print(`${name}\n`);
    else if (flags.has("c")) this.task.print(`${this.isNamed ? `${name}:` : ""}${this.state.count}\n`);
  }
}
