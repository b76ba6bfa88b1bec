/**
 * What an nginx configuration means: servers, their locations and upstreams, checked as at start.
 */

import { ConfFault, type Directive } from "#kernel/runtime/images/nginx/conf";
import { LinearRegExp } from "#kernel/runtime/linear-regexp";

export interface Location {
  /** `=`, `^~`, `~`, `~*`, or "" for a plain prefix. */
  readonly modifier: string;
  readonly path: string;
  readonly directives: readonly Directive[];
}

export interface Server {
  readonly ports: readonly { readonly port: number; readonly isDefault: boolean; readonly isTls: boolean }[];
  readonly names: readonly string[];
  readonly locations: readonly Location[];
  /** Its own directives, then those of http around it. */
  readonly directives: readonly Directive[];
}

export interface NginxConfig {
  readonly servers: readonly Server[];
  readonly upstreams: Readonly<Record<string, readonly { readonly host: string; readonly port: number }[]>>;
  /** Hosts that must resolve before nginx starts, and where they stand. */
  readonly hosts: readonly { readonly host: string; readonly place: string; readonly isUpstream: boolean }[];
  readonly main: readonly Directive[];
}

/** The arguments of the last directive of that name; undefined if there is none. */
export function argsOf(directives: readonly Directive[], name: string): readonly string[] | undefined {
  return directives.find((directive) => directive.name === name)?.args;
}

/** Reads the meaning of directives. Raises ConfFault. */
export function configOf(main: readonly Directive[]): NginxConfig {
  const http = main.filter(({ name }) => name === "http").flatMap(({ children = [] }) => children);
  for (const { name, place } of main) {
    if (["server", "location", "listen", "upstream", "proxy_pass", "root"].includes(name)) {
      throw new ConfFault(`"${name}" directive is not allowed here in ${place}`);
    }
  }
  if (!main.some(({ name }) => name === "events")) throw new ConfFault('no "events" section in configuration');
  const upstreams: Record<string, { host: string; port: number }[]> = {};
  const hosts: { host: string; place: string; isUpstream: boolean }[] = [];
  for (const { name, args, children = [], place } of http) {
    if (name !== "upstream") continue;
    const members = children.filter((directive) => directive.name === "server");
    if (members.length === 0) throw new ConfFault(`no servers are inside upstream in ${place}`);
    upstreams[args[0] ?? ""] = members.map((member) => {
      const address = hostPort(member.args[0] ?? "", 80);
      hosts.push({ host: address.host, place: member.place, isUpstream: true });
      return address;
    });
  }
  const servers = http.filter(({ name }) => name === "server").map((server) => serverOf(server, http));
  for (const server of servers) {
    for (const directive of [...server.directives, ...server.locations.flatMap(({ directives }) => directives)]) {
      if (directive.name !== "proxy_pass") continue;
      const target = /^https?:\/\/([^/$]+)/.exec(directive.args[0] ?? "");
      if (directive.args[0]?.includes("$") === true) continue;
      if (target === null) throw new ConfFault(`invalid URL prefix in ${directive.place}`);
      const { host } = hostPort(target[1] ?? "", 80);
      if (upstreams[host] === undefined) hosts.push({ host, place: directive.place, isUpstream: true });
    }
  }
  return { servers, upstreams, hosts, main };
}

/** `host:port`, `[::]:port`, `port`, `unix:` left as it is. */
export function hostPort(text: string, port: number): { readonly host: string; readonly port: number } {
  const match = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(text);
  return { host: match?.[1] ?? text, port: Number(match?.[2] ?? port) };
}

function serverOf({ children = [] }: Directive, http: readonly Directive[]): Server {
  const ports: { port: number; isDefault: boolean; isTls: boolean }[] = [];
  for (const { name, args, place } of children) {
    if (name !== "listen") continue;
    const [address = ""] = args;
    const port = Number(/(?:^|:)(\d+)$/.exec(address)?.[1] ?? (/^\d+$/.test(address) ? address : "80"));
    if (port > 65_535 || /[^0-9a-zA-Z.:*[\]_-]/.test(address)) {
      throw new ConfFault(`invalid port in "${address}" of the "listen" directive in ${place}`);
    }
    if (ports.some((other) => other.port === port)) continue;
    ports.push({ port, isDefault: args.includes("default_server"), isTls: args.includes("ssl") });
  }
  if (ports.length === 0) ports.push({ port: 80, isDefault: false, isTls: false });
  return {
    ports,
    names: children.filter(({ name }) => name === "server_name").flatMap(({ args }) => args),
    locations: locationsOf(children, []),
    directives: [...children, ...http.filter(({ name }) => name !== "server")],
  };
}

/** Locations with the directives around them after their own; nested ones beside their parents. */
function locationsOf(directives: readonly Directive[], around: readonly Directive[]): Location[] {
  return directives
    .filter(({ name }) => name === "location")
    .flatMap(({ args, children = [] }) => {
      const hasModifier = args.length > 1;
      const plain = children.filter(({ name }) => name !== "location");
      const own: Location = {
        modifier: hasModifier ? (args[0] ?? "") : "",
        path: (hasModifier ? args[1] : args[0]) ?? "/",
        directives: [...plain, ...around],
      };
      return [own, ...locationsOf(children, plain)];
    });
}

/** The location a path falls into, as nginx chooses: exact, longest prefix, then regular expressions in order. */
export function locationFor(server: Server, path: string): Location | undefined {
  let best: Location | undefined;
  for (const location of server.locations) {
    if (location.modifier === "=" && location.path === path) return location;
    if (location.modifier !== "" && location.modifier !== "^~") continue;
    if (path.startsWith(location.path) && location.path.length > (best?.path.length ?? -1)) best = location;
  }
  if (best?.modifier === "^~") return best;
  return (
    server.locations.find(({ modifier, path: source }) => {
      return (modifier === "~" || modifier === "~*") && expression(source, modifier === "~*").test(path);
    }) ?? best
  );
}

/** A regular expression of the configuration; one JavaScript does not understand matches nothing. */
export function expression(source: string, ignoresCase = false): RegExp {
  try {
    return new LinearRegExp(source.replace(/\(\?<([a-z_]\w*)>/gi, "(?<$1>"), ignoresCase ? "i" : "");
  } catch {
    return /(?!)/;
  }
}

/** The server a request goes to: by port, then host name, then the default. */
export function serverFor(config: NginxConfig, port: number, host: string): Server | undefined {
  const here = config.servers.filter(({ ports }) => ports.some((one) => one.port === port));
  const named = here.find(({ names }) => names.some((name) => matchesName(name, host)));
  return named ?? here.find(({ ports }) => ports.some((one) => one.port === port && one.isDefault)) ?? here[0];
}

function matchesName(name: string, host: string): boolean {
  if (name.startsWith("~")) return expression(name.slice(1), true).test(host);
  if (name.startsWith("*.")) return host.endsWith(name.slice(1));
  if (name.startsWith(".")) return host === name.slice(1) || host.endsWith(name);
  return name.endsWith(".*") ? host.startsWith(name.slice(0, -1)) : name.toLowerCase() === host.toLowerCase();
}
