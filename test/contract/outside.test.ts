/**
 * Goal: below /x/ one sees what a machine outside the cluster would see, and nothing there can read our own pages.
 * Method: a real workload behind a Service, looked at over HTTP.
 */
import { beforeAll, expect, inject, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: hello, labels: { app: hello } }
spec:
  replicas: 2
  selector: { matchLabels: { app: hello } }
  template:
    metadata: { labels: { app: hello } }
    spec: { containers: [{ name: hello, image: "gcr.io/google-samples/hello-app:1.0" }] }
---
apiVersion: v1
kind: Service
metadata: { name: hello }
spec: { type: NodePort, selector: { app: hello }, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: echo, labels: { app: echo } }
spec: { containers: [{ name: c, image: "jmalloc/echo-server:0.3.7" }] }
---
apiVersion: v1
kind: Service
metadata: { name: echo }
spec: { type: NodePort, selector: { app: echo }, ports: [{ port: 80, targetPort: 8080, nodePort: 30081 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: echo }
spec:
  ingressClassName: nginx
  rules:
    - host: echo.test
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: echo, port: { number: 80 } } } }] }
`;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await newCluster();
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: MANIFESTS });
  await cluster.settle();
});

const look = (address: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${inject("origin")}/x/${cluster.id}.${cluster.key}/${address}`, { redirect: "manual", ...init });

test("a NodePort answers at a node's address", async () => {
  const response = await look("172.18.0.2:30080/");
  expect(response.status).toBe(200);
  expect(await response.text()).toContain("Hello, world!");
});

test("a page is sandboxed and never told its own address", async () => {
  const { headers } = await look("172.18.0.2:30080/");
  expect(headers.get("content-security-policy")).toMatch(/^sandbox /);
  expect(headers.get("content-security-policy")).not.toContain("allow-same-origin");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
});

test("nothing listening is 502 with the reason", async () => {
  const refused = await look("172.18.0.2:30082/");
  expect(refused.status).toBe(502);
  expect(await refused.text()).toContain("connection refused");
  expect(await (await look("nowhere.example/")).text()).toContain("no such host");
});

test("a wrong key sees nothing, a bad address is named", async () => {
  expect((await fetch(`${inject("origin")}/x/${cluster.id}.wrong/172.18.0.2:30080/`)).status).toBe(401);
  expect((await look("172.18.0.2:99999/")).status).toBe(400);
});

test("what would speak for all of our origin stays behind, and what no answer can hold is 502", async () => {
  const bad = { "Clear-Site-Data": "*", NEL: "{}", "Strict-Transport-Security": "max-age=1", "X-Text": "é ☃ a" };
  const headers = Object.entries(bad).map(([name, value]) => `${name}: '${value}'`);
  const image = `image: school/bad:1\nports: [80]\nroutes:\n- { path: /, body: hi, headers: { ${headers.join(", ")} } }\n`;
  const labels = { "drydock.dev/images": "" };
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "bad", labels }, data: { "bad.yaml": image } };
  const pods = [
    ["bad", "school/bad:1", 80, 30_083],
    ["net", "registry.k8s.io/e2e-test-images/agnhost:2.59", 8080, 30_084],
  ] as const;
  const items = pods.flatMap(([name, one, targetPort, nodePort]) => [
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { app: name } },
      spec: { containers: [{ name, image: one, ...(name === "net" && { args: ["netexec"] }) }] },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { type: "NodePort", selector: { app: name }, ports: [{ port: 80, targetPort, nodePort }] },
    },
  ]);
  const list = { apiVersion: "v1", kind: "List", items: [map, ...items] };
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: JSON.stringify(list) });
  await cluster.settle();
  const proxied = await cluster.api("/api/v1/namespaces/default/pods/bad:80/proxy/");
  for (const answer of [await look("172.18.0.2:30083/"), proxied]) {
    expect(answer.status).toBe(200);
    for (const name of Object.keys(bad).slice(0, 3)) expect(answer.headers.get(name)).toBeNull();
    expect(Buffer.from(answer.headers.get("x-text") ?? "", "latin1").toString()).toBe("é ☃ a");
  }
  for (const code of ["999", "101", "0"]) {
    const odd = await look(`172.18.0.2:30084/echo?code=${code}`);
    expect([odd.status, (await odd.text()).includes("cannot be passed on")]).toEqual([502, true]);
    const through = await cluster.api(`/api/v1/namespaces/default/pods/net:8080/proxy/echo?code=${code}`);
    expect(through.status).toBe(503);
  }
});

test("requests that multiply at every hop come to an end", async () => {
  const ip = await cluster.kubectlOk(["get", "pod", "net", "-o", "jsonpath={.status.podIP}"]);
  const dial = (n: number): string =>
    n === 0
      ? "hostname"
      : `dial?protocol=http&host=${ip}&port=8080&tries=100&request=${encodeURIComponent(dial(n - 1))}`;
  expect((await look(`172.18.0.2:30084/${dial(4)}`)).status).toBe(200);
});

/** What a WebSocket at an address says before it has said so many messages, and how it ends. */
function talk(address: string, sent: readonly (string | Uint8Array<ArrayBuffer>)[], count: number): Promise<string[]> {
  const url = `${inject("origin").replace("http", "ws")}/x/${cluster.id}.${cluster.key}/${address}`;
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const heard: string[] = [];
  return new Promise((resolve) => {
    socket.addEventListener("open", () => {
      for (const one of sent) socket.send(one);
    });
    socket.addEventListener("message", ({ data }) => {
      heard.push(typeof data === "string" ? data : `bytes ${[...new Uint8Array(data as ArrayBuffer)].join()}`);
      if (heard.length === count) socket.close(4001, "enough");
    });
    socket.addEventListener("close", ({ code }) => resolve([...heard, `closed ${code}`]));
    socket.addEventListener("error", () => resolve([...heard, "error"]));
  });
}

test("a WebSocket reaches the server in a pod, through a NodePort and through an Ingress", async () => {
  const big = "ä".repeat(70_000);
  for (const address of ["172.18.0.2:30081/any", "echo.test/any"]) {
    expect(await talk(address, ["one", Uint8Array.of(0, 200, 255), big], 4)).toEqual([
      "Request served by echo",
      "one",
      "bytes 0,200,255",
      big,
      "closed 4001",
    ]);
  }
});

test("a WebSocket where nobody speaks it, or nobody is, is an answer like any other", async () => {
  expect(await talk("172.18.0.2:30080/", [], 1)).toEqual(["error"]);
  expect(await talk("172.18.0.2:30082/", [], 1)).toEqual(["error"]);
});

test("a server that ends closes its WebSockets", async () => {
  const url = `${inject("origin").replace("http", "ws")}/x/${cluster.id}.${cluster.key}/echo.test/`;
  const socket = new WebSocket(url);
  const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  await new Promise((resolve) => socket.addEventListener("message", resolve));
  await cluster.kubectlOk(["delete", "pod", "echo", "--grace-period=0", "--force"]);
  expect(await closed).toBe(1001);
});
