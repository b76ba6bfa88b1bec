/**
 * Servers: programs that listen, answer requests over HTTP and log them, told by their parts.
 */
import { parseQuery, parseTarget, respond } from "#kernel/runtime/images/http";
import type { FileSeed, Image, ImageConfig, ImageContent } from "#kernel/runtime/images/image";
import { hasTag, type Tags } from "#kernel/runtime/images/tags";
import type { Program, SocketAnswer, SocketEvent, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { acceptKey } from "#kernel/runtime/websocket";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

/** A request as a route sees it. */
export interface Visit extends HttpRequest {
  /** Decoded, without the query. */
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  readonly port: number;
}

/** What a server says; `undefined` = it accepts and never answers. */
export type Reply = HttpResponse | "reset" | undefined;

/** How a server began: its state and the ports it listens on. */
export interface Begun<S> {
  readonly state: S;
  readonly ports: readonly number[];
}

/** The parts of a server. */
export interface ServerParts<S> {
  readonly name: string;
  /** Reads arguments and environment; a number is the exit code of one that cannot start. */
  begin(task: Task<S>): Begun<S> | number;
  answer(task: Task<S>, visit: Visit): Reply;
  /** What it says on a WebSocket it has accepted (acceptSocket). */
  socket?(task: Task<S>, event: SocketEvent): SocketAnswer | undefined;
  /** What it logs of a request it has answered. */
  log?(task: Task<S>, visit: Visit, reply: HttpResponse): void;
  /** What it does besides answering, each time it wakes. */
  tick?(task: Task<S>): Step;
  /** How it ends; absent = with 0 at the first request to end. */
  signal?(task: Task<S>, signal: string): boolean;
}

/** Ends with 0 when asked to. */
export function endsWell(task: Task, signal: string): boolean {
  if (!["SIGTERM", "SIGINT", "SIGQUIT"].includes(signal)) return false;
  task.exit(0);
  return true;
}

/** A server as a program. */
export function server<S>(parts: ServerParts<S>): Program<S> {
  return {
    name: parts.name,

    step(task) {
      if (task.state === undefined) {
        const begun = parts.begin(task);
        if (typeof begun === "number") return begun;
        task.state = begun.state;
        for (const port of begun.ports) {
          if (task.listen(port)) continue;
          task.complain(`listen tcp :${port}: bind: address already in use\n`);
          return 1;
        }
      }
      return parts.tick?.(task) ?? {};
    },

    http(task, port, request) {
      const { path: route, query } = parseTarget(request.path);
      const visit: Visit = { ...request, route, query, port };
      const reply = parts.answer(task, visit);
      if (typeof reply === "object") parts.log?.(task, visit, reply);
      return reply;
    },

    ...(parts.socket !== undefined && { socket: parts.socket }),

    signal: (task, signal) => (parts.signal ?? endsWell)(task, signal),
  };
}

/** An answer of text; `type` is its content type. */
export function text(visit: HttpRequest, body: string, status = 200, type = "text/plain; charset=utf-8"): HttpResponse {
  return respond(visit.method, status, body, { "content-type": type });
}

/** An answer of HTML. */
export const page = (visit: HttpRequest, body: string, status = 200): HttpResponse =>
  text(visit, body, status, "text/html; charset=utf-8");

/** An answer of JSON, as `JSON.stringify` writes it, indented if `indent` says so. */
export function json(visit: HttpRequest, value: unknown, status = 200, indent?: number): HttpResponse {
  return text(visit, JSON.stringify(value, null, indent), status, "application/json; charset=utf-8");
}

/** Whether a request asks to become a WebSocket. */
export const asksForSocket = ({ headers }: HttpRequest): boolean =>
  /(^|,)\s*upgrade\s*(,|$)/i.test(headers["connection"] ?? "") && /^websocket$/i.test(headers["upgrade"] ?? "");

/** Takes a request as a WebSocket; one that asks for none gets 400. */
export function acceptSocket(visit: HttpRequest): HttpResponse {
  const { "sec-websocket-key": key = "", "sec-websocket-version": version } = visit.headers;
  if (!asksForSocket(visit) || key === "" || version !== "13") return text(visit, "Bad Request\n", 400);
  const headers = { upgrade: "websocket", connection: "Upgrade", "sec-websocket-accept": acceptKey(key) };
  return { status: 101, headers, body: "" };
}

/** The fields of a form that was sent. */
export function formOf(request: HttpRequest): Readonly<Record<string, string>> {
  return parseQuery(request.body);
}

/** The value of a cookie. */
export function cookieOf(request: HttpRequest, name: string): string | undefined {
  for (const pair of (request.headers["cookie"] ?? "").split(/;\s*/)) {
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  }
  return undefined;
}

/** Text for a page: the characters that mean something to HTML are written as entities. */
export function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&#34;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);
}

/** Asks another server; undefined if there is no answer. `url` is `http://host[:port]/path`. */
export function fetchFrom(
  task: Task,
  url: string,
  {
    method = "GET",
    body = "",
    headers = {},
  }: { readonly method?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpResponse | undefined {
  const match = /^https?:\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(url);
  if (match === null) return undefined;
  const [, host = "", port = "80", path = "/"] = match;
  const sent = { host: port === "80" ? host : `${host}:${port}`, accept: "*/*", ...headers };
  const answer = task.request({ host, port: Number(port) }, { method, path, headers: sent, body });
  return typeof answer === "string" ? undefined : answer;
}

/** `host:port` taken apart. */
export function hostPort(address: string, port = 80): { readonly host: string; readonly port: number } {
  const match = /^(.*?)(?::(\d+))?$/.exec(address);
  return { host: match?.[1] ?? address, port: Number(match?.[2] ?? port) };
}

/** An image with one program, by its parts. */
export interface ImageParts {
  readonly repositories: readonly string[];
  readonly megabytes: number;
  /** Which tags there are; absent = every tag that looks like a version, and `latest`. */
  readonly tags?: RegExp | Tags;
  readonly flavor?: ImageContent["flavor"];
  readonly config: ImageConfig | ((tag: string) => ImageConfig);
  readonly programs: Readonly<Record<string, Program<never>>>;
  readonly files?: Readonly<Record<string, FileSeed>>;
  readonly tools?: readonly string[];
}

const VERSIONS = /^(latest|main|master|stable|v?\d[\w.-]*)$/;

/** An image made of its parts. */
export function imageOf(parts: ImageParts): Image {
  const { repositories, megabytes, tags = VERSIONS, flavor = "busybox", config, programs, files = {}, tools } = parts;
  return {
    repositories,
    sizeBytes: () => megabytes * 1_000_000,
    hasTag: (tag) => (tags instanceof RegExp ? tags.test(tag) : hasTag(tags, tag)),
    content: ({ tag = "latest" }) => ({
      config: typeof config === "function" ? config(tag) : config,
      flavor,
      files,
      programs: programs as Readonly<Record<string, Program>>,
      ...(tools === undefined ? {} : { tools }),
    }),
  };
}
