/**
 * ping and traceroute: echo requests, and how long they take.
 *
 * Models busybox's ping and iputils'.
 */
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { isAddress } from "#kernel/runtime/resolver";
import { type Command, complain, isBusybox, optionsOf } from "#kernel/runtime/shell/commands/command";

interface Ping {
  sent: number;
  received: number;
  readonly address: string;
  readonly since: number;
  next: number;
  /** Round trips in milliseconds. */
  times: number[];
}

/** What a packet takes where nothing slows it. */
const BASE_MS = 0.09;
/** How long the last answer is waited for. */
const LINGER_MS = 10_000;
/** Times kept for the summary. */
const TIMES_MAX = 1_000;

export const ping: Command<Ping> = {
  name: "ping",
  comesWith: "busybox",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "c:i:w:W:s:qt:nI:46Af");
    if (problem !== undefined) return complain(task, problem, isBusybox(task) ? 1 : 2);
    const [host = ""] = operands;
    if (task.state === undefined) {
      const started = start(task, host, values["s"] ?? "56");
      if (started !== undefined) return started;
    }
    return run(task, { flags, values, host });
  },
  signal(task, signal) {
    if (signal !== "SIGINT" || task.state === undefined) return false;
    task.exit(summary(task, task.state, task.argv.at(-1) ?? ""));
    return true;
  },
};

function start(task: Task<Ping>, host: string, size: string): number | undefined {
  const address = isAddress(host) ? host : host === "localhost" ? "127.0.0.1" : task.resolve(host)[0];
  if (address === undefined) {
    if (isBusybox(task)) return complain(task, `bad address '${host}'`);
    return complain(task, `${host}: Name or service not known`, 2);
  }
  task.state = { sent: 0, received: 0, address, since: task.now, next: task.now, times: [] };
  const bytes = Number(size);
  task.print(
    isBusybox(task)
      ? `PING ${host} (${address}): ${bytes} data bytes\n`
      : `PING ${host} (${address}) ${bytes}(${bytes + 28}) bytes of data.\n`,
  );
  return undefined;
}

interface Given {
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  readonly host: string;
}

function run(task: Task<Ping>, { flags, values, host }: Given): Step {
  const state = task.state ?? { sent: 0, received: 0, address: "", since: task.now, next: task.now, times: [] };
  const count = Number(values["c"] ?? "Infinity");
  const deadline = values["w"] === undefined ? Number.POSITIVE_INFINITY : state.since + Number(values["w"]) * 1_000;
  const lingerMs = values["W"] === undefined ? LINGER_MS : Number(values["W"]) * 1_000;
  while (state.next <= task.now) {
    if (state.sent >= count || task.now >= deadline) return summary(task, state, host);
    const outcome = task.ping(state.address);
    const tookMs = BASE_MS + (outcome === "open" ? task.roundTripMs({ host: state.address, port: 7 }) : 0);
    const isBack = outcome === "open" && tookMs <= lingerMs;
    state.sent += 1;
    if (isBack) {
      state.received += 1;
      if (state.times.length < TIMES_MAX) state.times.push(tookMs);
      if (!flags.has("q")) task.print(reply(task, state, tookMs));
    } else if (outcome === "unreachable" && !isBusybox(task) && !flags.has("q")) {
      task.print(`From ${task.record.podIP} icmp_seq=${state.sent} Destination Host Unreachable\n`);
    }
    task.state = state;
    if (state.sent >= count && isBack && tookMs < 1) return summary(task, state, host);
    const waitMs = state.sent >= count ? (isBack ? tookMs : lingerMs) : Number(values["i"] ?? "1") * 1_000;
    state.next = Math.min(deadline, state.next + Math.max(1, Math.ceil(waitMs)));
    if (!task.spend()) return undefined;
  }
  return { until: state.next };
}

function reply(task: Task, { address, sent }: Ping, tookMs: number): string {
  const time = `${tookMs.toFixed(tookMs < 100 ? 3 : 0)} ms`;
  return isBusybox(task)
    ? `64 bytes from ${address}: seq=${sent - 1} ttl=63 time=${tookMs.toFixed(3)} ms\n`
    : `64 bytes from ${address}: icmp_seq=${sent} ttl=63 time=${time}\n`;
}

function summary(task: Task, { sent, received, times, since }: Ping, host: string): number {
  const loss = sent === 0 ? 0 : Math.round((100 * (sent - received)) / sent);
  const packets = isBusybox(task) ? `${received} packets received` : `${received} received`;
  const took = isBusybox(task) ? "" : `, time ${Math.max(0, task.now - since)}ms`;
  task.print(
    `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${packets}, ${loss}% packet loss${took}\n`,
  );
  if (received > 0) {
    const [min, max] = [Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(3));
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
    const spread = Math.sqrt(times.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / times.length);
    task.print(
      isBusybox(task)
        ? `round-trip min/avg/max = ${min}/${mean.toFixed(3)}/${max} ms\n`
        : `rtt min/avg/max/mdev = ${min}/${mean.toFixed(3)}/${max}/${spread.toFixed(3)} ms\n`,
    );
  }
  return received > 0 ? 0 : 1;
}
