/**
 * Goal: what clients in pods see of Services, names and policies is what the conformance tests of sig-network expect.
 * Method: the real kubectl with the tests' own image, commands and questions.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.59";

const server = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: "netserver" } },
  spec: {
    containers: [
      {
        name: "webserver",
        image: AGNHOST,
        args: ["netexec", "--http-port=8083", "--udp-port=8081"],
        ports: [
          { name: "http", containerPort: 8083 },
          { name: "udp", containerPort: 8081, protocol: "UDP" },
        ],
        readinessProbe: { httpGet: { path: "/healthz", port: 8083 } },
      },
    ],
  },
});

const LOOP = [
  'check="$(dig +notcp +noall +answer +search kubernetes.default A)" && test -n "$check" && echo OK > /results/a',
  'check="$(dig +tcp +noall +answer +search kubernetes.default.svc A)" && test -n "$check" && echo OK > /results/b',
  'check="$(dig +notcp +noall +answer +search _http._tcp.node-port.default.svc SRV)" && test -n "$check" && echo OK > /results/c',
  'test -n "$(getent hosts dns.dns-sub.default.svc.cluster.local)" && echo OK > /results/d',
  'podARec=$(hostname -i| awk -F. \'{print $1"-"$2"-"$3"-"$4".default.pod.cluster.local"}\')',
  'check="$(dig +notcp +noall +answer +search ${podARec} A)" && test -n "$check" && echo OK > /results/e',
  "dig +short away.default.svc.cluster.local CNAME > /results/f",
].join("; ");

const MANIFEST = [
  server("netserver-0"),
  server("netserver-1"),
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "client", labels: { app: "client" } },
    spec: { containers: [{ name: "c", image: AGNHOST, args: ["pause"] }] },
  },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "dns", labels: { app: "dns" } },
    spec: {
      hostname: "dns",
      subdomain: "dns-sub",
      volumes: [{ name: "results", emptyDir: {} }],
      containers: [
        {
          name: "webserver",
          image: AGNHOST,
          args: ["test-webserver"],
          volumeMounts: [{ name: "results", mountPath: "/results" }],
        },
        {
          name: "querier",
          image: AGNHOST,
          command: ["sh", "-c", `for i in $(seq 1 600); do ${LOOP}; sleep 1; done`],
          volumeMounts: [{ name: "results", mountPath: "/results" }],
        },
      ],
    },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "node-port" },
    spec: {
      type: "NodePort",
      selector: { app: "netserver" },
      ports: [
        { name: "http", port: 80, targetPort: "http", nodePort: 30_180 },
        { name: "udp", port: 80, protocol: "UDP", targetPort: "udp", nodePort: 30_180 },
      ],
    },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "dns-sub" },
    spec: { clusterIP: "None", selector: { app: "dns" }, ports: [{ port: 80 }] },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "away" },
    spec: { type: "ExternalName", externalName: "foo.example.com" },
  },
];

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await newCluster({ nodes: 2, latency: "none" });
  const items = { apiVersion: "v1", kind: "List", items: MANIFEST };
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: JSON.stringify(items) });
  await cluster.settle();
});
afterAll(() => cluster?.delete());

const inClient = (line: string): Promise<string> => cluster.kubectlOk(["exec", "client", "--", "sh", "-c", line]);

test("a NodePort of two protocols on one number answers both, on every node", async () => {
  const out = await inClient(
    [
      "for ip in 172.18.0.2 172.18.0.3; do curl -s http://$ip:30180/hostname; echo; echo hostname | nc -u -w 1 $ip 30180; echo; done",
      "echo hostName | nc -v -t -w 2 node-port 80 2>/dev/null | head -1",
    ].join("; "),
  );
  const lines = out.trim().split(/\r?\n/);
  expect(lines.slice(0, 4).every((line) => /^netserver-[01]$/.test(line))).toBe(true);
  expect(lines[4]).toBe("HTTP/1.1 400 Bad Request");
});

test("pods dial each other over HTTP and UDP", async () => {
  const [first = "", second = ""] = (
    await cluster.kubectlOk(["get", "pods", "-l", "app=netserver", "-o", "jsonpath={.items[*].status.podIP}"])
  ).split(" ");
  const dial = (protocol: string, port: number) =>
    `curl -g -q -s 'http://${first}:8083/dial?request=hostname&protocol=${protocol}&host=${second}&port=${port}&tries=1'`;
  expect(await inClient(`${dial("http", 8083)}; ${dial("udp", 8081)}`)).toBe(
    '{"responses":["netserver-1"]}{"responses":["netserver-1"]}',
  );
});

test("affinity is switched on and off", async () => {
  const reached = async (): Promise<number> => {
    const out = await inClient("for i in $(seq 1 16); do curl -s http://node-port/hostname; echo; done");
    return new Set(out.trim().split("\n")).size;
  };
  expect(await reached()).toBe(2);
  await cluster.kubectlOk(["patch", "service", "node-port", "-p", '{"spec":{"sessionAffinity":"ClientIP"}}']);
  expect(await reached()).toBe(1);
  await cluster.kubectlOk(["patch", "service", "node-port", "-p", '{"spec":{"sessionAffinity":"None"}}']);
  expect(await reached()).toBe(2);
});

test("the loop of the DNS tests writes what the prober looks for", async () => {
  await cluster.advance({ by: "2s" });
  const found: string[] = [];
  for (const file of ["a", "b", "c", "d", "e", "f"]) {
    found.push(await cluster.kubectlOk(["get", "--raw", `/api/v1/namespaces/default/pods/dns/proxy/results/${file}`]));
  }
  expect(found).toEqual(["OK\n", "OK\n", "OK\n", "OK\n", "OK\n", "foo.example.com.\n"]);
});

test("an ExternalName becomes a ClusterIP and a NodePort, and back", async () => {
  const change = (spec: object) => cluster.kubectlOk(["patch", "service", "away", "-p", JSON.stringify({ spec })]);
  const ports = [{ name: "http", port: 80, targetPort: 8083 }];
  await change({ type: "NodePort", externalName: null, selector: { app: "netserver" }, ports });
  await cluster.settle();
  expect(await inClient("curl -s http://away/hostname")).toMatch(/^netserver-[01]$/);
  const external = { type: "ExternalName", externalName: "bar.example.com", clusterIP: null, clusterIPs: null };
  await change({ ...external, ports: null, selector: null });
  expect(await inClient("dig +short away.default.svc.cluster.local CNAME")).toBe("bar.example.com.\n");
});

test("what the proxy conformance tests ask: links below the proxy, every method, TLS ports", async () => {
  const env = [
    ["SERVE_PORT_80", '<a href="/rewriteme">test</a>'],
    ["SERVE_PORT_1080", "bar"],
    ["SERVE_TLS_PORT_443", "tls baz"],
  ].map(([name, value]) => ({ name, value }));
  const pod = (name: string, args: string[]) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "c", image: AGNHOST, args, env, ports: [{ containerPort: 80 }] }] },
  });
  const items = [pod("porter", ["porter"]), pod("teller", ["porter", "--json-response"])];
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });
  await cluster.settle();
  const pods = "/api/v1/namespaces/default/pods";
  const raw = (path: string) => cluster.kubectlOk(["get", "--raw", `${pods}/${path}`]);
  for (const name of ["porter", "porter:80", "http:porter:80"]) {
    expect(await raw(`${name}/proxy/`)).toBe(`<a href="${pods}/${name}/proxy/rewriteme">test</a>`);
  }
  expect(await raw("porter:1080/proxy/")).toBe("bar");
  expect(await raw("https:porter:443/proxy/")).toBe("tls baz");
  for (const method of ["DELETE", "OPTIONS", "PATCH", "POST", "PUT"]) {
    const answer = await cluster.api(`${pods}/teller/proxy/some/path?method=${method}`, { method });
    expect(await answer.json()).toMatchObject({ Method: method });
  }
});

test("a policy shuts pods off, another lets one client in again", async () => {
  const policy = (name: string, spec: object) =>
    cluster.kubectlOk(["apply", "-f", "-"], {
      stdin: JSON.stringify({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name },
        spec: { podSelector: { matchLabels: { app: "netserver" } }, ...spec },
      }),
    });
  await policy("deny", { policyTypes: ["Ingress"] });
  expect(await inClient("curl -s -m 1 http://node-port/hostname; echo $?")).toBe("28\n");
  const from = [{ podSelector: { matchLabels: { app: "client" } } }];
  await policy("allow", { ingress: [{ from, ports: [{ port: "http" }] }] });
  expect(await inClient("curl -s -m 1 http://node-port/hostname; echo $?")).toMatch(/^netserver-[01]0\n$/);
});
