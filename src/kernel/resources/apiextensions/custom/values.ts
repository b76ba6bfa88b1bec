/**
 * Values against the schema of a custom resource: types, bounds, patterns, formats, enumerations, logical parts.
 * What an update left as it was is not held against it, although the schema has become stricter.
 *
 * Models kube-openapi/pkg/validation/validate and apiextensions-apiserver/pkg/apiserver/validation (ratcheting.go).
 */

import type { JsonObject } from "#kernel/api/walk";
import { collector, type FieldError, joinPath } from "#kernel/apimachinery/field-errors";
import { goNumber, quote } from "#kernel/apimachinery/go-text";
import { checkedFormat, hasFormat } from "#kernel/resources/apiextensions/custom/formats";
import { mapItem } from "#kernel/resources/apiextensions/custom/lists";
import { matchesPattern } from "#kernel/resources/apiextensions/custom/pattern";
import { rangeErrors } from "#kernel/resources/apiextensions/custom/ranges";
import {
  additionalOf,
  isIntOrString,
  isObject,
  itemsOf,
  own,
  propertiesOf,
  propertyOf,
  type Schema,
} from "#kernel/resources/apiextensions/schema";
import { equal } from "#kernel/sim/clone";

/** What stood at a place before; absent where nothing can be compared. */
export type Former = { readonly value: unknown } | undefined;

/** What is wrong with a value. `base` is put before the fields' paths, as for a status checked by itself. */
export function valueErrors(schema: Schema, value: unknown, former?: Former, base = ""): readonly FieldError[] {
  return check(schema, value, { path: "", base, former }).errors;
}

interface Place {
  /** As messages tell it: `spec.replicas`, empty at the root. */
  readonly path: string;
  readonly base: string;
  readonly former: Former;
}

/** Errors, and how much was right: of several alternatives the one that fits most tells what is wrong. */
interface Result {
  readonly errors: FieldError[];
  matches: number;
}

const result = (): Result => ({ errors: [], matches: 0 });

function merge(into: Result, { errors, matches }: Result): void {
  into.errors.push(...errors);
  into.matches += matches;
}

function check(schema: Schema, value: unknown, place: Place): Result {
  const all = result();
  if (value === null) {
    merge(all, checkType(schema, value, place));
    checkEnum(schema, value, place, all);
  } else {
    if (typesOf(schema).length > 0 || checkedFormat(schema.format) !== "") {
      merge(all, checkType(schema, value, place));
      all.matches += 1;
    }
    merge(all, checkParts(schema, value, place));
    if (typeof value === "string") checkText(schema, value, place, all);
    if (typeof value === "number") checkNumber(schema, value, place, all);
    if (Array.isArray(value)) merge(all, checkList(schema, value, place));
    checkEnum(schema, value, place, all);
    if (isObject(value)) merge(all, checkObject(schema, value, place));
    all.matches += 4;
  }
  const { former } = place;
  if (all.errors.length > 0 && former !== undefined && equal(former.value, value)) return { ...all, errors: [] };
  return all;
}

/** The collector of one place's errors. */
const at = ({ path, base }: Place) => {
  const found = collector();
  return { found, problem: found(joinPath(base, path)) };
};

function typesOf(schema: Schema): readonly string[] {
  if (isIntOrString(schema)) return ["integer", "string"];
  return schema.type === undefined || schema.type === "" ? [] : [schema.type];
}

const named = ({ path }: Place): string => `${path} in body`;

function typeError(place: Place, type: string, said: string): FieldError[] {
  const { found, problem } = at(place);
  problem.typeInvalid(said, `${named(place)} must be of type ${type}: ${quote(said)}`);
  return [...found.errors];
}

/** The type of a JSON value, and the format Go's reflection gives it. */
function typeOf(value: unknown): readonly [type: string, format: string] {
  if (Array.isArray(value)) return ["array", ""];
  if (typeof value === "number") return Number.isInteger(value) ? ["integer", "int64"] : ["number", "float64"];
  return [typeof value === "boolean" ? "boolean" : (typeof value as string), ""];
}

function checkType(schema: Schema, value: unknown, place: Place): Result {
  const types = typesOf(schema);
  const format = checkedFormat(schema.format);
  const right: Result = { errors: [], matches: 1 };
  const wrong = (type: string, said: string): Result => ({ errors: typeError(place, type, said), matches: 0 });
  if (value === null) {
    return types.length > 0 && schema.nullable !== true ? wrong(types.join(","), "null") : right;
  }
  const [type, itsFormat] = typeOf(value);
  const isTextual = typeof value === "string" || Array.isArray(value);
  const isWidened = type === "integer" && types.includes("number");
  const fits = types.includes(type) || isWidened;
  if (!isTextual && format !== "" && !fits && itsFormat !== format) return wrong(format, itsFormat);
  const isNumeric = types.includes("number") || types.includes("integer");
  if (!isNumeric && format !== "" && isTextual) return right;
  return fits ? right : wrong(types.join(","), type);
}

function checkText(
  { maxLength, minLength, pattern = "", format }: Schema,
  text: string,
  place: Place,
  all: Result,
): void {
  all.matches += 1;
  const { found, problem } = at(place);
  const length = maxLength === undefined && minLength === undefined ? 0 : [...text].length;
  if (maxLength !== undefined && length > maxLength) problem.tooLong(text, maxLength);
  else if (minLength !== undefined && length < minLength) {
    problem.invalid(text, `${named(place)} should be at least ${minLength} chars long`);
  } else if (pattern !== "" && !matchesPattern(pattern, text)) {
    problem.invalid(text, `${named(place)} should match '${pattern}'`);
  }
  const known = checkedFormat(format);
  if (known !== "") {
    all.matches += 1;
    if (!hasFormat(known, text)) {
      problem.typeInvalid(text, `${named(place)} must be of type ${known}: ${quote(text)}`);
    }
  }
  all.errors.push(...found.errors);
}

function checkNumber(schema: Schema, value: number, place: Place, all: Result): void {
  all.matches += 2;
  all.errors.push(...rangeErrors(schema, value, place.path));
  const { maximum, minimum, multipleOf, exclusiveMaximum = false, exclusiveMinimum = false } = schema;
  const { found, problem } = at(place);
  if (multipleOf !== undefined && multipleOf !== 0 && !Number.isInteger(ratio(value, multipleOf))) {
    problem.invalid(value, `${named(place)} should be a multiple of ${goNumber(multipleOf)}`);
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    const words = exclusiveMinimum ? "greater than" : "greater than or equal to";
    problem.invalid(value, `${named(place)} should be ${words} ${goNumber(minimum)}`);
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    const words = exclusiveMaximum ? "less than" : "less than or equal to";
    problem.invalid(value, `${named(place)} should be ${words} ${goNumber(maximum)}`);
  }
  all.errors.push(...found.errors);
}

const ratio = (value: number, factor: number): number => (factor < 1 ? (1 / factor) * value : value / factor);

function checkEnum({ enum: allowed = [] }: Schema, value: unknown, place: Place, all: Result): void {
  if (allowed.length === 0 || allowed.some((one) => value !== null && equal(one, value))) return;
  const { found, problem } = at(place);
  const texts = allowed.map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
  problem.notSupported(value === null ? undefined : value, texts);
  all.errors.push(...found.errors);
}

function checkList(schema: Schema, list: readonly unknown[], place: Place): Result {
  const all: Result = { errors: [], matches: 1 };
  const items = itemsOf(schema);
  if (items !== undefined) {
    for (const [n, item] of list.entries()) {
      const former = mapItem(schema, place.former?.value, item);
      merge(all, check(items, item, { ...place, path: `${place.path}[${n}]`, former }));
    }
  }
  const { found, problem } = at(place);
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && list.length < minItems) {
    problem.invalid(list.length, `${named(place)} should have at least ${minItems} items`);
  }
  if (maxItems !== undefined && list.length > maxItems) problem.tooMany(list.length, maxItems);
  all.errors.push(...found.errors);
  return all;
}

/** What stood under a key before. */
function formerField({ former }: Place, key: string): Former {
  const before = former?.value;
  return isObject(before) && Object.hasOwn(before, key) ? { value: before[key] } : undefined;
}

function checkObject(schema: Schema, object: JsonObject, place: Place): Result {
  const { minProperties, maxProperties, required = [] } = schema;
  const keys = Object.keys(object);
  const { found, problem } = at(place);
  if (minProperties !== undefined && keys.length < minProperties) {
    problem.invalid(minProperties, `${named(place)} should have at least ${minProperties} properties`);
    return { errors: [...found.errors], matches: 0 };
  }
  if (maxProperties !== undefined && keys.length > maxProperties) {
    problem.tooMany(keys.length, maxProperties);
    return { errors: [...found.errors], matches: 0 };
  }
  const all = result();
  const additional = additionalOf(schema);
  for (const key of keys) {
    if (propertyOf(schema, key) !== undefined) continue;
    if (schema.additionalProperties === false) {
      problem.invalid(key, `${place.path}.${key} in body is a forbidden property`);
    } else if (additional !== undefined) {
      const path = `${place.path}.${key}`;
      merge(all, check(additional, object[key], { ...place, path, former: formerField(place, key) }));
    }
  }
  for (const [name, property] of propertiesOf(schema)) {
    if (!Object.hasOwn(object, name)) continue;
    const path = place.path === "" ? name : `${place.path}.${name}`;
    merge(all, check(property, own(object, name), { ...place, path, former: formerField(place, name) }));
  }
  for (const name of required) {
    if (!Object.hasOwn(object, name)) found(joinPath(joinPath(place.base, place.path), name)).required();
  }
  all.errors.push(...found.errors);
  return all;
}

/** The error of a logical part: it has no field of its own, only its text. */
function partError(all: Result, place: Place, words: string): void {
  const found = collector();
  found(place.base).invalid("", `${quote(place.path)} must ${words}`);
  all.errors.push(...found.errors);
}

function checkParts(schema: Schema, value: unknown, place: Place): Result {
  const all: Result = { errors: [], matches: 1 };
  const { anyOf = [], oneOf = [], allOf = [], not } = schema;
  if (anyOf.length > 0) checkAnyOf(anyOf, value, place, all);
  if (oneOf.length > 0) checkOneOf(oneOf, value, place, all);
  if (allOf.length > 0) {
    const results = allOf.map((part) => check(part, value, place));
    for (const one of results) merge(all, one);
    const right = results.filter(({ errors }) => errors.length === 0).length;
    if (right < allOf.length) {
      partError(all, place, `validate all the schemas (allOf)${right === 0 ? ". None validated" : ""}`);
    }
  }
  if (not !== undefined && check(not, value, place).errors.length === 0) {
    partError(all, place, "not validate the schema (not)");
  }
  return all;
}

function checkAnyOf(parts: readonly Schema[], value: unknown, place: Place, all: Result): void {
  let best: Result | undefined;
  for (const part of parts) {
    const one = check(part, value, place);
    if (one.errors.length === 0) {
      merge(all, one);
      return;
    }
    if (best === undefined || one.matches > best.matches) best = one;
  }
  partError(all, place, "validate at least one schema (anyOf)");
  if (best !== undefined) merge(all, best);
}

function checkOneOf(parts: readonly Schema[], value: unknown, place: Place, all: Result): void {
  let best: Result | undefined;
  let first: Result | undefined;
  let right = 0;
  for (const part of parts) {
    const one = check(part, value, place);
    if (one.errors.length === 0) {
      right += 1;
      first ??= one;
      best = undefined;
    } else if (right === 0 && (best === undefined || one.matches > best.matches)) best = one;
  }
  if (right === 1) {
    if (first !== undefined) merge(all, first);
    return;
  }
  const found = right === 0 ? "Found none valid" : `Found ${right} valid alternatives`;
  partError(all, place, `validate one and only one schema (oneOf). ${found}`);
  if (best !== undefined) merge(all, best);
}
