/**
 * HTTP/1.1 as bytes: requests read from a connection, answers written to it.
 *
 * Models RFC 9112 as a server's socket sees it, keep-alive, chunked bodies and `Expect: 100-continue` included.
 */
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import { statusText } from "#kernel/runtime/images/http";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";

/** A request taken from the beginning of a text. */
export interface TakenRequest {
  readonly request: HttpRequest;
  /** Characters of the text it took. */
  readonly taken: number;
  /** Whether the connection stays open afterwards. */
  readonly isKept: boolean;
}

const HEAD_CHARS_MAX = 64 * 1024;

/** What a server says to what is no HTTP, before it closes. */
export const BAD_REQUEST =
  "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request";
/** What it says to a body larger than anybody sends. */
export const TOO_LARGE = "HTTP/1.1 413 Request Entity Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
/** What lets a client go on with its body. */
export const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** The first whole request of a text; "more" while it is not whole, "continue" if it waits to be told so. */
export function takeRequest(text: string): TakenRequest | "more" | "continue" | "bad" | "large" {
  const blank = /^(?:\r?\n)+/.exec(text)?.[0].length ?? 0;
  const feed = text.indexOf("\n", blank);
  const first = feed < 0 ? text.slice(blank) : text.slice(blank, feed).replace(/\r$/, "");
  if (feed < 0) return first.length > HEAD_CHARS_MAX || !/^[!-~]{0,20}( |$)/.test(first) ? "bad" : "more";
  const [, method, target, version] = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/.exec(first) ?? [];
  if (method === undefined || target === undefined) return "bad";
  const end = /\r?\n\r?\n/.exec(text.slice(feed - 1));
  if (end === null) return text.length > HEAD_CHARS_MAX ? "bad" : "more";
  const start = feed - 1 + end.index + end[0].length;
  const headers = readHeaders(text.slice(feed + 1, feed - 1 + end.index));
  if (headers === undefined) return "bad";
  const body = takeBody(headers, text, start);
  if (body === undefined) {
    if (text.length - start > LIMITS.requestBytes) return "large";
    return text.length === start && /100-continue/i.test(headers["expect"] ?? "") ? "continue" : "more";
  }
  const connection = headers["connection"] ?? "";
  const path = target.replace(/^https?:\/\/[^/]*/i, "");
  return {
    request: { method, path: path === "" ? "/" : path, headers, body: body.text },
    taken: body.end,
    isKept: version === "1" ? !/close/i.test(connection) : /keep-alive/i.test(connection),
  };
}

function readHeaders(text: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    if (line === "") continue;
    const colon = line.indexOf(":");
    if (colon <= 0) return undefined;
    const key = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return headers;
}

/** The body from a place on, and where it ends; undefined until it is whole. */
function takeBody(
  headers: Readonly<Record<string, string>>,
  text: string,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  if (/chunked/i.test(headers["transfer-encoding"] ?? "")) return takeChunks(text, start);
  const length = Number(headers["content-length"] ?? 0) || 0;
  if (length === 0) return { text: "", end: start };
  const bytes = bytesOfText(text.slice(start));
  if (bytes.length < length) return undefined;
  const body = textOfBytes(bytes.subarray(0, length));
  return { text: body, end: start + body.length };
}

function takeChunks(text: string, start: number): { readonly text: string; readonly end: number } | undefined {
  const bytes = bytesOfText(text.slice(start));
  const latin = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  let body = "";
  for (let at = 0; ; ) {
    const line = latin.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(latin.slice(at, line), 16) || 0;
    if (latin.length < line + 2 + size + 2) return undefined;
    if (size === 0) {
      const isPlain = latin.startsWith("\r\n", line + 2);
      const end = latin.indexOf("\r\n\r\n", line);
      if (!isPlain && end < 0) return undefined;
      const taken = textOfBytes(bytes.subarray(0, isPlain ? line + 4 : end + 4));
      return { text: textOfBytes(Uint8Array.from(body, (char) => char.charCodeAt(0))), end: start + taken.length };
    }
    body += latin.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

/** A request as it goes over the wire. */
export function requestText({ method, path, headers, body }: HttpRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${canonical(name)}: ${value.replace(/[\r\n]/g, " ")}`);
  const length = body === "" ? [] : [`Content-Length: ${bytesOfText(body).length}`];
  return [`${method} ${path} HTTP/1.1`, ...lines, ...length, "", body].join("\r\n");
}

/** The first answer of a text; undefined if it is not whole. Its body is all that follows. */
export function takeAnswer(text: string): { readonly answer: HttpResponse; readonly taken: number } | undefined {
  const end = text.indexOf("\r\n\r\n");
  const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
  if (end < 0 || status === undefined) return undefined;
  const headers = readHeaders(text.slice(text.indexOf("\r\n") + 2, end));
  if (headers === undefined) return undefined;
  const start = end + 4;
  if (status === "101") return { answer: { status: 101, headers, body: "" }, taken: start };
  return { answer: { status: Number(status), headers, body: text.slice(start) }, taken: text.length };
}

/** An answer as it goes over the wire. */
export function responseText({ status, headers, body }: HttpResponse, method: string, isLast: boolean): string {
  const hasBody = method !== "HEAD" && status >= 200 && status !== 204 && status !== 304;
  const lines = [`HTTP/1.1 ${status} ${statusText(status)}`];
  for (const [name, value] of Object.entries(headers)) {
    if (/^(content-length|connection|transfer-encoding|keep-alive)$/i.test(name)) continue;
    // Several cookies come in one value, a line each.
    for (const line of value.split("\n")) lines.push(`${canonical(name)}: ${line}`);
  }
  // The answer to a HEAD tells how long it would have been.
  const told = method === "HEAD" ? (headers["content-length"] ?? headers["Content-Length"]) : undefined;
  if (hasBody || method === "HEAD") lines.push(`Content-Length: ${told ?? bytesOfText(body).length}`);
  lines.push(`Connection: ${isLast ? "close" : "keep-alive"}`);
  return `${lines.join("\r\n")}\r\n\r\n${hasBody ? body : ""}`;
}

/** Whether a server's answer ends the connection. */
export const closes = ({ headers }: HttpResponse): boolean =>
  /close/i.test(headers["connection"] ?? headers["Connection"] ?? "");

/** `content-type` as `Content-Type`. */
function canonical(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
