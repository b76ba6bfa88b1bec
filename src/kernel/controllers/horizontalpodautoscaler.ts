/**
 * HorizontalPodAutoscaler controller: looks at the metrics every 15 s and sets the replicas they ask for.
 *
 * Models pkg/controller/podautoscaler/horizontal.go.
 */
import type {
  HorizontalPodAutoscalerCondition as Condition,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus as HpaStatus,
  MetricStatus,
  Pod,
} from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { parse, type Requirement } from "#kernel/apimachinery/label-query";
import { type Key, keyOf, keyText, setCondition, timeText } from "#kernel/apimachinery/meta";
import { milli } from "#kernel/apimachinery/quantity";
import { parseTime } from "#kernel/apimachinery/time";
import { measure } from "#kernel/controllers/podautoscaler/measure";
import { changed, type Memory, NO_MEMORY, pace, remember } from "#kernel/controllers/podautoscaler/pace";
import type { Tolerances } from "#kernel/controllers/podautoscaler/replicas";
import { autoscalersOf, BY_LABEL, noteSelector, podsBy, SELECTORS } from "#kernel/controllers/podautoscaler/selection";
import type { Client } from "#kernel/registry/client";
import {
  type Context,
  type Controller,
  done,
  type Outcome,
  routineAt,
  wakeAt,
  watching,
} from "#kernel/registry/controller";
import type { AnyResource } from "#kernel/registry/definition";
import { needScale, type Scale } from "#kernel/registry/scale";
import { horizontalpodautoscalers } from "#kernel/resources/autoscaling/horizontalpodautoscaler";
import { recordEvent } from "#kernel/resources/core/event.record";
import { lastOnGrid } from "#kernel/runtime/machine.facts";
import { equal } from "#kernel/sim/clone";

/** --horizontal-pod-autoscaler-sync-period */
const SYNC_MS = 15_000;
/** --horizontal-pod-autoscaler-tolerance */
const TOLERANCE = 0.1;
/** The room of what autoscalers remember; the id is `namespace/name`. */
const MEMORY = "hpa-memory";

const SOURCE = { component: "horizontal-pod-autoscaler" };

export const horizontalPodAutoscalerController: Controller = {
  name: "horizontal-pod-autoscaler",
  component: "controllerManager",
  memory: [MEMORY, SELECTORS, BY_LABEL],
  watches: [
    // A change waits for the next round, as upstream's queue lets it: only what is new sets a timer.
    watching(horizontalpodautoscalers, (hpa, _client, previous) => (previous === undefined ? [keyOf(hpa)] : [])),
  ],

  reconcile(context, key) {
    const { client, cells, now } = context;
    const hpa = client.get(horizontalpodautoscalers, key);
    if (hpa === undefined) {
      cells.delete(MEMORY, keyText(key));
      noteSelector(cells, key, undefined);
      return done;
    }
    const created = parseTime(hpa.metadata.creationTimestamp);
    const last = lastOnGrid(created, SYNC_MS, now);
    if (last !== now || now === created) return next(last + SYNC_MS, hpa.status?.conditions === undefined);
    return next(now + SYNC_MS, sync(context, key, hpa));
  },
};

/** What has just begun, or has just scaled, is worth waiting for. */
const next = (at: number, isNews: boolean): Outcome => (isNews ? wakeAt(at) : routineAt(at));

/** One round in the making: the status as it will be. */
class Round {
  status: HpaStatus;

  constructor(
    readonly context: Context,
    readonly hpa: HorizontalPodAutoscaler,
  ) {
    this.status = hpa.status ?? { desiredReplicas: 0 };
  }

  condition(type: string, isTrue: boolean, reason: string, message: string): void {
    const condition = { type, status: isTrue ? "True" : "False", reason, message };
    const conditions = setCondition<Condition>(this.status.conditions, condition, this.context.now);
    this.status = { ...this.status, conditions };
  }

  say(type: "Normal" | "Warning", reason: string, message: string): void {
    recordEvent(this.context.client, { regarding: this.hpa, type, reason, message, source: SOURCE }, this.context.now);
  }

  /** Writes the status; `counts` are what the round came to. */
  finish(counts: Partial<HpaStatus>): void {
    const status = { ...this.status, ...counts };
    if (!equal(status, this.hpa.status)) {
      this.context.client.updateStatus(horizontalpodautoscalers, this.hpa, status);
    }
  }
}

/** One look at an autoscaler; true if it scaled. */
function sync(context: Context, key: Key, hpa: HorizontalPodAutoscaler): boolean {
  const { client, cells, now } = context;
  const round = new Round(context, hpa);
  const target = targetOf(client, hpa);
  if ("problem" in target) {
    round.say("Warning", "FailedGetScale", target.problem);
    const message = `the HPA controller was unable to get the target's current scale: ${target.problem}`;
    round.condition("AbleToScale", false, "FailedGetScale", message);
    round.finish({});
    return false;
  }
  const able = "the HPA controller was able to get the target's current scale";
  round.condition("AbleToScale", true, "SucceededGetScale", able);
  const current = target.scale.spec.replicas ?? 0;
  const before = cells.get<Memory>(MEMORY, keyText(key)) ?? remember(NO_MEMORY, current, now, 0);
  const plan = planFor(round, target.scale, before);
  if (plan === undefined) {
    round.finish({ currentReplicas: current });
    return false;
  }
  let { memory } = plan;
  const { desired, reason } = plan;
  const scales = desired !== current;
  if (scales && !rescale(round, target, desired, reason)) return false;
  if (scales) memory = changed(hpa, memory, desired - current, now);
  if (!equal(memory, cells.get(MEMORY, keyText(key)))) cells.put(MEMORY, keyText(key), memory);
  const { currentMetrics: _, ...status } = round.status;
  round.status = status;
  round.finish({
    currentReplicas: current,
    desiredReplicas: desired,
    ...(plan.metrics.length > 0 && { currentMetrics: [...plan.metrics] }),
    ...(scales && { lastScaleTime: timeText(now) }),
  });
  return scales;
}

interface Target {
  readonly resource: AnyResource;
  readonly scale: Scale;
}

/** The scale of what the autoscaler scales. */
function targetOf(client: Client, { metadata, spec }: HorizontalPodAutoscaler): Target | { readonly problem: string } {
  const { kind, name, apiVersion = "" } = spec.scaleTargetRef;
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  const found = [...client.registry.resources].filter((one) => one.group === group && one.names.kind === kind);
  if (found.length === 0) {
    return { problem: `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}` };
  }
  const resource = found.find(({ subresources }) => subresources?.scale !== undefined);
  if (resource === undefined) return { problem: "the server could not find the requested resource" };
  try {
    return { resource, scale: needScale(client, resource, { namespace: metadata.namespace ?? "", name }) };
  } catch (error) {
    if (error instanceof StatusError) return { problem: error.message };
    throw error;
  }
}

interface Plan {
  readonly desired: number;
  readonly reason: string;
  readonly metrics: readonly MetricStatus[];
  readonly memory: Memory;
}

/** How many replicas there ought to be; undefined if the metrics do not tell. */
function planFor(round: Round, scale: Scale, memory: Memory): Plan | undefined {
  const { hpa, context } = round;
  const { spec } = hpa;
  const current = scale.spec.replicas ?? 0;
  const least = spec.minReplicas ?? 1;
  const without = { metrics: [], memory };
  if (current === 0 && least !== 0) {
    const message = "scaling is disabled since the replica count of the target is zero";
    round.condition("ScalingActive", false, "ScalingDisabled", message);
    return { ...without, desired: 0, reason: "" };
  }
  if (current > spec.maxReplicas) {
    return { ...without, desired: spec.maxReplicas, reason: "Current number of replicas above Spec.MaxReplicas" };
  }
  if (current < least) {
    return { ...without, desired: least, reason: "Current number of replicas below Spec.MinReplicas" };
  }
  const proposal = proposalOf(round, scale);
  if ("problem" in proposal) {
    round.say("Warning", "FailedComputeMetricsReplicas", proposal.problem);
    return undefined;
  }
  const paced = pace(hpa, { desired: proposal.replicas, current, now: context.now }, memory);
  round.condition("AbleToScale", paced.able.status, paced.able.reason, paced.able.message);
  round.condition("ScalingLimited", paced.limited.status, paced.limited.reason, paced.limited.message);
  const { replicas: desired } = paced;
  const reason = proposal.replicas > current ? `${proposal.name} above target` : "All metrics below target";
  return { desired, reason, metrics: proposal.statuses, memory: paced.memory };
}

interface Recommendation {
  readonly replicas: number;
  readonly name: string;
  readonly statuses: readonly MetricStatus[];
}

/** The most that any metric asks for. */
function proposalOf(round: Round, scale: Scale): Recommendation | { readonly problem: string } {
  const { hpa, context } = round;
  const selected = selectedPods(round, scale);
  if ("problem" in selected) return selected;
  const current = scale.spec.replicas ?? 0;
  const { client, now } = context;
  const question = { pods: selected.pods, current, tolerances: tolerancesOf(hpa), now };
  const scene = { client, hpa, question, statusReplicas: scale.status.replicas };
  const metrics = hpa.spec.metrics ?? [];
  let best: { replicas: number; name: string } = { replicas: 0, name: "" };
  const failures: { reason: string; said: string; problem: string }[] = [];
  const statuses = metrics.map((spec): MetricStatus => {
    const measured = measure(scene, spec);
    if ("problem" in measured) {
      round.say("Warning", measured.reason, measured.said);
      failures.push(measured);
      return { type: "" };
    }
    if (best.replicas === 0 || measured.replicas > best.replicas) best = measured;
    return measured.status;
  });
  const [first] = failures;
  // With part of the metrics unknown nothing is taken away.
  if (first !== undefined && (failures.length === metrics.length || best.replicas < current)) {
    const message = `the HPA was unable to compute the replica count: ${first.said}`;
    round.condition("ScalingActive", false, first.reason, message);
    const count = `${failures.length} invalid out of ${metrics.length}`;
    return { problem: `invalid metrics (${count}), first error is: ${first.problem}` };
  }
  const message = `the HPA was able to successfully calculate a replica count from ${best.name}`;
  round.condition("ScalingActive", true, "ValidMetricFound", message);
  return { ...best, statuses };
}

/** The pods behind the scale, unless they belong to another autoscaler as well. */
function selectedPods(
  round: Round,
  { status }: Scale,
): { readonly pods: readonly Pod[] } | { readonly problem: string } {
  const { hpa, context } = round;
  const { client } = context;
  const { selector = "" } = status;
  if (selector === "") {
    round.say("Warning", "SelectorRequired", "selector is required");
    round.condition("ScalingActive", false, "InvalidSelector", "the HPA target's scale is missing a selector");
    return { problem: "selector is required" };
  }
  const namespace = hpa.metadata.namespace ?? "";
  const wanted = requirementsIn(selector);
  if (typeof wanted === "string") {
    const problem = `couldn't convert selector into a corresponding internal selector object: ${wanted}`;
    round.say("Warning", "InvalidSelector", problem);
    round.condition("ScalingActive", false, "InvalidSelector", problem);
    return { problem };
  }
  noteSelector(context.cells, keyOf(hpa), selector);
  const found = podsBy(client, namespace, wanted);
  const rivals = autoscalersOf(context.cells, namespace, found);
  if (rivals.length < 2) return { pods: found };
  const names = rivals.map((name) => `${namespace}/${name}`).join(" ");
  const problem = `pods by selector ${selector} are controlled by multiple HPAs: [${names}]`;
  round.say("Warning", "AmbiguousSelector", problem);
  round.condition("ScalingActive", false, "AmbiguousSelector", problem);
  return { problem };
}

/** What a selector asks for; a text says why it cannot be read. */
function requirementsIn(selector: string): readonly Requirement[] | string {
  try {
    return parse(selector);
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
}

function tolerancesOf({ spec }: HorizontalPodAutoscaler): Tolerances {
  const of = (text: string | undefined): number => (text === undefined ? TOLERANCE : milli(text) / 1_000);
  return { scaleUp: of(spec.behavior?.scaleUp?.tolerance), scaleDown: of(spec.behavior?.scaleDown?.tolerance) };
}

/** Sets the replicas; false if they could not be set. */
function rescale(round: Round, { resource, scale }: Target, desired: number, reason: string): boolean {
  const { context } = round;
  const size = `New size: ${desired}; reason: ${reason}`;
  try {
    const key = { namespace: scale.metadata.namespace ?? "", name: scale.metadata.name };
    context.client.updateScale(resource, key, { ...scale, spec: { replicas: desired } });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    round.say("Warning", "FailedRescale", `${size}; error: ${error.message}`);
    const message = `the HPA controller was unable to update the target scale: ${error.message}`;
    round.condition("AbleToScale", false, "FailedUpdateScale", message);
    round.finish({ currentReplicas: scale.spec.replicas ?? 0 });
    return false;
  }
  const message = `the HPA controller was able to update the target scale to ${desired}`;
  round.condition("AbleToScale", true, "SucceededRescale", message);
  round.say("Normal", "SuccessfulRescale", size);
  return true;
}
