/**
 * JSONPath as kubectl and printer columns know it: `.spec.list[0].name`, `.status.conditions[?(@.type=="Ready")].status`.
 *
 * Models k8s.io/client-go/util/jsonpath.
 * Leaves out templates around the path (`{range}`, text): a path alone is all that columns may have.
 */

type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "all" }
  | { readonly kind: "deep" }
  | { readonly kind: "slice"; readonly from?: number; readonly to?: number; readonly by?: number }
  | { readonly kind: "union"; readonly paths: readonly (readonly Step[])[] }
  | { readonly kind: "filter"; readonly left: Operand; readonly operator: string; readonly right: Operand };

type Operand = { readonly path: readonly Step[] } | { readonly value: string | number | boolean };

/** A path ready to be looked up. */
export type JsonPath = readonly Step[];

class PathError extends Error {}

/** Reads a path; undefined if it is none. */
export function parseJsonPath(text: string): JsonPath | undefined {
  try {
    return new Parser(text).path();
  } catch (error) {
    if (error instanceof PathError) return undefined;
    throw error;
  }
}

class Parser {
  #at = 0;

  constructor(readonly text: string) {}

  path(): JsonPath {
    const steps: Step[] = [];
    if (this.text.startsWith("$") || this.text.startsWith("@")) this.#at = 1;
    while (this.#at < this.text.length) {
      if (this.text.startsWith("..", this.#at)) {
        this.#at += 2;
        steps.push({ kind: "deep" });
        if (this.text[this.#at] !== "[") steps.push(this.#name());
      } else if (this.text[this.#at] === ".") {
        this.#at += 1;
        if (this.text[this.#at] === "[" || this.#at === this.text.length) continue;
        steps.push(this.#name());
      } else if (this.text[this.#at] === "[") steps.push(this.#bracket());
      else throw new PathError("a step begins with . or [");
    }
    return steps;
  }

  #name(): Step {
    let name = "";
    for (; this.#at < this.text.length; this.#at += 1) {
      const char = this.text[this.#at] as string;
      if (char === "\\" && this.#at + 1 < this.text.length) {
        this.#at += 1;
        name += this.text[this.#at];
      } else if (/[.[\]\s(){}'"|,]/.test(char)) break;
      else name += char;
    }
    if (name === "") throw new PathError("a field has a name");
    return name === "*" ? { kind: "all" } : { kind: "field", name };
  }

  #bracket(): Step {
    const inside = this.#inside();
    const filter = /^\?\((.*)\)$/s.exec(inside);
    if (filter !== null) return filterOf(filter[1] ?? "");
    if (inside === "*") return { kind: "all" };
    const parts = splitUnion(inside);
    const steps = parts.map(bracketStep);
    const [only] = steps;
    if (only === undefined) throw new PathError("nothing between brackets");
    return steps.length === 1 ? only : { kind: "union", paths: steps.map((step) => [step]) };
  }

  /** What stands between a bracket and the one that closes it. */
  #inside(): string {
    let quote = "";
    let depth = 0;
    const start = this.#at + 1;
    for (; this.#at < this.text.length; this.#at += 1) {
      const char = this.text[this.#at] as string;
      if (quote !== "") {
        if (char === "\\") this.#at += 1;
        else if (char === quote) quote = "";
      } else if (char === "'" || char === '"') quote = char;
      else if (char === "[") depth += 1;
      else if (char === "]") {
        depth -= 1;
        if (depth > 0) continue;
        this.#at += 1;
        return this.text.slice(start, this.#at - 1).trim();
      }
    }
    throw new PathError("a bracket is not closed");
  }
}

const splitUnion = (text: string): string[] =>
  [...text.matchAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,]+/gs)].map(([part]) => part.trim());

function bracketStep(text: string): Step {
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted !== null) return { kind: "field", name: (quoted[2] ?? "").replace(/\\(.)/gs, "$1") };
  if (/^-?\d+$/.test(text)) {
    const index = Number(text);
    return index === -1 ? { kind: "slice", from: -1 } : { kind: "slice", from: index, to: index + 1 };
  }
  const slice = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(text);
  if (slice !== null) {
    const [from, to, by] = slice.slice(1).map((part) => (part === undefined || part === "" ? undefined : Number(part)));
    return {
      kind: "slice",
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(by !== undefined && { by }),
    };
  }
  const path = parseJsonPath(text.startsWith(".") ? text : `.${text}`);
  if (path === undefined || path.length !== 1) throw new PathError("not an index, a name or a slice");
  return path[0] as Step;
}

function filterOf(text: string): Step {
  const found = /^\s*(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*$/s.exec(text);
  if (found === null)
    return { kind: "filter", left: operandOf(text.trim()), operator: "exists", right: { value: true } };
  const [, left = "", operator = "", right = ""] = found;
  return { kind: "filter", left: operandOf(left), operator, right: operandOf(right) };
}

function operandOf(text: string): Operand {
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted !== null) return { value: (quoted[2] ?? "").replace(/\\(.)/gs, "$1") };
  if (/^-?\d+(\.\d+)?$/.test(text)) return { value: Number(text) };
  if (text === "true" || text === "false") return { value: text === "true" };
  if (!text.startsWith("@") && !text.startsWith("$") && !text.startsWith(".")) throw new PathError("unknown operand");
  const path = parseJsonPath(text);
  if (path === undefined) throw new PathError("an operand is a value or a path");
  return { path };
}

/** Every value a path leads to; keys that are missing lead nowhere. */
export function findJsonPath(path: JsonPath, value: unknown): unknown[] {
  let found: unknown[] = [value];
  for (const step of path) found = found.flatMap((one) => follow(step, one));
  return found;
}

function follow(step: Step, value: unknown): unknown[] {
  switch (step.kind) {
    case "field":
      return isFields(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case "all":
      return membersOf(value);
    case "deep":
      return [value, ...membersOf(value).flatMap((member) => follow(step, member))];
    case "slice":
      return Array.isArray(value) ? sliceOf(step, value) : [];
    case "union":
      return step.paths.flatMap((path) => findJsonPath(path, value));
    case "filter":
      return (Array.isArray(value) ? value : []).filter((item) => passes(step, item));
  }
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const membersOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isFields(value) ? Object.values(value) : [];

function sliceOf({ from = 0, to, by = 1 }: Extract<Step, { kind: "slice" }>, list: readonly unknown[]): unknown[] {
  const part = list.slice(from, to ?? list.length);
  return by > 1 ? part.filter((_, n) => n % by === 0) : part;
}

function passes({ left, operator, right }: Extract<Step, { kind: "filter" }>, item: unknown): boolean {
  const [a, ...more] = valuesOf(left, item);
  if (operator === "exists") return a !== undefined;
  const [b] = valuesOf(right, item);
  if (a === undefined || b === undefined || more.length > 0 || typeof a !== typeof b) return false;
  if (operator === "==") return a === b;
  if (operator === "!=") return a !== b;
  if (typeof a !== "string" && typeof a !== "number") return false;
  const order = a < (b as typeof a) ? -1 : a > (b as typeof a) ? 1 : 0;
  if (operator === "<") return order < 0;
  if (operator === ">") return order > 0;
  return operator === "<=" ? order <= 0 : order >= 0;
}

const valuesOf = (operand: Operand, item: unknown): unknown[] =>
  "path" in operand ? findJsonPath(operand.path, item) : [operand.value];
