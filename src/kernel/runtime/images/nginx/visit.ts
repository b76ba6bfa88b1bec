/**
 * One request on its way through nginx, and the `$variables` it has.
 */
import { logDate, parseQuery } from "#kernel/runtime/images/http";
import type { NginxConfig, Server } from "#kernel/runtime/images/nginx/config";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest } from "#kernel/runtime/world";

/** One request on its way. */
export interface Visit {
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

/** A text with its `$variables` replaced. */
export function interpolate(visit: Visit, text: string): string {
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
  if (name.startsWith("cookie_")) return cookieOf(request.headers["cookie"] ?? "", name.slice("cookie_".length));
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

/** The value of a cookie; empty if it was not sent. */
function cookieOf(cookies: string, name: string): string {
  const found = cookies.split(/;\s*/).find((one) => one.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? "";
}
