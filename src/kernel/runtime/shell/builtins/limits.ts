/**
 * ulimit: what a process may use, as containerd sets it. A limit that is set is remembered by its shell alone.
 *
 * Models ulimit of bash and of dash; setrlimit(2).
 */
import type { Builtin } from "#kernel/runtime/shell/builtins/builtin";

type Limit = readonly [letter: string, value: string, bash: string, bashUnit: string, dash: string];

const LIMITS: readonly Limit[] = [
  ["R", "unlimited", "real-time non-blocking time", "microseconds", ""],
  ["t", "unlimited", "cpu time", "seconds", "time(seconds)"],
  ["f", "unlimited", "file size", "blocks", "file(blocks)"],
  ["d", "unlimited", "data seg size", "kbytes", "data(kbytes)"],
  ["s", "8192", "stack size", "kbytes", "stack(kbytes)"],
  ["c", "unlimited", "core file size", "blocks", "coredump(blocks)"],
  ["m", "unlimited", "max memory size", "kbytes", "memory(kbytes)"],
  ["l", "8192", "max locked memory", "kbytes", "locked memory(kbytes)"],
  ["u", "unlimited", "max user processes", "", "process"],
  ["n", "1048576", "open files", "", "nofiles"],
  ["v", "unlimited", "virtual memory", "kbytes", "vmemory(kbytes)"],
  ["x", "unlimited", "file locks", "", "locks"],
  ["r", "0", "real-time priority", "", "rtprio"],
  ["e", "0", "scheduling priority", "", ""],
  ["i", "31339", "pending signals", "", ""],
  ["p", "8", "pipe size", "512 bytes", ""],
  ["q", "819200", "POSIX message queues", "bytes", ""],
];

/** bash lists its limits by the letter of their option. */
const BASH_ORDER = "Rcdefilmnpqrstuvx";

/** `ulimit [-HSa] [-letter] [value]`: tells a limit, or sets it. */
export const ulimit: Builtin = (shell, argv) => {
  const { state } = shell;
  const options = argv.filter((arg) => /^-[A-Za-z]+$/.test(arg)).join("");
  const letters = [...options.replace(/[-HS]/g, "")];
  const wanted = argv.slice(1).find((arg) => !arg.startsWith("-"));
  const current = ([letter, value]: Limit): string => state.limits?.[letter] ?? value;
  const name = state.isBash === true ? "bash" : "sh";
  if (letters.includes("a")) {
    shell.task.print(state.isBash === true ? bashList(current) : dashList(current));
    return 0;
  }
  const letter = letters[0] ?? "f";
  const limit = LIMITS.find(([one]) => one === letter);
  if (limit === undefined) {
    shell.task.complain(`${name}: ulimit: -${letter}: invalid option\n`);
    return 2;
  }
  if (wanted === undefined) {
    shell.task.print(`${current(limit)}\n`);
    return 0;
  }
  if (wanted !== "unlimited" && !/^\d+$/.test(wanted)) {
    shell.task.complain(`${name}: ulimit: ${wanted}: invalid number\n`);
    return 1;
  }
  state.limits = { ...state.limits, [letter]: wanted };
  return 0;
};

function bashList(current: (limit: Limit) => string): string {
  const byLetter = new Map(LIMITS.map((limit) => [limit[0], limit]));
  return [...BASH_ORDER]
    .map((letter) => byLetter.get(letter))
    .filter((limit) => limit !== undefined)
    .map((limit) => {
      const [letter, , what, unit] = limit;
      const option = `(${unit === "" ? "" : `${unit}, `}-${letter})`;
      return `${what}${option.padStart(Math.max(40 - what.length, option.length + 2))} ${current(limit)}\n`;
    })
    .join("");
}

const dashList = (current: (limit: Limit) => string): string =>
  LIMITS.filter(([, , , , dash]) => dash !== "")
    .map((limit) => `${limit[4].padEnd(20)} ${current(limit)}\n`)
    .join("");
