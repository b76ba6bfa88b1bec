/**
 * EndpointSlice: some of the addresses behind a Service.
 *
 * Models pkg/registry/discovery/endpointslice and its table printer.
 */
import type { DiscoveryEndpointPort, Endpoint, EndpointSlice } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";
import { validateEndpoints, validatePorts } from "#kernel/resources/discovery/endpointslice.validate";
import { equal } from "#kernel/sim/clone";

/** The label that says which Service of its namespace a slice belongs to. */
const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

const ADDRESS_TYPES: readonly string[] = ["FQDN", "IPv4", "IPv6"];

export const endpointslices = defineResource<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  names: { kind: "EndpointSlice", plural: "endpointslices", singular: "endpointslice" },
  scope: "Namespaced",
  hasGeneration: true,
  allowUnconditionalUpdate: true,

  setDefaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },

  // The v1 API has fields of their own for what was topology; the map itself is for reading.
  prepareForCreate({ endpoints }) {
    for (const endpoint of endpoints ?? []) delete endpoint.deprecatedTopology;
  },

  prepareForUpdate(slice, old) {
    const { endpoints = [] } = slice;
    if (!equal(endpoints.map(topologyOf), (old.endpoints ?? []).map(topologyOf))) {
      for (const endpoint of endpoints) delete endpoint.deprecatedTopology;
    }
    // Labels decide whose slice it is, so a change of theirs counts as a new generation.
    if (!equal(slice.metadata.labels ?? {}, old.metadata.labels ?? {})) {
      slice.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
  },

  validate({ addressType, endpoints = [], ports = [] }, at) {
    if (addressType === "") at("addressType").required();
    else if (!ADDRESS_TYPES.includes(addressType)) at("addressType").notSupported(addressType, ADDRESS_TYPES);
    validateEndpoints(endpoints, addressType, at.under("endpoints"));
    validatePorts(ports, at.under("ports"));
  },

  validateUpdate(slice, old, at) {
    at("addressType").immutable(slice.addressType, old.addressType);
  },

  columns: [
    column("AddressType", "string", ({ addressType }) => addressType),
    column("Ports", "string", ({ ports }) => withMore((ports ?? []).map(portText))),
    column("Endpoints", "string", ({ endpoints }) => withMore((endpoints ?? []).flatMap(({ addresses }) => addresses))),
  ],
  indexes: {
    service: ({ metadata }) => {
      const service = metadata.labels?.[SERVICE_NAME_LABEL];
      return service === undefined ? [] : [`${metadata.namespace ?? ""}/${service}`];
    },
  },
});

const topologyOf = ({ deprecatedTopology }: Endpoint) => deprecatedTopology ?? {};

const portText = ({ port, name }: DiscoveryEndpointPort): string => (port === undefined ? (name ?? "*") : String(port));

/** How many ports or addresses a row shows. */
const SHOWN = 3;

function withMore(texts: readonly string[]): string {
  const shown = texts.slice(0, SHOWN).join(",");
  if (texts.length > SHOWN) return `${shown} + ${texts.length - SHOWN} more...`;
  return shown === "" ? "<unset>" : shown;
}
