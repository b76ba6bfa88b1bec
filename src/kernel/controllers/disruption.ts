/**
 * Disruption controller: works out how many pods of a budget may be evicted now.
 *
 * Models pkg/controller/disruption. Leaves out the removal of a DisruptionTarget condition that came to nothing: here
 * whoever sets it deletes the pod in the same turn.
 */
import type { Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { scaledValue } from "#kernel/apimachinery/int-or-string";
import { matches } from "#kernel/apimachinery/labels";
import { controllerOf, keyOf, parseTime, setCondition } from "#kernel/apimachinery/meta";
import { selectorText } from "#kernel/apimachinery/selector-text";
import { scaleOf } from "#kernel/controllers/disruption/scale";
import { selectedPods } from "#kernel/controllers/shared/selected-pods";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, itself, wakeAt, watching } from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { pods } from "#kernel/resources/core/pod";
import { isPodReady } from "#kernel/resources/core/pod.facts";
import { poddisruptionbudgets } from "#kernel/resources/policy/poddisruptionbudget";
import {
  DISRUPTION_ALLOWED,
  guards,
  SYNC_FAILED,
  withDisruptionCondition,
} from "#kernel/resources/policy/poddisruptionbudget.facts";
import { equal } from "#kernel/sim/clone";
import type { Instant } from "#kernel/sim/instant";

const SOURCE = { component: "controllermanager" };

/** How long an evicted pod may take to be marked for deletion before it counts as alive again. */
const EVICTION_MS = 2 * 60_000;

export const disruptionController: Controller = {
  name: "disruption-controller",
  component: "controllerManager",
  watches: [
    itself(poddisruptionbudgets),
    watching(pods, (pod, client, previous) =>
      client
        .list(poddisruptionbudgets, { namespace: pod.metadata.namespace ?? "" })
        .filter((budget) => guards(budget, pod) || (previous !== undefined && guards(budget, previous)))
        .map(keyOf),
    ),
  ],

  reconcile(context, key) {
    const { client, now } = context;
    const budget = client.get(poddisruptionbudgets, key);
    if (budget === undefined) return done;
    const mine = podsOf(client, budget);
    if (mine.length === 0) say(context, budget, "Normal", "NoPods", "No matching pods found");
    let expected: Expected;
    try {
      expected = expectedOf(client, budget, mine);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      failSafe(context, budget, error.message);
      return done;
    }
    if (expected.unmanaged.length > 0) say(context, budget, "Warning", "UnmanagedPods", unmanagedText(budget));
    const { disruptedPods, recheckAt } = stillDisrupted(context, budget, mine);
    write(context, budget, mine, expected, disruptedPods);
    return recheckAt === undefined || recheckAt <= now ? done : wakeAt(recheckAt);
  },
};

function say(
  { client, now }: Context,
  regarding: PodDisruptionBudget,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): void {
  recordEvent(client, { regarding, type, reason, message, source: SOURCE }, now);
}

/** The pods the budget guards. */
function podsOf(client: Client, { metadata, spec }: PodDisruptionBudget): Pod[] {
  const { selector } = spec;
  if (selector === undefined) return [];
  const namespace = metadata.namespace ?? "";
  const isNarrow = Object.keys(selector.matchLabels ?? {}).length > 0;
  const candidates = isNarrow
    ? selectedPods(client.registry, namespace, selector.matchLabels)
    : client.list(pods, { namespace });
  return candidates.filter((pod) => matches(selector, pod.metadata.labels));
}

interface Expected {
  /** How many pods there should be. */
  readonly pods: number;
  /** How many of them must be healthy. */
  readonly healthy: number;
  /** Names of pods nobody replaces. */
  readonly unmanaged: readonly string[];
}

/** @throws InternalError for a pod whose controller has no scale */
function expectedOf(client: Client, { spec }: PodDisruptionBudget, mine: readonly Pod[]): Expected {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable !== undefined) {
    const { scale, unmanaged } = expectedScale(client, mine);
    const missing = scaledValue(maxUnavailable, scale, true);
    return { pods: scale, healthy: Math.max(0, scale - missing), unmanaged };
  }
  if (typeof minAvailable === "string") {
    const { scale, unmanaged } = expectedScale(client, mine);
    return { pods: scale, healthy: scaledValue(minAvailable, scale, true), unmanaged };
  }
  return { pods: mine.length, healthy: minAvailable ?? 0, unmanaged: [] };
}

/** The sum of the sizes that the controllers of the pods want. */
function expectedScale(client: Client, mine: readonly Pod[]): { scale: number; unmanaged: string[] } {
  const scales = new Map<string, number>();
  const known = new Set<string>();
  const unmanaged: string[] = [];
  for (const pod of mine) {
    const owner = controllerOf(pod);
    if (owner === undefined) {
      unmanaged.push(pod.metadata.name);
      continue;
    }
    if (known.has(owner.uid)) continue;
    known.add(owner.uid);
    const { uid, scale } = scaleOf(client, pod, owner);
    scales.set(uid, scale);
  }
  return { scale: [...scales.values()].reduce((sum, scale) => sum + scale, 0), unmanaged };
}

function unmanagedText({ spec }: PodDisruptionBudget): string {
  const selector = selectorText(spec.selector);
  return (
    `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the ` +
    "status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these " +
    'pods please set ".spec.minAvailable" field of the PDB to an integer value.'
  );
}

/** The evictions whose pods are still to be marked for deletion, and when they count as failed. */
function stillDisrupted(context: Context, budget: PodDisruptionBudget, mine: readonly Pod[]) {
  const { now } = context;
  const before = budget.status?.disruptedPods ?? {};
  const disruptedPods: Record<string, string> = {};
  let recheckAt: Instant | undefined;
  for (const pod of mine) {
    const { name, deletionTimestamp } = pod.metadata;
    const since = before[name];
    if (since === undefined || deletionTimestamp !== undefined) continue;
    const until = parseTime(since) + EVICTION_MS;
    if (until < now) {
      const { namespace = "", name: budgetName } = budget.metadata;
      const message = `Pod was expected by PDB ${namespace}/${budgetName} to be deleted but it wasn't`;
      recordEvent(
        context.client,
        { regarding: pod, type: "Warning", reason: "NotDeleted", message, source: SOURCE },
        now,
      );
      continue;
    }
    disruptedPods[name] = since;
    recheckAt = Math.min(until + 1, recheckAt ?? until + 1);
  }
  return { disruptedPods, recheckAt };
}

function write(
  { client, now }: Context,
  budget: PodDisruptionBudget,
  mine: readonly Pod[],
  expected: Expected,
  disruptedPods: Readonly<Record<string, string>>,
): void {
  const healthy = mine.filter(({ metadata }) => {
    return metadata.deletionTimestamp === undefined && disruptedPods[metadata.name] === undefined;
  });
  const currentHealthy = healthy.filter(isPodReady).length;
  const allowed = currentHealthy - expected.healthy;
  const { conditions = [] } = budget.status ?? {};
  const status: PodDisruptionBudgetStatus = {
    conditions,
    currentHealthy,
    desiredHealthy: expected.healthy,
    // With no pods yet, the first ones are safe until their number is known.
    disruptionsAllowed: expected.pods <= 0 || allowed <= 0 ? 0 : allowed,
    expectedPods: expected.pods,
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
  };
  const next = withDisruptionCondition(status, now);
  if (!equal(next, budget.status)) client.updateStatus(poddisruptionbudgets, budget, next);
}

/** Without knowing, nothing may be evicted. */
function failSafe(context: Context, budget: PodDisruptionBudget, message: string): void {
  const { client, now } = context;
  say(
    context,
    budget,
    "Warning",
    "CalculateExpectedPodCountFailed",
    `Failed to calculate the number of expected pods: ${message}`,
  );
  const condition = {
    type: DISRUPTION_ALLOWED,
    status: "False",
    reason: SYNC_FAILED,
    message,
    observedGeneration: budget.status?.observedGeneration ?? 0,
  };
  const conditions = setCondition(budget.status?.conditions, condition, now);
  client.updateStatus(poddisruptionbudgets, budget, { ...budget.status, disruptionsAllowed: 0, conditions });
}
