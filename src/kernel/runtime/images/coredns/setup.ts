/**
 * Setting CoreDNS up: what each directive of a Corefile means, or why the server does not start.
 *
 * Models the setup functions of CoreDNS's plugins. A plugin that is not simulated keeps the server from starting.
 */
import { parseIp } from "#kernel/apimachinery/ip";
import {
  type Block,
  CorefileProblem,
  type Line,
  parseCorefile,
  type Surroundings,
} from "#kernel/runtime/images/coredns/corefile";
import { rewriteRule } from "#kernel/runtime/images/coredns/rewrite";
import {
  type Cache,
  type Fallthrough,
  type Kubernetes,
  type Server,
  zoneOf,
} from "#kernel/runtime/images/coredns/server";
import { templateOf } from "#kernel/runtime/images/coredns/template";

const DNS_PORT = 53;

/** The servers of a Corefile, or why there are none. */
export function serversOf(path: string, text: string, around: Surroundings): readonly Server[] | CorefileProblem {
  const blocks = parseCorefile(path, text, around);
  if (blocks instanceof CorefileProblem) return blocks;
  const servers: Server[] = [];
  for (const block of blocks) {
    const made = serverOf(block);
    if (made instanceof CorefileProblem) {
      return new CorefileProblem(made.text.replace(/^(\d+) - /, (_, line: string) => `${path}:${line} - `));
    }
    servers.push(...made);
  }
  return servers;
}

/** One server for each port the block is for. */
function serverOf({ keys, directives }: Block): readonly Server[] | CorefileProblem {
  const byPort = new Map<number, string[]>();
  for (const key of keys) {
    const scheme = /^(\w+):\/\//.exec(key)?.[1]?.toLowerCase() ?? "dns";
    if (scheme !== "dns") return new CorefileProblem(`1 - Error during parsing: ${scheme}:// is not simulated`);
    const port = Number(/:(\d+)$/.exec(key)?.[1] ?? DNS_PORT);
    byPort.set(port, [...(byPort.get(port) ?? []), zoneOf(key)]);
  }
  const servers: Server[] = [];
  for (const [port, zones] of byPort) {
    const server: Server = {
      zones,
      port,
      isLogged: false,
      isAnyRefused: false,
      isShuffled: false,
      rewrites: [],
      templates: [],
      forwards: [],
      blocked: [],
    };
    for (const line of directives) {
      const [name = ""] = line.words;
      const setUp = Object.hasOwn(PLUGINS, name) ? PLUGINS[name] : undefined;
      if (setUp === undefined) {
        const why = NOT_SIMULATED.includes(name) ? `plugin '${name}' is not simulated` : `Unknown directive '${name}'`;
        return new CorefileProblem(`${line.line} - Error during parsing: ${why}`);
      }
      const problem = setUp(server, line);
      if (problem !== undefined) return new CorefileProblem(`${line.line} - Error during parsing: ${problem}`);
    }
    servers.push(server);
  }
  return servers;
}

/** Plugins that the usual image has and nobody simulates. */
const NOT_SIMULATED: readonly string[] = [
  ...["auto", "autopath", "azure", "clouddns", "dns64", "dnssec", "dnstap", "erratic", "etcd", "file", "geoip", "grpc"],
  ...["header", "k8s_external", "nomad", "quic", "root", "route53", "secondary", "sign", "tls", "transfer", "tsig"],
  ...["view", "whoami"],
];

type SetUp = (server: Server, line: Line) => string | undefined;

/** Plugins that tune what has no speed or size here. */
const harmless: SetUp = () => undefined;

const PLUGINS: Readonly<Record<string, SetUp>> = {
  acl,
  any: (server) => {
    server.isAnyRefused = true;
    return undefined;
  },
  bind: harmless,
  bufsize: harmless,
  cache,
  cancel: harmless,
  chaos: harmless,
  debug: harmless,
  errors: harmless,
  forward,
  health: (server, { words }) => {
    server.health = portOf(words[1], 8_080);
    return undefined;
  },
  hosts,
  kubernetes,
  loadbalance: (server) => {
    server.isShuffled = true;
    return undefined;
  },
  local: harmless,
  log: (server) => {
    server.isLogged = true;
    return undefined;
  },
  loop: harmless,
  metadata: harmless,
  minimal: harmless,
  multisocket: harmless,
  nsid: harmless,
  pprof: harmless,
  prometheus: (server, { words }) => {
    server.metrics = portOf(words[1], 9_153);
    return undefined;
  },
  ready: (server, { words }) => {
    server.ready = portOf(words[1], 8_181);
    return undefined;
  },
  reload: (server, { words }) => {
    server.reload = secondsOf(words[1] ?? "30s");
    return undefined;
  },
  rewrite: (server, { words, body }) => {
    const rule = rewriteRule(
      words.slice(1),
      body.map((one) => one.words),
    );
    return typeof rule === "string" ? rule : void server.rewrites.push(rule);
  },
  template: (server, line) => {
    const read = templateOf(line, server.zones);
    return typeof read === "string" ? read : void server.templates.push(read);
  },
  timeouts: harmless,
  trace: harmless,
};

const portOf = (address: string | undefined, usual: number): number =>
  Number(/:(\d+)$/.exec(address ?? "")?.[1] ?? usual);

/** `30s`, `1m`, `45` */
function secondsOf(text: string): number {
  const [, digits = "30", unit = "s"] = /^(\d+)(s|m|h)?$/.exec(text) ?? [];
  return Number(digits) * ({ s: 1, m: 60, h: 3_600 }[unit] ?? 1);
}

const throughOf = (args: readonly string[]): Fallthrough => (args.length > 0 ? args.map(zoneOf) : [""]);

function acl(server: Server, { body }: Line): string | undefined {
  for (const { words } of body) {
    const [action = "", ...rest] = words;
    if (action !== "allow" && action !== "block" && action !== "filter" && action !== "drop") {
      return `plugin/acl: unexpected token "${action}"; expect 'allow', 'block', 'filter' or 'drop'`;
    }
    if (action === "filter" || action === "drop") return `plugin/acl: ${action} is not simulated`;
    const [types, nets] = ["type", "net"].map((kind) => {
      const at = rest.indexOf(kind);
      const end = rest.findIndex((word, n) => n > at && (word === "type" || word === "net"));
      return at < 0 ? [] : rest.slice(at + 1, end < 0 ? undefined : end);
    });
    const isAll = (word: string): boolean => word === "*";
    server.blocked.push({
      isAllowed: action === "allow",
      types: (types ?? []).some(isAll) ? [] : (types ?? []).map((type) => type.toUpperCase()),
      nets: (nets ?? []).some(isAll) ? [] : (nets ?? []).map((net) => (net.includes("/") ? net : `${net}/32`)),
    });
  }
  return undefined;
}

function cache(server: Server, { words, body }: Line): string | undefined {
  const [, ...args] = words;
  const ttl = /^\d+$/.test(args[0] ?? "") ? Number(args.shift()) : undefined;
  const own = {
    successTtl: ttl ?? 3_600,
    denialTtl: ttl ?? 1_800,
    notSuccess: [] as string[],
    notDenial: [] as string[],
  };
  for (const {
    words: [word = "", ...rest],
  } of body) {
    if (word === "success" || word === "denial") {
      const value = rest[1] === undefined ? undefined : Number(rest[1]);
      if (value !== undefined) own[word === "success" ? "successTtl" : "denialTtl"] = value;
    } else if (word === "disable") {
      const list = rest[0] === "success" ? own.notSuccess : own.notDenial;
      list.push(...throughOf(rest.slice(1)));
    } else if (!["prefetch", "serve_stale", "servfail", "keepttl"].includes(word)) {
      return `plugin/cache: Unknown property '${word}'`;
    }
  }
  const zones = args.length > 0 ? args.map(zoneOf) : server.zones;
  server.cache = { zones, ...own } satisfies Cache;
  return undefined;
}

const FORWARD_TUNING: readonly string[] = [
  ...["force_tcp", "prefer_udp", "expire", "max_fails", "tls", "tls_servername", "policy", "health_check"],
  ...["max_concurrent", "next", "failfast_all_unhealthy_upstreams", "max_idle_conns", "doh_method", "max_age"],
  ...["max_connect_attempts", "failover"],
];

function forward(server: Server, { words, body }: Line): string | undefined {
  const [, zone, ...to] = words;
  if (zone === undefined || to.length === 0)
    return "plugin/forward: Wrong argument count or unexpected line ending after 'forward'";
  const odd = to.find((one) => !one.startsWith("/") && parseIp(hostOf(one)) === undefined);
  if (odd !== undefined) return `plugin/forward: not an IP address or file: "${odd}"`;
  if (to.some((one) => /^(tls|https|quic|grpc):\/\//.test(one))) return "plugin/forward: DNS over TLS is not simulated";
  const except: string[] = [];
  for (const {
    words: [word = "", ...rest],
  } of body) {
    if (word === "except") except.push(...rest.map(zoneOf));
    else if (!FORWARD_TUNING.includes(word)) return `plugin/forward: unknown property '${word}'`;
  }
  server.forwards.push({ zone: zoneOf(zone), to: to.map((one) => one.replace(/^dns:\/\//, "")), except });
  return undefined;
}

/** The address of `ADDRESS[:PORT]`. */
const hostOf = (text: string): string =>
  text.replace(/^\w+:\/\//, "").replace(/^\[(.*)\](:\d+)?$|^([^:]+)(:\d+)?$/, "$1$3");

function hosts(server: Server, { words, body }: Line): string | undefined {
  const [, path = "/etc/hosts", ...zones] = words;
  const entries: [string, string][] = [];
  let [ttl, hasReverse] = [3_600, true];
  let fallthrough: Fallthrough = [];
  for (const {
    words: [word = "", ...rest],
  } of body) {
    if (word === "fallthrough") fallthrough = throughOf(rest);
    else if (word === "no_reverse") hasReverse = false;
    else if (word === "ttl") ttl = Number(rest[0] ?? 3_600);
    else if (parseIp(word) !== undefined)
      for (const name of rest) entries.push([word, name.toLowerCase().replace(/\.$/, "")]);
    else if (word !== "reload") return `plugin/hosts: unknown property '${word}'`;
  }
  server.hosts = {
    path,
    zones: zones.length > 0 ? zones.map(zoneOf) : server.zones,
    entries,
    ttl,
    hasReverse,
    fallthrough,
  };
  return undefined;
}

function kubernetes(server: Server, { words, body }: Line): string | undefined {
  const zones = words.length > 1 ? words.slice(1).map(zoneOf) : server.zones;
  const domain = zones.find((zone) => !zone.endsWith(".arpa")) ?? "";
  const own = { pods: "disabled" as Kubernetes["pods"], ttl: 5, hasPodNames: false, namespaces: [] as string[] };
  let [hasEndpoints, ignoresEmpty] = [true, false];
  let fallthrough: Fallthrough = [];
  for (const {
    words: [word = "", ...rest],
  } of body) {
    if (word === "pods") {
      if (!["disabled", "insecure", "verified"].includes(rest[0] ?? ""))
        return `plugin/kubernetes: wrong value for pods: ${rest[0]}`;
      own.pods = rest[0] as Kubernetes["pods"];
    } else if (word === "ttl") own.ttl = Number(rest[0] ?? 5);
    else if (word === "fallthrough") fallthrough = throughOf(rest);
    else if (word === "endpoint_pod_names") own.hasPodNames = true;
    else if (word === "namespaces") own.namespaces.push(...rest);
    else if (word === "noendpoints") hasEndpoints = false;
    else if (word === "ignore" && rest[0] === "empty_service") ignoresEmpty = true;
    else if (["labels", "namespace_labels", "multicluster", "startup_timeout", "apiserver_qps"].includes(word)) {
      return `plugin/kubernetes: ${word} is not simulated`;
    } else if (!["endpoint", "tls", "kubeconfig", "resyncperiod", "upstream"].includes(word)) {
      return `plugin/kubernetes: unknown property '${word}'`;
    }
  }
  server.kubernetes = { zones, domain, ...own, hasEndpoints, ignoresEmpty, fallthrough };
  return undefined;
}
