/**
 * Goal: a pool grows for pods that fit nowhere, says so, and lets go of machines nobody needs for ten minutes.
 * Method: a cluster with one pool in virtual time; a workload is scaled up and down, a budget stands in the way.
 */
import { expect, test } from "vitest";
import type { PodSpec } from "#kernel/api/types.gen";
import { Cluster } from "#kernel/cluster/cluster";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { deployments } from "#kernel/resources/apps/deployment";
import { configmaps } from "#kernel/resources/core/configmap";
import { events } from "#kernel/resources/core/event";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { isPodReady } from "#kernel/resources/core/pod.facts";
import { poddisruptionbudgets } from "#kernel/resources/policy/poddisruptionbudget";
import { START } from "#test/support/pods";

const KEY = { namespace: "default", name: "web" };

function newCluster(): Cluster {
  const template = { cpu: "2", memory: "4Gi", pool: "small" };
  return Cluster.create(
    {
      seed: "pools",
      machines: [{ name: "small-1", ...template }],
      pools: [{ name: "small", min: 1, max: 3, template }],
      components: { scheduler: true, controllerManager: true, kubelet: true },
      authorization: "RBAC",
      latency: "realistic",
    },
    START,
  );
}

function pass(cluster: Cluster, seconds: number): void {
  const end = cluster.now + seconds * 1_000;
  while (cluster.now < end) cluster.advance(START, end - cluster.now);
}

function deploy(cluster: Cluster, replicas: number, cpu = "900m", more: Partial<PodSpec> = {}): void {
  const labels = { app: "web" };
  const containers = [{ name: "c", image: "nginx:1.27", resources: { requests: { cpu } } }];
  cluster.turn(() => {
    cluster.admin.create(deployments, {
      metadata: KEY,
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers, ...more } },
      },
    });
  });
}

const scale = (cluster: Cluster, replicas: number) =>
  cluster.turn(() => {
    const web = cluster.admin.need(deployments, KEY);
    cluster.admin.update(deployments, { ...web, spec: { ...web.spec, replicas } });
  });
const names = (cluster: Cluster) => cluster.admin.list(nodes).map(({ metadata }) => metadata.name);
const ready = (cluster: Cluster) => cluster.admin.list(pods).filter(isPodReady).length;
const said = (cluster: Cluster, reason: string) => [
  ...new Set(
    cluster.admin
      .list(events)
      .filter((event) => event.reason === reason)
      .map(({ message }) => message),
  ),
];
const status = (cluster: Cluster) =>
  cluster.admin.need(configmaps, { namespace: "kube-system", name: "cluster-autoscaler-status" }).data?.["status"];

test("up for pods that wait, down again when ten minutes have passed", () => {
  const cluster = newCluster();
  deploy(cluster, 5);
  pass(cluster, 20);
  expect(said(cluster, "TriggeredScaleUp")).toEqual(["pod triggered scale-up: [{small 1->3 (max: 3)}]"]);
  expect(status(cluster)).toContain(
    "cloudProviderTarget: 3\n    minSize: 1\n    maxSize: 3\n  scaleUp:\n    status: InProgress\n",
  );
  pass(cluster, 120);
  expect([names(cluster), ready(cluster)]).toEqual([["small-1", "small-2", "small-3"], 5]);
  scale(cluster, 2);
  pass(cluster, 120);
  expect(
    cluster.admin.list(nodes).some(({ spec }) => spec.taints?.[0]?.key === "DeletionCandidateOfClusterAutoscaler"),
  ).toBe(true);
  pass(cluster, 1_500);
  expect([names(cluster).length, ready(cluster)]).toEqual([1, 2]);
  expect(said(cluster, "ScaleDown")).toContain("node removed by cluster autoscaler");
  const { revision } = cluster.store;
  pass(cluster, 600);
  expect(cluster.store.revision).toBe(revision);
});

test("a pool that is full, or whose machines are too small, says why it does not grow", () => {
  const cluster = newCluster();
  deploy(cluster, 1, "8");
  pass(cluster, 30);
  expect(said(cluster, "NotTriggerScaleUp")).toEqual(["pod didn't trigger scale-up: 1 Insufficient cpu"]);
  expect(names(cluster)).toEqual(["small-1"]);
});

test("the pods of a node that goes are told why", () => {
  const cluster = newCluster();
  deploy(cluster, 3, "900m");
  pass(cluster, 120);
  expect(names(cluster)).toHaveLength(2);
  const web = () => cluster.admin.need(deployments, KEY);
  cluster.turn(() => {
    const { spec } = web();
    const containers = spec.template.spec.containers.map((one) => ({
      ...one,
      resources: { requests: { cpu: "100m" } },
    }));
    const template = { ...spec.template, spec: { ...spec.template.spec, containers } };
    cluster.admin.update(deployments, { ...web(), spec: { ...spec, template } });
  });
  pass(cluster, 1_500);
  expect([names(cluster).length, ready(cluster)]).toEqual([1, 3]);
  expect(said(cluster, "ScaleDown")).toContain("deleting pod for node scale down");
});

test("a budget holds a node's pods, and with them the node", () => {
  const cluster = newCluster();
  deploy(cluster, 4);
  pass(cluster, 120);
  cluster.turn(() => {
    const spec = { maxUnavailable: 0, selector: { matchLabels: { app: "web" } } };
    cluster.admin.create(poddisruptionbudgets, { metadata: KEY, spec });
  });
  expect(names(cluster)).toHaveLength(2);
  scale(cluster, 2);
  pass(cluster, 1_200);
  const spread = new Set(cluster.admin.list(pods).map(({ spec }) => spec.nodeName)).size;
  expect(names(cluster)).toHaveLength(spread);
  expect(ready(cluster)).toBe(2);
});

const mine = { labelSelector: { matchLabels: { app: "web" } }, topologyKey: "kubernetes.io/hostname" };
const apart: Partial<PodSpec> = {
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [mine] } },
};

test("pods that keep apart get a machine each, and keep it", () => {
  const cluster = newCluster();
  deploy(cluster, 3, "10m", apart);
  pass(cluster, 120);
  expect([names(cluster), ready(cluster)]).toEqual([["small-1", "small-2", "small-3"], 3]);
  pass(cluster, 1_200);
  expect(names(cluster)).toHaveLength(3);
});

test.each<readonly [string, Partial<PodSpec>, string]>([
  [
    "wants to be near a pod there is not",
    {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { app: "db" } }, topologyKey: "kubernetes.io/hostname" },
          ],
        },
      },
    },
    "1 node(s) didn't match pod affinity rules",
  ],
  [
    "spreads over zones the pool is not in",
    {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "topology.kubernetes.io/zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: mine.labelSelector,
        },
      ],
    },
    "1 node(s) didn't match pod topology spread constraints (missing required label)",
  ],
  [
    "claims a volume that is not there",
    { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "none" } }] },
    '1 persistentvolumeclaim "none" not found',
  ],
])("a pod that %s would not fit a new machine either", (_what, spec, why) => {
  const cluster = newCluster();
  deploy(cluster, 1, "10m", spec);
  pass(cluster, 30);
  expect(said(cluster, "NotTriggerScaleUp")).toEqual([`pod didn't trigger scale-up: ${why}`]);
  expect(names(cluster)).toEqual(["small-1"]);
});

test("what daemons take of a new machine counts", () => {
  const cluster = newCluster();
  const labels = { app: "agent" };
  const containers = [{ name: "c", image: "nginx:1.27", resources: { requests: { cpu: "500m" } } }];
  cluster.turn(() => {
    cluster.admin.create(daemonsets, {
      metadata: { ...KEY, name: "agent" },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
    });
  });
  pass(cluster, 10);
  deploy(cluster, 1, "1600m");
  pass(cluster, 30);
  expect(said(cluster, "NotTriggerScaleUp")).toEqual(["pod didn't trigger scale-up: 1 Insufficient cpu"]);
});
