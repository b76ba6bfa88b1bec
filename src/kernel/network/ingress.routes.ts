/**
 * The routing table of the ingress controller: hosts, their paths in the order they are tried, and what is behind.
 *
 * Models ingress-nginx (controller.go, template.go).
 * Leaves out backends that are no Service, which answer 503.
 */
import { RE2JS, RE2JSException } from "re2js";
import type { Ingress, IngressBackend, IngressClass, IngressServiceBackend } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { type Annotations, annotationsOf } from "#kernel/network/ingress.annotations";
import type { Registry } from "#kernel/registry/registry";
import type { View } from "#kernel/registry/view";
import { ingresses } from "#kernel/resources/networking/ingress";
import { isServedClass, isServedIngress } from "#kernel/resources/networking/ingress.facts";
import { ingressclasses } from "#kernel/resources/networking/ingressclass";

/** A Service behind a path. */
export interface Target {
  readonly namespace: string;
  readonly service?: IngressServiceBackend;
}

/** A second version of what is behind a path, for some of the requests. */
export interface Canary extends Target {
  readonly annotations: Annotations;
}

export interface Location extends Target {
  /** The Ingress it is of, by its key. */
  readonly ingress: string;
  readonly path: string;
  readonly pathType: string;
  /** How requests are matched where a regular expression is asked for. */
  readonly pattern: RE2JS | undefined;
  readonly annotations: Annotations;
  readonly hasTls: boolean;
  readonly canaries: Canary[];
}

/** The server of requests no other server is for. */
const ANY_HOST = "";

export class IngressRoutes {
  /** Whether anything serves Ingresses at all. */
  isOpen = false;
  #servers = new Map<string, Location[]>();
  #www = new Map<string, string>();
  #isStale = true;

  /** Something has changed: the table is made anew when it is next asked. */
  forget(): void {
    this.#isStale = true;
  }

  /** The paths of a host, the first that fits being the one; undefined if no rule names the host. */
  server(registry: Registry, host: string): readonly Location[] | undefined {
    this.#refresh(registry);
    return this.#servers.get(host) ?? this.#servers.get(host.replace(/^[^.]+\./, "*."));
  }

  /** The host with or without `www.` to which clients of another are sent. */
  wwwOf(registry: Registry, host: string): string | undefined {
    this.#refresh(registry);
    return this.#servers.has(host) ? undefined : this.#www.get(host);
  }

  /** The paths of rules without a host, and the default backend. */
  anyServer(registry: Registry): readonly Location[] {
    this.#refresh(registry);
    return this.#servers.get(ANY_HOST) ?? [];
  }

  /** Whether the controller listens. */
  listens(registry: Registry): boolean {
    this.#refresh(registry);
    return this.isOpen;
  }

  #refresh({ store }: Registry): void {
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#servers = new Map();
    this.#www = new Map();
    const classes = (store.list(ingressclasses.bucket, undefined) as readonly IngressClass[]).filter(isServedClass);
    this.isOpen = classes.length > 0;
    if (!this.isOpen) return;
    const names = new Set(classes.map(({ metadata }) => metadata.name));
    // Of two rules for one path the older Ingress wins.
    const served = (store.list(ingresses.bucket, undefined) as readonly Ingress[])
      .filter((ingress) => isServedIngress(ingress, names))
      .sort(({ metadata: a }, { metadata: b }) =>
        compareText(String(a.creationTimestamp ?? ""), String(b.creationTimestamp ?? "")),
      );
    const isCanary = (ingress: Ingress): boolean => annotationsOf(ingress)["canary"] === "true";
    for (const ingress of served) if (!isCanary(ingress)) this.#add(ingress);
    for (const ingress of served) if (isCanary(ingress)) this.#addCanary(ingress);
    for (const locations of this.#servers.values()) order(locations);
  }

  #add(ingress: Ingress): void {
    const { spec = {}, metadata } = ingress;
    const annotations = annotationsOf(ingress);
    const { rules = [], defaultBackend } = spec;
    const usesRegex = annotations["use-regex"] === "true" || annotations["rewrite-target"] !== undefined;
    const add = (host: string, path: string, pathType: string, backend: IngressBackend): void => {
      const locations = this.#servers.get(host) ?? [];
      this.#servers.set(host, locations);
      if (locations.some((one) => one.path === path && one.pathType === pathType)) return;
      const pattern = usesRegex ? patternOf(path) : undefined;
      const hasTls = (spec.tls ?? []).some(({ hosts = [] }) => hosts.length === 0 || hosts.includes(host));
      const { namespace = "" } = metadata;
      const ingress = `${namespace}/${metadata.name}`;
      const own = { ingress, path, pathType, pattern, annotations, hasTls, canaries: [] };
      locations.push({ ...own, ...targetOf(namespace, backend) });
    };
    const aliases = (annotations["server-alias"] ?? "").split(",").map((name) => name.trim().toLowerCase());
    for (const { host = ANY_HOST, http } of rules) {
      if (annotations["from-to-www-redirect"] === "true" && host !== ANY_HOST) {
        this.#www.set(host.startsWith("www.") ? host.slice(4) : `www.${host}`, host);
      }
      for (const name of [host, ...aliases.filter((alias) => alias !== "")]) {
        for (const { path = "", pathType, backend } of http?.paths ?? []) add(name, path || "/", pathType, backend);
      }
    }
    if (defaultBackend === undefined) return;
    const hosts = rules.length === 0 ? [ANY_HOST] : rules.map(({ host = ANY_HOST }) => host);
    for (const host of hosts) add(host, "/", "Prefix", defaultBackend);
  }

  #addCanary(ingress: Ingress): void {
    const annotations = annotationsOf(ingress);
    for (const { host = ANY_HOST, http } of ingress.spec?.rules ?? []) {
      for (const { path = "", backend } of http?.paths ?? []) {
        const main = this.#servers.get(host)?.find((one) => one.path === (path || "/"));
        main?.canaries.push({ annotations, ...targetOf(ingress.metadata.namespace ?? "", backend) });
      }
    }
  }
}

const targetOf = (namespace: string, { service }: IngressBackend): Target => ({
  namespace,
  ...(service !== undefined && { service }),
});

/**
 * A path as the regular expression nginx makes of it, in a grammar that is matched in linear time; undefined if it is
 * none, so that it is taken literally.
 */
function patternOf(path: string): RE2JS | undefined {
  try {
    return RE2JS.compile(`^${path}`, RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}

/** Exact paths first, then the longest. */
function order(locations: Location[]): void {
  const isExact = ({ pathType }: Location): number => (pathType === "Exact" ? 0 : 1);
  locations.sort((a, b) => isExact(a) - isExact(b) || b.path.length - a.path.length || compareText(a.path, b.path));
}

/** Whether a location is for a path. */
export function fits({ path, pathType, pattern }: Location, asked: string): boolean {
  if (pathType === "Exact") return asked === path;
  if (pattern !== undefined) return pattern.matcher(asked).find();
  if (pathType !== "Prefix") return asked.startsWith(path);
  const stem = path.endsWith("/") ? path.slice(0, -1) : path;
  return asked === stem || asked.startsWith(`${stem}/`) || stem === "";
}

export const INGRESS_ROUTES: View<IngressRoutes> = {
  name: "network/ingress-routes",
  create: () => new IngressRoutes(),
  apply(routes, { bucket }) {
    if (bucket === ingresses.bucket || bucket === ingressclasses.bucket) routes.forget();
  },
};
