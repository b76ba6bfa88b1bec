/**
 * Goal: however writers interleave, no update is lost.
 * Method: a random schedule of writers who each read, wait, and write back what they read plus one, by update or patch;
 * in the end the count is the number of writes that were taken.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isStatus } from "#kernel/apimachinery/errors";
import type { Client } from "#kernel/registry/client";
import { configmaps } from "#kernel/resources/core/configmap";
import { Scene } from "#test/support/scene";

const KEY = { namespace: "default", name: "count" };
const WRITERS = 4;

type Held = ReturnType<Client["need"]> & { readonly data?: Record<string, string> };

/** One step of one writer: he reads if his hands are empty, else he writes; 1 if his write was taken. */
function step(client: Client, hands: Map<number, Held>, writer: number, way: number): number {
  const held = hands.get(writer);
  if (held === undefined) {
    hands.set(writer, client.need(configmaps, KEY) as Held);
    return 0;
  }
  hands.delete(writer);
  const count = String(Number(held.data?.["count"]) + 1);
  const { resourceVersion } = held.metadata;
  try {
    if (way === 0) client.update(configmaps, { ...held, data: { ...held.data, count } });
    else {
      const body = { metadata: { resourceVersion }, data: { count } };
      client.patch(configmaps, KEY, { type: "merge", body, decode: (value) => value as never });
    }
    return 1;
  } catch (error) {
    if (isStatus(error, "Conflict")) return 0;
    throw error;
  }
}

test("no update is lost", () => {
  const { admin } = new Scene({ machines: 0 }).cluster;
  const steps = fc.array(fc.tuple(fc.nat(WRITERS - 1), fc.nat(1)), { minLength: 5, maxLength: 60 });
  fc.assert(
    fc.property(steps, (schedule) => {
      admin.create(configmaps, { metadata: KEY, data: { count: "0" } });
      const hands = new Map<number, Held>();
      let taken = 0;
      for (const [writer, way] of schedule) taken += step(admin, hands, writer, way);
      expect(admin.need(configmaps, KEY).data).toEqual({ count: String(taken) });
      admin.delete(configmaps, KEY);
    }),
    { numRuns: 60 },
  );
});
