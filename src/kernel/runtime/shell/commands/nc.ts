/**
 * nc: connects to a port or listens on one, and carries bytes both ways.
 *
 * Models busybox's nc and OpenBSD's netcat where the image brings that.
 */
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, isBusybox, type Options, optionsOf } from "#kernel/runtime/shell/commands/command";
import type { NetFailure, Transport } from "#kernel/runtime/world";

interface Netcat {
  /** What is open: the connection's descriptor. */
  fd?: number;
  /** When it gives up: connecting, or because nothing has come for long. */
  until?: number;
  isInputOver?: boolean;
  isListening?: boolean;
}

/** How long the kernel tries to connect before it gives up. */
const CONNECT_MS = 127_000;

interface Settings {
  readonly options: Options;
  readonly protocol: Transport;
  readonly host: string;
  readonly port: number;
  /** The limit of -w. */
  readonly limitMs: number | undefined;
  /** Whether it is OpenBSD's. */
  readonly isBsd: boolean;
}

function settingsOf(task: Task): Settings {
  const options = optionsOf(task.argv, "lp:w:vzuknie:s:N4q:t6dC");
  const { flags, values, operands } = options;
  const isListening = flags.has("l");
  const port = isListening ? (values["p"] ?? operands.at(-1)) : operands[1];
  return {
    options,
    protocol: flags.has("u") ? "UDP" : "TCP",
    host: operands[0] ?? "",
    port: Number(port ?? "0"),
    limitMs: values["w"] === undefined ? undefined : Number(values["w"]) * 1_000,
    // agnhost and Debian bring OpenBSD's.
    isBsd: !isBusybox(task) || task.record.image.includes("agnhost") || task.record.image.includes("dnsutils"),
  };
}

export const nc: Command<Netcat> = {
  name: "nc",
  comesWith: "busybox",
  step(task) {
    const settings = settingsOf(task);
    if (settings.options.problem !== undefined) return complain(task, settings.options.problem);
    if (task.state?.fd !== undefined) return carry(task, settings, task.state.fd);
    return settings.options.flags.has("l") ? listen(task, settings) : connect(task, settings);
  },
};

function listen(task: Task<Netcat>, settings: Settings): Step {
  const { port, protocol } = settings;
  if (task.state?.isListening !== true) {
    task.state = { isListening: true };
    if (port < 1 || port > 65_535) return complain(task, "missing port number");
    if (!task.listen(port, protocol)) {
      return complain(task, settings.isBsd ? "Address already in use" : "bind: Address already in use");
    }
    if (settings.options.flags.has("v")) {
      task.complain(settings.isBsd ? `Listening on 0.0.0.0 ${port}\n` : `listening on [::]:${port} ...\n`);
    }
  }
  const fd = task.accept(port, protocol);
  if (fd === undefined) return protocol === "UDP" ? { udp: port } : { accept: port };
  // One connection only, unless it is to go on.
  if (!settings.options.flags.has("k")) task.unlisten(port, protocol);
  task.state = { ...task.state, fd };
  const command = settings.options.values["e"];
  if (command !== undefined) return serveWith(task, fd, command);
  return carry(task, settings, fd);
}

/** `-e PROG`: the program talks to the client. */
function serveWith(task: Task<Netcat>, fd: number, command: string): Step {
  const number = task.sandbox.look.processes[task.pid]?.fds[fd] ?? -1;
  const own = task.sandbox.computer.processes[task.pid];
  if (own === undefined || number < 0) return 1;
  task.launch(["/bin/sh", "-c", command], { fds: { ...own.fds, 0: number, 1: number, 2: number } });
  task.close(fd);
  const { isListening } = task.state ?? {};
  task.state = isListening === true ? { isListening } : {};
  const { values, flags } = optionsOf(task.argv, "lp:w:vzuknie:s:N4q:t6dC");
  return flags.has("k") ? { accept: Number(values["p"] ?? "0") } : { child: "any" };
}

function connect(task: Task<Netcat>, settings: Settings): Step {
  const { host, port, protocol, limitMs, options } = settings;
  if (task.state?.until !== undefined) {
    if (task.state.until > task.now) return { until: task.state.until };
    return fail(task, settings, "timeout");
  }
  if (host === "" || !(port > 0)) return complain(task, settings.isBsd ? "missing port number" : "bad port ''");
  if (options.flags.has("z")) {
    const outcome = task.connect({ host, port, protocol });
    if (outcome === "open") return succeed(task, settings);
    return protocol === "UDP" && outcome === "timeout" ? succeed(task, settings) : broken(task, settings, outcome);
  }
  const fd = task.dial({ host, port, protocol });
  if (typeof fd === "string") return broken(task, settings, fd);
  if (options.flags.has("v")) succeed(task, settings);
  task.state = { fd, ...(limitMs !== undefined && { until: task.now + limitMs }) };
  return carry(task, settings, fd);
}

/** Says that it is connected, and that this was all. */
function succeed(task: Task, { host, port, protocol, options, isBsd }: Settings): number {
  if (!options.flags.has("v")) return 0;
  const address = /^[\d.]+$/.test(host) ? host : (task.resolve(host)[0] ?? host);
  const name = protocol === "TCP" ? (SERVICES[port] ?? "*") : "*";
  const via = /^[\d.]+$/.test(host) ? host : `${host} (${address})`;
  task.complain(
    isBsd
      ? `Connection to ${via} ${port} port [${protocol.toLowerCase()}/${name}] succeeded!\n`
      : `${host} (${address}:${port}) open\n`,
  );
  return 0;
}

const SERVICES: Readonly<Record<number, string>> = { 53: "domain", 80: "http", 443: "https" };

/** A way that is lost in silence is waited for; every other failure is told at once. */
function broken(task: Task<Netcat>, settings: Settings, failure: NetFailure): Step {
  if (failure !== "timeout") return fail(task, settings, failure);
  task.state = { until: task.now + (settings.limitMs ?? CONNECT_MS) };
  return { until: task.state.until ?? 0 };
}

const REASONS: Readonly<Record<NetFailure, string>> = {
  refused: "Connection refused",
  timeout: "Operation timed out",
  unreachable: "No route to host",
  nxdomain: "",
  reset: "Connection reset by peer",
};

function fail(task: Task, { host, port, protocol, isBsd, limitMs, options }: Settings, failure: NetFailure): number {
  if (failure === "nxdomain") {
    if (!isBsd) return complain(task, `bad address '${host}'`);
    return complain(task, `getaddrinfo for host "${host}" port ${port}: Name or service not known`);
  }
  if (!isBsd) {
    if (failure === "timeout" && limitMs !== undefined) return complain(task, "timed out");
    return complain(task, `can't connect to remote host (${host}): ${REASONS[failure]}`);
  }
  if (!options.flags.has("v")) return 1;
  const address = /^[\d.]+$/.test(host) ? host : `${host} (${task.resolve(host)[0] ?? host})`;
  const what = `connect to ${address} port ${port} (${protocol.toLowerCase()})`;
  return complain(
    task,
    failure === "timeout" ? `${what} timed out: Operation in progress` : `${what} failed: ${REASONS[failure]}`,
  );
}

/** Carries what comes either way until the other end closes, or nothing comes for as long as -w says. */
function carry(task: Task<Netcat>, settings: Settings, fd: number): Step {
  const { limitMs, options, isBsd, protocol } = settings;
  const state = task.state ?? {};
  if (limitMs !== undefined && state.until === undefined) state.until = task.now + limitMs;
  for (;;) {
    // Who reads slowly is waited for.
    const isCongested = task.isFull(fd);
    const input = state.isInputOver === true || isCongested ? undefined : task.read(0);
    const isStuck = task.isFull(1);
    const output = isStuck ? undefined : task.read(fd);
    if (input !== undefined && input !== "") {
      if (!task.write(fd, input)) return 1;
    } else if (input === "") {
      state.isInputOver = true;
      // OpenBSD's keeps its end open unless told otherwise (-N).
      if (!isBsd || options.flags.has("N")) task.shutdown(fd);
      if (options.values["q"] !== undefined && state.until === undefined) {
        state.until = task.now + Number(options.values["q"]) * 1_000;
      }
    }
    if (output !== undefined && output !== "") task.print(output);
    if (output === "") {
      task.close(fd);
      return next(task, settings);
    }
    if (input !== undefined || output !== undefined) {
      if (limitMs !== undefined) state.until = task.now + limitMs;
      if (!task.spend(4)) {
        task.state = state;
        return undefined;
      }
      continue;
    }
    task.state = state;
    if (state.until !== undefined && state.until <= task.now) {
      task.close(fd);
      return protocol === "UDP" || isBsd ? 0 : complain(task, "timed out");
    }
    const wait = {
      reads: [...(state.isInputOver === true || isCongested ? [] : [0]), ...(isStuck ? [] : [fd])],
      ...(isStuck ? { write: 1 } : isCongested ? { write: fd } : {}),
    };
    return state.until === undefined ? wait : { ...wait, until: state.until };
  }
}

/** After a connection has ended: the next one, if it listens for ever. */
function next(task: Task<Netcat>, settings: Settings): Step {
  if (task.state?.isListening !== true || !settings.options.flags.has("k")) return 0;
  task.state = { isListening: true };
  return settings.protocol === "UDP" ? { udp: settings.port } : { accept: settings.port };
}
