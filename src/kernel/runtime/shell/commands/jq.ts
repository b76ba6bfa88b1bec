/**
 * jq: filters JSON.
 *
 * Models jq 1.7. Leaves out colours, streaming and modules.
 */

import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Command } from "#kernel/runtime/shell/commands/command";
import { run } from "#kernel/runtime/shell/commands/jq/evaluate";
import { type Filter, JqSyntaxError, parseJq } from "#kernel/runtime/shell/commands/jq/parse";
import { scopeOf } from "#kernel/runtime/shell/commands/jq/scope";
import { JqError, show, sorted } from "#kernel/runtime/shell/commands/jq/values";
import { LIMITS } from "#kernel/sim/limits";

interface Options {
  readonly flags: ReadonlySet<string>;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly filter: string | undefined;
  readonly files: readonly string[];
  readonly indent: string;
  readonly problem?: string;
}

interface State {
  readonly input: string;
}

/** Steps a filter may take for all its inputs, and values it may print. */
const FUEL = 200_000;

const LONG: Readonly<Record<string, string>> = {
  "raw-output": "r",
  "compact-output": "c",
  "null-input": "n",
  "raw-input": "R",
  slurp: "s",
  "exit-status": "e",
  "sort-keys": "S",
  "join-output": "j",
  "monochrome-output": "M",
  "color-output": "C",
  "ascii-output": "a",
  tab: "t",
};

export const jq: Command<State> = {
  name: "jq",
  comesWith: "extra",
  step(task) {
    const options = optionsIn(task);
    const fail = (message: string, code: number): number => {
      task.complain(`jq: ${message}\n`);
      return code;
    };
    if (options.problem !== undefined)
      return fail(
        `error: ${options.problem}\nUse jq --help for help with command-line options,\nor see the jq manpage, or online docs  at https://jqlang.github.io/jq`,
        2,
      );
    if (options.filter === undefined)
      return fail("error: no filter was given\nUsage:\tjq [OPTIONS] FILTER [FILES...]", 2);
    let filter: Filter;
    try {
      filter = parseJq(options.filter);
    } catch (error) {
      if (!(error instanceof JqSyntaxError)) throw error;
      return fail(`error: ${error.message} at <top-level>, line 1:\n${options.filter}\njq: 1 compile error`, 3);
    }
    if (options.flags.has("n") || options.files.length > 0)
      return filterAll(task, options, filter, textOfFiles(task, options));
    for (let input = task.state?.input ?? ""; ; task.state = { input }) {
      const text = task.read(0);
      if (text === undefined) return { read: 0 };
      if (text === "") return filterAll(task, options, filter, { text: input, status: 0 });
      input += text;
      if (input.length > LIMITS.textHeldChars) return fail("error: input is too large", 5);
    }
  },
};

function optionsIn(task: Task): Options {
  const flags = new Set<string>();
  const variables: Record<string, unknown> = { ENV: task.environ() };
  const named: Record<string, unknown> = {};
  const rest: string[] = [];
  let indent = "  ";
  let problem: string | undefined;
  const words = [...task.argv.slice(1)];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--arg" || word === "--argjson" || word === "--slurpfile" || word === "--rawfile") {
      const [name = "", value = ""] = [words.shift(), words.shift()];
      const found = givenBy(task, word, value);
      if (found === undefined) problem ??= `Invalid JSON text passed to ${word}`;
      named[name] = found?.value ?? null;
    } else if (word === "--indent") indent = " ".repeat(Math.min(7, Number(words.shift() ?? 2) || 0));
    else if (word === "--args" || word === "--jsonargs")
      rest.push(...words.splice(0).slice(0, rest.length > 0 ? 0 : 1));
    else if (word.startsWith("--") && word !== "--") {
      const letter = LONG[word.slice(2)];
      if (letter === undefined) problem ??= `Unknown option: ${word}`;
      else flags.add(letter);
    } else if (/^-[a-zA-Z]+$/.test(word)) for (const letter of word.slice(1)) flags.add(letter);
    else if (word !== "--") rest.push(word);
  }
  const [filter, ...files] = rest;
  const all = { ...variables, ...named, __prog_args: null, named };
  return {
    flags,
    variables: all,
    filter,
    files,
    indent: flags.has("t") ? "\t" : indent,
    ...(problem !== undefined && { problem }),
  };
}

function givenBy(task: Task, option: string, text: string): { readonly value: unknown } | undefined {
  if (option === "--arg") return { value: text };
  const content = option === "--argjson" ? text : task.readFile(text);
  if (typeof content === "number") return undefined;
  if (option === "--rawfile") return { value: content };
  const values = jsonValues(content);
  if ("problem" in values) return undefined;
  return { value: option === "--slurpfile" ? values.values : values.values[0] };
}

function textOfFiles(task: Task, { files }: Options): { readonly text: string; readonly status: number } {
  let text = "";
  let status = 0;
  for (const file of files) {
    const content = task.readFile(file);
    if (typeof content === "number") {
      task.complain(`jq: error: Could not open ${file}: No such file or directory\n`);
      status = 2;
    } else text += content;
  }
  return { text, status };
}

/** The JSON values that stand one after another in a text. */
function jsonValues(
  text: string,
): { readonly values: unknown[] } | { readonly values: unknown[]; readonly problem: string } {
  const values: unknown[] = [];
  const token = /\s+|"(?:[^"\\]|\\.)*"|[{}[\]]|[,:]|[^\s{}[\],:"]+|"/y;
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; ) {
    token.lastIndex = at;
    const [word = ""] = token.exec(text) ?? [];
    if (word === "") break;
    if (depth === 0) start = at;
    at += word.length;
    if (/^\s/.test(word)) continue;
    if (word === "{" || word === "[") depth += 1;
    else if (word === "}" || word === "]") depth -= 1;
    if (depth > 0) continue;
    try {
      values.push(JSON.parse(text.slice(start, at)));
    } catch {
      const lines = text.slice(0, at).split("\n");
      const place = `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`;
      const isWord = /^[a-z]+$/i.test(word) && depth === 0;
      return { values, problem: `parse error: Invalid ${isWord ? "literal" : "numeric literal"} at ${place}` };
    }
  }
  if (depth > 0) {
    const lines = text.split("\n");
    return {
      values,
      problem: `parse error: Unfinished JSON term at EOF at line ${lines.length}, column ${(lines.at(-1) ?? "").length}`,
    };
  }
  return { values };
}

function inputsOf({ flags }: Options, text: string): ReturnType<typeof jsonValues> {
  if (flags.has("n")) return { values: [null] };
  if (flags.has("R")) {
    if (flags.has("s")) return { values: [text] };
    return { values: text === "" ? [] : text.replace(/\n$/, "").split("\n") };
  }
  const found = jsonValues(text);
  return flags.has("s") && !("problem" in found) ? { values: [found.values] } : found;
}

function filterAll(
  task: Task,
  options: Options,
  filter: Filter,
  source: { readonly text: string; readonly status: number },
): Step {
  const { flags, indent } = options;
  const inputs = inputsOf(options, source.text);
  const scope = scopeOf(options.variables, FUEL);
  let { status } = source;
  let last: unknown;
  for (const input of inputs.values) {
    try {
      for (const value of run(filter, input, scope)) {
        last = value ?? null;
        const isRaw = (flags.has("r") || flags.has("j")) && typeof value === "string";
        const shown = flags.has("S") ? sorted(value) : value;
        const text = isRaw
          ? value
          : flags.has("c") || indent === ""
            ? show(shown)
            : JSON.stringify(shown ?? null, null, indent);
        if (!task.print(`${text}${flags.has("j") ? "" : "\n"}`)) return 1;
      }
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
      task.complain(`jq: error (at <stdin>:${Math.max(1, source.text.split("\n").length - 1)}): ${error.message}\n`);
      status = 5;
    }
  }
  task.spend(Math.ceil((FUEL - scope.fuel.left) / 20));
  if ("problem" in inputs) {
    task.complain(`jq: ${inputs.problem}\n`);
    return 5;
  }
  if (status !== 0 || !flags.has("e")) return status;
  return last === undefined ? 4 : last === false || last === null ? 1 : 0;
}
