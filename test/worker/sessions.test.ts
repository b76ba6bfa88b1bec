/**
 * Goal: who has entered a container stays inside while the cluster's Durable Object sleeps, and hears what wakes.
 * Method: inside workerd: open an exec over a WebSocket, evict the object, type on, look at its alarm.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { migratedDatabase } from "#test/worker/database";
import { clusterWithPod, enter } from "#test/worker/pod";

beforeAll(async () => {
  await migratedDatabase();
});

test("a shell remembers its variables through an eviction", async () => {
  const stub = await clusterWithPod("shell");
  const { said, type } = await enter(stub, "sh");
  type("x=remembered\n");
  await expect.poll(() => stub.clock().then(() => true)).toBe(true);
  await evictDurableObject(stub, { webSockets: "hibernate" });
  type("echo $x; exit 4\n");
  await expect.poll(() => said[3]).toContain('"message":"4"');
  expect(said[1]).toBe("remembered\n");
});

test("a sleeping command has an alarm while somebody listens, and speaks when it wakes", async () => {
  const stub = await clusterWithPod("sleeper");
  const { said, close } = await enter(stub, "sh", "-c", "echo first; sleep 1; echo second");
  await expect.poll(() => said[1]).toBe("first\n");
  await evictDurableObject(stub, { webSockets: "hibernate" });
  const alarm = await runInDurableObject(stub, (_: unknown, state: DurableObjectState) => state.storage.getAlarm());
  expect(alarm).not.toBeNull();
  await stub.advance(2_000, false);
  await runDurableObjectAlarm(stub);
  await expect.poll(() => said[1]).toBe("first\nsecond\n");
  await expect.poll(() => said[3]).toContain("Success");
  close();
});
