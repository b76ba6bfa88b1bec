/**
 * The policies of a Job: what a failed pod means, and when enough indexes have succeeded.
 *
 * Models pkg/controller/job/pod_failure_policy.go and success_policy.go.
 */
import type {
  ContainerStatus,
  Job,
  Pod,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
} from "#kernel/api/types.gen";
import { INDEX_FAILURES_ANNOTATION, replacesFailedOnly } from "#kernel/resources/batch/job.facts";
import { IndexSet } from "#kernel/resources/batch/job.indexes";
import { isPodTerminating } from "#kernel/resources/core/pod.facts";

/** True if the pod counts as failed: one that is going does, unless only ended ones are replaced. */
export function isPodFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === "Failed") return true;
  return !replacesFailedOnly(job) && isPodTerminating(pod) && pod.status?.phase !== "Succeeded";
}

/** What the first rule that fits a failed pod says. */
export interface Verdict {
  /** Why the Job fails; absent unless it does. */
  readonly failure?: string;
  /** Whether the failure counts towards a limit. */
  readonly counts: boolean;
  readonly action?: string;
}

/** Finds the first rule of the Job's failure policy that fits a failed pod. */
export function verdictOn({ spec }: Job, pod: Pod): Verdict {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const cause = causeOf(rule, pod);
    if (cause === undefined) continue;
    const { action } = rule;
    if (action === "Ignore") return { counts: false, action };
    if (action !== "FailJob") return { counts: true, action };
    return { failure: `${cause} matching ${action} rule at index ${index}`, counts: true, action };
  }
  return { counts: true };
}

function causeOf({ onExitCodes, onPodConditions = [] }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { name, namespace = "" } = pod.metadata;
  if (onExitCodes !== undefined) {
    const container = exitedContainer(pod, onExitCodes);
    if (container === undefined) return undefined;
    const code = container.state?.terminated?.exitCode;
    return `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${code}`;
  }
  const condition = pod.status?.conditions?.find(({ type, status }) =>
    onPodConditions.some((pattern) => pattern.type === type && (pattern.status ?? "True") === status),
  );
  return condition === undefined ? undefined : `Pod ${namespace}/${name} has condition ${condition.type}`;
}

function exitedContainer(
  { status }: Pod,
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
): ContainerStatus | undefined {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.find(({ name, state }) => {
    const code = state?.terminated?.exitCode;
    if (code === undefined || code === 0) return false;
    if (containerName !== undefined && containerName !== name) return false;
    return values.includes(code) === (operator === "In");
  });
}

/** True if the index of a failed pod has failed for good. */
export function failsIndex(job: Job, pod: Pod): boolean {
  if (!isPodFailed(pod, job)) return false;
  const { counts, action } = verdictOn(job, pod);
  if (action === "FailIndex") return true;
  return counts && failuresOf(pod, INDEX_FAILURES_ANNOTATION) >= (job.spec.backoffLimitPerIndex ?? 0);
}

/** The number an annotation of a pod counts; 0 if it has none. */
export function failuresOf({ metadata }: Pod, annotation: string): number {
  const text = metadata.annotations?.[annotation] ?? "0";
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** Says which rule of the success policy is met by the indexes that have succeeded. */
export function successOf({ spec }: Job, succeeded: IndexSet): string | undefined {
  const index = (spec.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const required = IndexSet.parse(succeededIndexes, spec.completions ?? 0);
    return required.overlap(succeeded) >= (succeededCount ?? required.size);
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}
