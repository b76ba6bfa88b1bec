/**
 * NodeMetrics and PodMetrics: what nodes and pods used of late, computed when somebody asks.
 *
 * Models k8s.io/metrics/pkg/apis/metrics/v1beta1 and the tables of sigs.k8s.io/metrics-server (pkg/api).
 */
import type { ObjectMeta } from "#kernel/api/types.gen";
import { add, formatQuantity } from "#kernel/apimachinery/quantity";
import { type Column, column, defineResource } from "#kernel/registry/definition";
import { nodeMetricsShape, podMetricsShape } from "#kernel/resources/metrics/shape";

interface Usage {
  /** Billionths of a core: `215917413n`. */
  readonly cpu: string;
  readonly memory: string;
}

interface Metrics {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  /** The end of the window. */
  readonly timestamp: string;
  /** How long it was looked at: `15s`. */
  readonly window: string;
}

export interface NodeMetrics extends Metrics {
  readonly usage: Usage;
}

export interface PodMetrics extends Metrics {
  readonly containers: readonly { readonly name: string; readonly usage: Usage }[];
}

function table<T extends Metrics>(usages: (object: T) => readonly Usage[]): readonly Column<T>[] {
  const sum = (object: T, name: keyof Usage): string => {
    const [first = "0", ...rest] = usages(object).map((usage) => usage[name]);
    return rest.reduce((total, next) => formatQuantity(add(total, next)), first);
  };
  return [
    { ...column<T>("Name", "string", ({ metadata }) => metadata.name, "Name of the resource"), format: "name" },
    column("cpu", "string", (object) => sum(object, "cpu"), ""),
    column("memory", "string", (object) => sum(object, "memory"), ""),
    column("Window", "string", ({ window }) => window, "The window of time the metrics were collected over"),
  ];
}

const GROUP = { group: "metrics.k8s.io", version: "v1beta1", verbs: ["get", "list"], isComputed: true } as const;

export const nodemetrics = defineResource<NodeMetrics>({
  ...GROUP,
  names: { kind: "NodeMetrics", plural: "nodes", singular: "" },
  scope: "Cluster",
  table: table(({ usage }) => [usage]),
  shape: nodeMetricsShape,
});

export const podmetrics = defineResource<PodMetrics>({
  ...GROUP,
  names: { kind: "PodMetrics", plural: "pods", singular: "" },
  scope: "Namespaced",
  table: table(({ containers }) => containers.map(({ usage }) => usage)),
  shape: podMetricsShape,
});

/** The kinds a metrics server adds to a cluster that has one. */
export const METRICS_RESOURCES = [nodemetrics, podmetrics];
