/**
 * One forwarded TCP connection: HTTP/1.1 requests are read from its bytes, asked one after another, and answered.
 *
 * Models what a server's socket does with HTTP/1.0 and 1.1 (RFC 9112).
 * Leaves out protocols other than HTTP: a connection that speaks something else is closed.
 */

import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import type { HttpRequest, HttpResponse, NetFailure } from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";

/** What the connection stands between. */
export interface Ends {
  ask(request: HttpRequest): Promise<HttpResponse | NetFailure>;
  write(bytes: Uint8Array): void;
  /** It is over; after a failure of the far end with its name. */
  close(failure?: NetFailure): void;
}

/** Head of a request, and how its body is measured. */
interface Head {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly isKept: boolean;
}

const HEAD_CHARS_MAX = 64 * 1024;

export class HttpConnection {
  readonly #ends: Ends;
  /** Bytes not yet understood, one character each. */
  #buffer = "";
  #isAsking = false;
  #isHalfClosed = false;
  #isClosed = false;

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  /** Bytes from the client. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 8_192) {
      this.#buffer += String.fromCharCode(...bytes.subarray(at, at + 8_192));
    }
    void this.#advance();
  }

  /** The client will send nothing more. */
  end(): void {
    this.#isHalfClosed = true;
    void this.#advance();
  }

  /** The far end cannot be reached. */
  fail(failure: NetFailure): void {
    this.#close(failure);
  }

  async #advance(): Promise<void> {
    if (this.#isAsking || this.#isClosed) return;
    this.#isAsking = true;
    try {
      for (let next = this.#take(); next !== undefined; next = this.#take()) {
        if (!(await this.#answer(next))) return;
      }
    } catch {
      this.#close("reset");
    } finally {
      this.#isAsking = false;
    }
    if (this.#isHalfClosed) this.#close();
  }

  /** Asks, and writes the answer; false if the connection ends with it. */
  async #answer({ head, body }: { head: Head; body: string }): Promise<boolean> {
    const { method, path, headers, isKept } = head;
    const answer = await this.#ends.ask({ method, path, headers, body });
    if (this.#isClosed) return false;
    if (typeof answer === "string") this.#close(answer);
    else {
      const isLast = !isKept || /close/i.test(answer.headers["connection"] ?? answer.headers["Connection"] ?? "");
      this.#ends.write(responseBytes(answer, method, isLast));
      if (!isLast) return true;
      this.#close();
    }
    return false;
  }

  /** The next whole request; undefined until it is there, or if there is none. */
  #take(): { head: Head; body: string } | undefined {
    this.#buffer = this.#buffer.replace(/^(\r?\n)+/, "");
    const end = this.#buffer.indexOf("\r\n\r\n");
    const isHttp = /^[A-Z]{0,20}( |$)/.test(this.#buffer.slice(0, 21));
    if (end < 0) {
      if (!isHttp || this.#buffer.length > HEAD_CHARS_MAX) this.#close();
      return undefined;
    }
    const head = readHead(this.#buffer.slice(0, end));
    if (head === undefined) {
      this.#close();
      return undefined;
    }
    const rest = this.#buffer.slice(end + 4);
    const taken = takeBody(head.headers, rest);
    if (taken === undefined) {
      if (/100-continue/i.test(head.headers["expect"] ?? "")) this.#continue(end);
      if (rest.length > LIMITS.requestBytes) this.#close("reset");
      return undefined;
    }
    this.#buffer = rest.slice(taken.length);
    return { head, body: textOfBytes(Uint8Array.from(taken.body, (char) => char.charCodeAt(0))) };
  }

  /** Lets the client go on with its body, once. */
  #continue(end: number): void {
    this.#ends.write(bytesOfText("HTTP/1.1 100 Continue\r\n\r\n"));
    const head = this.#buffer.slice(0, end).replace(/\r\nexpect:[^\r]*/i, "");
    this.#buffer = head + this.#buffer.slice(end);
  }

  #close(failure?: NetFailure): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ends.close(failure);
  }
}

function readHead(text: string): Head | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const [, method, target, version] = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/.exec(first) ?? [];
  if (method === undefined || target === undefined) return undefined;
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [name = "", value = ""] = line.split(/:(.*)/s);
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value.trim() : `${headers[key]}, ${value.trim()}`;
  }
  const connection = headers["connection"] ?? "";
  const isKept = version === "1" ? !/close/i.test(connection) : /keep-alive/i.test(connection);
  const path = target.replace(/^https?:\/\/[^/]*/i, "");
  return { method, path: path === "" ? "/" : path, headers, isKept };
}

/** The body and how many characters it took; undefined until it is whole. */
function takeBody(headers: Record<string, string>, rest: string): { body: string; length: number } | undefined {
  if (!/chunked/i.test(headers["transfer-encoding"] ?? "")) {
    const length = Number(headers["content-length"] ?? 0) || 0;
    return rest.length >= length ? { body: rest.slice(0, length), length } : undefined;
  }
  let body = "";
  for (let at = 0; ; ) {
    const line = rest.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.slice(at, line), 16) || 0;
    if (rest.length < line + 2 + size + 2) return undefined;
    if (size === 0) {
      const end = rest.indexOf("\r\n\r\n", line);
      const isPlain = rest.startsWith("\r\n", line + 2);
      if (!isPlain && end < 0) return undefined;
      return { body, length: isPlain ? line + 4 : end + 4 };
    }
    body += rest.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  ...{ 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content" },
  ...{ 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified", 307: "Temporary Redirect" },
  ...{ 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found" },
  ...{ 405: "Method Not Allowed", 409: "Conflict", 413: "Payload Too Large", 415: "Unsupported Media Type" },
  ...{ 418: "I'm a teapot", 422: "Unprocessable Entity", 429: "Too Many Requests", 500: "Internal Server Error" },
  ...{ 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout" },
};

function responseBytes({ status, headers, body }: HttpResponse, method: string, isLast: boolean): Uint8Array {
  const hasBody = method !== "HEAD" && status >= 200 && status !== 204 && status !== 304;
  const content = bytesOfText(body);
  const lines = [`HTTP/1.1 ${status} ${REASONS[status] ?? ""}`];
  for (const [name, value] of Object.entries(headers)) {
    if (/^(content-length|connection|transfer-encoding|keep-alive)$/i.test(name)) continue;
    // Several cookies come in one value, a line each.
    for (const line of value.split("\n")) lines.push(`${canonical(name)}: ${line}`);
  }
  // The answer to a HEAD tells how long it would have been.
  const told = method === "HEAD" ? (headers["content-length"] ?? headers["Content-Length"]) : undefined;
  if (hasBody || method === "HEAD") lines.push(`Content-Length: ${told ?? content.length}`);
  lines.push(`Connection: ${isLast ? "close" : "keep-alive"}`);
  const head = bytesOfText(`${lines.join("\r\n")}\r\n\r\n`);
  const all = new Uint8Array(head.length + (hasBody ? content.length : 0));
  all.set(head);
  if (hasBody) all.set(content, head.length);
  return all;
}

/** `content-type` as `Content-Type`. */
const canonical = (name: string): string => name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
