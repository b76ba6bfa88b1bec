/**
 * Goal: etcd of the control plane shows what the API server keeps, to who brings certificates, as long as it has a
 * quorum; an etcd of one's own keeps what it is told.
 * Method: run etcdctl in static pods of clusters in virtual time, and in a container of plain functions.
 */
import { expect, test } from "vitest";
import type { Cluster } from "#kernel/cluster/cluster";
import { worldOf } from "#kernel/network/world-of";
import { pods } from "#kernel/resources/core/pod";
import { secrets } from "#kernel/resources/core/secret";
import { execInContainer } from "#kernel/runtime/containers";
import { script } from "#kernel/runtime/world.fixture";
import { down, newCluster, pass } from "#test/support/masters";

const PKI = "/etc/kubernetes/pki/etcd";
const CERTS = ["--cacert", `${PKI}/ca.crt`, "--cert", `${PKI}/server.crt`, "--key", `${PKI}/server.key`];

interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

function etcd(cluster: Cluster, words: readonly string[], member = "control-plane-1"): Said {
  const { admin: client, entropy, cells, now } = cluster;
  const pod = client.need(pods, { namespace: "kube-system", name: `etcd-${member}` });
  const id = pod.status?.containerStatuses?.[0]?.containerID?.replace("containerd://", "") ?? "";
  let said: Said | undefined;
  cluster.turn(() => {
    said = execInContainer(worldOf({ client, entropy, cells, now }), id, words);
  });
  if (said === undefined) throw new Error("no command was run");
  return said;
}

const etcdctl = (cluster: Cluster, ...words: string[]): Said => etcd(cluster, ["etcdctl", ...CERTS, ...words]);

test("keys are where the API server has them, values what it wrote; nothing is changed behind its back", () => {
  const cluster = newCluster(1);
  const key = { namespace: "default", name: "door" };
  cluster.turn(() => void cluster.admin.create(secrets, { metadata: key, type: "Opaque", data: { code: "NDI=" } }));
  const keys = (prefix: string) =>
    etcdctl(cluster, "get", prefix, "--prefix", "--keys-only").stdout.split("\n").filter(Boolean);
  expect(keys("/registry/minions/")).toEqual([
    "/registry/minions/control-plane-1",
    "/registry/minions/node-1",
    "/registry/minions/node-2",
  ]);
  expect(keys("/registry/services/specs")).toContain("/registry/services/specs/kube-system/kube-dns");
  expect(keys("/registry/apiregistration")).toContain("/registry/apiregistration.k8s.io/apiservices/v1.");
  const read = etcdctl(cluster, "get", "/registry/secrets/default/door", "--print-value-only");
  expect(JSON.parse(read.stdout)).toMatchObject({ kind: "Secret", metadata: { name: "door" }, data: { code: "NDI=" } });
  expect(etcdctl(cluster, "del", "/registry/secrets/default/door")).toMatchObject({ exitCode: 1 });
  expect(etcdctl(cluster, "put", "/registry/x", "1").stderr).toContain("is changed through the API");
  expect(cluster.admin.get(secrets, key)).toBeDefined();
});

test("without certificates nobody gets in", () => {
  const cluster = newCluster(1);
  expect(etcd(cluster, ["etcdctl", "member", "list"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("Error: context deadline exceeded\n"),
  });
  const wrong = etcd(cluster, ["etcdctl", "--cacert=/nope", "--cert=/nope", "--key=/nope", "member", "list"]);
  expect(wrong.stderr).toBe("Error: open /nope: no such file or directory\n");
});

test("three members, one leads; two lost, and nothing can be read or kept", () => {
  const cluster = newCluster(3);
  const list = etcdctl(cluster, "member", "list", "-w", "table").stdout.split("\n");
  expect(list[1]).toMatch(/^\| +ID +\| STATUS {2}\| +NAME +\| +PEER ADDRS +\| +CLIENT ADDRS +\| IS LEARNER \|$/);
  expect(list.filter((line) => line.includes("| started | control-plane-"))).toHaveLength(3);
  const status = etcdctl(cluster, "endpoint", "status", "--cluster").stdout.trim().split("\n");
  expect(status.map((line) => line.split(", ")[8])).toEqual(["true", "false", "false"]);

  down(cluster, "control-plane-2");
  pass(cluster, 5);
  expect(etcdctl(cluster, "endpoint", "health").exitCode).toBe(0);
  down(cluster, "control-plane-3");
  pass(cluster, 5);
  expect(etcdctl(cluster, "get", "/registry", "--prefix").stderr).toBe("Error: etcdserver: request timed out\n");
  expect(etcdctl(cluster, "endpoint", "health").stderr).toContain("unhealthy cluster");
});

test("a snapshot is saved and looked at", () => {
  const cluster = newCluster(1);
  const saved = etcdctl(cluster, "snapshot", "save", "/var/lib/etcd/backup.db");
  expect(saved.stdout).toBe("Snapshot saved at /var/lib/etcd/backup.db\nServer version 3.6.0\n");
  expect(saved.stderr).toContain('"msg":"saved","path":"/var/lib/etcd/backup.db"');
  const status = etcd(cluster, ["etcdutl", "snapshot", "status", "/var/lib/etcd/backup.db", "--write-out=table"]);
  expect(status.stdout).toMatch(/\n\| +HASH +\| REVISION \| TOTAL KEYS \| TOTAL SIZE \| VERSION \|\n/);
  expect(etcd(cluster, ["etcdutl", "snapshot", "restore", "/var/lib/etcd/backup.db"]).stderr).toContain(
    "restores no etcd",
  );
  expect(etcd(cluster, ["etcdutl", "snapshot", "status", `${PKI}/ca.crt`]).stderr).toBe("Error: invalid database\n");
});

test("what it does not know is refused", () => {
  const cluster = newCluster(1);
  expect(etcdctl(cluster, "watch", "/x")).toMatchObject({
    exitCode: 1,
    stderr: 'Error: unknown command "watch" for "etcdctl"\n',
  });
  expect(script("etcdctl version", "quay.io/coreos/etcd:v3.6.6").out).toBe(
    "etcdctl version: 3.6.6\nAPI version: 3.6\n",
  );
});
