/**
 * Addresses of the web: `url("https://example.com:80/p?q=1").getHost()`.
 *
 * Models apiserver/pkg/cel/library/urls.go and what it needs of Go's net/url.
 */
import { RunError } from "#kernel/cel/errors";
import { define, type Overload, traversal } from "#kernel/cel/functions";
import { codePoints, Entries, Items, type Mapping, OpaqueValue } from "#kernel/cel/values";

class UrlValue extends OpaqueValue {
  override readonly typeName = "kubernetes.URL";

  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(text: string, scheme: string, host: string, path: string, query: string) {
    super();
    this.text = text;
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof UrlValue && this.text === other.text;
  }
}

const ABSOLUTE = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/;

/** The parts of an absolute URI or an absolute path; undefined if it is neither. */
function parse(text: string): UrlValue | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  if (/[\x00-\x1f\x7f]/.test(text) || /%(?![0-9A-Fa-f]{2})/.test(text.split("?", 1)[0] ?? "")) return undefined;
  if (text.startsWith("/")) {
    const [path = "", query = ""] = text.split("?", 2);
    return new UrlValue(text, "", "", path, query);
  }
  const [, scheme, authority = "", path = "", query = ""] = ABSOLUTE.exec(text) ?? [];
  if (scheme === undefined || (authority === "" && !path.startsWith("/") && path !== "")) return undefined;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (!/^(?:\[[0-9A-Fa-f:.%]*\]|[^\s[\]:<>"]*)(?::\d*)?$/.test(host)) return undefined;
  return new UrlValue(text, scheme.toLowerCase(), host, path, query);
}

function url(text: string): UrlValue {
  const found = parse(text);
  if (found === undefined) {
    throw new RunError(`URL parse error during conversion from string: parse "${text}": invalid URI for request`);
  }
  return found;
}

const hostname = ({ host }: UrlValue): string =>
  host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d*$/, "");

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The path as it must be written. */
const escapedPath = ({ path }: UrlValue): string =>
  path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, (character) => encodeURIComponent(character));

function queryOf({ query }: UrlValue): Mapping {
  const values = new Map<string, string[]>();
  for (const pair of query.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const [key = "", value = ""] = pair.split(/=(.*)/s).map((part) => decoded(part.replaceAll("+", " ")));
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  const made = new Entries();
  for (const [key, list] of values) made.set(key, new Items(list));
  return made;
}

const textCost = (text: string): number => Math.max(1, traversal(codePoints(text)));

export const URLS: readonly Overload[] = [
  define("url(string): URL", url, textCost),
  define("isURL(string): bool", (text: string) => parse(text) !== undefined, textCost),
  define("URL.getScheme(): string", ({ scheme }: UrlValue) => scheme),
  define("URL.getHost(): string", ({ host }: UrlValue) => host),
  define("URL.getHostname(): string", hostname),
  define("URL.getPort(): string", ({ host }: UrlValue) => /:(\d*)$/.exec(host)?.[1] ?? ""),
  define("URL.getEscapedPath(): string", escapedPath),
  define("URL.getQuery(): map<string, list<string>>", queryOf),
];
