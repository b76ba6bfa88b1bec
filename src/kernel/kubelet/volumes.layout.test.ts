/**
 * Goal: what the kubelet lays into volumes looks and changes as on a real node, and what it cannot mount says why.
 * Method: pods on a simulated machine whose shell looks; ConfigMaps that change while they are mounted.
 */
import { expect, test } from "vitest";
import { worldOf } from "#kernel/network/world-of";
import { configmaps } from "#kernel/resources/core/configmap";
import { execInContainer } from "#kernel/runtime/containers";
import { readLog } from "#kernel/runtime/logs";
import { Bench, podOn, shell } from "#test/support/pods";

const idOf = (bench: Bench, name: string): string =>
  (bench.status(name)?.containerID ?? "").replace("containerd://", "");

function run(bench: Bench, name: string, line: string): string {
  const { admin, now, entropy, cells } = bench.cluster;
  const world = worldOf({ client: admin, now, entropy, cells });
  return execInContainer(world, idOf(bench, name), ["sh", "-c", line]).stdout;
}

const log = (bench: Bench, name: string): string => readLog(bench.cluster.cells, idOf(bench, name), {}).text;

function putConfig(bench: Bench, data: Record<string, string>): void {
  const key = { namespace: "default", name: "conf" };
  bench.turn(() => {
    const old = bench.cluster.admin.get(configmaps, key);
    if (old === undefined) bench.cluster.admin.create(configmaps, { metadata: key, data });
    else bench.cluster.admin.update(configmaps, { ...old, data });
  });
}

test("a ConfigMap's keys are links through ..data; a change shows in the volume and not under a subPath", () => {
  const bench = new Bench();
  putConfig(bench, { a: "one\n", b: "two\n" });
  const mounts = [
    { name: "conf", mountPath: "/conf" },
    { name: "conf", mountPath: "/one/a", subPath: "a" },
  ];
  const containers = [{ ...shell("sleep infinity"), volumeMounts: mounts }];
  bench.create(
    podOn("p", { containers, volumes: [{ name: "conf", configMap: { name: "conf", defaultMode: 0o400 } }] }),
  );
  bench.pass(30);
  expect(run(bench, "p", "ls /conf; readlink /conf/a; readlink /conf/..data; stat -L -c %a /conf/a")).toMatch(
    /^a\nb\n\.\.data\/a\n\.\.2026_01_01_00_00_0\d\.\d{9}\n400\n$/,
  );
  putConfig(bench, { a: "changed\n", c: "three\n" });
  bench.pass(90);
  expect(run(bench, "p", "ls /conf; cat /conf/a /conf/c /one/a; cat /conf/b || echo gone")).toBe(
    "a\nc\nchanged\nthree\none\ngone\n",
  );
});

test("a node's own paths are there, what is not is refused by the type that asks for it", () => {
  const bench = new Bench({ latency: "none" });
  const volumes = [
    { name: "hosts", hostPath: { path: "/etc/hosts", type: "File" as const } },
    { name: "log", hostPath: { path: "/var/log", type: "Directory" as const } },
    { name: "new", hostPath: { path: "/srv/new", type: "DirectoryOrCreate" as const } },
  ];
  const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
  const containers = [{ ...shell("tail -n 1 /hosts; echo x > /new/f; ls -d /log /new/*"), volumeMounts }];
  bench.create(podOn("p", { restartPolicy: "Never", containers, volumes }));
  for (const [name, path, type] of [
    ["dir", "/nope", "Directory"],
    ["file", "/var/log", "File"],
    ["socket", "/etc/hosts", "Socket"],
  ] as const) {
    bench.create(podOn(name, { containers: [shell("true")], volumes: [{ name: "v", hostPath: { path, type } }] }));
  }
  bench.settle();
  expect(log(bench, "p")).toMatch(/^172\.\S+\tnode-1\n\/log\n\/new\/f\n$/);
  const failed = 'FailedMount x1: MountVolume.SetUp failed for volume "v" : hostPath type check failed: '.replace(
    " x1",
    "",
  );
  const first = (name: string): string | undefined =>
    bench
      .said(name)
      .map((line) => line.replace(/ x\d+:/, ":"))
      .find((line) => line.startsWith("FailedMount"));
  expect(first("dir")).toBe(`${failed}/nope is not a directory`);
  expect(first("file")).toBe(`${failed}/var/log is not a file`);
  expect(first("socket")).toBe(`${failed}/etc/hosts is not a socket file`);
});

test("the hosts file of the node's network is the node's own; a container may bring its own", () => {
  const bench = new Bench({ latency: "none" });
  const containers = [shell("cat /etc/hosts; hostname")];
  bench.create(podOn("host", { restartPolicy: "Never", hostNetwork: true, containers }));
  const volumes = [{ name: "v", hostPath: { path: "/etc/hosts" } }];
  const own = [{ ...shell("cat /etc/hosts"), volumeMounts: [{ name: "v", mountPath: "/etc/hosts" }] }];
  bench.create(podOn("own", { restartPolicy: "Never", containers: own, volumes }));
  bench.settle();
  expect(log(bench, "host")).toMatch(/^# Kubernetes-managed hosts file \(host network\)\.\n127\.0\.0\.1\tlocalhost\n/);
  expect(log(bench, "host")).toMatch(/\nnode-1\n$/);
  expect(log(bench, "own")).toMatch(/^127\.0\.0\.1\tlocalhost\n/);
});

test("variables out of a file, and subPaths out of variables", () => {
  const bench = new Bench({ latency: "none" });
  const volumes = [{ name: "v", emptyDir: {} }];
  const volumeMounts = [{ name: "v", mountPath: "/v" }];
  const init = { ...shell("echo \"KEY='from file'\" > /v/env; mkdir /v/p", "init"), volumeMounts };
  const fileKeyRef = { volumeName: "v", path: "env", key: "KEY" };
  const env = [
    { name: "KEY", valueFrom: { fileKeyRef } },
    { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "ABSOLUTE", value: "/tmp" },
  ];
  const pod = (name: string, subPathExpr: string, key = "KEY") =>
    podOn(name, {
      restartPolicy: "Never",
      volumes,
      initContainers: [init],
      containers: [
        {
          ...shell("echo $KEY > /sub/f; ls /v /v/p; cat /v/p/f"),
          env: [{ name: "KEY", valueFrom: { fileKeyRef: { ...fileKeyRef, key } } }, ...env.slice(1)],
          volumeMounts: [...volumeMounts, { name: "v", mountPath: "/sub", subPathExpr }],
        },
      ],
    });
  bench.create(pod("p", "$(POD)"));
  bench.create(pod("absolute", "$(ABSOLUTE)"));
  bench.create(pod("missing", "$(NOPE)"));
  bench.create(pod("lost", "$(POD)", "OTHER"));
  bench.settle();
  expect(log(bench, "p")).toBe("/v:\nenv\np\n\n/v/p:\nf\nfrom file\n");
  const why = (name: string) => bench.status(name)?.state?.waiting;
  const reason = "CreateContainerConfigError";
  expect(why("absolute")).toEqual({ reason, message: "error SubPath `/tmp` must not be an absolute path" });
  expect(why("missing")).toEqual({ reason, message: 'missing value for "NOPE"' });
  expect(why("lost")).toEqual({ reason, message: 'environment variable key "OTHER" not found in file "env"' });
});
