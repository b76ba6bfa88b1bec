/**
 * Eviction: a delete that asks disruption budgets first and says why, so that whoever replaces the pod knows it was no
 * accident.
 *
 * Models pkg/registry/core/pod/storage/eviction.go.
 */
import type { Eviction, Pod, PodDisruptionBudget } from "#kernel/api/types.gen";
import { evictionBlocked, forbidden, StatusError } from "#kernel/apimachinery/errors";
import { isEmpty } from "#kernel/apimachinery/labels";
import { type Key, setCondition, timeText } from "#kernel/apimachinery/meta";
import { admitOther } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import type { DeleteOptions } from "#kernel/registry/delete";
import { pods } from "#kernel/resources/core/pod";
import { isPodReady, isPodTerminal, isPodTerminating } from "#kernel/resources/core/pod.facts";
import { poddisruptionbudgets } from "#kernel/resources/policy/poddisruptionbudget";
import { guards, syncFailure, withDisruptionCondition } from "#kernel/resources/policy/poddisruptionbudget.facts";

/** Evictions the controller has not seen the end of, at most, in one budget. */
const DISRUPTED_MAX = 2000;
const RETRY_SECONDS = 10;

/**
 * Evicts a pod: marks it with DisruptionTarget, then deletes it as the eviction says.
 * @throws NotFound, Conflict, TooManyRequests (a budget forbids it), or InternalError (several budgets guard it)
 */
export function evictPod(client: Client, key: Key, asked: Partial<Eviction>, isAskedDry = false): void {
  const pod = client.need(pods, key);
  const admitted = admitOther(client, {
    ...{ operation: "CREATE", resource: pods, subresource: "eviction", ...key, isDryRun: isAskedDry },
    kind: { group: "policy", version: "v1", kind: "Eviction" },
    object: { kind: "Eviction", apiVersion: "policy/v1", ...asked, metadata: { ...asked.metadata, ...key } },
  });
  const { dryRun = [], ...options } = admitted.deleteOptions ?? {};
  const isDryRun = isAskedDry || dryRun.length > 0;
  if (!isBeyondBudgets(pod)) askBudget(client, pod, isDryRun);
  if (!isDryRun && pod.metadata.deletionTimestamp === undefined) {
    const target = {
      type: "DisruptionTarget",
      status: "True",
      reason: "EvictionByEvictionAPI",
      message: "Eviction API: evicting",
      lastTransitionTime: timeText(client.registry.now),
    };
    const conditions = setCondition(pod.status?.conditions ?? [], target, client.registry.now);
    client.updateStatus(pods, pod, { ...pod.status, conditions });
  }
  client.delete(pods, key, { ...(options as DeleteOptions), isDryRun, isAdmitted: true });
}

/** True for a pod that serves nobody yet, or no longer: its loss disrupts nothing. */
const isBeyondBudgets = (pod: Pod): boolean =>
  isPodTerminal(pod) || pod.status?.phase === "Pending" || isPodTerminating(pod);

/** Takes one disruption from the pod's budget, if it has one. */
function askBudget(client: Client, pod: Pod, isDryRun: boolean): void {
  const budgets = client
    .list(poddisruptionbudgets, { namespace: pod.metadata.namespace ?? "" })
    .filter((budget) => !isEmpty(budget.spec.selector) && guards(budget, pod));
  const [budget, ...others] = budgets;
  if (budget === undefined) return;
  if (others.length > 0) {
    const message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    throw new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code: 500 });
  }
  if (!isPodReady(pod) && mayLoseUnready(budget)) return;
  checkBudget(budget);
  if (!isDryRun) takeDisruption(client, budget, pod);
}

/** A pod that is not ready does not count towards the budget. */
function mayLoseUnready({ spec, status = {} }: PodDisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status;
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

/** @throws what stands in the way of one more disruption */
function checkBudget(budget: PodDisruptionBudget): void {
  const { metadata, status = {} } = budget;
  const { name } = metadata;
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0, disruptedPods = {} } = status;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    throw evictionBlocked(`The disruption budget ${name} is still being processed by the server.`, RETRY_SECONDS);
  }
  const resource = { group: "policy", resource: "poddisruptionbudget" };
  if (disruptionsAllowed < 0) throw forbidden(resource, name, "pdb disruptions allowed is negative");
  if (Object.keys(disruptedPods).length > DISRUPTED_MAX) {
    const detail = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    throw forbidden(resource, name, detail);
  }
  if (disruptionsAllowed > 0) return;
  const failure = syncFailure(budget);
  throw evictionBlocked(
    failure === undefined
      ? `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
      : `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failure}`,
  );
}

function takeDisruption(client: Client, budget: PodDisruptionBudget, pod: Pod): void {
  const { now } = client.registry;
  const { status = {} } = budget;
  const left = (status.disruptionsAllowed ?? 0) - 1;
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: timeText(now) };
  const next = { ...status, disruptionsAllowed: left, disruptedPods };
  client.updateStatus(poddisruptionbudgets, budget, left === 0 ? withDisruptionCondition(next, now) : next);
}
