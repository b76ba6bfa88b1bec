/**
 * What pods use of a quota: their number while they live, and what they request and may use.
 *
 * Models pkg/quota/v1/evaluator/core/pods.go.
 */
import { type Evaluator, nameMeets, plus } from "#kernel/admission/quota/evaluator";
import type { Pod, PodAffinityTerm, ScopedResourceSelectorRequirement } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { parseTime } from "#kernel/apimachinery/meta";
import { isPodTerminal } from "#kernel/resources/core/pod.facts";
import { computeQos, podLevelAmounts } from "#kernel/resources/core/pod.facts.resources";
import { isExtendedResource, isHugePages } from "#kernel/resources/core/pod.validate.resources";
import type { Instant } from "#kernel/sim/instant";

const COUNT = "count/pods";
const NAMES = new Set([
  ...[COUNT, "pods", "cpu", "memory", "ephemeral-storage"],
  ...["requests.cpu", "requests.memory", "requests.ephemeral-storage"],
  ...["limits.cpu", "limits.memory", "limits.ephemeral-storage"],
]);
/** What every container must say something about if the quota bounds it. */
const REQUIRED = new Set(["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]);
const REQUESTS = "requests.";

type Quantities = Readonly<Record<string, string>>;

export const podEvaluator: Evaluator<Pod> = {
  handles: ({ operation, subresource }) =>
    subresource === "" ? operation === "CREATE" : subresource === "resize" && operation === "UPDATE",

  namesAmong: (names) =>
    names.filter((name) => {
      if (NAMES.has(name) || isHugePages(name)) return true;
      const asked = name.startsWith(REQUESTS) ? name.slice(REQUESTS.length) : "";
      return isHugePages(asked) || (asked !== "" && isExtendedResource(asked));
    }),

  usage(pod, now) {
    if (!isCounted(pod, now)) return { [COUNT]: "1" };
    const { spec } = pod;
    return { [COUNT]: "1", ...amounts(requestsOf(spec), podLevelAmounts(spec, "limits")) };
  },

  unsaid(names, { spec }) {
    const required = names.filter((name) => REQUIRED.has(name)).sort(compareText);
    const ofPod = amounts(podOwn(spec, "requests"), podOwn(spec, "limits"));
    const texts = required.flatMap((name) => {
      if (ofPod[name] !== undefined) return [];
      const silent = [...spec.containers, ...(spec.initContainers ?? [])]
        .filter(({ resources }) => amounts(resources?.requests ?? {}, resources?.limits ?? {})[name] === undefined)
        .map((container) => container.name);
      return silent.length === 0 ? [] : [`${name} for: ${[...new Set(silent)].sort(compareText).join(",")}`];
    });
    return texts.length === 0 ? undefined : `must specify ${texts.join("; ")}`;
  },

  isInScope,
  frees: (previous, next, now) =>
    (isCounted(previous, now) && !isCounted(next, now)) || previous.spec.containers !== next.spec.containers,
};

/** Overhead is asked for on top of what the containers ask for. */
function requestsOf(spec: Pod["spec"]): Quantities {
  return plus(podLevelAmounts(spec, "requests"), spec.overhead ?? {});
}

function podOwn({ resources }: Pod["spec"], which: "requests" | "limits"): Quantities {
  return resources?.[which] ?? {};
}

function amounts(requests: Quantities, limits: Quantities): Record<string, string> {
  const used: Record<string, string> = { pods: "1" };
  for (const [name, quantity] of Object.entries(requests)) {
    if (NAMES.has(name) || isHugePages(name)) used[name] = quantity;
    if (NAMES.has(REQUESTS + name) || isHugePages(name) || isExtendedResource(name)) used[REQUESTS + name] = quantity;
  }
  for (const [name, quantity] of Object.entries(limits)) {
    if (NAMES.has(`limits.${name}`)) used[`limits.${name}`] = quantity;
  }
  return used;
}

/** A pod that is over, or should long have gone, uses nothing any more. */
function isCounted(pod: Pod, now: Instant): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (isPodTerminal(pod)) return false;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return now <= parseTime(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function isInScope({ spec }: Pod, scope: ScopedResourceSelectorRequirement): boolean {
  switch (scope.scopeName) {
    case "Terminating":
      return (spec.activeDeadlineSeconds ?? -1) >= 0;
    case "NotTerminating":
      return (spec.activeDeadlineSeconds ?? -1) < 0;
    case "BestEffort":
      return computeQos(spec) === "BestEffort";
    case "NotBestEffort":
      return computeQos(spec) !== "BestEffort";
    case "PriorityClass":
      return nameMeets(spec.priorityClassName || undefined, scope);
    case "CrossNamespacePodAffinity":
      return affinityTerms(spec).some(crossesNamespaces);
    default:
      return false;
  }
}

function affinityTerms({ affinity }: Pod["spec"]): PodAffinityTerm[] {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((rules) => [
    ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
}

const crossesNamespaces = ({ namespaces = [], namespaceSelector }: PodAffinityTerm): boolean =>
  namespaces.length > 0 || namespaceSelector !== undefined;
