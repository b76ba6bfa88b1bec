/**
 * Goal: CoreDNS does what its Corefile says, wherever it runs: as the cluster's DNS, or as any pod's; what it cannot do
 * keeps it from starting.
 * Method: pods that run it from ConfigMap volumes in the production kernel; dig in other pods; tables of Corefiles.
 */
import { expect, test } from "vitest";
import { worldOf } from "#kernel/network/world-of";
import { configmaps } from "#kernel/resources/core/configmap";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { execInContainer } from "#kernel/runtime/containers";
import { readLog } from "#kernel/runtime/logs";
import { Bench, nginx, podOn, shell } from "#test/support/pods";

const AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.59";
const COREDNS = "registry.k8s.io/coredns/coredns:v1.14.1";

/** A client, a Service `web` with one pod, and a name server that reads `Corefile` at the address of kube-dns. */
function scene(Corefile: string, { image = COREDNS } = {}): Bench {
  const bench = new Bench({ latency: "none" });
  const { admin } = bench.cluster;
  const make = (name: string, namespace: string, spec: object): void =>
    bench.turn(() => admin.create(services, { metadata: { name, namespace }, spec } as never));
  bench.turn(() =>
    admin.create(configmaps, { metadata: { name: "coredns", namespace: "kube-system" }, data: { Corefile } }),
  );
  make("web", "default", { clusterIP: "10.96.7.7", selector: { app: "web" }, ports: [{ name: "http", port: 80 }] });
  make("heads", "default", { clusterIP: "None", selector: { app: "web" }, ports: [{ name: "http", port: 80 }] });
  make("kube-dns", "kube-system", {
    clusterIP: "10.96.0.10",
    selector: { "k8s-app": "kube-dns" },
    ports: [
      { name: "dns", port: 53, protocol: "UDP" },
      { name: "dns-tcp", port: 53 },
    ],
  });
  const web = podOn("web-0", { containers: [nginx()] });
  bench.create({ ...web, metadata: { ...web.metadata, labels: { app: "web" } } });
  bench.create(podOn("client", { containers: [{ name: "c", image: AGNHOST, args: ["pause"] }] }));
  serve(bench, image);
  bench.pass(2);
  return bench;
}

function serve(bench: Bench, image = COREDNS): void {
  const container = {
    name: "c",
    image,
    command: ["/coredns"],
    args: ["-conf", "/etc/coredns/Corefile"],
    volumeMounts: [{ name: "config", mountPath: "/etc/coredns" }],
  };
  const volumes = [{ name: "config", configMap: { name: "coredns" } }];
  const draft = podOn("dns", { dnsPolicy: "Default", containers: [container], volumes });
  const metadata = { name: "dns", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } };
  bench.create({ ...draft, metadata });
}

function dnsStatus(bench: Bench) {
  const pod = bench.cluster.admin
    .list(pods, { namespace: "kube-system" })
    .find(({ metadata }) => metadata.name === "dns");
  return pod?.status?.containerStatuses?.[0];
}

function dnsLog(bench: Bench): string {
  const { containerID = "", lastState } = dnsStatus(bench) ?? {};
  const id = (lastState?.terminated?.containerID ?? containerID).split("//")[1] ?? "";
  return readLog(bench.cluster.cells, id, {}).text;
}

/** What a line of shell prints in the client. */
function run(bench: Bench, line: string): string {
  const { admin: client, entropy, cells, now } = bench.cluster;
  const id = bench.status("client")?.containerID?.split("//")[1] ?? "";
  let out = "";
  bench.turn(() => {
    const result = execInContainer(worldOf({ client, entropy, cells, now }), id, ["sh", "-c", line]);
    out = result.stdout + result.stderr;
  });
  return out;
}

const KUBERNETES = "kubernetes cluster.local in-addr.arpa {\n pods verified\n ttl 30\n fallthrough in-addr.arpa\n}\n";
const WEB = "web.default.svc.cluster.local";

/** Corefiles, a question, and what dig +short prints. */
const ANSWERS: readonly (readonly [string, string, string, string])[] = [
  ["the cluster's own names", `.:53 {\n${KUBERNETES}}`, WEB, "10.96.7.7\n"],
  ["another domain", `.:53 {\nkubernetes lab.example {\nttl 7\n}\n}`, "web.default.svc.lab.example", "10.96.7.7\n"],
  ["an address in reverse", `.:53 {\n${KUBERNETES}}`, "-x 10.96.7.7", `${WEB}.\n`],
  [
    "a pod's name where pods are verified: nobody has it",
    `.:53 {\n${KUBERNETES}}`,
    "10-244-9-9.default.pod.cluster.local",
    "",
  ],
  [
    "endpoints under their pods' names",
    `. {\nkubernetes cluster.local {\nendpoint_pod_names\n}\n}`,
    "SRV heads.default.svc.cluster.local",
    "0 100 80 web-0.heads.default.svc.cluster.local.\n",
  ],
  ["namespaces that are not shown", `. {\nkubernetes cluster.local {\nnamespaces other\n}\n}`, WEB, ""],
  ["hosts", ". {\nhosts {\n1.2.3.4 a.test b.test\nfallthrough\n}\nforward . 8.8.8.8\n}", "b.test", "1.2.3.4\n"],
  ["hosts in reverse", ". {\nhosts {\n1.2.3.4 a.test\n}\n}", "-x 1.2.3.4", "a.test.\n"],
  [
    "what falls through hosts",
    ". {\nhosts {\n1.2.3.4 a.test\nfallthrough\n}\nforward . 8.8.8.8\n}",
    "example.com",
    "93.184.215.14\n",
  ],
  [
    "the block with the longest zone",
    "test {\nhosts {\n1.1.1.1 x.test\n}\n}\nsub.test:53 {\nhosts {\n2.2.2.2 x.sub.test\n}\n}",
    "x.sub.test",
    "2.2.2.2\n",
  ],
  ["a file with nameservers", ". {\nforward . /etc/resolv.conf\n}", "example.com", "93.184.215.14\n"],
  ["what forward excepts", ". {\nforward . 8.8.8.8 {\nexcept example.com\n}\n}", "www.example.com", ""],
  ["rewrite of one name", `. {\nrewrite name short.test ${WEB}\n${KUBERNETES}}`, "short.test", "10.96.7.7\n"],
  [
    "rewrite by suffix",
    `. {\nrewrite stop {\nname suffix .corp.test .default.svc.cluster.local answer auto\n}\n${KUBERNETES}}`,
    "web.corp.test",
    "10.96.7.7\n",
  ],
  [
    "rewrite by pattern",
    `. {\nrewrite name regex (.*)-x\\.test\\. {1}.default.svc.cluster.local answer auto\n${KUBERNETES}}`,
    "web-x.test",
    "10.96.7.7\n",
  ],
  [
    "a template",
    '. {\ntemplate IN A {\nmatch ^ip-(?P<a>\\d+)-(?P<b>\\d+)\\.test\\.$\nanswer "{{ .Name }} 60 IN A 10.0.{{ .Group.a }}.{{ .Group.b }}"\nfallthrough\n}\n}',
    "ip-3-4.test",
    "10.0.3.4\n",
  ],
  ["a snippet", `(cluster) {\n${KUBERNETES}}\n.:53 {\nimport cluster\n}`, WEB, "10.96.7.7\n"],
  ["a file without braces", `.:53\n${KUBERNETES}`, WEB, "10.96.7.7\n"],
];

test.each(ANSWERS)("%s", (_, Corefile, question, printed) => {
  expect(run(scene(Corefile), `dig +short ${question}`)).toBe(printed);
});

/** Corefiles, a question, and the status of the answer. */
const STATUSES: readonly (readonly [string, string, string, string])[] = [
  ["no server for the name", "lab.test {\nforward . 8.8.8.8\n}", "example.com", "REFUSED"],
  ["nothing below hosts", ". {\nhosts {\n1.2.3.4 a.test\n}\n}", "b.test", "SERVFAIL"],
  ["acl", `. {\nacl {\nblock type A net 10.244.0.0/16\n}\n${KUBERNETES}}`, WEB, "REFUSED"],
  ["acl of other types", `. {\nacl {\nblock type AAAA net *\n}\n${KUBERNETES}}`, WEB, "NOERROR"],
  [
    "a template's status",
    ". {\ntemplate ANY ANY bad.test {\nrcode NXDOMAIN\n}\nforward . 8.8.8.8\n}",
    "a.bad.test",
    "NXDOMAIN",
  ],
  ["a server that nobody is at", ". {\nforward . 10.244.0.200\n}", "example.com", "SERVFAIL"],
  ["a server that asks itself", ". {\nforward . 10.96.0.10\n}", "example.com", "SERVFAIL"],
];

test.each(STATUSES)("status: %s", (_, Corefile, question, status) => {
  expect(run(scene(Corefile), `dig ${question}`)).toContain(`status: ${status}`);
});

/** Corefiles that nobody can obey, and what is said. */
const PROBLEMS: readonly (readonly [string, string])[] = [
  [
    ". {\n  kubernets cluster.local\n}",
    "/etc/coredns/Corefile:2 - Error during parsing: Unknown directive 'kubernets'",
  ],
  [". {\n  etcd\n}", "/etc/coredns/Corefile:2 - Error during parsing: plugin 'etcd' is not simulated"],
  [". {\n  forward .\n}", "Wrong argument count or unexpected line ending after 'forward'"],
  [". {\n  forward . tls://9.9.9.9\n}", "DNS over TLS is not simulated"],
  [". {\n  cache 30 {\n  sucess 5\n  }\n}", "plugin/cache: Unknown property 'sucess'"],
  [". {\n  log\n", "Unexpected EOF, expecting '}'"],
  [". {\n  rewrite name regex ( a\n}", "plugin/rewrite: invalid regex pattern"],
];

test.each(PROBLEMS)("it does not start with %j", (Corefile, said) => {
  const bench = scene(Corefile);
  expect(dnsStatus(bench)?.restartCount).toBeGreaterThan(0);
  expect(dnsLog(bench)).toContain(said);
  expect(run(bench, `dig ${WEB}`)).toContain("connection refused");
});

test("a changed Corefile counts after the volume and the server have looked; a broken one is left alone", () => {
  const bench = scene(`.:53 {\n${KUBERNETES}reload\nlog\n}`);
  const write = (Corefile: string): void =>
    bench.turn(() => {
      const { admin } = bench.cluster;
      const map = admin.need(configmaps, { namespace: "kube-system", name: "coredns" });
      admin.update(configmaps, { ...map, data: { Corefile } });
    });
  write(`.:53 {\nhosts {\n9.9.9.9 new.test\nfallthrough\n}\n${KUBERNETES}reload\n}`);
  expect(run(bench, "dig +short new.test")).toBe("");
  bench.pass(180);
  expect(run(bench, "dig +short new.test")).toBe("9.9.9.9\n");
  write(".:53 {\nhosst\n}");
  bench.pass(180);
  expect(run(bench, "dig +short new.test")).toBe("9.9.9.9\n");
  expect(dnsLog(bench)).toContain("Reloading complete");
  expect(dnsLog(bench)).toContain("[ERROR] Restart failed: /etc/coredns/Corefile:2");
  expect(dnsLog(bench)).toMatch(/\[INFO\] 10\.244\.0\.\d+:\d+ - \d+ "A IN new\.test\. udp/);
});

test("an answer that was kept grows old, and what was not there is asked again after a while", () => {
  const bench = scene(`.:53 {\ncache 30\n${KUBERNETES}}`);
  const ttl = (): string => run(bench, `dig +noall +answer ${WEB}`).split("\t")[1] ?? "";
  expect(run(bench, "dig +short late.default.svc.cluster.local")).toBe("");
  expect(ttl()).toBe("30");
  bench.turn(() =>
    bench.cluster.admin.create(services, {
      metadata: { name: "late", namespace: "default" },
      spec: { clusterIP: "10.96.8.8", ports: [{ port: 80 }] },
    }),
  );
  bench.pass(10);
  expect(ttl()).toBe("20");
  expect(run(bench, "dig +short late.default.svc.cluster.local")).toBe("");
  bench.pass(21);
  expect(run(bench, "dig +short late.default.svc.cluster.local")).toBe("10.96.8.8\n");
});

test("a pod's own resolver: the conformance test with a name server in a pod", () => {
  const bench = scene(".:53 {\n\thosts {\n\t\t1.2.3.4 notexistname.resolv.conf.local\n\t}\n\tlog\n}", {
    image: AGNHOST,
  });
  const server = bench.cluster.admin.need(pods, { namespace: "kube-system", name: "dns" }).status?.podIP ?? "";
  const options = [{ name: "ndots", value: "2" }];
  bench.create(
    podOn("util", {
      dnsPolicy: "None",
      dnsConfig: { nameservers: [server], searches: ["resolv.conf.local"], options },
      containers: [{ ...shell("nslookup notexistname.resolv.conf.local; sleep 3600"), image: AGNHOST }],
    }),
  );
  bench.pass(1);
  const id = bench.status("util")?.containerID?.split("//")[1] ?? "";
  expect(readLog(bench.cluster.cells, id, {}).text).toContain("Address: 1.2.3.4");
  expect(run(bench, `dig +short @${server} notexistname.resolv.conf.local`)).toBe("1.2.3.4\n");
  expect(run(bench, `dig -p 5353 @${server} a.b`)).toContain(`${server}#5353: connection refused`);
});
