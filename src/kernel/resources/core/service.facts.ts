/**
 * Pure questions about Services: which of their fields their type gives a meaning.
 *
 * Models pkg/api/service/util.go.
 */
import type { Service, ServiceSpec } from "#kernel/api/types.gen";

/** The clusterIP of a Service that has none and wants none. */
export const NO_CLUSTER_IP = "None";

/** The plain IPs of a Service: no "None", nothing that is still to be allocated. */
export const clusterIpsOf = ({ spec }: Service): readonly string[] =>
  (spec.clusterIPs ?? []).filter((ip) => ip !== NO_CLUSTER_IP && ip !== "");

/** Whether DNS answers with the endpoints themselves. */
export const isHeadless = ({ spec }: Service): boolean =>
  spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === NO_CLUSTER_IP;

/** Labels that take a Service from the nodes' proxy: it is another proxy's, or nobody's. */
const NOT_PROXIED = ["service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless"];

/** Whether the nodes' own proxy has rules for the Service. */
export const isProxied = ({ metadata: { labels } }: Service): boolean =>
  labels === undefined || !NOT_PROXIED.some((label) => Object.hasOwn(labels, label));

/** Whether the Service is reached by IP; an ExternalName is a name alone. */
export const needsClusterIp = ({ spec }: Service): boolean => spec.type !== "ExternalName";

/** Whether each node listens for the Service. */
export const needsNodePort = ({ spec }: Service): boolean => spec.type === "NodePort" || spec.type === "LoadBalancer";

/** Whether load balancers ask each node if it has endpoints of its own. */
export const needsHealthCheck = ({ spec }: Service): boolean =>
  spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";

/** Whether traffic from outside the cluster can arrive. */
export const isExternallyAccessible = ({ spec }: Service): boolean =>
  spec.type === "LoadBalancer" ||
  spec.type === "NodePort" ||
  (spec.type === "ClusterIP" && (spec.externalIPs?.length ?? 0) > 0);

/** The numbers of all node ports, in the order of the ports. */
export const nodePortsOf = ({ ports = [] }: ServiceSpec): readonly number[] =>
  ports.flatMap(({ nodePort = 0 }) => (nodePort === 0 ? [] : [nodePort]));
