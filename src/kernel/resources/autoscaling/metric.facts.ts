/**
 * The kinds of metrics an autoscaler may look at.
 *
 * Models pkg/apis/autoscaling (MetricSourceType).
 */

/** Fields of a metric, in the order they are looked at. */
export const METRIC_SOURCES = ["object", "external", "pods", "resource", "containerResource"] as const;

export type MetricSource = (typeof METRIC_SOURCES)[number];

/** Values of `type`, sorted. */
export const METRIC_TYPES = ["ContainerResource", "External", "Object", "Pods", "Resource"] as const;

/** True if the text is one of the types. */
export const isMetricType = (type: string): type is (typeof METRIC_TYPES)[number] =>
  (METRIC_TYPES as readonly string[]).includes(type);

/** The field that belongs to a type; undefined for a type nobody knows. */
export const sourceOf = (type: string): MetricSource | undefined =>
  METRIC_SOURCES.find((name) => name.toLowerCase() === type.toLowerCase());
