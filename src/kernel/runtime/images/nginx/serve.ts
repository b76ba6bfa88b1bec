/**
 * How nginx answers a request: return, rewrite, files, directories, proxying, error pages, the access log.
 *
 * Leaves out caching, compression and rate limits: a client of a simulated server sees the same without them.
 */

import { utf8Length } from "#kernel/runtime/files/filesystem";
import { below } from "#kernel/runtime/files/paths";
import { goDate } from "#kernel/runtime/images/go";
import { contentType, httpDate, logDate, parseQuery, respond, statusText } from "#kernel/runtime/images/http";
import type { Directive } from "#kernel/runtime/images/nginx/conf";
import {
  argsOf,
  expression,
  hostPort,
  type Location,
  locationFor,
  type NginxConfig,
  type Server,
  serverFor,
} from "#kernel/runtime/images/nginx/config";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

/** One request on its way. */
interface Visit {
  readonly task: Task;
  readonly config: NginxConfig;
  readonly server: Server;
  readonly version: string;
  readonly port: number;
  readonly request: HttpRequest;
  readonly variables: Record<string, string>;
  path: string;
  query: string;
  redirects: number;
}

/** Answers a request and logs it. */
export function serve(
  task: Task,
  config: NginxConfig,
  version: string,
  port: number,
  request: HttpRequest,
): HttpResponse | "reset" {
  const host = (request.headers["host"] ?? "").replace(/:\d+$/, "");
  const server = serverFor(config, port, host);
  if (server === undefined) return "reset";
  const cut = request.path.indexOf("?");
  const raw = cut < 0 ? request.path : request.path.slice(0, cut);
  const query = cut < 0 ? "" : request.path.slice(cut + 1);
  const visit: Visit = {
    task,
    config,
    server,
    version,
    port,
    request,
    variables: {},
    path: normalized(raw),
    query,
    redirects: 0,
  };
  const answer = route(visit);
  if (answer === "reset") return answer;
  logAccess(visit, answer);
  return answer;
}

function normalized(raw: string): string {
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    path = raw;
  }
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return `/${parts.join("/")}${/(\/|\/\.{1,2})$/.test(path) && parts.length > 0 ? "/" : ""}`;
}

function route(visit: Visit): HttpResponse | "reset" {
  const early = rewriteOf(visit, visit.server.directives);
  if (early !== undefined) return early;
  for (;;) {
    const location = locationFor(visit.server, visit.path);
    const directives =
      location === undefined ? visit.server.directives : [...location.directives, ...visit.server.directives];
    const before = visit.path;
    const answer = location === undefined ? undefined : rewriteOf(visit, location.directives);
    if (answer !== undefined) return answer;
    visit.redirects += 1;
    if (visit.path !== before && visit.redirects < 10 && visit.variables["__break"] === undefined) continue;
    return content(visit, location, directives);
  }
}

/** return, rewrite, set and if, in their order. */
function rewriteOf(visit: Visit, directives: readonly Directive[]): HttpResponse | "reset" | undefined {
  for (const { name, args, children = [] } of directives) {
    if (name === "set") visit.variables[(args[0] ?? "").replace("$", "")] = interpolate(visit, args[1] ?? "");
    else if (name === "return") return returned(visit, args, directives);
    else if (name === "if" && isTrue(visit, args.join(" "))) {
      const answer = rewriteOf(visit, children);
      if (answer !== undefined) return answer;
    } else if (name === "rewrite") {
      const answer = rewritten(visit, args, directives);
      if (answer === "stop") return undefined;
      if (answer !== undefined) return answer;
    }
  }
  return undefined;
}

function rewritten(
  visit: Visit,
  args: readonly string[],
  directives: readonly Directive[],
): HttpResponse | "stop" | undefined {
  const [source = "", target = "", flag] = args;
  const match = expression(source).exec(visit.path);
  if (match === null) return undefined;
  const replaced = interpolate(
    visit,
    target.replace(/\$(\d)/g, (_, digit: string) => match[Number(digit)] ?? ""),
  );
  if (flag === "permanent" || flag === "redirect" || /^https?:/.test(replaced)) {
    const status = flag === "permanent" ? 301 : 302;
    return plain(visit, status, directives, { location: absoluteUrl(visit, replaced) });
  }
  const [path = "/", query] = replaced.split(/\?(.*)/s);
  visit.path = path;
  if (query !== undefined) visit.query = query;
  if (flag === "break") visit.variables["__break"] = "1";
  return flag === "last" || flag === "break" ? "stop" : undefined;
}

function isTrue(visit: Visit, text: string): boolean {
  const inside = text.replace(/^\(\s*|\s*\)$/g, "");
  const match = /^(\S+)\s+(=|!=|~\*?|!~\*?)\s+(.*)$/.exec(inside);
  if (match === null) {
    const value = interpolate(visit, inside);
    return value !== "" && value !== "0";
  }
  const left = interpolate(visit, match[1] ?? "");
  const operator = match[2] ?? "";
  const right = (match[3] ?? "").replace(/^["']|["']$/g, "");
  if (operator === "=" || operator === "!=") return (left === interpolate(visit, right)) === (operator === "=");
  return expression(right, operator.endsWith("*")).test(left) !== operator.startsWith("!");
}

function returned(visit: Visit, args: readonly string[], directives: readonly Directive[]): HttpResponse | "reset" {
  const isUrl = !/^\d+$/.test(args[0] ?? "");
  const status = isUrl ? 302 : Number(args[0]);
  const text = interpolate(visit, (isUrl ? args[0] : args[1]) ?? "");
  if (status === 444) return "reset";
  if ([301, 302, 303, 307, 308].includes(status)) {
    return plain(visit, status, directives, text === "" ? {} : { location: absoluteUrl(visit, text) });
  }
  if (args.length < 2) return plain(visit, status, directives, {});
  const type = argsOf(directives, "default_type") ?? argsOf(visit.server.directives, "default_type");
  return finish(visit, status, text, { "content-type": type?.[0] ?? "text/plain" }, directives);
}

function absoluteUrl(visit: Visit, target: string): string {
  if (!target.startsWith("/")) return target;
  const port = visit.port === 80 || visit.port === 443 ? "" : `:${visit.port}`;
  const host = (visit.request.headers["host"] ?? "localhost").replace(/:\d+$/, "");
  return `http://${host}${port}${target}`;
}

function content(visit: Visit, location: Location | undefined, directives: readonly Directive[]): HttpResponse {
  if (directives.some(({ name }) => name === "stub_status")) {
    const text =
      "Active connections: 1 \nserver accepts handled requests\n 1 1 1 \nReading: 0 Writing: 1 Waiting: 0 \n";
    return finish(visit, 200, text, { "content-type": "text/plain" }, directives);
  }
  const denied = directives.find(({ name }) => name === "deny" || name === "allow");
  if (denied?.name === "deny" && denied.args[0] === "all") return plain(visit, 403, directives, {});
  const limit = argsOf(directives, "client_max_body_size")?.[0];
  if (utf8Length(visit.request.body) > bytesOf(limit ?? "1m")) return plain(visit, 413, directives, {});
  const proxy = location === undefined ? undefined : argsOf(location.directives, "proxy_pass");
  if (proxy !== undefined) return proxied(visit, location, interpolate(visit, proxy[0] ?? ""), directives);
  if (argsOf(directives, "fastcgi_pass") !== undefined)
    return failedUpstream(visit, directives, "fastcgi", "111: Connection refused");
  const tried = argsOf(directives, "try_files");
  if (tried !== undefined) return tryFiles(visit, location, tried, directives);
  return file(visit, location, directives, visit.path);
}

function bytesOf(size: string): number {
  const number = Number.parseFloat(size);
  if (number === 0) return Number.POSITIVE_INFINITY;
  const unit = size.at(-1)?.toLowerCase();
  return number * (unit === "k" ? 1_024 : unit === "m" ? 1_048_576 : unit === "g" ? 1_073_741_824 : 1);
}

/** The file a path means: alias replaces the location's path, root goes before it. */
function onDisk(visit: Visit, location: Location | undefined, directives: readonly Directive[], path: string): string {
  const alias = location === undefined ? undefined : argsOf(location.directives, "alias")?.[0];
  if (alias !== undefined) return interpolate(visit, alias) + path.slice(location?.path.length ?? 0);
  const root = interpolate(visit, argsOf(directives, "root")?.[0] ?? "html");
  return below(root.startsWith("/") ? root.replace(/\/$/, "") : `/etc/nginx/${root}`, path.slice(1));
}

function file(
  visit: Visit,
  location: Location | undefined,
  directives: readonly Directive[],
  path: string,
): HttpResponse {
  const { task, request } = visit;
  const disk = onDisk(visit, location, directives, path);
  const stat = task.files.stat(disk.replace(/(.)\/$/, "$1"));
  if (typeof stat === "number") {
    logError(visit, `open() "${disk}" failed (2: No such file or directory)`);
    return plain(visit, stat === 13 ? 403 : 404, directives, {});
  }
  if (stat.kind === "dir") return directory(visit, location, directives, path, disk);
  if (!["GET", "HEAD"].includes(request.method)) return plain(visit, 405, directives, {});
  const text = task.readFile(disk);
  if (typeof text === "number") {
    logError(visit, `open() "${disk}" failed (13: Permission denied)`);
    return plain(visit, 403, directives, {});
  }
  const etag = `"${Math.floor(stat.at / 1_000).toString(16)}-${utf8Length(text).toString(16)}"`;
  const headers = {
    "content-type": contentType(disk) ?? argsOf(directives, "default_type")?.[0] ?? "text/plain",
    "last-modified": httpDate(stat.at),
    etag,
    "accept-ranges": "bytes",
  };
  if (request.headers["if-none-match"] === etag) return finish(visit, 304, "", headers, directives);
  return finish(visit, 200, text, headers, directives);
}

function directory(
  visit: Visit,
  location: Location | undefined,
  directives: readonly Directive[],
  path: string,
  disk: string,
): HttpResponse {
  if (!path.endsWith("/")) return plain(visit, 301, directives, { location: absoluteUrl(visit, `${path}/`) });
  for (const name of argsOf(directives, "index") ?? ["index.html"]) {
    const index = below(disk.replace(/(.)\/$/, "$1"), name);
    if (visit.task.files.exists(index)) return file(visit, location, directives, path + name);
  }
  if (argsOf(directives, "autoindex")?.[0] === "on") return listing(visit, directives, path, disk);
  logError(visit, `directory index of "${disk}" is forbidden`);
  return plain(visit, 403, directives, {});
}

function listing(visit: Visit, directives: readonly Directive[], path: string, disk: string): HttpResponse {
  const names = visit.task.files.list(disk);
  const rows = (typeof names === "number" ? [] : names).map((name) => {
    const isDirectory = visit.task.files.isDirectory(below(disk, name));
    const shown = isDirectory ? `${name}/` : name;
    return `<a href="${shown}">${shown}</a>\n`;
  });
  const body = `<html>\n<head><title>Index of ${path}</title></head>\n<body>\n<h1>Index of ${path}</h1><hr><pre><a href="../">../</a>\n${rows.join("")}</pre><hr></body>\n</html>\n`;
  return finish(visit, 200, body, { "content-type": "text/html" }, directives);
}

function tryFiles(
  visit: Visit,
  location: Location | undefined,
  tried: readonly string[],
  directives: readonly Directive[],
): HttpResponse {
  for (const candidate of tried.slice(0, -1)) {
    const path = interpolate(visit, candidate);
    const disk = onDisk(visit, location, directives, path);
    const isDirectory = visit.task.files.isDirectory(disk.replace(/(.)\/$/, "$1"));
    if (path.endsWith("/") ? isDirectory : !isDirectory && visit.task.files.exists(disk)) {
      return file(visit, location, directives, path);
    }
  }
  const last = tried.at(-1) ?? "";
  if (/^=\d+$/.test(last)) return plain(visit, Number(last.slice(1)), directives, {});
  const [path = "/", query] = interpolate(visit, last).split("?");
  visit.path = path;
  if (query !== undefined) visit.query = query;
  visit.redirects += 1;
  if (visit.redirects > 10) return plain(visit, 500, directives, {});
  const next =
    locationFor(visit.server, path) ??
    (path.startsWith("@") ? visit.server.locations.find((one) => one.path === path) : undefined);
  const around = [...(next?.directives ?? []), ...visit.server.directives];
  const answer = next === undefined ? undefined : rewriteOf(visit, next.directives);
  if (answer !== undefined && answer !== "reset") return answer;
  if (next === location) return file(visit, next, around, path);
  return content(visit, next, around);
}

function proxied(
  visit: Visit,
  location: Location | undefined,
  url: string,
  directives: readonly Directive[],
): HttpResponse {
  const parts = /^(https?):\/\/([^/]+)(\/.*)?$/.exec(url);
  if (parts === null) return plain(visit, 500, directives, {});
  const { host, port } = hostPort(parts[2] ?? "", parts[1] === "https" ? 443 : 80);
  const members = visit.config.upstreams[host];
  const rest = visit.path.slice(location?.path.length ?? 0);
  const isPlain = location?.modifier === "" || location?.modifier === "^~" || location?.modifier === "=";
  const path = parts[3] === undefined || !isPlain ? visit.path : `${parts[3]}${rest}`;
  const target = encodeURI(path) + (visit.query === "" ? "" : `?${visit.query}`);
  const headers: Record<string, string> = { ...visit.request.headers, host: parts[2] ?? host, connection: "close" };
  for (const { name, args } of directives) {
    if (name !== "proxy_set_header") continue;
    const value = interpolate(visit, args[1] ?? "");
    if (value === "") delete headers[(args[0] ?? "").toLowerCase()];
    else headers[(args[0] ?? "").toLowerCase()] = value;
  }
  const first = members === undefined ? 0 : visit.task.world.entropy.int(members.length);
  const order = members === undefined ? [{ host, port }] : [...members.slice(first), ...members.slice(0, first)];
  let failure = "";
  for (const member of order) {
    const answer = visit.task.request(member, { ...visit.request, path: target, headers });
    if (typeof answer !== "string") {
      const { "content-length": _, connection: __, ...kept } = answer.headers;
      return finish(visit, answer.status, answer.body, kept, directives);
    }
    failure = answer;
  }
  const why =
    failure === "timeout"
      ? "110: Connection timed out"
      : failure === "refused"
        ? "111: Connection refused"
        : "113: Host is unreachable";
  if (failure === "nxdomain") {
    logError(visit, `${host} could not be resolved (3: Host not found)`);
    return plain(visit, 502, directives, {});
  }
  return failedUpstream(visit, directives, url, why);
}

function failedUpstream(visit: Visit, directives: readonly Directive[], url: string, why: string): HttpResponse {
  const isSlow = why.startsWith("110");
  logError(visit, `${isSlow ? "upstream timed out" : "connect() failed"} (${why}) while connecting to upstream`, url);
  return plain(visit, isSlow ? 504 : 502, directives, {});
}

/** An answer nginx makes itself, with the page it has for the status. */
function plain(
  visit: Visit,
  status: number,
  directives: readonly Directive[],
  headers: Readonly<Record<string, string>>,
): HttpResponse {
  const page = directives.find(({ name, args }) => name === "error_page" && args.slice(0, -1).includes(String(status)));
  const target = page?.args.at(-1);
  if (target?.startsWith("/") === true && visit.variables["__error"] === undefined) {
    visit.variables["__error"] = String(status);
    const location = locationFor(visit.server, target);
    const around = [...(location?.directives ?? []), ...visit.server.directives];
    const answer = file(visit, location, around, target);
    if (answer.status === 200) return { ...answer, status };
  }
  const text =
    status === 302
      ? "Moved Temporarily"
      : status === 503
        ? "Service Temporarily Unavailable"
        : status === 504
          ? "Gateway Time-out"
          : statusText(status);
  const shown = argsOf(directives, "server_tokens")?.[0] === "off" ? "nginx" : `nginx/${visit.version}`;
  const title = `${status} ${text}`.trim();
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>${shown}</center>\r\n</body>\r\n</html>\r\n`;
  return finish(
    visit,
    status,
    status === 204 || status === 304 ? "" : body,
    { "content-type": "text/html", ...headers },
    directives,
  );
}

function finish(
  visit: Visit,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
  directives: readonly Directive[],
): HttpResponse {
  const added: Record<string, string> = {};
  for (const { name, args } of directives) {
    if (name !== "add_header" || (status >= 400 && args[2] !== "always")) continue;
    added[(args[0] ?? "").toLowerCase()] = interpolate(visit, args[1] ?? "");
  }
  const shown = argsOf(directives, "server_tokens")?.[0] === "off" ? "nginx" : `nginx/${visit.version}`;
  const own = { server: shown, date: httpDate(visit.task.now), connection: "keep-alive" };
  return respond(visit.request.method, status, body, { ...headers, ...own, ...added });
}

/** A text with its `$variables` replaced. */
function interpolate(visit: Visit, text: string): string {
  if (!text.includes("$")) return text;
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced: string | undefined, bare: string | undefined) =>
    variable(visit, braced ?? bare ?? ""),
  );
}

function variable(visit: Visit, name: string): string {
  const { request, task } = visit;
  const own = visit.variables[name];
  if (own !== undefined) return own;
  if (name.startsWith("http_")) return request.headers[name.slice(5).replaceAll("_", "-")] ?? "";
  if (name.startsWith("arg_")) return parseQuery(visit.query)[name.slice(4)] ?? "";
  const remote = request.remoteAddress ?? "127.0.0.1";
  switch (name) {
    case "host":
      return (request.headers["host"] ?? visit.server.names[0] ?? "").replace(/:\d+$/, "");
    case "hostname":
      return task.record.hostname;
    case "uri":
    case "document_uri":
      return visit.path;
    case "request_uri":
      return request.path;
    case "args":
    case "query_string":
      return visit.query;
    case "is_args":
      return visit.query === "" ? "" : "?";
    case "remote_addr":
      return remote;
    case "proxy_add_x_forwarded_for":
      return request.headers["x-forwarded-for"] === undefined
        ? remote
        : `${request.headers["x-forwarded-for"]}, ${remote}`;
    case "server_addr":
      return task.record.podIP;
    case "server_port":
      return String(visit.port);
    case "server_name":
      return visit.server.names[0] ?? "";
    case "proxy_host":
    case "server_protocol":
      return name === "proxy_host" ? "" : "HTTP/1.1";
    case "scheme":
      return "http";
    case "request_method":
      return request.method;
    case "request_body":
      return request.body;
    case "time_local":
      return logDate(task.now);
    case "time_iso8601":
      return `${new Date(task.now).toISOString().slice(0, 19)}+00:00`;
    case "msec":
      return (task.now / 1_000).toFixed(3);
    case "nginx_version":
      return visit.version;
    case "pid":
      return String(task.pid);
    case "request":
      return `${request.method} ${request.path} HTTP/1.1`;
    case "content_type":
      return request.headers["content-type"] ?? "";
    default:
      return "";
  }
}

function logAccess(visit: Visit, answer: HttpResponse): void {
  const [path] = argsOf(visit.server.directives, "access_log") ?? [];
  if (path === "off") return;
  const { request, task } = visit;
  const quote = (header: string): string => request.headers[header] ?? "-";
  const bytes = request.method === "HEAD" ? 0 : utf8Length(answer.body);
  const line =
    `${request.remoteAddress ?? "127.0.0.1"} - - [${logDate(task.now)}] "${request.method} ${request.path} HTTP/1.1" ` +
    `${answer.status} ${bytes} "${quote("referer")}" "${quote("user-agent")}" "${quote("x-forwarded-for")}"\n`;
  append(task, path ?? "/var/log/nginx/access.log", 1, line);
}

function logError(visit: Visit, message: string, upstream?: string): void {
  const { request, task } = visit;
  const [path = "/var/log/nginx/error.log"] = argsOf(visit.config.main, "error_log") ?? [];
  const through = upstream === undefined ? "" : `, upstream: "${upstream}"`;
  const line =
    `${goDate(task.now)} [error] 29#29: *1 ${message}, client: ${request.remoteAddress ?? "127.0.0.1"}, ` +
    `server: ${visit.server.names[0] ?? ""}, request: "${request.method} ${request.path} HTTP/1.1"${through}, ` +
    `host: "${request.headers["host"] ?? ""}"\n`;
  append(task, path, 2, line);
}

/** Writes to a log: the image's own logs lead to the container's output. */
function append(task: Task, path: string, fd: 1 | 2, line: string): void {
  const found = task.files.resolve(path);
  if (found === "/dev/stdout" || found === "/dev/stderr") {
    task.write(fd, line);
    return;
  }
  if (typeof found === "number") return;
  const text = task.files.read(found);
  task.files.write(found, (typeof text === "number" ? "" : text) + line);
}
