/**
 * Whether an applied configuration fits its type, in the words of the merge library.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/typed/validate.go and helpers.go.
 */
import type { ObjectShape } from "#kernel/api/shapes";
import { goTypeName, goValue } from "#kernel/apimachinery/go-text";
import { elementText, fieldElement } from "#kernel/apimachinery/managedfields/element";
import {
  type Atom,
  ElementError,
  FREE,
  isObject,
  itemElement,
  type JsonObject,
  type ListAtom,
  resolve,
  type ScalarType,
  structOf,
} from "#kernel/apimachinery/managedfields/schema";

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** What is wrong with a value, as one text; undefined if it fits: `.spec.replicaz: field not declared in schema`. */
export function schemaProblem(value: JsonObject, shape: ObjectShape): string | undefined {
  const problems: Problem[] = [];
  check(problems, "", structOf(shape), value);
  const [first] = problems;
  if (first === undefined) return undefined;
  const lines = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return lines.length === 1 ? lines[0] : ["errors:", ...lines.map((line) => `  ${line}`)].join("\n");
}

function check(problems: Problem[], path: string, field: Atom, value: unknown): void {
  if (value === null || value === undefined) return;
  const atom = resolve(field, value);
  if (atom.kind === "struct" || atom.kind === "map") checkFields(problems, path, atom, value);
  else if (atom.kind === "list") checkItems(problems, path, atom, value, false);
  else if (atom.kind === "leaf") checkLeaf(problems, path, atom, value);
}

function checkLeaf(problems: Problem[], path: string, atom: Atom & { kind: "leaf" }, value: unknown): void {
  if (atom.inside === undefined) {
    const message = scalarProblem(atom.scalar, value);
    if (message !== undefined) problems.push({ path, message });
  } else if (atom.inside.kind === "list") checkItems(problems, path, atom.inside, value, true);
  else checkFields(problems, path, atom.inside, value);
}

function scalarProblem(type: ScalarType, value: unknown): string | undefined {
  if (type === "numeric" && typeof value !== "number") {
    return `expected numeric (int or float), got ${goTypeName(value)}`;
  }
  if (type === "string" && typeof value !== "string") return `expected string, got ${unstructured(value)}`;
  if (type === "boolean" && typeof value !== "boolean") return `expected boolean, got ${unstructured(value)}`;
  return undefined;
}

/** How Go prints the value's wrapper with %#v. */
function unstructured(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : goSyntax(value);
  return `&value.valueUnstructured{Value:${text}}`;
}

function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${entries.map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`).join(", ")}}`;
}

function checkFields(problems: Problem[], path: string, atom: Atom, value: unknown): void {
  if (!isObject(value)) {
    problems.push({ path, message: `expected map, got &{${goValue(value)}}` });
    return;
  }
  for (const [name, item] of Object.entries(value)) {
    const at = path + elementText(fieldElement(name));
    const step = atom.kind === "struct" ? atom.byName.get(name) : undefined;
    if (atom.kind === "struct" && step === undefined && !atom.isOpen) {
      problems.push({ path: at, message: "field not declared in schema" });
      // The library stops at the first unknown field of an object.
      return;
    }
    check(problems, at, step?.atom ?? (atom.kind === "map" ? atom.values : FREE), item);
  }
}

function checkItems(problems: Problem[], path: string, list: ListAtom, value: unknown, isAtomic: boolean): void {
  if (!Array.isArray(value)) {
    problems.push({ path, message: `expected list, got &{${goValue(value)}}` });
    return;
  }
  const seen = new Set<string>();
  for (const [at, item] of value.entries()) {
    const element = isAtomic ? `i:${at}` : elementOf(problems, path, list, item, at);
    if (element === undefined) return;
    if (seen.has(element)) problems.push({ path, message: `duplicate entries for key ${elementText(element)}` });
    seen.add(element);
    check(problems, path + elementText(element), list.items, item);
  }
}

function elementOf(problems: Problem[], path: string, list: ListAtom, item: unknown, at: number): string | undefined {
  try {
    return itemElement(list, item);
  } catch (error) {
    if (!(error instanceof ElementError)) throw error;
    problems.push({ path, message: `element ${at}: ${error.message}` });
    return undefined;
  }
}
