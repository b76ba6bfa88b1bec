/**
 * gzip, gunzip, zcat: files made smaller, and back.
 */
import { gunzipSync, gzipSync } from "fflate";
import { rawBytes, textOfBytes, toBytes } from "#kernel/runtime/files/bytes";
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  complain,
  type Gathering,
  optionsOf,
  wholeInput,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { LIMITS } from "#kernel/sim/limits";

/** The text in gzip. */
export const zipped = (text: string): string => textOfBytes(gzipSync(rawBytes(toBytes(text)), { mtime: 0 }));

/** The text that was in gzip; undefined if it was in none, or is too large to be held. */
export function unzipped(text: string): string | undefined {
  const bytes = rawBytes(toBytes(text));
  // The last four bytes say how long it will be.
  const size = bytes.slice(-4).reduceRight((sum, byte) => sum * 256 + byte, 0);
  if (size > LIMITS.fileReadBytes) return undefined;
  try {
    return textOfBytes(gunzipSync(bytes));
  } catch {
    return undefined;
  }
}

function tool(name: string, how: { readonly unpacks: boolean; readonly prints: boolean }): Command<Gathering> {
  return {
    name,
    step(task) {
      const { flags, operands, problem } = optionsOf(task.argv, "cdfkqtv123456789n", {
        ...{ stdout: "c", decompress: "d", force: "f", keep: "k", best: "9", fast: "1" },
      });
      if (problem !== undefined) return wrongOption(task, problem);
      const unpacks = how.unpacks || flags.has("d");
      const prints = how.prints || flags.has("c");
      const convert = (text: string): string | undefined => (unpacks ? unzipped(text) : zipped(text));
      if (operands.length === 0 || operands[0] === "-") {
        const input = wholeInput(task);
        if (typeof input !== "string") return input;
        const text = convert(input);
        if (text === undefined) return complain(task, "invalid magic");
        return task.print(text) ? 0 : 1;
      }
      let status = 0;
      for (const file of operands) {
        if (one(task, file, { convert, unpacks, prints, keeps: flags.has("k") || prints }) !== 0) status = 1;
      }
      return status;
    },
  };
}

interface How {
  convert(text: string): string | undefined;
  readonly unpacks: boolean;
  readonly prints: boolean;
  readonly keeps: boolean;
}

/** Converts one file; gives the status. */
function one(task: Task, file: string, { convert, unpacks, prints, keeps }: How): number {
  const text = task.readFile(file);
  if (typeof text === "number") return complain(task, `${file}: ${errnoText(text)}`);
  const target = unpacks ? file.replace(/\.(t?)gz$/, (_, tar: string) => (tar === "" ? "" : ".tar")) : `${file}.gz`;
  if (target === file && !prints) return complain(task, `${file}: unknown suffix - ignored`);
  const made = convert(text);
  task.spend(1 + text.length / 1_024);
  if (made === undefined) return complain(task, "invalid magic");
  if (prints) return task.print(made) ? 0 : 1;
  if (task.files.exists(task.path(target))) return complain(task, `can't open '${target}': ${errnoText(ERRNO.EEXIST)}`);
  const failure = task.files.write(task.path(target), made, { uid: task.uid });
  if (failure !== 0) return complain(task, `can't open '${target}': ${errnoText(failure)}`);
  if (!keeps) task.files.remove(task.path(file), task.uid);
  return 0;
}

export const gzip = tool("gzip", { unpacks: false, prints: false });
export const gunzip = tool("gunzip", { unpacks: true, prints: false });
export const zcat = tool("zcat", { unpacks: true, prints: true });
