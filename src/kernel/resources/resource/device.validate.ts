/**
 * Rules shared by the kinds about devices: names, selectors, configurations, tolerations, lists that are sets.
 *
 * Models pkg/apis/resource/validation.
 */
import type { DeviceSelector, DeviceToleration, OpaqueDeviceConfiguration } from "#kernel/api/types.gen";
import type { At, FieldProblem } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain, labelValue, qualifiedName, regexText } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";
import { compileDeviceSelector } from "#kernel/resources/resource/device.cel";

export const DEVICE_LIMITS = {
  requests: 32,
  constraints: 32,
  config: 32,
  firstAvailable: 8,
  selectors: 32,
  expressionBytes: 10 * 1024,
  parametersBytes: 10 * 1024,
  tolerations: 16,
  bindingConditions: 4,
  deviceConditions: 8,
  interfaceNameBytes: 256,
  hardwareAddressBytes: 128,
  interfaceAddresses: 16,
  reservedFor: 256,
  results: 32,
  poolNameBytes: 253,
  driverNameBytes: 63,
  identifierBytes: 32,
} as const;

interface ListRules<T> {
  readonly max: number;
  /** What must not come twice; lists without it may repeat. */
  readonly key?: (item: T) => string;
}

/** Checks each item of a list, how many they are and, for sets, that none comes twice. */
export function validateItems<T>(
  items: readonly T[] | undefined = [],
  at: At,
  { max, key }: ListRules<T>,
  check: (item: T, at: At) => void,
): void {
  if (items.length > max) {
    at("").tooMany(items.length, max);
    return;
  }
  const seen = new Set<string>();
  items.forEach((item, i) => {
    check(item, at.under(`[${i}]`));
    const id = key?.(item);
    if (id === undefined) return;
    if (seen.has(id)) at(`[${i}]`).duplicate(id);
    seen.add(id);
  });
}

/** The name of a driver: as a CSI driver's. */
export function validateDriverName(name: string, at: At): void {
  if (name === "") at("").required();
  if (name.length > DEVICE_LIMITS.driverNameBytes) at("").tooLong("", DEVICE_LIMITS.driverNameBytes);
  if (name !== "") for (const text of dns1123Subdomain(name.toLowerCase())) at("").invalid(name, text);
}

/** The name of a pool: DNS subdomains between slashes. */
export function validatePoolName(name: string, at: At): void {
  if (name === "") {
    at("").required();
    return;
  }
  if (byteLength(name) > DEVICE_LIMITS.poolNameBytes) at("").tooLong("", DEVICE_LIMITS.poolNameBytes);
  for (const part of name.split("/")) for (const text of dns1123Subdomain(part)) at("").invalid(part, text);
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const IDENTIFIER_TEXT = regexText(
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  "[A-Za-z_][A-Za-z0-9_]*",
  "my_name",
  "MY_NAME",
  "MyName",
);

function validateIdentifier(name: string, at: At): void {
  if (name.length > DEVICE_LIMITS.identifierBytes) at("").tooLong("", DEVICE_LIMITS.identifierBytes);
  if (!IDENTIFIER.test(name)) at("").invalid(name, IDENTIFIER_TEXT);
}

/** The name of an attribute or a capacity: an identifier, in the domain of a driver if it has one. */
export function validateDeviceQualifiedName(name: string, at: At, mustBeFull = false): void {
  const parts = name.split("/");
  const [domain = "", id = ""] = parts;
  if (parts.length === 1) validateIdentifier(name, at);
  else if (parts.length === 2) {
    if (domain === "") at("").invalid("", "the domain must not be empty");
    else validateDriverName(domain, at);
    if (id === "") at("").invalid("", "the name must not be empty");
    else validateIdentifier(id, at);
  }
  // Upstream takes names with more slashes as they are.
  if (mustBeFull && parts.length === 1) {
    at("").invalid(name, "a fully qualified name must be a domain and a name separated by a slash");
  }
}

/** The selectors of a class or of a request. */
export function validateSelectors(selectors: readonly DeviceSelector[] | undefined, at: At): void {
  validateItems(selectors, at, { max: DEVICE_LIMITS.selectors }, ({ cel }, selectorAt) => {
    if (cel === undefined) {
      selectorAt("cel").required();
      return;
    }
    const { expression = "" } = cel;
    const problem = selectorAt("cel.expression");
    if (byteLength(expression) > DEVICE_LIMITS.expressionBytes) {
      problem.tooLong("", DEVICE_LIMITS.expressionBytes);
      return;
    }
    const compiled = compileDeviceSelector(expression);
    if (typeof compiled === "string") problem.invalid(expression, compiled);
  });
}

/** What a driver is told: opaque to everybody else. */
export function validateConfiguration({ opaque }: { readonly opaque?: OpaqueDeviceConfiguration }, at: At): void {
  if (opaque === undefined) {
    at("opaque").required();
    return;
  }
  validateDriverName(opaque.driver ?? "", at.under("opaque.driver"));
  validateRaw(opaque.parameters, at("opaque.parameters"));
}

/** JSON of an object, not too long. */
export function validateRaw(value: unknown, problem: FieldProblem): void {
  if (value === undefined || value === null) problem.required();
  else if (byteLength(JSON.stringify(value)) > DEVICE_LIMITS.parametersBytes) {
    problem.tooLong("", DEVICE_LIMITS.parametersBytes);
  } else if (typeof value !== "object" || Array.isArray(value)) {
    problem.invalid("<value omitted>", "must be a valid JSON object");
  }
}

interface BindingConditions {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

/** What must be so before a pod is bound to a device, and what must not: neither without the other. */
export function validateBindingConditions(device: BindingConditions, at: At): void {
  const { bindingConditions: wanted = [], bindingFailureConditions: unwanted = [] } = device;
  const lists = [
    ["bindingConditions", wanted],
    ["bindingFailureConditions", unwanted],
  ] as const;
  for (const [field, list] of lists) {
    validateItems(list, at.under(field), { max: DEVICE_LIMITS.bindingConditions }, (name, one) => {
      for (const text of qualifiedName(name)) one("").invalid(name, text);
    });
  }
  wanted.forEach((name, i) => {
    if (wanted.indexOf(name) < i) at(`bindingConditions[${i}]`).duplicate(name);
  });
  unwanted.forEach((name, i) => {
    const problem = at(`bindingFailureConditions[${i}]`);
    if (unwanted.indexOf(name) < i) problem.duplicate(name);
    if (wanted.includes(name)) {
      problem.invalid(name, "bindingFailureConditions must not overlap with bindingConditions");
    }
  });
  if (wanted.length === 0 && unwanted.length > 0) {
    const text = "bindingConditions are required to use bindingFailureConditions";
    at("bindingConditions").invalid(device.bindingConditions ?? null, text);
  }
  if (unwanted.length === 0 && wanted.length > 0) {
    const text = "bindingFailureConditions are required to use bindingConditions";
    at("bindingFailureConditions").invalid(device.bindingFailureConditions ?? null, text);
  }
}

const EFFECTS: readonly string[] = ["NoExecute", "NoSchedule", "None"];
const OPERATORS: readonly string[] = ["Equal", "Exists"];

/** The tolerations of a request or of a result. */
export function validateDeviceTolerations(tolerations: readonly DeviceToleration[] | undefined, at: At): void {
  validateItems(tolerations, at, { max: DEVICE_LIMITS.tolerations }, (toleration, one) => {
    const { key = "", operator = "", value = "", effect = "" } = toleration;
    if (key !== "") for (const text of qualifiedName(key)) one("key").invalid(key, text);
    if (operator === "Exists") {
      if (value !== "") one("value").invalid(value, "must be empty for operator `Exists`");
    } else if (operator === "Equal") {
      for (const text of labelValue(value)) one("value").invalid(value, text);
    } else if (operator === "") one("operator").required();
    else one("operator").notSupported(operator, OPERATORS);
    if (effect !== "" && !EFFECTS.includes(effect)) one("effect").notSupported(effect, EFFECTS);
  });
}
