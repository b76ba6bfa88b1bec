/**
 * Answers nginx makes itself: files, directory listings, redirects and error pages.
 */
import { utf8Length } from "#kernel/runtime/files/bytes";
import { below } from "#kernel/runtime/files/paths";
import { contentType, httpDate, respond, statusText } from "#kernel/runtime/images/http";
import type { Directive } from "#kernel/runtime/images/nginx/conf";
import { argsOf, type Location, locationFor } from "#kernel/runtime/images/nginx/config";
import { logError } from "#kernel/runtime/images/nginx/log";
import { interpolate, type Visit } from "#kernel/runtime/images/nginx/visit";
import type { HttpResponse } from "#kernel/runtime/world";

/** The file a path means: alias replaces the location's path, root goes before it. */
export function onDisk(
  visit: Visit,
  location: Location | undefined,
  directives: readonly Directive[],
  path: string,
): string {
  const alias = location === undefined ? undefined : argsOf(location.directives, "alias")?.[0];
  if (alias !== undefined) return interpolate(visit, alias) + path.slice(location?.path.length ?? 0);
  const root = interpolate(visit, argsOf(directives, "root")?.[0] ?? "html");
  return below(root.startsWith("/") ? root.replace(/\/$/, "") : `/etc/nginx/${root}`, path.slice(1));
}

/** The answer for a path below the document root. */
export function file(
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

/** An answer nginx makes itself, with the page it has for the status. */
export function plain(
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

/** An answer with the headers nginx adds to every one. */
export function finish(
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

/** The target of a redirect as the client must ask for it. */
export function absoluteUrl(visit: Visit, target: string): string {
  if (!target.startsWith("/")) return target;
  const port = visit.port === 80 || visit.port === 443 ? "" : `:${visit.port}`;
  const host = (visit.request.headers["host"] ?? "localhost").replace(/:\d+$/, "");
  return `http://${host}${port}${target}`;
}
