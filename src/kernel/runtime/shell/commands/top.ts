/**
 * top: the processes that take most of the machine, once in a while.
 *
 * Models top(1) of procps-ng 4 and of busybox.
 * Leaves out sorting, filters and all keys but q: it starts as it is called and ends with q.
 */
import { hardwareOf } from "#kernel/runtime/machine.facts";
import type { Process } from "#kernel/runtime/process/process";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, isBusybox, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";
import { formatted } from "#kernel/runtime/shell/commands/date";
import { userName } from "#kernel/runtime/shell/commands/id";
import { commandLine, processes } from "#kernel/runtime/shell/commands/ps";

interface Rounds {
  /** When the next screen is due, and how many there were. */
  readonly next: number;
  readonly count: number;
}

/** What a small program holds. */
const SMALL_KIB = 1_624;

export const top: Command<Rounds> = {
  name: "top",
  comesWith: "busybox",
  step(task): Step {
    const { flags, values, problem } = optionsOf(task.argv, "bHcd:n:p:u:o:");
    if (problem !== undefined) return wrongOption(task, problem);
    const isBatch = flags.has("b");
    if (!isBatch && !task.isTerminal(1) && !isBusybox(task)) {
      task.complain("top: failed tty get\n");
      return 1;
    }
    const state = task.state ?? { next: task.now, count: 0 };
    task.state = state;
    if (task.isTerminal(0) && !isBatch) {
      const keys = task.read(0);
      if (keys === "" || keys?.includes("q") === true) return 0;
    }
    if (state.next <= task.now) {
      if (task.isTerminal(1) && !isBatch) task.print("\u001b[H\u001b[J");
      else if (state.count > 0 && !isBusybox(task)) task.print("\n");
      task.print(isBusybox(task) ? busyboxScreen(task) : procpsScreen(task));
      const count = state.count + 1;
      if (values["n"] !== undefined && count >= Number(values["n"])) return 0;
      const seconds = Number(values["d"] ?? (isBusybox(task) ? 5 : 3));
      task.state = { next: task.now + Math.max(100, seconds * 1_000 || 3_000), count };
    }
    return { until: task.state.next, ...(task.isTerminal(0) && !isBatch && { read: 0 }) };
  },
};

/** One process with what it takes. */
interface Row {
  readonly process: Process;
  readonly cpu: number;
  readonly KiB: number;
  readonly isRunning: boolean;
}

function rowsOf(task: Task): Row[] {
  const rows = processes(task).map((process) => {
    const cpu = (process.cpuMillis ?? 0) / 10;
    const KiB = Math.max(SMALL_KIB, Math.round((process.memoryBytes ?? 0) / 1_024));
    return { process, cpu, KiB, isRunning: cpu > 0 || process.pid === task.pid };
  });
  return rows.sort((a, b) => b.cpu - a.cpu || a.process.pid - b.process.pid);
}

/** Memory of the machine in KiB: all, and what its containers here hold. */
function memory(
  task: Task,
  rows: readonly Row[],
): { readonly all: number; readonly used: number; readonly cpus: number } {
  const { memoryKiB: all, cpus } = hardwareOf(task.world.cells, task.record.node);
  return { all, used: Math.min(all, (all >> 2) + rows.reduce((sum, { KiB }) => sum + KiB, 0)), cpus };
}

/** The share of all processors that is busy, in percent. */
const busy = (rows: readonly Row[], cpus: number): number =>
  Math.min(100, rows.reduce((sum, { cpu }) => sum + cpu, 0) / cpus);

function procpsScreen(task: Task): string {
  const rows = rowsOf(task);
  const { all, used, cpus } = memory(task, rows);
  const minutes = Math.floor((task.now - task.record.startedAt) / 60_000);
  const running = rows.filter(({ isRunning }) => isRunning).length;
  const us = busy(rows, cpus);
  const load = (us * cpus) / 100;
  const MiB = (KiB: number): string => (KiB / 1_024).toFixed(1).padStart(8);
  const lines = [
    `top - ${formatted(task.now, "%H:%M:%S")} up ${minutes} min,  0 user,  load average: ${[load, load, load].map((one) => one.toFixed(2)).join(", ")}`,
    `Tasks: ${String(rows.length).padStart(3)} total, ${String(running).padStart(3)} running, ${String(rows.length - running).padStart(3)} sleeping,   0 stopped,   0 zombie`,
    `%Cpu(s): ${us.toFixed(1).padStart(4)} us,  0.0 sy,  0.0 ni,${(100 - us).toFixed(1).padStart(5)} id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st `,
    `MiB Mem : ${MiB(all)} total, ${MiB(all - used)} free, ${MiB(used)} used, ${MiB(0)} buff/cache     `,
    `MiB Swap: ${MiB(0)} total, ${MiB(0)} free, ${MiB(0)} used. ${MiB(all - used)} avail Mem `,
    "",
    "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND",
    ...rows.map(({ process, cpu, KiB, isRunning }) => {
      const shares = `${cpu.toFixed(1).padStart(5)} ${((KiB * 100) / all).toFixed(1).padStart(5)}`;
      const sizes = `${String(KiB * 2).padStart(7)} ${String(KiB).padStart(6)} ${String(KiB >> 1).padStart(6)}`;
      const who = `${String(process.pid).padStart(7)} ${userName(task, process.uid).padEnd(8)}`;
      return `${who}  20   0 ${sizes} ${isRunning ? "R" : "S"} ${shares}   0:00.00 ${task.sandbox.commandName(process)}`;
    }),
  ];
  return `${lines.join("\n")}\n`;
}

function busyboxScreen(task: Task): string {
  const rows = rowsOf(task);
  const { all, used, cpus } = memory(task, rows);
  const us = Math.round(busy(rows, cpus));
  const load = ((us * cpus) / 100).toFixed(2);
  const running = rows.filter(({ isRunning }) => isRunning).length;
  const lines = [
    `Mem: ${used}K used, ${all - used}K free, 0K shrd, 0K buff, 0K cached`,
    `CPU: ${String(us).padStart(3)}% usr   0% sys   0% nic ${String(100 - us).padStart(3)}% idle   0% io   0% irq   0% sirq`,
    `Load average: ${load} ${load} ${load} ${running}/${rows.length} ${task.pid}`,
    "  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND",
    ...rows.map(({ process, cpu, KiB, isRunning }) => {
      const who = `${String(process.pid).padStart(5)} ${String(process.parent).padStart(5)} ${userName(task, process.uid).padEnd(8)}`;
      const share = String(Math.round((KiB * 100) / all)).padStart(3);
      const size = String(KiB).padStart(8);
      return `${who} ${isRunning ? "R" : "S"}  ${size} ${share}%   0 ${String(Math.round(cpu / cpus)).padStart(3)}% ${commandLine(process)}`;
    }),
  ];
  return `${lines.join("\n")}\n`;
}
