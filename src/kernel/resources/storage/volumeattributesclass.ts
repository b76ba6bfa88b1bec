/**
 * VolumeAttributesClass: what of a volume a driver may change while it is used.
 *
 * Models pkg/registry/storage/volumeattributesclass, pkg/apis/storage/validation and the table printer.
 */
import type { VolumeAttributesClass } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";
import { validateParameters, validateProvisioner } from "#kernel/resources/storage/storage.validate";
import { equal } from "#kernel/sim/clone";

/** Keeps a class while claims or volumes name it. */
export const VAC_PROTECTION = "kubernetes.io/vac-protection";

export const volumeattributesclasses = defineResource<VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  names: {
    kind: "VolumeAttributesClass",
    plural: "volumeattributesclasses",
    singular: "volumeattributesclass",
    short: ["vac"],
    listKind: "VolumeAttributesClassList",
  },
  scope: "Cluster",
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  validate({ driverName, parameters }, at) {
    validateProvisioner(driverName ?? "", at.under("driverName"));
    validateParameters(parameters, { mayBeEmpty: false }, at.under("parameters"));
  },
  validateUpdate(one, old, at) {
    if (one.driverName !== old.driverName) at("driverName").forbidden("updates to driverName are forbidden.");
    if (!equal(one.parameters ?? {}, old.parameters ?? {})) {
      at("parameters").forbidden("updates to parameters are forbidden.");
    }
  },

  columns: [column("DriverName", "string", ({ driverName }) => driverName, "Whose volumes it is for.")],
});
