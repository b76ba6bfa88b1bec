/**
 * Rules of published devices.
 *
 * Models pkg/apis/resource/validation.
 * Leaves out the ranges and steps of requestPolicy: a driver that shares a device by capacity is refused by name.
 */
import type { Counter, Device, DeviceAttribute, ResourceSliceSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from "#kernel/apimachinery/formats";
import { byteLength, goStruct } from "#kernel/apimachinery/go-text";
import { validateNodeSelector } from "#kernel/resources/core/pod.validate.affinity";
import {
  validateBindingConditions,
  validateDeviceQualifiedName,
  validateDriverName,
  validateItems,
  validatePoolName,
} from "#kernel/resources/resource/device.validate";

const MAX = { devices: 128, advanced: 64, properties: 32, taints: 16, text: 64, counterSets: 8, counters: 32 } as const;
const ONE_PLACE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
const ONE_DEVICE_PLACE =
  "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true " +
  "in the ResourceSlice spec";
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/** Checks a slice's spec. */
export function validateSlice(spec: ResourceSliceSpec, at: At): void {
  const { devices, sharedCounters, pool } = spec;
  validateDriverName(spec.driver ?? "", at.under("driver"));
  validatePoolName(pool?.name ?? "", at.under("pool.name"));
  const { resourceSliceCount = 0, generation = 0 } = pool ?? {};
  if (resourceSliceCount <= 0) at("pool.resourceSliceCount").invalid(resourceSliceCount, "must be greater than zero");
  if (generation < 0) at("pool.generation").invalid(generation, "must be greater than or equal to zero");
  validatePlace(spec, at);
  if (sharedCounters !== undefined && devices !== undefined) {
    at("").invalid("", "only one of `sharedCounters` or `devices` is allowed");
  }
  const isAdvanced = (devices ?? []).some(
    ({ taints = [], consumesCounters = [] }) => taints.length > 0 || consumesCounters.length > 0,
  );
  const rules = { max: isAdvanced ? MAX.advanced : MAX.devices, key: ({ name }: Device) => name };
  validateItems(devices, at.under("devices"), rules, (device, deviceAt) => {
    validateDevice(device, deviceAt, spec.perDeviceNodeSelection === true);
  });
  const sets = { max: MAX.counterSets, key: ({ name }: { readonly name: string }) => name };
  validateItems(sharedCounters, at.under("sharedCounters"), sets, ({ name = "", counters }, setAt) => {
    if (name === "") setAt("name").required();
    else for (const text of dns1123Label(name)) setAt("name").invalid(name, text);
    validateCounters(counters, setAt.under("counters"));
  });
}

function validatePlace(spec: ResourceSliceSpec, at: At): void {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec;
  const set: string[] = [];
  if (nodeName === "") at("nodeName").invalid(nodeName, "must be either unset or set to a non-empty string");
  else if (nodeName !== undefined) {
    set.push("`nodeName`");
    for (const text of dns1123Subdomain(nodeName)) at("nodeName").invalid(nodeName, text);
  }
  if (nodeSelector !== undefined) {
    set.push("`nodeSelector`");
    validateNodeSelector(nodeSelector, at.under("nodeSelector"));
    const { nodeSelectorTerms: terms = [] } = nodeSelector;
    if (terms.length !== 1) {
      at("nodeSelector.nodeSelectorTerms").invalid(terms, "must have exactly one node selector term");
    }
  }
  for (const [field, value] of Object.entries({ allNodes, perDeviceNodeSelection })) {
    if (value === false) at(field).invalid(false, "must be either unset or set to true");
    else if (value === true) set.push(`\`${field}\``);
  }
  if (set.length === 0) at("").required(ONE_PLACE);
  else if (set.length > 1) at("").invalid(`{${set.join(", ")}}`, `${ONE_PLACE}, but multiple fields are set`);
}

function validateDevice(device: Device, at: At, hasOwnPlace: boolean): void {
  const { name = "", attributes = {}, capacity = {} } = device;
  for (const text of dns1123Label(name)) at("name").invalid(name, text);
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > MAX.properties) {
    at("").invalid(count, `the total number of attributes and capacities must not exceed ${MAX.properties}`);
  }
  for (const key of Object.keys(attributes).sort()) {
    validateDeviceQualifiedName(key, at.under(`attributes[${key}]`));
    validateAttribute(attributes[key] ?? {}, at.under(`attributes[${key}]`));
  }
  for (const key of Object.keys(capacity).sort()) {
    validateDeviceQualifiedName(key, at.under(`capacity[${key}]`));
    if (capacity[key]?.requestPolicy === undefined) continue;
    const problem = at(`capacity[${key}].requestPolicy`);
    if (device.allowMultipleAllocations !== true) problem.forbidden("allowMultipleAllocations must be true");
    else problem.forbidden("sharing devices by capacity is not simulated");
  }
  validateTaints(device, at.under("taints"));
  const consumed = { max: MAX.counterSets, key: ({ counterSet }: { readonly counterSet: string }) => counterSet };
  validateItems(
    device.consumesCounters,
    at.under("consumesCounters"),
    consumed,
    ({ counterSet = "", counters }, one) => {
      if (counterSet === "") one("counterSet").required();
      else for (const text of dns1123Label(counterSet)) one("counterSet").invalid(counterSet, text);
      validateCounters(counters, one.under("counters"));
    },
  );
  validateDevicePlace(device, at, hasOwnPlace);
  validateBindingConditions(device, at);
}

function validateCounters(counters: Readonly<Record<string, Counter>> = {}, at: At): void {
  const names = Object.keys(counters).sort();
  if (names.length === 0) at("").required();
  if (names.length > MAX.counters) {
    at("").tooMany(names.length, MAX.counters);
    return;
  }
  for (const name of names) for (const text of dns1123Label(name)) at(`[${name}]`).invalid(name, text);
}

function validateDevicePlace({ nodeName, nodeSelector, allNodes }: Device, at: At, isWanted: boolean): void {
  const set: string[] = [];
  if (!isWanted) {
    if (nodeName === undefined && nodeSelector === undefined && allNodes === undefined) return;
    const text =
      "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the " +
      "ResourceSlice spec";
    at("").invalid(undefined, text);
    return;
  }
  if (nodeName === "") at("nodeName").invalid(nodeName, "must not be empty");
  else if (nodeName !== undefined) {
    set.push("`nodeName`");
    for (const text of dns1123Subdomain(nodeName)) at("nodeName").invalid(nodeName, text);
  }
  if (nodeSelector !== undefined) {
    set.push("`nodeSelector`");
    validateNodeSelector(nodeSelector, at.under("nodeSelector"));
  }
  if (allNodes === false) at("allNodes").invalid(false, "must be either unset or set to true");
  else if (allNodes === true) set.push("`allNodes`");
  if (set.length === 0) at("").required(ONE_DEVICE_PLACE);
  else if (set.length > 1) at("").invalid(`{${set.join(", ")}}`, ONE_DEVICE_PLACE);
}

const VALUES = ["bool", "int", "string", "version", "bools", "ints", "strings", "versions"] as const;

function validateAttribute(attribute: DeviceAttribute, at: At): void {
  const set = VALUES.filter((field) => attribute[field] !== undefined);
  for (const field of set) {
    const value = attribute[field];
    if (Array.isArray(value) && value.length === 0) at(field).invalid(value, "must not be empty if specified");
    const texts = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");
    texts.forEach((text, i) => {
      const problem = at(Array.isArray(value) ? `${field}[${i}]` : field);
      if (field.startsWith("version") && !SEMVER.test(text)) {
        problem.invalid(text, "must be a string compatible with semver.org spec 2.0.0");
      }
      if (byteLength(text) > MAX.text) problem.tooLong("", MAX.text);
    });
  }
  if (set.length !== 1)
    at("").invalid(set.length === 0 ? "" : printed(attribute), "exactly one value must be specified");
}

const printed = ({ int, bool, string, version }: DeviceAttribute): object =>
  goStruct({
    IntValue: int ?? null,
    BoolValue: bool ?? null,
    StringValue: string ?? null,
    VersionValue: version ?? null,
  });

const EFFECTS: readonly string[] = ["NoExecute", "NoSchedule", "None"];

function validateTaints({ taints }: Device, at: At): void {
  validateItems(taints, at, { max: MAX.taints }, ({ key = "", value = "", effect = "" }, one) => {
    for (const text of qualifiedName(key)) one("key").invalid(key, text);
    if (value !== "") for (const text of labelValue(value)) one("value").invalid(value, text);
    if (effect === "") one("effect").required();
    else if (!EFFECTS.includes(effect)) one("effect").notSupported(effect, EFFECTS);
  });
}
