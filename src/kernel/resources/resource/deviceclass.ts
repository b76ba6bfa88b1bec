/**
 * DeviceClass: what kind of device a claim may ask for by name.
 *
 * Models pkg/registry/resource/deviceclass and its table printer.
 */
import type { DeviceClass } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";
import { isExtendedResource } from "#kernel/resources/core/pod.validate.resources";
import {
  DEVICE_LIMITS,
  validateConfiguration,
  validateItems,
  validateSelectors,
} from "#kernel/resources/resource/device.validate";

export const deviceclasses = defineResource<DeviceClass>({
  group: "resource.k8s.io",
  version: "v1",
  names: { kind: "DeviceClass", plural: "deviceclasses", singular: "deviceclass", listKind: "DeviceClassList" },
  scope: "Cluster",
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  validate({ spec = {} }, at) {
    validateSelectors(spec.selectors, at.under("spec.selectors"));
    validateItems(spec.config, at.under("spec.config"), { max: DEVICE_LIMITS.config }, validateConfiguration);
    const { extendedResourceName: name } = spec;
    if (name !== undefined && !isExtendedResource(name)) {
      at("spec.extendedResourceName").invalid(name, "must be a valid extended resource name");
    }
  },
});
