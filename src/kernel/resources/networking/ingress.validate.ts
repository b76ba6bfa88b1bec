/**
 * Whether an Ingress is well formed: hosts, paths by their type, backends, TLS, and its status.
 *
 * Models pkg/apis/networking/validation (ValidateIngressSpec, ValidateIngressLoadBalancerStatus).
 */
import type {
  HTTPIngressPath,
  IngressBackend,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import {
  dns1123Label,
  dns1123Subdomain,
  portName,
  portNumber,
  wildcardDns1123Subdomain,
} from "#kernel/apimachinery/formats";
import { ipAddress, parseIp } from "#kernel/apimachinery/ip";
import { eachAt, mustFit, numberMustFit } from "#kernel/resources/core/pod.validate.fields";
import { validateTypedReference } from "#kernel/resources/networking/ingressclass";

const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];
const SEQUENCES = ["//", "/./", "/../", "%2f", "%2F"];
const SUFFIXES = ["/..", "/."];
const NO_IP = "must be a DNS name, not an IP address";

/** Adds an error for each wrong part of the spec. */
export function validateIngress(spec: IngressSpec, at: At): void {
  const { rules = [], defaultBackend, tls, ingressClassName } = spec;
  if (rules.length === 0 && defaultBackend === undefined) {
    at("").invalid(spec.rules ?? null, "either `defaultBackend` or `rules` must be specified");
  }
  if (defaultBackend !== undefined) validateBackend(defaultBackend, at.under("defaultBackend"));
  for (const [rule, ruleAt] of eachAt(rules, at.under("rules"))) validateRule(rule, ruleAt);
  for (const [one, oneAt] of eachAt(tls, at.under("tls"))) validateTls(one, oneAt);
  if (ingressClassName !== undefined) mustFit(at("ingressClassName"), ingressClassName, dns1123Subdomain);
}

/** Adds an error for each wrong address in the status. */
export function validateIngressStatus(addresses: readonly IngressLoadBalancerIngress[] | undefined, list: At): void {
  for (const [{ ip = "", hostname = "" }, at] of eachAt(addresses, list)) {
    if (ip !== "") mustFit(at("ip"), ip, ipAddress);
    if (hostname === "") continue;
    mustFit(at("hostname"), hostname, dns1123Subdomain);
    if (parseIp(hostname) !== undefined) at("hostname").invalid(hostname, NO_IP);
  }
}

const hostFormat = (host: string): ((text: string) => string[]) =>
  host.includes("*") ? wildcardDns1123Subdomain : dns1123Subdomain;

function validateRule({ host = "", http }: IngressRule, at: At): void {
  if (host !== "") {
    if (parseIp(host) !== undefined) at("host").invalid(host, NO_IP);
    mustFit(at("host"), host, hostFormat(host));
  }
  if (http === undefined) return;
  if ((http.paths ?? []).length === 0) at("http.paths").required();
  for (const [path, pathAt] of eachAt(http.paths, at.under("http.paths"))) validatePath(path, pathAt);
}

function validateTls({ hosts, secretName = "" }: IngressTLS, at: At): void {
  for (const [host, hostAt] of eachAt(hosts, at.under("hosts"))) mustFit(hostAt(""), host, hostFormat(host));
  if (secretName !== "") mustFit(at("secretName"), secretName, dns1123Subdomain);
}

function validatePath({ path = "", pathType = "", backend }: HTTPIngressPath, at: At): void {
  if (pathType === "") {
    at("pathType").required("pathType must be specified");
    return;
  }
  const isFree = pathType === "ImplementationSpecific";
  if (!PATH_TYPES.includes(pathType)) at("pathType").notSupported(pathType, PATH_TYPES);
  else if (!path.startsWith("/") && !(isFree && path === "")) at("path").invalid(path, "must be an absolute path");
  if (pathType === "Exact" || pathType === "Prefix") {
    for (const part of SEQUENCES) if (path.includes(part)) at("path").invalid(path, `must not contain '${part}'`);
    for (const end of SUFFIXES) if (path.endsWith(end)) at("path").invalid(path, `cannot end with '${end}'`);
  }
  validateBackend(backend ?? {}, at.under("backend"));
}

function validateBackend({ resource, service }: IngressBackend, at: At): void {
  if (resource !== undefined && service !== undefined) {
    at("").invalid("", "cannot set both resource and service backends");
  } else if (resource !== undefined) validateTypedReference(resource, at.under("resource"));
  else if (service !== undefined) validateService(service, at);
  else at("").invalid("", "resource or service backend is required");
}

function validateService({ name = "", port = {} }: IngressServiceBackend, at: At): void {
  if (name === "") at("service.name").required();
  else mustFit(at("service.name"), name, dns1123Label);
  const [byName, byNumber] = [port.name ?? "", port.number ?? 0];
  if (byName !== "" && byNumber !== 0) at("").invalid("", "cannot set both port name & port number");
  else if (byName !== "") mustFit(at("service.port.name"), byName, portName);
  else if (byNumber !== 0) numberMustFit(at("service.port.number"), byNumber, portNumber);
  else at("").required("port name or number is required");
}
