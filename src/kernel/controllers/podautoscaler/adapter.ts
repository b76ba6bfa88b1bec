/**
 * The adapter of custom and external metrics: a ConfigMap that stands in for one.
 *
 * Models the answers of pkg/controller/podautoscaler/metrics/client.go to the custom.metrics.k8s.io and
 * external.metrics.k8s.io APIs. No adapter is part of Kubernetes; here a ConfigMap annotated with
 * `drydock.dev/metrics: "true"` is one, for the metrics of its namespace. Its keys are
 * `pods.METRIC` (an amount every pod has, or a JSON object of amounts by pod),
 * `object.KIND.NAME.METRIC` (an amount) and `external.METRIC` (an amount, or a JSON array of
 * `{"labels": {...}, "value": "10"}`).
 */
import type { ConfigMap, LabelSelector } from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import { milli, quantityProblem } from "#kernel/apimachinery/quantity";
import type { Client } from "#kernel/registry/client";
import { configmaps } from "#kernel/resources/core/configmap";

const ANNOTATION = "drydock.dev/metrics";

/** What was measured, in thousandths, or why nothing is known. */
export type Answer<T> = { readonly found: T } | { readonly problem: string };

const isAdapter = ({ metadata }: ConfigMap): boolean => metadata.annotations?.[ANNOTATION] === "true";

const adapters = (client: Client): readonly ConfigMap[] => client.list(configmaps).filter(isAdapter);

/** The text behind a key in any adapter of the namespace; undefined if none has it. */
function lookUp(client: Client, namespace: string, key: string): string | undefined {
  for (const { metadata, data = {} } of adapters(client)) {
    if (metadata.namespace === namespace && Object.hasOwn(data, key)) return data[key];
  }
  return undefined;
}

const NOT_FOUND = "the server could not find the metric";
const CUSTOM = "unable to fetch metrics from custom metrics API: ";
const NO_CUSTOM = `${CUSTOM}no custom metrics API (custom.metrics.k8s.io) registered`;

/** A metric of the pods named. */
export function podsMetric(
  client: Client,
  {
    namespace,
    metric,
    pods,
  }: { readonly namespace: string; readonly metric: string; readonly pods: readonly string[] },
): Answer<ReadonlyMap<string, number>> {
  if (adapters(client).length === 0) return { problem: NO_CUSTOM };
  const text = lookUp(client, namespace, `pods.${metric}`);
  if (text === undefined) return { problem: `${CUSTOM}${NOT_FOUND} ${metric} for pods` };
  const values = new Map<string, number>();
  const each = json(text);
  for (const pod of pods) {
    const amount = typeof each === "object" && each !== null ? (each as Record<string, unknown>)[pod] : text;
    const value = amountOf(amount);
    if (value !== undefined) values.set(pod, value);
  }
  return values.size === 0 ? { problem: "no metrics returned from custom metrics API" } : { found: values };
}

/** A metric of one object. */
export function objectMetric(
  client: Client,
  {
    namespace,
    metric,
    kind,
    name,
    resource,
  }: Readonly<Record<"namespace" | "metric" | "kind" | "name" | "resource", string>>,
): Answer<number> {
  if (adapters(client).length === 0) return { problem: NO_CUSTOM };
  const value = amountOf(lookUp(client, namespace, `object.${kind}.${name}.${metric}`));
  return value === undefined
    ? { problem: `${CUSTOM}${NOT_FOUND} ${metric} for ${resource} ${name}` }
    : { found: value };
}

/** A metric of something outside: the sum of all series that are selected. */
export function externalMetric(
  client: Client,
  {
    namespace,
    metric,
    selector,
  }: { readonly namespace: string; readonly metric: string; readonly selector?: LabelSelector | undefined },
): Answer<number> {
  const text = lookUp(client, namespace, `external.${metric}`);
  const prefix = "unable to fetch metrics from external metrics API: ";
  if (text === undefined) {
    return {
      problem: `${prefix}the server could not find the requested resource (get ${metric}.external.metrics.k8s.io)`,
    };
  }
  const series = json(text);
  const all = Array.isArray(series)
    ? (series as { labels?: Record<string, string>; value?: unknown }[])
    : [{ value: text }];
  const values = all
    .filter(({ labels }) => selector === undefined || matches(selector, labels))
    .flatMap(({ value }) => amountOf(value) ?? []);
  if (values.length === 0) return { problem: "no metrics returned from external metrics API" };
  return { found: values.reduce((sum, value) => sum + value, 0) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function amountOf(amount: unknown): number | undefined {
  const text = typeof amount === "number" ? String(amount) : typeof amount === "string" ? amount.trim() : undefined;
  return text === undefined || quantityProblem(text) !== undefined ? undefined : milli(text);
}
