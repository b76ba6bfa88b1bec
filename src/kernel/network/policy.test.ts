/**
 * Goal: NetworkPolicies let through and block what a CNI plugin would; what is blocked times out.
 * Method: servers and clients in two namespaces of the production cluster; a table of policies and who gets through.
 */
import { expect, test } from "vitest";
import type { NetworkPolicySpec } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { worldOf } from "#kernel/network/world-of";
import { namespaces } from "#kernel/resources/core/namespace";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { networkpolicies } from "#kernel/resources/networking/networkpolicy";
import type { Origin, World } from "#kernel/runtime/world";
import { Scene } from "#test/support/scene";

const ROOMS = ["default", "other"];

/** A server `web` on port 80 behind a Service in default, a client of each name in both namespaces. */
function sceneWith(...specs: NetworkPolicySpec[]): { scene: Scene; world: World } {
  const scene = new Scene({ machines: 2 });
  scene.create(namespaces, { metadata: { name: "other", labels: { team: "b" } }, spec: {} });
  const make = (name: string, namespace: string, nodeName: string, image: string) =>
    scene.create(pods, {
      metadata: { name, namespace, labels: { app: name } },
      spec: { nodeName, containers: [{ name: "c", image, ports: [{ name: "http", containerPort: 80 }] }] },
    });
  scene.pass(1);
  make("web", "default", "node-1", "nginx:1.27");
  for (const namespace of ROOMS) make("friend", namespace, "node-2", "nginx:1.27");
  make("stranger", "default", "node-2", "nginx:1.27");
  scene.create(services, {
    metadata: { name: "web", namespace: "default" },
    spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80, nodePort: 30080 }] },
  });
  specs.forEach((spec, n) => {
    scene.create(networkpolicies, { metadata: { name: `p${n}`, namespace: "default" }, spec });
  });
  scene.settle();
  const { admin: client, entropy, cells, now } = scene.cluster;
  return { scene, world: worldOf({ client, entropy, cells, now }) };
}

const podNamed = (name: string, namespace = "default"): Origin => ({ kind: "pod", namespace, name });

/** Who reaches the server: friend and stranger here, the friend elsewhere, its node, the other node, the outside. */
function reach({ world }: { world: World }): string {
  const names: Record<string, Origin> = {
    friend: podNamed("friend"),
    stranger: podNamed("stranger"),
    "other/friend": podNamed("friend", "other"),
    "its node": { kind: "node", name: "node-1" },
    "a node": { kind: "node", name: "node-2" },
  };
  const ip = world.client.need(pods, { namespace: "default", name: "web" }).status?.podIP ?? "";
  const through = Object.entries(names)
    .filter(([, from]) => world.net.connect(from, { host: ip, port: 80 }) === "open")
    .map(([name]) => name);
  const outside = world.net.connect({ kind: "outside" }, { host: "172.18.0.2", port: 30080 });
  return [...through, ...(outside === "open" ? ["outside"] : [])].join(", ");
}

const web = { matchLabels: { app: "web" } };
const friend = { matchLabels: { app: "friend" } };
const EVERYBODY = "friend, stranger, other/friend, its node, a node, outside";

test.each<[string, NetworkPolicySpec[], string]>([
  ["none", [], EVERYBODY],
  ["for another pod", [{ podSelector: { matchLabels: { app: "x" } } }], EVERYBODY],
  ["deny all", [{ podSelector: {} }], "its node"],
  ["allow all", [{ podSelector: {} }, { podSelector: web, ingress: [{}] }], EVERYBODY],
  ["a pod", [{ podSelector: web, ingress: [{ from: [{ podSelector: friend }] }] }], "friend, its node"],
  [
    "a namespace",
    [{ podSelector: web, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "b" } } }] }] }],
    "other/friend, its node",
  ],
  [
    "a pod of any namespace",
    [{ podSelector: web, ingress: [{ from: [{ namespaceSelector: {}, podSelector: friend }] }] }],
    "friend, other/friend, its node",
  ],
  [
    "a block of addresses",
    [{ podSelector: web, ingress: [{ from: [{ ipBlock: { cidr: "172.18.0.0/16", except: ["172.18.0.3/32"] } }] }] }],
    "its node, outside",
  ],
  ["another port", [{ podSelector: web, ingress: [{ ports: [{ port: 81 }] }] }], "its node"],
  ["a range of ports", [{ podSelector: web, ingress: [{ ports: [{ port: 70, endPort: 90 }] }] }], EVERYBODY],
  ["a named port", [{ podSelector: web, ingress: [{ ports: [{ port: "http" }] }] }], EVERYBODY],
  ["UDP alone", [{ podSelector: web, ingress: [{ ports: [{ port: 80, protocol: "UDP" }] }] }], "its node"],
  [
    "egress of the friend",
    [{ podSelector: friend, policyTypes: ["Egress"] }],
    "stranger, other/friend, its node, a node, outside",
  ],
  [
    "egress of the friend to the server",
    [{ podSelector: friend, policyTypes: ["Egress"], egress: [{ to: [{ podSelector: web }] }] }],
    EVERYBODY,
  ],
])("%s", (_title, specs, through) => {
  expect(reach(sceneWith(...specs))).toBe(through);
});

test("what is blocked times out, through the Service too, and opens when the policy goes", () => {
  const { scene, world } = sceneWith({ podSelector: web });
  const target = { host: "web", port: 80 };
  expect(world.net.connect(podNamed("friend"), target)).toBe("timeout");
  scene.delete(networkpolicies, "p0");
  expect(world.net.connect(podNamed("friend"), target)).toBe("open");
});

test("a pod that may not leave finds no names, unless it may ask for them", () => {
  const deny = { podSelector: friend, policyTypes: ["Egress"] };
  const dns = { egress: [{ ports: [{ port: 53, protocol: "UDP" }], to: [{ namespaceSelector: {} }] }] };
  expect(sceneWith(deny).world.net.resolve(podNamed("friend"), "web")).toEqual([]);
  expect(sceneWith({ ...deny, ...dns }).world.net.resolve(podNamed("friend"), "web")).toHaveLength(1);
});

test("types follow from the rules, protocols are TCP unless said otherwise", () => {
  const { scene } = sceneWith({ podSelector: web, egress: [{ ports: [{ port: 1 }] }] });
  expect(scene.need(networkpolicies, "p0").spec).toEqual({
    podSelector: web,
    egress: [{ ports: [{ port: 1, protocol: "TCP" }] }],
    policyTypes: ["Ingress", "Egress"],
  });
});

const ingress = (from: object[], ports: object[] = []) => ({ podSelector: {}, ingress: [{ from, ports }] });

test.each<[NetworkPolicySpec, string]>([
  [ingress([{}]), "spec.ingress[0].from[0]: Required value: must specify a peer"],
  [
    ingress([{ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }]),
    "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer",
  ],
  [
    ingress([{ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] } }]),
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
  ],
  [
    ingress([{ ipBlock: { cidr: "here" } }]),
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "here": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    ingress([], [{ endPort: 5 }]),
    "spec.ingress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is not specified",
  ],
  [
    ingress([], [{ port: 9, endPort: 5 }]),
    "spec.ingress[0].ports[0].endPort: Invalid value: 9: must be greater than or equal to `port`",
  ],
  [
    ingress([], [{ protocol: "ICMP" }]),
    'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
  ],
  [
    { podSelector: {}, policyTypes: ["Both"] },
    'spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"',
  ],
])("%j is refused", (spec, text) => {
  try {
    sceneWith(spec);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    expect(error.message).toBe(`NetworkPolicy.networking.k8s.io "p0" is invalid: ${text}`);
    return;
  }
  throw new Error("it was admitted");
});
