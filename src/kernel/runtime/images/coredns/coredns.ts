/**
 * CoreDNS: a name server set up by its Corefile, which it reads again when that changes.
 *
 * Models github.com/coredns/coredns. Leaves out the numbers of its metrics.
 */
import { type Asked, coreDnsAnswer, type Kept, type Means, serverFor } from "#kernel/runtime/images/coredns/answer";
import { CorefileProblem, type Surroundings } from "#kernel/runtime/images/coredns/corefile";
import type { Server } from "#kernel/runtime/images/coredns/server";
import { serversOf } from "#kernel/runtime/images/coredns/setup";
import { goSignal } from "#kernel/runtime/images/go";
import { respond } from "#kernel/runtime/images/http";
import type { DnsCall, Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { DnsAnswer, HttpRequest, HttpResponse } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

export const COREDNS_VERSION = "1.14.1";

interface State {
  readonly since: Instant;
  /** What it is set up by. */
  readonly text: string;
  readonly path: string;
  /** A text that was looked at and cannot be obeyed. */
  readonly refused?: string;
}

/** What it does without a Corefile. */
const WITHOUT = ".:53 {\n  log\n}\n";
const REMEMBERED_MAX = 500;
/** Servers by the text they were set up by: reading it again would tell the same. */
const known = new Map<string, readonly Server[] | CorefileProblem>();

function servers(path: string, text: string, around: Surroundings): readonly Server[] | CorefileProblem {
  // What is imported may differ from one container to the next.
  if (/^\s*import\s+[/.]|\{[$%]/m.test(text)) return serversOf(path, text, around);
  const key = `${path}\n${text}`;
  const found = known.get(key) ?? serversOf(path, text, around);
  if (known.size >= REMEMBERED_MAX) known.clear();
  known.set(key, found);
  return found;
}

/** The servers of a Corefile that is no file of a container; undefined if it cannot be obeyed. */
export function serversOfText(text: string): readonly Server[] | undefined {
  const found = servers("Corefile", text, { read: () => undefined, glob: () => [], env: () => undefined });
  return found instanceof CorefileProblem ? undefined : found;
}

const textAt = (task: Task, path: string): string | undefined => {
  const text = task.readFile(path);
  return typeof text === "number" ? undefined : text;
};

const around = (task: Task): Surroundings => ({
  read: (path) => textAt(task, path),
  glob: (pattern) => filesLike(task, pattern),
  env: (name) => task.env(name),
});

function filesLike(task: Task, pattern: string): string[] {
  const cut = pattern.lastIndexOf("/");
  const folder = pattern.slice(0, cut);
  const names = task.files.list(folder);
  if (typeof names === "number") return [];
  const [start = "", ...rest] = pattern.slice(cut + 1).split("*");
  const end = rest.at(-1) ?? "";
  return names
    .filter((name) => name.startsWith(start) && name.endsWith(end) && name.length >= start.length + end.length)
    .map((name) => `${folder}/${name}`)
    .sort();
}

function start(task: Task<State>): number | undefined {
  const at = task.argv.findIndex((arg) => /^--?conf$/.test(arg));
  const path = at < 0 ? task.path("Corefile") : (task.argv[at + 1] ?? "");
  const text = textAt(task, path) ?? (at < 0 ? WITHOUT : undefined);
  if (text === undefined) {
    task.complain(`Error: open ${path}: no such file or directory\n`);
    return 1;
  }
  const found = servers(path, text, around(task));
  if (found instanceof CorefileProblem) {
    task.complain(`${found.text}\n`);
    return 1;
  }
  task.state = { since: task.now, text, path };
  return open(task, found);
}

/** Listens where the servers do, and says so. */
function open(task: Task<State>, all: readonly Server[]): number | undefined {
  for (const port of new Set(all.map((one) => one.port))) {
    if (!task.listen(port, "UDP") || !task.listen(port)) {
      task.complain(`Listen: listen tcp :${port}: bind: address already in use\n`);
      return 1;
    }
  }
  for (const port of new Set(all.flatMap(({ health, ready, metrics }) => [health, ready, metrics]))) {
    if (port !== undefined) task.listen(port);
  }
  const zones = all.flatMap(({ zones: own, port }) => own.map((zone) => `${zone === "" ? "." : `${zone}.`}:${port}\n`));
  task.print(`${zones.join("")}[INFO] plugin/reload: Running configuration SHA512 = ${hashOf(task)}\n`);
  task.print(`CoreDNS-${COREDNS_VERSION}\nlinux/amd64, go1.25.5, \n`);
  return undefined;
}

/** Something that is another one for another text. */
function hashOf({ state }: Task<State>): string {
  let hash = 7;
  for (const char of state?.text ?? "") hash = (hash * 31 + char.charCodeAt(0)) % 0xffff_ffff;
  return hash.toString(16).padStart(8, "0").repeat(16);
}

/** The servers in force: a Corefile that changed is heeded at the next of the instants it is looked at. */
function inForce(task: Task<State>): readonly Server[] {
  const { state } = task;
  if (state === undefined) return [];
  const { path, text, since, refused } = state;
  const found = servers(path, text, around(task));
  const now = found instanceof CorefileProblem ? [] : found;
  const interval = Math.max(...now.map(({ reload }) => reload ?? 0), 0) * 1_000;
  const fresh = interval === 0 ? undefined : textAt(task, path);
  if (fresh === undefined || fresh === text || fresh === refused) return now;
  const stat = task.files.stat(path);
  const lastLook = since + Math.floor((task.now - since) / interval) * interval;
  if (typeof stat === "number" || stat.at > lastLook) return now;
  const next = servers(path, fresh, around(task));
  if (next instanceof CorefileProblem) {
    task.complain(
      `[ERROR] Restart failed: ${next.text}\n[ERROR] plugin/reload: Corefile changed but reload failed: ${next.text}\n`,
    );
    task.state = { ...state, refused: fresh };
    return now;
  }
  task.print("[INFO] Reloading\n");
  task.state = { since, text: fresh, path };
  for (const { port, health, ready, metrics } of now) {
    for (const one of [port, health, ready, metrics]) if (one !== undefined) task.unlisten(one);
    task.unlisten(port, "UDP");
  }
  open(task, next);
  task.print("[INFO] Reloading complete\n");
  return next;
}

function answer(task: Task<State>, call: DnsCall): DnsAnswer | undefined {
  const all = inForce(task);
  const { question, port, remoteAddress, protocol } = call;
  const asked: Asked = { ...question, port, clientIP: remoteAddress };
  const told = coreDnsAnswer(all, asked, meansOf(task));
  if (serverFor(all, { name: question.name.toLowerCase(), port })?.isLogged === true) {
    const flags = `qr,${told.isAuthoritative ? "aa,rd" : "rd,ra"}`;
    const { entropy } = task.world;
    const size = question.name.length + 18;
    task.print(
      `[INFO] ${remoteAddress}:${32_768 + entropy.int(28_000)} - ${entropy.int(65_536)} "${question.type} IN ` +
        `${question.name}. ${protocol.toLowerCase()} ${size} false 1232" ${told.status} ${flags} ` +
        `${size + 30 * told.answers.length} 0.000${100 + entropy.int(800)}s\n`,
    );
  }
  if (told.status === "SERVFAIL")
    task.print(`[ERROR] plugin/errors: 2 ${question.name}. ${question.type}: no answer from any upstream\n`);
  return told;
}

/** The room of what servers keep of answers; the id is the container and the question. */
const MEMORY = "dns-cache";
const KEPT_MAX = 500;

function meansOf(task: Task): Means {
  const { cells, entropy, net, now } = task.world;
  const { id } = task.record;
  return {
    now,
    entropy,
    read: (path) => textAt(task, path),
    records: (question, view, follow) => net.records(question, view, follow),
    ask: (server, port, question) => task.query(question, server, port),
    memory: {
      get: (key) => cells.get<Kept>(MEMORY, `${id} ${key}`),
      put(key, kept) {
        if (cells.count(MEMORY) >= KEPT_MAX)
          for (const [old] of [...cells.entries<Kept>(MEMORY)]) cells.delete(MEMORY, old);
        cells.put(MEMORY, `${id} ${key}`, kept);
      },
    },
  };
}

function http(task: Task<State>, port: number, { method, path }: HttpRequest): HttpResponse {
  const type = { "content-type": "text/plain; charset=utf-8", date: new Date(task.now).toUTCString() };
  const all = inForce(task);
  const isAt = (own: "health" | "ready" | "metrics", at: string): boolean =>
    path.split("?")[0] === at && all.some((server) => server[own] === port);
  if (isAt("health", "/health") || isAt("ready", "/ready")) return respond(method, 200, "OK", type);
  if (!isAt("metrics", "/metrics")) return respond(method, 404, "404 page not found\n", type);
  const info = `coredns_build_info{goversion="go1.25.5",revision="",version="${COREDNS_VERSION}"} 1`;
  return respond(method, 200, `# TYPE coredns_build_info gauge\n${info}\n`, type);
}

export const coredns: Program<State> = {
  name: "coredns",
  use: { memoryBytes: 13 * 2 ** 20, cpuMillis: 2 },
  step: (task) => (task.state === undefined ? (start(task) ?? {}) : {}),
  http,
  dns: answer,
  signal: goSignal,
};
