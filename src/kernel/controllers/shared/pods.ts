/**
 * Pods as their controllers make and choose them: a pod from a template, and the order in which pods are given up.
 *
 * Models pkg/controller/controller_utils.go (GetPodFromTemplate, ActivePodsWithRanks).
 */
import type { Pod, PodTemplateSpec } from "#kernel/api/types.gen";
import { ownerReferenceTo } from "#kernel/apimachinery/meta";
import { parseTime } from "#kernel/apimachinery/time";
import type { Draft, Resource } from "#kernel/registry/definition";
import { isPodReady, maxContainerRestarts, podCondition } from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";
import type { KubeObject } from "#kernel/store/object";

const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

/** A pod as the template says, named after its owner and controlled by it. */
export function podFrom<O extends KubeObject>(
  template: PodTemplateSpec | undefined,
  owner: O,
  kind: Resource<O>,
): Draft<Pod> {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? "",
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
      ...(finalizers !== undefined && { finalizers }),
      ownerReferences: [ownerReferenceTo(owner, kind.gvk)],
    },
    spec: template?.spec ?? { containers: [] },
  };
}

/** What of a pod decides when it is given up; compared field by field, the smaller goes first. */
interface Rank {
  readonly pod: Pod;
  readonly isAssigned: boolean;
  readonly phase: number;
  readonly isReady: boolean;
  readonly deletionCost: number;
  /** How many related pods share its node. */
  readonly company: number;
  readonly readySince: Instant | undefined;
  readonly restarts: { readonly regular: number; readonly sidecar: number };
  readonly createdAt: Instant | undefined;
}

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** Gives so many of the pods, those first whose loss costs least; `related` are the pods that should spread out. */
export function podsToDelete(pods: readonly Pod[], related: readonly Pod[], count: number, now: Instant): Pod[] {
  if (count >= pods.length) return pods.slice(0, count);
  const onNode = new Map<string, number>();
  for (const { spec } of related) {
    const node = spec.nodeName ?? "";
    if (node !== "") onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  return pods
    .map((pod) => rankOf(pod, onNode.get(pod.spec.nodeName ?? "") ?? 0))
    .sort((a, b) => compareRanks(a, b, now))
    .slice(0, count)
    .map(({ pod }) => pod);
}

function rankOf(pod: Pod, company: number): Rank {
  const isReady = isPodReady(pod);
  const cost = Number.parseInt(pod.metadata.annotations?.[DELETION_COST] ?? "0", 10);
  return {
    pod,
    isAssigned: (pod.spec.nodeName ?? "") !== "",
    phase: PHASES[pod.status?.phase ?? "Pending"] ?? 0,
    isReady,
    deletionCost: Number.isNaN(cost) ? 0 : cost,
    company,
    readySince: isReady ? instantOf(podCondition(pod, "Ready")?.lastTransitionTime) : undefined,
    restarts: maxContainerRestarts(pod),
    createdAt: instantOf(pod.metadata.creationTimestamp),
  };
}

const instantOf = (text: string | undefined | null): Instant | undefined =>
  text === undefined || text === null ? undefined : parseTime(text);

function compareRanks(a: Rank, b: Rank, now: Instant): number {
  return (
    Number(a.isAssigned) - Number(b.isAssigned) ||
    a.phase - b.phase ||
    Number(a.isReady) - Number(b.isReady) ||
    a.deletionCost - b.deletionCost ||
    b.company - a.company ||
    compareAges(a.readySince, b.readySince, a.pod, b.pod, now) ||
    b.restarts.regular - a.restarts.regular ||
    b.restarts.sidecar - a.restarts.sidecar ||
    compareAges(a.createdAt, b.createdAt, a.pod, b.pod, now) ||
    (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1)
  );
}

/** The younger first, where ages count by magnitude; among pods of one magnitude the uid decides. */
function compareAges(a: Instant | undefined, b: Instant | undefined, podA: Pod, podB: Pod, now: Instant): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const difference = magnitudeOf(now - a) - magnitudeOf(now - b);
  return difference !== 0 ? difference : podA.metadata.uid < podB.metadata.uid ? -1 : 1;
}

/** The binary logarithm of an age in nanoseconds, as upstream measures it; -1 for what is not in the past. */
const magnitudeOf = (ageMs: number): number => (ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1e6)));
