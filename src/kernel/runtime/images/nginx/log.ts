/**
 * nginx's access log and error log: the container's output, or a file.
 */
import { toBytes, utf8Length } from "#kernel/runtime/files/bytes";
import { goDate } from "#kernel/runtime/images/go";
import { logDate } from "#kernel/runtime/images/http";
import { argsOf } from "#kernel/runtime/images/nginx/config";
import type { Visit } from "#kernel/runtime/images/nginx/visit";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpResponse } from "#kernel/runtime/world";

/** One line of the access log, in the combined format nginx is shipped with. */
export function logAccess(visit: Visit, answer: HttpResponse): void {
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

/** One line of the error log; `upstream` is the address that was asked. */
export function logError(visit: Visit, message: string, upstream?: string): void {
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
  if (task.files.exists(found)) task.files.writeAt(found, "end", toBytes(line));
  else task.files.write(found, line);
}
