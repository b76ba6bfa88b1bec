/**
 * The Gateway API as its CustomResourceDefinitions bring it: which kinds there are, and what of them is read.
 *
 * Models gateway.networking.k8s.io: GatewayClass, Gateway, the routes of HTTP, gRPC, TLS, TCP and UDP, ReferenceGrant.
 * Leaves out ListenerSet and the policies: nobody sets a status of theirs.
 */
import type { Condition, LabelSelector } from "#kernel/api/types.gen";
import type { Registry } from "#kernel/registry/registry";
import type { Bucket, KubeObject } from "#kernel/store/object";

export const GROUP = "gateway.networking.k8s.io";
/** What a class must name as its controller to be served, and the class every cluster with the kinds has. */
export const GATEWAY_CONTROLLER = "drydock.dev/gateway-controller";
export const GATEWAY_CLASS = "drydock";

export const BUCKETS = {
  classes: `gatewayclasses.${GROUP}`,
  gateways: `gateways.${GROUP}`,
  grants: `referencegrants.${GROUP}`,
} as const;

/** The kinds of routes, and the listeners they fit. */
export const ROUTES = {
  HTTPRoute: { bucket: `httproutes.${GROUP}`, protocols: ["HTTP", "HTTPS"] },
  GRPCRoute: { bucket: `grpcroutes.${GROUP}`, protocols: ["HTTP", "HTTPS"] },
  TLSRoute: { bucket: `tlsroutes.${GROUP}`, protocols: ["TLS"] },
  TCPRoute: { bucket: `tcproutes.${GROUP}`, protocols: ["TCP"] },
  UDPRoute: { bucket: `udproutes.${GROUP}`, protocols: ["UDP"] },
} as const;

export type RouteKind = keyof typeof ROUTES;
export const ROUTE_KINDS = Object.keys(ROUTES) as readonly RouteKind[];

/** Whether changes of a kind matter here. */
export const isGatewayBucket = (bucket: Bucket): boolean =>
  Object.values<string>(BUCKETS).includes(bucket) || ROUTE_KINDS.some((kind) => ROUTES[kind].bucket === bucket);

/** The kinds of routes a protocol takes. */
export const kindsFor = (protocol: string): readonly RouteKind[] =>
  ROUTE_KINDS.filter((kind) => (ROUTES[kind].protocols as readonly string[]).includes(protocol));

export interface GatewayClass extends KubeObject {
  spec: { controllerName: string; parametersRef?: Reference };
  status?: { conditions?: Condition[]; supportedFeatures?: { name: string }[] };
}

export interface Listener {
  name: string;
  hostname?: string;
  port: number;
  protocol: string;
  tls?: { mode?: string; certificateRefs?: Reference[] };
  allowedRoutes?: {
    namespaces?: { from?: "All" | "Same" | "Selector" | "None"; selector?: LabelSelector };
    kinds?: { group?: string; kind: string }[];
  };
}

export interface ListenerStatus {
  name: string;
  supportedKinds: { group: string; kind: string }[];
  attachedRoutes: number;
  conditions: Condition[];
}

export interface Gateway extends KubeObject {
  spec: {
    gatewayClassName: string;
    listeners: Listener[];
    addresses?: { type?: string; value?: string }[];
    infrastructure?: { parametersRef?: Reference };
  };
  status?: { addresses?: { type: string; value: string }[]; conditions?: Condition[]; listeners?: ListenerStatus[] };
}

/** A reference to an object, with the defaults of the field it stands in. */
export interface Reference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
}

export interface ParentRef extends Reference {
  sectionName?: string;
  port?: number;
}

export interface NameValue {
  type?: string;
  name: string;
  value: string;
}

export interface Modifier {
  set?: NameValue[];
  add?: NameValue[];
  remove?: string[];
}

export interface PathModifier {
  type: "ReplaceFullPath" | "ReplacePrefixMatch";
  replaceFullPath?: string;
  replacePrefixMatch?: string;
}

export interface Filter {
  type: string;
  requestHeaderModifier?: Modifier;
  responseHeaderModifier?: Modifier;
  requestMirror?: { backendRef: BackendRef; percent?: number; fraction?: { numerator: number; denominator?: number } };
  requestRedirect?: { scheme?: string; hostname?: string; path?: PathModifier; port?: number; statusCode?: number };
  urlRewrite?: { hostname?: string; path?: PathModifier };
  cors?: Cors;
}

export interface Cors {
  allowOrigins?: string[];
  allowCredentials?: boolean;
  allowMethods?: string[];
  allowHeaders?: string[];
  exposeHeaders?: string[];
  maxAge?: number;
}

export interface BackendRef extends Reference {
  port?: number;
  weight?: number;
  filters?: Filter[];
}

export interface Match {
  path?: { type?: string; value?: string };
  headers?: NameValue[];
  queryParams?: NameValue[];
  /** The method of HTTP, or that of gRPC. */
  method?: string | { type?: string; service?: string; method?: string };
}

export interface Rule {
  matches?: Match[];
  filters?: Filter[];
  backendRefs?: BackendRef[];
  timeouts?: { request?: string; backendRequest?: string };
  retry?: { codes?: number[]; attempts?: number; backoff?: string };
  sessionPersistence?: object;
}

export interface ParentStatus {
  parentRef: ParentRef;
  controllerName: string;
  conditions: Condition[];
}

/** A route of any kind. */
export interface Route extends KubeObject {
  spec: { parentRefs?: ParentRef[]; hostnames?: string[]; rules?: Rule[] };
  status?: { parents?: ParentStatus[] };
}

export interface ReferenceGrant extends KubeObject {
  spec: {
    from: { group: string; kind: string; namespace: string }[];
    to: { group: string; kind: string; name?: string }[];
  };
}

/** A route and its kind. */
export interface KindOfRoute {
  readonly kind: RouteKind;
  readonly route: Route;
}

/** The routes of all kinds. */
export const routesOf = (registry: Registry): readonly KindOfRoute[] =>
  ROUTE_KINDS.flatMap((kind) => allOf<Route>(registry, ROUTES[kind].bucket).map((route) => ({ kind, route })));

/** All objects of a kind, in the order of their keys; none where the kind is not installed. */
export function allOf<T extends KubeObject>({ store }: Registry, bucket: Bucket): readonly T[] {
  return store.list(bucket, undefined) as unknown as readonly T[];
}

/** The names of the classes that are served here. */
export const servedClasses = (registry: Registry): ReadonlySet<string> =>
  new Set(
    allOf<GatewayClass>(registry, BUCKETS.classes)
      .filter(({ spec }) => spec.controllerName === GATEWAY_CONTROLLER)
      .map(({ metadata }) => metadata.name),
  );
