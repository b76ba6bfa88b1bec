/**
 * Goal: what a container finds under its mounts is what the pod's volumes say.
 * Method: start pods with every sort of volume and read the files through a command in the container.
 */
import { expect, test } from "vitest";
import type { Volume } from "#kernel/api/types.gen";
import { worldOf } from "#kernel/network/world-of";
import { configmaps } from "#kernel/resources/core/configmap";
import { secrets } from "#kernel/resources/core/secret";
import { execInContainer } from "#kernel/runtime/containers";
import { Bench, podOn, shell } from "#test/support/pods";

const place = { namespace: "default" };

function benchWith(volume: Omit<Volume, "name">, mount: Record<string, unknown> = {}): Bench {
  const bench = new Bench({ latency: "none" });
  bench.turn(() => {
    const { admin } = bench.cluster;
    admin.create(configmaps, { metadata: { name: "cfg", ...place }, data: { one: "1", two: "2" } });
    admin.create(secrets, { metadata: { name: "key", ...place }, data: { pass: "czNjcjN0" }, type: "Opaque" });
  });
  const container = { ...shell("sleep 36000"), volumeMounts: [{ name: "v", mountPath: "/v", ...mount }] };
  const draft = podOn("p", { volumes: [{ name: "v", ...volume }], containers: [container] });
  bench.create({ ...draft, metadata: { ...draft.metadata, labels: { app: "x", tier: "y" } } });
  return bench;
}

/** What `cat` prints of a file in the container of a pod. */
function read(bench: Bench, path: string, pod = "p"): string {
  const { admin: client, entropy, cells, now } = bench.cluster;
  const id = bench.status(pod)?.containerID?.replace("containerd://", "") ?? "";
  return execInContainer(worldOf({ client, entropy, cells, now }), id, ["cat", path]).stdout;
}

test("a ConfigMap gives a file for each key, or for those that are named", () => {
  expect(read(benchWith({ configMap: { name: "cfg" } }), "/v/two")).toBe("2");
  const items = [{ key: "one", path: "deep/er" }];
  expect(read(benchWith({ configMap: { name: "cfg", items } }), "/v/deep/er")).toBe("1");
});

test("a mount of a subPath is one file", () => {
  expect(read(benchWith({ configMap: { name: "cfg" } }, { mountPath: "/etc/one", subPath: "one" }), "/etc/one")).toBe(
    "1",
  );
});

test("a Secret is decoded", () => {
  expect(read(benchWith({ secret: { secretName: "key" } }), "/v/pass")).toBe("s3cr3t");
});

test("a key that is not there keeps the pod waiting", () => {
  const bench = benchWith({ secret: { secretName: "key", items: [{ key: "none", path: "x" }] } });
  expect(bench.said("p")).toEqual([
    'FailedMount: MountVolume.SetUp failed for volume "v" : references non-existent secret key: none',
  ]);
});

test("the downward API shows labels and the node", () => {
  const items = [
    { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
    { path: "name", fieldRef: { fieldPath: "metadata.name" } },
  ];
  const bench = benchWith({ downwardAPI: { items } });
  expect(read(bench, "/v/labels")).toBe('app="x"\ntier="y"');
  expect(read(bench, "/v/name")).toBe("p");
});

test("every pod finds its account's token, the cluster's certificate and its namespace", () => {
  const bench = benchWith({ emptyDir: {} });
  const at = "/var/run/secrets/kubernetes.io/serviceaccount";
  expect(read(bench, `${at}/namespace`)).toBe("default");
  expect(read(bench, `${at}/ca.crt`)).toMatch(/^-----BEGIN CERTIFICATE-----/);
  expect(read(bench, `${at}/token`).split(".")).toHaveLength(3);
});

test("the containers of a pod share an emptyDir; pods of a node share a host path", () => {
  const bench = new Bench({ latency: "none" });
  const volumes = [{ name: "v", hostPath: { path: "/data" } }];
  const volumeMounts = [{ name: "v", mountPath: "/v" }];
  bench.create(podOn("a", { volumes, containers: [{ ...shell("echo hi > /v/f; sleep 36000"), volumeMounts }] }));
  bench.create(podOn("b", { volumes, containers: [{ ...shell("sleep 36000"), volumeMounts }] }));
  bench.create(podOn("c", { volumes, containers: [{ ...shell("sleep 36000"), volumeMounts }] }, "node-2"));
  expect(read(bench, "/v/f", "b")).toBe("hi\n");
  expect(read(bench, "/v/f", "c")).toBe("");
});

test("a pod's own address and aliases stand in its hosts file", () => {
  const bench = new Bench({ latency: "none" });
  const hostAliases = [{ ip: "10.1.2.3", hostnames: ["db", "db.example"] }];
  bench.create(podOn("p", { hostAliases, containers: [shell("sleep 36000")] }));
  expect(read(bench, "/etc/hosts")).toContain("10.244.0.2\tp\n");
  expect(read(bench, "/etc/hosts")).toContain("10.1.2.3\tdb\tdb.example\n");
  expect(read(bench, "/etc/resolv.conf")).toBe(
    "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
  );
});
