/**
 * Goal: for each policy, exactly the connections between nine pods in three namespaces that should get through do.
 * Method: the probe matrix of the network policy conformance tests: pods a, b, c in x, y, z over TCP, UDP and SCTP on
 * 80 and 81.
 */
import { expect, test } from "vitest";
import type { NetworkPolicySpec } from "#kernel/api/types.gen";
import { worldOf } from "#kernel/network/world-of";
import { namespaces } from "#kernel/resources/core/namespace";
import { pods } from "#kernel/resources/core/pod";
import { networkpolicies } from "#kernel/resources/networking/networkpolicy";
import type { Transport, World } from "#kernel/runtime/world";
import { Scene } from "#test/support/scene";

const ROOMS = ["x", "y", "z"];
const NAMES = ["a", "b", "c"];
const ALL = ROOMS.flatMap((room) => NAMES.map((name) => ({ room, name })));
const AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.59";

interface Spot {
  readonly room: string;
  readonly name: string;
}

/** Nine pods that serve TCP and UDP on 80 (`serve-80`) and 81 (`serve-81`). */
function nine(): Scene {
  const scene = new Scene({ machines: 2 });
  for (const room of ROOMS) {
    scene.create(namespaces, { metadata: { name: room, labels: { ns: room } }, spec: {} });
  }
  scene.pass(1);
  for (const { room, name } of ALL) {
    const serve = (port: number) => ({
      name: `cont-${port}`,
      image: AGNHOST,
      args: ["netexec", `--http-port=${port}`, `--udp-port=${port}`, `--sctp-port=${port}`],
      ports: [
        { name: `serve-${port}`, containerPort: port },
        { name: `serve-${port}-udp`, containerPort: port, protocol: "UDP" },
        { name: `serve-${port}-sctp`, containerPort: port, protocol: "SCTP" },
      ],
    });
    scene.create(pods, {
      metadata: { name, namespace: room, labels: { pod: name } },
      spec: { nodeName: room === "y" ? "node-2" : "node-1", containers: [serve(80), serve(81)] },
    } as never);
  }
  scene.settle();
  return scene;
}

const ipOf = (world: World, { room, name }: Spot): string =>
  world.client.need(pods, { namespace: room, name }).status?.podIP ?? "";

interface Probe {
  readonly from: Spot;
  readonly to: Spot;
  readonly port: number;
  readonly protocol: Transport;
}

const isSame = (one: Spot, two: Spot): boolean => one.room === two.room && one.name === two.name;

/** Every probe that gets through although it should not, or does not although it should. */
function wrong(world: World, expected: (probe: Probe) => boolean): string[] {
  const found: string[] = [];
  for (const from of ALL) {
    for (const to of ALL) {
      for (const port of [80, 81]) {
        for (const protocol of ["TCP", "UDP", "SCTP"] as const) {
          const origin = { kind: "pod", namespace: from.room, name: from.name } as const;
          const got = world.net.connect(origin, { host: ipOf(world, to), port, protocol });
          const want = isSame(from, to) || expected({ from, to, port, protocol }) ? "open" : "timeout";
          if (got !== want) found.push(`${from.room}/${from.name} -> ${to.room}/${to.name}:${port}/${protocol} ${got}`);
        }
      }
    }
  }
  return found;
}

const A = { matchLabels: { pod: "a" } };
const isXA = ({ room, name }: Spot): boolean => room === "x" && name === "a";
const ns = (...names: string[]) => ({ matchExpressions: [{ key: "ns", operator: "In", values: names }] });

/** Policies in namespace x, and who gets through. */
const CASES: readonly (readonly [string, readonly Partial<NetworkPolicySpec>[], (probe: Probe) => boolean])[] = [
  ["no policy", [], () => true],
  ["default deny of ingress", [{ podSelector: {}, policyTypes: ["Ingress"] }], ({ to }) => to.room !== "x"],
  ["default deny of egress", [{ podSelector: {}, policyTypes: ["Egress"] }], ({ from }) => from.room !== "x"],
  [
    "default deny of both",
    [{ podSelector: {}, policyTypes: ["Ingress", "Egress"] }],
    ({ from, to }) => from.room !== "x" && to.room !== "x",
  ],
  [
    "from a pod by label, of its own namespace",
    [{ podSelector: A, ingress: [{ from: [{ podSelector: { matchLabels: { pod: "b" } } }] }] }],
    ({ from, to }) => !isXA(to) || (from.room === "x" && from.name === "b"),
  ],
  [
    "from namespaces by label",
    [{ podSelector: A, ingress: [{ from: [{ namespaceSelector: ns("y") }] }] }],
    ({ from, to }) => !isXA(to) || from.room === "y",
  ],
  [
    "from pods in namespaces: both must fit",
    [
      {
        podSelector: A,
        ingress: [{ from: [{ namespaceSelector: ns("y", "z"), podSelector: { matchLabels: { pod: "b" } } }] }],
      },
    ],
    ({ from, to }) => !isXA(to) || (from.room !== "x" && from.name === "b"),
  ],
  [
    "from pods or namespaces: either may fit",
    [
      {
        podSelector: A,
        ingress: [{ from: [{ namespaceSelector: ns("y") }, { podSelector: { matchLabels: { pod: "b" } } }] }],
      },
    ],
    ({ from, to }) => !isXA(to) || from.room === "y" || (from.room === "x" && from.name === "b"),
  ],
  [
    "an empty namespace selector fits all, an empty pod selector its own",
    [{ podSelector: A, ingress: [{ from: [{ namespaceSelector: {} }] }] }],
    () => true,
  ],
  ["an empty rule lets everybody in", [{ podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] }], () => true],
  [
    "a port by number is TCP unless it says so",
    [{ podSelector: A, ingress: [{ ports: [{ port: 81 }] }] }],
    ({ to, port, protocol }) => !isXA(to) || (port === 81 && protocol === "TCP"),
  ],
  [
    "a port by name is the pod's",
    [{ podSelector: A, ingress: [{ ports: [{ port: "serve-80-udp", protocol: "UDP" }] }] }],
    ({ to, port, protocol }) => !isXA(to) || (port === 80 && protocol === "UDP"),
  ],
  [
    "a protocol without a port is all its ports",
    [{ podSelector: A, ingress: [{ ports: [{ protocol: "UDP" }] }] }],
    ({ to, protocol }) => !isXA(to) || protocol === "UDP",
  ],
  [
    "a range of ports",
    [{ podSelector: A, ingress: [{ ports: [{ port: 81, endPort: 90 }] }] }],
    ({ to, port, protocol }) => !isXA(to) || (port === 81 && protocol === "TCP"),
  ],
  [
    "several policies add up",
    [
      { podSelector: A, ingress: [{ from: [{ namespaceSelector: ns("y") }], ports: [{ port: 80 }] }] },
      { podSelector: A, ingress: [{ from: [{ namespaceSelector: ns("z") }], ports: [{ port: 81 }] }] },
    ],
    ({ from, to, port, protocol }) =>
      !isXA(to) || (protocol === "TCP" && ((from.room === "y" && port === 80) || (from.room === "z" && port === 81))),
  ],
  [
    "egress to a namespace and a port",
    [
      {
        podSelector: A,
        policyTypes: ["Egress"],
        egress: [{ to: [{ namespaceSelector: ns("y") }], ports: [{ port: 80 }] }],
      },
    ],
    ({ from, to, port, protocol }) => !isXA(from) || (to.room === "y" && port === 80 && protocol === "TCP"),
  ],
  [
    "egress rules without types mean both directions",
    [{ podSelector: A, egress: [{ to: [{ podSelector: {} }] }] }],
    ({ from, to }) => !isXA(to) && (!isXA(from) || to.room === "x"),
  ],
  [
    "egress to a named port is the target's",
    [{ podSelector: A, policyTypes: ["Egress"], egress: [{ ports: [{ port: "serve-81" }] }] }],
    ({ from, port, protocol }) => !isXA(from) || (port === 81 && protocol === "TCP"),
  ],
  [
    "egress to a block without a part of it",
    [
      {
        podSelector: A,
        policyTypes: ["Egress"],
        egress: [{ to: [{ ipBlock: { cidr: "10.244.0.0/16", except: ["10.244.1.0/24"] } }] }],
      },
    ],
    ({ from, to }) => !isXA(from) || to.room !== "y",
  ],
  [
    "ingress from a block",
    [{ podSelector: A, ingress: [{ from: [{ ipBlock: { cidr: "10.244.1.0/24" } }] }] }],
    ({ from, to }) => !isXA(to) || from.room === "y",
  ],
  [
    "selectors by expressions",
    [
      {
        podSelector: { matchExpressions: [{ key: "pod", operator: "NotIn", values: ["b", "c"] }] },
        ingress: [],
        policyTypes: ["Ingress"],
      },
    ],
    ({ to }) => !isXA(to),
  ],
];

test.each(CASES)("%s", (_, specs, expected) => {
  const scene = nine();
  specs.forEach((spec, n) => {
    scene.create(networkpolicies, { metadata: { name: `p${n}`, namespace: "x" }, spec: spec as NetworkPolicySpec });
  });
  const { admin: client, entropy, cells, now } = scene.cluster;
  expect(wrong(worldOf({ client, entropy, cells, now }), expected)).toEqual([]);
});

test("labels that change, and a policy that goes, count at once", () => {
  const scene = nine();
  const spec = {
    podSelector: A,
    ingress: [{ from: [{ namespaceSelector: ns("y") }] }],
  } as unknown as NetworkPolicySpec;
  scene.create(networkpolicies, { metadata: { name: "p", namespace: "x" }, spec });
  const world = (): World => {
    const { admin: client, entropy, cells, now } = scene.cluster;
    return worldOf({ client, entropy, cells, now });
  };
  scene.edit(namespaces, "z", ({ metadata }) => {
    metadata.labels = { ns: "y" };
  });
  expect(wrong(world(), ({ from, to }) => !isXA(to) || from.room !== "x")).toEqual([]);
  scene.turn(({ admin }) => admin.delete(networkpolicies, { namespace: "x", name: "p" }));
  expect(wrong(world(), () => true)).toEqual([]);
});
