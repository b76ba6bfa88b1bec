/**
 * Goal: the annotations that limit, ask somebody else, turn away and change answers do what ingress-nginx does.
 * Method: servers that answer as they are asked to behind Services; requests from outside at instants of virtual time.
 */
import { expect, test } from "vitest";
import { outsideHttp } from "#kernel/network/outside";
import { worldOf } from "#kernel/network/world-of";
import { configmaps } from "#kernel/resources/core/configmap";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { ingresses } from "#kernel/resources/networking/ingress";
import { readLog } from "#kernel/runtime/logs";
import { Scene } from "#test/support/scene";

const PREFIX = "nginx.ingress.kubernetes.io/";

/** What the servers of these tests say. */
const IMAGES = {
  "app.yaml":
    "image: school/app:1\nports: [80]\nroutes:\n" +
    "- { path: /moved, status: 302, headers: { location: 'http://inner:80/there' } }\n" +
    "- { path: /cookie, headers: { set-cookie: 'a=b; Domain=inner.test; Path=/app' } }\n" +
    "- { path: /broken, status: 503, body: broken }\n" +
    "- { path: '/*', body: '{{hostname}} user={{header.x-user}} path={{path}}' }\n",
  "auth.yaml":
    "image: school/auth:1\nports: [80]\nroutes:\n" +
    "- { path: /yes, headers: { x-user: ada } }\n- { path: /no, status: 401, headers: { www-authenticate: Bearer } }\n" +
    "- { path: /odd, status: 404 }\n",
  "errors.yaml": "image: school/errors:1\nports: [80]\nroutes:\n- { path: '/*', body: 'sorry: {{header.x-code}}' }\n",
};

function sceneWith(annotations: Record<string, string>, { tls = false, host = "a.test" } = {}): Scene {
  const scene = new Scene({ machines: 1 });
  const metadata = { name: "images", namespace: "default", labels: { "drydock.dev/images": "" } };
  scene.create(configmaps, { metadata, data: IMAGES });
  for (const name of ["app", "app2", "auth", "errors"]) {
    const image = `school/${name.replace("2", "")}:1`;
    scene.create(pods, {
      metadata: { name, namespace: "default", labels: { app: name.replace("2", "") } },
      spec: { containers: [{ name: "c", image }] },
    });
    if (name === "app2") continue;
    scene.create(services, {
      metadata: { name, namespace: "default" },
      spec: { selector: { app: name }, ports: [{ port: 80 }] },
    });
  }
  scene.create(ingresses, {
    metadata: {
      name: "web",
      namespace: "default",
      annotations: Object.fromEntries(Object.entries(annotations).map(([name, value]) => [PREFIX + name, value])),
    },
    spec: {
      ingressClassName: "nginx",
      ...(tls && { tls: [{ hosts: [host] }] }),
      rules: [
        {
          host,
          http: {
            paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "app", port: { number: 80 } } } }],
          },
        },
      ],
    },
  });
  scene.settle();
  return scene;
}

function get(scene: Scene, path = "/", { host = "a.test", port = 80, headers = {} } = {}) {
  const { admin: client, entropy, cells, now } = scene.cluster;
  const world = worldOf({ client, entropy, cells, now });
  const answer = outsideHttp(world, host, port, { method: "GET", path, headers, body: "" });
  if ("reason" in answer) throw new Error(answer.reason);
  return answer;
}

const statuses = (scene: Scene, count: number): number[] => Array.from({ length: count }, () => get(scene).status);

test("so many requests a second, and five times as many at once", () => {
  const scene = sceneWith({ "limit-rps": "2" });
  expect(statuses(scene, 13)).toEqual([...Array(11).fill(200), 503, 503]);
  scene.pass(1);
  expect(statuses(scene, 3)).toEqual([200, 200, 503]);
  scene.pass(60);
  expect(get(scene).status).toBe(200);
});

test("so many a minute with a smaller burst; who is on the list is free", () => {
  expect(statuses(sceneWith({ "limit-rpm": "2", "limit-burst-multiplier": "1" }), 4)).toEqual([200, 200, 200, 503]);
  expect(statuses(sceneWith({ "limit-rpm": "1", "limit-allowlist": "172.18.0.0/16" }), 9)).toEqual(Array(9).fill(200));
});

test("an external service lets in, names the user, or turns away", () => {
  const auth = "http://auth.default.svc.cluster.local";
  const kind = { "auth-url": `${auth}/yes`, "auth-response-headers": "X-User" };
  expect(get(sceneWith(kind)).body).toMatch(/^app2? user=ada path=\/$/);
  const strict = get(sceneWith({ "auth-url": `${auth}/no` }));
  expect([strict.status, strict.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
  expect(get(sceneWith({ "auth-url": `${auth}/odd` })).status).toBe(500);
  expect(get(sceneWith({ "auth-url": "http://nobody.default.svc.cluster.local/" })).status).toBe(500);
  const sent = get(sceneWith({ "auth-url": `${auth}/no`, "auth-signin": "https://login.test/start" }), "/x?y=1");
  expect([sent.status, sent.headers["location"]]).toEqual([
    302,
    `https://login.test/start?rd=${encodeURIComponent("http://a.test/x?y=1")}`,
  ]);
});

test("errors are answered by another Service, and it stands in where there is no endpoint", () => {
  const scene = sceneWith({ "custom-http-errors": "503,404", "default-backend": "errors" });
  expect(get(scene, "/broken")).toMatchObject({ status: 503, body: "sorry: 503" });
  scene.delete(pods, "app", { gracePeriodSeconds: 0 });
  scene.delete(pods, "app2", { gracePeriodSeconds: 0 });
  scene.pass(2);
  expect(get(scene)).toMatchObject({ status: 200, body: "sorry: " });
});

test("with and without www", () => {
  const scene = sceneWith({ "from-to-www-redirect": "true" }, { host: "www.a.test" });
  const moved = get(scene, "/p?q", { host: "a.test" });
  expect([moved.status, moved.headers["location"]]).toEqual([308, "http://www.a.test/p?q"]);
});

test("redirects and cookies of the server are led elsewhere", () => {
  const scene = sceneWith({
    "proxy-redirect-from": "http://inner:80",
    "proxy-redirect-to": "http://a.test",
    "proxy-cookie-domain": "inner.test a.test",
    "proxy-cookie-path": "/app /",
  });
  expect(get(scene, "/moved").headers["location"]).toBe("http://a.test/there");
  expect(get(scene, "/cookie").headers["set-cookie"]).toBe("a=b; Domain=a.test; Path=/");
});

test("what is hashed leads to the same server; what is not is drawn", () => {
  const servers = (scene: Scene, path: string) =>
    new Set(Array.from({ length: 12 }, () => get(scene, path).body.split(" ")[0]));
  const hashed = sceneWith({ "upstream-hash-by": "$request_uri" });
  expect(servers(hashed, "/1").size).toBe(1);
  const all = Array.from({ length: 12 }, (_, n) => [...servers(hashed, `/${n}`)]).flat();
  expect(new Set(all).size).toBe(2);
  expect(servers(sceneWith({}), "/1").size).toBe(2);
});

test("a certificate nobody has is asked for; a copy goes to the mirror", () => {
  const shut = get(sceneWith({ "auth-tls-secret": "default/ca" }, { tls: true }), "/", { port: 443 });
  expect([shut.status, shut.body.includes("No required SSL certificate was sent")]).toEqual([400, true]);
  const scene = sceneWith({ "mirror-target": "http://errors.default.svc.cluster.local/copy$request_uri" });
  expect(get(scene, "/seen").body).toContain("path=/seen");
  const id = scene.need(pods, "errors").status?.containerStatuses?.[0]?.containerID?.split("//")[1] ?? "";
  expect(readLog(scene.cluster.cells, id, {}).text).toContain("GET /copy/seen 200");
});

test("an expression that would never end does not: it is matched in linear time", () => {
  const scene = new Scene({ machines: 1 });
  scene.create(services, { metadata: { name: "app", namespace: "default" }, spec: { ports: [{ port: 80 }] } });
  const backend = { service: { name: "app", port: { number: 80 } } };
  scene.create(ingresses, {
    metadata: { name: "web", namespace: "default", annotations: { [`${PREFIX}use-regex`]: "true" } },
    spec: {
      ingressClassName: "nginx",
      rules: [{ host: "a.test", http: { paths: [{ path: "/(a+)+$", pathType: "ImplementationSpecific", backend }] } }],
    },
  });
  scene.settle();
  expect(get(scene, `/${"a".repeat(40_000)}!`).status).toBe(404);
});

test("a controller that was installed serves at its own Service, and logs who answered", () => {
  const scene = sceneWith({});
  const labels = { app: "controller" };
  scene.create(pods, {
    metadata: { name: "controller", namespace: "default", labels },
    spec: {
      containers: [
        { name: "c", image: "registry.k8s.io/ingress-nginx/controller:v1.14.0", args: ["/nginx-ingress-controller"] },
      ],
    },
  });
  scene.create(services, {
    metadata: { name: "controller", namespace: "default" },
    spec: { type: "LoadBalancer", selector: labels, ports: [{ port: 80 }] },
  });
  scene.settle();
  const host = scene.need(services, "controller").status?.loadBalancer?.ingress?.[0]?.ip ?? "";
  const { admin: client, entropy, cells, now } = scene.cluster;
  const { net } = worldOf({ client, entropy, cells, now });
  const headers = { host: "a.test", "user-agent": "curl/8.5.0" };
  const answer = net.http({ kind: "outside" }, { host, port: 80 }, { method: "GET", path: "/x", headers, body: "" });
  expect(answer).toMatchObject({ status: 200, body: expect.stringContaining("path=/x") });
  const id = scene.need(pods, "controller").status?.containerStatuses?.[0]?.containerID?.split("//")[1] ?? "";
  expect(readLog(scene.cluster.cells, id, {}).text).toMatch(
    /"GET \/x HTTP\/1\.1" 200 \d+ "-" "curl\/8\.5\.0" \d+ 0\.001 \[default-app-80\] \[\] 10\.244\.0\.\d+:80 \d+ 0\.001 200 [0-9a-f]{32}\n$/,
  );
});
