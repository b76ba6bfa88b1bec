/**
 * Goal: clients that speak TCP, UDP and ICMP in pods see what they would see in a real cluster, byte for byte.
 * Method: servers behind Services of the production kernel; commands run in a client pod, their output and status.
 */
import { expect, test } from "vitest";
import type { PodSpec, ServiceSpec } from "#kernel/api/types.gen";
import { worldOf } from "#kernel/network/world-of";
import { services } from "#kernel/resources/core/service";
import { execInContainer } from "#kernel/runtime/containers";
import { readLog } from "#kernel/runtime/logs";
import { Bench, nginx, podOn, shell } from "#test/support/pods";

const AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.59";

function idOf(bench: Bench, pod: string): string {
  return bench.status(pod)?.containerID?.split("//")[1] ?? "";
}

/** Runs a line of shell in a pod to its end; what it wrote and its status. */
function run(bench: Bench, pod: string, line: string): { out: string; err: string; status: number; ms: number } {
  const { admin: client, entropy, cells, now } = bench.cluster;
  let result = { stdout: "", stderr: "", exitCode: -1, elapsedMs: 0 };
  bench.turn(() => {
    result = execInContainer(worldOf({ client, entropy, cells, now }), idOf(bench, pod), ["sh", "-c", line]);
  });
  return { out: result.stdout, err: result.stderr, status: result.exitCode, ms: result.elapsedMs };
}

const logOf = (bench: Bench, pod: string): string => readLog(bench.cluster.cells, idOf(bench, pod), {}).text;

function benchWith(server: Partial<PodSpec>, spec: Partial<ServiceSpec> = {}): Bench {
  const bench = new Bench({ latency: "none" });
  const draft = podOn("server", server, "node-2");
  bench.create({ ...draft, metadata: { ...draft.metadata, labels: { app: "server" } } });
  bench.create(podOn("client", { containers: [{ name: "c", image: AGNHOST, args: ["pause"] }] }));
  bench.create(podOn("box", { containers: [shell("sleep 36000")] }));
  bench.turn(() =>
    bench.cluster.admin.create(services, {
      metadata: { name: "server", namespace: "default" },
      spec: { selector: { app: "server" }, ports: [{ port: 80 }], ...spec },
    }),
  );
  bench.pass(1);
  return bench;
}

const netexec = { containers: [{ name: "c", image: AGNHOST, args: ["netexec", "--http-port=80"] }] };

test("nc speaks HTTP/1.1 with a web server, several requests on one connection", () => {
  const bench = benchWith({ containers: [nginx()] });
  const line =
    "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nHEAD / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'";
  const { out, status } = run(bench, "box", `${line} | nc server 80`);
  expect(out.match(/HTTP\/1\.1 200 OK\r\n/g)).toHaveLength(2);
  expect(out).toContain("Connection: keep-alive\r\n\r\n<!DOCTYPE html>");
  expect(out).toMatch(/Content-Length: 615\r\nConnection: close\r\n\r\n$/);
  expect(status).toBe(0);
});

test("what is no HTTP gets 400 from a web server, as the conformance tests' nc sees it", () => {
  const bench = benchWith(netexec);
  const { out, err, status } = run(bench, "client", "echo hostName | nc -v -t -w 2 server 80");
  expect(out).toContain("HTTP/1.1 400 Bad Request\r\n");
  expect(err).toMatch(/^Connection to server \(10\.\d+\.\d+\.\d+\) 80 port \[tcp\/http\] succeeded!\n$/);
  expect(status).toBe(0);
});

test("nc listens: bytes go both ways, and it ends with its client", () => {
  const bench = benchWith({ containers: [shell("echo answer | nc -l -p 80; echo over; sleep 3600")] });
  expect(run(bench, "box", "echo question | nc server 80")).toMatchObject({ out: "answer\n", status: 0 });
  bench.pass(1);
  expect(logOf(bench, "server")).toBe("question\nover\n");
  expect(run(bench, "box", "nc -w 3 server 80 </dev/null")).toMatchObject({
    err: "nc: can't connect to remote host (server): Connection refused\n",
    status: 1,
  });
});

test("nc -lk -e serves each client with a program", () => {
  const bench = benchWith({ containers: [shell("nc -lk -p 80 -e /bin/cat")] });
  for (const word of ["one", "two"]) {
    expect(run(bench, "box", `echo ${word} | nc server 80`)).toMatchObject({ out: `${word}\n`, status: 0 });
  }
});

test("a server that ends while a client waits closes the connection", () => {
  const bench = benchWith({ restartPolicy: "Never", containers: [shell("nc -l -p 80 & sleep 5")] });
  const { admin: client, entropy, cells, now } = bench.cluster;
  const dialled = worldOf({ client, entropy, cells, now }).net.dial(
    { kind: "pod", namespace: "default", name: "box" },
    { host: "server", port: 80 },
    {},
  );
  expect(dialled).toMatchObject({ connection: expect.any(String) });
  bench.pass(10);
  const id = typeof dialled === "object" ? dialled.connection : "";
  expect(cells.get<{ server: { isClosed?: true } }>("connections", id)?.server.isClosed).toBe(true);
});

test("redis speaks RESP to anybody, inline commands included", () => {
  const bench = benchWith({ containers: [{ name: "c", image: "redis:7.4" }] }, { ports: [{ port: 6379 }] });
  const set = run(bench, "box", "printf 'SET k v\\r\\nGET k\\r\\nQUIT\\r\\n' | nc server 6379");
  expect(set.out).toBe("+OK\r\n$1\r\nv\r\n+OK\r\n");
  const array = "*2\\r\\n$4\\r\\nECHO\\r\\n$5\\r\\nhéll\\r\\n";
  expect(run(bench, "box", `printf '${array}' | nc -w 1 server 6379`).out).toBe("$5\r\nhéll\r\n");
});

test("netexec answers datagrams, through a Service on the same port number as its TCP", () => {
  const bench = benchWith(netexec, {
    type: "NodePort",
    ports: [
      { name: "tcp", port: 80, protocol: "TCP", targetPort: 80, nodePort: 30_080 },
      { name: "udp", port: 80, protocol: "UDP", targetPort: 8081, nodePort: 30_080 },
    ],
  });
  const ask = "nc -u -w 2";
  expect(run(bench, "client", `echo hostname | ${ask} server 80`)).toMatchObject({
    out: "server",
    ms: 2_000,
    status: 0,
  });
  expect(run(bench, "client", `echo 'echo a b' | ${ask} 172.18.0.2 30080`).out).toBe("a b");
  expect(run(bench, "client", "curl -s 172.18.0.2:30080/hostname").out).toBe("server");
  const dial = "curl -s 'localhost:80/dial?request=hostname&protocol=udp&host=server.default&port=80&tries=2'";
  expect(run(bench, "server", dial).out).toBe('{"responses":["server","server"]}');
  expect(run(bench, "client", `echo clientip | ${ask} 10.244.1.2 8081`).out).toMatch(/^10\.244\.0\.2:\d+$/);
});

test("refused, timed out, unreachable and unknown differ as they do in reality", () => {
  const bench = benchWith({ containers: [nginx()] }, { ports: [{ port: 80, targetPort: 81 }] });
  const curl = (where: string) => run(bench, "client", `curl -sS -m 2 ${where}`);
  expect(curl("server")).toMatchObject({ status: 7 });
  expect(curl("server:8080")).toMatchObject({
    status: 28,
    err: "curl: (28) Connection timed out after 2001 milliseconds\n",
    ms: 2_000,
  });
  expect(curl("10.244.1.99")).toMatchObject({ status: 7, err: expect.stringContaining("No route to host") });
  expect(curl("nowhere")).toMatchObject({ status: 6, err: "curl: (6) Could not resolve host: nowhere\n" });
  expect(run(bench, "box", "wget -T 1 -qO- server").err).toBe(
    "wget: can't connect to remote host (server): Connection refused\n",
  );
  expect(run(bench, "client", "/agnhost connect server:8080 --timeout=3s").err).toBe("TIMEOUT\n");
});

test("pods and nodes answer pings, Services do not, and the simulated internet does", () => {
  const bench = benchWith({ containers: [nginx()] });
  const { out, status } = run(bench, "box", "ping -c 2 10.244.1.2");
  expect(out).toContain("2 packets transmitted, 2 packets received, 0% packet loss\n");
  expect(status).toBe(0);
  expect(run(bench, "box", "ping -c 1 -W 1 server")).toMatchObject({ status: 1, ms: 1_000 });
  expect(run(bench, "box", "ping -c 1 8.8.8.8 >/dev/null")).toMatchObject({ status: 0 });
  expect(run(bench, "box", "ping nowhere").err).toBe("ping: bad address 'nowhere'\n");
  expect(run(bench, "client", "curl -s http://example.com/").out).toContain("<title>example.com (simulated)</title>");
});

test("who never reads is waited for, and what comes back to itself ends", () => {
  const bench = benchWith({ containers: [shell("sleep 36000 | nc -l -p 80 | sleep 36000")] });
  run(bench, "box", "yes | nc -w 5 server 80");
  const kept = bench.cluster.cells.all().filter(({ room }) => room === "connections" || room === "containers");
  expect(JSON.stringify(kept).length).toBeLessThan(2_000_000);
  const second = benchWith({ containers: [shell("nc -lk -p 80 -e /bin/cat")] });
  expect(run(second, "box", "echo ping | nc server 80 | nc server 80")).toMatchObject({ out: "ping\n", status: 0 });
});
