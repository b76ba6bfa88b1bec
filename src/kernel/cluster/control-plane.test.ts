/**
 * Goal: three masters show what kubeadm makes, hand leadership on when one dies, and lose etcd with the second.
 * Method: a cluster with masters in virtual time, whose machines faults take down and bring back.
 */
import { expect, test } from "vitest";
import type { Cluster } from "#kernel/cluster/cluster";
import { endFault } from "#kernel/cluster/faults";
import { worldOf } from "#kernel/network/world-of";
import { deployments } from "#kernel/resources/apps/deployment";
import { leases } from "#kernel/resources/coordination/lease";
import { endpoints } from "#kernel/resources/core/endpoints";
import { nodes } from "#kernel/resources/core/node";
import { isNodeReady, rolesOf } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodReady } from "#kernel/resources/core/pod.facts";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { crashContainer } from "#kernel/runtime/containers";
import { hasQuorum } from "#kernel/runtime/quorum";
import { down, newCluster, pass } from "#test/support/masters";

const mend = (cluster: Cluster, id: string) => cluster.turn(() => void endFault(cluster, id));
const lease = (cluster: Cluster, name: string) => cluster.admin.need(leases, { namespace: "kube-system", name });
const leader = (cluster: Cluster, name: string) => lease(cluster, name).spec.holderIdentity?.split("_")[0];
const system = (cluster: Cluster) => cluster.admin.list(pods, { namespace: "kube-system" });

function deploy(cluster: Cluster, name: string): void {
  const labels = { app: name };
  cluster.turn(() => {
    cluster.admin.create(deployments, {
      metadata: { name, namespace: "default" },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "nginx:1.27" }] } },
      },
    });
  });
}

const running = (cluster: Cluster, name: string) =>
  cluster.admin
    .list(pods, { namespace: "default" })
    .filter((pod) => pod.metadata.labels?.["app"] === name && isPodReady(pod)).length;

test("what kubeadm makes is there and ready", () => {
  const cluster = newCluster(3);
  expect(
    cluster.admin.list(nodes).map((node) => `${node.metadata.name} ${rolesOf(node).join()} ${isNodeReady(node)}`),
  ).toEqual([
    "control-plane-1 control-plane true",
    "control-plane-2 control-plane true",
    "control-plane-3 control-plane true",
    "node-1  true",
    "node-2  true",
  ]);
  const unready = system(cluster)
    .filter((pod) => !isPodReady(pod))
    .map(({ metadata }) => metadata.name);
  expect(unready).toEqual([]);
  const names = system(cluster).map(({ metadata }) => metadata.name);
  expect(names).toHaveLength(4 * 3 + 5 + 2);
  expect(names).toContain("etcd-control-plane-2");
  expect(
    cluster.admin.need(endpoints, { namespace: "default", name: "kubernetes" }).subsets?.[0]?.addresses,
  ).toHaveLength(3);
  cluster.turn(
    () =>
      void cluster.admin.delete(
        pods,
        { namespace: "kube-system", name: "kube-scheduler-control-plane-1" },
        { gracePeriodSeconds: 0 },
      ),
  );
  pass(cluster, 30);
  expect(system(cluster).map(({ metadata }) => metadata.name)).toEqual(names);
});

test("a leader that dies is replaced when its lease has run out", () => {
  const cluster = newCluster(3);
  expect([leader(cluster, "kube-scheduler"), leader(cluster, "kube-controller-manager")]).toEqual([
    "control-plane-1",
    "control-plane-1",
  ]);
  const { revision } = cluster.store;
  const renewed = lease(cluster, "kube-scheduler").spec.renewTime;
  pass(cluster, 10);
  expect(lease(cluster, "kube-scheduler").spec.renewTime).not.toBe(renewed);
  expect(cluster.store.revision).toBe(revision);
  down(cluster, "control-plane-1");
  deploy(cluster, "web");
  pass(cluster, 10);
  expect(running(cluster, "web")).toBe(0);
  pass(cluster, 20);
  expect(leader(cluster, "kube-scheduler")).toBe("control-plane-2");
  expect(lease(cluster, "kube-scheduler").spec.leaseTransitions).toBe(1);
  expect(running(cluster, "web")).toBe(1);
});

test("without a quorum nothing is decided; what runs keeps running, and all goes on when it is back", () => {
  const cluster = newCluster(3);
  deploy(cluster, "web");
  pass(cluster, 30);
  down(cluster, "control-plane-2");
  expect(hasQuorum(cluster.cells)).toBe(true);
  down(cluster, "control-plane-3");
  expect(hasQuorum(cluster.cells)).toBe(false);
  const { revision } = cluster.store;
  pass(cluster, 600);
  expect(running(cluster, "web")).toBe(1);
  expect(cluster.store.revision).toBe(revision);
  mend(cluster, "node-down-2");
  expect(hasQuorum(cluster.cells)).toBe(true);
  deploy(cluster, "late");
  pass(cluster, 120);
  expect(running(cluster, "late")).toBe(1);
  expect(
    cluster.admin
      .list(nodes)
      .filter(isNodeReady)
      .map(({ metadata }) => metadata.name),
  ).toEqual(["control-plane-1", "control-plane-3", "node-1", "node-2"]);
});

test("without a quorum kubelets go on by themselves: a container that ends is started again, and told of later", () => {
  const cluster = newCluster(3);
  deploy(cluster, "web");
  pass(cluster, 30);
  const [pod] = cluster.admin.list(pods, { namespace: "default" });
  const kill = (): void => {
    const [id] = [...cluster.cells.entries<ContainerRecord>(CONTAINERS)].find(
      ([, { pod: name, state }]) => name === pod?.metadata.name && state === "running",
    ) ?? [""];
    const { admin, now, entropy, cells } = cluster;
    cluster.turn(() => void crashContainer(worldOf({ client: admin, now, entropy, cells }), id, 137));
  };
  down(cluster, "control-plane-2");
  down(cluster, "control-plane-3");
  const { revision } = cluster.store;
  kill();
  pass(cluster, 60);
  expect(cluster.store.revision).toBe(revision);
  const states = [...cluster.cells.entries<ContainerRecord>(CONTAINERS)]
    .filter(([, record]) => record.pod === pod?.metadata.name)
    .map(([, { state }]) => state);
  expect(states.sort()).toEqual(["exited", "running"]);
  mend(cluster, "node-down-2");
  pass(cluster, 60);
  expect(cluster.admin.list(pods, { namespace: "default" })[0]?.status?.containerStatuses?.[0]).toMatchObject({
    restartCount: 1,
    ready: true,
  });
});
