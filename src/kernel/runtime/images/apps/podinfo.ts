/**
 * podinfo: a web application that tells about its pod and can be asked to misbehave.
 *
 * Models github.com/stefanprodan/podinfo (pkg/api/http, cmd/podcli).
 * Leaves out tracing and JWT: nothing that a lesson on Kubernetes looks at.
 */
import { podinfoRoutes } from "#kernel/runtime/images/apps/podinfo.routes";
import { goFlag } from "#kernel/runtime/images/http-echo";
import { fetchFrom, hostPort, imageOf, server } from "#kernel/runtime/images/server";
import type { Program, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

export interface PodinfoState {
  readonly port: number;
  readonly metricsPort: number;
  readonly isReady: boolean;
  readonly isHealthy: boolean;
  readonly since: Instant;
  /** Requests by method, path pattern and status. */
  readonly served: Readonly<Record<string, number>>;
  /** When it ends, once it was asked to. */
  readonly endsAt?: Instant;
  /** When WebSockets were last told who serves them. */
  readonly toldAt?: Instant;
}

/** The release that the tag of the image names. */
export const podinfoVersion = (task: Task): string => task.env("PODINFO_VERSION_BUILT") ?? "6.9.2";

/** A setting by its flag, its PODINFO_ variable, or its default. */
export function setting(task: Task, name: string, fallback: string): string {
  const flag = task.argv.find((arg) => arg.startsWith(`--${name}`));
  if (flag === `--${name}` && !isNamed(task, name)) return "true";
  return goFlag(task.argv, name) ?? task.env(`PODINFO_${name.toUpperCase().replaceAll("-", "_")}`) ?? fallback;
}

/** Whether the word after a flag is its value: those of true and false stand alone. */
function isNamed(task: Task, name: string): boolean {
  const next = task.argv[task.argv.indexOf(`--${name}`) + 1];
  return next !== undefined && !next.startsWith("-");
}

/** Writes a line of its log, as JSON. */
export function say(task: Task, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const level = setting(task, "level", "info");
  if (["error", "fatal", "panic", "warn"].includes(level)) return;
  const line = {
    level: "info",
    ts: new Date(task.now).toISOString(),
    caller: "podinfo/main.go:153",
    msg: message,
    ...fields,
  };
  task.complain(`${JSON.stringify(line)}\n`);
}

const FLAGS =
  /^--?(backend-url|cache-server|cert-path|config|config-path|data-path|grpc-port|grpc-service-name|h2c|host|http-client-timeout|http-server-timeout|level|port|port-metrics|random-delay|random-delay-max|random-delay-min|random-delay-unit|random-error|secure-port|server-shutdown-timeout|stress-cpu|stress-memory|ui-color|ui-logo|ui-message|ui-path|unhealthy|unready|version|otel-service-name|jwt-secret|hostname|auto-gomaxprocs|grpc-.*)(=|$)/;

const podinfo: Program<PodinfoState> = server<PodinfoState>({
  name: "podinfo",

  begin(task) {
    const unknown = task.argv.slice(1).find((arg) => arg.startsWith("-") && !FLAGS.test(arg));
    if (unknown !== undefined) {
      task.complain(`Error: unknown flag: ${unknown.replace(/=.*/s, "")}\n`);
      return 2;
    }
    if (task.argv.includes("--version")) {
      task.print(`${podinfoVersion(task)}\n`);
      return 0;
    }
    const port = Number(setting(task, "port", "9898"));
    const metricsPort = Number(setting(task, "port-metrics", "0"));
    const grpcPort = Number(setting(task, "grpc-port", "0"));
    const memory = Number(setting(task, "stress-memory", "0"));
    if (memory > 0) {
      say(task, "stress memory", { size: memory * 1_000_000 });
      if (!task.holdMemory(memory * 1_000_000)) return 137;
    }
    const release = { version: podinfoVersion(task), revision: "unknown", port: String(port) };
    say(task, "Starting podinfo", release);
    if (grpcPort > 0) say(task, "Starting GRPC Server.", { addr: `:${grpcPort}` });
    say(task, "Starting HTTP Server.", { addr: `:${port}` });
    const state: PodinfoState = {
      port,
      metricsPort,
      isReady: setting(task, "unready", "false") !== "true",
      isHealthy: setting(task, "unhealthy", "false") !== "true",
      since: task.now,
      served: {},
    };
    return { state, ports: [port, metricsPort, grpcPort].filter((one) => one > 0) };
  },

  answer: podinfoRoutes,

  tick(task) {
    const endsAt = task.state?.endsAt;
    if (endsAt === undefined) return tellSockets(task);
    if (endsAt > task.now) return { until: endsAt };
    say(task, "Shutting down HTTP/HTTPS server", { timeout: 5 });
    return 0;
  },

  socket(task, { kind, text: msg }) {
    const ts = new Date(task.now).toISOString();
    if (kind === "open") {
      task.wake();
      return { state: task.now };
    }
    return kind === "message" ? { messages: [`${JSON.stringify({ ts, msg })}\n`] } : {};
  },

  signal(task, signal) {
    if (signal !== "SIGTERM" && signal !== "SIGINT") return false;
    const { state } = task;
    // It turns unready first and stays for three seconds, so that its endpoint goes before it does.
    if (state !== undefined) task.state = { ...state, isReady: false, isHealthy: false, endsAt: task.now + 3_000 };
    task.wake();
    return true;
  },
});

/** Every five seconds a WebSocket is told who serves it. */
const TELL_MS = 5_000;

function tellSockets(task: Task<PodinfoState>): Step {
  let next = Number.POSITIVE_INFINITY;
  const wasTold = task.state?.toldAt === task.now;
  for (const socket of task.sockets()) {
    const age = task.now - Number(socket.state);
    if (age > 0 && age % TELL_MS === 0 && !wasTold) {
      if (task.state !== undefined) task.state = { ...task.state, toldAt: task.now };
      const told = { ts: new Date(task.now).toISOString(), server: task.record.hostname };
      task.tell(socket, `${JSON.stringify(told)}\n`);
    }
    next = Math.min(next, task.now + TELL_MS - (age % TELL_MS));
  }
  return Number.isFinite(next) ? { until: next } : {};
}

/** `podcli check http|tcp ADDRESS`: the probe that comes with the image. */
const podcli: Program = {
  name: "podcli",
  step(task) {
    const [verb, kind, target = ""] = task.argv.slice(1).filter((arg) => !arg.startsWith("--"));
    if (verb === "version") {
      task.print(`${podinfoVersion(task)}\n`);
      return 0;
    }
    const started = { level: "info", ts: new Date(task.now).toISOString(), caller: "podcli/check.go:141" };
    const done = (msg: string, fields: object, code: number): number => {
      task.complain(
        `${JSON.stringify({ ...started, level: code === 0 ? "info" : "error", msg, address: target, ...fields })}\n`,
      );
      return code;
    };
    if (verb === "check" && kind === "http") {
      const answer = fetchFrom(task, /^https?:/.test(target) ? target : `http://${target}`);
      if (answer === undefined) return done("check failed", { error: `Get "http://${target}": connection refused` }, 1);
      if (answer.status >= 200 && answer.status < 400)
        return done("check succeed", { "status code": answer.status }, 0);
      return done("check failed", { "status code": answer.status }, 1);
    }
    if (verb === "check" && kind === "tcp") {
      return task.connect(hostPort(target)) === "open" ? done("check succeed", {}, 0) : done("check failed", {}, 1);
    }
    task.complain("Usage:\n  podcli check [http|tcp|grpc|cert] [address]\n");
    return 1;
  },
};

export const podinfoPrograms: readonly Program[] = [podinfo as Program, podcli];

export const podinfoImage = imageOf({
  repositories: ["ghcr.io/stefanprodan/podinfo", "docker.io/stefanprodan/podinfo", "quay.io/stefanprodan/podinfo"],
  megabytes: 26,
  tags: /^(latest|[0-6]\.\d+(\.\d+)?)$/,
  config: (tag) => ({
    cmd: ["./podinfo"],
    workingDir: "/home/app",
    user: 100,
    ports: [9898],
    env: { PODINFO_VERSION_BUILT: /^\d+\.\d+\.\d+$/.test(tag) ? tag : /^\d/.test(tag) ? `${tag}.0` : "6.9.2" },
  }),
  programs: { "/home/app/podinfo": podinfo, "/usr/local/bin/podcli": podcli },
  tools: ["+curl"],
});
