/**
 * Goal: where the kinds of the Gateway API are installed, Gateways serve as the specification says, and conditions tell
 * what became of each.
 * Method: the kinds added to a production cluster as their definitions would add them; requests from outside.
 */
import { expect, test } from "vitest";
import { BUCKETS, GATEWAY_CLASS } from "#kernel/network/gateway/kinds";
import {
  classes,
  condition,
  gateways,
  get,
  grants,
  parent,
  reached,
  route,
  sceneWith,
  to,
} from "#test/support/gateway";

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
    { name: "odd", port: 53, protocol: "SCTP" },
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
