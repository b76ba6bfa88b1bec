/**
 * The resolver of a C library: /etc/hosts, the search list and ndots of /etc/resolv.conf, then questions to servers.
 *
 * Models getaddrinfo(3) and resolv.conf(5).
 */
import { parseIp } from "#kernel/apimachinery/ip";
import type { DnsAnswer, DnsQuestion, NetFailure } from "#kernel/runtime/world";

export interface ResolverConfig {
  /** Addresses by the names of /etc/hosts. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
}

/** Servers and domains beyond these are not looked at (MAXNS, MAXDNSRCH of older libraries is 6). */
const SERVERS_MAX = 3;
const SEARCH_MAX = 32;
const MEMO_ENTRIES = 500;
const memo = new Map<string, ResolverConfig>();

/** Reads both files; one that cannot be read (an error number) says nothing. */
export function resolverFrom(hosts: string | number, resolv: string | number): ResolverConfig {
  const key = `${hosts}\0${resolv}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  const config = { hosts: hostsOf(String(hosts)), ...settingsOf(typeof resolv === "string" ? resolv : "") };
  if (memo.size >= MEMO_ENTRIES) memo.clear();
  memo.set(key, config);
  return config;
}

function hostsOf(text: string): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [ip = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (parseIp(ip) === undefined) continue;
    for (const name of names) {
      const lower = name.toLowerCase();
      hosts.set(lower, [...(hosts.get(lower) ?? []), ip]);
    }
  }
  return hosts;
}

function settingsOf(text: string): Omit<ResolverConfig, "hosts"> {
  const servers = [...text.matchAll(/^nameserver\s+(\S+)/gm)].map(([, server = ""]) => server);
  const search = [...text.matchAll(/^(?:search|domain)\s+(.*)$/gm)].at(-1)?.[1] ?? "";
  const ndots = [...text.matchAll(/^options\b.*\bndots:(\d+)/gm)].at(-1)?.[1] ?? "1";
  return {
    servers: servers.slice(0, SERVERS_MAX),
    search: search
      .split(/\s+/)
      .filter((domain) => domain !== "")
      .slice(0, SEARCH_MAX),
    ndots: Number(ndots),
  };
}

/** Whether a text is an address and no name. */
export const isAddress = (host: string): boolean => parseIp(host.replace(/^\[(.*)\]$/, "$1")) !== undefined;

/** Whole names to ask for, in order, without the last dot. */
export function candidates({ search, ndots }: Pick<ResolverConfig, "search" | "ndots">, name: string): string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain.replace(/\.$/, "")}`);
  return name.split(".").length - 1 >= ndots ? [name, ...searched] : [...searched, name];
}

export type Ask = (server: string, question: DnsQuestion) => DnsAnswer | NetFailure;

/** The first answer that has records of a type, else the last one; with the name that was asked for. */
export function searchFor(
  config: ResolverConfig,
  name: string,
  type: string,
  ask: Ask,
): { readonly name: string; readonly answer: DnsAnswer | NetFailure } {
  let last: { name: string; answer: DnsAnswer | NetFailure } = { name, answer: "timeout" };
  for (const candidate of candidates(config, name)) {
    const answer = askServers(config, { name: candidate, type }, ask);
    last = { name: candidate, answer };
    if (typeof answer === "string" || answer.answers.length > 0) return last;
  }
  return last;
}

/** The first server that answers decides. */
function askServers({ servers }: ResolverConfig, question: DnsQuestion, ask: Ask): DnsAnswer | NetFailure {
  let failure: DnsAnswer | NetFailure = "timeout";
  for (const server of servers.length === 0 ? ["127.0.0.1"] : servers) {
    failure = ask(server, question);
    if (typeof failure === "object" && failure.status !== "SERVFAIL" && failure.status !== "REFUSED") return failure;
  }
  return failure;
}

/** Addresses (IPv4) of a name, empty if there is none. */
export function lookUp(config: ResolverConfig, name: string, ask: Ask): readonly string[] {
  if (isAddress(name)) return [name.replace(/^\[(.*)\]$/, "$1")];
  const wanted = name.toLowerCase();
  const known = config.hosts.get(wanted.replace(/\.$/, ""))?.filter((ip) => !ip.includes(":"));
  if (known !== undefined && known.length > 0) return known;
  if (wanted === "localhost" || wanted === "localhost.") return ["127.0.0.1"];
  const { answer } = searchFor(config, wanted, "A", ask);
  return typeof answer === "string" ? [] : answer.answers.flatMap(({ type, data }) => (type === "A" ? [data] : []));
}
