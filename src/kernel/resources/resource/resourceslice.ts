/**
 * ResourceSlice: devices that a driver has found, on a node or for several.
 *
 * Models pkg/registry/resource/resourceslice and its table printer.
 */
import type { ResourceSlice } from "#kernel/api/types.gen";
import { timeText } from "#kernel/apimachinery/time";
import { column, defineResource } from "#kernel/registry/definition";
import { validateSlice } from "#kernel/resources/resource/resourceslice.validate";
import type { Instant } from "#kernel/sim/instant";

export const resourceslices = defineResource<ResourceSlice>({
  group: "resource.k8s.io",
  version: "v1",
  names: { kind: "ResourceSlice", plural: "resourceslices", singular: "resourceslice" },
  scope: "Cluster",
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  prepareForCreate: (slice, { now }) => dateTaints(slice, now),
  prepareForUpdate: (slice, _old, { now }) => dateTaints(slice, now),

  validate({ spec }, at) {
    validateSlice(spec, at.under("spec"));
  },
  validateUpdate({ spec }, { spec: old }, at) {
    at("spec.pool.name").immutable(spec.pool?.name, old.pool?.name);
    at("spec.driver").immutable(spec.driver, old.driver);
    at("spec.nodeName").immutable(spec.nodeName ?? null, old.nodeName ?? null);
  },

  columns: [
    column("Node", "string", ({ spec }) => spec.nodeName ?? "", "Where the devices are."),
    column("Driver", "string", ({ spec }) => spec.driver, "Who has found them."),
    column("Pool", "string", ({ spec }) => spec.pool.name, "What they belong to."),
  ],

  selectableFields: {
    "spec.driver": ({ spec }) => spec.driver,
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
  },

  indexes: { driver: ({ spec }) => [spec.driver] },
});

/** A taint that does not say since when it is there is there since now. */
function dateTaints({ spec }: ResourceSlice, now: Instant): void {
  for (const device of spec?.devices ?? []) for (const taint of device.taints ?? []) taint.timeAdded ??= timeText(now);
}
