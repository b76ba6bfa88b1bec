/**
 * The routes of podinfo: what it tells, and what it does when asked to fail.
 *
 * Models github.com/stefanprodan/podinfo/pkg/api/http.
 */
import { type PodinfoState, podinfoVersion, say, setting } from "#kernel/runtime/images/apps/podinfo";
import { commandRequest, decodeReplies, type Reply as RedisReply } from "#kernel/runtime/images/redis/resp";
import {
  acceptSocket,
  escaped,
  fetchFrom,
  hostPort,
  json,
  page,
  type Reply,
  text,
  type Visit,
} from "#kernel/runtime/images/server";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpResponse } from "#kernel/runtime/world";

type Route = (task: Task<PodinfoState>, visit: Visit, parts: readonly string[]) => Reply;

const COUNTED_MAX = 50;

const ok = (visit: Visit, value: unknown, status = 200): HttpResponse => json(visit, value, status, 2);

function info(task: Task, visit: Visit): HttpResponse {
  const version = podinfoVersion(task);
  return ok(visit, {
    hostname: task.record.hostname,
    version,
    revision: "unknown",
    color: setting(task, "ui-color", "#34577c"),
    logo: setting(task, "ui-logo", "https://raw.githubusercontent.com/stefanprodan/podinfo/gh-pages/cuddle_clap.gif"),
    message: setting(task, "ui-message", `greetings from podinfo v${version}`),
    goos: "linux",
    goarch: "amd64",
    runtime: "go1.25.0",
    num_goroutine: "8",
    num_cpu: "2",
  });
}

function index(task: Task, visit: Visit): HttpResponse {
  const version = podinfoVersion(task);
  const message = setting(task, "ui-message", `greetings from podinfo v${version}`);
  const color = setting(task, "ui-color", "#34577c");
  return page(
    visit,
    `<!DOCTYPE html>\n<html>\n<head><title>${escaped(task.record.hostname)}</title></head>\n` +
      `<body style="background-color: ${escaped(color)}; color: white; font-family: sans-serif; text-align: center">\n` +
      `<h1>${escaped(message)}</h1>\n<p>podinfo ${version}</p>\n<p>served by ${escaped(task.record.hostname)}</p>\n</body>\n</html>\n`,
  );
}

/** What is written to each backend comes back from there; without one it comes back from here. */
function echo(task: Task, visit: Visit): HttpResponse {
  const given = setting(task, "backend-url", "");
  if (given === "") return text(visit, visit.body, 202);
  const answers = given.split(",").map((url) => fetchFrom(task, url, { method: "POST", body: visit.body })?.body);
  const failed = answers.indexOf(undefined);
  if (failed < 0) return ok(visit, answers);
  return ok(visit, { code: 500, message: `backend ${given.split(",")[failed]} does not answer` }, 500);
}

function store(task: Task<PodinfoState>, visit: Visit, [hash]: readonly string[]): HttpResponse {
  const directory = setting(task, "data-path", "/data");
  if (hash === undefined) {
    const name = digest(visit.body);
    if (task.files.write(`${directory}/${name}`, visit.body, { uid: task.uid }) !== 0) {
      return ok(visit, { code: 500, message: "writing file failed" }, 500);
    }
    return ok(visit, { hash: name }, 202);
  }
  const content = task.readFile(`${directory}/${hash}`);
  return typeof content === "number"
    ? ok(visit, { code: 500, message: "reading file failed" }, 500)
    : text(visit, content, 202);
}

/** Forty hexadecimal digits that depend on the text alone. */
function digest(content: string): string {
  let [a, b] = [0x811c9dc5, 0x1000193];
  for (let n = 0; n < content.length; n += 1) {
    a = Math.imul(a ^ content.charCodeAt(n), 0x01000193) >>> 0;
    b = Math.imul(b ^ a, 0x85ebca6b) >>> 0;
  }
  return [a, b, a ^ b, Math.imul(a, b), a + b].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}

function cache(task: Task, visit: Visit, [key = ""]: readonly string[]): HttpResponse {
  const address = setting(task, "cache-server", "");
  if (address === "") return ok(visit, { code: 400, message: "cache server is offline" }, 400);
  const { host, port } = hostPort(address.replace(/^(redis|tcp):\/\//, ""), 6_379);
  const argv = { GET: ["GET", key], DELETE: ["DEL", key] }[visit.method] ?? ["SET", key, visit.body];
  const answer = task.request({ host, port }, commandRequest([argv]));
  const reply: RedisReply | undefined = typeof answer === "string" ? undefined : decodeReplies(answer.body)[0];
  if (reply === undefined || reply.k === "error")
    return ok(visit, { code: 400, message: "cache server is offline" }, 400);
  if (visit.method !== "GET") return text(visit, "", 202);
  return reply.k === "bulk" ? text(visit, reply.text, 202) : text(visit, "", 404);
}

function configs(task: Task, visit: Visit): HttpResponse {
  const directory = setting(task, "config-path", "");
  const names = directory === "" ? [] : task.files.list(directory);
  if (!Array.isArray(names) || names.length === 0)
    return ok(visit, { code: 500, message: "config path is empty" }, 500);
  const files = names
    .filter((name: string) => !name.startsWith(".."))
    .map((name: string) => [name, task.readFile(`${directory}/${name}`)] as const);
  return ok(visit, Object.fromEntries(files.filter(([, content]) => typeof content === "string")));
}

function metrics(task: Task<PodinfoState>, visit: Visit): HttpResponse {
  const lines = [
    "# HELP http_requests_total The total number of HTTP requests.",
    "# TYPE http_requests_total counter",
    ...Object.entries(task.state?.served ?? {}).map(
      ([status, count]) => `http_requests_total{status="${status}"} ${count}`,
    ),
    "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.",
    "# TYPE process_start_time_seconds gauge",
    `process_start_time_seconds ${((task.state?.since ?? 0) / 1_000).toFixed(2)}`,
  ];
  return text(visit, `${lines.join("\n")}\n`, 200, "text/plain; version=0.0.4; charset=utf-8");
}

const health =
  (which: "isReady" | "isHealthy"): Route =>
  (task, visit) =>
    task.state?.[which] === true ? ok(visit, { status: "OK" }) : text(visit, "", 503);

const turn =
  (isReady: boolean): Route =>
  (task, visit) => {
    if (task.state !== undefined) task.state = { ...task.state, isReady };
    return text(visit, "", 202);
  };

function crash(task: Task<PodinfoState>): Reply {
  say(task, "Panic command received");
  task.exit(255);
  return "reset";
}

function delay(_task: Task, visit: Visit, [seconds = "0"]: readonly string[]): HttpResponse {
  const took = Number(seconds);
  return { ...ok(visit, { delay: took }), delayMs: took * 1_000 };
}

const headersOf = (visit: Visit): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(visit.headers).map(([name, value]) => [
      name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase()),
      [value],
    ]),
  );

const ROUTES: readonly (readonly [methods: string, path: RegExp, route: Route])[] = [
  [
    "GET HEAD",
    /^\/$/,
    (task, visit) => (/^Mozilla/.test(visit.headers["user-agent"] ?? "") ? index : info)(task, visit),
  ],
  ["GET", /^\/api\/info$/, info],
  ["GET", /^\/version$/, (task, visit) => ok(visit, { commit: "unknown", version: podinfoVersion(task) })],
  ["GET POST", /^\/ws\/echo$/, (_task, visit) => acceptSocket(visit)],
  ["GET POST PUT", /^(?:\/api)?\/echo(?:\/.*)?$/, echo],
  [
    "GET POST",
    /^\/env$/,
    (task, visit) =>
      ok(
        visit,
        Object.entries(task.environ()).map((pair) => pair.join("=")),
      ),
  ],
  ["GET POST", /^\/headers$/, (_task, visit) => ok(visit, headersOf(visit))],
  ["GET", /^\/delay\/(\d{1,4})$/, delay],
  ["GET", /^\/healthz$/, health("isHealthy")],
  ["GET", /^\/readyz$/, health("isReady")],
  ["POST", /^\/readyz\/enable$/, turn(true)],
  ["POST", /^\/readyz\/disable$/, turn(false)],
  ["GET", /^\/panic$/, crash],
  [
    "GET POST PUT",
    /^\/status\/(\d{3})$/,
    (_task, visit, [code = "200"]) => ok(visit, { status: Number(code) }, Number(code)),
  ],
  ["POST PUT", /^\/store$/, store],
  ["GET", /^\/store\/([0-9a-f]+)$/, store],
  ["GET POST PUT DELETE", /^\/cache\/([^/]+)$/, cache],
  ["GET", /^\/configs$/, configs],
  ["GET", /^\/metrics$/, metrics],
];

/** Answers a request: the port of the metrics knows two routes, the other all of them. */
export function podinfoRoutes(task: Task<PodinfoState>, visit: Visit): Reply {
  const { state } = task;
  if (state !== undefined && visit.port === state.metricsPort) {
    if (visit.route === "/healthz") return text(visit, "OK");
    return visit.route === "/metrics" ? metrics(task, visit) : text(visit, "404 page not found\n", 404);
  }
  const reply = routed(task, visit);
  if (typeof reply === "object") count(task, reply.status);
  return reply;
}

function routed(task: Task<PodinfoState>, visit: Visit): Reply {
  if (setting(task, "random-error", "false") === "true" && task.world.entropy.int(3) === 0) {
    return text(visit, "", task.world.entropy.pick([400, 409, 500]) ?? 500);
  }
  const found = ROUTES.filter(([, path]) => path.test(visit.route));
  if (found.length === 0) return text(visit, "404 page not found\n", 404);
  const match = found.find(([methods]) => methods.split(" ").includes(visit.method));
  if (match === undefined) return text(visit, "", 405);
  const reply = match[2](task, visit, match[1].exec(visit.route)?.slice(1) ?? []);
  const release = podinfoVersion(task);
  return typeof reply === "object" ? { ...reply, headers: { ...reply.headers, "x-api-version": release } } : reply;
}

function count(task: Task<PodinfoState>, status: number): void {
  const { state } = task;
  if (state === undefined || (Object.keys(state.served).length >= COUNTED_MAX && state.served[status] === undefined))
    return;
  task.state = { ...state, served: { ...state.served, [status]: (state.served[status] ?? 0) + 1 } };
}
