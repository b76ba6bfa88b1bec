/**
 * Refused Services and Endpoints.
 */
import { LABEL, manifest, QUALIFIED, type Row, SUBDOMAIN } from "#apiserver/refusals/rows.fixture";

const service = (spec: object, metadata: object = {}) =>
  manifest("v1", "Service", { spec }, metadata as Record<string, unknown>);
const port = { port: 80 };
const endpoints = (subset: object) => manifest("v1", "Endpoints", { subsets: [subset] });

const MUST_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const PORT_RANGE = "must be between 1 and 65535, inclusive";

// ValidateService, ValidateServiceClusterIPsRelatedFields and validateEndpointSubsets of pkg/apis/core/validation.
export const SERVICES: readonly Row[] = [
  [service({ ports: [] }), "spec.ports: Required value"],
  [
    service({ ports: [{ port: 0 }] }),
    `[spec.ports[0].port: Invalid value: 0: ${PORT_RANGE}, spec.ports[0].targetPort: Invalid value: 0: ${PORT_RANGE}]`,
  ],
  [
    service({ ports: [{ port: 80, protocol: "ICMP" }] }),
    'spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    service({ ports: [port, { port: 81 }] }),
    "[spec.ports[0].name: Required value, spec.ports[1].name: Required value]",
  ],
  [
    service({
      ports: [
        { port: 80, name: "a" },
        { port: 81, name: "a" },
      ],
    }),
    'spec.ports[1].name: Duplicate value: "a"',
  ],
  [
    service({ ports: [{ port: 80, targetPort: 70_000 }] }),
    `spec.ports[0].targetPort: Invalid value: 70000: ${PORT_RANGE}`,
  ],
  [
    service({ ports: [{ port: 80, targetPort: "a_b" }] }),
    'spec.ports[0].targetPort: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
  ],
  [
    service({ ports: [{ port: 80, nodePort: 30_080 }] }),
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    service({ type: "NodePort", ports: [{ port: 80, nodePort: 80 }] }),
    "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767",
  ],
  [
    service({ type: "Other", ports: [port] }),
    'spec.type: Unsupported value: "Other": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [service({ type: "ExternalName" }), "spec.externalName: Required value"],
  [service({ type: "ExternalName", externalName: "a b" }), `spec.externalName: Invalid value: "a b": ${SUBDOMAIN}`],
  [
    service({ ports: [port], sessionAffinity: "Some" }),
    'spec.sessionAffinity: Unsupported value: "Some": supported values: "ClientIP", "None"',
  ],
  [
    service({ ports: [port], externalIPs: ["127.0.0.1"] }),
    'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  [service({ ports: [port], clusterIP: "x" }), `spec.clusterIPs[0]: Invalid value: "x": ${MUST_IP}`],
  [
    service({ ports: [port], externalTrafficPolicy: "Local" }),
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    service({ ports: [port], internalTrafficPolicy: "Some" }),
    'spec.internalTrafficPolicy: Unsupported value: "Some": supported values: "Cluster", "Local"',
  ],
  [
    service({ ports: [port], loadBalancerClass: "a/b" }),
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    service({ ports: [port], publishNotReadyAddresses: true, selector: { "a b": "c" } }),
    `spec.selector: Invalid value: "a b": ${QUALIFIED}`,
  ],
  [
    service({ type: "LoadBalancer", clusterIP: "None", ports: [port] }),
    "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for LoadBalancer services",
  ],
  [
    service({ type: "ExternalName", externalName: "a.example", ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" }),
    "[spec.ipFamilies: Forbidden: may not be set for ExternalName services, spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services]",
  ],
  [
    service({
      ports: [
        { port: 80, name: "a" },
        { port: 80, name: "b" },
      ],
    }),
    'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
  ],
  [
    service({
      type: "NodePort",
      ports: [
        { port: 80, name: "a", nodePort: 30_080 },
        { port: 81, name: "b", nodePort: 30_080 },
      ],
    }),
    "spec.ports[1].nodePort: Duplicate value: 30080",
  ],
  [
    service({ ports: [{ port: 80, appProtocol: "a b" }] }),
    `spec.ports[0].appProtocol: Invalid value: "a b": ${QUALIFIED}`,
  ],
  [
    service({ ports: [port], sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }),
    "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400",
  ],
  [
    service({ ports: [port], loadBalancerSourceRanges: ["10.0.0.0/8"] }),
    "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    service({ type: "LoadBalancer", ports: [port], loadBalancerSourceRanges: ["10.0.0.0"] }),
    'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    service({ ports: [port], allocateLoadBalancerNodePorts: true }),
    "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    service({ type: "NodePort", ports: [port], externalTrafficPolicy: "Some" }),
    'spec.externalTrafficPolicy: Unsupported value: "Some": supported values: "Cluster", "Local"',
  ],
  [
    service({ type: "NodePort", ports: [port], healthCheckNodePort: 30_001 }),
    "spec.healthCheckNodePort: Invalid value: 30001: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
  ],
  [
    service({ ports: [port], ipFamilies: ["IPv5"] }),
    'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
  ],
  [service({ ports: [port], ipFamilies: ["IPv4", "IPv4"] }), 'spec.ipFamilies[1]: Duplicate value: "IPv4"'],
  [
    service({ ports: [port], ipFamilyPolicy: "Odd" }),
    'spec.ipFamilyPolicy: Unsupported value: "Odd": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
  ],
  [
    service({ ports: [port], trafficDistribution: "Far" }),
    'spec.trafficDistribution: Unsupported value: "Far": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
  ],
  [
    service(
      { ports: [port] },
      {
        annotations: {
          "service.kubernetes.io/topology-aware-hints": "auto",
          "service.kubernetes.io/topology-mode": "disabled",
        },
      },
    ),
    'metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "disabled": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified',
  ],
  [service({ ports: [port] }, { name: "1x" }), "accepted"],
  [service({ ports: [port] }, { name: "a.b" }), 'metadata.name: Invalid value: "a.b": must not contain dots'],
  [service({ ports: [port] }, { name: "A" }), `metadata.name: Invalid value: "A": ${LABEL}`],
  [
    endpoints({ addresses: [{ ip: "x" }], ports: [port] }),
    `[subsets[0].addresses[0].ip: Invalid value: "x": ${MUST_IP}, subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address]`,
  ],
  [endpoints({ ports: [port] }), "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
  [
    endpoints({ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 70_000 }] }),
    `subsets[0].ports[0].port: Invalid value: 70000: ${PORT_RANGE}`,
  ],
];
