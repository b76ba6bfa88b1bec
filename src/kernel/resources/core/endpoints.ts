/**
 * Endpoints: the addresses behind a Service, as clients before EndpointSlice read them.
 *
 * Models pkg/registry/core/endpoint.
 */
import type { Endpoints } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const endpoints = defineResource<Endpoints>({
  group: "",
  version: "v1",
  names: { kind: "Endpoints", plural: "endpoints", singular: "endpoints", short: ["ep"] },
  scope: "Namespaced",
});
