/**
 * Rules of what a claim asks for, and of what was found for it.
 *
 * Models pkg/apis/resource/validation.
 */
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceClaim,
  DeviceRequest,
  DeviceRequestAllocationResult,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceClaimSpec,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain } from "#kernel/apimachinery/formats";
import { byteLength, quote } from "#kernel/apimachinery/go-text";
import { formatIp, parseCidr } from "#kernel/apimachinery/ip";
import { validateNodeSelector } from "#kernel/resources/core/pod.validate.affinity";
import { validateConditions } from "#kernel/resources/policy/condition.validate";
import {
  DEVICE_LIMITS,
  validateBindingConditions,
  validateConfiguration,
  validateDeviceQualifiedName,
  validateDeviceTolerations,
  validateDriverName,
  validateItems,
  validatePoolName,
  validateRaw,
  validateSelectors,
} from "#kernel/resources/resource/device.validate";
import { equal } from "#kernel/sim/clone";

const MODES: readonly string[] = ["All", "ExactCount"];
const ONE_KIND = "exactly one of `exactly` or `firstAvailable` is required";
const NAMED = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** What a claim, or the template of one, asks for. */
export function validateClaimSpec({ devices = {} }: ResourceClaimSpec, at: At): void {
  const names = requestNames(devices);
  const devicesAt = at.under("devices");
  const byName = { key: ({ name }: { readonly name?: string }) => name ?? "" };
  validateItems(
    devices.requests,
    devicesAt.under("requests"),
    { max: DEVICE_LIMITS.requests, ...byName },
    validateRequest,
  );
  validateItems(
    devices.constraints,
    devicesAt.under("constraints"),
    { max: DEVICE_LIMITS.constraints },
    (one, oneAt) => {
      validateReferences(one.requests, oneAt.under("requests"), names);
      if (one.matchAttribute !== undefined) {
        validateDeviceQualifiedName(one.matchAttribute, oneAt.under("matchAttribute"), true);
      } else if (one.distinctAttribute !== undefined) {
        validateDeviceQualifiedName(one.distinctAttribute, oneAt.under("distinctAttribute"), true);
      } else {
        oneAt("").required(
          'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
        );
      }
    },
  );
  validateItems(devices.config, devicesAt.under("config"), { max: DEVICE_LIMITS.config }, (one, oneAt) => {
    validateReferences(one.requests, oneAt.under("requests"), names);
    validateConfiguration(one, oneAt);
  });
}

/** Every name a request can be referred to by: its own, and that of each of its alternatives. */
function requestNames({ requests = [] }: DeviceClaim): ReadonlySet<string> {
  return new Set(
    requests.flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((sub) => `${name}/${sub.name}`)]),
  );
}

function validateName(name: string, at: At): void {
  for (const text of dns1123Label(name)) at("").invalid(name, text);
}

function validateReference(name: string, at: At, names: ReadonlySet<string>): void {
  const parts = name.split("/");
  if (parts.length <= 2) for (const part of parts) validateName(part, at);
  if (!names.has(name)) at("").invalid(name, NAMED);
}

function validateReferences(requests: readonly string[] | undefined, at: At, names: ReadonlySet<string>): void {
  validateItems(requests, at, { max: DEVICE_LIMITS.requests, key: (name) => name }, (name, nameAt) => {
    validateReference(name, nameAt, names);
  });
}

function validateRequest(request: DeviceRequest, at: At): void {
  const { name = "", exactly, firstAvailable = [] } = request;
  validateName(name, at.under("name"));
  if (exactly === undefined && firstAvailable.length === 0) at("").required(ONE_KIND);
  else if (exactly !== undefined && firstAvailable.length > 0) {
    at("").invalid(undefined, `${ONE_KIND}, but multiple fields are set`);
  } else if (exactly !== undefined) validateExact(exactly, at.under("exactly"));
  else {
    const rules = { max: DEVICE_LIMITS.firstAvailable, key: (sub: { readonly name?: string }) => sub.name ?? "" };
    validateItems(firstAvailable, at.under("firstAvailable"), rules, (sub, subAt) => {
      validateName(sub.name ?? "", subAt.under("name"));
      validateExact(sub, subAt);
    });
  }
}

function validateExact(request: Omit<ExactDeviceRequest, "adminAccess">, at: At): void {
  const { deviceClassName = "", selectors, allocationMode = "", count = 0, tolerations } = request;
  if (deviceClassName === "") at("deviceClassName").required();
  else for (const text of dns1123Subdomain(deviceClassName)) at("deviceClassName").invalid(deviceClassName, text);
  validateSelectors(selectors, at.under("selectors"));
  if (allocationMode === "All") {
    if (count !== 0) at("count").invalid(count, "must not be specified when allocationMode is 'All'");
  } else if (allocationMode === "ExactCount") {
    if (count <= 0) at("count").invalid(count, "must be greater than zero");
  } else at("allocationMode").notSupported(allocationMode, MODES);
  validateDeviceTolerations(tolerations, at.under("tolerations"));
}

const deviceId = ({ driver, pool, device, shareID }: AllocatedDeviceStatus | DeviceRequestAllocationResult): string =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join("/");

/** What a driver tells of a device in use. */
function validateDeviceReport({ conditions = [], data, networkData = {} }: AllocatedDeviceStatus, at: At): void {
  if (conditions.length > DEVICE_LIMITS.deviceConditions) {
    at("conditions").tooMany(conditions.length, DEVICE_LIMITS.deviceConditions);
  }
  validateConditions(conditions, at.under("conditions"));
  if (data !== undefined && data !== null) validateRaw(data, at("data"));
  const { interfaceName = "", hardwareAddress = "", ips } = networkData;
  if (byteLength(interfaceName) > DEVICE_LIMITS.interfaceNameBytes) {
    at("networkData.interfaceName").tooLong("", DEVICE_LIMITS.interfaceNameBytes);
  }
  if (byteLength(hardwareAddress) > DEVICE_LIMITS.hardwareAddressBytes) {
    at("networkData.hardwareAddress").tooLong("", DEVICE_LIMITS.hardwareAddressBytes);
  }
  const addresses = { max: DEVICE_LIMITS.interfaceAddresses, key: (text: string) => text };
  validateItems(ips, at.under("networkData.ips"), addresses, (text, one) => {
    const parsed = parseCidr(text);
    const canonical = parsed === undefined ? "" : `${formatIp(parsed)}/${parsed.prefix}`;
    if (parsed === undefined) {
      one("").invalid(text, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)");
    } else if (text !== canonical) one("").invalid(text, `must be in canonical form (${quote(canonical)})`);
  });
}

/** A change of what was found for a claim, and of who uses it. */
export function validateClaimStatus(claim: ResourceClaim, old: ResourceClaim, at: At): void {
  const { allocation, reservedFor = [], devices } = claim.status ?? {};
  const before = old.status ?? {};
  const names = requestNames(claim.spec.devices ?? {});
  const reserved = { max: DEVICE_LIMITS.reservedFor, key: ({ uid }: { readonly uid?: string }) => uid ?? "" };
  validateItems(reservedFor, at.under("reservedFor"), reserved, (user, userAt) => {
    for (const field of ["resource", "name", "uid"] as const) if ((user[field] ?? "") === "") userAt(field).required();
  });
  const allocated = new Set((allocation?.devices?.results ?? []).map(deviceId));
  const told = { max: Number.POSITIVE_INFINITY, key: deviceId };
  validateItems(devices, at.under("devices"), told, (device, deviceAt) => {
    validateDriverName(device.driver ?? "", deviceAt.under("driver"));
    validatePoolName(device.pool ?? "", deviceAt.under("pool"));
    validateName(device.device ?? "", deviceAt.under("device"));
    if (!allocated.has(deviceId(device))) {
      deviceAt("").invalid(deviceId(device), "must be an allocated device in the claim");
    }
    validateDeviceReport(device, deviceAt);
  });
  if (reservedFor.length > 0 && allocation === undefined) {
    at("reservedFor").forbidden("may not be specified when `allocated` is not set");
  } else if (claim.metadata.deletionTimestamp !== undefined) {
    const isNew = reservedFor.some((user) => !(before.reservedFor ?? []).some((known) => equal(known, user)));
    if (isNew) {
      at("reservedFor").forbidden(
        "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set",
      );
    }
  }
  if (before.allocation !== undefined && allocation !== undefined) {
    at("allocation").immutable(allocation, before.allocation);
  } else if (allocation !== undefined) validateAllocation(allocation, at.under("allocation"), names);
}

function validateAllocation(
  { devices = {}, nodeSelector }: AllocationResult,
  at: At,
  names: ReadonlySet<string>,
): void {
  validateItems(devices.results, at.under("devices.results"), { max: DEVICE_LIMITS.results }, (result, one) => {
    validateReference(result.request ?? "", one.under("request"), names);
    validateDriverName(result.driver ?? "", one.under("driver"));
    validatePoolName(result.pool ?? "", one.under("pool"));
    validateName(result.device ?? "", one.under("device"));
    validateDeviceTolerations(result.tolerations, one.under("tolerations"));
    validateBindingConditions(result, one);
  });
  validateItems(devices.config, at.under("devices.config"), { max: 2 * DEVICE_LIMITS.config }, (config, one) => {
    const { source = "" } = config;
    if (source === "") one("source").required();
    else if (source !== "FromClaim" && source !== "FromClass") {
      one("source").notSupported(source, ["FromClaim", "FromClass"]);
    }
    validateReferences(config.requests, one.under("requests"), names);
    validateConfiguration(config, one);
  });
  if (nodeSelector !== undefined) validateNodeSelector(nodeSelector, at.under("nodeSelector"));
}
