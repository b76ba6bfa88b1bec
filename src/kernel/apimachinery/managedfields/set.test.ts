/**
 * Goal: the algebra of field sets keeps its laws, and its text form is upstream's.
 * Method: laws on generated sets against plain sets of paths; a table of real FieldsV1.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  compareElements,
  elementText,
  isElement,
  keyElement,
  keyText,
  pathText,
} from "#kernel/apimachinery/managedfields/element";
import {
  difference,
  type FieldSet,
  has,
  intersection,
  isEmpty,
  parseSet,
  pathsOf,
  recursiveDifference,
  setOf,
  union,
} from "#kernel/apimachinery/managedfields/set";
import { shared } from "#kernel/apimachinery/managedfields/share";

const element = fc.constantFrom(
  "f:a",
  "f:b",
  "f:c",
  'k:{"name":"x"}',
  'k:{"port":80}',
  'k:{"port":443}',
  'v:"y"',
  "v:10",
  "v:9",
);
const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
const textsOf = (set: FieldSet): Set<string> => new Set(pathsOf(set).map((path) => path.join(" ")));
const texts = (list: readonly (readonly string[])[]): Set<string> => new Set(list.map((path) => path.join(" ")));

/** Every node is canonical: ordered, without empty nodes that mean nothing. */
function isCanonical(set: FieldSet): boolean {
  const elements = Object.keys(set);
  const ordered = elements.filter((key) => key !== ".").sort(compareElements);
  const expected = elements.includes(".") ? [".", ...ordered] : ordered;
  if (elements.length === 1 && elements[0] === ".") return false;
  return elements.join() === expected.join() && ordered.every((key) => isCanonical(set[key] as FieldSet));
}

test("a set holds what was put in", () => {
  fc.assert(
    fc.property(paths, (list) => {
      const set = setOf(...list);
      expect(textsOf(set)).toEqual(texts(list));
      expect(list.every((path) => has(set, path))).toBe(true);
      expect(isCanonical(set)).toBe(true);
      expect(parseSet(JSON.parse(JSON.stringify(set)))).toEqual(set);
      const one = shared("test", set);
      expect(one).toEqual(set);
      expect(shared("test", JSON.parse(JSON.stringify(set)))).toBe(one);
    }),
  );
});

test("union, intersection and difference are those of the paths", () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const [a, b] = [setOf(...left), setOf(...right)];
      const [inA, inB] = [texts(left), texts(right)];
      expect(textsOf(union(a, b))).toEqual(new Set([...inA, ...inB]));
      expect(textsOf(intersection(a, b))).toEqual(new Set([...inA].filter((text) => inB.has(text))));
      expect(textsOf(difference(a, b))).toEqual(new Set([...inA].filter((text) => !inB.has(text))));
      for (const set of [union(a, b), intersection(a, b), difference(a, b)]) expect(isCanonical(set)).toBe(true);
      expect(union(a, b)).toEqual(union(b, a));
    }),
  );
});

test("a recursive difference takes what is below too", () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const rest = recursiveDifference(setOf(...left), setOf(...right));
      const isBelow = (path: string[]) => right.some((at) => at.every((key, n) => path[n] === key));
      expect(textsOf(rest)).toEqual(texts(left.filter((path) => !isBelow(path))));
      expect(isCanonical(rest)).toBe(true);
    }),
  );
});

test("what does not change is the same set", () => {
  const set = setOf(["f:spec", "f:replicas"], ["f:metadata", "f:labels", "f:app"]);
  expect(union(set, setOf(["f:spec", "f:replicas"]))).toBe(set);
  expect(difference(set, setOf(["f:status"], ["f:spec"]))).toBe(set);
  expect(isEmpty(difference(set, set))).toBe(true);
});

test.each([
  [["f:spec", "f:replicas"], ".spec.replicas"],
  [["f:spec", "f:containers", 'k:{"name":"nginx"}', "f:image"], '.spec.containers[name="nginx"].image'],
  [["f:ports", 'k:{"containerPort":80,"protocol":"TCP"}'], '.ports[containerPort=80,protocol="TCP"]'],
  [["f:metadata", "f:finalizers", 'v:"a/b"'], '.metadata.finalizers[="a/b"]'],
  [["f:list", "i:0"], ".list[0]"],
])("%j reads %s", (path, text) => {
  expect(pathText(path)).toBe(text);
});

test("elements: keys of numbers by number, unknown ones refused", () => {
  const elements = ["v:10", "v:9", 'k:{"port":443}', 'k:{"port":80}', "f:z", "f:a", "i:2", "i:10"];
  expect(elements.sort(compareElements)).toEqual([
    "f:a",
    "f:z",
    'k:{"port":80}',
    'k:{"port":443}',
    "v:9",
    "v:10",
    "i:2",
    "i:10",
  ]);
  expect(["f:", "k:{}", "v:1", "i:3", "x:1", "k:[", "v:", ""].map(isElement)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  expect(keyElement([[keyText("mountPath"), "/a<b"]])).toBe('k:{"mountPath":"/a\\u003cb"}');
  expect(elementText('k:{"mountPath":"/a\\u003cb"}')).toBe('[mountPath="/a<b"]');
});
