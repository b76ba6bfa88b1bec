/**
 * The Gateway API as its CustomResourceDefinitions bring it: which kinds there are, and what of them is read.
 *
 * Models gateway.networking.k8s.io/v1 (GatewayClass, Gateway, HTTPRoute) and v1beta1 (ReferenceGrant).
 * Leaves out GRPCRoute, TLSRoute, TCPRoute and UDPRoute: a listener of another protocol says that it is not supported.
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
  routes: `httproutes.${GROUP}`,
  grants: `referencegrants.${GROUP}`,
} as const;

export interface GatewayClass extends KubeObject {
  spec: { controllerName: string };
  status?: { conditions?: Condition[] };
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
  spec: { gatewayClassName: string; listeners: Listener[] };
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
  method?: string;
}

export interface Rule {
  matches?: Match[];
  filters?: Filter[];
  backendRefs?: BackendRef[];
  timeouts?: { request?: string; backendRequest?: string };
}

export interface ParentStatus {
  parentRef: ParentRef;
  controllerName: string;
  conditions: Condition[];
}

export interface HttpRoute extends KubeObject {
  spec: { parentRefs?: ParentRef[]; hostnames?: string[]; rules?: Rule[] };
  status?: { parents?: ParentStatus[] };
}

export interface ReferenceGrant extends KubeObject {
  spec: {
    from: { group: string; kind: string; namespace: string }[];
    to: { group: string; kind: string; name?: string }[];
  };
}

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
