/**
 * HorizontalPodAutoscaler: how many replicas a workload has follows from what it uses.
 *
 * Models pkg/registry/autoscaling/horizontalpodautoscaler, the defaults of pkg/apis/autoscaling/v2 and the table
 * printer.
 */
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec, MetricStatus } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";
import { validateSpec } from "#kernel/resources/autoscaling/horizontalpodautoscaler.validate";
import { sourceOf } from "#kernel/resources/autoscaling/metric.facts";
import { mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

/** What the table shows at most; the rest is counted. */
const METRICS_SHOWN = 2;

export const HPA_NAMES = {
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  singular: "horizontalpodautoscaler",
  short: ["hpa"],
  categories: ["all"],
};

/** The bucket both versions share. */
export const HPA_BUCKET = "horizontalpodautoscalers.autoscaling";

const SCALE_UP: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
};

const SCALE_DOWN: HPAScalingRules = {
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
};

/** What is assumed where only one direction of a behaviour, or a part of it, is given. */
function completed(rules: HPAScalingRules | undefined, usual: HPAScalingRules): HPAScalingRules {
  if (rules === undefined) return structuredCopy(usual);
  return {
    ...structuredCopy(usual),
    ...rules,
    policies: rules.policies === undefined ? structuredCopy(usual).policies : rules.policies,
  } as HPAScalingRules;
}

const structuredCopy = ({ policies = [], ...rest }: HPAScalingRules): HPAScalingRules => ({
  ...rest,
  policies: policies.map((policy) => ({ ...policy })),
});

/** Fills what an autoscaler leaves out. */
export function setDefaults({ spec }: HorizontalPodAutoscaler): void {
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) {
    spec.metrics = [
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
    ];
  }
  if (spec.behavior === undefined) return;
  spec.behavior = {
    scaleDown: completed(spec.behavior.scaleDown, SCALE_DOWN),
    scaleUp: completed(spec.behavior.scaleUp, SCALE_UP),
  };
}

/** The text of a metric: `cpu: 12%/50%`. */
function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  const name = sourceOf(spec.type);
  const target = name === undefined ? undefined : spec[name]?.target;
  const current = name === undefined ? undefined : status?.[name]?.current;
  if (name === undefined || target === undefined) return "<unknown type>";
  const isResource = name === "resource" || name === "containerResource";
  const label = isResource ? `${spec[name]?.name}: ` : "";
  const { averageValue, averageUtilization, value } = target;
  if (isResource && averageValue === undefined) {
    const used = current?.averageUtilization;
    const wanted = averageUtilization === undefined ? "<auto>" : `${averageUtilization}%`;
    return `${label}${used === undefined ? "<unknown>" : `${used}%`}/${wanted}`;
  }
  if (averageValue !== undefined) {
    const suffix = name === "external" || name === "object" ? " (avg)" : "";
    return `${label}${current?.averageValue ?? "<unknown>"}/${averageValue}${suffix}`;
  }
  return `${current?.value ?? "<unknown>"}/${value}`;
}

function targetsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const texts = metrics.slice(0, METRICS_SHOWN).map((metric, n) => metricText(metric, status?.currentMetrics?.[n]));
  const more = metrics.length > METRICS_SHOWN ? ` + ${metrics.length - METRICS_SHOWN} more...` : "";
  return texts.join(", ") + more;
}

export const horizontalpodautoscalers = defineResource<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  names: HPA_NAMES,
  scope: "Namespaced",
  bucket: HPA_BUCKET,
  subresources: { status: true },
  setDefaults,

  prepareForCreate(hpa) {
    hpa.status = EMPTY_STATUS();
  },

  validate: (hpa, at) => validateSpec(hpa, at.under("spec")),

  validateStatusUpdate({ status }, _old, at) {
    mustNotBeNegative(at("status.currentReplicas"), status?.currentReplicas);
    mustNotBeNegative(at("status.desiredReplicas"), status?.desiredReplicas);
  },

  columns: [
    column(
      "Reference",
      "string",
      ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
      "What it scales.",
    ),
    column("Targets", "string", targetsText, "What is used, and what ought to be."),
    column("MinPods", "string", ({ spec }) => String(spec.minReplicas ?? "<unset>"), "Never fewer than these."),
    column("MaxPods", "string", ({ spec }) => spec.maxReplicas, "Never more than these."),
    column("Replicas", "string", ({ status }) => status?.currentReplicas ?? 0, "How many there are."),
  ],
});

/** An autoscaler nobody has looked at. */
const EMPTY_STATUS = (): NonNullable<HorizontalPodAutoscaler["status"]> => ({ desiredReplicas: 0 });
