/**
 * Fetching pages for the tools that do: URLs, redirects, what went wrong on the way.
 */
import type { Task } from "#kernel/runtime/process/task";
import type { NetFailure } from "#kernel/runtime/world";

export interface Url {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  /** Path with query. */
  readonly path: string;
  readonly user?: string;
}

/** The parts of a URL; the scheme may be missing. Undefined if it is none. */
export function parseUrl(text: string): Url | undefined {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:([^@/]*)@)?(\[[^\]]+\]|[^:/?#]+)(?::(\d+))?([/?#][\s\S]*)?$/i.exec(
    text,
  );
  if (match === null) return undefined;
  const scheme = (match[1] ?? "http").toLowerCase();
  if (scheme !== "http" && scheme !== "https") return undefined;
  const rest = (match[5] ?? "/").replace(/#.*$/s, "");
  return {
    scheme,
    host: match[3] ?? "",
    port: Number(match[4] ?? (scheme === "https" ? 443 : 80)),
    path: rest.startsWith("/") ? rest : `/${rest}`,
    ...(match[2] === undefined ? {} : { user: match[2] }),
  };
}

export interface Page {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly url: Url;
  readonly host: string;
  /** Address that was connected to. */
  readonly address: string;
  readonly failure?: NetFailure;
  /** How long it takes to come, redirects included. */
  readonly delayMs: number;
}

/** The header lines of a page, as they came. */
export function headerText({ headers }: Page, indent = ""): string {
  return Object.entries(headers)
    .map(([name, value]) => `${indent}${headerName(name)}: ${value}\n`)
    .join("");
}

export interface Fetch {
  readonly method: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Redirects that are followed. */
  readonly redirects: number;
  /** Connections that several pages share. */
  readonly pool?: string;
  onConnect?(host: string, address: string): void;
  /** Another address for a host and port (`curl --resolve`). */
  instead?(host: string, port: number): string | undefined;
}

/** `content-type` as `Content-Type`. */
export function headerName(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

/** Fetches a page and what it redirects to. */
export function fetchPage(task: Task, url: Url, fetch: Fetch): Page {
  const isDefault = url.port === (url.scheme === "https" ? 443 : 80);
  const host = isDefault ? url.host : `${url.host}:${url.port}`;
  const isAddress = /^[\d.]+$|^\[/.test(url.host);
  const isLocal = url.host === "localhost";
  const instead = fetch.instead?.(url.host, url.port);
  const address = instead ?? (isAddress ? url.host : isLocal ? "127.0.0.1" : task.resolve(url.host)[0]);
  const nothing = {
    status: 0,
    body: "",
    headers: {},
    url,
    host: url.host,
    address: address ?? "",
    delayMs: 0,
  };
  if (address === undefined) return { ...nothing, failure: "nxdomain" };
  fetch.onConnect?.(host, `${address}:${url.port}`);
  const headers = { host, accept: "*/*", ...fetch.headers };
  const sent = fetch.body === "" ? headers : { ...headers, "content-length": String(fetch.body.length) };
  const answer = task.request(
    { host: instead ?? url.host, port: url.port, ...(fetch.pool !== undefined && { pool: fetch.pool }) },
    { method: fetch.method, path: url.path, headers: sent, body: fetch.body },
  );
  if (typeof answer === "string") return { ...nothing, failure: answer };
  const location = answer.headers["location"];
  if (answer.status >= 300 && answer.status < 400 && location !== undefined && fetch.redirects > 0) {
    const next = location.startsWith("/") ? { ...url, path: location } : parseUrl(location);
    const method = [301, 302, 303].includes(answer.status) && fetch.method === "POST" ? "GET" : fetch.method;
    if (next !== undefined) {
      const page = fetchPage(task, next, { ...fetch, method, redirects: fetch.redirects - 1 });
      return { ...page, delayMs: page.delayMs + (answer.delayMs ?? 0) };
    }
  }
  return {
    status: answer.status,
    body: answer.body,
    headers: answer.headers,
    url,
    host: url.host,
    address,
    delayMs: answer.delayMs ?? 0,
  };
}
