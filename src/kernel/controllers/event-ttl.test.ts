/**
 * Goal: Events go an hour after they were last written, and the oldest earlier once there are too many.
 * Method: run the production cluster in virtual time; record more Events than are kept.
 */
import { expect, test } from "vitest";
import { configmaps } from "#kernel/resources/core/configmap";
import { events } from "#kernel/resources/core/event";
import { recordEvent } from "#kernel/resources/core/event.record";
import { LIMITS } from "#kernel/sim/limits";
import { Scene } from "#test/support/scene";

const source = { component: "test" };

function record(scene: Scene, name: string, message = "said"): void {
  scene.turn(({ admin, now }) => {
    const regarding = admin.need(configmaps, { namespace: "default", name });
    recordEvent(admin, { regarding, type: "Normal", reason: "Test", message, source }, now);
  });
}

test("an Event lives for an hour from the last time it was repeated", () => {
  const scene = new Scene({ machines: 0 });
  scene.create(configmaps, { metadata: { name: "a", namespace: "default" } });
  record(scene, "a");
  scene.pass(1800);
  record(scene, "a");
  scene.pass(3590);
  expect(scene.said("a")).toEqual(["Test x2: said"]);
  scene.pass(120);
  expect(scene.said("a")).toEqual([]);
});

test("no more Events are kept than the limit, the latest ones", () => {
  const scene = new Scene({ machines: 0 });
  const surplus = 5;
  scene.turn(({ admin, now }) => {
    for (let n = 0; n < LIMITS.eventsKept + surplus; n += 1) {
      const metadata = {
        name: `p-${n}`,
        namespace: "default",
        uid: `${n}`,
        creationTimestamp: "",
        resourceVersion: "1",
      };
      const regarding = { apiVersion: "v1", kind: "Pod", metadata };
      recordEvent(admin, { regarding, type: "Normal", reason: "Test", message: "said", source }, now);
    }
  });
  const kept = scene.list(events).filter(({ reason }) => reason === "Test");
  expect(kept).toHaveLength(LIMITS.eventsKept);
  expect(scene.said(`p-${surplus - 1}`)).toEqual([]);
  expect(scene.said(`p-${surplus}`)).toEqual(["Test: said"]);
});
