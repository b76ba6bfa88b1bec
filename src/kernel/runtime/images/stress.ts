/**
 * The images that take memory and work on purpose: stress and stress-ng in their usual wrappings, and vish/stress.
 *
 * Models polinux/stress, polinux/stress-ng, progrium/stress, alexeiled/stress-ng and github.com/vishh/stress.
 */
import { parseDuration } from "#kernel/apimachinery/duration";
import { quantityProblem, value } from "#kernel/apimachinery/quantity";
import { goSignal } from "#kernel/runtime/images/go";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Image } from "#kernel/runtime/images/image";
import { klogDate } from "#kernel/runtime/images/klog";
import type { Program, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { LIMITS } from "#kernel/sim/limits";

/** How often memory that grows in small pieces is looked at. */
const GROWTH_MS = 1_000;

interface Growth {
  /** Bytes it holds. */
  readonly held: number;
}

/** Memory in pieces and threads that never rest: vish/stress, and the subcommand of agnhost made from it. */
export const goStress: Program<Growth> = {
  name: "go-stress",

  step(task): Step {
    const total = amount(task, "mem-total", "0");
    const piece = amount(task, "mem-alloc-size", "4Ki");
    const pause = pauseOf(task);
    if (total === undefined || piece === undefined || pause === undefined) return 2;
    const log = (text: string): void => void task.complain(`I${klogDate(task.now)}       1 main.go:26] ${text}\n`);
    if (task.state === undefined) {
      const cpus = Number(goFlag(task.argv, "cpus") ?? "0");
      const [size, sleep] = ["mem-alloc-size", "mem-alloc-sleep"].map((name) => goFlag(task.argv, name));
      const amountText = goFlag(task.argv, "mem-total") ?? "0";
      log(
        `Allocating "${amountText}" memory, in "${size ?? "4Ki"}" chunks, with a ${sleep ?? "1ms"} sleep between allocations`,
      );
      for (let n = 0; n < Math.min(cpus, LIMITS.processesPerContainer); n += 1) log("Spawning a thread to consume CPU");
      task.keepBusy(Math.min(LIMITS.busyMillis, cpus * 1_000));
      task.state = { held: 0 };
    }
    const { held } = task.state;
    if (held >= total) return {};
    const wait = Math.max(GROWTH_MS, pause);
    const next = Math.min(total, held + Math.max(1, piece) * Math.max(1, Math.floor(wait / pause)));
    task.state = { held: next };
    if (!task.holdMemory(next + 2 ** 20)) return {};
    if (next < total) return { until: task.now + wait };
    log(`Allocated "${goFlag(task.argv, "mem-total")}" memory`);
    return {};
  },

  signal: goSignal,
};

function pauseOf(task: Task): number | undefined {
  const text = goFlag(task.argv, "mem-alloc-sleep") ?? "1ms";
  if (/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return Math.max(1, parseDuration(text));
  task.complain(`invalid value "${text}" for flag -mem-alloc-sleep: parse error\n`);
  return undefined;
}

function amount(task: Task, flag: string, otherwise: string): number | undefined {
  const text = goFlag(task.argv, flag) ?? otherwise;
  const problem = quantityProblem(text);
  if (problem === undefined) return value(text);
  task.complain(`invalid value "${text}" for flag -${flag}: ${problem}\n`);
  return undefined;
}

function tool(repositories: readonly string[], name: string, cmd: "shell" | "tool"): Image {
  return {
    repositories: repositories.map((repository) => `docker.io/${repository}`),
    sizeBytes: () => 4_041_495,
    hasTag: (tag) => /^(latest|v?\d+(\.\d+)*(-r\d+)?)$/.test(tag),
    content: () => ({
      config: cmd === "shell" ? { cmd: ["/bin/sh"] } : { entrypoint: [name], cmd: ["--help"] },
      flavor: "busybox",
      files: {},
      programs: {},
      tools: ["+bash", "+stress", "+stress-ng"],
    }),
  };
}

export const stressImages: readonly Image[] = [
  tool(["polinux/stress"], "stress", "shell"),
  tool(["polinux/stress-ng"], "stress-ng", "shell"),
  tool(["progrium/stress"], "stress", "tool"),
  tool(["alexeiled/stress-ng"], "stress-ng", "tool"),
  {
    repositories: ["docker.io/vish/stress"],
    sizeBytes: () => 1_800_000,
    hasTag: (tag) => tag === "latest",
    content: () => ({
      config: { entrypoint: ["/stress", "-logtostderr"] },
      flavor: "none",
      files: {},
      programs: { "/stress": goStress as Program },
    }),
  },
];
