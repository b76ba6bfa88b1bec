/**
 * kuard: a web page about its pod, with probes that can be told to fail.
 *
 * Models github.com/kubernetes-up-and-running/kuard.
 * Leaves out its work queue and the script that draws its page: the API behind it is whole.
 */
import { goDate } from "#kernel/runtime/images/go";
import { escaped, imageOf, json, page, type Reply, server, text, type Visit } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

/** How a probe answers: so many failures more, then well; -1 = always well, 0 = never. */
interface Probe {
  readonly failNext: number;
  readonly alwaysFails: boolean;
}

interface State {
  readonly healthy: Probe;
  readonly ready: Probe;
  /** Bytes that were asked to be held. */
  readonly heldBytes: number;
}

const WELL: Probe = { failNext: 0, alwaysFails: false };
const VERSIONS: Readonly<Record<string, string>> = {
  blue: "v0.10.0-blue",
  green: "v0.10.0-green",
  purple: "v0.10.0-purple",
};

const versionOf = (task: Task): string => task.env("KUARD_VERSION") ?? "v0.10.0-blue";

function probe(task: Task<State>, visit: Visit, which: "healthy" | "ready"): Reply {
  const state = task.state as State;
  const own = state[which];
  const [, rest = ""] = /^\/(?:healthy|ready)(\/api)?$/.exec(visit.route) ?? [];
  if (rest === "/api" && visit.method === "PUT") {
    const given = JSON.parse(visit.body || "{}") as { failNext?: number };
    const failNext = Math.max(-1, Math.min(1_000, Math.trunc(Number(given.failNext)) || 0));
    task.state = { ...state, [which]: { failNext: Math.max(0, failNext), alwaysFails: failNext < 0 } };
    return text(visit, "");
  }
  if (rest === "/api")
    return json(visit, { probePath: `/${which}`, failNext: own.alwaysFails ? -1 : own.failNext, history: [] });
  if (!own.alwaysFails && own.failNext === 0) return text(visit, "ok");
  if (!own.alwaysFails) task.state = { ...state, [which]: { ...own, failNext: own.failNext - 1 } };
  return text(visit, "fail", 500);
}

function shown(task: Task): string {
  const { hostname, podIP } = task.record;
  const rows = Object.entries(task.environ()).map(
    ([name, value]) => `<tr><td>${escaped(name)}</td><td>${escaped(value)}</td></tr>\n`,
  );
  return (
    `<!doctype html>\n<html>\n<head><title>KUAR Demo</title></head>\n<body>\n<h1>Demo application version <i>${versionOf(task)}</i></h1>\n` +
    `<p>Served on ${escaped(hostname)}</p>\n<p>IP(s): ${podIP}</p>\n` +
    '<p><a href="healthy">liveness</a> <a href="ready">readiness</a> <a href="env">environment</a> <a href="mem">memory</a> <a href="fs/">files</a></p>\n' +
    `<table>\n${rows.join("")}</table>\n</body>\n</html>\n`
  );
}

function files(task: Task, visit: Visit): Reply {
  const path = visit.route.replace(/^\/fs/, "") || "/";
  const names = task.files.list(path, task.uid);
  if (Array.isArray(names)) {
    const links = names.map((name: string) => `<a href="${name}">${name}</a>\n`);
    return page(visit, `<pre>\n${links.join("")}</pre>\n`);
  }
  const content = task.readFile(path);
  return typeof content === "number" ? text(visit, "404 page not found\n", 404) : text(visit, content);
}

function memory(task: Task<State>, visit: Visit): Reply {
  const state = task.state as State;
  if (visit.route === "/mem/api/alloc" && visit.method === "POST") {
    const heldBytes = Math.min(64 * 2 ** 30, state.heldBytes + Math.max(0, Number(visit.query["size"] ?? "0") || 0));
    task.state = { ...state, heldBytes };
    return task.holdMemory(heldBytes) ? text(visit, "") : "reset";
  }
  if (visit.route === "/mem/api/clear" && visit.method === "POST") {
    task.state = { ...state, heldBytes: 0 };
    task.holdMemory(0);
    return text(visit, "");
  }
  return json(visit, { memAlloc: state.heldBytes });
}

function answer(task: Task<State>, visit: Visit): Reply {
  const { route } = visit;
  if (/^\/healthy(\/api)?$/.test(route) || route === "/healthz") return probe(task, visit, "healthy");
  if (/^\/ready(\/api)?$/.test(route)) return probe(task, visit, "ready");
  if (route === "/") return page(visit, shown(task));
  if (route === "/env/api" || route === "/env") return json(visit, { commandLine: task.argv, env: task.environ() });
  if (route.startsWith("/mem")) return memory(task, visit);
  if (/^\/fs(\/|$)/.test(route)) return files(task, visit);
  return text(visit, "404 page not found\n", 404);
}

const kuard: Program<State> = server<State>({
  name: "kuard",
  begin(task) {
    task.complain(`${goDate(task.now)} Starting kuard version: ${versionOf(task)}\n`);
    task.complain(`${goDate(task.now)} Serving on :8080\n`);
    return { state: { healthy: WELL, ready: WELL, heldBytes: 0 }, ports: [8080] };
  },
  answer,
  log(task, visit) {
    task.complain(`${goDate(task.now)} ${visit.remoteAddress ?? "127.0.0.1"}:40000 ${visit.method} ${visit.path}\n`);
  },
});

export const kuardPrograms = [kuard] as readonly Program[];

export const kuardImage = imageOf({
  repositories: ["gcr.io/kuar-demo/kuard-amd64", "gcr.io/kuar-demo/kuard", "docker.io/rubiojr/kuard"],
  megabytes: 12,
  tags: /^(latest|1|2|3|blue|green|purple|v[\w.-]+)$/,
  config: (tag) => ({
    cmd: ["/kuard"],
    ports: [8080],
    env: { KUARD_VERSION: VERSIONS[tag] ?? (tag.startsWith("v") ? tag : "v0.10.0-blue") },
  }),
  programs: { "/kuard": kuard },
});
