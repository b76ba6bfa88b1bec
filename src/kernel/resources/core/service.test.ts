/**
 * Goal: Services are defaulted, refused, given addresses and printed as v1.36 does.
 * Method: write drafts through a registry; tables of bad drafts and the exact texts.
 */
import { expect, test } from "vitest";
import type { Service, ServiceSpec } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import type { Draft } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { services } from "#kernel/resources/core/service";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

const NOW = Date.parse("2026-05-01T10:00:00Z");
const web = { port: 80 };

function newClient() {
  const parts = {
    store: new Store(),
    entropy: Entropy.seeded(7),
    resources: [services],
    admission: [],
    now: () => NOW,
  };
  return new Registry(parts).as(CLUSTER_ADMIN, "test");
}

const draft = (spec: ServiceSpec, name = "web"): Draft<Service> => ({ metadata: { name, namespace: "default" }, spec });

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error.message.replace('Service "web" is invalid: ', "");
    throw error;
  }
  return "";
}

test("defaults and addresses of a plain Service", () => {
  const created = newClient().create(services, draft({ ports: [web], selector: { app: "web" } }));
  expect(created.spec).toEqual({
    ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
    selector: { app: "web" },
    sessionAffinity: "None",
    type: "ClusterIP",
    internalTrafficPolicy: "Cluster",
    clusterIP: expect.stringMatching(/^10\.96\.\d+\.\d+$/),
    clusterIPs: [created.spec.clusterIP],
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
  });
  expect(created.status).toEqual({ loadBalancer: {} });
});

test("a LoadBalancer gets node ports from the upper band, and a health check port where it asks nodes", () => {
  const spec: ServiceSpec = { type: "LoadBalancer", ports: [web], externalTrafficPolicy: "Local" };
  const { spec: made } = newClient().create(services, draft(spec));
  expect(made.allocateLoadBalancerNodePorts).toBe(true);
  expect(made.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30_086);
  expect(made.healthCheckNodePort).toBeGreaterThanOrEqual(30_086);
  expect(made.healthCheckNodePort).not.toBe(made.ports?.[0]?.nodePort);
});

test("one port in two protocols shares its node port", () => {
  const ports = [
    { name: "tcp", port: 53, protocol: "TCP" },
    { name: "udp", port: 53, protocol: "UDP" },
  ];
  const { spec } = newClient().create(services, draft({ type: "NodePort", ports }));
  expect(spec.ports?.[0]?.nodePort).toBe(spec.ports?.[1]?.nodePort);
});

test("headless Services and names outside have no IP", () => {
  const client = newClient();
  const bare = client.create(services, draft({ clusterIP: "None", ports: [web], selector: { app: "web" } }, "bare"));
  expect(bare.spec.clusterIPs).toEqual(["None"]);
  expect(bare.spec.ipFamilies).toEqual(["IPv4"]);
  const free = client.create(services, draft({ clusterIP: "None" }, "free"));
  expect([free.spec.ipFamilyPolicy, free.spec.ipFamilies]).toEqual(["RequireDualStack", ["IPv4", "IPv6"]]);
  const named = client.create(services, draft({ type: "ExternalName", externalName: "db.example.com." }, "named"));
  expect([named.spec.clusterIP, named.spec.ipFamilyPolicy]).toEqual([undefined, undefined]);
  const both = client.create(services, draft({ ipFamilyPolicy: "PreferDualStack", ports: [web] }, "both"));
  expect([both.spec.ipFamilyPolicy, both.spec.ipFamilies]).toEqual(["PreferDualStack", ["IPv4"]]);
});

const range = "must be between 1 and 65535, inclusive";
const onlyBalanced = "may only be used when `type` is 'LoadBalancer'";
const exclusive = "The range of valid ports is 30000-32767";

test.each<[string, ServiceSpec, string]>([
  ["no ports", {}, "spec.ports: Required value"],
  ["a nameless port of two", { ports: [web, { name: "b", port: 81 }] }, "spec.ports[0].name: Required value"],
  [
    "two ports of one name",
    {
      ports: [
        { name: "a", port: 80 },
        { name: "a", port: 81 },
      ],
    },
    'spec.ports[1].name: Duplicate value: "a"',
  ],
  [
    "one port twice",
    {
      ports: [
        { name: "a", port: 80 },
        { name: "b", port: 80 },
      ],
    },
    'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,' +
      '"TargetPort":0,"NodePort":0}',
  ],
  ["a port of zero", { ports: [{ port: 0, targetPort: 80 }] }, `spec.ports[0].port: Invalid value: 0: ${range}`],
  [
    "a target out of range",
    { ports: [{ port: 80, targetPort: 70_000 }] },
    `spec.ports[0].targetPort: Invalid value: 70000: ${range}`,
  ],
  [
    "a target's bad name",
    { ports: [{ port: 80, targetPort: "12" }] },
    'spec.ports[0].targetPort: Invalid value: "12": must contain at least one letter (a-z)',
  ],
  [
    "a protocol nobody speaks",
    { ports: [{ port: 80, protocol: "HTTP" }] },
    'spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    "a type there is none of",
    { type: "Public", ports: [web] },
    'spec.type: Unsupported value: "Public": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [
    "a node port of a ClusterIP",
    { ports: [{ port: 80, nodePort: 30_080 }] },
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    "a node port out of range",
    { type: "NodePort", ports: [{ port: 80, nodePort: 80 }] },
    `spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. ${exclusive}`,
  ],
  [
    "a headless NodePort",
    { type: "NodePort", clusterIP: "None", ports: [web] },
    `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`,
  ],
  ["an ExternalName without name", { type: "ExternalName" }, "spec.externalName: Required value"],
  [
    "an ExternalName with an IP",
    { type: "ExternalName", externalName: "a.b", clusterIP: "10.96.0.9" },
    "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
  ],
  [
    "an affinity there is none of",
    { ports: [web], sessionAffinity: "Cookie" },
    'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
  ],
  [
    "an affinity too long",
    { ports: [web], sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } } },
    "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less " +
      "than 86400",
  ],
  [
    "a policy for nobody outside",
    { ports: [web], externalTrafficPolicy: "Local" },
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    "a policy there is none of",
    { type: "NodePort", ports: [web], externalTrafficPolicy: "Global" },
    'spec.externalTrafficPolicy: Unsupported value: "Global": supported values: "Cluster", "Local"',
  ],
  [
    "a health check nobody makes",
    { type: "NodePort", ports: [web], healthCheckNodePort: 30_500 },
    "spec.healthCheckNodePort: Invalid value: 30500: may only be set when `type` is 'LoadBalancer' and " +
      "`externalTrafficPolicy` is 'Local'",
  ],
  [
    "source ranges without balancer",
    { ports: [web], loadBalancerSourceRanges: ["10.0.0.0/8"] },
    `spec.LoadBalancerSourceRanges: Forbidden: ${onlyBalanced}`,
  ],
  [
    "a class without balancer",
    { ports: [web], loadBalancerClass: "example.com/lb" },
    `spec.loadBalancerClass: Forbidden: ${onlyBalanced}`,
  ],
  [
    "an IP that is none",
    { ports: [web], clusterIP: "10.96.0" },
    'spec.clusterIPs[0]: Invalid value: "10.96.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    "an IP of another network",
    { ports: [web], clusterIP: "10.97.0.1" },
    'spec.clusterIPs: Invalid value: ["10.97.0.1"]: failed to allocate IP 10.97.0.1: the provided network does not ' +
      "match the current range",
  ],
  [
    "two families at least",
    { ports: [web], ipFamilyPolicy: "RequireDualStack" },
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
  ],
  [
    "the other family",
    { ports: [web], ipFamilies: ["IPv6"] },
    'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
  ],
  [
    "an external IP of the machine itself",
    { ports: [web], externalIPs: ["127.0.0.1"] },
    'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
])("%s", (_title, spec, text) => {
  expect(problemOf(() => newClient().create(services, draft(spec)))).toBe(text);
});

test("a name may begin with a digit, but has no dots", () => {
  expect(problemOf(() => newClient().create(services, draft({ ports: [web] }, "1web")))).toBe("");
  const text = problemOf(() => newClient().create(services, draft({ ports: [web] }, "a.b")));
  expect(text).toContain('metadata.name: Invalid value: "a.b": must not contain dots');
});

test("nobody gets what another Service has, until that one lets go of it", () => {
  const client = newClient();
  const node = (nodePort: number): ServiceSpec => ({ type: "NodePort", ports: [{ port: 80, nodePort }] });
  client.create(services, draft({ ports: [web], clusterIP: "10.96.0.10" }, "dns"));
  const first = client.create(services, draft(node(30_080), "first"));
  expect(problemOf(() => client.create(services, draft({ ports: [web], clusterIP: "10.96.0.10" })))).toBe(
    'spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: ' +
      "provided IP is already allocated",
  );
  expect(problemOf(() => client.create(services, draft(node(30_080))))).toBe(
    "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated",
  );
  client.update(services, { ...first, spec: { ...first.spec, type: "ClusterIP" } });
  expect(client.get(services, { namespace: "default", name: "first" })?.spec.ports?.[0]?.nodePort).toBeUndefined();
  expect(problemOf(() => client.create(services, draft(node(30_080))))).toBe("");
});

test("a manifest applied again keeps what was allocated; the cluster IP itself does not change", () => {
  const client = newClient();
  const made = client.create(services, draft({ type: "NodePort", ports: [web] }));
  const again = client.update(services, draft({ type: "NodePort", ports: [web] }));
  expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  const moved = { ...made, spec: { ...made.spec, clusterIP: "10.96.0.77", clusterIPs: ["10.96.0.77"] } };
  expect(problemOf(() => client.update(services, moved))).toBe(
    'spec.clusterIPs[0]: Invalid value: ["10.96.0.77"]: may not change once set',
  );
});

test("changing to a name and back gives the addresses away and takes new ones", () => {
  const client = newClient();
  const made = client.create(services, draft({ type: "LoadBalancer", ports: [web] }));
  const spec = { ...made.spec, type: "ExternalName", externalName: "a.b", clusterIP: "" };
  const named = client.update(services, { ...made, spec });
  expect(named.spec).toEqual({
    type: "ExternalName",
    externalName: "a.b",
    internalTrafficPolicy: "Cluster",
    ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
    sessionAffinity: "None",
  });
  const back = client.update(services, { ...named, spec: { ...named.spec, type: "ClusterIP" } });
  expect(back.spec.clusterIPs).toHaveLength(1);
});

test("a load balancer's class stays, its IP is announced as its own", () => {
  const client = newClient();
  const made = client.create(
    services,
    draft({ type: "LoadBalancer", loadBalancerClass: "example.com/a", ports: [web] }),
  );
  const other = { ...made, spec: { ...made.spec, loadBalancerClass: "example.com/b" } };
  expect(problemOf(() => client.update(services, other))).toBe(
    'spec.loadBalancerClass: Invalid value: "example.com/b": may not change once set',
  );
  const ready = client.updateStatus(services, made, { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } });
  expect(ready.status?.loadBalancer?.ingress).toEqual([{ ip: "203.0.113.7", ipMode: "VIP" }]);
  expect(client.by(services, "loadBalancerIP", "203.0.113.7")).toHaveLength(1);
});

test("rows", () => {
  const client = newClient();
  const row = (service: Service) => services.columns?.map(({ cell }) => cell(service, NOW));
  const plain = client.create(services, draft({ ports: [web], selector: { b: "2", a: "1" } }));
  expect(row(plain)).toEqual(["ClusterIP", plain.spec.clusterIP, "<none>", "80/TCP", "a=1,b=2"]);
  const balanced = client.create(services, draft({ type: "LoadBalancer", ports: [web] }, "lb"));
  const port = balanced.spec.ports?.[0]?.nodePort;
  expect(row(balanced)).toEqual(["LoadBalancer", balanced.spec.clusterIP, "<pending>", `80:${port}/TCP`, "<none>"]);
  const named = client.create(services, draft({ type: "ExternalName", externalName: "a.b" }, "named"));
  expect(row(named)).toEqual(["ExternalName", "<none>", "a.b", "<none>", "<none>"]);
});
