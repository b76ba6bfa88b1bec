/**
 * Goal: where the kinds of the Gateway API are installed, Gateways serve as the specification says, and conditions tell
 * what became of each.
 * Method: the kinds added to a production cluster as their definitions would add them; requests from outside.
 */
import { expect, test } from "vitest";
import {
  BUCKETS,
  GATEWAY_CLASS,
  GATEWAY_CONTROLLER,
  type Gateway,
  type GatewayClass,
  type HttpRoute,
  type ReferenceGrant,
} from "#kernel/network/gateway/kinds";
import { outsideHttp } from "#kernel/network/outside";
import { worldOf } from "#kernel/network/world-of";
import { defineResource, type Resource } from "#kernel/registry/definition";
import { namespaces } from "#kernel/resources/core/namespace";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import type { KubeObject } from "#kernel/store/object";
import { Scene } from "#test/support/scene";

function kind<T extends KubeObject>(name: string, plural: string, scope: "Cluster" | "Namespaced"): Resource<T> {
  return defineResource<T>({
    group: "gateway.networking.k8s.io",
    version: "v1",
    names: { kind: name, plural, singular: name.toLowerCase() },
    scope,
    subresources: { status: true },
    hasGeneration: true,
    shape: { name, fields: new Map(), required: [], preservesUnknown: true },
  });
}

const classes = kind<GatewayClass>("GatewayClass", "gatewayclasses", "Cluster");
const gateways = kind<Gateway>("Gateway", "gateways", "Namespaced");
const routes = kind<HttpRoute>("HTTPRoute", "httproutes", "Namespaced");
const grants = kind<ReferenceGrant>("ReferenceGrant", "referencegrants", "Namespaced");

/** Servers one and two that say their names, in default and other, and a Gateway `gw` with listeners. */
function sceneWith(listeners: Gateway["spec"]["listeners"] = [{ name: "web", port: 80, protocol: "HTTP" }]): Scene {
  const scene = new Scene({ machines: 2 });
  for (const one of [classes, gateways, routes, grants]) scene.cluster.registry.add(one as never);
  scene.create(classes, { metadata: { name: GATEWAY_CLASS }, spec: { controllerName: GATEWAY_CONTROLLER } });
  scene.create(namespaces, { metadata: { name: "other", labels: { team: "b" } }, spec: {} });
  scene.pass(1);
  for (const namespace of ["default", "other"]) {
    for (const name of ["one", "two"]) {
      scene.create(pods, {
        metadata: { name, namespace, labels: { app: name } },
        spec: {
          containers: [
            { name: "c", image: "registry.k8s.io/e2e-test-images/agnhost:2.59", args: ["netexec", "--http-port=8080"] },
          ],
        },
      });
      scene.create(services, {
        metadata: { name, namespace },
        spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
      });
    }
  }
  scene.create(gateways, {
    metadata: { name: "gw", namespace: "default" },
    spec: { gatewayClassName: GATEWAY_CLASS, listeners },
  });
  scene.settle();
  return scene;
}

function route(scene: Scene, name: string, spec: HttpRoute["spec"], namespace = "default"): void {
  scene.create(routes, { metadata: { name, namespace }, spec: { parentRefs: [{ name: "gw" }], ...spec } });
  scene.settle();
}

const to = (name: string, weight = 1) => ({ name, port: 80, weight });

function get(scene: Scene, address: string, init: { method?: string; headers?: Record<string, string> } = {}) {
  const [, host = "", port = "80", path = "/"] = /^([^:/]+)(?::(\d+))?(\/.*)?$/.exec(address) ?? [];
  const { admin: client, entropy, cells, now } = scene.cluster;
  const { method = "GET", headers = {} } = init;
  return outsideHttp(worldOf({ client, entropy, cells, now }), host, Number(port), { method, path, headers, body: "" });
}

function reached(scene: Scene, address: string, init: { method?: string; headers?: Record<string, string> } = {}) {
  const answer = get(scene, address, init);
  if ("reason" in answer) return answer.reason;
  return answer.status === 200 ? answer.body : String(answer.status);
}

const condition = (
  conditions: readonly { type: string; status: string; reason: string }[] | undefined,
  type: string,
) => {
  const found = conditions?.find((one) => one.type === type);
  return found === undefined ? "" : `${found.status} ${found.reason}`;
};

const parent = (scene: Scene, name: string, type: string, namespace?: string): string =>
  condition(scene.need(routes, name, namespace).status?.parents?.[0]?.conditions, type);

test("a Gateway gets an address and says what it serves", () => {
  const scene = sceneWith();
  route(scene, "r", { hostnames: ["shop.example"], rules: [{ backendRefs: [to("one")] }] });
  const { status } = scene.need(gateways, "gw");
  expect(status?.addresses).toEqual([{ type: "IPAddress", value: "172.19.255.110" }]);
  expect([condition(status?.conditions, "Accepted"), condition(status?.conditions, "Programmed")]).toEqual([
    "True Accepted",
    "True Programmed",
  ]);
  expect(status?.listeners?.[0]).toMatchObject({ name: "web", attachedRoutes: 1 });
  expect(condition(scene.need(classes, GATEWAY_CLASS).status?.conditions, "Accepted")).toBe("True Accepted");
  expect([parent(scene, "r", "Accepted"), parent(scene, "r", "ResolvedRefs")]).toEqual([
    "True Accepted",
    "True ResolvedRefs",
  ]);
  expect(reached(scene, "shop.example/hostname")).toBe("one");
  expect(reached(scene, "172.19.255.110/hostname")).toBe("404");
  expect(reached(scene, "172.19.255.110/hostname", { headers: { host: "shop.example" } })).toBe("404");
  expect(reached(scene, "172.19.255.110:81/")).toContain("i/o timeout");
});

test.each([
  ["/a", {}, "one"],
  ["/a/b", {}, "one"],
  ["/ab", {}, "404"],
  ["/exact", {}, "two"],
  ["/exact/", {}, "404"],
  ["/a/special", {}, "two"],
  ["/h", { headers: { "x-who": "me" } }, "two"],
  ["/h", {}, "one"],
  ["/m", { method: "POST" }, "two"],
  ["/m", {}, "404"],
  ["/q?v=1", {}, "two"],
  ["/q?v=2", {}, "404"],
])("%s %j reaches %s", (path, init, name) => {
  const scene = sceneWith();
  const rewrite = {
    type: "URLRewrite",
    urlRewrite: { path: { type: "ReplaceFullPath" as const, replaceFullPath: "/hostname" } },
  };
  const rule = (match: object, backend: string) => ({
    matches: [match],
    filters: [rewrite],
    backendRefs: [to(backend)],
  });
  route(scene, "r", {
    hostnames: ["a.example"],
    rules: [
      rule({ path: { type: "PathPrefix", value: "/a" } }, "one"),
      rule({ path: { type: "Exact", value: "/exact" } }, "two"),
      rule({ path: { type: "PathPrefix", value: "/a/special" } }, "two"),
      rule({ path: { value: "/h" } }, "one"),
      rule({ path: { value: "/h" }, headers: [{ name: "X-Who", value: "me" }] }, "two"),
      rule({ path: { value: "/m" }, method: "POST" }, "two"),
      rule({ path: { value: "/q" }, queryParams: [{ name: "v", value: "1" }] }, "two"),
    ],
  });
  expect(
    reached(scene, `a.example${path.split("?")[0]}${path.includes("?") ? `?${path.split("?")[1]}` : ""}`, init),
  ).toBe(name);
});

test("weights share requests, and a backend that is not there fails its share alone", () => {
  const scene = sceneWith();
  route(scene, "r", {
    hostnames: ["a.example"],
    rules: [{ backendRefs: [to("one", 90), to("two", 10), to("gone", 0)] }],
  });
  const seen = Array.from({ length: 300 }, () => reached(scene, "a.example/hostname"));
  const share = seen.filter((name) => name === "two").length;
  expect(seen.every((name) => name === "one" || name === "two")).toBe(true);
  expect(share).toBeGreaterThan(10);
  expect(share).toBeLessThan(60);
  expect(parent(scene, "r", "ResolvedRefs")).toBe("False BackendNotFound");
  route(scene, "none", { hostnames: ["b.example"], rules: [{ backendRefs: [to("gone")] }] });
  expect(reached(scene, "b.example/")).toBe("500");
});

test("filters redirect, rewrite and change headers", () => {
  const scene = sceneWith();
  route(scene, "r", {
    hostnames: ["a.example"],
    rules: [
      {
        matches: [{ path: { value: "/old" } }],
        filters: [
          {
            type: "RequestRedirect",
            requestRedirect: {
              scheme: "https",
              path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/new" },
              statusCode: 301,
            },
          },
        ],
      },
      {
        matches: [{ path: { value: "/api" } }],
        filters: [
          { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
          { type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "X-Env", value: "test" }] } },
          { type: "ResponseHeaderModifier", responseHeaderModifier: { add: [{ name: "X-Seen", value: "yes" }] } },
        ],
        backendRefs: [to("one")],
      },
    ],
  });
  expect(get(scene, "a.example/old/x?y=1")).toMatchObject({
    status: 301,
    headers: { location: "https://a.example/new/x?y=1" },
  });
  expect(get(scene, "a.example/api/header?key=X-Env")).toMatchObject({
    status: 200,
    body: "test",
    headers: { "x-seen": "yes" },
  });
});

test("routes of other namespaces need leave, and so do references to other namespaces", () => {
  const scene = sceneWith([
    { name: "own", port: 80, protocol: "HTTP" },
    {
      name: "all",
      port: 8080,
      protocol: "HTTP",
      hostname: "*.open.example",
      allowedRoutes: { namespaces: { from: "All" } },
    },
    { name: "udp", port: 53, protocol: "UDP" },
  ]);
  const parentRefs = [{ name: "gw", namespace: "default", sectionName: "own" }];
  route(scene, "shut", { parentRefs, hostnames: ["x.example"], rules: [{ backendRefs: [to("one")] }] }, "other");
  expect(parent(scene, "shut", "Accepted", "other")).toBe("False NotAllowedByListeners");
  const open = [{ name: "gw", namespace: "default", sectionName: "all" }];
  route(
    scene,
    "open",
    { parentRefs: open, hostnames: ["a.open.example"], rules: [{ backendRefs: [to("one")] }] },
    "other",
  );
  expect(reached(scene, "a.open.example:8080/hostname")).toBe("one");
  route(scene, "wrong", { parentRefs: open, hostnames: ["a.closed.example"], rules: [] }, "other");
  expect(parent(scene, "wrong", "Accepted", "other")).toBe("False NoMatchingListenerHostname");
  route(scene, "far", {
    parentRefs: [{ name: "gw", sectionName: "own" }],
    hostnames: ["f.example"],
    rules: [{ backendRefs: [{ ...to("two"), namespace: "other" }] }],
  });
  expect(parent(scene, "far", "ResolvedRefs")).toBe("False RefNotPermitted");
  expect(reached(scene, "f.example/hostname")).toBe("500");
  scene.create(grants, {
    metadata: { name: "let", namespace: "other" },
    spec: {
      from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "default" }],
      to: [{ group: "", kind: "Service" }],
    },
  });
  scene.settle();
  expect(parent(scene, "far", "ResolvedRefs")).toBe("True ResolvedRefs");
  expect(reached(scene, "f.example/hostname")).toBe("two");
  const listener = scene.need(gateways, "gw").status?.listeners?.[2];
  expect(condition(listener?.conditions, "Accepted")).toBe("False UnsupportedProtocol");
});

test("an unknown filter is refused, not ignored; a class of somebody else is left alone", () => {
  const scene = sceneWith();
  route(scene, "r", {
    hostnames: ["a.example"],
    rules: [{ filters: [{ type: "ExtensionRef" }], backendRefs: [to("one")] }],
  });
  expect(parent(scene, "r", "Accepted")).toBe("False UnsupportedValue");
  expect(reached(scene, "a.example/hostname")).toContain("no such host");
  scene.create(gateways, {
    metadata: { name: "theirs", namespace: "default" },
    spec: { gatewayClassName: "nginx", listeners: [{ name: "web", port: 80, protocol: "HTTP" }] },
  });
  scene.settle();
  expect(scene.need(gateways, "theirs").status).toBeUndefined();
  expect(BUCKETS.gateways).toBe(gateways.bucket);
});
