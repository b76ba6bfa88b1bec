/**
 * How nginx answers a request: which location it falls to, and what that location says.
 *
 * Leaves out caching, compression and rate limits: a client of a simulated server sees the same without them.
 */
import { utf8Length } from "#kernel/runtime/files/bytes";
import type { Directive } from "#kernel/runtime/images/nginx/conf";
import { argsOf, type Location, locationFor, type NginxConfig, serverFor } from "#kernel/runtime/images/nginx/config";
import { logAccess } from "#kernel/runtime/images/nginx/log";
import { failedUpstream, proxied } from "#kernel/runtime/images/nginx/proxy";
import { rewriteOf } from "#kernel/runtime/images/nginx/rewrite";
import { file, finish, onDisk, plain } from "#kernel/runtime/images/nginx/static";
import { interpolate, type Visit } from "#kernel/runtime/images/nginx/visit";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

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
