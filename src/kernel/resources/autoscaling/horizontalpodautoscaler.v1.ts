/**
 * autoscaling/v1: the same autoscaler, with one target of CPU as a field and all else in annotations.
 *
 * Models pkg/apis/autoscaling/v1/conversion.go.
 */
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatusV1,
  HorizontalPodAutoscalerV1,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
} from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";
import {
  HPA_BUCKET,
  HPA_NAMES,
  horizontalpodautoscalers,
  setDefaults,
} from "#kernel/resources/autoscaling/horizontalpodautoscaler";
import { validateSpec } from "#kernel/resources/autoscaling/horizontalpodautoscaler.validate";
import { newMetric, newMetricStatus, oldMetric, oldMetricStatus } from "#kernel/resources/autoscaling/metric.v1";

const PREFIX = "autoscaling.alpha.kubernetes.io/";
const CARRIERS = ["metrics", "current-metrics", "conditions", "behavior"].map((name) => PREFIX + name);

type Rules = HPAScalingRules;

/** The JSON of an annotation; what is no JSON counts as nothing. */
function carried<T>(annotations: Readonly<Record<string, string>>, name: string): T | undefined {
  try {
    return JSON.parse(annotations[PREFIX + name] ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

const isCpu = ({ type, resource }: MetricSpec): boolean =>
  type === "Resource" && resource?.name === "cpu" && resource.target.averageUtilization !== undefined;

const isCpuStatus = ({ type, resource }: MetricStatus): boolean =>
  type === "Resource" && resource?.name === "cpu" && resource.current.averageUtilization !== undefined;

/** Upstream writes its internal struct, whose fields have Go's names. */
function rulesText(rules: Rules | undefined): object | null {
  if (rules === undefined) return null;
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
    SelectPolicy: rules.selectPolicy ?? null,
    Policies: (rules.policies ?? []).map(({ type, value, periodSeconds }) => ({
      Type: type,
      Value: value,
      PeriodSeconds: periodSeconds,
    })),
    Tolerance: rules.tolerance ?? null,
  };
}

interface RulesText {
  readonly StabilizationWindowSeconds?: number | null;
  readonly SelectPolicy?: string | null;
  readonly Policies?:
    | readonly { readonly Type: string; readonly Value: number; readonly PeriodSeconds: number }[]
    | null;
  readonly Tolerance?: string | null;
}

function rulesFrom(text: RulesText | null | undefined): Rules | undefined {
  if (text === null || text === undefined) return undefined;
  const { StabilizationWindowSeconds: seconds, SelectPolicy: select, Policies: policies, Tolerance: tolerance } = text;
  return {
    ...(typeof seconds === "number" && { stabilizationWindowSeconds: seconds }),
    ...(typeof select === "string" && { selectPolicy: select }),
    policies: (policies ?? []).map(({ Type, Value, PeriodSeconds }) => ({
      type: Type,
      value: Value,
      periodSeconds: PeriodSeconds,
    })),
    ...(typeof tolerance === "string" && { tolerance }),
  };
}

/** The autoscaler as version 2 has it. */
function toStored(old: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { metadata, spec, status } = old;
  const { annotations = {} } = metadata;
  const { targetCPUUtilizationPercentage: percentage, ...rest } = spec;
  const others = list(carried<unknown>(annotations, "metrics")).flatMap((metric) => newMetric(metric) ?? []);
  const target = { type: "Utilization", averageUtilization: percentage ?? 0 };
  const cpu: MetricSpec = { type: "Resource", resource: { name: "cpu", target } };
  const behavior = carried<{ ScaleUp?: RulesText | null; ScaleDown?: RulesText | null }>(annotations, "behavior");
  const [scaleUp, scaleDown] = [rulesFrom(behavior?.ScaleUp), rulesFrom(behavior?.ScaleDown)];
  const hpa: HorizontalPodAutoscaler = {
    apiVersion: "autoscaling/v2",
    kind: HPA_NAMES.kind,
    metadata: withAnnotations(metadata, without(annotations)),
    spec: {
      ...rest,
      metrics: percentage === undefined ? others : [cpu, ...others],
      ...((scaleUp ?? scaleDown) !== undefined && {
        behavior: { ...(scaleDown !== undefined && { scaleDown }), ...(scaleUp !== undefined && { scaleUp }) },
      }),
    },
    ...(status !== undefined && { status: statusFrom(status, annotations) }),
  };
  setDefaults(hpa);
  return hpa;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function statusFrom(
  { currentCPUUtilizationPercentage: percentage, ...rest }: HorizontalPodAutoscalerStatusV1,
  annotations: Readonly<Record<string, string>>,
): NonNullable<HorizontalPodAutoscaler["status"]> {
  type Conditions = NonNullable<NonNullable<HorizontalPodAutoscaler["status"]>["conditions"]>;
  const conditions = carried<Conditions>(annotations, "conditions");
  const metrics = list(carried(annotations, "current-metrics")).flatMap((metric) => newMetricStatus(metric) ?? []);
  const current = { averageUtilization: percentage ?? 0 };
  const hasCpu = metrics.some(isCpuStatus);
  const cpu: MetricStatus = { type: "Resource", resource: { name: "cpu", current } };
  const all = percentage === undefined || hasCpu ? metrics : [cpu, ...metrics];
  return {
    ...rest,
    ...(Array.isArray(conditions) && { conditions }),
    ...(all.length > 0 && { currentMetrics: all }),
  };
}

/** The autoscaler as version 1 shows it. */
function fromStored(stored: object): HorizontalPodAutoscalerV1 {
  const { metadata, spec, status } = stored as HorizontalPodAutoscaler;
  const { metrics = [], behavior, ...rest } = spec;
  const cpu = metrics.find(isCpu);
  const others = metrics.filter((metric) => metric !== cpu).map(oldMetric);
  const { currentMetrics = [], conditions = [], ...counts } = status ?? { desiredReplicas: 0 };
  const percentage = currentMetrics.find(isCpuStatus)?.resource?.current.averageUtilization;
  const notes: Record<string, string> = { ...without(metadata.annotations ?? {}) };
  if (others.length > 0) notes[`${PREFIX}metrics`] = JSON.stringify(others);
  if (currentMetrics.length > 0) {
    notes[`${PREFIX}current-metrics`] = JSON.stringify(currentMetrics.map(oldMetricStatus));
  }
  if (conditions.length > 0) notes[`${PREFIX}conditions`] = JSON.stringify(conditions);
  if (behavior !== undefined) {
    const { scaleUp, scaleDown } = behavior;
    notes[`${PREFIX}behavior`] = JSON.stringify({ ScaleUp: rulesText(scaleUp), ScaleDown: rulesText(scaleDown) });
  }
  const wanted = cpu?.resource?.target.averageUtilization;
  return {
    apiVersion: "autoscaling/v1",
    kind: HPA_NAMES.kind,
    metadata: withAnnotations(metadata, notes),
    spec: { ...rest, ...(wanted !== undefined && { targetCPUUtilizationPercentage: wanted }) },
    status: {
      currentReplicas: 0,
      ...counts,
      ...(percentage !== undefined && { currentCPUUtilizationPercentage: percentage }),
    },
  };
}

function without(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !CARRIERS.includes(name)));
}

function withAnnotations<M extends { annotations?: Record<string, string> }>(
  { annotations: _, ...metadata }: M,
  annotations: Record<string, string>,
): M {
  return { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) } as M;
}

export const horizontalpodautoscalersV1 = defineResource<HorizontalPodAutoscalerV1>({
  group: "autoscaling",
  version: "v1",
  names: HPA_NAMES,
  scope: "Namespaced",
  bucket: HPA_BUCKET,
  storedAs: { group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler" },
  conversion: { toStored, fromStored },
  subresources: { status: true },

  setDefaults({ spec }) {
    spec.minReplicas ??= 1;
  },

  prepareForCreate(hpa) {
    hpa.status = { currentReplicas: 0, desiredReplicas: 0 };
  },

  validate: (hpa, at) => validateSpec(toStored(hpa), at.under("spec")),

  columns: (horizontalpodautoscalers.columns ?? []).map((column) => ({
    ...column,
    cell: (hpa: HorizontalPodAutoscalerV1, now: number) => column.cell(toStored(hpa), now),
  })),
});
