/**
 * Goal: names resolve in pods as CoreDNS and the C library resolve them, and the tools print it as the real ones do.
 * Method: Services of every sort in the production kernel; dig, nslookup and getent run in pods.
 */
import { expect, test } from "vitest";
import { worldOf } from "#kernel/network/world-of";
import { configmaps } from "#kernel/resources/core/configmap";
import { endpoints } from "#kernel/resources/core/endpoints";
import { services } from "#kernel/resources/core/service";
import { networkpolicies } from "#kernel/resources/networking/networkpolicy";
import { execInContainer } from "#kernel/runtime/containers";
import { Bench, nginx, podOn, shell } from "#test/support/pods";

const AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.59";

function scene(): Bench {
  const bench = new Bench({ latency: "none" });
  const draft = podOn("web-0", { hostname: "web-0", subdomain: "web", containers: [nginx()] }, "node-2");
  bench.create({ ...draft, metadata: { ...draft.metadata, labels: { app: "web" } } });
  bench.create(podOn("client", { containers: [{ name: "c", image: AGNHOST, args: ["pause"] }] }));
  bench.create(podOn("box", { containers: [shell("sleep 36000")] }));
  bench.create(podOn("old", { containers: [{ ...shell("sleep 36000"), image: "busybox:1.28" }] }));
  const make = (name: string, spec: object) =>
    bench.turn(() => bench.cluster.admin.create(services, { metadata: { name, namespace: "default" }, spec } as never));
  const http = [{ name: "http", port: 80, protocol: "TCP" }];
  make("web", { clusterIP: "None", selector: { app: "web" }, ports: http });
  make("front", { clusterIP: "10.96.7.7", selector: { app: "web" }, ports: http });
  make("empty", { clusterIP: "None", selector: { app: "nobody" }, ports: http });
  make("away", { type: "ExternalName", externalName: "example.com" });
  make("gone", { type: "ExternalName", externalName: "foo.example.com" });
  bench.pass(1);
  return bench;
}

function run(bench: Bench, pod: string, line: string): { out: string; status: number; ms: number } {
  const { admin: client, entropy, cells, now } = bench.cluster;
  const id = bench.status(pod)?.containerID?.split("//")[1] ?? "";
  let result = { stdout: "", stderr: "", exitCode: -1, elapsedMs: 0 };
  bench.turn(() => {
    result = execInContainer(worldOf({ client, entropy, cells, now }), id, ["sh", "-c", line]);
  });
  return { out: result.stdout + result.stderr, status: result.exitCode, ms: result.elapsedMs };
}

test("the questions of the conformance tests, over UDP and TCP", () => {
  const bench = scene();
  const dig = (rest: string, flags = "+notcp"): string =>
    run(bench, "client", `dig ${flags} +noall +answer ${rest}`).out;
  for (const flags of ["+notcp", "+tcp"]) {
    expect(dig("+search kubernetes.default A", flags)).toBe(
      "kubernetes.default.svc.cluster.local.\t30\tIN\tA\t10.96.0.1\n",
    );
    expect(dig("+search front A", flags)).toContain("\tA\t10.96.7.7\n");
    expect(dig("+search _http._tcp.front.default.svc SRV", flags)).toBe(
      "_http._tcp.front.default.svc.cluster.local.\t30\tIN\tSRV\t0 100 80 front.default.svc.cluster.local.\n",
    );
    expect(dig("+search _http._tcp.web.default.svc SRV", flags)).toContain(
      "0 100 80 web-0.web.default.svc.cluster.local.",
    );
    expect(dig("7.7.96.10.in-addr.arpa. PTR", flags)).toContain("\tPTR\tfront.default.svc.cluster.local.\n");
  }
  const pod = `$(hostname -i | awk -F. '{print $1"-"$2"-"$3"-"$4".default.pod.cluster.local"}')`;
  expect(dig(`+search ${pod} A`)).toMatch(
    /^10-244-0-\d+\.default\.pod\.cluster\.local\.\t30\tIN\tA\t10\.244\.0\.\d+\n$/,
  );
  expect(run(bench, "client", "dig +short gone.default.svc.cluster.local CNAME").out).toBe("foo.example.com.\n");
  expect(run(bench, "web-0", "getent hosts web-0.web.default.svc.cluster.local").out).toContain("10.244.1.");
  expect(run(bench, "client", "getent hosts web-0.web").out).toBe(
    `${"10.244.1.2".padEnd(15)} web-0.web.default.svc.cluster.local\n`,
  );
});

test("a name that has other records, and one that is not there", () => {
  const bench = scene();
  const status = (rest: string): string => /status: (\w+)/.exec(run(bench, "client", `dig ${rest}`).out)?.[1] ?? "";
  expect(status("front.default.svc.cluster.local AAAA")).toBe("NOERROR");
  expect(status("empty.default.svc.cluster.local")).toBe("NOERROR");
  expect(status("default.svc.cluster.local")).toBe("NOERROR");
  for (const name of [
    "nope.default.svc.cluster.local",
    "front.nowhere.svc.cluster.local",
    "x.front.default.svc.cluster.local",
  ]) {
    expect(status(name)).toBe("NXDOMAIN");
  }
  expect(run(bench, "client", "dig nope.default.svc.cluster.local").out).toContain(
    "\n;; AUTHORITY SECTION:\ncluster.local.\t30\tIN\tSOA\tns.dns.cluster.local. hostmaster.cluster.local. ",
  );
});

test("nslookup of each image prints as its own", () => {
  const bench = scene();
  expect(run(bench, "client", "nslookup front").out).toBe(
    "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\nName:\tfront.default.svc.cluster.local\nAddress: 10.96.7.7\n\n",
  );
  expect(run(bench, "client", "nslookup nope")).toMatchObject({
    out: "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n** server can't find nope: NXDOMAIN\n\n",
    status: 1,
  });
  expect(run(bench, "client", "nslookup 10.96.7.7").out).toBe(
    "7.7.96.10.in-addr.arpa\tname = front.default.svc.cluster.local.\n\n",
  );
  expect(run(bench, "client", "nslookup away").out).toBe(
    "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\naway.default.svc.cluster.local\tcanonical name = example.com.\n" +
      "Name:\texample.com\nAddress: 93.184.215.14\n\n",
  );
  const box = run(bench, "box", "nslookup front.default");
  expect(box).toMatchObject({
    status: 1,
    out: expect.stringContaining("** server can't find front.default: NXDOMAIN"),
  });
  expect(run(bench, "box", "nslookup front").out).toContain(
    "Name:\tfront.default.svc.cluster.local\nAddress: 10.96.7.7\n",
  );
  expect(run(bench, "old", "nslookup front.default").out).toBe(
    "Server:    10.96.0.10\nAddress 1: 10.96.0.10\n\nName:      front.default\n" +
      "Address 1: 10.96.7.7 front.default.svc.cluster.local\n",
  );
});

test("policies and stub domains of the coredns ConfigMap count", () => {
  const bench = scene();
  const { admin } = bench.cluster;
  const Corefile =
    "lab.internal:53 {\n  hosts {\n    10.1.2.3 db.lab.internal\n    fallthrough\n  }\n}\n" +
    ".:53 {\n  rewrite name short.test front.default.svc.cluster.local\n  kubernetes cluster.local\n  forward . /etc/resolv.conf\n}\n";
  bench.turn(() =>
    admin.create(configmaps, { metadata: { name: "coredns", namespace: "kube-system" }, data: { Corefile } }),
  );
  expect(run(bench, "client", "dig +short db.lab.internal").out).toBe("10.1.2.3\n");
  expect(run(bench, "client", "dig +short short.test").out).toBe("10.96.7.7\n");
  expect(run(bench, "client", "dig +short example.com").out).toBe("93.184.215.14\n");
  bench.turn(() =>
    admin.create(networkpolicies, {
      metadata: { name: "none", namespace: "default" },
      spec: { podSelector: {}, policyTypes: ["Egress"] },
    }),
  );
  const lost = run(bench, "client", "nslookup front");
  expect(lost).toMatchObject({ status: 1, ms: 15_000, out: expect.stringContaining(";; no servers could be reached") });
});

test("while workloads run the cluster's DNS it answers only through them", () => {
  const bench = scene();
  const { admin } = bench.cluster;
  bench.turn(() =>
    admin.create(services, {
      metadata: { name: "kube-dns", namespace: "kube-system" },
      spec: {
        clusterIP: "10.96.0.10",
        selector: { "k8s-app": "kube-dns" },
        ports: [{ name: "dns", port: 53, protocol: "UDP" }],
      },
    }),
  );
  bench.pass(1);
  expect(run(bench, "client", "dig +short front.default.svc.cluster.local")).toMatchObject({
    status: 9,
    out: expect.stringContaining("connection refused"),
  });
});

test("Endpoints made by hand stand behind a Service without a selector, by name and by address", () => {
  const bench = scene();
  const { admin } = bench.cluster;
  bench.turn(() => {
    admin.create(services, { metadata: { name: "manual", namespace: "default" }, spec: { ports: [{ port: 8080 }] } });
    admin.create(endpoints, {
      metadata: { name: "manual", namespace: "default" },
      subsets: [{ addresses: [{ ip: bench.pod("web-0")?.status?.podIP ?? "" }], ports: [{ port: 80 }] }],
    } as never);
  });
  bench.pass(2);
  expect(run(bench, "client", "curl -s manual:8080").out).toContain("Welcome to nginx!");
});
