/**
 * Gateway controller: serves the Gateways of its class where the kinds of the Gateway API are installed: it gives them
 * addresses and says of them and of the routes what became of each; #kernel/network/gateway takes the requests.
 *
 * Models an implementation of gateway.networking.k8s.io/v1 that stands beside the cluster like a cloud's.
 */
import type { Condition } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { timeText } from "#kernel/apimachinery/time";
import { watchingEverything } from "#kernel/controllers/shared/kinds";
import {
  attachmentOf,
  isGatewayRef,
  listenerRefs,
  listenerVerdict,
  routeRefs,
  supportedKinds,
  type Verdict,
} from "#kernel/network/gateway/attach";
import {
  allOf,
  BUCKETS,
  GATEWAY_CLASS,
  GATEWAY_CONTROLLER,
  type Gateway,
  type GatewayClass,
  GROUP,
  type KindOfRoute,
  type Listener,
  type ListenerStatus,
  type ParentStatus,
  ROUTE_KINDS,
  ROUTES,
  routesOf,
  servedClasses,
} from "#kernel/network/gateway/kinds";
import { type Context, type Controller, done } from "#kernel/registry/controller";
import type { Resource } from "#kernel/registry/definition";
import { namespaces } from "#kernel/resources/core/namespace";
import { secrets } from "#kernel/resources/core/secret";
import { services } from "#kernel/resources/core/service";
import { equal } from "#kernel/sim/clone";
import type { Bucket, KubeObject } from "#kernel/store/object";

/** Addresses of Gateways: 172.19.255.110 to 172.19.255.190. */
const PREFIX = "172.19.255.";
const [FIRST, LAST] = [110, 190];
/** The room of their leases; the id is the address. */
const LEASES = "gateway-addresses";
/** What a class says it can do, by the names of the project's conformance tests. */
const FEATURES = [
  ...["GRPCRoute", "Gateway", "GatewayHTTPListenerIsolation", "GatewayPort8080", "GatewayStaticAddresses"],
  ...["HTTPRoute", "HTTPRouteBackendProtocolWebSocket", "HTTPRouteBackendRequestHeaderModification"],
  ...["HTTPRouteBackendTimeout", "HTTPRouteCORS", "HTTPRouteHostRewrite", "HTTPRouteMethodMatching"],
  ...["HTTPRouteParentRefPort", "HTTPRoutePathRedirect", "HTTPRoutePathRewrite", "HTTPRoutePortRedirect"],
  ...["HTTPRouteQueryParamMatching", "HTTPRouteRequestMirror", "HTTPRouteRequestMultipleMirrors"],
  ...["HTTPRouteRequestPercentageMirror", "HTTPRouteRequestTimeout", "HTTPRouteResponseHeaderModification"],
  ...["HTTPRouteSchemeRedirect", "ReferenceGrant", "TCPRoute", "TLSRoute", "UDPRoute"],
].map((name) => ({ name }));
/** The one thing there is to look at: whatever changes, everything is compared. */
const ALL = [{ namespace: "", name: "all" }];
const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";
const WATCHED: readonly string[] = [
  ...Object.values(BUCKETS),
  ...ROUTE_KINDS.map((kind) => ROUTES[kind].bucket),
  DEFINITIONS,
  services.bucket,
  secrets.bucket,
  namespaces.bucket,
];

export const gatewayController: Controller = {
  name: "gateway-controller",
  component: "controllerManager",
  watches: [
    watchingEverything(({ bucket }, { registry }) =>
      WATCHED.includes(bucket) && registry.resourceOfBucket(BUCKETS.classes) !== undefined ? ALL : [],
    ),
  ],

  reconcile(context) {
    const { registry } = context.client;
    if (registry.resourceOfBucket(BUCKETS.classes) === undefined) return done;
    makeClass(context);
    for (const one of allOf<GatewayClass>(registry, BUCKETS.classes)) acceptClass(context, one);
    const classes = servedClasses(registry);
    const gateways = allOf<Gateway>(registry, BUCKETS.gateways).filter(({ spec }) =>
      classes.has(spec.gatewayClassName),
    );
    freeAddresses(context, gateways);
    for (const gateway of gateways) serve(context, gateway);
    for (const one of routesOf(registry)) judge(context, one, gateways);
    return done;
  },
};

/** A class to name, once: who deletes it wants none. */
function makeClass({ client, cells }: Context): void {
  if (cells.get("cluster", "gateway-class") !== undefined) return;
  cells.put("cluster", "gateway-class", true);
  const resource = client.registry.resourceOfBucket(BUCKETS.classes) as Resource<GatewayClass> | undefined;
  if (resource === undefined || client.get(resource, { namespace: "", name: GATEWAY_CLASS }) !== undefined) return;
  client.create(resource, { metadata: { name: GATEWAY_CLASS }, spec: { controllerName: GATEWAY_CONTROLLER } });
}

function acceptClass(context: Context, one: GatewayClass): void {
  if (one.spec.controllerName !== GATEWAY_CONTROLLER) return;
  const hasParameters = one.spec.parametersRef !== undefined;
  const conditions = conditionsOf(context, one, one.status?.conditions, {
    Accepted: hasParameters
      ? { isTrue: false, reason: "InvalidParameters", message: "The class takes no parameters" }
      : { isTrue: true, reason: "Accepted", message: "GatewayClass is accepted" },
    SupportedVersion: { isTrue: true, reason: "SupportedVersion", message: "The kinds are of a version that is known" },
  });
  write(context, BUCKETS.classes, one, { ...one.status, conditions, supportedFeatures: FEATURES });
}

function freeAddresses({ cells }: Context, gateways: readonly Gateway[]): void {
  const uids = new Set(gateways.map(({ metadata }) => metadata.uid));
  for (const [ip, uid] of [...cells.entries<string>(LEASES)]) if (!uids.has(uid)) cells.delete(LEASES, ip);
}

/** The address of a Gateway: the one it wants, else any; undefined if it is taken, or all are. */
function addressOf({ cells }: Context, { metadata, spec }: Gateway): string | undefined {
  const { uid = "" } = metadata;
  const wanted = spec.addresses?.map(({ value = "" }) => value).find((value) => value !== "");
  for (const [ip, holder] of [...cells.entries<string>(LEASES)]) {
    if (holder !== uid) continue;
    if (wanted === undefined || wanted === ip) return ip;
    cells.delete(LEASES, ip);
  }
  if (wanted !== undefined) {
    const last = Number(wanted.slice(PREFIX.length));
    const isOurs = wanted.startsWith(PREFIX) && Number.isInteger(last) && last >= FIRST && last <= LAST;
    if (!isOurs || cells.get(LEASES, wanted) !== undefined) return undefined;
    cells.put(LEASES, wanted, uid);
    return wanted;
  }
  for (let last = FIRST; last <= LAST; last += 1) {
    const ip = `${PREFIX}${last}`;
    if (cells.get(LEASES, ip) !== undefined) continue;
    cells.put(LEASES, ip, uid);
    return ip;
  }
  return undefined;
}

function serve(context: Context, gateway: Gateway): void {
  const ip = addressOf(context, gateway);
  const { status = {} } = gateway;
  const listeners = gateway.spec.listeners.map((listener) => listenerStatus(context, gateway, listener));
  const isServed = ip !== undefined;
  const programmed = isServed
    ? { isTrue: true, reason: "Programmed", message: "Gateway is programmed" }
    : gateway.spec.addresses?.some(({ value = "" }) => value !== "") === true
      ? {
          isTrue: false,
          reason: "AddressNotUsable",
          message: `Addresses are ${PREFIX}${FIRST} to ${LAST}, one to each`,
        }
      : { isTrue: false, reason: "AddressNotAssigned", message: "All addresses are taken" };
  const isFine = ({ type, status: is }: Condition): boolean => is === (type === "Conflicted" ? "False" : "True");
  const valid = listeners.every(({ conditions }) => conditions.every(isFine));
  const accepted =
    wrongIn(gateway) ??
    (valid
      ? { isTrue: true, reason: "Accepted", message: "Gateway is accepted" }
      : { isTrue: true, reason: "ListenersNotValid", message: "Some listeners are not valid" });
  write(context, BUCKETS.gateways, gateway, {
    ...status,
    ...(isServed && { addresses: [{ type: "IPAddress", value: ip }] }),
    conditions: conditionsOf(context, gateway, status.conditions, { Accepted: accepted, Programmed: programmed }),
    listeners,
  });
}

/** What of a Gateway cannot be obeyed. */
function wrongIn({ spec }: Gateway): Verdict | undefined {
  if (spec.infrastructure?.parametersRef !== undefined) {
    return { isTrue: false, reason: "InvalidParameters", message: "Gateways take no parameters" };
  }
  const odd = spec.addresses?.find(({ type = "IPAddress" }) => type !== "IPAddress");
  if (odd === undefined) return undefined;
  return { isTrue: false, reason: "UnsupportedAddress", message: `Addresses of type ${odd.type} are not supported` };
}

function listenerStatus(context: Context, gateway: Gateway, listener: Listener): ListenerStatus {
  const { registry } = context.client;
  const old = gateway.status?.listeners?.find(({ name }) => name === listener.name);
  const accepted = listenerVerdict(listener);
  const refs = listenerRefs(registry, gateway, listener);
  const clash = gateway.spec.listeners.find(
    (other) => other.name !== listener.name && other.port === listener.port && isClash(other, listener),
  );
  const isFine = accepted.isTrue && refs.isTrue && clash === undefined;
  return {
    name: listener.name,
    supportedKinds: supportedKinds(listener).map((kind) => ({ group: GROUP, kind })),
    attachedRoutes: routesOf(registry).filter((one) =>
      (one.route.spec.parentRefs ?? []).some(
        (ref) =>
          isGatewayRef(ref) &&
          (ref.namespace ?? one.route.metadata.namespace) === gateway.metadata.namespace &&
          ref.name === gateway.metadata.name &&
          attachmentOf(registry, gateway, one, ref).listeners.includes(listener),
      ),
    ).length,
    conditions: conditionsOf(context, gateway, old?.conditions, {
      Accepted: accepted,
      Conflicted: {
        isTrue: clash !== undefined,
        reason: clashReason(clash, listener),
        message: clash === undefined ? "No conflicts" : `Listener ${clash.name} has the same port`,
      },
      Programmed: isFine
        ? { isTrue: true, reason: "Programmed", message: "Listener is programmed" }
        : { isTrue: false, reason: "Invalid", message: "Listener is not valid" },
      ResolvedRefs: refs,
    }),
  };
}

/** Two listeners of a port: they speak otherwise, over the same transport, or claim the same name. */
const isClash = (a: Listener, b: Listener): boolean =>
  (a.protocol !== b.protocol && (a.protocol === "UDP") === (b.protocol === "UDP")) ||
  (a.protocol === b.protocol && (a.hostname ?? "").toLowerCase() === (b.hostname ?? "").toLowerCase());

function clashReason(clash: Listener | undefined, { protocol }: Listener): string {
  if (clash === undefined) return "NoConflicts";
  return clash.protocol === protocol ? "HostnameConflict" : "ProtocolConflict";
}

/** Says of a route what became of each of its references to a Gateway that is served. */
function judge(context: Context, one: KindOfRoute, gateways: readonly Gateway[]): void {
  const { registry } = context.client;
  const { kind, route } = one;
  const others = (route.status?.parents ?? []).filter(({ controllerName }) => controllerName !== GATEWAY_CONTROLLER);
  const ours: ParentStatus[] = [];
  for (const ref of route.spec.parentRefs ?? []) {
    const { namespace = route.metadata.namespace, name } = ref;
    const gateway = gateways.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
    if (!isGatewayRef(ref) || gateway === undefined) continue;
    const old = route.status?.parents?.find(
      (parent) => parent.controllerName === GATEWAY_CONTROLLER && equal(parent.parentRef, ref),
    );
    const { verdict } = attachmentOf(registry, gateway, one, ref);
    const conditions = { Accepted: verdict, ResolvedRefs: routeRefs(registry, one) };
    ours.push({
      parentRef: ref,
      controllerName: GATEWAY_CONTROLLER,
      conditions: conditionsOf(context, route, old?.conditions, conditions),
    });
  }
  const before = route.status?.parents ?? [];
  if (ours.length === 0 && before.length === others.length) return;
  write(context, ROUTES[kind].bucket, route, { ...route.status, parents: [...others, ...ours] });
}

/** Conditions as an object's status shows them; a time changes with its status only. */
function conditionsOf(
  { now }: Context,
  { metadata }: KubeObject,
  old: readonly Condition[] | undefined,
  verdicts: Readonly<Record<string, Verdict>>,
): Condition[] {
  return Object.entries(verdicts).map(([type, { isTrue, reason, message }]) => {
    const status = isTrue ? "True" : "False";
    const before = old?.find((one) => one.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timeText(now);
    return { type, status, reason, message, lastTransitionTime, observedGeneration: metadata.generation ?? 1 };
  });
}

function write(context: Context, bucket: Bucket, object: KubeObject & { status?: unknown }, status: object): void {
  const resource = context.client.registry.resourceOfBucket(bucket) as
    | Resource<KubeObject & { status?: object }>
    | undefined;
  if (resource === undefined || equal(object.status, status)) return;
  const fresh = context.client.get(resource, keyOf(object));
  if (fresh !== undefined) context.client.updateStatus(resource, fresh, status);
}
