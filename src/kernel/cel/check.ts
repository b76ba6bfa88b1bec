/**
 * The checker: gives every node its type, or says what does not fit, in cel-go's words.
 *
 * Models cel-go/checker and the validators of cel-go/cel/validator.go.
 */
import type { Call, Comprehension, Expr, ListExpr, MapExpr, Select, Struct } from "#kernel/cel/ast";
import type { Problem } from "#kernel/cel/errors";
import type { FunctionTable, Overload } from "#kernel/cel/functions";
import { parseGoDuration, parseTimestamp } from "#kernel/cel/library/instants";
import { regexProblem } from "#kernel/cel/library/regex";
import { qualifiedName } from "#kernel/cel/parser";
import {
  assignable,
  Bindings,
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  ERROR,
  INT,
  isDyn,
  isOptionalType,
  joined,
  listOf,
  mapOf,
  moreGeneral,
  NULL,
  type ObjectType,
  optionalOf,
  STRING,
  TIMESTAMP,
  typeOf,
  typeText,
  UINT,
} from "#kernel/cel/types";
import { Uint } from "#kernel/cel/values";

/** What an expression may name. */
export interface Declarations {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly functions: FunctionTable;
  /** Types that may be written as `Name{...}`, by name. */
  readonly structs?: ((name: string) => ObjectType | undefined) | undefined;
  /** Whether items of one literal may be of several types, as the language allows and Kubernetes does not. */
  readonly allowsMixed?: boolean | undefined;
}

const TYPE_NAMES: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ...([
    ["bool", BOOL],
    ["int", INT],
    ["uint", UINT],
    ["double", DOUBLE],
    ["string", STRING],
  ] as const),
  ...([
    ["bytes", BYTES],
    ["list", listOf(DYN)],
    ["map", mapOf(DYN, DYN)],
    ["null_type", NULL],
  ] as const),
  ...([
    ["type", typeOf(DYN)],
    ["google.protobuf.Timestamp", TIMESTAMP],
  ] as const),
  ...([
    ["google.protobuf.Duration", DURATION],
    ["optional_type", optionalOf(DYN)],
    ["dyn", DYN],
  ] as const),
]);

/** Types every node of the tree and gives the type of the whole; problems are added to `problems`. */
export function check(tree: Expr, declarations: Declarations, problems: Problem[]): CelType {
  const checker = new Checker(declarations, problems);
  const type = checker.check(tree);
  return checker.bindings.resolve(type, true);
}

class Checker {
  readonly bindings = new Bindings();
  readonly #scopes: { readonly name: string; readonly type: CelType }[] = [];
  #fresh = 0;
  /** Within the arguments of `format`, whose list may hold anything. */
  #isFormat = false;

  readonly declarations: Declarations;
  readonly problems: Problem[];

  constructor(declarations: Declarations, problems: Problem[]) {
    this.declarations = declarations;
    this.problems = problems;
  }

  check(expr: Expr): CelType {
    const type = this.#typed(expr);
    expr.type = type;
    return type;
  }

  #typed(expr: Expr): CelType {
    switch (expr.op) {
      case "literal":
        return literalType(expr.value);
      case "ident":
        return this.#named(expr.name) ?? this.#undeclared(expr.at, expr.name);
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return this.#struct(expr);
      case "fold":
        return this.#fold(expr);
    }
  }

  #problem(at: number, message: string): CelType {
    this.problems.push({ at, message });
    return ERROR;
  }

  #undeclared(at: number, name: string): CelType {
    return this.#problem(at, `undeclared reference to '${name}' (in container '')`);
  }

  #named(name: string): CelType | undefined {
    const plain = name.startsWith(".") ? name.slice(1) : name;
    if (plain === name) {
      for (let n = this.#scopes.length - 1; n >= 0; n -= 1) {
        const scope = this.#scopes[n];
        if (scope?.name === plain) return scope.type;
      }
    }
    const variable = this.declarations.variables.get(plain);
    if (variable !== undefined) return variable;
    const type = TYPE_NAMES.get(plain);
    return type === undefined ? undefined : typeOf(type);
  }

  #select(expr: Select): CelType {
    const name = expr.isTest || expr.isOptional ? undefined : qualifiedName(expr);
    const whole = name === undefined || this.#isLocal(name) ? undefined : this.#named(name);
    if (whole !== undefined && name !== undefined) {
      expr.qualified = name;
      return whole;
    }
    const operand = this.bindings.resolve(this.check(expr.operand));
    const isOptional = isOptionalType(operand);
    const of = isOptional ? (operand.params[0] ?? DYN) : operand;
    const field = this.#field(expr, this.bindings.find(of));
    if (expr.isTest) return BOOL;
    return expr.isOptional || isOptional ? optionalOf(field) : field;
  }

  #isLocal(name: string): boolean {
    const head = name.split(".", 1)[0];
    return this.#scopes.some((scope) => scope.name === head);
  }

  #field({ at, field }: Select, of: CelType): CelType {
    if (of.kind === "map") return of.value;
    if (of.kind === "object") return of.fields.get(field)?.type ?? this.#problem(at, `undefined field '${field}'`);
    if (isDyn(of)) return of.kind === "error" ? ERROR : DYN;
    if (of.kind === "param") return DYN;
    return this.#problem(at, `type '${typeText(of)}' does not support field selection`);
  }

  #call(expr: Call): CelType {
    const { target, fn, at } = expr;
    const name = target === undefined ? undefined : qualifiedName(target);
    const qualified = name === undefined ? undefined : `${name}.${fn}`;
    if (qualified !== undefined && this.declarations.functions.find(qualified) !== undefined) {
      expr.fn = qualified;
      expr.target = undefined;
      return this.#resolve(
        expr,
        expr.args.map((arg) => this.check(arg)),
        this.#overloads(qualified, false),
      );
    }
    const types = target === undefined ? [] : [this.check(target)];
    const wasFormat = this.#isFormat;
    this.#isFormat = target !== undefined && fn === "format";
    types.push(...expr.args.map((arg) => this.check(arg)));
    this.#isFormat = wasFormat;
    const known = this.declarations.functions.find(fn);
    const isLogical = fn === "_&&_" || fn === "_||_";
    if (isLogical) return this.#logical(expr, types);
    if (fn === "_?_:_") return this.#conditional(expr, types);
    if (known === undefined) return this.#undeclared(at, fn);
    return this.#resolve(expr, types, this.#overloads(fn, target !== undefined));
  }

  #overloads(name: string, isMember: boolean): readonly Overload[] {
    return (this.declarations.functions.find(name) ?? []).filter((overload) => overload.isMember === isMember);
  }

  #logical(expr: Call, types: readonly CelType[]): CelType {
    for (const type of types) {
      if (!assignable(this.bindings, BOOL, type)) return this.#mismatch(expr, types);
    }
    return BOOL;
  }

  #conditional(expr: Call, types: readonly CelType[]): CelType {
    const [condition = DYN, then = DYN, otherwise = DYN] = types;
    if (!assignable(this.bindings, BOOL, condition)) return this.#mismatch(expr, types);
    if (!assignable(this.bindings, then, otherwise)) return this.#mismatch(expr, types);
    return moreGeneral(this.bindings.resolve(then), this.bindings.resolve(otherwise)) ? then : otherwise;
  }

  #resolve(expr: Call, types: readonly CelType[], overloads: readonly Overload[]): CelType {
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.args.length !== types.length) continue;
      const renamed = this.#instance(overload);
      const saved = this.bindings.snapshot();
      if (!renamed.args.every((arg, n) => assignable(this.bindings, arg, types[n] ?? DYN))) {
        this.bindings.restore(saved);
        continue;
      }
      const found = this.bindings.resolve(renamed.result);
      if (result === undefined) result = found;
      else if (!isDyn(result) && typeText(result) !== typeText(found)) result = DYN;
    }
    if (result === undefined) return this.#mismatch(expr, types);
    this.#validate(expr);
    return result;
  }

  #mismatch({ at, fn, target }: Call, types: readonly CelType[]): CelType {
    if (types.some((type) => this.bindings.find(type).kind === "error")) return ERROR;
    const texts = types.map((type) => typeText(this.bindings.resolve(type, true)));
    const isMember = target !== undefined;
    const applied = isMember ? `${texts[0]}.(${texts.slice(1).join(", ")})` : `(${texts.join(", ")})`;
    return this.#problem(at, `found no matching overload for '${fn}' applied to '${applied}'`);
  }

  /** The overload with parameters of its own for this call. */
  #instance({ args, result }: Overload): { readonly args: readonly CelType[]; readonly result: CelType } {
    this.#fresh += 1;
    const renamed = new Bindings();
    for (const name of ["A", "B"]) renamed.bind(name, { kind: "param", name: `${name}#${this.#fresh}` });
    return { args: args.map((arg) => renamed.resolve(arg)), result: renamed.resolve(result) };
  }

  /** Literals that can never be right. */
  #validate({ fn, args }: Call): void {
    const last = args.at(-1);
    if (last?.op !== "literal" || typeof last.value !== "string") return;
    if (fn === "duration" && parseGoDuration(last.value) === undefined) {
      this.#problem(last.at, "invalid duration argument");
    }
    if (fn === "timestamp" && parseTimestamp(last.value) === undefined) {
      this.#problem(last.at, "invalid timestamp argument");
    }
    if (fn === "matches" && regexProblem(last.value) !== undefined) this.#problem(last.at, "invalid matches argument");
  }

  #list({ items, at }: ListExpr): CelType {
    let item: CelType | undefined;
    for (const { value, isOptional } of items) {
      const type = this.#unwrapped(this.check(value), isOptional, value.at);
      item = this.#joined(item, type, value.at);
    }
    return listOf(item ?? this.#unknown(at));
  }

  /** Items of one literal are of one type: that of the first. */
  #joined(known: CelType | undefined, type: CelType, at: number): CelType {
    if (known === undefined) return type;
    const both = joined(this.bindings, known, type);
    const [a, b] = [this.bindings.resolve(known), this.bindings.resolve(type)];
    const isFree = this.declarations.allowsMixed === true || this.#isFormat;
    if (both.kind === "dyn" && !isDyn(a) && !isDyn(b) && !isFree) {
      this.#problem(at, `expected type '${typeText(a)}' but found '${typeText(b)}'`);
    }
    return both;
  }

  #unknown(_at: number): CelType {
    this.#fresh += 1;
    return { kind: "param", name: `_var${this.#fresh}` };
  }

  #unwrapped(type: CelType, isOptional: boolean, at: number): CelType {
    if (!isOptional) return type;
    const found = this.bindings.find(type);
    if (isOptionalType(found)) return found.params[0] ?? DYN;
    if (isDyn(found)) return DYN;
    return this.#problem(at, `expected type 'optional_type' but found '${typeText(found)}'`);
  }

  #map({ entries, at }: MapExpr): CelType {
    let key: CelType | undefined;
    let value: CelType | undefined;
    for (const entry of entries) {
      key = this.#joined(key, this.check(entry.key), entry.key.at);
      const type = this.#unwrapped(this.check(entry.value), entry.isOptional, entry.value.at);
      value = this.#joined(value, type, entry.value.at);
    }
    return mapOf(key ?? this.#unknown(at), value ?? this.#unknown(at));
  }

  #struct({ name, fields, at }: Struct): CelType {
    const type = this.declarations.structs?.(name);
    for (const field of fields) {
      const given = this.#unwrapped(this.check(field.value), field.isOptional, field.value.at);
      if (type === undefined) continue;
      const declared = type.fields.get(field.name);
      if (declared === undefined) this.#problem(field.at, `undefined field '${field.name}'`);
      else if (!assignable(this.bindings, declared.type, given)) {
        const [a, b] = [typeText(declared.type), typeText(this.bindings.resolve(given, true))];
        this.#problem(field.at, `expected type of field '${field.name}' is '${a}' but provided type is '${b}'`);
      }
    }
    return type ?? this.#undeclared(at, name);
  }

  #fold(expr: Comprehension): CelType {
    const range = this.bindings.resolve(this.check(expr.range));
    const initial = this.check(expr.initial);
    this.#scopes.push({ name: expr.accumulator, type: initial });
    const depth = this.#scopes.length;
    this.#iterate(expr, range);
    const condition = this.check(expr.condition);
    if (!assignable(this.bindings, BOOL, condition)) this.#expected(expr.condition.at, BOOL, condition);
    const step = this.check(expr.step);
    if (!assignable(this.bindings, initial, step)) this.#expected(expr.step.at, initial, step);
    this.#scopes.length = depth;
    const result = this.check(expr.result);
    this.#scopes.pop();
    return this.bindings.resolve(result);
  }

  #expected(at: number, wanted: CelType, found: CelType): void {
    const [a, b] = [wanted, found].map((type) => typeText(this.bindings.resolve(type, true)));
    if (this.bindings.find(found).kind === "error") return;
    this.#problem(at, `expected type '${a}' but found '${b}'`);
  }

  #iterate({ variable, second, range: of }: Comprehension, range: CelType): void {
    const push = (name: string, type: CelType): void => void this.#scopes.push({ name, type });
    if (range.kind === "list") {
      push(variable, second === undefined ? range.item : INT);
      if (second !== undefined) push(second, range.item);
    } else if (range.kind === "map") {
      push(variable, range.key);
      if (second !== undefined) push(second, range.value);
    } else {
      const type = isDyn(range) || range.kind === "param" ? DYN : ERROR;
      if (type === ERROR) {
        const message = `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
        this.#problem(of.at, message);
      }
      push(variable, type);
      if (second !== undefined) push(second, type);
    }
  }
}

function literalType(value: unknown): CelType {
  if (value === null) return NULL;
  if (typeof value === "boolean") return BOOL;
  if (typeof value === "bigint") return INT;
  if (typeof value === "number") return DOUBLE;
  if (typeof value === "string") return STRING;
  return value instanceof Uint ? UINT : BYTES;
}
