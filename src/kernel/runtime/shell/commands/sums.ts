/**
 * md5sum, sha1sum, sha256sum, sha512sum: checksums of files, and whether files still have them.
 */
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { rawBytes, toBytes } from "#kernel/runtime/files/bytes";
import { ERRNO } from "#kernel/runtime/files/errno";
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  cannotOpen,
  complain,
  type Gathering,
  isBusybox,
  linesOf,
  optionsOf,
  toolName,
  wholeInput,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";

/** Bytes of a file that are read at once. */
const PIECE_BYTES = 262_144;

interface Digest {
  update(bytes: Uint8Array): Digest;
  digest(): Uint8Array;
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The checksum of a file, or the error. */
function sumOf(task: Task, make: () => Digest, name: string): string | number {
  const path = task.path(name);
  const refused = task.files.isDirectory(path) ? ERRNO.EISDIR : task.files.may(path, task.uid, 4);
  if (refused !== 0) return refused;
  const digest = make();
  for (let at = 0; ; at += PIECE_BYTES) {
    const piece = task.files.bytes(path, at, PIECE_BYTES);
    if (typeof piece === "number") return piece;
    digest.update(rawBytes(piece));
    task.spend(1 + piece.length / 4_096);
    if (piece.length < PIECE_BYTES) return hex(digest.digest());
  }
}

function sums(name: string, make: () => Digest): Command<Gathering> {
  return {
    name,
    step(task) {
      const { flags, operands, problem } = optionsOf(task.argv, "bcstw", {
        ...{ check: "c", status: "s", quiet: "s", binary: "b", text: "t", warn: "w" },
      });
      if (problem !== undefined) return wrongOption(task, problem);
      const names = operands.length === 0 ? ["-"] : operands;
      const input = names.includes("-") ? wholeInput(task) : "";
      if (typeof input !== "string") return input;
      const one = (file: string): string | number =>
        file === "-"
          ? hex(
              make()
                .update(rawBytes(toBytes(input)))
                .digest(),
            )
          : sumOf(task, make, file);
      if (flags.has("c")) return check(task, one, names, { input, isQuiet: flags.has("s") });
      let status = 0;
      for (const file of names) {
        const sum = one(file);
        if (typeof sum === "number") status = cannotOpen(task, file, sum);
        else task.print(`${sum}  ${file}\n`);
      }
      return status;
    },
  };
}

/** Compares files with the sums a list gives them. */
function check(
  task: Task,
  one: (file: string) => string | number,
  lists: readonly string[],
  { input, isQuiet }: { readonly input: string; readonly isQuiet: boolean },
): number {
  let failed = 0;
  let checked = 0;
  for (const list of lists) {
    const text = list === "-" ? input : task.readFile(list);
    if (typeof text === "number") return cannotOpen(task, list, text);
    for (const line of linesOf(text)) {
      const match = /^([0-9a-f]+) [ *](.+)$/.exec(line);
      if (match === null) continue;
      checked += 1;
      const [, wanted = "", file = ""] = match;
      const sum = one(file);
      if (typeof sum === "number") cannotOpen(task, file, sum);
      if (sum !== wanted) failed += 1;
      const verdict =
        sum === wanted ? "OK" : typeof sum === "number" && !isBusybox(task) ? "FAILED open or read" : "FAILED";
      if (!isQuiet) task.print(`${file}: ${verdict}\n`);
    }
  }
  if (checked === 0) return complain(task, `${lists[0] ?? ""}: no properly formatted checksum lines found`);
  if (failed === 0) return 0;
  if (isBusybox(task)) return complain(task, `WARNING: ${failed} of ${checked} computed checksums did NOT match`);
  task.complain(`${toolName(task)}: WARNING: ${failed} computed checksum${failed === 1 ? "" : "s"} did NOT match\n`);
  return 1;
}

export const md5sum = sums("md5sum", () => md5.create());
export const sha1sum = sums("sha1sum", () => sha1.create());
export const sha256sum = sums("sha256sum", () => sha256.create());
export const sha512sum = sums("sha512sum", () => sha512.create());
