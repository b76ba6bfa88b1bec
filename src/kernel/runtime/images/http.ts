/**
 * Pieces of HTTP the servers of the images share: status texts, content types, dates, forms, queries.
 */
import { utf8Length } from "#kernel/runtime/files/bytes";
import type { HttpResponse } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

const STATUS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Request Entity Too Large",
  414: "Request-URI Too Large",
  418: "I'm a teapot",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** The reason phrase of a status. */
export function statusText(status: number): string {
  return STATUS[status] ?? "";
}

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css",
  gif: "image/gif",
  htm: "text/html",
  html: "text/html",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "application/javascript",
  json: "application/json",
  md: "text/markdown",
  mjs: "application/javascript",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain",
  wasm: "application/wasm",
  xml: "text/xml",
};

/** The content type of a file by its name; undefined if nothing is known. */
export function contentType(path: string): string | undefined {
  return TYPES[/\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? ""];
}

/** `Mon, 23 Nov 2026 20:00:00 GMT` */
export function httpDate(at: Instant): string {
  return new Date(at).toUTCString();
}

/** `23/Nov/2026:20:00:00 +0000`, as access logs write it. */
export function logDate(at: Instant): string {
  const [, day, month, year, time] = new Date(at).toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}

/** An answer with its length; one to HEAD keeps the length and loses the body. */
export function respond(
  method: string,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): HttpResponse {
  const length = status === 304 || status === 204 ? {} : { "content-length": String(utf8Length(body)) };
  return { status, headers: { ...length, ...headers }, body: method === "HEAD" ? "" : body };
}

/** The path and the parameters of a request target. */
export function parseTarget(target: string): {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
} {
  const cut = target.indexOf("?");
  const path = decode(cut < 0 ? target : target.slice(0, cut));
  return { path, query: cut < 0 ? {} : parseQuery(target.slice(cut + 1)) };
}

/** `a=1&b=x+y` as a record; the first of several values counts. */
export function parseQuery(text: string): Readonly<Record<string, string>> {
  const query: Record<string, string> = {};
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const cut = pair.indexOf("=");
    const name = decode((cut < 0 ? pair : pair.slice(0, cut)).replaceAll("+", " "));
    query[name] ??= cut < 0 ? "" : decode(pair.slice(cut + 1).replaceAll("+", " "));
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
