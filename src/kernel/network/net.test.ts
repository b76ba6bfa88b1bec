/**
 * Goal: a connection reaches what it would reach in a cluster with kube-proxy and CoreDNS, and fails as it would there.
 * Method: run servers behind Services of every sort, then connect from a pod, from a node and from outside.
 */
import { expect, test } from "vitest";
import type { ServiceSpec } from "#kernel/api/types.gen";
import type { ClusterNet } from "#kernel/network/net";
import { outsideHttp } from "#kernel/network/outside";
import { worldOf } from "#kernel/network/world-of";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { readLog } from "#kernel/runtime/logs";
import type { Origin, World } from "#kernel/runtime/world";
import { Bench, nginx, podOn, shell } from "#test/support/pods";

const GET = { method: "GET", path: "/", headers: {}, body: "" };
const CLIENT: Origin = { kind: "pod", namespace: "default", name: "client" };

/** Two servers on two nodes, a client, and a Service `web` in front of the servers. */
function benchWith(spec: Partial<ServiceSpec>): { bench: Bench; world: World } {
  const bench = new Bench({ latency: "none" });
  for (const [name, node] of [
    ["a", "node-1"],
    ["b", "node-2"],
  ] as const) {
    const draft = podOn(name, { hostname: name, subdomain: "web", containers: [nginx()] }, node);
    bench.create({ ...draft, metadata: { ...draft.metadata, labels: { app: "web" } } });
  }
  bench.create(podOn("client", { containers: [shell("sleep 36000")] }));
  bench.turn(() =>
    bench.cluster.admin.create(services, {
      metadata: { name: "web", namespace: "default" },
      spec: { selector: { app: "web" }, ports: [{ port: 8080, targetPort: 80 }], ...spec },
    }),
  );
  const { admin: client, entropy, cells, now } = bench.cluster;
  return { bench, world: worldOf({ client, entropy, cells, now }) };
}

const service = (bench: Bench) => bench.cluster.admin.need(services, { namespace: "default", name: "web" });

test("a Service's name resolves to its address, short and long", () => {
  const { bench, world } = benchWith({});
  const ip = service(bench).spec.clusterIP;
  for (const name of [
    "web",
    "web.default",
    "web.default.svc",
    "web.default.svc.cluster.local",
    "web.default.svc.cluster.local.",
  ]) {
    expect(world.net.resolve(CLIENT, name)).toEqual([ip]);
  }
  expect(world.net.resolve(CLIENT, "web.other")).toEqual([]);
  expect(world.net.resolve({ kind: "node", name: "node-1" }, "web.default.svc.cluster.local")).toEqual([]);
  expect(world.net.http(CLIENT, { host: "nowhere", port: 80 }, GET)).toBe("nxdomain");
});

test("a ClusterIP reaches the pods behind it, on the Service's ports alone", () => {
  const { world } = benchWith({});
  expect(world.net.http(CLIENT, { host: "web", port: 8080 }, GET)).toMatchObject({ status: 200 });
  expect(world.net.connect(CLIENT, { host: "web", port: 8080 })).toBe("open");
  expect(world.net.connect(CLIENT, { host: "web", port: 80 })).toBe("timeout");
});

test("a Service without endpoints refuses", () => {
  const { world } = benchWith({ selector: { app: "nobody" } });
  expect(world.net.http(CLIENT, { host: "web", port: 8080 }, GET)).toBe("refused");
});

test("a pod refuses on a port nobody listens on", () => {
  const { bench, world } = benchWith({});
  const host = bench.pod("a")?.status?.podIP ?? "";
  expect(world.net.connect(CLIENT, { host, port: 80 })).toBe("open");
  expect(world.net.connect(CLIENT, { host, port: 81 })).toBe("refused");
  expect(world.net.connect(CLIENT, { host: "10.244.0.250", port: 80 })).toBe("unreachable");
});

test("a headless Service gives its pods' addresses and names", () => {
  const { bench, world } = benchWith({ clusterIP: "None" });
  const [a, b] = ["a", "b"].map((name) => bench.pod(name)?.status?.podIP ?? "");
  expect([...world.net.resolve(CLIENT, "web")].sort()).toEqual([a, b].sort());
  expect(world.net.resolve(CLIENT, "a.web")).toEqual([a]);
  expect(world.net.resolve(CLIENT, "c.web")).toEqual([]);
});

test("a NodePort answers on every node, from outside too; a ClusterIP does not", () => {
  const { bench, world } = benchWith({ type: "NodePort" });
  const { clusterIP = "", ports = [] } = service(bench).spec;
  const port = ports[0]?.nodePort ?? 0;
  for (const host of ["172.18.0.2", "172.18.0.3", "node-2"]) {
    expect(outsideHttp(world, host, port, GET)).toMatchObject({ status: 200 });
  }
  expect(outsideHttp(world, clusterIP, 8080, GET)).toEqual({
    reason: `dial tcp ${clusterIP}:8080: connect: no route to host`,
  });
  expect(outsideHttp(world, "172.18.0.2", 1, GET)).toEqual({
    reason: "dial tcp 172.18.0.2:1: connect: connection refused",
  });
});

test("a client with affinity always reaches the same pod", () => {
  const { world } = benchWith({ sessionAffinity: "ClientIP" });
  const reached = new Set<string>();
  for (let n = 0; n < 8; n += 1) {
    world.net.http(CLIENT, { host: "web", port: 8080 }, GET);
    for (const [, value] of world.cells.entries<{ ip: string }>("service-affinity")) reached.add(value.ip);
  }
  expect(reached.size).toBe(1);
});

test("a kept connection stays with its endpoint, one of each request's own does not", () => {
  const { bench, world } = benchWith({});
  const seen = (pool?: string): Set<string> => {
    const found = Array.from({ length: 20 }, () => {
      const target = { host: "web", port: 8080, ...(pool !== undefined && { pool }) };
      return (world.net as ClusterNet).traced(CLIENT, target, GET).pod?.metadata.name ?? "";
    });
    return new Set(found);
  };
  expect(seen().size).toBe(2);
  const [first = ""] = seen("p");
  expect([seen("p").size, seen("q").size]).toEqual([1, 1]);
  // What becomes of the Service is nothing to a connection that is open.
  bench.turn(() => bench.cluster.admin.delete(services, { namespace: "default", name: "web" }));
  expect(seen("p")).toEqual(new Set([first]));
  bench.delete(first, 0);
  bench.pass(1);
  expect(world.net.http(CLIENT, { host: "web", port: 8080, pool: "p" }, GET)).toBe("nxdomain");
});

test("several pages of one curl share a connection", () => {
  const { bench } = benchWith({});
  const line = `for n in $(seq 8); do curl -s -o /dev/null ${"http://web:8080/ ".repeat(3)}; done`;
  bench.create(podOn("many", { containers: [{ ...shell(`${line}; sleep 3600`), image: "curlimages/curl:8.14.1" }] }));
  bench.pass(3);
  const counts = ["a", "b"].map((name) => {
    const id = bench.status(name)?.containerID?.split("//")[1] ?? "";
    return readLog(bench.cluster.cells, id, {}).text.split("curl/").length - 1;
  });
  expect(counts.reduce((sum, count) => sum + count)).toBe(24);
  expect(counts.every((count) => count % 3 === 0)).toBe(true);
});

test("curl tries again what may pass", () => {
  const { bench } = benchWith({});
  const curl = (args: string) => `curl ${args} -o /dev/null; echo "code $?"`;
  const lines = [
    curl("--retry 2 http://nowhere:1/"),
    curl("--retry 1 --retry-connrefused --retry-delay 5 http://client:9/"),
    curl("-s --retry 2 http://client:9/"),
    curl("-sf --retry 1 -w '%{http_code} ' http://web:8080/missing"),
  ];
  const image = "curlimages/curl:8.14.1";
  const hostAliases = [{ ip: bench.pod("client")?.status?.podIP ?? "", hostnames: ["client"] }];
  bench.create(podOn("again", { hostAliases, containers: [{ ...shell(`${lines.join("; ")}; sleep 3600`), image }] }));
  bench.pass(10);
  const id = bench.status("again")?.containerID?.split("//")[1] ?? "";
  expect(
    readLog(bench.cluster.cells, id, {})
      .text.split("\n")
      .filter((line) => !line.includes("%")),
  ).toEqual([
    "Warning: Problem: timeout. Will retry in 1 second. 2 retries left.",
    "Warning: Problem: timeout. Will retry in 2 seconds. 1 retry left.",
    "curl: (6) Could not resolve host: nowhere",
    "code 6",
    "Warning: Problem: connection refused. Will retry in 5 seconds. 1 retry left.",
    "curl: (7) Failed to connect to client port 9 after 0 ms: Could not connect to server",
    "code 7",
    "code 7",
    "404 code 22",
    "",
  ]);
});

test("a node without power answers nobody", () => {
  const { bench, world } = benchWith({});
  const host = bench.pod("b")?.status?.podIP ?? "";
  bench.machine("node-2", (machine) => ({ ...machine, isPowered: false, silentSince: bench.cluster.now }));
  expect(world.net.connect(CLIENT, { host, port: 80 })).toBe("timeout");
});

test("a host port and a pod on the host's network answer at the node's address", () => {
  const bench = new Bench({ latency: "none" });
  bench.create(podOn("a", { containers: [{ ...nginx(), ports: [{ containerPort: 80, hostPort: 8081 }] }] }));
  bench.create(podOn("b", { hostNetwork: true, containers: [nginx()] }, "node-2"));
  const { admin: client, entropy, cells, now } = bench.cluster;
  const world = worldOf({ client, entropy, cells, now });
  expect(bench.pod("b")?.status?.podIP).toBe("172.18.0.3");
  expect(outsideHttp(world, "172.18.0.2", 8081, GET)).toMatchObject({ status: 200 });
  expect(outsideHttp(world, "172.18.0.3", 80, GET)).toMatchObject({ status: 200 });
  expect(outsideHttp(world, "172.18.0.3", 8081, GET)).toMatchObject({ reason: expect.stringContaining("refused") });
});

test("a pod on its node's network has the node's loopback: host ports, node ports, the node's own daemons", () => {
  const { bench, world } = benchWith({ type: "NodePort" });
  const port = service(bench).spec.ports?.[0]?.nodePort ?? 0;
  const mapped = { containerPort: 80, hostPort: 8081, hostIP: "127.0.0.1" };
  bench.create(podOn("mapped", { containers: [{ ...nginx(), ports: [mapped] }] }));
  bench.create(podOn("host", { hostNetwork: true, containers: [shell("sleep 36000")] }));
  const host: Origin = { kind: "pod", namespace: "default", name: "host" };
  const local = (number: number) => world.net.connect(host, { host: "127.0.0.1", port: number });
  expect([local(8081), local(port), local(10_256), local(8082)]).toEqual(["open", "open", "open", "refused"]);
  const mode = world.net.http(host, { host: "127.0.0.1", port: 10_249 }, { ...GET, path: "/proxyMode" });
  expect(mode).toMatchObject({ status: 200, body: "iptables" });
  expect(world.net.connect(CLIENT, { host: "172.18.0.2", port: 10_249 })).toBe("refused");
  expect(world.net.connect(CLIENT, { host: "127.0.0.1", port: 8081 })).toBe("refused");
  expect(world.net.connect(host, { host: "172.18.0.2", port: 8081 })).toBe("refused");
});

test.each(["service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless"])(
  "a Service that %s takes from the proxy has no rules, until the label goes",
  (label) => {
    const { bench, world } = benchWith({ type: "NodePort" });
    const { clusterIP = "", ports = [] } = service(bench).spec;
    const relabel = (labels: Record<string, string>): void =>
      bench.turn(() => {
        const old = service(bench);
        bench.cluster.admin.update(services, { ...old, metadata: { ...old.metadata, labels } });
      });
    const outcomes = () => [
      world.net.connect(CLIENT, { host: clusterIP, port: 8080 }),
      world.net.connect(CLIENT, { host: "172.18.0.2", port: ports[0]?.nodePort ?? 0 }),
    ];
    relabel({ [label]: "" });
    expect(outcomes()).toEqual(["unreachable", "refused"]);
    relabel({});
    expect(outcomes()).toEqual(["open", "open"]);
  },
);

test("SCTP is a protocol of its own: what listens for TCP on the number does not answer it", () => {
  const bench = new Bench({ latency: "none" });
  const AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.59";
  const env = [
    { name: "SERVE_SCTP_PORT_80", value: "over sctp" },
    { name: "SERVE_PORT_81", value: "over tcp" },
  ];
  bench.create(podOn("porter", { containers: [{ name: "c", image: AGNHOST, args: ["porter"], env }] }));
  bench.create(podOn("client", { containers: [{ name: "c", image: AGNHOST, args: ["netexec", "--sctp-port=90"] }] }));
  const { admin: client, entropy, cells, now } = bench.cluster;
  const world = worldOf({ client, entropy, cells, now });
  const host = bench.pod("porter")?.status?.podIP ?? "";
  const over = (protocol: "TCP" | "SCTP", port: number) => world.net.connect(CLIENT, { host, port, protocol });
  expect([over("SCTP", 80), over("TCP", 80), over("SCTP", 81), over("TCP", 81)]).toEqual([
    "open",
    "refused",
    "refused",
    "open",
  ]);
  const dial = { ...GET, path: `/dial?request=hostname&protocol=sctp&host=127.0.0.1&port=90` };
  const own = { host: bench.pod("client")?.status?.podIP ?? "", port: 8080 };
  expect(world.net.http(CLIENT, own, dial)).toMatchObject({ body: '{"responses":["client"]}' });
});

test("with the Local policy a node serves its own pods alone", () => {
  const { bench, world } = benchWith({ type: "NodePort", externalTrafficPolicy: "Local" });
  const port = service(bench).spec.ports?.[0]?.nodePort ?? 0;
  bench.delete("b", 0);
  expect(outsideHttp(world, "172.18.0.2", port, GET)).toMatchObject({ status: 200 });
  expect(outsideHttp(world, "172.18.0.3", port, GET)).toMatchObject({ reason: expect.stringContaining("i/o timeout") });
});

test("an internal Local policy drops what its own node has no endpoint for", () => {
  const { bench, world } = benchWith({ internalTrafficPolicy: "Local" });
  for (let n = 0; n < 8; n += 1) expect(world.net.connect(CLIENT, { host: "web", port: 8080 })).toBe("open");
  bench.delete("a", 0);
  bench.pass(1);
  expect(world.net.connect(CLIENT, { host: "web", port: 8080 })).toBe("timeout");
});

/** Which pods answer a number of requests to the Service, with the source address each saw. */
function answering(world: World, from: Origin, target: { host: string; port: number }, bench: Bench): Set<string> {
  const seen = new Set<string>();
  for (let n = 0; n < 24; n += 1) {
    world.net.http(from, target, GET);
    for (const name of ["a", "b"]) {
      const id = bench.status(name)?.containerID?.split("//")[1] ?? "";
      const last = readLog(bench.cluster.cells, id, {}).text.trim().split("\n").at(-1) ?? "";
      const [, ip] = /^(\d+\.\d+\.\d+\.\d+) - - /.exec(last) ?? [];
      if (ip !== undefined) seen.add(`${name} ${ip}`);
    }
  }
  return seen;
}

test("hints keep connections on the node, or in the zone, that prefers them", () => {
  for (const trafficDistribution of ["PreferSameNode", "PreferSameZone"]) {
    const { bench, world } = benchWith({ trafficDistribution });
    bench.turn(() => {
      for (const [name, zone] of [
        ["node-1", "z1"],
        ["node-2", "z2"],
      ] as const) {
        const node = bench.cluster.admin.need(nodes, { namespace: "", name });
        const labels = { ...node.metadata.labels, "topology.kubernetes.io/zone": zone };
        bench.cluster.admin.update(nodes, { ...node, metadata: { ...node.metadata, labels } });
        const pod = bench.pod(name === "node-1" ? "a" : "b");
        if (pod === undefined) continue;
        bench.cluster.admin.update(pods, { ...pod, metadata: { ...pod.metadata, annotations: { touched: "yes" } } });
      }
      const web = service(bench);
      bench.cluster.admin.update(services, { ...web, metadata: { ...web.metadata, labels: { touched: "yes" } } });
    });
    bench.pass(1);
    const seen = answering(world, CLIENT, { host: "web", port: 8080 }, bench);
    expect([...seen].map((one) => one.split(" ")[0])).toEqual(["a"]);
    bench.delete("a", 0);
    bench.pass(1);
    expect(world.net.connect(CLIENT, { host: "web", port: 8080 })).toBe("open");
  }
});

test("a pod sees its client's address inside, and the node's through a NodePort with the Cluster policy", () => {
  const { bench, world } = benchWith({ type: "NodePort" });
  const inside = answering(world, CLIENT, { host: "web", port: 8080 }, bench);
  const own = bench.pod("client")?.status?.podIP;
  expect(inside).toEqual(new Set([`a ${own}`, `b ${own}`]));
  const nodePort = service(bench).spec.ports?.[0]?.nodePort ?? 0;
  const { bench: second, world: again } = benchWith({ type: "NodePort" });
  const port = service(second).spec.ports?.[0]?.nodePort ?? nodePort;
  const outside = answering(again, { kind: "outside" }, { host: "172.18.0.2", port }, second);
  expect(outside).toEqual(new Set(["a 10.244.0.1", "b 172.18.0.2"]));
  const { bench: third, world: local } = benchWith({ type: "NodePort", externalTrafficPolicy: "Local" });
  const number = service(third).spec.ports?.[0]?.nodePort ?? 0;
  expect(answering(local, { kind: "outside" }, { host: "172.18.0.3", port: number }, third)).toEqual(
    new Set(["b 172.18.0.1"]),
  );
});

test("a pod reaches itself through its Service, seen from the node's gateway", () => {
  const { bench, world } = benchWith({});
  bench.delete("b", 0);
  bench.pass(1);
  const seen = answering(world, { kind: "pod", namespace: "default", name: "a" }, { host: "web", port: 8080 }, bench);
  expect(seen).toEqual(new Set(["a 10.244.0.1"]));
});

test("a balancer lets its source ranges in alone, and its health check tells of local endpoints", () => {
  const { bench, world } = benchWith({
    type: "LoadBalancer",
    externalTrafficPolicy: "Local",
    loadBalancerSourceRanges: ["203.0.113.0/24"],
  });
  bench.pass(5);
  const { status, spec } = service(bench);
  const host = status?.loadBalancer?.ingress?.[0]?.ip ?? "";
  expect(outsideHttp(world, host, 8080, GET)).toMatchObject({ reason: expect.stringContaining("i/o timeout") });
  expect(world.net.http({ kind: "outside", ip: "203.0.113.9" }, { host, port: 8080 }, GET)).toMatchObject({
    status: 200,
  });
  const check = (node: string) => world.net.http(CLIENT, { host: node, port: spec.healthCheckNodePort ?? 0 }, GET);
  expect(check("172.18.0.2")).toMatchObject({ status: 200, body: expect.stringContaining('"localEndpoints":1') });
  bench.delete("a", 0);
  bench.pass(1);
  expect(check("172.18.0.2")).toMatchObject({ status: 503 });
});
