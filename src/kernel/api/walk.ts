/**
 * Walks values by their shape: decodes what a client sent as Go's decoder would, and fills in what Go always writes.
 *
 * Models k8s.io/apimachinery/pkg/runtime/serializer/json and sigs.k8s.io/json.
 * Leaves out duplicate keys: they are gone once the text is parsed, so the JSON decoder reports them.
 */

import { goTypeOf } from "#kernel/api/go-types";
import { decodeBase64, decodeMicroTime, decodeTime, Refused } from "#kernel/api/scalars";
import { type FieldShape, type GroupVersionKind, type ObjectShape, shapeNamed } from "#kernel/api/shapes";
import { badRequest, type StatusError } from "#kernel/apimachinery/errors";
import { canonicalQuantity, quantityProblem } from "#kernel/apimachinery/quantity";

/** A value as the server understood it. */
export interface Decoded {
  /** Known fields only; shared with the value that came in wherever nothing had to change. */
  readonly value: Record<string, unknown>;
  /** Paths of the fields the shape does not have, `spec.replicaz`, in the order of the document. */
  readonly unknownFields: readonly string[];
  /** What Go's decoder would have failed with, first of all: `json: cannot unmarshal ...`. */
  readonly problem: string | undefined;
  /** The same in the words of the converter that reads a patched object: `cannot restore map from string`. */
  readonly restoreProblem: string | undefined;
}

export type JsonObject = Record<string, unknown>;

/** Deepest nesting of a value; Go's decoder allows 10,000, of which no real object needs a tenth. */
export const DEPTH_MAX = 1_000;

const DROP = Symbol("left out");
const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

interface Walk {
  problem: string | undefined;
  restoreProblem: string | undefined;
  unknownFields: string[];
  /** Field names, map keys (after a dot) and list positions from the root. */
  readonly path: (string | number)[];
  /** The innermost object with a shape, for Go's error messages. */
  owner: string;
}

/** Decodes an object of the shape; it never raises, `problem` says what was wrong. */
export function decode(shape: ObjectShape, value: unknown): Decoded {
  const walk: Walk = { problem: undefined, restoreProblem: undefined, unknownFields: [], path: [], owner: "" };
  const result = isObject(value)
    ? decodeObject(walk, shape, value)
    : mismatch(walk, { type: "object", object: shape }, value);
  const object = isObject(result) ? result : {};
  const { unknownFields, problem, restoreProblem } = walk;
  return { value: object, unknownFields, problem, restoreProblem };
}

/** The answer to what cannot be decoded: `Pod in version "v1" cannot be handled as a Pod: ...`. */
export function cannotBeHandled({ version, kind }: Omit<GroupVersionKind, "group">, problem: string): StatusError {
  return badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${problem}`);
}

function decodeObject(walk: Walk, shape: ObjectShape, value: JsonObject): JsonObject {
  if (walk.path.length > DEPTH_MAX) return refuse(walk, "exceeded max depth", {});
  const { owner } = walk;
  let copy: JsonObject | undefined;
  for (const key in value) {
    const field = shape.fields.get(key);
    const before = value[key];
    walk.path.push(key);
    let after: unknown = before;
    if (field === undefined) after = unknownField(walk, shape, before);
    else {
      walk.owner = shape.name;
      after = before === null ? nullField(field) : decodeField(walk, field, before);
    }
    walk.path.pop();
    if (after === before && copy === undefined) continue;
    copy ??= copyUntil(value, key);
    if (after !== DROP) put(copy, key, after);
  }
  walk.owner = owner;
  return copy ?? value;
}

function unknownField(walk: Walk, shape: ObjectShape, value: unknown): unknown {
  if (shape.preservesUnknown === true) return value;
  walk.unknownFields.push(pathText(walk.path));
  return DROP;
}

/** Null leaves a Go field as it was: unset. Only raw JSON keeps it. */
const nullField = (field: FieldShape): unknown => (field.type === "any" && keepsNull(field) ? null : DROP);

const keepsNull = ({ definition }: FieldShape): boolean => definition?.endsWith("RawExtension") !== true;

function decodeField(walk: Walk, field: FieldShape, value: unknown): unknown {
  switch (field.type) {
    case "any":
      return decodeAny(walk, field, value);
    case "string":
      return typeof value === "string" ? value : mismatch(walk, field, value);
    case "boolean":
      return typeof value === "boolean" ? value : mismatch(walk, field, value);
    case "integer":
      return isInteger(value, field) ? value : mismatch(walk, field, value);
    case "number":
      return typeof value === "number" ? value : mismatch(walk, field, value);
    case "object":
      if (field.object === undefined) return value;
      return isObject(value) ? decodeObject(walk, field.object, value) : mismatch(walk, field, value);
    case "array":
      return Array.isArray(value) ? decodeList(walk, field, value) : mismatch(walk, field, value);
    case "map":
      return isObject(value) ? decodeMap(walk, field, value) : mismatch(walk, field, value);
    case "intOrString":
      return typeof value === "string" || isInteger(value, INT32) ? value : mismatch(walk, INT32, value);
    case "quantity":
      return decodeQuantity(walk, value);
    default:
      return typeof value === "string" ? decodeText(walk, field, value) : mismatch(walk, field, value);
  }
}

const SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/** Raw JSON, but for schemas that may be something else too: Go reads these by hand, dropping what it does not know. */
function decodeAny(walk: Walk, { definition = "" }: FieldShape, value: unknown): unknown {
  if (!definition.startsWith(`${SCHEMA}Or`)) return value;
  const one = (item: unknown): unknown => {
    const known = walk.unknownFields.length;
    const decoded = isObject(item) ? decodeObject(walk, shapeNamed(SCHEMA), item) : item;
    walk.unknownFields.length = known;
    return decoded;
  };
  if (definition.endsWith("OrArray") && Array.isArray(value)) return value.map(one);
  if (isObject(value)) return one(value);
  if (definition.endsWith("OrBool") && typeof value !== "boolean") {
    return refuse(walk, "boolean or JSON schema expected", value);
  }
  if (definition.endsWith("OrArray")) {
    return mismatch(walk, { type: "object", object: shapeNamed(SCHEMA) }, value);
  }
  return value;
}

const INT32: FieldShape = { type: "integer", format: "int32" };

function isInteger(value: unknown, { format }: FieldShape): boolean {
  if (!Number.isInteger(value)) return false;
  return format !== "int32" || ((value as number) <= INT32_MAX && (value as number) >= INT32_MIN);
}

function decodeList(walk: Walk, { items }: FieldShape, value: readonly unknown[]): unknown {
  if (items === undefined) return value;
  let copy: unknown[] | undefined;
  for (let at = 0; at < value.length; at += 1) {
    const before = value[at];
    walk.path.push(at);
    const after = before === null ? zeroOf(items) : decodeField(walk, items, before);
    walk.path.pop();
    if (after === before && copy === undefined) continue;
    copy ??= value.slice(0, at);
    copy.push(after);
  }
  return copy ?? value;
}

function decodeMap(walk: Walk, { values }: FieldShape, value: JsonObject): unknown {
  if (values === undefined) return value;
  let copy: JsonObject | undefined;
  for (const key in value) {
    const before = value[key];
    walk.path.push(`.${key}`);
    const after = before === null ? zeroOf(values) : decodeField(walk, values, before);
    walk.path.pop();
    if (after === before && copy === undefined) continue;
    copy ??= copyUntil(value, key);
    put(copy, key, after);
  }
  return copy ?? value;
}

/** What null is in a list or a map, where it cannot be left out. */
function zeroOf({ type }: FieldShape): unknown {
  if (type === "string" || type === "bytes") return "";
  if (type === "boolean") return false;
  if (type === "integer" || type === "number" || type === "intOrString") return 0;
  if (type === "quantity") return "0";
  if (type === "object" || type === "map") return {};
  return type === "array" ? [] : null;
}

function decodeQuantity(walk: Walk, value: unknown): unknown {
  const text = typeof value === "string" ? value.trim() : JSON.stringify(value);
  const problem = quantityProblem(text);
  if (problem !== undefined) return refuse(walk, problem, value);
  const canonical = canonicalQuantity(text);
  return canonical === value ? value : canonical;
}

function decodeText(walk: Walk, { type }: FieldShape, text: string): unknown {
  const decodeIt = type === "time" ? decodeTime : type === "microTime" ? decodeMicroTime : decodeBase64;
  const result = decodeIt(text);
  return result instanceof Refused ? refuse(walk, result.why, text) : result;
}

function refuse<T>(walk: Walk, problem: string, value: T): T {
  walk.problem ??= problem;
  walk.restoreProblem ??= problem;
  return value;
}

/** The value is of another JSON type than the field; Go names both, the struct, and the path without positions. */
function mismatch(walk: Walk, field: FieldShape, value: unknown): unknown {
  if (walk.problem !== undefined) return value;
  const struct = walk.owner.slice(walk.owner.lastIndexOf(".") + 1);
  const path = walk.path.filter((step) => typeof step === "string" && !step.startsWith(".")).join(".");
  const place = struct === "" ? "Go value" : `Go struct field ${struct}.${path}`;
  walk.restoreProblem = cannotRestore(field, value);
  return refuse(
    walk,
    `json: cannot unmarshal ${jsonKind(field, value)} into ${place} of type ${goTypeOf(field, walk.owner, path)}`,
    value,
  );
}

/** What runtime.DefaultUnstructuredConverter says of a value that does not fit; it names neither field nor struct. */
function cannotRestore(field: FieldShape, value: unknown): string | undefined {
  const kind = goKind(value);
  if (field.type === "map") return `cannot restore map from ${kind}`;
  if (field.type === "array" || field.type === "bytes") return `cannot restore slice from ${kind}`;
  if (field.type === "object") return `cannot restore struct from: ${kind}`;
  if (!["string", "integer", "number", "boolean"].includes(field.type)) return undefined;
  const wanted = field.type === "integer" ? (field.format ?? "int64") : field.type === "boolean" ? "bool" : field.type;
  // Go converts any number to a string of one letter and to any other number; JSON does not.
  const isConvertible = typeof value === "number" && (wanted !== "string" || Number.isInteger(value));
  if (isConvertible && wanted !== "bool")
    return `cannot convert ${kind} to ${wanted === "number" ? "float64" : wanted}`;
  return `unrecognized type: ${wanted === "number" ? "float64" : wanted}`;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "object" ? "map" : typeof value;
}

function jsonKind({ type }: FieldShape, value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return type === "integer" ? `number ${value}` : "number";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** `spec.containers[0].image`, `data.key`. */
function pathText(path: readonly (string | number)[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (step.startsWith(".") || text === "") text += step;
    else text += `.${step}`;
  }
  return text;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function copyUntil(value: JsonObject, end: string): JsonObject {
  const copy: JsonObject = {};
  for (const key in value) {
    if (key === end) break;
    put(copy, key, value[key]);
  }
  return copy;
}

/** Sets a key as data, whatever it is called. */
function put(object: JsonObject, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/**
 * Fills in every field Go writes though nobody set it: `status: {}`, `resources: {}`, `restartCount: 0`.
 *
 * Gives the same object if nothing was missing, else a new one that shares what was whole. Fields Go would write as
 * null are filled in only if `nulls` is true: stored objects have none, answers do.
 */
export function materialize(shape: ObjectShape, object: JsonObject, { nulls = false } = {}): JsonObject {
  const plan = planOf(shape);
  let copy: JsonObject | undefined;
  for (const { name, field, isDeep } of plan) {
    const before = object[name];
    if (before === undefined || before === null) {
      if (field.alwaysPresent !== true || (field.zero === null && (!nulls || before === null))) continue;
      copy ??= { ...object };
      copy[name] = freshZero(field, nulls);
    } else if (isDeep) {
      const after = materializeField(field, before, nulls);
      if (after === before) continue;
      copy ??= { ...object };
      copy[name] = after;
    }
  }
  return copy ?? object;
}

function freshZero(field: FieldShape, nulls: boolean): unknown {
  if (field.type === "object" && field.object !== undefined) return materialize(field.object, {}, { nulls });
  return field.zero;
}

function materializeField(field: FieldShape, value: unknown, nulls: boolean): unknown {
  if (field.type === "object") {
    return field.object !== undefined && isObject(value) ? materialize(field.object, value, { nulls }) : value;
  }
  if (field.type === "array" && field.items !== undefined && Array.isArray(value)) {
    return materializeList(field.items, value, nulls);
  }
  if (field.type !== "map" || field.values === undefined || !isObject(value)) return value;
  let copy: JsonObject | undefined;
  for (const key in value) {
    const after = materializeField(field.values, value[key], nulls);
    if (after === value[key]) continue;
    copy ??= { ...value };
    put(copy, key, after);
  }
  return copy ?? value;
}

function materializeList(items: FieldShape, value: readonly unknown[], nulls: boolean): unknown {
  let copy: unknown[] | undefined;
  for (let at = 0; at < value.length; at += 1) {
    const after = materializeField(items, value[at], nulls);
    if (after === value[at]) continue;
    copy ??= value.slice();
    copy[at] = after;
  }
  return copy ?? value;
}

/** A field that may have to be filled in, or that may hold such a field. */
interface Step {
  readonly name: string;
  readonly field: FieldShape;
  readonly isDeep: boolean;
}

const plans = new WeakMap<ObjectShape, readonly Step[]>();

function planOf(shape: ObjectShape): readonly Step[] {
  const known = plans.get(shape);
  if (known !== undefined) return known;
  // A type that contains itself finds this empty plan while its own is being made.
  plans.set(shape, []);
  const steps: Step[] = [];
  for (const [name, field] of shape.fields) {
    const isDeep = containsZeros(field);
    if (isDeep || field.alwaysPresent === true) steps.push({ name, field, isDeep });
  }
  plans.set(shape, steps);
  return steps;
}

function containsZeros(field: FieldShape): boolean {
  if (field.items !== undefined) return containsZeros(field.items);
  if (field.values !== undefined) return containsZeros(field.values);
  return field.object !== undefined && planOf(field.object).length > 0;
}
