/**
 * Goal: ports of pods and services are reached through the API server: port-forward, the proxy subresources.
 * Method: the real kubectl with HTTP requests through its ports, the JavaScript client, and plain requests.
 */
import { connect } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { KubeConfig, PortForward } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";
import { forward } from "#test/support/forward";
import { kubectl, startKubectl } from "#test/support/kubectl";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await newCluster({ nodes: 1, latency: "none" });
  await cluster.kubectlOk(["run", "web", "--image=nginx", "--port=80", "--expose"]);
  await cluster.kubectlOk(["create", "service", "clusterip", "lonely", "--tcp=80"]);
  await cluster.kubectlOk(["wait", "--for=condition=Ready", "pod/web", "--timeout=30s"]);
});
afterAll(() => cluster?.delete());

/** A forwarded port as an address. */
async function opened(target: string, port: number) {
  const { child, port: local, ended } = await forward(cluster, target, port);
  return { child, ended, local: `http://127.0.0.1:${local}` };
}

test.each(["pod/web", "svc/web"])("requests through port-forward to %s", async (target) => {
  const { child, local } = await opened(target, 80);
  const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(local).then((answer) => answer.text())));
  for (const page of answers) expect(page).toContain("<title>Welcome to nginx!</title>");
  const missing = await fetch(`${local}/nope`);
  expect([missing.status, missing.headers.get("server")]).toEqual([404, expect.stringMatching(/^nginx/)]);
  expect((await fetch(local, { method: "HEAD" })).headers.get("content-length")).toBe("615");
  child.kill("SIGKILL");
});

test("a port nobody listens on is refused", async () => {
  const { local, ended } = await opened("pod/web", 81);
  await expect(fetch(local)).rejects.toThrow();
  expect(await ended).toMatch(
    /error forwarding port 81 to pod [0-9a-f]{64}, uid : failed to execute portforward in network namespace .*dial tcp4 127\.0\.0\.1:81: connect: connection refused/,
  );
});

/** Talks over TCP: sends a text, and gives all that comes until it has come or the other end closes. */
function talk(local: string, text: string, until: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(local).port), "127.0.0.1", () => socket.write(text));
    let said = "";
    socket.on("data", (data: Buffer) => {
      said += String(data);
      if (said.includes(until)) socket.end();
    });
    socket.once("close", () => resolve(said));
    socket.once("error", reject);
  });
}

test("any TCP goes through, several connections at once, and what a server says by itself later", async () => {
  await cluster.kubectlOk(["run", "redis", "--image=redis:7.4", "--port=6379"]);
  await cluster.kubectlOk([
    "run",
    "shout",
    "--image=busybox",
    "--",
    "sh",
    "-c",
    "(sleep 1; echo late; sleep 3600) | nc -l -p 9000",
  ]);
  await cluster.kubectlOk(["wait", "--for=condition=Ready", "pod/redis", "pod/shout", "--timeout=30s"]);
  const redis = await opened("pod/redis", 6379);
  const [first, second] = await Promise.all([
    talk(redis.local, "SET a é\r\nGET a\r\n", "é"),
    talk(redis.local, "*1\r\n$4\r\nPING\r\n", "PONG"),
  ]);
  expect(first).toBe("+OK\r\n$2\r\né\r\n");
  expect(second).toBe("+PONG\r\n");
  redis.child.kill("SIGKILL");
  const shout = await opened("pod/shout", 9000);
  expect(await talk(shout.local, "hello\n", "late\n")).toBe("late\n");
  shout.child.kill("SIGKILL");
  await expect.poll(() => cluster.kubectlOk(["logs", "shout"]), { timeout: 10_000 }).toBe("hello\n");
});

test("upstream's tester of forwards tells whether the data came, and sends its own in pieces", async () => {
  const env = { BIND_PORT: "80", EXPECTED_CLIENT_DATA: "abc", CHUNKS: "10", CHUNK_SIZE: "10", CHUNK_INTERVAL: "100" };
  const image = "registry.k8s.io/e2e-test-images/agnhost:2.56";
  const start = async (name: string): Promise<string> => {
    const settings = Object.entries({ ...env, BIND_ADDRESS: "localhost" }).map(
      ([key, value]) => `--env=${key}=${value}`,
    );
    await cluster.kubectlOk([
      "run",
      name,
      `--image=${image}`,
      "--restart=Never",
      ...settings,
      "--",
      "port-forward-tester",
    ]);
    await cluster.kubectlOk(["wait", "--for=condition=Ready", `pod/${name}`, "--timeout=30s"]);
    return (await opened(`pod/${name}`, 80)).local;
  };
  const log = (name: string): Promise<string> => cluster.kubectlOk(["logs", name]);
  const phase = (name: string): Promise<string> =>
    cluster.kubectlOk(["get", "pod", name, "-o", "jsonpath={.status.phase}"]);

  expect(await talk(await start("data"), "abc", "nothing that comes")).toBe("x".repeat(100));
  await expect.poll(() => phase("data")).toBe("Succeeded");
  expect(await log("data")).toBe(
    "Accepted client connection\nReceived expected client data\nShutting down connection\nDone\n",
  );

  const silent = connect(Number(new URL(await start("silent")).port), "127.0.0.1", () => silent.end());
  await expect.poll(() => phase("silent")).toBe("Failed");
  expect(await log("silent")).toContain("Expected to read 3 bytes from client, but got 0 instead. err=EOF");
});

test("the JavaScript client forwards over channels", async () => {
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  // It speaks plain http to nobody else.
  config.clusters = config.clusters.map((one) => ({ ...one, skipTLSVerify: true }));
  const input = new PassThrough();
  let text = "";
  let said = (): void => {};
  const whole = new Promise<void>((resolve) => (said = resolve));
  const output = new Writable({
    write(chunk: Buffer, _, done) {
      text += String(chunk);
      if (text.includes("</html>")) said();
      done();
    },
  });
  await new PortForward(config).portForward("default", "web", [80], output, null, input);
  input.write("GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");
  await whole;
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test("the proxy of pods and services, as get --raw asks it", async () => {
  const base = "/api/v1/namespaces/default";
  for (const path of [
    "pods/web/proxy/",
    "pods/web:80/proxy/",
    "services/web/proxy/",
    "services/http:web:80/proxy/",
    "services/web/proxy",
  ]) {
    expect(await cluster.kubectlOk(["get", "--raw", `${base}/${path}`])).toContain("Welcome to nginx!");
  }
  const missing = await cluster.api(`${base}/services/web/proxy/nope`);
  expect(missing.status).toBe(404);
  expect(await missing.text()).toContain("404 Not Found");
  const statusOf = async (path: string) => {
    const { code, message } = (await (await cluster.api(`${base}/${path}`)).json()) as {
      code: number;
      message: string;
    };
    return `${code} ${message}`;
  };
  const { status } = JSON.parse(await cluster.kubectlOk(["get", "pod", "web", "-o", "json"])) as {
    status: { podIP: string };
  };
  expect(await statusOf("services/lonely:80/proxy/")).toBe('503 no endpoints available for service "lonely"');
  expect(await statusOf("services/web:81/proxy/")).toBe('503 no service port 81 found for service "web"');
  expect(await statusOf("services/none/proxy/")).toBe('404 services "none" not found');
  expect(await statusOf("pods/web:81/proxy/")).toBe(
    `503 error trying to reach service: dial tcp ${status.podIP}:81: connect: connection refused`,
  );
  expect((await cluster.api(`${base}/pods/web/proxy/`)).headers.get("content-security-policy")).toMatch(/^sandbox /);
});

test("the kubelet behind a node's proxy", async () => {
  const [node = ""] = (await cluster.kubectlOk(["get", "nodes", "-o", "name"])).trim().split("\n").slice(-1);
  const base = `/api/v1/nodes/${node.replace("node/", "")}/proxy`;
  expect(await cluster.kubectlOk(["get", "--raw", `${base}/healthz`])).toBe("ok");
  const { items } = JSON.parse(await cluster.kubectlOk(["get", "--raw", `${base}/pods`])) as {
    items: { metadata: { name: string } }[];
  };
  expect(items.map(({ metadata }) => metadata.name)).toContain("web");
});

test("kubectl proxy passes through, and another's key does not", async () => {
  const child = startKubectl(cluster, ["proxy", "--port=0", "--append-server-path"]);
  const local = await new Promise<string>((resolve) => {
    child.stdout?.on("data", (data: Buffer) => resolve(/127\.0\.0\.1:\d+/.exec(String(data))?.[0] ?? ""));
  });
  const page = await fetch(`http://${local}/api/v1/namespaces/default/services/web/proxy/`);
  expect(await page.text()).toContain("Welcome to nginx!");
  child.kill("SIGKILL");
  const other = await newCluster({ nodes: 0 });
  const stolen = { kubeconfig: cluster.kubeconfig.replaceAll(cluster.key, other.key) };
  expect((await kubectl(stolen, ["port-forward", "pod/web", ":80"])).code).toBe(1);
  await other.delete();
});
