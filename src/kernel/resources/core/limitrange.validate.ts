/**
 * Whether a LimitRange is well formed and its bounds agree with each other.
 *
 * Models pkg/apis/core/validation/validation_limitrange.go.
 */
import type { LimitRangeItem } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { qualifiedName } from "#kernel/apimachinery/formats";
import { cmp, milli } from "#kernel/apimachinery/quantity";
import { eachAt } from "#kernel/resources/core/pod.validate.fields";
import {
  isOvercommitAllowed,
  validateContainerResourceName,
  validateResourceName,
} from "#kernel/resources/core/pod.validate.resources";

const TYPES = ["Pod", "Container", "PersistentVolumeClaim"];

type Bounds = Readonly<Record<string, string>>;

/** Adds an error for each wrong part; `at` stands at the list. */
export function validateLimitRange(items: readonly LimitRangeItem[] | undefined, at: At): void {
  const seen = new Set<string>();
  for (const [item, itemAt] of eachAt(items, at)) {
    validateType(item.type, itemAt);
    if (seen.has(item.type)) itemAt("type").duplicate(item.type);
    seen.add(item.type);
    validateItem(item, itemAt);
  }
}

function validateType(type: string, at: At): void {
  const texts = qualifiedName(type);
  for (const text of texts) at("type").invalid(type, text);
  if (texts.length > 0 || type.includes("/") || TYPES.includes(type)) return;
  at("type").invalid(type, "must be a standard limit type or fully qualified");
}

function validateItem(item: LimitRangeItem, at: At): void {
  const { type, max = {}, min = {}, maxLimitRequestRatio: ratios = {} } = item;
  const isPod = type === "Pod";
  const nameCheck = isPod || type === "Container" ? validateContainerResourceName : validateResourceName;
  const checkNames = (field: string, bounds: Bounds): void => {
    for (const name of Object.keys(bounds)) nameCheck(name, at(`${field}[${name}]`));
  };
  checkNames("max", max);
  checkNames("min", min);
  for (const field of ["default", "defaultRequest"] as const) {
    if (!isPod) checkNames(field, item[field] ?? {});
    else if (Object.keys(item[field] ?? {}).length > 0) {
      at(field).forbidden("may not be specified when `type` is 'Pod'");
    }
  }
  if (type === "PersistentVolumeClaim" && min["storage"] === undefined && max["storage"] === undefined) {
    at("limits").required("either minimum or maximum storage value is required, but neither was provided");
  }
  checkNames("maxLimitRequestRatio", ratios);
  const [limits, requests] = isPod ? [{}, {}] : [item.default ?? {}, item.defaultRequest ?? {}];
  const names = new Set([max, min, limits, requests, ratios].flatMap((bounds) => Object.keys(bounds)));
  for (const name of names) {
    const limit = (limits as Bounds)[name];
    const request = (requests as Bounds)[name];
    validateBounds(name, { min: min[name], max: max[name], limit, request, ratio: ratios[name] }, at);
  }
}

interface Amounts {
  readonly min: string | undefined;
  readonly max: string | undefined;
  readonly limit: string | undefined;
  readonly request: string | undefined;
  readonly ratio: string | undefined;
}

const exceeds = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && cmp(a, b) > 0;

function validateBounds(name: string, { min, max, limit, request, ratio }: Amounts, at: At): void {
  const [requestAt, limitAt, ratioAt] = [
    `defaultRequest[${name}]`,
    `default[${name}]`,
    `maxLimitRequestRatio[${name}]`,
  ];
  const is = (a: string, b: string): string => `${a} is greater than ${b}`;
  if (exceeds(min, max)) at(`min[${name}]`).invalid(min, is(`min value ${min}`, `max value ${max}`));
  if (exceeds(min, request)) at(requestAt).invalid(request, is(`min value ${min}`, `default request value ${request}`));
  if (exceeds(request, max)) at(requestAt).invalid(request, is(`default request value ${request}`, `max value ${max}`));
  if (exceeds(request, limit)) {
    at(requestAt).invalid(request, is(`default request value ${request}`, `default limit value ${limit}`));
  }
  // Upstream shows the bound that is broken, not the value.
  if (exceeds(min, limit)) at(limitAt).invalid(min, is(`min value ${min}`, `default value ${limit}`));
  if (exceeds(limit, max)) at(limitAt).invalid(max, is(`default value ${limit}`, `max value ${max}`));
  if (exceeds("1", ratio)) at(ratioAt).invalid(ratio, `ratio ${ratio} is less than 1`);
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const most = milli(max) / milli(min);
    if (milli(ratio) / 1000 > most) at(ratioAt).invalid(ratio, is(`ratio ${ratio}`, `max/min = ${most.toFixed(6)}`));
  }
  if (isOvercommitAllowed(name) || limit === undefined || request === undefined || cmp(limit, request) === 0) return;
  at(requestAt).invalid(request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`);
}
