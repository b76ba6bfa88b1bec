/**
 * EndpointSlice: some of the addresses behind a Service.
 *
 * Models pkg/registry/discovery/endpointslice.
 */
import type { EndpointSlice } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const endpointslices = defineResource<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  names: { kind: "EndpointSlice", plural: "endpointslices", singular: "endpointslice" },
  scope: "Namespaced",
  hasGeneration: true,
  indexes: {
    service: ({ metadata }) => {
      const service = metadata.labels?.["kubernetes.io/service-name"];
      return service === undefined ? [] : [`${metadata.namespace ?? ""}/${service}`];
    },
  },
});
