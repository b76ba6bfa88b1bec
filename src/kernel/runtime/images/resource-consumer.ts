/**
 * resource-consumer: takes as much CPU and memory as it is asked for over HTTP, for as long as it is told.
 *
 * Models test/images/resource-consumer of Kubernetes.
 */
import { goSignal } from "#kernel/runtime/images/go";
import { parseQuery, parseTarget, respond } from "#kernel/runtime/images/http";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Image } from "#kernel/runtime/images/image";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

/** One thing it was asked for. */
interface Load {
  readonly until: Instant;
  readonly millis: number;
  readonly bytes: number;
  /** A metric of its own, and by how much it is raised. */
  readonly metric?: string;
  readonly delta?: number;
}

interface State {
  readonly loads: readonly Load[];
}

const OWN_BYTES = 8 * 2 ** 20;

/** Takes what is wanted at present; false if that was the end. */
function settle(task: Task<State>, loads: readonly Load[]): boolean {
  const alive = loads.filter(({ until }) => until > task.now);
  task.state = { loads: alive };
  task.keepBusy(
    Math.min(
      LIMITS.busyMillis,
      alive.reduce((sum, { millis }) => sum + millis, 0),
    ),
  );
  return task.holdMemory(OWN_BYTES + alive.reduce((sum, { bytes }) => sum + bytes, 0));
}

/** What a request asks for; a text says why it cannot be had. */
function loadOf(query: Readonly<Record<string, string>>, path: string, now: Instant): Load | string {
  const name = { "/ConsumeCPU": "millicores", "/ConsumeMem": "megabytes", "/BumpMetric": "delta" }[path] ?? "";
  const texts = [query[name] ?? "", query["durationSec"] ?? ""];
  const { metric = "" } = query;
  if (texts.includes("") || (path === "/BumpMetric" && metric === "")) return "not given function argument";
  const [amount = 0, seconds = 0] = texts.map(Number);
  if (!Number.isInteger(amount) || !Number.isInteger(seconds) || seconds < 0) return "incorrect function argument";
  const load = { until: now + seconds * 1_000, millis: 0, bytes: 0 };
  if (path === "/ConsumeCPU") return { ...load, millis: Math.max(0, amount) };
  if (path === "/ConsumeMem") return { ...load, bytes: Math.max(0, amount) * 2 ** 20 };
  return { ...load, metric, delta: amount };
}

const consumer: Program<State> = {
  name: "resource-consumer",

  step(task) {
    if (task.state === undefined && !task.listen(Number(goFlag(task.argv, "port") ?? "8080"))) return 1;
    if (!settle(task, task.state?.loads ?? [])) return {};
    const next = Math.min(...(task.state?.loads ?? []).map(({ until }) => until));
    return Number.isFinite(next) ? { until: next } : {};
  },

  http(task, _port, request): HttpResponse {
    const text = (status: number, body: string): HttpResponse =>
      respond(request.method, status, body, {
        date: new Date(task.now).toUTCString(),
        "content-type": "text/plain; charset=utf-8",
      });
    const { path, query } = parseTarget(request.path);
    if (request.method === "GET" && path === "/metrics") return text(200, metricsOf(task.state?.loads ?? []));
    if (request.method !== "POST") return text(400, "Bad request. Not a POST request\n");
    if (!["/ConsumeCPU", "/ConsumeMem", "/BumpMetric"].includes(path)) return text(404, "unknown function\n");
    return text(...consume(task, request, path, query));
  },

  signal: goSignal,
};

function consume(
  task: Task<State>,
  request: HttpRequest,
  path: string,
  inUrl: Readonly<Record<string, string>>,
): [number, string] {
  const query = { ...inUrl, ...parseQuery(request.body.trim()) };
  const load = loadOf(query, path, task.now);
  if (typeof load === "string") return [400, `${load}\n`];
  const loads = [...(task.state?.loads ?? []), load].slice(-LIMITS.processesPerContainer);
  settle(task, loads);
  task.wake();
  const [name, ...lines] = [
    path.slice(1),
    ...(path === "/ConsumeCPU" ? [`${query["millicores"]} millicores`] : []),
    ...(path === "/ConsumeMem" ? [`${query["megabytes"]} megabytes`] : []),
    ...(path === "/BumpMetric" ? [`${query["metric"]} metric`, `${query["delta"]} delta`] : []),
    `${query["durationSec"]} durationSec`,
  ];
  return [200, `${[name, ...lines].join("\n")}\n`];
}

function metricsOf(loads: readonly Load[]): string {
  const sums = new Map<string, number>();
  for (const { metric, delta = 0 } of loads)
    if (metric !== undefined) sums.set(metric, (sums.get(metric) ?? 0) + delta);
  return [...sums].map(([name, sum]) => `# TYPE ${name} gauge\n${name} ${sum}\n`).join("");
}

export const resourceConsumerImage: Image = {
  repositories: [
    "registry.k8s.io/e2e-test-images/resource-consumer",
    "k8s.gcr.io/e2e-test-images/resource-consumer",
    "gcr.io/kubernetes-e2e-test-images/resource-consumer",
  ],
  sizeBytes: () => 40_000_000,
  hasTag: (tag) => /^(latest|1\.\d+)(\.\d+)?$/.test(tag),
  content: () => ({
    config: { entrypoint: ["/consumer"] },
    flavor: "busybox",
    files: {},
    programs: { "/consumer": consumer as Program },
    use: { memoryBytes: OWN_BYTES, requestCpuMs: 0.5 },
  }),
};

export const resourceConsumerPrograms: readonly Program[] = [consumer as Program];
