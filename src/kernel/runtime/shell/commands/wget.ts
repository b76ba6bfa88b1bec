/**
 * wget: fetches a page to a file or the standard output.
 *
 * Models busybox wget; GNU wget where the image brings that.
 */

import { utf8Length } from "#kernel/runtime/files/bytes";
import { errnoText } from "#kernel/runtime/files/errno";
import { nameOf } from "#kernel/runtime/files/paths";
import { statusText } from "#kernel/runtime/images/http";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";
import { fetchPage, headerText, type Page, parseUrl } from "#kernel/runtime/shell/commands/web";

const LETTERS = "qO:T:t:H:d:kscSU:Y:P:";
const LONG = {
  quiet: "q",
  "output-document": "O",
  timeout: "T",
  tries: "t",
  header: "H",
  "post-data": "d",
  "no-check-certificate": "k",
  spider: "s",
  "server-response": "S",
  "user-agent": "U",
};

/** It waits for a page on its way, or until it gives up. */
interface Waiting {
  readonly until: number;
  readonly page?: Page;
}

export const wget: Command<Waiting> = {
  name: "wget",
  comesWith: "busybox",
  step(task) {
    const headers: Record<string, string> = {};
    for (const [n, arg] of task.argv.entries()) {
      const text = arg === "--header" ? task.argv[n + 1] : /^--header=?(.*)/s.exec(arg)?.[1];
      const match = text === undefined ? null : /^([^:]+):\s*(.*)$/s.exec(text);
      if (match !== null) headers[(match[1] ?? "").toLowerCase()] = match[2] ?? "";
    }
    const { flags, values, operands, problem } = optionsOf(task.argv, LETTERS, LONG);
    if (problem !== undefined) return wrongOption(task, problem);
    const url = parseUrl(operands[0] ?? "");
    if (url === undefined)
      return complain(task, operands[0] === undefined ? "missing URL" : `not an http or ftp url: ${operands[0]}`);
    const isQuiet = flags.has("q");
    if (task.state !== undefined) return task.state.page === undefined ? timedOut(task) : arrived(task, task.state);
    const method = values["d"] === undefined ? "GET" : "POST";
    const page = fetchPage(task, url, {
      method,
      body: values["d"] ?? "",
      headers: { "user-agent": values["U"] ?? "Wget", connection: "close", ...headers },
      redirects: 5,
      onConnect: (host, address) => {
        if (!isQuiet) task.complain(`Connecting to ${host} (${address})\n`);
      },
    });
    if (page.failure !== undefined) return failed(task, page.failure, page.host, values["T"]);
    if (page.delayMs > Number(values["T"] ?? "900") * 1_000) return failed(task, "timeout", page.host, values["T"]);
    task.state = { until: task.now + page.delayMs, page };
    return arrived(task, task.state);
  },
};

/** The page is there, or is still waited for. */
function arrived(task: Task<Waiting>, { until, page }: Waiting): Step {
  if (page === undefined || until > task.now) return { until };
  const { flags, values } = optionsOf(task.argv, LETTERS, LONG);
  if (flags.has("S")) task.complain(`  HTTP/1.1 ${page.status} ${statusText(page.status)}\n${headerText(page, "  ")}`);
  if (page.status >= 400) {
    task.complain(`wget: server returned error: HTTP/1.1 ${page.status} ${statusText(page.status)}\n`);
    return 1;
  }
  if (flags.has("s")) return 0;
  const name = values["O"] ?? (nameOf(page.url.path.split("?")[0] ?? "") || "index.html");
  return save(task, name, page.body, flags.has("q"));
}

function save(task: Task, file: string, body: string, isQuiet: boolean): number {
  const name = file === "/" ? "index.html" : file;
  if (name === "-") {
    if (!isQuiet) task.complain("writing to stdout\n");
    task.print(body);
    if (!isQuiet) task.complain(`${progress("-", body)}written to stdout\n`);
    return 0;
  }
  if (!isQuiet) task.complain(`saving to '${name}'\n`);
  const errno = name === "/dev/null" ? 0 : task.files.write(task.path(name), body, { uid: task.uid });
  if (errno !== 0) return complain(task, `can't open '${name}': ${errnoText(errno)}`);
  if (!isQuiet) task.complain(`${progress(name, body)}'${name}' saved\n`);
  return 0;
}

function progress(name: string, body: string): string {
  const bytes = String(utf8Length(body));
  return `${name.padEnd(20)} 100% |********************************| ${bytes.padStart(5)}  0:00:00 ETA\n`;
}

function failed(task: Task<Waiting>, failure: string, host: string, timeout: string | undefined): Step {
  if (failure === "nxdomain") return complain(task, `bad address '${host}'`);
  if (failure === "timeout") {
    // Without -T the kernel gives up connecting after its retries.
    task.state = { until: task.now + (timeout === undefined ? 127_000 : Number(timeout) * 1_000) };
    return { until: task.state.until };
  }
  if (failure === "tls") return complain(task, "error getting response: Connection reset by peer");
  if (failure === "reset") return complain(task, "error getting response: Connection reset by peer");
  return complain(
    task,
    `can't connect to remote host (${host}): ${failure === "refused" ? "Connection refused" : "No route to host"}`,
  );
}

function timedOut(task: Task<Waiting>): Step {
  const until = task.state?.until ?? 0;
  if (until > task.now) return { until };
  return complain(
    task,
    task.argv.some((arg) => arg.startsWith("-T") || arg.startsWith("--timeout"))
      ? "download timed out"
      : "can't connect to remote host: Operation timed out",
  );
}
