/**
 * Goal: values made alike are worth what they were, and are the model's own parts wherever those are equal.
 * Method: compare values and identities over examples and over seeded random trees.
 */
import { expect, test } from "vitest";
import { deepFreeze } from "#kernel/sim/clone";
import { Entropy } from "#kernel/sim/entropy";
import { alike } from "#kernel/sim/share";

test("an equal value is the model itself; of another one the equal parts are", () => {
  const model = deepFreeze({ a: { x: [1, { y: 2 }] }, b: { z: null }, c: "text" });
  expect(alike({ a: { x: [1, { y: 2 }] }, b: { z: null }, c: "text" }, model)).toBe(model);
  const value = deepFreeze({ a: { x: [1, { y: 2 }, 3] }, b: { z: null }, c: "other" });
  const one = alike(value, model);
  expect(one).toEqual(value);
  expect(one.b).toBe(model.b);
  expect(one.a.x[1]).toBe(model.a.x[1]);
  expect(value.b).not.toBe(model.b);
});

test.each([
  ["another order of keys", { b: 1, a: 2 }, { a: 2, b: 1 }],
  ["a key less", { a: 1 }, { a: 1, b: 2 }],
  ["a key more", { a: 1, b: 2 }, { a: 1 }],
  ["a shorter list", [1], [1, 2]],
  ["a list, not an object", [], {}],
  ["null, not an object", { a: null }, { a: {} }],
])("%s is not equal", (_, value, model) => {
  expect(alike(value, model)).not.toBe(model);
  expect(JSON.stringify(alike(value, model))).toBe(JSON.stringify(value));
});

test("whatever the trees are, the text stays the same", () => {
  const entropy = Entropy.seeded("alike");
  const tree = (depth: number): unknown => {
    const kind = entropy.int(depth > 3 ? 2 : 4);
    if (kind === 0) return entropy.int(3);
    if (kind === 1) return entropy.int(2) === 0 ? null : "s";
    const parts = Array.from({ length: entropy.int(4) }, () => tree(depth + 1));
    if (kind === 2) return parts;
    return Object.fromEntries(parts.map((part) => [`k${entropy.int(4)}`, part]));
  };
  for (let n = 0; n < 2_000; n += 1) {
    const value = deepFreeze(tree(0));
    const model = deepFreeze(tree(0));
    const one = alike(value, model);
    expect(JSON.stringify(one)).toBe(JSON.stringify(value));
    if (JSON.stringify(value) === JSON.stringify(model)) expect(one === model || typeof value !== "object").toBe(true);
  }
});
