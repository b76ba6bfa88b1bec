/**
 * Goal: a connection reaches what it would reach in a cluster with kube-proxy and CoreDNS, and fails as it would there.
 * Method: run servers behind Services of every sort, then connect from a pod, from a node and from outside.
 */
import { expect, test } from "vitest";
import type { ServiceSpec } from "#kernel/api/types.gen";
import { outsideHttp } from "#kernel/network/outside";
import { worldOf } from "#kernel/network/world-of";
import { services } from "#kernel/resources/core/service";
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

test("with the Local policy a node serves its own pods alone", () => {
  const { bench, world } = benchWith({ type: "NodePort", externalTrafficPolicy: "Local" });
  const port = service(bench).spec.ports?.[0]?.nodePort ?? 0;
  bench.delete("b", 0);
  expect(outsideHttp(world, "172.18.0.2", port, GET)).toMatchObject({ status: 200 });
  expect(outsideHttp(world, "172.18.0.3", port, GET)).toMatchObject({ reason: expect.stringContaining("i/o timeout") });
});
