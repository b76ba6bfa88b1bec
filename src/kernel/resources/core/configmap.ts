/**
 * ConfigMap: configuration as keys and values.
 *
 * Models pkg/registry/core/configmap.
 */
import type { ConfigMap } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const configmaps = defineResource<ConfigMap>({
  group: "",
  version: "v1",
  names: { kind: "ConfigMap", plural: "configmaps", singular: "configmap", short: ["cm"] },
  scope: "Namespaced",
});
