/**
 * Images that a ConfigMap describes: a server that answers, logs, grows, fails and ends as it was told to.
 */
import type { Client } from "#kernel/registry/client";
import { configmaps } from "#kernel/resources/core/configmap";
import {
  type DescribedRoute,
  descriptionsIn,
  type ImageDescription,
  namedImage,
} from "#kernel/resources/core/image-description";
import { goDurationMs } from "#kernel/runtime/images/agnhost-logs";
import { parseTarget, respond } from "#kernel/runtime/images/http";
import type { ImageContent } from "#kernel/runtime/images/image";
import { acceptSocket, fetchFrom, type Reply, server, type Visit } from "#kernel/runtime/images/server";
import type { Program, SocketAnswer, SocketEvent, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

/** How often a container that grows says so. */
const GROWTH_MS = 10_000;
const SHOWN_CHARS_MAX = 262_144;

interface State {
  readonly since: Instant;
  /** Requests that were answered. */
  readonly count: number;
  /** How many lines of each kind it has logged. */
  readonly lines: readonly number[];
  readonly isUp: boolean;
  readonly endsAt?: Instant;
}

/** The description of an image: of the pod's own namespace first, else of the first that has one. */
export function descriptionOf(client: Client, image: string, namespace: string): ImageDescription | undefined {
  const { name, tag = "latest" } = namedImage(image);
  const shelves = client.by(configmaps, "image", name);
  const ordered = [...shelves].sort(
    (a, b) => Number(b.metadata.namespace === namespace) - Number(a.metadata.namespace === namespace),
  );
  const found = ordered.flatMap(descriptionsIn).filter((one) => namedImage(one.image).name === name);
  // A description without a tag is of every tag that has none of its own.
  return (
    found.find((one) => namedImage(one.image).tag === tag) ??
    found.find((one) => namedImage(one.image).tag === undefined)
  );
}

/** What is in a described image. */
export function describedContent({
  shell = "busybox",
  user,
  workingDir,
  env,
  files,
  ports,
}: ImageDescription): ImageContent {
  return {
    config: {
      cmd: ["/described"],
      ...(user === undefined ? {} : { user }),
      ...(workingDir === undefined ? {} : { workingDir }),
      ...(env === undefined ? {} : { env }),
      ...(ports === undefined ? {} : { ports }),
    },
    flavor: shell,
    files: files ?? {},
    programs: { "/described": described },
    tools: shell === "none" ? [] : ["+curl"],
  };
}

const UNITS: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9 };

function bytesOf(text: string): number {
  const [, count = "0", unit = ""] = /^(\d+)(\w*)$/.exec(text) ?? [];
  return Number(count) * (UNITS[unit] ?? 1);
}

/** A text with what stands in double braces filled in. */
function filled(task: Task<State>, text: string, visit?: Visit, upstream = ""): string {
  const values = (name: string): string => {
    const [kind = "", key = ""] = name.split(/\.(.*)/s);
    switch (kind) {
      case "env":
        return task.env(key) ?? "";
      case "query":
        return visit?.query[key] ?? "";
      case "header":
        return visit?.headers[key.toLowerCase()] ?? "";
      case "hostname":
        return task.record.hostname;
      case "ip":
        return task.record.podIP;
      case "image":
        return task.record.image;
      case "now":
        return new Date(task.now).toISOString();
      case "count":
        return String(task.state?.count ?? 0);
      case "path":
        return visit?.route ?? "";
      case "method":
        return visit?.method ?? "";
      case "body":
      case "message":
        return visit?.body ?? "";
      case "upstream":
        return upstream;
      default:
        return `{{${name}}}`;
    }
  };
  return text.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => values(name)).slice(0, SHOWN_CHARS_MAX);
}

const descriptionIn = (task: Task): ImageDescription => task.record.described ?? { image: task.record.image };

function begin(task: Task<State>): { readonly state: State; readonly ports: readonly number[] } | number {
  const { requires = [], start, log = [], ports = [] } = descriptionIn(task);
  const missing = requires.find((name) => (task.env(name) ?? "") === "");
  if (missing !== undefined) {
    task.complain(`environment variable ${missing} is not set\n`);
    return 1;
  }
  const isUp = start?.delay === undefined;
  const state: State = { since: task.now, count: 0, lines: log.map(() => 0), isUp };
  if (isUp) for (const line of start?.log ?? []) task.print(`${filled(task, line)}\n`);
  return { state, ports: isUp ? ports : [] };
}

/** What is due: the end, the start, lines of the log, memory. */
function tick(task: Task<State>): Step {
  const description = descriptionIn(task);
  const { start, ports = [], exit } = description;
  const state = task.state as State;
  const wakes: Instant[] = [];
  const startsAt = state.since + goDurationMs(start?.delay ?? "0s");
  if (!state.isUp && startsAt <= task.now) {
    for (const line of start?.log ?? []) task.print(`${filled(task, line)}\n`);
    for (const port of ports) task.listen(port);
    task.state = { ...state, isUp: true };
  } else if (!state.isUp) wakes.push(startsAt);
  if (state.endsAt !== undefined) {
    if (state.endsAt <= task.now) return description.stop?.code ?? 0;
    wakes.push(state.endsAt);
  }
  if (exit !== undefined) {
    const at = state.since + goDurationMs(exit.after);
    if (at <= task.now) {
      if (exit.log !== undefined) task.complain(`${filled(task, exit.log)}\n`);
      return exit.code ?? 1;
    }
    wakes.push(at);
  }
  wakes.push(...logged(task, description));
  const grows = grown(task, description);
  if (grows !== undefined) wakes.push(grows);
  return wakes.length === 0 ? {} : { until: Math.min(...wakes) };
}

/** Writes the lines that are due; when the next of each kind is. */
function logged(task: Task<State>, { log = [] }: ImageDescription): Instant[] {
  const state = task.state as State;
  const lines = [...state.lines];
  const next = log.map(({ every, line, error }, n) => {
    const periodMs = goDurationMs(every);
    const due = Math.floor((task.now - state.since) / periodMs);
    const had = lines[n] ?? 0;
    // What was missed for long is not all written at once.
    for (let at = Math.max(had, due - 100); at < due; at += 1) {
      const shown = filled(task, line.replaceAll("{{count}}", String(at + 1)));
      if (error === true) task.complain(`${shown}\n`);
      else task.print(`${shown}\n`);
    }
    lines[n] = due;
    return state.since + (due + 1) * periodMs;
  });
  if (next.length > 0) task.state = { ...(task.state as State), lines };
  return next;
}

/** Holds the memory of this moment; when it will have changed. */
function grown(task: Task<State>, { memory }: ImageDescription): Instant | undefined {
  if (memory === undefined) return undefined;
  const minutes = (task.now - (task.state as State).since) / 60_000;
  const most = memory.max === undefined ? Number.POSITIVE_INFINITY : bytesOf(memory.max);
  const bytes = bytesOf(memory.start ?? "8Mi") + minutes * bytesOf(memory.growPerMinute ?? "0");
  if (!task.holdMemory(Math.floor(Math.min(bytes, most)))) return undefined;
  return memory.growPerMinute === undefined || bytes >= most ? undefined : task.now + GROWTH_MS;
}

function matching(routes: readonly DescribedRoute[], visit: Visit): DescribedRoute | undefined {
  return routes.find(({ path, method, port }) => {
    if (port !== undefined && port !== visit.port) return false;
    if (method !== undefined && method !== visit.method && !(method === "GET" && visit.method === "HEAD")) return false;
    return path.endsWith("*") ? visit.route.startsWith(path.slice(0, -1)) : visit.route === path;
  });
}

/** Whether a route fails this time. */
function failsNow(task: Task<State>, { fail }: DescribedRoute): boolean {
  if (fail === undefined) return false;
  const age = task.now - (task.state as State).since;
  if (fail.after !== undefined && age < goDurationMs(fail.after)) return false;
  if (fail.until !== undefined && age >= goDurationMs(fail.until)) return false;
  return fail.percent === undefined || task.world.entropy.int(100) < fail.percent;
}

function answer(task: Task<State>, visit: Visit): Reply {
  const state = task.state as State;
  task.state = { ...state, count: state.count + 1 };
  const route = matching(descriptionIn(task).routes ?? [], visit);
  const plain = { "content-type": "text/plain; charset=utf-8" };
  if (route === undefined) return respond(visit.method, 404, "404 page not found\n", plain);
  if (route.exit !== undefined) {
    task.exit(route.exit);
    return "reset";
  }
  if (route.socket !== undefined) return acceptSocket(visit);
  const delayMs = route.delay === undefined ? {} : { delayMs: goDurationMs(route.delay) };
  const { fail } = route;
  if (fail !== undefined && failsNow(task, route)) {
    if (fail.silent === true) return undefined;
    return { ...respond(visit.method, fail.status ?? 500, filled(task, fail.body ?? "", visit), plain), ...delayMs };
  }
  let upstream = "";
  if (route.get !== undefined) {
    const got = fetchFrom(task, filled(task, route.get, visit));
    if (got === undefined || got.status >= 500)
      return { ...respond(visit.method, 502, `no answer from ${route.get}\n`, plain), ...delayMs };
    upstream = got.body;
  }
  const headers: Record<string, string> = { "content-type": route.type ?? plain["content-type"] };
  for (const [name, value] of Object.entries(route.headers ?? {}))
    headers[name.toLowerCase()] = filled(task, value, visit);
  const body = filled(task, route.body ?? (route.get === undefined ? "" : "{{upstream}}"), visit, upstream);
  return { ...respond(visit.method, route.status ?? 200, body, headers), ...delayMs };
}

/** What a route says on a WebSocket. */
function onSocket(task: Task<State>, event: SocketEvent): SocketAnswer {
  const { path, port, kind, text: message } = event;
  const visit: Visit = { method: "GET", path, headers: {}, body: "", port, ...targetOf(path) };
  const { socket } = matching(descriptionIn(task).routes ?? [], visit) ?? {};
  const words = kind === "open" ? socket?.open : kind === "message" ? (socket?.reply ?? "{{message}}") : undefined;
  return words === undefined ? {} : { messages: [filled(task, words, { ...visit, body: message })] };
}

function targetOf(target: string): Pick<Visit, "route" | "query"> {
  const { path: route, query } = parseTarget(target);
  return { route, query };
}

export const described: Program = server<State>({
  name: "described",
  begin,
  tick,
  answer,
  socket: onSocket,
  log(task, visit, { status }) {
    if (descriptionIn(task).accessLog !== false) task.print(`${visit.method} ${visit.path} ${status}\n`);
  },
  signal(task, signal) {
    if (!["SIGTERM", "SIGINT", "SIGQUIT"].includes(signal)) return false;
    const { stop } = descriptionIn(task);
    if (stop?.ignored === true) return true;
    if (stop?.log !== undefined) task.print(`${filled(task, stop.log)}\n`);
    if (stop?.delay === undefined || task.state === undefined) task.exit(stop?.code ?? 0);
    else task.state = { ...task.state, endsAt: task.now + goDurationMs(stop.delay) };
    task.wake();
    return true;
  },
}) as Program;
