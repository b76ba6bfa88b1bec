/**
 * Field errors: what is wrong with which field of an object, worded as upstream words it.
 *
 * Models apimachinery/pkg/util/validation/field.
 */

import { goJson, goNumber, quote } from "#kernel/apimachinery/go-text";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";

export type FieldErrorType =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueNotFound"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid"
  | "InternalError";

export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly badValue?: unknown;
  readonly detail: string;
}

const words: Readonly<Record<FieldErrorType, string>> = {
  FieldValueRequired: "Required value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueForbidden: "Forbidden",
  FieldValueNotFound: "Not found",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  FieldValueTypeInvalid: "Invalid value",
  InternalError: "Internal error",
};

const valueless: ReadonlySet<FieldErrorType> = new Set([
  "FieldValueRequired",
  "FieldValueForbidden",
  "FieldValueTooLong",
  "InternalError",
]);

function printed(value: unknown): string {
  // Upstream turns a nil pointer into the text null before it quotes texts; a nil map or list marshals to a bare null.
  if (value === undefined) return '"null"';
  if (value === null) return "null";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return goNumber(value);
  return typeof value === "object" ? goJson(value) : String(value);
}

/** Gives the error without its field: `Invalid value: "x": must be a number`. */
export function errorBody({ type, badValue, detail }: FieldError): string {
  const isValueShown = !valueless.has(type) && badValue !== omitted;
  const body = isValueShown ? `${words[type]}: ${printed(badValue)}` : words[type];
  return detail === "" ? body : `${body}: ${detail}`;
}

/** Gives the whole error: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. */
export function errorText(error: FieldError): string {
  // A path with no elements prints as <nil> in Go.
  return `${error.field === "" ? "<nil>" : error.field}: ${errorBody(error)}`;
}

/** Gives several errors as one text, each once: `a: ...`, or `[a: ..., b: ...]`. Empty for no error. */
export function aggregateText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(errorText))];
  return texts.length > 1 ? `[${texts.join(", ")}]` : (texts[0] ?? "");
}

/** A value that a message must not print. */
export const omitted: unique symbol = Symbol("omitted");

/** What may be wrong with one field; each call adds one error to the collector. */
export interface FieldProblem {
  required(detail?: string): void;
  invalid(value: unknown, detail: string): void;
  notSupported(value: unknown, allowed: readonly string[]): void;
  duplicate(value: unknown): void;
  forbidden(detail: string): void;
  notFound(value: unknown): void;
  /** `max` in bytes; negative when no limit should be told. */
  tooLong(value: unknown, max: number): void;
  /** `actual` negative when the number should not be told. */
  tooMany(actual: number, max: number): void;
  typeInvalid(value: unknown, detail: string): void;
  internal(detail: string): void;
  /** Compares deeply and adds an error if the value changed. */
  immutable(newValue: unknown, oldValue: unknown, detail?: string): void;
}

/** Collects field errors: `at("spec.selector").required()`. */
export interface At {
  (path: string): FieldProblem;
  /** Gives a collector for the fields below, with the same list of errors. */
  under(path: string): At;
  /** Takes over an error made elsewhere, its field being an absolute path. */
  add(error: FieldError): void;
  readonly errors: readonly FieldError[];
  readonly path: string;
}

/** Joins two field paths: `spec` and `containers[0]`, or `labels` and `[a/b]`. */
export function joinPath(base: string, path: string): string {
  if (path === "") return base;
  if (base === "") return path;
  return path.startsWith("[") ? base + path : `${base}.${path}`;
}

/** Gives a new, empty collector whose paths start with `root`. */
export function collector(root = ""): At {
  return collect([], root);
}

function collect(errors: FieldError[], base: string): At {
  const at = (path: string): FieldProblem => new Problem(errors, joinPath(base, path));
  return Object.assign(at, {
    under: (path: string) => collect(errors, joinPath(base, path)),
    add: (error: FieldError) => void errors.push(error),
    errors: errors as readonly FieldError[],
    path: base,
  });
}

const plural = (count: number, one: string): string => (count === 1 ? `${count} ${one}` : `${count} ${one}s`);

class Problem implements FieldProblem {
  readonly #errors: FieldError[];
  readonly #field: string;

  constructor(errors: FieldError[], field: string) {
    this.#errors = errors;
    this.#field = field;
  }

  #add(type: FieldErrorType, badValue: unknown, detail: string): void {
    this.#errors.push({ type, field: this.#field, badValue, detail });
  }

  required(detail = ""): void {
    this.#add("FieldValueRequired", "", detail);
  }

  invalid(value: unknown, detail: string): void {
    this.#add("FieldValueInvalid", value, detail);
  }

  notSupported(value: unknown, allowed: readonly string[]): void {
    const detail = allowed.length === 0 ? "" : `supported values: ${allowed.map(quote).join(", ")}`;
    this.#add("FieldValueNotSupported", value, detail);
  }

  duplicate(value: unknown): void {
    this.#add("FieldValueDuplicate", value, "");
  }

  forbidden(detail: string): void {
    this.#add("FieldValueForbidden", "", detail);
  }

  notFound(value: unknown): void {
    this.#add("FieldValueNotFound", value, "");
  }

  tooLong(_value: unknown, max: number): void {
    const detail = max < 0 ? "value is too long" : `may not be more than ${plural(max, "byte")}`;
    this.#add("FieldValueTooLong", "<value omitted>", detail);
  }

  tooMany(actual: number, max: number): void {
    const detail = max < 0 ? "has too many items" : `must have at most ${plural(max, "item")}`;
    this.#add("FieldValueTooMany", actual < 0 ? omitted : actual, detail);
  }

  typeInvalid(value: unknown, detail: string): void {
    this.#add("FieldValueTypeInvalid", value, detail);
  }

  internal(detail: string): void {
    this.#add("InternalError", undefined, detail);
  }

  immutable(newValue: unknown, oldValue: unknown, detail = "field is immutable"): void {
    if (!semanticEqual(newValue, oldValue)) this.invalid(newValue, detail);
  }
}
