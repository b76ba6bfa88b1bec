/**
 * Whether the endpoints and ports of an EndpointSlice are well formed.
 *
 * Models pkg/apis/discovery/validation.
 */

import type { DiscoveryEndpointPort, Endpoint, EndpointHints } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from "#kernel/apimachinery/formats";
import { parseIp } from "#kernel/apimachinery/ip";
import { validateLabels } from "#kernel/apimachinery/labels";
import { PORT_PROTOCOLS, validateNonSpecialIp } from "#kernel/resources/core/address.validate";

const MAX = { topologyLabels: 16, addresses: 100, ports: 20_000, endpoints: 1000, hints: 8 } as const;

/** Adds an error for each malformed endpoint. `at` stands at the list. */
export function validateEndpoints(endpoints: readonly Endpoint[], addressType: string, at: At): void {
  if (endpoints.length > MAX.endpoints) {
    at("").tooMany(endpoints.length, MAX.endpoints);
    return;
  }
  endpoints.forEach((endpoint, i) => {
    validateEndpoint(endpoint, addressType, at.under(`[${i}]`));
  });
}

function validateEndpoint(endpoint: Endpoint, addressType: string, at: At): void {
  const { deprecatedTopology = {}, hostname, nodeName, hints } = endpoint;
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) at("addresses").required("must contain at least 1 address");
  else if (addresses.length > MAX.addresses) at("addresses").tooMany(addresses.length, MAX.addresses);
  addresses.forEach((address, i) => {
    validateAddress(address, addressType, at.under(`addresses[${i}]`));
  });
  if (nodeName !== undefined) for (const text of dns1123Subdomain(nodeName)) at("nodeName").invalid(nodeName, text);
  const labels = Object.keys(deprecatedTopology).length;
  if (labels > MAX.topologyLabels) at("deprecatedTopology").tooMany(labels, MAX.topologyLabels);
  validateLabels(deprecatedTopology, at.under("deprecatedTopology"));
  if (hostname !== undefined) for (const text of dns1123Label(hostname)) at("hostname").invalid(hostname, text);
  if (hints !== undefined) validateHints(hints, at.under("hints"));
}

function validateAddress(address: string, addressType: string, at: At): void {
  if (addressType === "FQDN") {
    validateFullyQualifiedName(address, at);
    return;
  }
  if (addressType !== "IPv4" && addressType !== "IPv6") return;
  const family = addressType === "IPv4" ? 4 : 6;
  if (parseIp(address)?.family !== family) at("").invalid(address, `must be a valid ${addressType} address`);
  validateNonSpecialIp(address, at);
}

function validateFullyQualifiedName(name: string, at: At): void {
  if (name === "") {
    at("").required();
    return;
  }
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  const texts = dns1123Subdomain(bare);
  for (const text of texts) at("").invalid(bare, text);
  if (texts.length > 0) return;
  if (bare.split(".").length < 2)
    at("").invalid(bare, "should be a domain with at least two segments separated by dots");
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, at: At): void {
  validateTargets(
    forZones.map(({ name }) => name),
    labelValue,
    at.under("forZones"),
  );
  validateTargets(
    forNodes.map(({ name }) => name),
    dns1123Subdomain,
    at.under("forNodes"),
  );
}

function validateTargets(names: readonly string[], format: (name: string) => string[], at: At): void {
  if (names.length > MAX.hints) {
    at("").tooMany(names.length, MAX.hints);
    return;
  }
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) at(`[${i}].name`).duplicate(name);
    for (const text of format(name)) at(`[${i}].name`).invalid(name, text);
  });
}

/** Adds an error for each malformed port. `at` stands at the list. */
export function validatePorts(ports: readonly DiscoveryEndpointPort[], at: At): void {
  if (ports.length > MAX.ports) {
    at("").tooMany(ports.length, MAX.ports);
    return;
  }
  ports.forEach(({ name = "", protocol, appProtocol }, i) => {
    const port = at.under(`[${i}]`);
    if (name !== "") for (const text of dns1123Label(name)) port("name").invalid(name, text);
    if (ports.findIndex((other) => (other.name ?? "") === name) < i) port("name").duplicate(name);
    if (protocol === undefined) port("protocol").required();
    else if (!PORT_PROTOCOLS.includes(protocol)) port("protocol").notSupported(protocol, PORT_PROTOCOLS);
    if (appProtocol !== undefined) {
      for (const text of qualifiedName(appProtocol)) port("appProtocol").invalid(appProtocol, text);
    }
  });
}
