/**
 * Metrics as annotations of version 1 carry them: flat, with `target` and `current` in the names of their fields.
 *
 * Models the MetricSpec and MetricStatus of k8s.io/api/autoscaling/v1.
 */
import type { LabelSelector, MetricSpec, MetricStatus, MetricValueStatus } from "#kernel/api/types.gen";
import { sourceOf } from "#kernel/resources/autoscaling/metric.facts";

type Flat = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const count = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Only what is there. */
function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** What both a spec and a status of a metric say besides amounts. */
interface About {
  readonly name?: string;
  readonly container?: string;
  readonly metric?: { readonly name: string; readonly selector?: LabelSelector };
  readonly describedObject?: object;
}

function flatAbout(kind: string, { name, container, metric, describedObject }: About): Flat {
  return present({
    name,
    container,
    target: describedObject,
    metricName: metric?.name,
    [kind === "External" ? "metricSelector" : "selector"]: metric?.selector,
  });
}

function about(kind: string, flat: Flat): About {
  if (kind === "Resource" || kind === "ContainerResource") {
    return present({ name: text(flat["name"]), container: text(flat["container"]) }) as About;
  }
  const selector = (flat["selector"] ?? flat["metricSelector"]) as LabelSelector | undefined;
  const metric = { name: text(flat["metricName"]) ?? "", ...(selector !== undefined && { selector }) };
  return present({ metric, describedObject: flat["target"] as object | undefined }) as About;
}

/** A metric in the words of version 1. */
export function oldMetric(metric: MetricSpec): object {
  const name = sourceOf(metric.type) ?? "resource";
  const source = metric[name];
  const { averageUtilization, averageValue, value } = source?.target ?? {};
  const average = name === "object" ? { averageValue } : { targetAverageValue: averageValue };
  const amounts = present<Flat>({ targetAverageUtilization: averageUtilization, targetValue: value, ...average });
  return { type: metric.type, [name]: { ...flatAbout(metric.type, (source ?? {}) as About), ...amounts } };
}

/** A metric of version 1 in the words of version 2; undefined for what is none. */
export function newMetric(old: unknown): MetricSpec | undefined {
  const [type, name, flat] = partsOf(old);
  if (type === undefined || name === undefined) return undefined;
  const averageUtilization = count(flat["targetAverageUtilization"]);
  const averageValue = text(flat["targetAverageValue"]) ?? text(flat["averageValue"]);
  const value = averageValue === undefined ? text(flat["targetValue"]) : undefined;
  const kind = averageUtilization !== undefined ? "Utilization" : averageValue !== undefined ? "AverageValue" : "Value";
  const target = present({ type: kind, averageUtilization, averageValue, value });
  return { type, [name]: { ...about(type, flat), target } } as MetricSpec;
}

/** The reading of a metric in the words of version 1. */
export function oldMetricStatus(metric: MetricStatus): object {
  const name = sourceOf(metric.type) ?? "resource";
  const source = metric[name];
  const { averageUtilization, averageValue, value }: MetricValueStatus = source?.current ?? {};
  const average = name === "object" ? { averageValue } : { currentAverageValue: averageValue };
  const amounts = present<Flat>({ currentAverageUtilization: averageUtilization, currentValue: value, ...average });
  return { type: metric.type, [name]: { ...flatAbout(metric.type, (source ?? {}) as About), ...amounts } };
}

/** A reading of version 1 in the words of version 2; undefined for what is none. */
export function newMetricStatus(old: unknown): MetricStatus | undefined {
  const [type, name, flat] = partsOf(old);
  if (type === undefined || name === undefined) return undefined;
  const current = present({
    averageUtilization: count(flat["currentAverageUtilization"]),
    averageValue: text(flat["currentAverageValue"]) ?? text(flat["averageValue"]),
    value: text(flat["currentValue"]),
  });
  return { type, [name]: { ...about(type, flat), current } } as MetricStatus;
}

function partsOf(old: unknown): [string | undefined, ReturnType<typeof sourceOf>, Flat] {
  const metric = (typeof old === "object" && old !== null ? old : {}) as Flat;
  const type = text(metric["type"]);
  const name = type === undefined ? undefined : sourceOf(type);
  const flat = name === undefined ? undefined : metric[name];
  return [type, typeof flat === "object" && flat !== null ? name : undefined, (flat ?? {}) as Flat];
}
