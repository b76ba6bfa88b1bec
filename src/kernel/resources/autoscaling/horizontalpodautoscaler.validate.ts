/**
 * Whether an autoscaler makes sense: its bounds, its target, its metrics and its behaviour.
 *
 * Models pkg/apis/autoscaling/validation.
 * Leaves out HPAScaleToZero: the feature is off unless somebody turns it on.
 */
import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricSpec,
  MetricTarget,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, pathSegmentName } from "#kernel/apimachinery/formats";
import { cmp } from "#kernel/apimachinery/quantity";
import {
  isMetricType,
  METRIC_SOURCES,
  METRIC_TYPES,
  type MetricSource,
  sourceOf,
} from "#kernel/resources/autoscaling/metric.facts";
import { validateContainerResourceName } from "#kernel/resources/core/pod.validate.resources";

const STABILIZATION_MAX_SECONDS = 3_600;
const PERIOD_MAX_SECONDS = 1_800;

/** Collects what is wrong with the spec. */
export function validateSpec({ spec }: HorizontalPodAutoscaler, at: At): void {
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics = [], behavior } = spec;
  if (minReplicas !== undefined && minReplicas < 1) {
    at("minReplicas").invalid(minReplicas, "must be greater than or equal to 1");
  }
  if (maxReplicas < 1) at("maxReplicas").invalid(maxReplicas, "must be greater than 0");
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    at("maxReplicas").invalid(maxReplicas, "must be greater than or equal to `minReplicas`");
  }
  // The one scalable kind of the core group may be named without its group.
  const needsGroup = scaleTargetRef?.kind !== "ReplicationController";
  validateReference(scaleTargetRef, at.under("scaleTargetRef"), needsGroup);
  for (const [n, metric] of metrics.entries()) validateMetric(metric, at.under(`metrics[${n}]`));
  for (const direction of ["scaleUp", "scaleDown"] as const) {
    const rules = behavior?.[direction];
    if (rules !== undefined) validateRules(rules, at.under(`behavior.${direction}`));
  }
}

function validateReference(reference: CrossVersionObjectReference | undefined, at: At, needsGroup: boolean): void {
  for (const field of ["kind", "name"] as const) {
    const value = reference?.[field] ?? "";
    if (value === "") at(field).required();
    else for (const problem of pathSegmentName(value)) at(field).invalid(value, problem);
  }
  const apiVersion = reference?.apiVersion ?? "";
  const parts = apiVersion === "/" ? [""] : apiVersion.split("/");
  if (parts.length > 2) at("apiVersion").invalid(apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  else if (needsGroup && parts.length < 2) at("apiVersion").invalid(apiVersion, "apiVersion must specify API group");
}

function validateMetric(metric: MetricSpec, at: At): void {
  const { type = "" } = metric;
  if (type === "") at("type").required("must specify a metric source type");
  if (!isMetricType(type)) at("type").notSupported(type, METRIC_TYPES);
  const present = METRIC_SOURCES.filter((name) => metric[name] !== undefined);
  if (present[0] !== undefined) validateSource(metric, present[0], at.under(present[0]));
  const expected = isMetricType(type) ? sourceOf(type) : undefined;
  if (expected === undefined) at("type").notSupported(type, METRIC_TYPES);
  else if (metric[expected] === undefined) {
    at(expected).required("must populate information for the given metric source");
  }
  if (present.length === 1) return;
  for (const name of present) if (name !== expected) at(name).forbidden("must populate the given metric source only");
}

function validateSource(metric: MetricSpec, name: MetricSource, at: At): void {
  const target = metric[name]?.target;
  if (name === "object") validateReference(metric.object?.describedObject, at.under("describedObject"), false);
  if (name === "resource" || name === "containerResource") validateResource(metric[name], name, at);
  else validateIdentifier(metric[name]?.metric.name ?? "", at.under("metric"));
  validateTarget(target, at.under("target"));
  const { value, averageValue, averageUtilization } = target ?? {};
  switch (name) {
    case "object":
      if ((value ?? averageValue) === undefined) {
        at("target.averageValue").required("must set either a target value or averageValue");
      }
      return;
    case "external":
      if ((value ?? averageValue) === undefined) {
        at("target.averageValue").required("must set either a target value for metric or a per-pod target");
      }
      if (value !== undefined && averageValue !== undefined) {
        at("target.value").forbidden("may not set both a target value for metric and a per-pod target");
      }
      return;
    case "pods":
      if (averageValue === undefined) at("target.averageValue").required("must specify a positive target averageValue");
      return;
    default:
      if (averageUtilization === undefined && averageValue === undefined) {
        at("target.averageUtilization").required("must set either a target raw value or a target utilization");
      }
      if (averageUtilization !== undefined && averageValue !== undefined) {
        at("target.averageValue").forbidden("may not set both a target raw value and a target utilization");
      }
  }
}

function validateResource(
  source: Partial<ContainerResourceMetricSource> | undefined,
  name: "resource" | "containerResource",
  at: At,
): void {
  if ((source?.name ?? "") === "") at("name").required("must specify a resource name");
  if (name === "resource") return;
  const { name: resource = "", container = "" } = source ?? {};
  if (resource !== "") validateContainerResourceName(resource, at("name"));
  if (container === "") at("container").required("must specify a container");
  else for (const problem of dns1123Label(container)) at("container").invalid(container, problem);
}

function validateIdentifier(name: string, at: At): void {
  if (name === "") at("name").required("must specify a metric name");
  else for (const problem of pathSegmentName(name)) at("name").invalid(name, problem);
}

function validateTarget(target: MetricTarget | undefined, at: At): void {
  const { type = "", value, averageValue, averageUtilization } = target ?? {};
  if (type === "") at("type").required("must specify a metric target type");
  if (!["Utilization", "Value", "AverageValue"].includes(type)) {
    at("type").invalid(type, "must be either Utilization, Value, or AverageValue");
  }
  if (value !== undefined && cmp(value, "0") <= 0) at("value").invalid(value, "must be positive");
  if (averageValue !== undefined && cmp(averageValue, "0") <= 0) {
    at("averageValue").invalid(averageValue, "must be positive");
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    at("averageUtilization").invalid(averageUtilization, "must be greater than 0");
  }
}

function validateRules(rules: HPAScalingRules, at: At): void {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  if (window !== undefined && window < 0) {
    at("stabilizationWindowSeconds").invalid(window, "must be greater than or equal to zero");
  }
  if (window !== undefined && window > STABILIZATION_MAX_SECONDS) {
    at("stabilizationWindowSeconds").invalid(window, `must be less than or equal to ${STABILIZATION_MAX_SECONDS}`);
  }
  const choices = ["Disabled", "Max", "Min"];
  if (selectPolicy !== undefined && !choices.includes(selectPolicy))
    at("selectPolicy").notSupported(selectPolicy, choices);
  if (policies.length === 0) at("policies").required("must specify at least one Policy");
  for (const [n, { type, value, periodSeconds }] of policies.entries()) {
    const below = at.under(`policies[${n}]`);
    if (type !== "Pods" && type !== "Percent") below("type").notSupported(type ?? "", ["Percent", "Pods"]);
    if ((value ?? 0) <= 0) below("value").invalid(value ?? 0, "must be greater than zero");
    if ((periodSeconds ?? 0) <= 0) below("periodSeconds").invalid(periodSeconds ?? 0, "must be greater than zero");
    if (periodSeconds > PERIOD_MAX_SECONDS) {
      below("periodSeconds").invalid(periodSeconds, `must be less than or equal to ${PERIOD_MAX_SECONDS}`);
    }
  }
  if (tolerance !== undefined && cmp(tolerance, "0") < 0) {
    at("tolerance").invalid(tolerance, "must be greater than or equal to 0");
  }
}
