/**
 * Whether a Service's cluster IPs, IP families and family policy agree with each other and with what they were.
 *
 * Models ValidateServiceClusterIPsRelatedFields and its update rules in pkg/apis/core/validation.
 */

import type { Service } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { ipAddress, parseIp } from "#kernel/apimachinery/ip";
import { isHeadless, NO_CLUSTER_IP } from "#kernel/resources/core/service.facts";

const FAMILIES: readonly string[] = ["IPv4", "IPv6"];
const POLICIES: readonly string[] = ["PreferDualStack", "RequireDualStack", "SingleStack"];

/** The family of a well-formed address. */
export const familyOf = (ip: string): "IPv4" | "IPv6" => (parseIp(ip)?.family === 6 ? "IPv6" : "IPv4");

/** Adds an error for each disagreement. `at` stands at the spec. */
export function validateClusterIps(service: Service, at: At): void {
  const { type, clusterIP = "", clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = service.spec;
  if (type === "ExternalName") return;
  if (clusterIP === "") {
    if (clusterIPs.length > 0) at("clusterIPs").invalid(clusterIPs, "must be empty when `clusterIP` is not specified");
  } else if (clusterIPs.length === 0) at("clusterIPs").required();
  else if (clusterIPs[0] !== clusterIP) at("clusterIPs").invalid(clusterIPs, "first value must match `clusterIP`");

  ipFamilies.forEach((family, i) => {
    if (!FAMILIES.includes(family)) at(`ipFamilies[${i}]`).notSupported(family, FAMILIES);
    if (ipFamilies.indexOf(family) < i) at(`ipFamilies[${i}]`).duplicate(family);
  });
  if (ipFamilyPolicy !== undefined && !POLICIES.includes(ipFamilyPolicy)) {
    at("ipFamilyPolicy").notSupported(ipFamilyPolicy, POLICIES);
  }
  if (!validateEachIp(clusterIPs, at.under("clusterIPs"))) return;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(familyOf)).size < clusterIPs.length) {
    at("clusterIPs").invalid(clusterIPs, "may specify no more than one IP for each IP family");
  }
  if (isHeadless(service)) return;
  clusterIPs.slice(0, ipFamilies.length).forEach((ip, i) => {
    const family = ipFamilies[i];
    if (family === undefined || !FAMILIES.includes(family) || familyOf(ip) === family) return;
    at(`clusterIPs[${i}]`).invalid(ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``);
  });
}

/** Gives whether each is an address, or the list is "None" alone. */
function validateEachIp(ips: readonly string[], at: At): boolean {
  let areValid = true;
  ips.forEach((ip, i) => {
    if (i === 0 && ip === NO_CLUSTER_IP) {
      if (ips.length === 1) return;
      areValid = false;
      at("").invalid(ips, "'None' must be the first and only value");
      return;
    }
    for (const text of ipAddress(ip)) {
      areValid = false;
      at(`[${i}]`).invalid(ip, text);
    }
  });
  if (ips.length > 2) at("").invalid(ips, "may only hold up to 2 values");
  return areValid;
}

const fixed = "may not change once set";

/** Adds an error where an IP or a family that is in use would change. `at` stands at the spec. */
export function validateClusterIpsUpdate(service: Service, old: Service, at: At): void {
  if (service.spec.type === "ExternalName" || old.spec.type === "ExternalName") return;
  const [isBare, wasBare] = [isHeadless(service), isHeadless(old)];
  if (!(isBare && wasBare)) validateIpsUpdate(service, old, at);
  if (!isBare && !wasBare) validateFamiliesUpdate(service, old, at);
}

function validateIpsUpdate({ spec }: Service, { spec: was }: Service, at: At): void {
  const { clusterIPs: ips = [], ipFamilyPolicy } = spec;
  const { clusterIPs: before = [] } = was;
  if (before.length === ips.length) {
    before.forEach((ip, i) => {
      if (ips[i] !== ip) at(`clusterIPs[${i}]`).invalid(ips, fixed);
    });
    return;
  }
  if (before.length > 0 && ips.length > 0 && ips[0] !== before[0]) at("clusterIPs[0]").invalid(ips, fixed);
  if (before.length < ips.length) return;
  if (ips.length === 0) at("clusterIPs[0]").invalid(ips, "primary clusterIP can not be unset");
  if (ips.length === 1 && ipFamilyPolicy !== "SingleStack") {
    const detail = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    at("ipFamilyPolicy").invalid(ipFamilyPolicy, detail);
  }
}

function validateFamiliesUpdate({ spec }: Service, { spec: was }: Service, at: At): void {
  const { clusterIPs: ips = [], ipFamilies: families = [], ipFamilyPolicy } = spec;
  const { ipFamilies: before = [] } = was;
  // A client that says nothing of families has not changed them: they are filled in with the allocation.
  if (families.length === 0) return;
  if (before.length === families.length) {
    before.forEach((family, i) => {
      if (families[i] !== family) at("ipFamilies[0]").invalid(families, fixed);
    });
    return;
  }
  if (before.length > 0 && families[0] !== before[0]) at("ipFamilies[0]").invalid(ips, fixed);
  if (before.length < families.length || families.length !== 1 || ipFamilyPolicy === "SingleStack") return;
  const detail = "must be set to 'SingleStack' when releasing the secondary ipFamily";
  at("ipFamilyPolicy").invalid(ipFamilyPolicy, detail);
}
