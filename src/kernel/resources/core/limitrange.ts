/**
 * LimitRange: what a pod, container or claim of a namespace may ask for, and what it gets unasked.
 *
 * Models pkg/registry/core/limitrange, pkg/apis/core/v1 (SetDefaults_LimitRangeItem) and the table printer.
 */
import type { LimitRange, LimitRangeItem } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";
import { validateLimitRange } from "#kernel/resources/core/limitrange.validate";
import { createdAtColumn, nameColumn } from "#kernel/resources/core/table.columns";

export const limitranges = defineResource<LimitRange>({
  group: "",
  version: "v1",
  names: { kind: "LimitRange", plural: "limitranges", singular: "limitrange", short: ["limits"] },
  scope: "Namespaced",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,

  setDefaults({ spec }) {
    for (const item of spec.limits ?? []) if (item.type === "Container") setItemDefaults(item);
  },
  validate: ({ spec }, at) => validateLimitRange(spec?.limits, at.under("spec.limits")),

  table: [nameColumn, createdAtColumn],
});

/** A maximum is the default limit, a default limit the default request, and else the minimum is. */
function setItemDefaults(item: LimitRangeItem): void {
  const { max = {}, min = {} } = item;
  const limits = { ...max, ...item.default };
  const requests = { ...min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}
