/**
 * proxy_pass: the answer of an upstream, or the error page for one that cannot be reached.
 */
import type { Directive } from "#kernel/runtime/images/nginx/conf";
import { hostPort, type Location } from "#kernel/runtime/images/nginx/config";
import { logError } from "#kernel/runtime/images/nginx/log";
import { finish, plain } from "#kernel/runtime/images/nginx/static";
import { interpolate, type Visit } from "#kernel/runtime/images/nginx/visit";
import { asksForSocket } from "#kernel/runtime/images/server";
import type { HttpResponse } from "#kernel/runtime/world";

/** The answer of the upstream of a URL; a group is asked in turn until one answers. */
export function proxied(
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
    const request = { ...visit.request, path: target, headers };
    const answer = asksForSocket(request) ? visit.task.upgrade(member, request) : visit.task.request(member, request);
    if (typeof answer !== "string" && answer.status === 101) return answer;
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

/** The answer when an upstream could not be reached, and its line in the error log. */
export function failedUpstream(visit: Visit, directives: readonly Directive[], url: string, why: string): HttpResponse {
  const isSlow = why.startsWith("110");
  logError(visit, `${isSlow ? "upstream timed out" : "connect() failed"} (${why}) while connecting to upstream`, url);
  return plain(visit, isSlow ? 504 : 502, directives, {});
}
