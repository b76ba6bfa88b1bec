/**
 * Goal: a container's loop goes on through whatever befalls its cluster, with no gap and nothing twice in its log.
 * Method: inside workerd: a pod that prints the date every five seconds; evict, lose the storage, fork in between.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { migratedDatabase, testEnv } from "#test/worker/database";
import { clusterWithPod, PODS, type Stub } from "#test/worker/pod";

beforeAll(async () => {
  await migratedDatabase();
});

async function get(stub: Stub, path: string): Promise<string> {
  return (await stub.fetch(`${PODS}${path}`)).text();
}

/** The instants in the log, which must be five seconds apart, all of them; and no restart. */
async function expectWhole(stub: Stub): Promise<number> {
  const lines = (await get(stub, "/clock/log")).trim().split("\n");
  const instants = lines.map((line) => Date.parse(line));
  expect(instants.every((instant) => !Number.isNaN(instant))).toBe(true);
  const steps = instants.slice(1).map((instant, n) => instant - (instants[n] ?? 0));
  expect(new Set(steps)).toEqual(new Set([5_000]));
  const pod = JSON.parse(await get(stub, "/clock")) as { status: { containerStatuses: { restartCount: number }[] } };
  expect(pod.status.containerStatuses[0]?.restartCount).toBe(0);
  return lines.length;
}

test("while true; do date; sleep 5; done: through eviction, loss of the storage, snapshot and fork", async () => {
  const stub = await clusterWithPod("clock");
  const command = ["sh", "-c", "while true; do date; sleep 5; done"];
  const spec = { containers: [{ name: "clock", image: "busybox", command }] };
  const body = JSON.stringify({ metadata: { name: "clock" }, spec });
  await (await stub.fetch(PODS, { method: "POST", headers: { "content-type": "application/json" }, body })).text();
  await stub.setClock({ paused: true });
  await stub.advance(62_000, false);
  const before = await expectWhole(stub);
  expect(before).toBeGreaterThanOrEqual(12);

  await evictDurableObject(stub);
  await stub.advance(31_000, false);
  expect(await expectWhole(stub)).toBe(before + 6);

  while (await runDurableObjectAlarm(stub)) {
    const next = await runInDurableObject(stub, (_: unknown, { storage }: DurableObjectState) => storage.getAlarm());
    if (next === null) break;
  }
  await runInDurableObject(stub, (_: unknown, { storage }: DurableObjectState) => {
    for (const table of ["revisions", "cells", "facts"]) storage.sql.exec(`delete from ${table}`);
  });
  await evictDurableObject(stub);
  await stub.advance(30_000, false);
  expect(await expectWhole(stub)).toBe(before + 12);

  const fork = testEnv.CLUSTER.getByName("clock-fork");
  await fork.create({ seed: "x", machines: [], authorization: "RBAC", latency: "none" } as never, await stub.export());
  await evictDurableObject(fork);
  await fork.advance(30_000, false);
  expect(await expectWhole(fork)).toBe(before + 18);
  await stub.advance(15_000, false);
  expect(await expectWhole(stub)).toBe(before + 15);
});
