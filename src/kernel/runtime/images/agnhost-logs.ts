/**
 * agnhost logs-generator: so many log lines over so much time.
 *
 * Models test/images/agnhost/logs-generator.
 */
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

const METHODS = ["GET", "POST", "PUT"];

/** `10s`, `1m30s`, `100ms` as milliseconds. */
export function goDurationMs(text: string): number {
  const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  let ms = 0;
  for (const match of text.matchAll(/([0-9.]+)(ns|us|ms|s|m|h)/g))
    ms += Number(match[1]) * (units[match[2] ?? ""] ?? 0);
  return ms;
}

/** One step of the generator: writes the lines that are due. */
export function logsGenerator(task: Task<{ kind: "logs"; next: number; count: number }>): Step {
  const total = Number(
    goFlag(task.argv, "log-lines-total") ?? goFlag(task.argv, "t") ?? task.env("LOGS_GENERATOR_LINES_TOTAL") ?? "0",
  );
  const duration = goDurationMs(
    goFlag(task.argv, "run-duration") ?? goFlag(task.argv, "d") ?? task.env("LOGS_GENERATOR_DURATION") ?? "0",
  );
  if (total <= 0 || duration <= 0) {
    task.complain(total <= 0 ? "Invalid total number of lines: 0\n" : "Invalid duration: 0s\n");
    return 1;
  }
  const interval = duration / total;
  const state = task.state ?? { kind: "logs" as const, next: task.now, count: 0 };
  while (state.count < total && state.next <= task.now) {
    const { entropy } = task.world;
    const resource = `/api/v1/namespaces/${entropy.pick(["kube-system", "default", "ns"])}/pods/${entropy.suffix(3 + entropy.int(2))}`;
    const day = new Date(task.now).toISOString();
    const stamp = `I${day.slice(5, 7)}${day.slice(8, 10)} ${day.slice(11, 23)}000`;
    task.print(
      `${stamp}       1 logs_generator.go:76] ${state.count} ${entropy.pick(METHODS)} ${resource} ${200 + entropy.int(400)}\n`,
    );
    state.count += 1;
    state.next += interval;
    if (!task.spend()) break;
  }
  task.state = state;
  if (state.count >= total) return 0;
  return state.next <= task.now ? undefined : { until: Math.ceil(state.next) };
}
