/**
 * Goal: an Ingress sends a request where ingress-nginx would send it, and answers with nginx's pages where it cannot.
 * Method: two echoing servers behind Services in the production cluster; requests from outside by host and path.
 */
import { describe, expect, test } from "vitest";
import type { Ingress, IngressSpec } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { outsideHttp } from "#kernel/network/outside";
import { worldOf } from "#kernel/network/world-of";
import type { Draft } from "#kernel/registry/definition";
import { events } from "#kernel/resources/core/event";
import { pods } from "#kernel/resources/core/pod";
import { secrets } from "#kernel/resources/core/secret";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import { ingresses } from "#kernel/resources/networking/ingress";
import { INGRESS_IP } from "#kernel/resources/networking/ingress.facts";
import { ingressclasses } from "#kernel/resources/networking/ingressclass";
import { Scene } from "#test/support/scene";

const backend = (name: string, port: object = { number: 80 }) => ({ service: { name, port } });
const path = (at: string, name: string, pathType = "Prefix") => ({ path: at, pathType, backend: backend(name) });

function ingress(name: string, spec: Partial<IngressSpec>, annotations: Record<string, string> = {}): Draft<Ingress> {
  return { metadata: { name, namespace: "default", annotations }, spec: { ingressClassName: "nginx", ...spec } };
}

/** Two servers that say their own name. */
function sceneWith(...drafts: Draft<Ingress>[]): Scene {
  const scene = new Scene({ machines: 2 });
  for (const name of ["one", "two"]) {
    scene.create(pods, {
      metadata: { name, namespace: "default", labels: { app: name } },
      spec: {
        containers: [
          { name: "c", image: "registry.k8s.io/e2e-test-images/agnhost:2.53", args: ["netexec", "--http-port=8080"] },
        ],
      },
    });
    scene.create(services, {
      metadata: { name, namespace: "default" },
      spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
    });
  }
  scene.create(services, {
    metadata: { name: "empty", namespace: "default" },
    spec: { selector: { app: "nobody" }, ports: [{ port: 80 }] },
  });
  for (const draft of drafts) scene.create(ingresses, draft);
  scene.settle();
  return scene;
}

function get(scene: Scene, address: string, headers: Record<string, string> = {}) {
  const [, host = "", port = "80", target = "/"] = /^([^:/]+)(?::(\d+))?(\/.*)?$/.exec(address) ?? [];
  const { admin: client, entropy, cells, now } = scene.cluster;
  const world = worldOf({ client, entropy, cells, now });
  return outsideHttp(world, host, Number(port), { method: "GET", path: target, headers, body: "" });
}

/** The pod that answers /hostname, or the status, or the reason why there is no answer. */
function reached(scene: Scene, address: string, headers: Record<string, string> = {}): string {
  const answer = get(scene, address, headers);
  if ("reason" in answer) return answer.reason;
  return answer.status === 200 ? answer.body.trim() : String(answer.status);
}

const rules = [
  { host: "a.example", http: { paths: [path("/hostname", "one"), path("/host", "two"), path("/none", "empty")] } },
  { host: "*.example", http: { paths: [path("/", "two")] } },
  { host: "exact.test", http: { paths: [path("/hostname", "one", "Exact"), path("/", "two")] } },
];

test.each([
  ["a.example/hostname", "one"],
  ["a.example/hostnames", "404"],
  ["a.example/elsewhere", "404"],
  ["a.example/none", "503"],
  ["b.example/hostname", "two"],
  ["exact.test/hostname", "one"],
  ["c.b.example/hostname", "dial tcp: lookup c.b.example: no such host"],
  [`${INGRESS_IP}/hostname`, "404"],
  [`${INGRESS_IP}:8443/`, `dial tcp ${INGRESS_IP}:8443: i/o timeout`],
])("%s reaches %s", (address, name) => {
  expect(reached(sceneWith(ingress("web", { rules })), address)).toBe(name);
});

test("the pages are nginx's own", () => {
  expect(get(sceneWith(ingress("web", { rules })), "a.example/none")).toMatchObject({
    status: 503,
    body: expect.stringContaining("<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx"),
  });
});

test("the address comes with the next sync, and events tell of it", () => {
  const scene = sceneWith(ingress("web", { defaultBackend: backend("one", { name: "http" }) }));
  expect(scene.need(ingresses, "web").status).toEqual({ loadBalancer: { ingress: [{ ip: INGRESS_IP }] } });
  expect(scene.said("web")).toEqual(["Sync x2: Scheduled for sync"]);
  expect(scene.list(events).some(({ source }) => source?.component === "nginx-ingress-controller")).toBe(true);
  expect(reached(scene, `${INGRESS_IP}/hostname`)).toBe("one");
});

test("an Ingress without a class, or of another one, is nobody's", () => {
  const scene = sceneWith(
    { metadata: { name: "bare", namespace: "default" }, spec: { rules } },
    ingress("other", { ingressClassName: "traefik", rules }),
  );
  expect(scene.list(ingresses).map(({ status }) => status?.loadBalancer)).toEqual([{}, {}]);
  expect(reached(scene, "a.example/hostname")).toContain("no such host");
});

test("a class of one's own for the same controller counts, and a default one is given", () => {
  const scene = sceneWith();
  scene.create(ingressclasses, {
    metadata: { name: "nginx-example", annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
    spec: { controller: "k8s.io/ingress-nginx" },
  });
  scene.create(ingresses, { metadata: { name: "bare", namespace: "default" }, spec: { rules } });
  expect(scene.need(ingresses, "bare").spec.ingressClassName).toBe("nginx-example");
  expect(reached(scene, "a.example/hostname")).toBe("one");
});

describe("annotations", () => {
  const nginx = (name: string, value: string) => ({ [`nginx.ingress.kubernetes.io/${name}`]: value });
  const at = (where: string, name: string) => [
    { host: "a.example", http: { paths: [path(where, name, "ImplementationSpecific")] } },
  ];

  test("rewrite-target replaces the path", () => {
    const scene = sceneWith(ingress("web", { rules: at("/app(/|$)(.*)", "one") }, nginx("rewrite-target", "/$2")));
    expect(reached(scene, "a.example/app/hostname")).toBe("one");
  });

  test("TLS sends http to https, unless told not to", () => {
    const spec = { rules: at("/", "one"), tls: [{ hosts: ["a.example"], secretName: "cert" }] };
    const scene = sceneWith(ingress("web", spec));
    expect(get(scene, "a.example/hostname")).toMatchObject({
      status: 308,
      headers: { location: "https://a.example/hostname" },
    });
    expect(reached(scene, "a.example:443/hostname")).toBe("one");
    expect(reached(sceneWith(ingress("web", spec, nginx("ssl-redirect", "false"))), "a.example/hostname")).toBe("one");
  });

  test("a canary takes its share, and whoever asks for it", () => {
    const scene = sceneWith(
      ingress("web", { rules: at("/", "one") }),
      ingress(
        "canary",
        { rules: at("/", "two") },
        { ...nginx("canary", "true"), ...nginx("canary-weight", "30"), ...nginx("canary-by-header", "X-Canary") },
      ),
    );
    const seen = Array.from({ length: 200 }, () => reached(scene, "a.example/hostname"));
    const share = seen.filter((name) => name === "two").length;
    expect(share).toBeGreaterThan(30);
    expect(share).toBeLessThan(90);
    expect(reached(scene, "a.example/hostname", { "x-canary": "always" })).toBe("two");
    expect(reached(scene, "a.example/hostname", { "x-canary": "never" })).toBe("one");
  });

  test("an answer that does not come is asked of another endpoint", () => {
    const scene = sceneWith(ingress("web", { rules: at("/", "both") }));
    scene.create(services, {
      metadata: { name: "both", namespace: "default" },
      spec: { ports: [{ port: 80 }] },
    });
    const ip = scene.need(pods, "one").status?.podIP ?? "";
    scene.create(endpointslices, {
      metadata: { name: "both-1", namespace: "default", labels: { "kubernetes.io/service-name": "both" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [ip] }, { addresses: ["10.244.9.9"] }],
      ports: [{ port: 8080, protocol: "TCP", name: "" }],
    });
    scene.settle();
    const seen = Array.from({ length: 20 }, () => reached(scene, "a.example/hostname"));
    expect(new Set(seen)).toEqual(new Set(["one"]));
  });

  test("passwords of htpasswd, source ranges and sizes are asked for", () => {
    const scene = sceneWith(
      ingress("web", { rules: at("/", "one") }, { ...nginx("auth-type", "basic"), ...nginx("auth-secret", "users") }),
      ingress(
        "small",
        { rules: [{ host: "b.example", http: { paths: [path("/", "one")] } }] },
        { ...nginx("proxy-body-size", "1k"), ...nginx("denylist-source-range", "192.0.2.0/24") },
      ),
      ingress(
        "near",
        { rules: [{ host: "c.example", http: { paths: [path("/", "one")] } }] },
        nginx("whitelist-source-range", "192.0.2.0/24, 198.51.100.7"),
      ),
    );
    // htpasswd -nbm tom secret, with a salt of its own.
    const auth = btoa("tom:$apr1$SaltSalt$.wTsZyhsHljboa7m4Bjlg1\nann:plain\n");
    scene.create(secrets, { metadata: { name: "users", namespace: "default" }, data: { auth } } as never);
    expect(get(scene, "a.example/hostname")).toMatchObject({
      status: 401,
      headers: { "www-authenticate": 'Basic realm=""' },
    });
    const as = (pair: string) => reached(scene, "a.example/hostname", { authorization: `Basic ${btoa(pair)}` });
    expect([as("tom:secret"), as("ann:plain"), as("ann:wrong"), as("bob:plain")]).toEqual(["one", "one", "401", "401"]);
    expect(reached(scene, "c.example/hostname")).toBe("403");
    expect(reached(scene, "b.example/hostname")).toBe("one");
    const { admin: client, entropy, cells, now } = scene.cluster;
    const world = worldOf({ client, entropy, cells, now });
    const long = { method: "POST", path: "/echo", headers: {}, body: "x".repeat(1_025) };
    expect(outsideHttp(world, "b.example", 80, long)).toMatchObject({ status: 413 });
  });

  test("a cookie keeps a client at its endpoint, and CORS is answered", () => {
    const scene = sceneWith(
      ingress("web", { rules: at("/", "all") }, { ...nginx("affinity", "cookie"), ...nginx("enable-cors", "true") }),
    );
    for (const name of ["one", "two"]) {
      scene.edit(pods, name, ({ metadata }) => {
        metadata.labels = { ...metadata.labels, all: "yes" };
      });
    }
    scene.create(services, {
      metadata: { name: "all", namespace: "default" },
      spec: { selector: { all: "yes" }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    scene.settle();
    const first = get(scene, "a.example/hostname");
    if ("reason" in first) throw new Error(first.reason);
    const cookie = first.headers["set-cookie"] ?? "";
    expect(cookie).toMatch(/^INGRESSCOOKIE=\d+\.\d+\|[0-9a-f]{32}; Path=\/; HttpOnly$/);
    expect(first.headers["access-control-allow-origin"]).toBe("*");
    for (let n = 0; n < 10; n += 1) {
      expect(reached(scene, "a.example/hostname", { cookie: cookie.split(";")[0] ?? "" })).toBe(first.body);
    }
  });

  test("what is not obeyed is owned up to in an event", () => {
    const scene = sceneWith(
      ingress(
        "web",
        { rules: at("/", "one") },
        { ...nginx("server-snippet", "return 200;"), ...nginx("proxy-buffering", "on") },
      ),
    );
    expect(scene.said("web")).toContain(
      "NotSimulated: annotation nginx.ingress.kubernetes.io/server-snippet is not simulated and has no effect",
    );
    expect(scene.said("web").filter((text) => text.startsWith("NotSimulated"))).toHaveLength(1);
  });
});

function problemOf(spec: Partial<IngressSpec>): string {
  try {
    new Scene({ machines: 0 }).create(ingresses, { metadata: { name: "x", namespace: "default" }, spec });
  } catch (error) {
    if (error instanceof StatusError) return error.message.replace('Ingress.networking.k8s.io "x" is invalid: ', "");
    throw error;
  }
  return "";
}

const at = "spec.rules[0].http.paths[0]";
const withPath = (one: object): Partial<IngressSpec> => ({ rules: [{ http: { paths: [one as never] } }] });

test.each<[Partial<IngressSpec>, string]>([
  [{}, "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
  [
    { rules: [{ host: "1.2.3.4" }] },
    'spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
  ],
  [withPath({ path: "/", backend: backend("a") }), `${at}.pathType: Required value: pathType must be specified`],
  [
    withPath({ path: "x", pathType: "Exact", backend: backend("a") }),
    `${at}.path: Invalid value: "x": must be an absolute path`,
  ],
  [
    withPath({ path: "/a//b", pathType: "Prefix", backend: backend("a") }),
    `${at}.path: Invalid value: "/a//b": must not contain '//'`,
  ],
  [
    withPath({ path: "/", pathType: "Best", backend: backend("a") }),
    `${at}.pathType: Unsupported value: "Best": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
  ],
  [
    withPath({ path: "/", pathType: "Exact", backend: {} }),
    `${at}.backend: Invalid value: "": resource or service backend is required`,
  ],
  [
    withPath({ path: "/", pathType: "Exact", backend: backend("a", {}) }),
    `${at}.backend: Required value: port name or number is required`,
  ],
  [
    { defaultBackend: backend("a", { name: "x", number: 1 }) },
    'spec.defaultBackend: Invalid value: "": cannot set both port name & port number',
  ],
])("%j is refused", (spec, text) => {
  expect(problemOf(spec)).toBe(text);
});
