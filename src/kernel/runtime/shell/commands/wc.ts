/**
 * wc: lines, words and bytes.
 */
import { utf8Length } from "#kernel/runtime/files/bytes";
import { ERRNO } from "#kernel/runtime/files/errno";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, cannotOpen, isBusybox, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";

/** What has been counted of one file. */
interface Counts {
  l: number;
  w: number;
  m: number;
  c: number;
  L: number;
  /** Length of the line that is not over. */
  line: number;
  /** Whether the text so far ends in a word. */
  isInWord: boolean;
}

interface State {
  files: string[];
  status: number;
  rows: { counts: Counts; name: string }[];
  fd?: number;
  now?: Counts;
}

const LETTERS = ["l", "w", "m", "c", "L"] as const;

export const wc: Command<State> = {
  name: "wc",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "lwcmL", {
      ...{ lines: "l", words: "w", bytes: "c", chars: "m" },
    });
    if (problem !== undefined) return wrongOption(task, problem);
    task.state ??= { files: operands.length === 0 ? ["-"] : [...operands], status: 0, rows: [] };
    const { state } = task;
    for (let file = state.files[0]; file !== undefined; file = state.files[0]) {
      state.fd ??= file === "-" ? 0 : task.open(file, "read");
      const failure = state.fd < 0 ? -state.fd : task.isFolder(state.fd) ? ERRNO.EISDIR : 0;
      state.now ??= { l: 0, w: 0, m: 0, c: 0, L: 0, line: 0, isInWord: false };
      const text = failure === 0 ? task.read(state.fd) : "";
      if (text === undefined) return { read: state.fd };
      if (text !== "") {
        add(state.now, text);
        if (!task.spend(1 + text.length / 512)) return undefined;
        continue;
      }
      if (failure !== 0) state.status = cannotOpen(task, file, failure);
      else state.rows.push({ counts: state.now, name: operands.length === 0 ? "" : file });
      if (state.fd > 2) task.close(state.fd);
      delete state.fd;
      delete state.now;
      state.files.shift();
    }
    print(
      task,
      state,
      operands.length,
      LETTERS.filter((flag) => (flags.size === 0 ? "lwc".includes(flag) : flags.has(flag))),
    );
    return state.status;
  },
};

function add(counts: Counts, text: string): void {
  counts.c += utf8Length(text);
  counts.m += [...text].length;
  const words = text.split(/\s+/).filter((word) => word !== "").length;
  counts.w += words - (counts.isInWord && /^\S/.test(text) ? 1 : 0);
  counts.isInWord = /\S$/.test(text);
  const lines = text.split("\n");
  counts.l += lines.length - 1;
  for (const [n, line] of lines.entries()) {
    counts.line = (n === 0 ? counts.line : 0) + line.length;
    counts.L = Math.max(counts.L, counts.line);
  }
}

function print(task: Task, { rows }: State, operands: number, wanted: readonly (typeof LETTERS)[number][]): void {
  const lines = rows.map(({ counts, name }) => ({ numbers: wanted.map((letter) => counts[letter]), name }));
  if (operands > 1) {
    const total = wanted.map((letter) =>
      rows.reduce((sum, { counts }) => (letter === "L" ? Math.max(sum, counts.L) : sum + counts[letter]), 0),
    );
    lines.push({ numbers: total, name: "total" });
  }
  const widest = Math.max(1, ...lines.flatMap(({ numbers }) => numbers.map((number) => String(number).length)));
  for (const { numbers, name } of lines) {
    const isLone = numbers.length === 1 && lines.length === 1;
    const width = isBusybox(task) ? 9 : operands === 0 && !isLone ? 7 : widest;
    const shown = numbers.map((number) => (isLone ? String(number) : String(number).padStart(width))).join(" ");
    task.print(`${shown}${name === "" ? "" : ` ${name}`}\n`);
  }
}
