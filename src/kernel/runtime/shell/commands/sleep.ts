/**
 * sleep: waits in virtual time.
 */
import { type Command, complain, isBusybox } from "#kernel/runtime/shell/commands/command";

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400 };

export const sleep: Command<{ until: number | null }> = {
  name: "sleep",
  step(task) {
    if (task.state === undefined) {
      const args = task.argv.slice(1);
      if (args.length === 0) {
        if (!isBusybox(task)) return complain(task, "missing operand\nTry 'sleep --help' for more information.");
        task.complain("BusyBox v1.36.1 multi-call binary.\n\nUsage: sleep [N]...\n");
        return 1;
      }
      let seconds = 0;
      for (const arg of args) {
        const match = /^([0-9]*\.?[0-9]+|[0-9]+\.?|infinity|inf)([smhd]?)$/.exec(arg);
        if (match === null)
          return complain(task, isBusybox(task) ? `invalid number '${arg}'` : `invalid time interval '${arg}'`);
        const amount = match[1]?.startsWith("inf") === true ? Number.POSITIVE_INFINITY : Number(match[1]);
        seconds += amount * (UNITS[match[2] ?? ""] ?? 1);
      }
      task.state = { until: Number.isFinite(seconds) ? task.now + Math.ceil(seconds * 1_000) : null };
    }
    const { until } = task.state;
    if (until === null) return {};
    return until <= task.now ? 0 : { until };
  },
};
