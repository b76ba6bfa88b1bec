/**
 * Service: one stable address in front of many pods.
 *
 * Models pkg/registry/core/service.
 */
import type { Service } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const services = defineResource<Service>({
  group: "",
  version: "v1",
  names: { kind: "Service", plural: "services", singular: "service", short: ["svc"], categories: ["all"] },
  scope: "Namespaced",
  nameFormat: "label",
  subresources: { status: true },
  indexes: {
    clusterIP: ({ spec }) => (spec.clusterIPs ?? []).filter((ip) => ip !== "None" && ip !== ""),
    nodePort: ({ spec }) =>
      (spec.ports ?? []).flatMap(({ protocol, nodePort }) => (nodePort ? [`${protocol ?? "TCP"}/${nodePort}`] : [])),
    loadBalancerIP: ({ status }) =>
      (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip])),
  },
});
