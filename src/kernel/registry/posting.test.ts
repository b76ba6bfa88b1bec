/**
 * Goal: a posting is a table of objects by uid, whatever its size.
 * Method: random programs of sets and deletes on a posting and on a Map, side by side.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Posting } from "#kernel/registry/posting";

const step = fc.record({ id: fc.nat(25).map(String), isDelete: fc.boolean(), item: fc.nat() });

test("it holds what a Map holds, in the same order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const posting = new Posting<number>();
      const model = new Map<string, number>();
      for (const { id, isDelete, item } of steps) {
        if (isDelete) {
          posting.delete(id);
          model.delete(id);
        } else {
          posting.set(id, item);
          model.set(id, item);
        }
        expect([posting.size, posting.all()]).toEqual([model.size, [...model.values()]]);
      }
    }),
  );
});
