/**
 * RuntimeClass: how a node runs a pod, and what that costs.
 *
 * Models pkg/registry/node/runtimeclass, pkg/apis/node/validation and the table printer.
 * Leaves out handlers a machine has not: every simulated machine runs every handler, and all alike.
 */
import type { RuntimeClass, Toleration } from "#kernel/api/types.gen";
import { dns1123Label } from "#kernel/apimachinery/formats";
import { goStruct } from "#kernel/apimachinery/go-text";
import { validateLabels } from "#kernel/apimachinery/labels";
import { column, defineResource } from "#kernel/registry/definition";
import { eachAt, mustFit } from "#kernel/resources/core/pod.validate.fields";
import { validateOverhead } from "#kernel/resources/core/pod.validate.resources";
import { validateTolerations } from "#kernel/resources/core/pod.validate.spec";

/** Tolerations are told apart by all but their seconds. */
const isSame = (a: Toleration, b: Toleration): boolean =>
  (["key", "operator", "value", "effect"] as const).every((field) => (a[field] ?? "") === (b[field] ?? ""));

const printedToleration = ({ key, operator, value, effect, tolerationSeconds }: Toleration): object =>
  goStruct({
    Key: key ?? "",
    Operator: operator ?? "",
    Value: value ?? "",
    Effect: effect ?? "",
    TolerationSeconds: tolerationSeconds ?? null,
  });

export const runtimeclasses = defineResource<RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  names: { kind: "RuntimeClass", plural: "runtimeclasses", singular: "runtimeclass" },
  scope: "Cluster",
  allowUnconditionalUpdate: true,

  validate({ handler = "", overhead, scheduling }, at) {
    mustFit(at("handler"), handler, dns1123Label);
    if (overhead?.podFixed !== undefined) validateOverhead(overhead.podFixed, at.under("overhead"));
    if (scheduling === undefined) return;
    validateLabels(scheduling.nodeSelector, at.under("scheduling.nodeSelector"));
    const { tolerations = [] } = scheduling;
    validateTolerations(tolerations, at.under("scheduling.tolerations"));
    for (const [toleration, itemAt, n] of eachAt(tolerations, at.under("scheduling.tolerations"))) {
      if (tolerations.slice(0, n).some((other) => isSame(other, toleration))) {
        itemAt("").duplicate(printedToleration(toleration));
      }
    }
  },
  validateUpdate: ({ handler }, old, at) => at("handler").immutable(handler, old.handler),

  columns: [column("Handler", "string", ({ handler }) => handler ?? "", "What runs the pods.")],
});
