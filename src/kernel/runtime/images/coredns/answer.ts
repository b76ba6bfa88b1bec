/**
 * How CoreDNS answers a question: the server block with the longest zone, and its plugins in the order they are built
 * in.
 *
 * Models coredns/core/dnsserver and plugin.cfg.
 */
import { parseCidr, parseIp } from "#kernel/apimachinery/ip";
import { rewrite } from "#kernel/runtime/images/coredns/rewrite";
import {
  type Cache,
  type Forward,
  type Hosts,
  isIn,
  type Kubernetes,
  type Server,
} from "#kernel/runtime/images/coredns/server";
import { fromTemplate } from "#kernel/runtime/images/coredns/template";
import { isAddress } from "#kernel/runtime/resolver";
import type { DnsAnswer, DnsQuestion, DnsRecord, NetFailure, ZoneView } from "#kernel/runtime/world";
import type { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";

/** What an answer is made of besides the Corefile. */
export interface Means {
  readonly now: Instant;
  readonly entropy: Entropy;
  /** The text of a file; undefined if it cannot be read. */
  read(path: string): string | undefined;
  /** What the cluster knows of a name; undefined if it is not there. `follow` asks for what an alias stands for. */
  records(
    question: DnsQuestion,
    view: ZoneView,
    follow: (question: DnsQuestion) => readonly DnsRecord[],
  ): readonly DnsRecord[] | undefined;
  /** Asks another server. */
  ask(server: string, port: number, question: DnsQuestion): DnsAnswer | NetFailure;
  /** What was kept of earlier answers; absent where nothing is kept. */
  readonly memory?: Memory;
}

export interface Memory {
  get(key: string): Kept | undefined;
  put(key: string, kept: Kept): void;
}

export interface Kept {
  readonly answer: DnsAnswer;
  readonly at: Instant;
  readonly until: Instant;
}

/** A question as it came. */
export interface Asked extends DnsQuestion {
  /** The port it came to. */
  readonly port: number;
  readonly clientIP: string;
}

const empty = (status: DnsAnswer["status"]): DnsAnswer => ({
  status,
  isAuthoritative: false,
  answers: [],
  authority: [],
});

/** The server for a question. */
export function serverFor(
  servers: readonly Server[],
  { name, port }: Pick<Asked, "name" | "port">,
): Server | undefined {
  let best: { readonly server: Server; readonly length: number } | undefined;
  for (const server of servers) {
    if (server.port !== port) continue;
    for (const zone of server.zones) {
      if (isIn(name, zone) && (best === undefined || zone.length > best.length)) best = { server, length: zone.length };
    }
  }
  return best?.server;
}

/** The answer to a question; names are compared in lower case. */
export function coreDnsAnswer(servers: readonly Server[], asked: Asked, means: Means): DnsAnswer {
  const name = asked.name.toLowerCase();
  const server = serverFor(servers, { name, port: asked.port });
  if (server === undefined) return empty("REFUSED");
  if (isBlocked(server, asked)) return empty("REFUSED");
  const question = { name, type: asked.type };
  if (server.isAnyRefused && asked.type === "ANY") {
    const record = { name, type: "HINFO", ttl: 8_482, data: '"ANY obsoleted" "See RFC 8482"' };
    return { ...empty("NOERROR"), answers: [record] };
  }
  const answer = cached(server, question, means, () => {
    const { question: next, back } = rewrite(server.rewrites, question);
    // An alias is followed as a question of its own.
    const follow = (one: DnsQuestion): readonly DnsRecord[] =>
      coreDnsAnswer(servers, { ...asked, ...one }, means).answers.slice(0, 16);
    return back(plugins(server, next, means, follow));
  });
  return server.isShuffled ? { ...answer, answers: shuffled(means.entropy, answer.answers) } : answer;
}

function isBlocked({ blocked }: Server, { clientIP, type }: Asked): boolean {
  const ip = parseIp(clientIP);
  for (const { isAllowed, types, nets } of blocked) {
    if (types.length > 0 && !types.includes(type)) continue;
    const isFrom = nets.length === 0 || (ip !== undefined && nets.some((net) => isWithin(net, ip)));
    if (isFrom) return !isAllowed;
  }
  return false;
}

function isWithin(net: string, ip: NonNullable<ReturnType<typeof parseIp>>): boolean {
  const block = parseCidr(net);
  if (block === undefined || block.family !== ip.family) return false;
  const bits = BigInt((ip.family === 4 ? 32 : 128) - block.prefix);
  return ip.value >> bits === block.value >> bits;
}

/** Aliases come first, several addresses in another order each time; one costs no dice. */
function shuffled(entropy: Entropy, found: readonly DnsRecord[]): readonly DnsRecord[] {
  const addresses = found.filter(({ type }) => type !== "CNAME");
  if (addresses.length < 2) return found;
  const first = entropy.int(addresses.length);
  const aliases = found.filter(({ type }) => type === "CNAME");
  return [...aliases, ...addresses.slice(first), ...addresses.slice(0, first)];
}

/** The longest an answer without records of its own life is kept. */
const DENIAL_TTL = 30;

function cached({ cache }: Server, question: DnsQuestion, { now, memory }: Means, answer: () => DnsAnswer): DnsAnswer {
  if (cache === undefined || memory === undefined || !cache.zones.some((zone) => isIn(question.name, zone)))
    return answer();
  const key = `${question.type} ${question.name}`;
  const kept = memory.get(key);
  if (kept !== undefined && kept.until > now) {
    const age = Math.floor((now - kept.at) / 1_000);
    const older = (record: DnsRecord): DnsRecord => ({ ...record, ttl: Math.max(0, record.ttl - age) });
    return { ...kept.answer, answers: kept.answer.answers.map(older), authority: kept.answer.authority.map(older) };
  }
  const fresh = answer();
  const seconds = lifeOf(cache, question.name, fresh);
  if (seconds <= 0) return fresh;
  const limited = { ...fresh, answers: fresh.answers.map((one) => ({ ...one, ttl: Math.min(one.ttl, seconds) })) };
  memory.put(key, { answer: limited, at: now, until: now + seconds * 1_000 });
  return limited;
}

/** For how many seconds an answer is kept. */
function lifeOf(cache: Cache, name: string, { status, answers, authority }: DnsAnswer): number {
  if (status === "SERVFAIL" || status === "REFUSED") return 0;
  const isDenial = status === "NXDOMAIN" || answers.length === 0;
  const without = isDenial ? cache.notDenial : cache.notSuccess;
  if (without.some((zone) => isIn(name, zone))) return 0;
  if (!isDenial) return Math.min(cache.successTtl, ...answers.map(({ ttl }) => ttl));
  return Math.min(cache.denialTtl, DENIAL_TTL, ...authority.map(({ ttl }) => ttl));
}

type Follow = (question: DnsQuestion) => readonly DnsRecord[];

function plugins(server: Server, question: DnsQuestion, means: Means, follow: Follow): DnsAnswer {
  for (const template of server.templates) {
    const made = fromTemplate(template, question);
    if (made !== undefined) return made;
  }
  const known = server.hosts && fromHosts(server.hosts, question, means);
  if (known !== undefined) return known;
  const found = server.kubernetes && fromCluster(server.kubernetes, question, means, follow);
  if (found !== undefined) return found;
  for (const one of server.forwards) {
    if (!isIn(question.name, one.zone) || one.except.some((zone) => isIn(question.name, zone))) continue;
    return forwarded(one, question, means);
  }
  return empty(server.forwards.length === 0 ? "REFUSED" : "SERVFAIL");
}

const isReverse = (name: string): boolean => name.endsWith(".in-addr.arpa");

/** The address of a reverse name. */
const addressOf = (name: string): string => name.slice(0, -".in-addr.arpa".length).split(".").reverse().join(".");

/** What a list of hosts says; undefined = the next plugin is asked. */
function fromHosts(hosts: Hosts, { name, type }: DnsQuestion, means: Means): DnsAnswer | undefined {
  const { zones, entries, ttl, hasReverse, fallthrough } = hosts;
  const all = [...entries, ...entriesOf(means.read(hosts.path) ?? "")];
  const told = (records: readonly DnsRecord[]): DnsAnswer => ({
    ...empty("NOERROR"),
    isAuthoritative: true,
    answers: records,
  });
  if (isReverse(name)) {
    const ip = addressOf(name);
    const names = hasReverse && type === "PTR" ? all.filter((one) => one[0] === ip) : [];
    if (names.length > 0) return told(names.map(([, host]) => ({ name, type, ttl, data: `${host}.` })));
  }
  if (!zones.some((zone) => isIn(name, zone))) return undefined;
  const here = all.filter((one) => one[1] === name);
  const family = (ip: string): string => (ip.includes(":") ? "AAAA" : "A");
  const wanted = here.filter(([ip]) => type === family(ip) || type === "ANY");
  if (wanted.length > 0) return told(wanted.map(([ip]) => ({ name, type: family(ip), ttl, data: ip })));
  if (here.length > 0) return told([]);
  // Nothing there says what a name would be that is not there: it is a failure.
  return fallthrough.some((zone) => isIn(name, zone)) ? undefined : empty("SERVFAIL");
}

function entriesOf(text: string): [string, string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const [ip = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return isAddress(ip) ? names.map((name): [string, string] => [ip, name.toLowerCase()]) : [];
  });
}

/** The cluster's own zone goes by this name inside. */
const CLUSTER_DOMAIN = "cluster.local";

/** What the cluster says; undefined = the next plugin is asked. */
function fromCluster(view: Kubernetes, question: DnsQuestion, means: Means, follow: Follow): DnsAnswer | undefined {
  const { name } = question;
  const zone = view.zones.find((one) => isIn(name, one));
  if (zone === undefined) return undefined;
  const isOurs = !isReverse(name);
  const renamed = isOurs && view.domain !== CLUSTER_DOMAIN && isIn(name, view.domain);
  const inner = renamed ? name.slice(0, name.length - view.domain.length) + CLUSTER_DOMAIN : name;
  const found = means.records({ ...question, name: inner }, view, follow);
  if (found === undefined && view.fallthrough.some((one) => isIn(name, one))) return undefined;
  const outer = (text: string): string =>
    renamed ? text.replace(/cluster\.local(\.?)(?=$| )/g, (_, dot: string) => view.domain + dot) : text;
  const own = (record: DnsRecord): DnsRecord => ({
    ...record,
    name: outer(record.name),
    data: outer(record.data),
    ttl: view.ttl,
  });
  const soa = own({
    name: isOurs ? CLUSTER_DOMAIN : zone,
    type: "SOA",
    ttl: view.ttl,
    data: `ns.dns.${CLUSTER_DOMAIN}. hostmaster.${CLUSTER_DOMAIN}. 1795824000 7200 1800 86400 ${view.ttl}`,
  });
  if (found === undefined) return { ...empty("NXDOMAIN"), isAuthoritative: true, authority: [soa] };
  const answers = found.map(own);
  return { status: "NOERROR", isAuthoritative: true, answers, authority: answers.length > 0 ? [] : [soa] };
}

function forwarded({ to }: Forward, question: DnsQuestion, means: Means): DnsAnswer {
  for (const one of to.flatMap((target) => serversIn(target, means))) {
    const [, host = "", port = "53"] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(one) ?? [];
    const answer = means.ask(host, Number(port), question);
    if (typeof answer !== "string") return answer;
  }
  return empty("SERVFAIL");
}

/** A file names its servers line by line. */
function serversIn(target: string, means: Means): readonly string[] {
  if (!target.startsWith("/")) return [target];
  return [...(means.read(target) ?? "").matchAll(/^nameserver\s+(\S+)/gm)].map(([, server = ""]) => server);
}
