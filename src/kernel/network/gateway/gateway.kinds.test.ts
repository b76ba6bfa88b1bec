/**
 * Goal: routes of gRPC, TLS, TCP and UDP lead where they say; filters, addresses and certificates are obeyed or
 * refused.
 * Method: each kind added to a production cluster as its definition would add it; calls and connections from outside.
 */
import { expect, test } from "vitest";
import { GATEWAY_CLASS, type Gateway, type Route } from "#kernel/network/gateway/kinds";
import { worldOf } from "#kernel/network/world-of";
import { secrets } from "#kernel/resources/core/secret";
import { services } from "#kernel/resources/core/service";
import { classes, condition, gateways, get, kind, parent, reached, route, sceneWith, to } from "#test/support/gateway";
import type { Scene } from "#test/support/scene";

const rpcs = kind<Route>("GRPCRoute", "grpcroutes", "Namespaced");
const tlsRoutes = kind<Route>("TLSRoute", "tlsroutes", "Namespaced");
const tcpRoutes = kind<Route>("TCPRoute", "tcproutes", "Namespaced");
const udpRoutes = kind<Route>("UDPRoute", "udproutes", "Namespaced");

function withKinds(listeners?: Gateway["spec"]["listeners"]): Scene {
  const scene = sceneWith(listeners);
  for (const one of [rpcs, tlsRoutes, tcpRoutes, udpRoutes]) scene.cluster.registry.add(one as never);
  return scene;
}

function make(scene: Scene, resource: typeof rpcs, name: string, spec: Route["spec"]): void {
  scene.create(resource, { metadata: { name, namespace: "default" }, spec: { parentRefs: [{ name: "gw" }], ...spec } });
  scene.settle();
}

const CALL = { method: "POST", headers: { "content-type": "application/grpc", host: "rpc.test" } };

test("a call goes by its service and method; what no rule is for is told so", () => {
  const scene = withKinds();
  make(scene, rpcs, "r", {
    hostnames: ["rpc.test"],
    rules: [
      { matches: [{ method: { service: "shop.Cart", method: "Add" } }], backendRefs: [to("one")] },
      { matches: [{ method: { service: "shop.Cart" } }], backendRefs: [to("two")] },
      { matches: [{ method: { method: "Only" } }], backendRefs: [to("gone")] },
      { matches: [{ method: { type: "RegularExpression", service: "x\\.[a-z]+" } }], backendRefs: [to("one")] },
    ],
  });
  const seen = (path: string) => {
    const answer = get(scene, `rpc.test${path}`, CALL);
    if ("reason" in answer) return answer.reason;
    return answer.headers["grpc-status"] ?? String(answer.status);
  };
  // The servers here speak no gRPC: their own 404 tells that a call came to one.
  expect(["/shop.Cart/Add", "/shop.Cart/Get", "/x.abc/Do"].map(seen)).toEqual(["404", "404", "404"]);
  expect(["/shop.Carts/Add", "/x.9/Do"].map(seen)).toEqual(["12", "12"]);
  expect(seen("/any.Thing/Only")).toBe("2");
  const { status } = scene.need(rpcs, "r");
  expect(condition(status?.parents?.[0]?.conditions, "ResolvedRefs")).toBe("False BackendNotFound");
  expect(scene.need(gateways, "gw").status?.listeners?.[0]).toMatchObject({
    attachedRoutes: 1,
    supportedKinds: [{ kind: "HTTPRoute" }, { kind: "GRPCRoute" }],
  });
});

test("connections of TCP and UDP are carried as they are, by port", () => {
  const scene = withKinds([
    { name: "tcp", port: 9000, protocol: "TCP" },
    { name: "udp", port: 9000, protocol: "UDP" },
  ]);
  scene.create(services, {
    metadata: { name: "dgram", namespace: "default" },
    spec: { selector: { app: "one" }, ports: [{ port: 81, targetPort: 8081, protocol: "UDP" }] },
  });
  const { admin: client, entropy, cells, now } = scene.cluster;
  const world = worldOf({ client, entropy, cells, now });
  const host = scene.need(gateways, "gw").status?.addresses?.[0]?.value ?? "";
  const connect = (protocol: "TCP" | "UDP") => world.net.connect({ kind: "outside" }, { host, port: 9000, protocol });
  expect([connect("TCP"), connect("UDP")]).toEqual(["refused", "refused"]);
  make(scene, tcpRoutes, "t", { rules: [{ backendRefs: [to("one")] }] });
  make(scene, udpRoutes, "u", { rules: [{ backendRefs: [{ name: "dgram", port: 81 }] }] });
  expect([connect("TCP"), connect("UDP")]).toEqual(["open", "open"]);
  expect(reached(scene, `${host}:9000/hostname`)).toBe("one");
  const { listeners } = scene.need(gateways, "gw").status ?? {};
  expect(
    listeners?.map(({ attachedRoutes, conditions }) => [attachedRoutes, condition(conditions, "Conflicted")]),
  ).toEqual([
    [1, "False NoConflicts"],
    [1, "False NoConflicts"],
  ]);
});

test("a TLS connection passes by its name", () => {
  const scene = withKinds([{ name: "tls", port: 443, protocol: "TLS", tls: { mode: "Passthrough" } }]);
  make(scene, tlsRoutes, "a", { hostnames: ["a.test"], rules: [{ backendRefs: [to("one")] }] });
  make(scene, tlsRoutes, "any", { hostnames: ["*.test"], rules: [{ backendRefs: [to("two")] }] });
  expect([reached(scene, "a.test:443/hostname"), reached(scene, "b.test:443/hostname")]).toEqual(["one", "two"]);
  route(scene, "http", { hostnames: ["c.test"], rules: [{ backendRefs: [to("one")] }] });
  expect(parent(scene, "http", "Accepted")).toBe("False NotAllowedByListeners");
});

test("browsers of other origins are answered, and what fails is tried again", () => {
  const scene = sceneWith();
  const cors = { allowOrigins: ["https://*.shop.test"], allowMethods: ["GET"], allowHeaders: ["x-a"], maxAge: 60 };
  route(scene, "r", {
    hostnames: ["a.test"],
    rules: [{ filters: [{ type: "CORS", cors }], backendRefs: [to("one")], retry: { codes: [404], attempts: 2 } }],
  });
  const asking = { origin: "https://my.shop.test", "access-control-request-method": "GET" };
  expect(get(scene, "a.test/", { method: "OPTIONS", headers: asking })).toMatchObject({
    status: 204,
    headers: { "access-control-allow-origin": "https://my.shop.test", "access-control-allow-methods": "GET" },
  });
  const other = get(scene, "a.test/hostname", { headers: { origin: "https://evil.test" } });
  expect(other).toMatchObject({
    status: 200,
    headers: expect.not.objectContaining({ "access-control-allow-origin": "*" }),
  });
  expect(get(scene, "a.test/nowhere")).toMatchObject({ status: 404 });
});

test.each([
  ["a filter of somebody else", { filters: [{ type: "ExtensionRef" }] }],
  ["sessions that persist", { sessionPersistence: {} }],
  ["an expression that is none", { matches: [{ path: { type: "RegularExpression", value: "(" } }] }],
])("%s is refused", (_, rule) => {
  const scene = sceneWith();
  route(scene, "r", { hostnames: ["a.test"], rules: [{ ...rule, backendRefs: [to("one")] }] });
  expect(parent(scene, "r", "Accepted")).toBe("False UnsupportedValue");
});

test("an expression that would never end does not", () => {
  const scene = sceneWith();
  const path = { type: "RegularExpression", value: "/(a+)+" };
  route(scene, "r", { hostnames: ["a.test"], rules: [{ matches: [{ path }], backendRefs: [to("one")] }] });
  expect(reached(scene, `a.test/${"a".repeat(40_000)}!`)).toBe("404");
});

test("an address may be wished for, once; parameters and other addresses are refused", () => {
  const scene = sceneWith();
  const add = (name: string, spec: object): string[] => {
    const listeners = [{ name: "web", port: 80, protocol: "HTTP" }];
    scene.create(gateways, {
      metadata: { name, namespace: "default" },
      spec: { gatewayClassName: GATEWAY_CLASS, listeners, ...spec } as Gateway["spec"],
    });
    scene.settle();
    const { addresses = [], conditions } = scene.need(gateways, name).status ?? {};
    return [addresses[0]?.value ?? "", condition(conditions, "Accepted"), condition(conditions, "Programmed")];
  };
  const wished = { addresses: [{ type: "IPAddress", value: "172.19.255.150" }] };
  expect(add("one", wished)).toEqual(["172.19.255.150", "True Accepted", "True Programmed"]);
  expect(add("two", wished)).toEqual(["", "True Accepted", "False AddressNotUsable"]);
  expect(add("far", { addresses: [{ value: "8.8.8.8" }] })[2]).toBe("False AddressNotUsable");
  expect(add("name", { addresses: [{ type: "Hostname", value: "a.test" }] })[1]).toBe("False UnsupportedAddress");
  expect(add("tuned", { infrastructure: { parametersRef: { name: "x" } } })[1]).toBe("False InvalidParameters");
  expect(condition(scene.need(classes, GATEWAY_CLASS).status?.conditions, "SupportedVersion")).toBe(
    "True SupportedVersion",
  );
});

test("a listener that ends TLS needs a certificate that is one", () => {
  const listener = (name: string, port: number, ref?: string) => ({
    name,
    port,
    protocol: "HTTPS",
    tls: { certificateRefs: ref === undefined ? [] : [{ name: ref }] },
  });
  const scene = sceneWith([
    listener("none", 443),
    listener("gone", 444, "gone"),
    listener("bad", 445, "bad"),
    listener("good", 446, "good"),
  ]);
  const pem = btoa("-----BEGIN CERTIFICATE-----\n");
  const keep = (name: string, value: string): void =>
    void scene.create(secrets, {
      metadata: { name, namespace: "default" },
      type: "kubernetes.io/tls",
      data: { "tls.crt": value, "tls.key": value },
    });
  keep("bad", btoa("no certificate"));
  keep("good", pem);
  scene.settle();
  const { listeners = [] } = scene.need(gateways, "gw").status ?? {};
  expect(listeners.map(({ conditions }) => condition(conditions, "ResolvedRefs"))).toEqual([
    "False InvalidCertificateRef",
    "False InvalidCertificateRef",
    "False InvalidCertificateRef",
    "True ResolvedRefs",
  ]);
});
