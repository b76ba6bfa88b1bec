/**
 * What the server writes into a pod, or takes out of it, before it is validated and stored.
 *
 * Models pkg/registry/core/pod/strategy.go and pkg/api/pod/util.go.
 * Leaves out the copy of AppArmor annotations into fields: they are warned of, and no node simulates AppArmor.
 */

import type { LabelSelector, Pod, PodAffinityTerm, PodCondition, PodSpec } from "#kernel/api/types.gen";
import { computeQos, isSchedulingGated } from "#kernel/resources/core/pod.facts";

type Labels = Readonly<Record<string, string>>;

/** A new pod is pending, whatever its manifest says. */
export function preparePodForCreate(pod: Pod): void {
  const { spec, metadata } = pod;
  dropDisabledPodFields(spec);
  pod.status = { phase: "Pending", qosClass: computeQos(spec) };
  if (isSchedulingGated(pod)) pod.status.conditions = [GATED];
  mergeLabelKeys(spec, metadata.labels ?? {});
}

/** Nobody notes when a pod was gated: its times are null, as the API server writes them. */
const GATED: PodCondition = {
  type: "PodScheduled",
  status: "False",
  lastProbeTime: null as unknown as string,
  lastTransitionTime: null as unknown as string,
  reason: "SchedulingGated",
  message: "Scheduling is blocked due to non-empty scheduling gates",
};

/** Fields of features that are off unless somebody turns them on: upstream forgets them silently, so it must too. */
export function dropDisabledPodFields(spec: PodSpec): void {
  delete spec.schedulingGroup;
}

/** The values of the pod's own labels become part of the selectors that name their keys. */
function mergeLabelKeys({ affinity, topologySpreadConstraints = [] }: PodSpec, labels: Labels): void {
  for (const { matchLabelKeys, labelSelector } of topologySpreadConstraints) {
    require(labelSelector, matchLabelKeys, "In", labels);
  }
  for (const side of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    const preferred = side?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    for (const { podAffinityTerm } of preferred) mergeTerm(podAffinityTerm, labels);
    for (const term of side?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeTerm(term, labels);
  }
}

function mergeTerm({ labelSelector, matchLabelKeys, mismatchLabelKeys }: PodAffinityTerm, labels: Labels): void {
  require(labelSelector, matchLabelKeys, "In", labels);
  require(labelSelector, mismatchLabelKeys, "NotIn", labels);
}

function require(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: "In" | "NotIn",
  labels: Labels,
): void {
  if (selector === undefined) return;
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value === undefined) continue;
    selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator, values: [value] }];
  }
}

/** Subresources that change a part of the spec keep the rest of it as it was. */
export function preparePodForUpdate(pod: Pod, old: Pod, subresource: string): void {
  if (subresource === "ephemeralcontainers") keepAllBut(pod, old, ["ephemeralContainers"]);
  if (subresource === "resize") keepAllButResources(pod, old);
}

function keepAllBut(pod: Pod, old: Pod, fields: readonly (keyof PodSpec)[]): void {
  const spec: PodSpec = { ...old.spec };
  for (const field of fields) {
    const value = pod.spec[field];
    if (value === undefined) delete spec[field];
    else Object.assign(spec, { [field]: value });
  }
  pod.spec = spec;
}

/** Where containers were added, removed or renamed everything stays as sent, so that validation refuses it. */
function keepAllButResources(pod: Pod, old: Pod): void {
  const { spec } = pod;
  for (const field of ["containers", "initContainers"] as const) {
    const [now, was] = [spec[field] ?? [], old.spec[field] ?? []];
    if (now.length !== was.length || now.some(({ name }, n) => name !== was[n]?.name)) return;
  }
  const resized = (field: "containers" | "initContainers") =>
    (old.spec[field] ?? []).map((container, n) => {
      const { resources: _, resizePolicy: __, ...rest } = container;
      const now = spec[field]?.[n];
      return {
        ...rest,
        ...(now?.resources !== undefined && { resources: now.resources }),
        ...(now?.resizePolicy !== undefined && { resizePolicy: now.resizePolicy }),
      };
    });
  const resources = spec.resources;
  pod.spec = { ...old.spec, containers: resized("containers") };
  if (old.spec.initContainers !== undefined) pod.spec.initContainers = resized("initContainers");
  if (resources !== undefined) pod.spec.resources = resources;
}

/** What a status update cannot take away again. */
export function preparePodForStatusUpdate(pod: Pod, old: Pod): void {
  const was = old.status ?? {};
  const status = { ...(pod.status ?? {}) };
  if ((status.qosClass ?? "") === "" && was.qosClass !== undefined) status.qosClass = was.qosClass;
  if ((status.observedGeneration ?? 0) === 0 && was.observedGeneration !== undefined) {
    status.observedGeneration = was.observedGeneration;
  }
  // The old field and the first of the list always say the same.
  if (status.podIPs?.[0]?.ip !== undefined) status.podIP = status.podIPs[0].ip;
  else if (status.podIP !== undefined && status.podIP !== "") status.podIPs = [{ ip: status.podIP }];
  if (status.conditions !== undefined) status.conditions = withObservedGenerations(status.conditions, was.conditions);
  pod.status = status;
}

/** Conditions are matched by type and place, as several of one type are allowed. */
function withObservedGenerations(conditions: PodCondition[], old: readonly PodCondition[] = []): PodCondition[] {
  const left = [...old];
  return conditions.map((condition) => {
    const n = left.findIndex(({ type }) => type === condition.type);
    const [before] = n < 0 ? [] : left.splice(n, 1);
    const known = before?.observedGeneration ?? 0;
    const isKept = (condition.observedGeneration ?? 0) === 0 && known !== 0;
    return isKept ? { ...condition, observedGeneration: known } : condition;
  });
}
