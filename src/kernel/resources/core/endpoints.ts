/**
 * Endpoints: the addresses behind a Service, as clients before EndpointSlice read them.
 *
 * Models pkg/registry/core/endpoint and its table printer.
 */

import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain, portNumber, qualifiedName } from "#kernel/apimachinery/formats";
import { ipAddress } from "#kernel/apimachinery/ip";
import { column, defineResource } from "#kernel/registry/definition";
import { PORT_PROTOCOLS, validateNonSpecialIp } from "#kernel/resources/core/address.validate";

export const endpoints = defineResource<Endpoints>({
  group: "",
  version: "v1",
  names: { kind: "Endpoints", plural: "endpoints", singular: "endpoints", short: ["ep"] },
  scope: "Namespaced",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,

  setDefaults({ subsets }) {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= "TCP";
  },

  validate({ subsets }, at) {
    subsets?.forEach((subset, i) => {
      validateSubset(subset, at.under(`subsets[${i}]`));
    });
  },

  deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",

  columns: [column("Endpoints", "string", ({ subsets }) => addressesText(subsets ?? []))],
});

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, at: At): void {
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    at("").required("must specify `addresses` or `notReadyAddresses`");
  }
  addresses.forEach((address, i) => {
    validateAddress(address, at.under(`addresses[${i}]`));
  });
  notReadyAddresses.forEach((address, i) => {
    validateAddress(address, at.under(`notReadyAddresses[${i}]`));
  });
  ports.forEach((port, i) => {
    validatePort(port, ports.length > 1, at.under(`ports[${i}]`));
  });
}

function validateAddress({ ip = "", hostname = "", nodeName }: EndpointAddress, at: At): void {
  for (const text of ipAddress(ip)) at("ip").invalid(ip, text);
  if (hostname !== "") for (const text of dns1123Label(hostname)) at("hostname").invalid(hostname, text);
  // The object may have been stored before nodeName was validated, so upstream checks the name alone.
  if (nodeName !== undefined) for (const text of dns1123Subdomain(nodeName)) at("nodeName").invalid(nodeName, text);
  validateNonSpecialIp(ip, at.under("ip"));
}

function validatePort({ name = "", port, protocol = "", appProtocol }: EndpointPort, needsName: boolean, at: At): void {
  if (needsName && name === "") at("name").required();
  else if (name !== "") for (const text of dns1123Label(name)) at("name").invalid(name, text);
  for (const text of portNumber(port)) at("port").invalid(port, text);
  if (protocol === "") at("protocol").required();
  else if (!PORT_PROTOCOLS.includes(protocol)) at("protocol").notSupported(protocol, PORT_PROTOCOLS);
  if (appProtocol !== undefined) {
    for (const text of qualifiedName(appProtocol)) at("appProtocol").invalid(appProtocol, text);
  }
}

/** How many addresses a row shows. */
const SHOWN = 3;

function addressesText(subsets: readonly EndpointSubset[]): string {
  if (subsets.length === 0) return "<none>";
  const texts: string[] = [];
  for (const { addresses = [], ports = [] } of subsets) {
    // A headless Service may have no ports.
    if (ports.length === 0) texts.push(...addresses.map(({ ip }) => ip));
    for (const { port } of ports) texts.push(...addresses.map(({ ip }) => hostPort(ip, port)));
  }
  const shown = texts.slice(0, SHOWN).join(",");
  return texts.length > SHOWN ? `${shown} + ${texts.length - SHOWN} more...` : shown;
}

const hostPort = (ip: string, port: number): string => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);
