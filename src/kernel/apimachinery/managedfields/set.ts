/**
 * Sets of fields, in the very form in which FieldsV1 writes them: a tree of path elements, where an empty node is a
 * member and "." says that a node with children is one too. Sets never change; results share what they can.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/fieldpath (Set).
 */
import { compareElements, isElement } from "#kernel/apimachinery/managedfields/element";

/** A node of the tree; its keys stand in canonical order, "." first. */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** The mark of a member that has children. */
export const SELF = ".";

/** The node of a member without children. */
export const LEAF: FieldSet = Object.freeze({});

/** The set without members. */
export const NOTHING: FieldSet = Object.freeze({});

/** A node or set under construction. */
export type MutableSet = Record<string, FieldSet>;

/** Whether the set has no members. */
export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

const isMember = (node: FieldSet): boolean => SELF in node || isEmpty(node);

/** The node with these children; undefined if it is neither a member nor has any. */
function nodeOf(member: boolean, children: FieldSet): FieldSet | undefined {
  if (isEmpty(children)) return member ? LEAF : undefined;
  return member ? { [SELF]: LEAF, ...children } : children;
}

/** The elements of either set. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  return isEmpty(a) ? b : childrenUnion(a, b);
}

/** The union of two nodes' children and of their "." marks. */
function childrenUnion(a: FieldSet, b: FieldSet): FieldSet {
  let result: MutableSet | undefined;
  let isSorted = true;
  for (const element in b) {
    const right = b[element] as FieldSet;
    const left = a[element];
    const both = left === undefined ? right : element === SELF ? left : nodeUnion(left, right);
    if (both === left) continue;
    result ??= { ...a };
    if (left === undefined) isSorted = false;
    result[element] = both;
  }
  if (result === undefined) return a;
  return isSorted ? result : sorted(result);
}

function nodeUnion(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmpty(a)) return isMember(b) ? b : { [SELF]: LEAF, ...b };
  if (isEmpty(b)) return isMember(a) ? a : { [SELF]: LEAF, ...a };
  return childrenUnion(a, b);
}

/** A node with its keys in canonical order. */
export function sorted(node: FieldSet): FieldSet {
  const elements = Object.keys(node);
  let isInOrder = true;
  for (let at = 1; at < elements.length && isInOrder; at += 1) {
    isInOrder = order(elements[at - 1] as string, elements[at] as string) < 0;
  }
  if (isInOrder) return node;
  const result: MutableSet = {};
  for (const element of elements.sort(order)) result[element] = node[element] as FieldSet;
  return result;
}

function order(a: string, b: string): number {
  if (a === SELF || b === SELF) return a === SELF ? -1 : 1;
  return compareElements(a, b);
}

/** The members of `a` that are not members of `b`: a parent outlives its children, children outlive their parent. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return a === b ? NOTHING : rebuilt(a, childChanges(a, b, false));
}

/** As `difference`, but a member of `b` takes everything below it away too. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return a === b ? NOTHING : rebuilt(a, childChanges(a, b, true));
}

/** Element -> what is left of it; undefined = nothing. Absent where everything stays. */
type Changes = Map<string, FieldSet | undefined>;

function childChanges(a: FieldSet, b: FieldSet, isRecursive: boolean): Changes | undefined {
  let changes: Changes | undefined;
  for (const element in b) {
    const left = a[element];
    if (left === undefined || element === SELF) continue;
    const rest = nodeDifference(left, b[element] as FieldSet, isRecursive);
    if (rest === left) continue;
    changes ??= new Map();
    changes.set(element, rest);
  }
  return changes;
}

function nodeDifference(a: FieldSet, b: FieldSet, isRecursive: boolean): FieldSet | undefined {
  const loses = isMember(b);
  if (isEmpty(a) || (isRecursive && loses)) return loses ? undefined : a;
  let changes = childChanges(a, b, isRecursive);
  if (loses && SELF in a) {
    changes ??= new Map();
    changes.set(SELF, undefined);
  }
  if (changes === undefined) return a;
  const node = rebuilt(a, changes);
  if (isEmpty(node)) return undefined;
  return SELF in node && isEmpty(unmarked(node)) ? LEAF : node;
}

function rebuilt(a: FieldSet, changes: Changes | undefined): FieldSet {
  if (changes === undefined) return a;
  const result: MutableSet = {};
  for (const element in a) {
    const node = changes.has(element) ? changes.get(element) : a[element];
    if (node !== undefined) result[element] = node;
  }
  return result;
}

/** The members of both sets. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const result: MutableSet = {};
  for (const element in a) {
    const left = a[element] as FieldSet;
    const right = b[element];
    if (right === undefined) continue;
    const node = nodeOf(isMember(left) && isMember(right), intersection(unmarked(left), unmarked(right)));
    if (node !== undefined) result[element] = node;
  }
  return result;
}

/** A node's children without its own mark. */
function unmarked(node: FieldSet): FieldSet {
  if (!(SELF in node)) return node;
  const { [SELF]: _, ...children } = node;
  return children;
}

/** Whether the path is a member. */
export function has(set: FieldSet, path: readonly string[]): boolean {
  const node = path.reduce<FieldSet | undefined>((at, element) => at?.[element], set);
  return path.length > 0 && node !== undefined && isMember(node);
}

/** The set of one path. */
export function setOf(...paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce<FieldSet>(
    (set, path) =>
      union(
        set,
        path.reduceRight<FieldSet>((node, element) => ({ [element]: node }), LEAF),
      ),
    NOTHING,
  );
}

/** Every member's path: those of one level first, then what is below each. */
export function pathsOf(set: FieldSet, prefix: readonly string[] = []): string[][] {
  const elements = Object.keys(set).filter((element) => element !== SELF);
  return [
    ...elements.filter((element) => isMember(set[element] as FieldSet)).map((element) => [...prefix, element]),
    ...elements.flatMap((element) => pathsOf(set[element] as FieldSet, [...prefix, element])),
  ];
}

/** What is below an element. */
export const below = (set: FieldSet, element: string): FieldSet => unmarked(set[element] ?? NOTHING);

/** Whether an element is itself a member. */
export function holds(set: FieldSet, element: string): boolean {
  const node = set[element];
  return node !== undefined && isMember(node);
}

/** A client's FieldsV1 in canonical form, without elements nobody knows; undefined if it is no tree of objects. */
export function parseSet(value: unknown): FieldSet | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const result: MutableSet = {};
  for (const [element, node] of Object.entries(value)) {
    const child = parseSet(node);
    if (child === undefined) return undefined;
    if (element === SELF) result[SELF] = LEAF;
    else if (isElement(element)) result[element] = isEmpty(child) ? LEAF : child;
  }
  return sorted(result);
}
