/**
 * The shapes of metrics.k8s.io/v1beta1, which the official document of Kubernetes does not hold: they belong to the
 * metrics server.
 *
 * Models k8s.io/metrics/pkg/apis/metrics/v1beta1.
 */
import { type FieldShape, type ObjectShape, shapeNamed } from "#kernel/api/shapes";

const HOME = "io.k8s.metrics.pkg.apis.metrics.v1beta1";
const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

const text: FieldShape = { type: "string" };
const time: FieldShape = { type: "time", definition: `${META}.Time`, alwaysPresent: true, zero: null };
const duration: FieldShape = { type: "string", definition: `${META}.Duration`, alwaysPresent: true, zero: "" };
const usage: FieldShape = {
  type: "map",
  values: { type: "quantity", definition: "io.k8s.apimachinery.pkg.api.resource.Quantity" },
};

/** What one container used. */
export const containerMetricsShape: ObjectShape = {
  name: `${HOME}.ContainerMetrics`,
  fields: new Map<string, FieldShape>([
    ["name", text],
    ["usage", usage],
  ]),
  required: ["name", "usage"],
};

function shapeOf(kind: string, more: readonly (readonly [string, FieldShape])[]): ObjectShape {
  return {
    name: `${HOME}.${kind}`,
    fields: new Map<string, FieldShape>([
      ["apiVersion", text],
      ["kind", text],
      ["metadata", { type: "object", object: shapeNamed(`${META}.ObjectMeta`), definition: `${META}.ObjectMeta` }],
      ["timestamp", time],
      ["window", duration],
      ...more,
    ]),
    required: ["timestamp", "window"],
  };
}

export const nodeMetricsShape: ObjectShape = shapeOf("NodeMetrics", [["usage", usage]]);

export const podMetricsShape: ObjectShape = shapeOf("PodMetrics", [
  [
    "containers",
    {
      type: "array",
      items: { type: "object", object: containerMetricsShape, definition: containerMetricsShape.name },
      listType: "atomic",
    },
  ],
]);
