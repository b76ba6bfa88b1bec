/**
 * What a pod asks of its node: requests and limits over all containers, and its quality-of-service class.
 *
 * Models k8s.io/component-helpers/resource (PodRequests, PodLimits) and pkg/apis/core/v1/helper/qos.
 */

import type { Container, ContainerStatus, Pod, PodSpec, ResourceRequirements } from "#kernel/api/types.gen";
import { add, cmp, formatQuantity, milli, value } from "#kernel/apimachinery/quantity";

/** Amounts by resource name: cpu in thousandths of a core, everything else in its own unit (bytes, pods, devices). */
export type ResourceAmounts = Readonly<Record<string, number>>;

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

type Mutable = Record<string, number>;
type Which = "requests" | "limits";

export interface PodResourcesOptions {
  /** Leaves spec.overhead out. */
  readonly excludeOverhead?: boolean;
  /** Counts what a running container holds as long as a resize has not taken effect, as the scheduler does. */
  readonly useStatus?: boolean;
}

/** Gives the amounts of a resource list as numbers. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): ResourceAmounts {
  const amounts: Mutable = {};
  for (const name in list) amounts[name] = amountOf(name, list[name] ?? "0");
  return amounts;
}

/** Gives one quantity as a number in the unit of its resource. */
export const amountOf = (name: string, quantity: string): number =>
  name === "cpu" ? milli(quantity) : value(quantity);

function addTo(sum: Mutable, more: ResourceAmounts): void {
  for (const name in more) sum[name] = (sum[name] ?? 0) + (more[name] ?? 0);
}

function raiseTo(most: Mutable, other: ResourceAmounts): void {
  for (const name in other) most[name] = Math.max(most[name] ?? 0, other[name] ?? 0);
}

/** Resources that may be set for the whole pod at once. */
export const isPodLevelResource = (name: string): boolean =>
  name === "cpu" || name === "memory" || name.startsWith("hugepages-");

/** True if the pod sets resources for itself as a whole. */
export function hasPodLevelResources({ resources }: PodSpec): boolean {
  const names = [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})];
  return names.some(isPodLevelResource);
}

/**
 * What the scheduler must find on a node for the pod: the sum of containers and sidecars, or what its start needs at
 * most if that is more; pod-level requests go first; overhead comes on top.
 */
export function podRequests(pod: Pod, options: PodResourcesOptions = {}): ResourceAmounts {
  const sum = aggregate(pod, "requests", options);
  setPodLevel(sum, pod.spec.resources?.requests);
  if (options.excludeOverhead !== true) addTo(sum, amountsOf(pod.spec.overhead));
  return sum;
}

/** The limits of the pod as a whole. Overhead is added only to what is limited. */
export function podLimits(pod: Pod, options: PodResourcesOptions = {}): ResourceAmounts {
  const sum = aggregate(pod, "limits", options);
  setPodLevel(sum, pod.spec.resources?.limits);
  const overhead = options.excludeOverhead === true ? {} : amountsOf(pod.spec.overhead);
  for (const name in overhead) {
    const limit = sum[name];
    if (limit !== undefined) sum[name] = limit + (overhead[name] ?? 0);
  }
  return sum;
}

function setPodLevel(sum: Mutable, list: Readonly<Record<string, string>> | undefined): void {
  for (const name in list) if (isPodLevelResource(name)) sum[name] = amountOf(name, list[name] ?? "0");
}

function aggregate(pod: Pod, which: Which, options: PodResourcesOptions): Mutable {
  const { containers, initContainers = [] } = pod.spec;
  const sum: Mutable = {};
  for (const container of containers) addTo(sum, containerAmounts(pod, container, which, options));
  const sidecars: Mutable = {};
  const starting: Mutable = {};
  for (const container of initContainers) {
    const own = containerAmounts(pod, container, which, options);
    if (container.restartPolicy === "Always") {
      addTo(sum, own);
      addTo(sidecars, own);
      raiseTo(starting, sidecars);
    } else {
      // A container that runs to its end runs beside the sidecars that were started before it.
      const beside: Mutable = { ...own };
      addTo(beside, sidecars);
      raiseTo(starting, beside);
    }
  }
  raiseTo(sum, starting);
  return sum;
}

function containerAmounts(pod: Pod, container: Container, which: Which, options: PodResourcesOptions): ResourceAmounts {
  const wanted = amountsOf(container.resources?.[which]);
  const status = options.useStatus === true ? statusOf(pod, container.name) : undefined;
  if (status?.resources === undefined) return wanted;
  const held: Mutable = { ...amountsOf(status.resources[which]) };
  if (which === "requests") raiseTo(held, amountsOf(status.allocatedResources));
  if (!isResizeInfeasible(pod)) raiseTo(held, wanted);
  return held;
}

function statusOf({ status }: Pod, name: string): ContainerStatus | undefined {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(
    (one) => one.name === name,
  );
}

const isResizeInfeasible = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, reason }) => type === "PodResizePending" && reason === "Infeasible") === true;

const QOS_RESOURCES = ["cpu", "memory"] as const;

/** Gives the class by which the kubelet sacrifices pods when memory runs out: what a new pod's status says. */
export function computeQos(spec: PodSpec): QosClass {
  const sources: (ResourceRequirements | undefined)[] = hasPodLevelResources(spec)
    ? [spec.resources]
    : [...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources);
  const requests: Mutable = {};
  const limits: Mutable = {};
  let isGuaranteed = true;
  for (const source of sources) {
    addTo(requests, positiveCompute(source?.requests));
    const limited = positiveCompute(source?.limits);
    addTo(limits, limited);
    if (QOS_RESOURCES.some((name) => limited[name] === undefined)) isGuaranteed = false;
  }
  const [requested, limited] = [Object.keys(requests), Object.keys(limits)];
  if (requested.length === 0 && limited.length === 0) return "BestEffort";
  const areEqual = requested.length === limited.length && requested.every((name) => requests[name] === limits[name]);
  return isGuaranteed && areEqual ? "Guaranteed" : "Burstable";
}

function positiveCompute(list: Readonly<Record<string, string>> | undefined): ResourceAmounts {
  const amounts: Mutable = {};
  for (const name of QOS_RESOURCES) {
    const quantity = list?.[name];
    if (quantity !== undefined && cmp(quantity, "0") > 0) amounts[name] = amountOf(name, quantity);
  }
  return amounts;
}

type Quantities = Record<string, string>;

/** Requests of all containers together, spelt as quantities: what the pod needs as a whole. */
export const sumOfRequests = (spec: PodSpec): Quantities => sumOf(spec, "requests");

/** Limits of all containers together, spelt as quantities. */
export const sumOfLimits = (spec: PodSpec): Quantities => sumOf(spec, "limits");

function sumOf({ containers, initContainers = [] }: PodSpec, which: Which): Quantities {
  let sum: Quantities = {};
  for (const { resources } of containers) sum = plus(sum, resources?.[which]);
  let sidecars: Quantities = {};
  let starting: Quantities = {};
  for (const { resources, restartPolicy } of initContainers) {
    const own = resources?.[which];
    if (restartPolicy === "Always") {
      sum = plus(sum, own);
      sidecars = plus(sidecars, own);
      starting = larger(starting, sidecars);
    } else starting = larger(starting, plus(sidecars, own));
  }
  return larger(sum, starting);
}

function plus(a: Quantities, b: Quantities | undefined): Quantities {
  const sum = { ...a };
  for (const [name, quantity] of Object.entries(b ?? {})) {
    const before = a[name];
    sum[name] = before === undefined ? quantity : formatQuantity(add(before, quantity));
  }
  return sum;
}

function larger(a: Quantities, b: Quantities): Quantities {
  const most = { ...a };
  for (const [name, quantity] of Object.entries(b)) if (cmp(quantity, a[name] ?? "0") > 0) most[name] = quantity;
  return most;
}

/** What the pod needs as a whole, spelt as quantities: its own word where it has one, else the sum of containers. */
export function podLevelAmounts(spec: PodSpec, which: Which): Readonly<Quantities> {
  const own = Object.entries(spec.resources?.[which] ?? {}).filter(([name]) => isPodLevelResource(name));
  return { ...sumOf(spec, which), ...Object.fromEntries(own) };
}
