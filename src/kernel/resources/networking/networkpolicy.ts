/**
 * NetworkPolicy: who may talk to the pods it selects, and whom they may talk to.
 *
 * Models pkg/registry/networking/networkpolicy, pkg/apis/networking (defaults, validation) and the table printer.
 */
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { portName, portNumber } from "#kernel/apimachinery/formats";
import { cidr as cidrFormat, parseCidr } from "#kernel/apimachinery/ip";
import { format, validateLabelSelector } from "#kernel/apimachinery/labels";
import { column, defineResource } from "#kernel/registry/definition";
import { eachAt, mustBeOneOf, mustFit, numberMustFit } from "#kernel/resources/core/pod.validate.fields";

const TYPES = ["Ingress", "Egress"];
const PROTOCOLS = ["TCP", "UDP", "SCTP"];

export const networkpolicies = defineResource<NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  names: { kind: "NetworkPolicy", plural: "networkpolicies", singular: "networkpolicy", short: ["netpol"] },
  scope: "Namespaced",
  hasGeneration: true,
  allowUnconditionalUpdate: true,

  setDefaults({ spec }) {
    if (spec === undefined) return;
    const { ingress = [], egress = [], policyTypes = [] } = spec;
    for (const { ports = [] } of [...ingress, ...egress]) for (const port of ports) port.protocol ??= "TCP";
    // Whoever writes egress rules means them; ingress is meant in any case.
    if (policyTypes.length === 0) spec.policyTypes = egress.length > 0 ? [...TYPES] : ["Ingress"];
  },
  validate: ({ spec = {} }, at) => validateSpec(spec, at.under("spec")),

  columns: [column("Pod-Selector", "string", ({ spec }) => format(spec?.podSelector ?? {}), "The pods it is about.")],
});

function validateSpec({ podSelector, ingress, egress, policyTypes = [] }: NetworkPolicySpec, at: At): void {
  validateLabelSelector(podSelector, at.under("podSelector"));
  for (const [{ ports, from }, ruleAt] of eachAt(ingress, at.under("ingress"))) {
    for (const [port, portAt] of eachAt(ports, ruleAt.under("ports"))) validatePort(port, portAt);
    for (const [peer, peerAt] of eachAt(from, ruleAt.under("from"))) validatePeer(peer, peerAt);
  }
  for (const [{ ports, to }, ruleAt] of eachAt(egress, at.under("egress"))) {
    for (const [port, portAt] of eachAt(ports, ruleAt.under("ports"))) validatePort(port, portAt);
    for (const [peer, peerAt] of eachAt(to, ruleAt.under("to"))) validatePeer(peer, peerAt);
  }
  if (policyTypes.length > TYPES.length) {
    at("policyTypes").invalid(policyTypes, "may not specify more than two policyTypes");
    return;
  }
  for (const [type, typeAt] of eachAt(policyTypes, at.under("policyTypes"))) mustBeOneOf(typeAt(""), type, TYPES);
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, at: At): void {
  if (protocol !== undefined) mustBeOneOf(at("protocol"), protocol, PROTOCOLS);
  const rule = "may not be specified when `port` is";
  if (port === undefined) {
    if (endPort !== undefined) at("endPort").invalid(endPort, `${rule} not specified`);
    return;
  }
  if (typeof port === "string") {
    if (endPort !== undefined) at("endPort").invalid(endPort, `${rule} non-numeric`);
    mustFit(at("port"), port, portName);
    return;
  }
  numberMustFit(at("port"), port, portNumber);
  if (endPort === undefined) return;
  if (endPort < port) at("endPort").invalid(port, "must be greater than or equal to `port`");
  numberMustFit(at("endPort"), endPort, portNumber);
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, at: At): void {
  validateLabelSelector(podSelector, at.under("podSelector"));
  validateLabelSelector(namespaceSelector, at.under("namespaceSelector"));
  if (ipBlock !== undefined) validateBlock(ipBlock, at.under("ipBlock"));
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selects && ipBlock === undefined) at("").required("must specify a peer");
  else if (selects && ipBlock !== undefined) at("").forbidden("may not specify both ipBlock and another peer");
}

function validateBlock({ cidr = "", except }: IPBlock, at: At): void {
  if (cidr === "") {
    at("cidr").required();
    return;
  }
  mustFit(at("cidr"), cidr, legacyCidr);
  const block = parseCidr(cidr);
  if (block === undefined) return;
  for (const [text, exceptAt] of eachAt(except, at.under("except"))) {
    mustFit(exceptAt(""), text, legacyCidr);
    const inner = parseCidr(text);
    if (inner === undefined) continue;
    const bits = BigInt((block.family === 4 ? 32 : 128) - block.prefix);
    const isInside = inner.family === block.family && inner.value >> bits === block.value >> bits;
    if (!isInside || block.prefix >= inner.prefix) exceptAt("").invalid(text, "must be a strict subset of `cidr`");
  }
}

/** The field is older than the strict rules of spelling: what can be read is accepted. */
const legacyCidr = (text: string): string[] => (parseCidr(text) === undefined ? cidrFormat(text) : []);
