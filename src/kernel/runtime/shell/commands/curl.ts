/**
 * curl: fetches pages with all that can be said about a request.
 */
import { utf8Length } from "#kernel/runtime/files/bytes";
import { statusText } from "#kernel/runtime/images/http";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, optionsOf } from "#kernel/runtime/shell/commands/command";
import { encode64 } from "#kernel/runtime/shell/commands/cut";
import { fetchPage, headerText, type Page, parseUrl } from "#kernel/runtime/shell/commands/web";

const LONG = {
  silent: "s",
  "show-error": "S",
  location: "L",
  insecure: "k",
  include: "i",
  head: "I",
  verbose: "v",
  fail: "f",
  request: "X",
  header: "H",
  data: "d",
  "data-raw": "d",
  "data-binary": "d",
  output: "o",
  "write-out": "w",
  "max-time": "m",
  "connect-timeout": "C",
  "user-agent": "A",
  user: "u",
  resolve: "r",
  retry: "t",
  "retry-delay": "y",
  "no-progress-meter": "s",
  cacert: "c",
  "remote-name": "O",
  url: "U",
  compressed: "Z",
  "http1.1": "Z",
  get: "G",
  globoff: "g",
  interface: "n",
  ipv4: "4",
  ipv6: "6",
  "no-buffer": "Z",
  "fail-with-body": "F",
  "fail-early": "Z",
  json: "j",
  cookie: "b",
  referer: "e",
  "dump-header": "D",
  "http1.0": "Z",
  http2: "Z",
  "http2-prior-knowledge": "Z",
  "tlsv1.2": "Z",
  "tlsv1.3": "Z",
  "tcp-nodelay": "Z",
  "keepalive-time": "K",
  noproxy: "K",
  "max-redirs": "K",
  "retry-max-time": "K",
  "retry-connrefused": "5",
  "retry-all-errors": "8",
};

interface State {
  /** Its connections, if it asks for several pages. */
  readonly pool?: string;
  /** Which of its URLs it is at, and the status so far. */
  readonly at: number;
  readonly status: number;
  /** It waits for a page on its way, or until it gives up. */
  readonly until?: number;
  readonly page?: Page;
  readonly message?: string;
  /** How often this page was asked for again. */
  readonly tried?: number;
  /** The status of the page that was shown last. */
  readonly seen?: number;
}

const LETTERS = "sSLkiIvfX:H:d:o:w:m:C:A:u:r:t:y:c:OU:ZGN46gqn:Fj:b:e:D:K:58";

export const curl: Command<State> = {
  name: "curl",
  comesWith: "extra",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, LETTERS, LONG);
    if (problem !== undefined) {
      task.complain(
        `curl: option ${problem.replace(/^.*?'(.*)'$/, "$1")}: is unknown\ncurl: try 'curl --help' for more information\n`,
      );
      return 2;
    }
    const targets = values["U"] === undefined ? operands : [values["U"], ...operands];
    if (targets.length === 0) {
      task.complain("curl: try 'curl --help' or 'curl --manual' for more information\n");
      return 2;
    }
    if (task.state === undefined && targets.length > 1) {
      task.state = { at: 0, status: 0, pool: task.world.entropy.hex(8) };
    }
    for (;;) {
      const { at, status, until, page, message, pool } = task.state ?? { at: 0, status: 0 };
      const kept = pool === undefined ? {} : { pool };
      const target = targets[at];
      if (target === undefined) return status;
      if (until !== undefined && until > task.now) return { until };
      let step: Step;
      if (message !== undefined) step = fail(task, 28, message);
      else if (page !== undefined) step = show(task, page, flags, values);
      else step = one(task, target, flags, values);
      if (typeof step !== "number") {
        // It waits: what for is in its state.
        return step;
      }
      const pause = retryMs(task, step, task.state?.seen);
      if (pause !== undefined) {
        const { tried = 0 } = task.state ?? {};
        if (!flags.has("s")) warn(task, step, pause / 1_000, Number(values["t"]) - tried);
        task.state = { at, status, ...kept, tried: tried + 1, until: task.now + pause };
        continue;
      }
      task.state = { at: at + 1, status: step || status, ...kept };
    }
  },
};

/** Statuses that may be others a moment later, and codes: no such host, timed out. */
const TRANSIENT = [408, 429, 500, 502, 503, 504];
const TRANSIENT_CODES = [6, 28];
const PAUSE_MS_MAX = 600_000;

/** How long to wait before a page is asked for again; undefined if it is not. */
function retryMs(task: Task<State>, code: number, status = 0): number | undefined {
  const { flags, values } = optionsOf(task.argv, LETTERS, LONG);
  const { tried = 0 } = task.state ?? {};
  if (tried >= Number(values["t"] ?? 0)) return undefined;
  const isTransient =
    TRANSIENT_CODES.includes(code) ||
    TRANSIENT.includes(status) ||
    (code === 7 && flags.has("5")) ||
    (code !== 0 && flags.has("8"));
  if (!isTransient) return undefined;
  const given = Number(values["y"] ?? 0) * 1_000;
  return given > 0 ? given : Math.min(1_000 * 2 ** tried, PAUSE_MS_MAX);
}

function warn(task: Task, code: number, seconds: number, left: number): void {
  const why: Readonly<Record<number, string>> = { 6: "timeout", 7: "connection refused", 28: "timeout" };
  const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
  const retries = left === 1 ? "1 retry" : `${left} retries`;
  const problem = why[code] ?? (code === 0 || code === 22 ? "HTTP error" : "error (retrying all errors)");
  task.complain(`Warning: Problem: ${problem}. Will retry in ${plural(seconds, "second")}. ${retries} left.\n`);
}

function repeated(argv: readonly string[], short: string, long: readonly string[]): string[] {
  return argv.flatMap((arg, n) => {
    if (arg === short || long.includes(arg)) return [argv[n + 1] ?? ""];
    const equal = long.find((name) => arg.startsWith(`${name}=`));
    if (equal !== undefined) return [arg.slice(equal.length + 1)];
    return new RegExp(`^-[sSLkivf]*${short[1]}.`).test(arg) && !arg.startsWith("--")
      ? [arg.slice(arg.indexOf(short[1] ?? "") + 1)]
      : new RegExp(`^-[sSLkivf]+${short[1]}$`).test(arg)
        ? [argv[n + 1] ?? ""]
        : [];
  });
}

function one(
  task: Task<State>,
  target: string,
  flags: ReadonlySet<string>,
  values: Readonly<Record<string, string>>,
): Step {
  const url = parseUrl(target);
  if (url === undefined) return fail(task, 3, "URL using bad/illegal format or missing URL");
  const headers: Record<string, string> = { "user-agent": values["A"] ?? "curl/8.14.1", accept: "*/*" };
  if (values["b"] !== undefined) headers["cookie"] = values["b"];
  if (values["e"] !== undefined) headers["referer"] = values["e"];
  const data = repeated(task.argv, "-d", ["--data", "--data-raw", "--data-binary", "--json"]).map((text) => {
    const content = text.startsWith("@") ? task.readFile(text.slice(1)) : text;
    return typeof content === "number" ? "" : content;
  });
  if (data.length > 0 && !flags.has("G")) headers["content-type"] = "application/x-www-form-urlencoded";
  if (values["j"] !== undefined)
    Object.assign(headers, { "content-type": "application/json", accept: "application/json" });
  if (values["u"] !== undefined) headers["authorization"] = `Basic ${encode64(values["u"])}`;
  for (const text of repeated(task.argv, "-H", ["--header"])) {
    const match = /^([^:;]+)[:;]\s*(.*)$/s.exec(text);
    if (match === null) continue;
    if (match[2] === "") delete headers[(match[1] ?? "").toLowerCase()];
    else headers[(match[1] ?? "").toLowerCase()] = match[2] ?? "";
  }
  const method = values["X"] ?? (flags.has("I") ? "HEAD" : data.length > 0 && !flags.has("G") ? "POST" : "GET");
  const path =
    flags.has("G") && data.length > 0 ? `${url.path}${url.path.includes("?") ? "&" : "?"}${data.join("&")}` : url.path;
  const verbose = (text: string): void => {
    if (flags.has("v")) task.complain(text);
  };
  const page = fetchPage(
    task,
    { ...url, path },
    {
      method,
      body: flags.has("G") ? "" : data.join("&"),
      headers,
      redirects: flags.has("L") ? 50 : 0,
      ...(task.state?.pool !== undefined && { pool: task.state.pool }),
      instead: (host, port) => resolved(task.argv, host, port),
      onConnect: (host, address) => {
        verbose(`*   Trying ${address}...\n`);
        verbose(
          `> ${method} ${path} HTTP/1.1\n> Host: ${host}\n> User-Agent: ${headers["user-agent"]}\n> Accept: */*\n>\n`,
        );
      },
    },
  );
  if (page.failure !== undefined) return failed(task, page, values);
  verbose(`< HTTP/1.1 ${page.status} ${statusText(page.status)}\n${headerText(page, "< ")}<\n`);
  if (page.delayMs === 0) return show(task, page, flags, values);
  const limitMs = Number(values["m"] ?? "Infinity") * 1_000;
  const { at = 0, status = 0 } = task.state ?? {};
  const kept = task.state?.pool === undefined ? {} : { pool: task.state.pool };
  const isLate = page.delayMs > limitMs;
  const until = task.now + Math.min(page.delayMs, limitMs);
  const message = `Operation timed out after ${limitMs + 1} milliseconds with 0 bytes received`;
  task.state = { ...task.state, at, status, until, ...kept, ...(isLate ? { message } : { page }) };
  return { until };
}

/** `--resolve HOST:PORT:ADDRESS` */
function resolved(argv: readonly string[], host: string, port: number): string | undefined {
  for (const given of repeated(argv, "-\0", ["--resolve"])) {
    const [name, number, ...address] = given.replace(/^[+-]/, "").split(":");
    if ((name === host || name === "*") && Number(number) === port) return address.join(":");
  }
  return undefined;
}

function show(
  task: Task<State>,
  page: Page,
  flags: ReadonlySet<string>,
  values: Readonly<Record<string, string>>,
): number {
  task.state = { ...(task.state ?? { at: 0, status: 0 }), seen: page.status };
  const head = `HTTP/1.1 ${page.status} ${statusText(page.status)}\r\n${headerText(page).replaceAll("\n", "\r\n")}\r\n`;
  const isFailed = (flags.has("f") || flags.has("F")) && page.status >= 400;
  const isDropped = isFailed && !flags.has("F");
  if (values["D"] !== undefined && values["D"] !== "-")
    task.files.write(task.path(values["D"]), head, { uid: task.uid });
  else if (values["D"] !== undefined) task.print(head);
  const body = isDropped ? "" : (flags.has("i") || flags.has("I") ? head : "") + (flags.has("I") ? "" : page.body);
  const output = values["o"] ?? (flags.has("O") ? (page.url.path.split("/").at(-1) ?? "out") : undefined);
  if (output === undefined || output === "-") task.print(body);
  else if (task.files.write(task.path(output), body, { uid: task.uid }) !== 0) {
    return fail(task, 23, `Failure writing output to destination, passed ${utf8Length(body)} returned 0`);
  }
  if (values["w"] !== undefined) task.print(written(values["w"], page));
  if (isFailed) return fail(task, 22, `The requested URL returned error: ${page.status}`);
  return 0;
}

function written(format: string, page: Page): string {
  const variables: Readonly<Record<string, string>> = {
    http_code: String(page.status),
    response_code: String(page.status),
    size_download: String(utf8Length(page.body)),
    content_type: page.headers["content-type"] ?? "",
    time_total: (0.001 + page.delayMs / 1_000).toFixed(6),
    time_connect: "0.000500",
    time_namelookup: "0.000300",
    time_starttransfer: (0.0009 + page.delayMs / 1_000).toFixed(6),
    remote_ip: page.address,
    remote_port: String(page.url.port),
    redirect_url: page.headers["location"] ?? "",
    url_effective: `${page.url.scheme}://${page.url.host}${page.url.path}`,
    num_redirects: "0",
  };
  return format
    .replace(/%\{(\w+)\}/g, (_, name: string) => variables[name] ?? "")
    .replaceAll("\\n", "\n")
    .replaceAll("\\t", "\t");
}

function failed(task: Task<State>, page: Page, values: Readonly<Record<string, string>>): Step {
  const { failure, host, url, address } = page;
  if (values["w"] !== undefined && failure !== "timeout")
    task.print(written(values["w"], { ...page, status: 0 }).replace(/^0/, "000"));
  if (failure === "nxdomain") return fail(task, 6, `Could not resolve host: ${host}`);
  if (failure === "refused" || failure === "unreachable") {
    return fail(
      task,
      7,
      `Failed to connect to ${host} port ${url.port} after 0 ms: ${failure === "refused" ? "Could not connect to server" : "No route to host"}`,
    );
  }
  if (failure === "reset") return fail(task, address === "" ? 56 : 52, "Empty reply from server");
  const limit = values["C"] ?? values["m"];
  const ms = limit === undefined ? 134_000 : Number(limit) * 1_000;
  const message =
    limit === undefined
      ? `Failed to connect to ${host} port ${url.port} after ${ms} ms: Could not connect to server`
      : `Connection timed out after ${ms + 1} milliseconds`;
  const { at = 0, status = 0 } = task.state ?? {};
  const until = task.now + ms;
  task.state = { ...task.state, at, status, until, message };
  return { until };
}

function fail(task: Task<State>, code: number, message: string): number {
  // What is tried again has not failed yet.
  if (code !== 22 && retryMs(task, code) !== undefined) return code;
  const isSilent = task.argv.some((arg) => /^-[a-zA-Z]*s/.test(arg) || arg === "--silent");
  const isTold = task.argv.some((arg) => /^-[a-zA-Z]*S/.test(arg) || arg === "--show-error");
  if (!isSilent || isTold) task.complain(`curl: (${code}) ${message}\n`);
  return code;
}
