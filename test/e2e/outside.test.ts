/**
 * Goal: an application opened below /x/ works in a browser (links, forms, scripts, styles, cookies, redirects), and
 * nothing it serves can read what is ours: storage, cookies, the API, other pages.
 * Method: a real Chromium on a page that nginx serves from a ConfigMap and that tries everything.
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "#test/support/browser";
import { newCluster, type TestCluster } from "#test/support/cluster";

let browser: Browser;
let cluster: TestCluster;

const PAGE = `<!doctype html>
<html><head><title>shop</title><link rel="stylesheet" href="/style.css"></head>
<body><h1>shop</h1><a href="/cart/">cart</a>
<form action="/buy/" method="get"><input name="what" value="tea"><button>buy</button></form>
<p id="fetched"></p><p id="stolen"></p><p id="socket"></p>
<script>
const socket = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/ws");
socket.onopen = () => socket.send("from the page");
const heard = [];
socket.onmessage = ({ data }) => {
  heard.push(data);
  document.getElementById("socket").textContent = heard.join("; ");
};
fetch("/data.txt").then((a) => a.text()).then((t) => { document.getElementById("fetched").textContent = t; });
const tries = { storage: () => localStorage.length, cookie: () => document.cookie };
const got = [];
for (const [name, attempt] of Object.entries(tries)) { try { attempt(); got.push(name); } catch {} }
fetch(new URL("/api/v1/labs", location.origin === "null" ? document.baseURI : location.origin).href)
  .then((a) => a.text()).then(() => got.push("api"), () => {})
  .finally(() => { document.getElementById("stolen").textContent = "stolen: " + got.join(","); });
</script></body></html>`;

const CONF = `server {
  listen 80;
  root /usr/share/nginx/html;
  location = /old { return 302 http://$http_host/cart/; }
  location /cart/ {
    add_header Set-Cookie "seen=yes; Path=/";
    default_type text/html;
    return 200 "<h1>cart $cookie_seen</h1>";
  }
  location /buy/ { default_type text/html; return 200 "<h1>bought $arg_what</h1>"; }
}
`;

const MANIFEST = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "pages" },
      data: { "index.html": PAGE, "style.css": "h1 { color: rgb(1, 2, 3) }", "data.txt": "fetched", "a.conf": CONF },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "shop", labels: { app: "shop" } },
      spec: {
        volumes: [{ name: "pages", configMap: { name: "pages" } }],
        containers: [
          {
            name: "nginx",
            image: "nginx:1.27",
            volumeMounts: [
              { name: "pages", mountPath: "/usr/share/nginx/html" },
              { name: "pages", mountPath: "/etc/nginx/conf.d/default.conf", subPath: "a.conf" },
            ],
          },
        ],
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "shop" },
      spec: { type: "NodePort", selector: { app: "shop" }, ports: [{ port: 80, nodePort: 30080 }] },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "echo", labels: { app: "echo" } },
      spec: { containers: [{ name: "echo", image: "jmalloc/echo-server:0.3.7" }] },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "echo" },
      spec: { selector: { app: "echo" }, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "shop" },
      spec: {
        ingressClassName: "nginx",
        rules: [
          {
            host: "shop.test",
            http: {
              paths: ["/", "/ws"].map((path) => {
                const service = { name: path === "/" ? "shop" : "echo", port: { number: 80 } };
                return { path, pathType: "Prefix", backend: { service } };
              }),
            },
          },
        ],
      },
    },
  ],
});

beforeAll(async () => {
  browser = await launchBrowser();
  cluster = await newCluster({ nodes: 1, latency: "none" });
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: MANIFEST });
  await cluster.settle();
});
afterAll(async () => {
  await browser?.close();
  await cluster?.delete();
});

test("an application works, and reads nothing of ours", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const origin = inject("origin");
  await page.goto(`${origin}/api/docs`);
  await page.evaluate('localStorage.setItem("ours", "secret")');
  await page.goto(`${origin}/x/${cluster.id}.${cluster.key}/172.18.0.2:30080/`);
  // Its address is all a page can read of ours, and has no key that opens the cluster.
  const base = page.url().replace(/\/$/, "");
  expect(base).toMatch(new RegExp(`^${origin}/x/${cluster.id}\\.v[0-9a-f]{40}/172\\.18\\.0\\.2:30080$`));
  const stolen = /\.(v[0-9a-f]+)\//.exec(base)?.[1] ?? "";
  expect((await fetch(`${origin}/k/${cluster.id}.${stolen}/api`)).status).toBe(401);
  await expect.poll(() => page.textContent("#fetched")).toBe("fetched");
  await expect.poll(() => page.textContent("#stolen")).toBe("stolen: ");
  expect(await page.evaluate('getComputedStyle(document.querySelector("h1")).color')).toBe("rgb(1, 2, 3)");
  await page.click("button");
  await page.waitForURL(`${base}/buy/?what=tea`);
  expect(await page.textContent("h1")).toBe("bought tea");
  await page.goBack();
  await page.click("a");
  await page.waitForURL(`${base}/cart/`);
  await page.goto(`${base}/old`);
  expect(page.url()).toBe(`${base}/cart/`);
  expect(await page.textContent("h1")).toBe("cart yes");
  const kept = await context.cookies();
  expect(kept.map(({ name, path }) => [name, path])).toEqual([["seen", `${new URL(base).pathname}/`]]);
  await context.close();
});

test("a page's WebSocket goes to its own server, below the same address", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${inject("origin")}/x/${cluster.id}.${cluster.key}/shop.test/`);
  await expect.poll(() => page.textContent("#socket")).toBe("Request served by echo; from the page");
  expect(await page.textContent("#stolen")).toBe("stolen: ");
  await context.close();
});
