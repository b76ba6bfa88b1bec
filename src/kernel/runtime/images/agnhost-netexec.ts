/**
 * agnhost netexec: an HTTP server that tells about its container and can be asked to misbehave.
 *
 * Models test/images/agnhost/netexec.
 */

import { answerDatagram } from "#kernel/runtime/images/agnhost-netexec.udp";
import { goDate, goFailure, goSignal } from "#kernel/runtime/images/go";
import { parseQuery, parseTarget, respond } from "#kernel/runtime/images/http";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

export interface NetexecState {
  readonly kind: "netexec";
  readonly since: number;
  /** It ends at this instant: /exit with a timeout, or the delay of its shutdown. */
  readonly endsAt?: number;
  readonly code?: number;
  /** /shutdown was asked, or the readiness it reports was turned off. */
  readonly isDown?: boolean;
}

export const netexec: Program<NetexecState> & Required<Pick<Program<NetexecState>, "http" | "udp" | "signal">> = {
  name: "netexec",

  step(task) {
    if (task.state === undefined) {
      task.state = { kind: "netexec", since: task.now };
      const port = Number(goFlag(task.argv, "http-port") ?? "8080");
      const udp = goFlag(task.argv, "udp-port") ?? "8081";
      const sctp = goFlag(task.argv, "sctp-port") ?? "-1";
      if (udp !== "-1") task.listen(Number(udp), "UDP");
      if (sctp !== "-1") task.listen(Number(sctp), "SCTP");
      if (!task.listen(port)) {
        task.complain(`${goDate(task.now)} listen tcp :${port}: bind: address already in use\n`);
        return 1;
      }
      task.complain(`${goDate(task.now)} Started HTTP server on port ${port}\n`);
      if (udp !== "-1") task.complain(`${goDate(task.now)} Started UDP server on port  ${udp}\n`);
      if (sctp !== "-1") task.complain(`${goDate(task.now)} Started SCTP server on port  ${sctp}\n`);
    }
    const { endsAt, code } = task.state;
    if (endsAt === undefined) return {};
    return endsAt <= task.now ? (code ?? 0) : { until: endsAt };
  },

  http(task, _port, request) {
    const { path, query } = parseTarget(request.path);
    const form = request.headers["content-type"]?.includes("urlencoded") === true ? parseQuery(request.body) : {};
    const values = { ...query, ...form };
    task.complain(`${goDate(task.now)} GET ${path}${shownQuery(path, values)}\n`);
    return routes(task, path, values, request);
  },

  udp: answerDatagram,

  signal(task, signal) {
    const delay = Number(goFlag(task.argv, "delay-shutdown") ?? "0");
    if (signal !== "SIGTERM" || delay <= 0) return goSignal(task, signal);
    task.complain(`${goDate(task.now)} Sleeping ${delay} seconds before terminating...\n`);
    task.state = { kind: "netexec", since: task.now, endsAt: task.now + delay * 1_000, code: 0 };
    return true;
  },
};

/** What of a query the log tells, by path. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  "/echo": ["msg", "code"],
  "/exit": ["code", "timeout", "wait"],
  "/dial": ["host", "protocol", "port", "request", "tries"],
  "/redirect": ["location", "code"],
  "/shell": ["cmd"],
};

function shownQuery(path: string, values: Readonly<Record<string, string>>): string {
  const names = SHOWN[path];
  if (names === undefined) return "";
  const shown = { ...values, cmd: values["shellCommand"] ?? values["cmd"] };
  return `?${names.map((name) => `${name}=${(shown as typeof values)[name] ?? ""}`).join("&")}`;
}

function routes(
  task: Task<NetexecState>,
  path: string,
  query: Readonly<Record<string, string>>,
  request: HttpRequest,
): HttpResponse | "reset" | undefined {
  const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpResponse =>
    respond(request.method, status, body, {
      date: new Date(task.now).toUTCString(),
      "content-type": "text/plain; charset=utf-8",
      ...headers,
    });
  const client = `${request.remoteAddress ?? "127.0.0.1"}:40000`;
  switch (path) {
    case "/":
      return text(
        200,
        `NOW: ${new Date(task.now).toISOString().replace("T", " ").replace("Z", "")} +0000 UTC m=+${(task.now - (task.state?.since ?? 0)) / 1_000}`,
      );
    case "/hostname":
    case "/hostName":
      return text(200, task.record.hostname);
    case "/clientip":
      return text(200, client);
    case "/echo": {
      const code = query["code"] ?? "200";
      return text(Number(code), query["msg"] ?? "");
    }
    case "/healthz":
      return task.state?.isDown === true ? text(412, "") : text(200, "");
    case "/readyz":
      return text(200, "");
    case "/header":
      return text(200, request.headers[(query["key"] ?? "").toLowerCase()] ?? "");
    case "/env":
      return text(200, JSON.stringify(Object.entries(task.environ()).map(([name, value]) => `${name}=${value}`)));
    case "/exit":
      return leave(task, query, text);
    case "/shutdown":
      task.state = { ...(task.state ?? { kind: "netexec", since: task.now }), isDown: true };
      return text(200, "");
    case "/redirect":
      return text(Number(query["code"] ?? "302"), "", { location: query["location"] ?? "" });
    case "/shell":
    case "/shell/":
      return text(200, shell(task, query["shellCommand"] ?? query["cmd"] ?? ""));
    case "/dial":
      return text(200, dial(task, query));
    case "/upload":
      return text(200, upload(task, request));
    default:
      return text(404, "404 page not found\n");
  }
}

function leave(
  task: Task<NetexecState>,
  query: Readonly<Record<string, string>>,
  text: (status: number, body: string) => HttpResponse,
): HttpResponse | "reset" {
  const code = Number(query["code"] ?? "0");
  const timeout =
    Number(/^(\d+)/.exec(query["timeout"] ?? "")?.[1] ?? "0") * (query["timeout"]?.endsWith("ms") === true ? 1 : 1_000);
  if (timeout <= 0 && query["wait"] === undefined) {
    task.exit(code);
    return "reset";
  }
  task.state = { ...(task.state ?? { kind: "netexec", since: task.now }), endsAt: task.now + timeout, code };
  task.wake();
  return text(200, "");
}

/** `/shell?cmd=...`: what the command wrote, as JSON. */
function shell(task: Task<NetexecState>, command: string): string {
  const { stdout, stderr, exitCode } = task.runToEnd(["/bin/sh", "-c", command]);
  const output = stdout + stderr;
  const result: Record<string, string> = {};
  if (exitCode !== 0) result["error"] = `exit status ${exitCode}`;
  if (output !== "" || exitCode === 0) result["output"] = output;
  return JSON.stringify(result);
}

/** `/dial`: asks other netexecs over HTTP, UDP or SCTP and reports what they said. */
function dial(task: Task<NetexecState>, query: Readonly<Record<string, string>>): string {
  const port = Number(query["port"] ?? "8080");
  const tries = Math.min(100, Number(query["tries"] ?? "1"));
  const { host = "", request = "", protocol = "http" } = query;
  if (!["http", "udp", "sctp"].includes(protocol.toLowerCase())) return `unsupported protocol: ${protocol}`;
  const responses: string[] = [];
  const errors: string[] = [];
  for (let n = 0; n < tries; n += 1) {
    if (protocol === "udp" || protocol === "sctp") {
      const answer = task.datagram({ host, port, protocol: protocol === "udp" ? "UDP" : "SCTP" }, request);
      if (typeof answer === "object" && answer.text !== "") responses.push(answer.text);
      else
        errors.push(`reading from ${protocol} connection failed. err:'read ${protocol} ${host}:${port}: i/o timeout'`);
      continue;
    }
    const headers = { host: `${host}:${port}`, "user-agent": "Go-http-client/1.1" };
    const answer = task.request({ host, port }, { method: "GET", path: `/${request}`, headers, body: "" });
    if (typeof answer === "string")
      errors.push(`Get "http://${host}:${port}/${request}": ${goFailure(answer, host, port)}`);
    else responses.push(answer.body);
  }
  return JSON.stringify({ ...(responses.length > 0 ? { responses } : {}), ...(errors.length > 0 ? { errors } : {}) });
}

function upload(task: Task<NetexecState>, { body, headers }: HttpRequest): string {
  const boundary = /boundary="?([^";]+)/.exec(headers["content-type"] ?? "")?.[1];
  const part = boundary === undefined ? undefined : body.split(`--${boundary}`)[1];
  const content = part?.split("\r\n\r\n").slice(1).join("\r\n\r\n").replace(/\r\n$/, "") ?? body;
  const path = `/uploads/upload${task.world.entropy.int(1_000_000_000)}`;
  if (!task.files.exists("/uploads")) task.files.makeDirectory("/uploads");
  task.files.write(path, content, { mode: 0o755 });
  return JSON.stringify({ output: path });
}
