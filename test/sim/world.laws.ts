/**
 * The laws of the world of test/sim/world.test.ts: what must hold at every moment, and what must hold at rest.
 */
import { expect } from "vitest";
import type { Pod } from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import { controllerOf, keyOf, keyText } from "#kernel/apimachinery/meta";
import type { Cluster } from "#kernel/cluster/cluster";
import { nodeOfDaemon } from "#kernel/controllers/daemonset/placement";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { deployments } from "#kernel/resources/apps/deployment";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { jobs } from "#kernel/resources/batch/job";
import { isJobFinished, JOB_TRACKING_FINALIZER } from "#kernel/resources/batch/job.facts";
import { nodes } from "#kernel/resources/core/node";
import { allocatable } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodActive, isPodReady, isPodTerminal, podRequests } from "#kernel/resources/core/pod.facts";
import { resourcequotas } from "#kernel/resources/core/resourcequota";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import { poddisruptionbudgets } from "#kernel/resources/policy/poddisruptionbudget";
import { resourceclaims } from "#kernel/resources/resource/resourceclaim";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { explain } from "#kernel/scheduler/explain";

const nameOf = ({ metadata }: Pod): string => metadata.name;
const twice = (items: readonly string[]): string[] => items.filter((item, n) => items.indexOf(item) !== n);

/** No node holds more than it has; a pod that the kubelet has refused has ended and holds nothing. */
function capacityHolds({ admin }: Cluster): void {
  const held = admin.list(pods).filter((pod) => !isPodTerminal(pod));
  for (const node of admin.list(nodes)) {
    const { cpu = 0, memory = 0, pods: most = 0 } = allocatable(node);
    const here = held.filter(({ spec }) => spec.nodeName === node.metadata.name);
    const sum = (name: string): number => here.reduce((total, pod) => total + (podRequests(pod)[name] ?? 0), 0);
    expect([node.metadata.name, sum("cpu") <= cpu, sum("memory") <= memory, here.length <= most]).toEqual([
      node.metadata.name,
      true,
      true,
      true,
    ]);
  }
}

/** No two machines ever run one name: whoever takes the name of a pod that was forced away ends what is left of it. */
function identitiesAreUnique({ cells }: Cluster): void {
  const running = [...cells.entries<ContainerRecord>(CONTAINERS)]
    .filter(([, { state }]) => state === "running")
    .map(([, { namespace, pod, name }]) => `${namespace}/${pod}/${name}`);
  expect(twice(running)).toEqual([]);
}

/** What a quota says is used is never less than what there is: so much was let in, and what ends is taken off later. */
function quotaHolds({ admin }: Cluster): void {
  for (const { metadata, status } of admin.list(resourcequotas)) {
    if (status?.used?.["pods"] === undefined) continue;
    const there = admin.list(pods, { namespace: metadata.namespace ?? "" }).filter((pod) => !isPodTerminal(pod));
    expect(there.length).toBeLessThanOrEqual(Number(status.used["pods"]));
  }
}

/** No two pods that live have one address. */
function addressesAreHadOnce({ admin }: Cluster): void {
  const living = admin.list(pods).filter((pod) => !isPodTerminal(pod) && pod.spec.hostNetwork !== true);
  expect(twice(living.flatMap(({ status }) => status?.podIP ?? []))).toEqual([]);
}

/** A set without surge has one pod on a node, and the next when that one is on its way out. */
function daemonsAreAlone({ admin }: Cluster): void {
  for (const { metadata } of admin.list(daemonsets)) {
    const own = admin.list(pods).filter((pod) => controllerOf(pod)?.uid === metadata.uid && isPodActive(pod));
    expect(twice(own.map(nodeOfDaemon))).toEqual([]);
  }
}

/** A device is set aside once, and for pods that have a node. */
function devicesAreHadOnce({ admin }: Cluster): void {
  const results = admin.list(resourceclaims).flatMap(({ status }) => status?.allocation?.devices?.results ?? []);
  expect(twice(results.map(({ driver, pool, device }) => `${driver}/${pool}/${device}`))).toEqual([]);
}

/** What must hold at every moment. */
export function holdsAlways(cluster: Cluster): void {
  devicesAreHadOnce(cluster);
  capacityHolds(cluster);
  identitiesAreUnique(cluster);
  addressesAreHadOnce(cluster);
  daemonsAreAlone(cluster);
  quotaHolds(cluster);
}

/** Pods that a budget guards and that are healthy now: how many there are beyond what the budget wants. */
export function slackOf({ admin }: Cluster, pod: Pod): number {
  const budgets = admin
    .list(poddisruptionbudgets, { namespace: pod.metadata.namespace ?? "" })
    .filter(({ spec }) => matches(spec.selector, pod.metadata.labels));
  const [budget] = budgets;
  if (budget === undefined) return Number.POSITIVE_INFINITY;
  const healthy = admin
    .list(pods, { namespace: pod.metadata.namespace ?? "" })
    .filter((one) => matches(budget.spec.selector, one.metadata.labels) && isPodReady(one))
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return healthy.length - (budget.status?.desiredHealthy ?? 0);
}

/** A pod that waits at rest fits nowhere. */
function waitsForGoodReason({ admin, registry }: Cluster): void {
  for (const pod of admin.list(pods)) {
    if ((pod.spec.nodeName ?? "") !== "" || isPodTerminal(pod)) continue;
    const fitting = explain(registry, pod).nodes.filter(({ fits }) => fits);
    expect([nameOf(pod), fitting.map(({ node }) => node)]).toEqual([nameOf(pod), []]);
  }
}

/** Whatever has owners has one that exists. */
function orphansAreGone({ admin, store, registry }: Cluster): void {
  const uids = new Set(
    [...store.buckets()].flatMap((bucket) => store.list(bucket).map(({ metadata }) => metadata.uid)),
  );
  for (const resource of registry.resources) {
    for (const object of store.list(resource.bucket)) {
      const owners = object.metadata.ownerReferences ?? [];
      const isOrphan = owners.length > 0 && owners.every(({ uid }) => !uids.has(uid));
      expect([resource.bucket, keyText(keyOf(object)), isOrphan]).toEqual([
        resource.bucket,
        keyText(keyOf(object)),
        false,
      ]);
    }
  }
  for (const pod of admin.list(pods)) {
    const isTracked = pod.metadata.finalizers?.includes(JOB_TRACKING_FINALIZER) === true;
    const owner = controllerOf(pod);
    const job = owner && admin.list(jobs).find(({ metadata }) => metadata.uid === owner.uid);
    expect([nameOf(pod), isTracked && (job === undefined || isJobFinished(job))]).toEqual([nameOf(pod), false]);
  }
}

/** Every workload has what it asks for, as far as there is room. */
function workloadsAreWhole({ admin }: Cluster): void {
  const all = admin.list(pods);
  const owned = (uid: string): Pod[] => all.filter((pod) => controllerOf(pod)?.uid === uid && isPodActive(pod));
  for (const { metadata, spec, status } of admin.list(replicasets)) {
    expect([metadata.name, owned(metadata.uid).length, status?.replicas ?? 0]).toEqual([
      metadata.name,
      spec.replicas,
      spec.replicas,
    ]);
  }
  for (const { metadata, status } of admin.list(deployments)) {
    expect([metadata.name, status?.observedGeneration]).toEqual([metadata.name, metadata.generation]);
  }
  for (const { metadata, status } of admin.list(daemonsets)) {
    expect([metadata.name, owned(metadata.uid).length]).toEqual([metadata.name, status?.desiredNumberScheduled]);
  }
  for (const { metadata, spec } of admin.list(statefulsets)) {
    const names = owned(metadata.uid).map(nameOf);
    const wanted = Array.from({ length: spec.replicas ?? 0 }, (_, n) => `${metadata.name}-${n}`);
    // One that does not come up keeps those after it from being made.
    expect(wanted.slice(0, names.length)).toEqual(names);
  }
  for (const job of admin.list(jobs)) {
    if (owned(job.metadata.uid).length === 0)
      expect([job.metadata.name, isJobFinished(job)]).toEqual([job.metadata.name, true]);
  }
  const homes = new Set(admin.list(nodes).map(({ metadata }) => metadata.name));
  expect(all.filter(({ spec }) => (spec.nodeName ?? "") !== "" && !homes.has(spec.nodeName ?? ""))).toEqual([]);
}

/** Nobody keeps a device that no pod uses. */
function devicesAreGivenBack({ admin }: Cluster): void {
  for (const { metadata, status } of admin.list(resourceclaims)) {
    const users = (status?.reservedFor ?? []).map(({ name }) =>
      admin.get(pods, { namespace: metadata.namespace ?? "", name }),
    );
    const isUsed = users.some((pod) => pod !== undefined && (pod.spec.nodeName ?? "") !== "");
    expect([metadata.name, status?.allocation !== undefined]).toEqual([metadata.name, isUsed]);
  }
}

/** Nothing runs for a pod that is gone. */
function containersHavePods({ admin, cells }: Cluster): void {
  const uids = new Set(admin.list(pods).map(({ metadata }) => metadata.uid));
  const lost = [...cells.entries<ContainerRecord>(CONTAINERS)].filter(
    ([, { state, podUid }]) => state === "running" && !uids.has(podUid),
  );
  expect(lost.map(([, { pod }]) => pod)).toEqual([]);
}

/** Behind a Service stand the pods it selects that are ready. */
function servicesAreServed({ admin }: Cluster): void {
  for (const { metadata, spec } of admin.list(services, { namespace: "default" })) {
    if (spec.selector === undefined) continue;
    const slices = admin
      .list(endpointslices, { namespace: "default" })
      .filter(({ metadata: { labels } }) => labels?.["kubernetes.io/service-name"] === metadata.name);
    const served = slices.flatMap(({ endpoints }) =>
      (endpoints ?? []).filter(({ conditions }) => conditions?.ready === true).flatMap(({ addresses }) => addresses),
    );
    const wanted = admin
      .list(pods, { namespace: "default" })
      .filter((pod) => matches({ matchLabels: spec.selector ?? {} }, pod.metadata.labels))
      .filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined)
      .flatMap(({ status }) => status?.podIP ?? []);
    expect([metadata.name, served.sort()]).toEqual([metadata.name, wanted.sort()]);
  }
}

/** A budget has counted right. */
function budgetsAreTrue({ admin }: Cluster): void {
  for (const { metadata, spec, status } of admin.list(poddisruptionbudgets)) {
    const mine = admin
      .list(pods, { namespace: metadata.namespace ?? "" })
      .filter((pod) => matches(spec.selector, pod.metadata.labels) && !isPodTerminal(pod));
    const healthy = mine.filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined).length;
    const { currentHealthy = 0, desiredHealthy = 0, expectedPods = 0, disruptionsAllowed = 0 } = status ?? {};
    const allowed = expectedPods <= 0 ? 0 : Math.max(0, healthy - desiredHealthy);
    expect([metadata.name, currentHealthy, disruptionsAllowed]).toEqual([metadata.name, healthy, allowed]);
  }
}

/** What must hold when nothing more is due. */
export function holdsAtRest(cluster: Cluster): void {
  waitsForGoodReason(cluster);
  orphansAreGone(cluster);
  devicesAreGivenBack(cluster);
  containersHavePods(cluster);
  servicesAreServed(cluster);
  budgetsAreTrue(cluster);
  workloadsAreWhole(cluster);
}
