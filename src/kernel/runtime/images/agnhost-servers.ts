/**
 * agnhost's smaller servers and pollers: health over gRPC, a git server, source addresses, the API server's health.
 *
 * Models grpc-health-checking, fakegitserver, no-snat-test, inclusterclient and tcp-reset of test/images/agnhost.
 */
import { goDurationMs } from "#kernel/runtime/images/agnhost-logs";
import { goDate } from "#kernel/runtime/images/go";
import { goFlag } from "#kernel/runtime/images/http-echo";
import { klogDate } from "#kernel/runtime/images/klog";
import { fetchFrom, type Reply, text, type Visit } from "#kernel/runtime/images/server";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

export interface ServingState {
  readonly kind: "serving";
  readonly command: string;
  readonly isServing: boolean;
  readonly next?: Instant;
}

/** A subcommand that listens. */
interface Part {
  begin(task: Task<ServingState>): Step;
  tick?(task: Task<ServingState>, state: ServingState): Step;
  answer?(task: Task<ServingState>, visit: Visit, state: ServingState): Reply;
}

const flag = (task: Task, name: string, otherwise: string): string => goFlag(task.argv, name) ?? otherwise;

const grpcPort = (task: Task): number => Number(flag(task, "port", "5000"));

/** One that is not serving does not listen: a probe over gRPC fails either way. */
function turn(task: Task<ServingState>, state: ServingState, isServing: boolean): void {
  if (isServing === state.isServing) return;
  if (isServing) task.listen(grpcPort(task));
  else task.unlisten(grpcPort(task));
  task.state = { ...state, isServing };
}

const grpcHealth: Part = {
  begin(task) {
    const delay = Number(flag(task, "delay-unhealthy-sec", "-1"));
    const http = Number(flag(task, "http-port", "8080"));
    task.listen(http);
    if (delay !== 0) task.listen(grpcPort(task));
    task.complain(`${goDate(task.now)} Http server starting to listen on :${http}\n`);
    task.complain(`${goDate(task.now)} gRPC server starting to listen on :${grpcPort(task)}\n`);
    const next = delay > 0 ? { next: task.now + delay * 1_000 } : {};
    task.state = { kind: "serving", command: "grpc-health-checking", isServing: delay !== 0, ...next };
    return delay > 0 ? { until: task.now + delay * 1_000 } : {};
  },
  tick(task, state) {
    if (state.next === undefined) return {};
    if (state.next > task.now) return { until: state.next };
    task.complain(`${goDate(task.now)} health status was changed to NOT_SERVING\n`);
    const { next: _, ...rest } = state;
    turn(task, rest, false);
    return {};
  },
  answer(task, visit, state) {
    if (visit.port === grpcPort(task)) return "reset";
    if (visit.route === "/make-not-serving") turn(task, state, false);
    else if (visit.route === "/make-serving") turn(task, state, true);
    else return text(visit, "404 page not found\n", 404);
    return text(visit, "");
  },
};

const gitServer: Part = {
  begin(task) {
    task.listen(8000);
    return {};
  },
  answer: (_task, visit) =>
    visit.route === "/" ? text(visit, "I am a fake git server") : text(visit, "404 page not found\n", 404),
};

/** What a server sees as its client's address must be the address the client says it has. */
const noSnat: Part = {
  begin(task) {
    task.listen(Number(flag(task, "port", "8080")));
    return {};
  },
  answer(task, visit) {
    const from = visit.remoteAddress ?? "127.0.0.1";
    if (visit.route === "/whoami") return text(visit, `${from}:40000`);
    if (visit.route !== "/checknosnat") return text(visit, "404 page not found\n", 404);
    const failures = (visit.query["ips"] ?? "").split(",").flatMap((address) => {
      const seen = fetchFrom(task, `http://${address}/whoami`)?.body.replace(/:\d+$/, "");
      if (seen === task.record.podIP) return [];
      return [
        `Destination ${address}: ${seen === undefined ? "no answer" : `saw ${seen} instead of ${task.record.podIP}`}`,
      ];
    });
    return failures.length === 0 ? text(visit, "") : text(visit, `${failures.join("\n")}\n`, 500);
  },
};

const noSnatProxy: Part = {
  begin: noSnat.begin,
  answer(task, visit) {
    const { target = "", ips = "" } = visit.query;
    const answer = fetchFrom(task, `http://${target}/checknosnat?ips=${encodeURIComponent(ips)}`);
    return answer === undefined ? text(visit, "no answer\n", 500) : text(visit, answer.body, answer.status);
  },
};

const tcpReset: Part = {
  begin(task) {
    const port = Number(flag(task, "port", "8080"));
    task.listen(port);
    task.complain(`${goDate(task.now)} Serving on port ${port}.\n`);
    return {};
  },
  answer: () => "reset",
};

/** How a line of its log begins. */
const klogHead = (severity: string, at: Instant, place: string): string =>
  `${severity}${klogDate(at)}       1 ${place}]`;

const TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Tokens apart by a number made of their text. */
function fingerprint(token: string): string {
  let hash = 0x811c9dc5;
  for (let n = 0; n < token.length; n += 1) hash = Math.imul(hash ^ token.charCodeAt(n), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}

const inClusterClient: Part = {
  begin(task) {
    const head = (): string => klogHead("I", task.now, "main.go:61");
    task.complain(`${head()} started\n`);
    if (typeof task.readFile(TOKEN) === "number") {
      task.complain(`${goDate(task.now)} err: open ${TOKEN}: no such file or directory\n`);
      return 1;
    }
    const next = task.now + Number(flag(task, "poll-interval", "30")) * 1_000;
    task.state = { kind: "serving", command: "inclusterclient", isServing: true, next };
    return { until: next };
  },
  tick(task, state) {
    const next = state.next ?? task.now;
    if (next > task.now) return { until: next };
    const token = task.readFile(TOKEN);
    const [host, port] = [
      task.env("KUBERNETES_SERVICE_HOST") ?? "kubernetes.default.svc",
      task.env("KUBERNETES_SERVICE_PORT") ?? "443",
    ];
    task.complain(`${klogHead("I", task.now, "main.go:79")} calling /healthz\n`);
    task.complain(`${klogHead("I", task.now, "main.go:95")} authz_header=${fingerprint(String(token))}\n`);
    const answer = fetchFrom(task, `https://${host}:${port}/healthz`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (answer?.status !== 200) task.complain(`${klogHead("E", task.now, "main.go:83")} status=failed\n`);
    task.state = { ...state, next: next + Math.max(1_000, goDurationMs(`${flag(task, "poll-interval", "30")}s`)) };
    return { until: task.state.next ?? task.now };
  },
};

const PARTS: Readonly<Record<string, Part>> = {
  "grpc-health-checking": grpcHealth,
  "fake-gitserver": gitServer,
  "no-snat-test": noSnat,
  "no-snat-test-proxy": noSnatProxy,
  "tcp-reset": tcpReset,
  inclusterclient: inClusterClient,
};

/** Whether a subcommand is one of these. */
export const isServing = (command: string): boolean => Object.hasOwn(PARTS, command);

/** One step of such a subcommand. */
export function serve(task: Task<ServingState>, command: string): Step {
  const part = PARTS[command] as Part;
  const { state } = task;
  if (state !== undefined) return part.tick?.(task, state) ?? {};
  const step = part.begin(task);
  if (task.state === undefined) task.state = { kind: "serving", command, isServing: true };
  return step;
}

/** Its answer to a request. */
export function answerServing(task: Task<ServingState>, visit: Visit): Reply {
  const state = task.state as ServingState;
  return PARTS[state.command]?.answer?.(task, visit, state) ?? "reset";
}
