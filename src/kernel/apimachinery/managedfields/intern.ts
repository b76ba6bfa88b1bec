/**
 * Sets that are equal become one: thousands of pods made from one template own the same fields.
 */
import { type FieldSet, isEmpty, LEAF, type MutableSet } from "#kernel/apimachinery/managedfields/set";

/** How many nodes a generation keeps. */
const NODES_MAX = 2_000;

// Two generations: what is asked for moves to the young one, what is not goes with the old one.
let young = new Map<string, FieldSet>();
let old = new Map<string, FieldSet>();
let nextId = 1;
const ids = new WeakMap<FieldSet, number>();

/** The one node with these members; costs what is new in it. */
export function intern(node: FieldSet): FieldSet {
  if (ids.has(node)) return node;
  if (isEmpty(node)) return LEAF;
  let key = "";
  let copy: MutableSet | undefined;
  for (const element in node) {
    const child = node[element] as FieldSet;
    const one = intern(child);
    if (one !== child) {
      copy ??= { ...node };
      copy[element] = one;
    }
    key += one === LEAF ? `${element}\n` : `${element}\t${ids.get(one)}\n`;
  }
  const known = young.get(key) ?? old.get(key);
  const one = known ?? copy ?? node;
  if (known === undefined) {
    ids.set(one, nextId);
    nextId += 1;
  }
  if (young.size >= NODES_MAX) {
    old = young;
    young = new Map();
  }
  young.set(key, one);
  return one;
}
