/**
 * The OpenAPI document of metrics.k8s.io, which a cluster has only where something measures: its schemas and texts.
 *
 * Models what sigs.k8s.io/metrics-server publishes of k8s.io/metrics/pkg/apis/metrics/v1beta1.
 */
import { REFERENCE, shapeSchema } from "#apiserver/describe/openapi.schemas";
import { type Described, type Schema, servedResource, type Texts } from "#apiserver/describe/openapi.served";
import type { ObjectShape } from "#kernel/api/shapes";
import type { AnyResource } from "#kernel/registry/definition";
import { containerMetricsShape } from "#kernel/resources/metrics/shape";
import { METRICS_RESOURCES } from "#kernel/resources/metrics/usage";

/** The document's path below /openapi/v3, and those that go with it. */
export const METRICS_DOCUMENTS: readonly string[] = ["apis/metrics.k8s.io", "apis/metrics.k8s.io/v1beta1"];

const COMMON = {
  timestamp: "The end of the interval [timestamp - window, timestamp] in which the usage was measured.",
  window: "How long the interval is.",
};
const USAGE = "The memory usage is the memory working set.";

const TEXTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  NodeMetrics: { "": "NodeMetrics sets resource usage metrics of a node.", ...COMMON, usage: USAGE },
  PodMetrics: {
    "": "PodMetrics sets resource usage metrics of a pod.",
    ...COMMON,
    containers: "Metrics for all containers are collected within the same time window.",
  },
  ContainerMetrics: {
    "": "ContainerMetrics sets resource usage metrics of a container.",
    name: "Container name corresponding to the one from pod.spec.containers.",
    usage: USAGE,
  },
};

const schemaOf = (shape: ObjectShape, resource?: AnyResource): Schema =>
  shapeSchema(shape, "v3", {
    own: TEXTS[shape.name.slice(shape.name.lastIndexOf(".") + 1)] ?? {},
    kinds: resource === undefined ? [] : [resource.gvk],
  });

function listSchema({ gvk, listKind, shape }: AnyResource): Schema {
  const $ref = `${REFERENCE.v3}io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta`;
  return {
    description: `${listKind} is a list of ${gvk.kind}.`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { default: {}, allOf: [{ $ref }] },
      items: { type: "array", items: { $ref: REFERENCE.v3 + shape.name } },
    },
    "x-kubernetes-group-version-kind": [{ ...gvk, kind: listKind }],
  };
}

/** What the document is built from. */
export function metricsDescribed(texts: Texts): Described {
  const duration = { type: "string", description: "Duration is written as Go writes it: 1m30s." };
  const schemas = new Map<string, Schema>([
    ["io.k8s.apimachinery.pkg.apis.meta.v1.Duration", duration],
    [containerMetricsShape.name, schemaOf(containerMetricsShape)],
    ...METRICS_RESOURCES.flatMap((resource): [string, Schema][] => [
      [resource.shape.name, schemaOf(resource.shape, resource)],
      [`${resource.shape.name}List`, listSchema(resource)],
    ]),
  ]);
  return { resources: METRICS_RESOURCES.map(servedResource), texts, schemas };
}
