/**
 * What an expression may cost at most, told from its text and from how large what it looks at may be.
 *
 * Models cel-go/checker/cost.go and apiserver/pkg/cel/library/cost.go. Leaves out the least cost: only the most is ever
 * asked for. Where upstream knows no size at all, a value is taken to fill one request.
 */
import type { Call, Comprehension, Expr } from "#kernel/cel/ast";
import type { CelType } from "#kernel/cel/types";

/** Largest request, in bytes. */
export const REQUEST_BYTES = 3 * 1024 * 1024;

const TEXT_FACTOR = 0.1;
const REGEX_FACTOR = 0.25;

/** Bytes the shortest JSON of a type takes. */
export function leastBytes(type: CelType): number {
  switch (type.kind) {
    case "bool":
    case "null":
      return 4;
    case "timestamp":
      return 22;
    case "string":
    case "bytes":
    case "list":
    case "map":
    case "object":
      return 2;
    default:
      return 1;
  }
}

/** How many characters, items or entries a value of a type may have. */
function sizeOfType(type: CelType | undefined): number {
  switch (type?.kind) {
    case "string":
      // A character may take four bytes.
      return type.max === undefined ? REQUEST_BYTES - 2 : type.max * 4;
    case "bytes":
      return type.max ?? REQUEST_BYTES - 2;
    case "list":
      return type.max ?? Math.floor((REQUEST_BYTES - 2) / (leastBytes(type.item) + 1));
    case "map":
      return type.max ?? Math.floor((REQUEST_BYTES - 2) / (leastBytes(type.value) + 6));
    case "dyn":
      return REQUEST_BYTES - 2;
    default:
      return 1;
  }
}

/** Variables of comprehensions: what is known of them while their parts are looked at. */
type Scope = ReadonlyMap<string, number>;

const NOTHING_KNOWN: Scope = new Map();

/** The most one run of an expression may cost. */
export function estimatedCost(tree: Expr): number {
  return Math.ceil(cost(tree, NOTHING_KNOWN));
}

function cost(tree: Expr, scope: Scope): number {
  switch (tree.op) {
    case "literal":
      return 0;
    case "ident":
      return 1;
    case "select":
      // Asking whether something is there costs nothing beyond getting to it.
      return cost(tree.operand, scope) + (tree.isTest ? 0 : 1);
    case "call":
      return callCost(tree, scope);
    case "list":
      return 10 + tree.items.reduce((sum, { value }) => sum + cost(value, scope), 0);
    case "map":
      return 30 + tree.entries.reduce((sum, { key, value }) => sum + cost(key, scope) + cost(value, scope), 0);
    case "struct":
      return 40 + tree.fields.reduce((sum, { value }) => sum + cost(value, scope), 0);
    case "fold":
      return foldCost(tree, scope);
  }
}

function foldCost({ range, accumulator, initial, condition, step, result }: Comprehension, scope: Scope): number {
  const count = sizeOf(range, scope);
  const inner = new Map(scope).set(accumulator, count);
  const loop = cost(condition, inner) + cost(step, inner);
  return cost(range, scope) + cost(initial, scope) + count * loop + cost(result, inner);
}

function callCost(call: Call, scope: Scope): number {
  const args = call.target === undefined ? call.args : [call.target, ...call.args];
  const spent = args.map((arg) => cost(arg, scope));
  const all = spent.reduce((sum, one) => sum + one, 0);
  if (call.fn === "_?_:_") return (spent[0] ?? 0) + Math.max(spent[1] ?? 0, spent[2] ?? 0);
  if (call.fn === "_&&_" || call.fn === "_||_" || call.fn === "@not_strictly_false") return all;
  return all + ownCost(call.fn, args, scope);
}

/** Functions that read a text, or a list, once. */
const READERS: ReadonlySet<string> = new Set([
  ...["lowerAscii", "upperAscii", "substring", "trim", "replace", "split", "charAt", "reverse", "join", "indexOf"],
  ...["lastIndexOf", "url", "isURL", "ip", "isIP", "cidr", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"],
  ...["validate", "isSorted", "sum", "min", "max", "string", "bytes", "int", "double", "duration", "timestamp"],
]);
const COMPARISONS: ReadonlySet<string> = new Set(["_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"]);

function ownCost(fn: string, args: readonly Expr[], scope: Scope): number {
  const size = (n: number): number => {
    const arg = args[n];
    return arg === undefined ? 1 : sizeOf(arg, scope);
  };
  const most = (value: number): number => Math.max(1, Math.ceil(value));
  if (COMPARISONS.has(fn)) return most(Math.min(size(0), size(1)) * TEXT_FACTOR);
  switch (fn) {
    case "@in":
    case "_in_":
      return args[1]?.type?.kind === "map" ? 1 : most(size(1));
    case "_+_":
      return isSized(args[0]) ? most((size(0) + size(1)) * TEXT_FACTOR) : 1;
    case "startsWith":
    case "endsWith":
      return most(size(1) * TEXT_FACTOR);
    case "contains":
      return most(size(0) * TEXT_FACTOR * size(1) * TEXT_FACTOR);
    case "matches":
    case "find":
    case "findAll":
      return most(Math.ceil((size(0) + 1) * TEXT_FACTOR) * Math.ceil(size(1) * REGEX_FACTOR));
    default:
      return READERS.has(fn) ? most(size(0) * TEXT_FACTOR) : 1;
  }
}

const isSized = (tree: Expr | undefined): boolean =>
  ["string", "bytes", "list", "map", "dyn"].includes(tree?.type?.kind ?? "");

/** How large the value of an expression may be. */
function sizeOf(tree: Expr, scope: Scope): number {
  switch (tree.op) {
    case "literal":
      return typeof tree.value === "string"
        ? tree.value.length
        : tree.value instanceof Uint8Array
          ? tree.value.length
          : 1;
    case "list":
      return tree.items.length;
    case "map":
      return tree.entries.length;
    case "ident":
      return scope.get(tree.name) ?? sizeOfType(tree.type);
    case "fold":
      return isSized(tree) ? sizeOf(tree.range, scope) : 1;
    case "call":
      return callSize(tree, scope);
    default:
      return sizeOfType(tree.type);
  }
}

function callSize(call: Call, scope: Scope): number {
  const args = call.target === undefined ? call.args : [call.target, ...call.args];
  const sizes = args.map((arg) => sizeOf(arg, scope));
  if (call.fn === "_?_:_") return Math.max(sizes[1] ?? 1, sizes[2] ?? 1);
  if (call.fn === "_+_" && isSized(call)) return (sizes[0] ?? 0) + (sizes[1] ?? 0);
  if (READERS.has(call.fn) && isSized(call)) return sizes[0] ?? 1;
  return isSized(call) ? Math.min(sizeOfType(call.type), Math.max(1, ...sizes)) : 1;
}
