/**
 * Which routes a Gateway's listeners take, and what their references lead to: said in conditions by the controller,
 * and done by the data plane.
 *
 * Models the rules of attachment and the reasons of conditions of gateway.networking.k8s.io/v1.
 */
import type { Secret } from "#kernel/api/types.gen";
import { matches as matchesSelector } from "#kernel/apimachinery/labels";
import {
  allOf,
  type BackendRef,
  BUCKETS,
  type Filter,
  type Gateway,
  GROUP,
  type KindOfRoute,
  kindsFor,
  type Listener,
  type ParentRef,
  type Reference,
  type ReferenceGrant,
  type Route,
  type RouteKind,
} from "#kernel/network/gateway/kinds";
import type { Registry } from "#kernel/registry/registry";
import { patternProblem } from "#kernel/resources/apiextensions/custom/pattern";
import { namespaces } from "#kernel/resources/core/namespace";
import { secrets } from "#kernel/resources/core/secret";
import { services } from "#kernel/resources/core/service";
import type { KubeObject } from "#kernel/store/object";

/** What a condition says: True with a reason, or False with one. */
export interface Verdict {
  readonly isTrue: boolean;
  readonly reason: string;
  readonly message: string;
}

const yes = (reason: string, message: string): Verdict => ({ isTrue: true, reason, message });
const no = (reason: string, message: string): Verdict => ({ isTrue: false, reason, message });

/** Whether a listener can be served. */
export function listenerVerdict({ protocol }: Listener): Verdict {
  if (kindsFor(protocol).length > 0) return yes("Accepted", "Listener is accepted");
  return no("UnsupportedProtocol", `Protocol ${protocol} is not simulated`);
}

/** Whether what a listener refers to is there: its certificates, the kinds of routes it allows. */
export function listenerRefs(
  registry: Registry,
  gateway: Gateway,
  { tls, allowedRoutes, protocol }: Listener,
): Verdict {
  const wrong = (allowedRoutes?.kinds ?? []).find(({ group = GROUP, kind }) => !fitsListener(protocol, group, kind));
  if (wrong !== undefined) return no("InvalidRouteKinds", `Route kind ${wrong.kind} is not supported`);
  const isEnded = protocol === "HTTPS" || (protocol === "TLS" && tls?.mode !== "Passthrough");
  if (!isEnded) return yes("ResolvedRefs", "All references are resolved");
  if ((tls?.certificateRefs ?? []).length === 0) return no("InvalidCertificateRef", "No certificate is referred to");
  for (const ref of tls?.certificateRefs ?? []) {
    const { namespace = gateway.metadata.namespace ?? "", name } = ref;
    const target = { group: ref.group ?? "", kind: ref.kind ?? "Secret", namespace, name };
    if (!isGranted(registry, gateway, "Gateway", target)) {
      return no("RefNotPermitted", `Reference to Secret ${namespace}/${name} is not permitted by any ReferenceGrant`);
    }
    const secret = registry.store.get(secrets.bucket, { namespace, name }) as Secret | undefined;
    if (target.kind !== "Secret" || secret === undefined) {
      return no("InvalidCertificateRef", `Secret ${namespace}/${name} not found`);
    }
    if (!["tls.crt", "tls.key"].every((key) => isPem(secret.data?.[key]))) {
      return no("InvalidCertificateRef", `Secret ${namespace}/${name} holds no certificate with its key`);
    }
  }
  return yes("ResolvedRefs", "All references are resolved");
}

/** `-----BEGIN ` in base64. */
const isPem = (encoded: string | undefined): boolean => encoded?.startsWith("LS0tLS1CRUdJTi") === true;

const fitsListener = (protocol: string, group: string, kind: string): boolean =>
  group === GROUP && (kindsFor(protocol) as readonly string[]).includes(kind);

/** The kinds of routes a listener takes. */
export function supportedKinds({ protocol, allowedRoutes }: Listener): readonly RouteKind[] {
  const wanted = allowedRoutes?.kinds ?? [];
  return kindsFor(protocol).filter(
    (own) => wanted.length === 0 || wanted.some(({ group = GROUP, kind }) => group === GROUP && kind === own),
  );
}

/** Whether a reference stays in its namespace, or a ReferenceGrant of the other lets it in. */
function isGranted(registry: Registry, from: KubeObject, kind: string, to: Required<Reference>): boolean {
  const { namespace = "" } = from.metadata;
  if (to.namespace === namespace) return true;
  return allOf<ReferenceGrant>(registry, BUCKETS.grants).some(
    ({ metadata, spec }) =>
      metadata.namespace === to.namespace &&
      spec.from.some((one) => one.group === GROUP && one.kind === kind && one.namespace === namespace) &&
      spec.to.some((one) => one.group === to.group && one.kind === to.kind && (one.name ?? to.name) === to.name),
  );
}

/** What became of one reference of a route to a Gateway. */
export interface Attachment {
  readonly verdict: Verdict;
  /** The listeners that take it. */
  readonly listeners: readonly Listener[];
}

/** Whether a reference is one to a Gateway. */
export const isGatewayRef = ({ group = GROUP, kind = "Gateway" }: ParentRef): boolean =>
  group === GROUP && kind === "Gateway";

/** The listeners of a Gateway that take a route by one of its references. */
export function attachmentOf(
  registry: Registry,
  gateway: Gateway,
  { kind, route }: KindOfRoute,
  ref: ParentRef,
): Attachment {
  const none = (reason: string, message: string): Attachment => ({ verdict: no(reason, message), listeners: [] });
  const unsupported = unsupportedIn(kind, route);
  if (unsupported !== undefined) return none("UnsupportedValue", unsupported);
  const named = gateway.spec.listeners.filter(
    ({ name, port }) => (ref.sectionName ?? name) === name && (ref.port ?? port) === port,
  );
  if (named.length === 0) return none("NoMatchingParent", "No listener of the Gateway matches the reference");
  const served = named.filter((listener) => listenerVerdict(listener).isTrue);
  const allowed = served.filter((listener) => allows(registry, gateway, listener, { kind, route }));
  if (allowed.length === 0)
    return none("NotAllowedByListeners", "No listener allows routes of this kind and namespace");
  // What is no name in a connection binds to a port alone.
  if (kind === "TCPRoute" || kind === "UDPRoute") {
    return { verdict: yes("Accepted", "Route is accepted"), listeners: allowed };
  }
  const listeners = allowed.filter(({ hostname }) => commonHosts(hostname, route.spec.hostnames).length > 0);
  if (listeners.length === 0) {
    return none("NoMatchingListenerHostname", "No hostname of the route is one of the listener's");
  }
  return { verdict: yes("Accepted", "Route is accepted"), listeners };
}

function allows(registry: Registry, gateway: Gateway, listener: Listener, { kind, route }: KindOfRoute): boolean {
  const { allowedRoutes } = listener;
  if (!supportedKinds(listener).includes(kind)) return false;
  const { from = "Same", selector } = allowedRoutes?.namespaces ?? {};
  if (from === "All") return true;
  if (from === "None") return false;
  if (from === "Same") return route.metadata.namespace === gateway.metadata.namespace;
  const room = registry.store.get(namespaces.bucket, { namespace: "", name: route.metadata.namespace ?? "" });
  return selector !== undefined && matchesSelector(selector, (room as KubeObject | undefined)?.metadata.labels);
}

/** Hosts that both a listener and a route serve; `*` stands for all. */
export function commonHosts(listener: string | undefined, hostnames: readonly string[] | undefined): string[] {
  const own = listener === undefined || listener === "" ? "*" : listener.toLowerCase();
  if (hostnames === undefined || hostnames.length === 0) return [own];
  return hostnames.flatMap((name) => {
    const host = name.toLowerCase();
    if (own === "*" || own === host || isBelow(host, own)) return [host];
    return isBelow(own, host) ? [own] : [];
  });
}

/** Whether `*.example.com` covers a name. */
export const isBelow = (host: string, wildcard: string): boolean =>
  wildcard.startsWith("*.") && host.endsWith(wildcard.slice(1)) && host.length > wildcard.length - 1;

const FILTERS = [
  ...["RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "RequestRedirect", "URLRewrite", "CORS"],
];

/** What of a route is not simulated, in a sentence. */
function unsupportedIn(kind: RouteKind, { spec }: Route): string | undefined {
  const rules = spec.rules ?? [];
  const filters = rules.flatMap(({ filters: own = [], backendRefs = [] }): Filter[] => [
    ...own,
    ...backendRefs.flatMap(({ filters: inner = [] }) => inner),
  ]);
  const known =
    kind === "GRPCRoute"
      ? FILTERS.filter((type) => !["RequestRedirect", "URLRewrite", "CORS"].includes(type))
      : FILTERS;
  const wrong = filters.find(({ type }) => !known.includes(type));
  if (wrong !== undefined) return `Filter ${wrong.type} is not simulated`;
  if (rules.some(({ sessionPersistence }) => sessionPersistence !== undefined)) {
    return "Session persistence is not simulated";
  }
  const pattern = rules
    .flatMap(({ matches = [] }) =>
      matches.flatMap(({ path, headers = [], queryParams = [] }) => [path, ...headers, ...queryParams]),
    )
    .find((one) => one?.type === "RegularExpression" && patternProblem(one.value ?? "") !== undefined);
  return pattern === undefined ? undefined : `${pattern.value} is no regular expression`;
}

/** Whether what a rule sends to is there. */
export function backendVerdict(registry: Registry, { kind: own, route }: KindOfRoute, ref: BackendRef): Verdict {
  const { group = "", kind = "Service", namespace = route.metadata.namespace ?? "", name, port } = ref;
  if (group !== "" || kind !== "Service") return no("InvalidKind", `Kind ${kind} is not supported as a backend`);
  if (!isGranted(registry, route, own, { group, kind, namespace, name })) {
    return no("RefNotPermitted", `Reference to Service ${namespace}/${name} is not permitted by any ReferenceGrant`);
  }
  const service = registry.store.get(services.bucket, { namespace, name }) as
    | { readonly spec: { readonly ports?: readonly { readonly port: number }[] } }
    | undefined;
  if (service === undefined) return no("BackendNotFound", `Service ${namespace}/${name} not found`);
  if (service.spec.ports?.some((one) => one.port === port) !== true) {
    return no("BackendNotFound", `Service ${namespace}/${name} has no port ${port}`);
  }
  return yes("ResolvedRefs", "All references are resolved");
}

/** Everything a rule may send to. */
export const backendsOf = ({ spec }: Route): readonly BackendRef[] =>
  (spec.rules ?? []).flatMap(({ backendRefs = [], filters = [] }) => [
    ...backendRefs,
    ...filters.flatMap(({ requestMirror }) => (requestMirror === undefined ? [] : [requestMirror.backendRef])),
  ]);

/** Whether all a route refers to is there. */
export function routeRefs(registry: Registry, one: KindOfRoute): Verdict {
  for (const ref of backendsOf(one.route)) {
    const verdict = backendVerdict(registry, one, ref);
    if (!verdict.isTrue) return verdict;
  }
  return yes("ResolvedRefs", "All references are resolved");
}
