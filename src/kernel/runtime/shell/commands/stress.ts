/**
 * stress and stress-ng: memory and work on purpose, what lessons on limits run.
 *
 * Models github.com/resurrecting-open-source-projects/stress and github.com/ColinIanKing/stress-ng.
 * Leaves out the hundreds of special stressors of stress-ng: those that are asked for by name are refused by name.
 */
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Command } from "#kernel/runtime/shell/commands/command";
import { LIMITS } from "#kernel/sim/limits";

interface Hogs {
  readonly since: number;
  readonly until: number | null;
}

/** What the options ask for. */
interface Order {
  readonly cpu: number;
  readonly io: number;
  readonly vm: number;
  readonly hdd: number;
  /** Bytes of each vm worker. */
  readonly bytes: number;
  /** Workers hold their memory and sleep rather than fill it over and over. */
  readonly holds: boolean;
  /** Percent of a core of each cpu worker. */
  readonly load: number;
  readonly seconds: number | undefined;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const TIMES: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400, y: 31_536_000 };

/** A number with a unit (`250M`, `10s`); undefined if it is none. */
function sized(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([a-zA-Z]?)$/.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

type Words = Readonly<
  Record<string, { readonly name: keyof Order | "quiet"; readonly takes?: Readonly<Record<string, number>> }>
>;

const COUNT: Readonly<Record<string, number>> = { "": 1 };

const STRESS_WORDS: Words = {
  "-c": { name: "cpu", takes: COUNT },
  "--cpu": { name: "cpu", takes: COUNT },
  "-i": { name: "io", takes: COUNT },
  "--io": { name: "io", takes: COUNT },
  "-m": { name: "vm", takes: COUNT },
  "--vm": { name: "vm", takes: COUNT },
  "-d": { name: "hdd", takes: COUNT },
  "--hdd": { name: "hdd", takes: COUNT },
  "--vm-bytes": { name: "bytes", takes: UNITS },
  "--vm-hang": { name: "holds", takes: TIMES },
  "--vm-keep": { name: "quiet" },
  "--vm-stride": { name: "quiet", takes: UNITS },
  "--hdd-bytes": { name: "quiet", takes: UNITS },
  "--backoff": { name: "quiet", takes: COUNT },
  "-t": { name: "seconds", takes: TIMES },
  "--timeout": { name: "seconds", takes: TIMES },
  "-q": { name: "quiet" },
  "--quiet": { name: "quiet" },
  "-v": { name: "quiet" },
  "--verbose": { name: "quiet" },
};

const NG_WORDS: Words = {
  ...STRESS_WORDS,
  "-l": { name: "load", takes: COUNT },
  "--cpu-load": { name: "load", takes: COUNT },
  "--metrics": { name: "quiet" },
  "--metrics-brief": { name: "quiet" },
  "-M": { name: "quiet" },
  "--matrix": { name: "cpu", takes: COUNT },
};

/** Reads the options; a text names the first that is wrong. */
function orderOf(argv: readonly string[], words: Words): Order | string {
  const order: Record<string, number | boolean | undefined> = {
    ...{ cpu: 0, io: 0, vm: 0, hdd: 0, bytes: 256 * 2 ** 20, holds: false, load: 100, seconds: undefined },
  };
  for (let n = 1; n < argv.length; n += 1) {
    const [word = "", joined] = (argv[n] ?? "").startsWith("--") ? (argv[n] ?? "").split(/=(.*)/s) : [argv[n] ?? ""];
    const known = Object.hasOwn(words, word) ? words[word] : undefined;
    if (known === undefined) return word;
    if (known.takes === undefined) continue;
    if (joined === undefined) n += 1;
    const text = joined ?? argv[n];
    const value = text === undefined ? undefined : sized(text, known.takes);
    if (value === undefined) return word;
    order[known.name] = known.name === "holds" ? true : value;
  }
  return order as unknown as Order;
}

/** Takes what was asked for; false if that was the end of the container. */
function begin(task: Task<Hogs>, { cpu, io, vm, hdd, bytes, holds, load, seconds }: Order): boolean {
  task.state = { since: task.now, until: seconds === undefined || seconds === 0 ? null : task.now + seconds * 1_000 };
  task.keepBusy(Math.min(cpu * load * 10 + vm * (holds ? 20 : 1_000) + (io + hdd) * 200, LIMITS.busyMillis));
  return vm === 0 || task.holdMemory(vm * bytes + 2 ** 20);
}

export const stress: Command<Hogs> = {
  name: "stress",
  comesWith: "extra",
  step(task): Step {
    const log = (level: string, text: string): void => void task.print(`stress: ${level}: [${task.pid}] ${text}\n`);
    if (task.state === undefined) {
      const order = orderOf(task.argv, STRESS_WORDS);
      if (typeof order === "string") {
        log("FAIL", `(244) unrecognized option: ${order}`);
        return 1;
      }
      const { cpu, io, vm, hdd } = order;
      if (cpu + io + vm + hdd === 0) {
        task.print(
          "`stress' imposes certain types of compute stress on your system\n\nUsage: stress [OPTION [ARG]] ...\n",
        );
        return 0;
      }
      log("info", `dispatching hogs: ${cpu} cpu, ${io} io, ${vm} vm, ${hdd} hdd`);
      if (!begin(task, order)) return {};
    }
    return goOn(task, (seconds) => log("info", `successful run completed in ${seconds}s`));
  },
};

export const stressNg: Command<Hogs> = {
  name: "stress-ng",
  comesWith: "extra",
  step(task): Step {
    const log = (level: string, text: string): void =>
      void task.complain(`stress-ng: ${level}:  [${task.pid}] ${text}\n`);
    if (task.state === undefined) {
      const order = orderOf(task.argv, NG_WORDS);
      if (typeof order === "string") {
        task.complain(`stress-ng: unrecognized option '${order}'\nTry 'stress-ng --help' for more information.\n`);
        return 2;
      }
      const { cpu, io, vm, hdd, seconds = 86_400 } = order;
      const hogs = Object.entries({ cpu, io, vm, hdd }).filter(([, count]) => count > 0);
      if (hogs.length === 0) {
        log("info", "No stress workers invoked");
        return 0;
      }
      log("info", `setting to a ${seconds} secs run per stressor`);
      log("info", `dispatching hogs: ${hogs.map(([name, count]) => `${count} ${name}`).join(", ")}`);
      if (!begin(task, { ...order, seconds })) return {};
    }
    return goOn(task, (seconds) => log("info", `successful run completed in ${seconds.toFixed(2)} secs`));
  },
};

function goOn(task: Task<Hogs>, ended: (seconds: number) => void): Step {
  const { since, until } = task.state ?? { since: task.now, until: null };
  if (until === null) return {};
  if (until > task.now) return { until };
  ended((until - since) / 1_000);
  return 0;
}
