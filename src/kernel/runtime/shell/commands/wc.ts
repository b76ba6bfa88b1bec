/**
 * wc: lines, words and bytes.
 */
import { utf8Length } from "#kernel/runtime/files/filesystem";
import {
  type Command,
  cannotOpen,
  type Gathering,
  gather,
  isBusybox,
  isWait,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";

export const wc: Command<Gathering> = {
  name: "wc",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "lwcmL");
    if (problem !== undefined) return wrongOption(task, problem);
    const sources = gather(task, operands);
    if (isWait(sources)) return sources;
    const wanted = ["l", "w", "m", "c", "L"].filter((flag) =>
      flags.size === 0 ? "lwc".includes(flag) : flags.has(flag),
    );
    const rows: { counts: number[]; name: string }[] = [];
    let status = 0;
    for (const { name, text, errno } of sources) {
      if (errno !== undefined) status = cannotOpen(task, name, errno);
      if (errno !== undefined && isBusybox(task)) continue;
      const all: Readonly<Record<string, () => number>> = {
        l: () => text.split("\n").length - 1,
        w: () => text.split(/\s+/).filter((word) => word !== "").length,
        c: () => utf8Length(text),
        m: () => [...text].length,
        L: () => Math.max(...text.split("\n").map((line) => line.length)),
      };
      if (errno === undefined)
        rows.push({ counts: wanted.map((flag) => all[flag]?.() ?? 0), name: operands.length === 0 ? "" : name });
    }
    if (sources.length > 1) {
      rows.push({
        counts: wanted.map((_, n) => rows.reduce((sum, { counts }) => sum + (counts[n] ?? 0), 0)),
        name: "total",
      });
    }
    const widest = Math.max(1, ...rows.flatMap(({ counts }) => counts.map((count) => String(count).length)));
    for (const { counts, name } of rows) {
      const isLone = counts.length === 1 && rows.length === 1;
      const width = isBusybox(task) ? 9 : operands.length === 0 && !isLone ? 7 : widest;
      const shown = counts.map((count) => (isLone ? String(count) : String(count).padStart(width))).join(" ");
      task.print(`${shown}${name === "" ? "" : ` ${name}`}\n`);
    }
    return status;
  },
};
