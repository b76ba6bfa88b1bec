/**
 * Goal: files and processes of many megabytes are saved, and come back after whatever befalls a cluster's object.
 * Method: inside workerd: grow them in a container, then evict, lose the storage, take a snapshot, fork; look at rows.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { migratedDatabase, testEnv } from "#test/worker/database";
import { clusterWithPod, run, type Stub } from "#test/worker/pod";

const ROW_BYTES_MAX = 2_000_000;

beforeAll(async () => {
  await migratedDatabase();
});

/** The largest value in any row of the object's own storage. */
const largestRow = (stub: Stub): Promise<number> =>
  runInDurableObject(stub, (_: unknown, { storage }: DurableObjectState) =>
    Number(storage.sql.exec("select max(length(cast(json as blob))) as size from cells").one()["size"]),
  );

/** What the last turn has saved. */
const lastTurn = (stub: Stub): Promise<{ rows: number; bytes: number }> =>
  runInDurableObject(stub, (_: unknown, { storage }: DurableObjectState) => {
    const { rows, bytes } = storage.sql
      .exec(
        "select count(*) as rows, sum(length(cast(json as blob))) as bytes from cells where turn = (select max(turn) from cells)",
      )
      .one();
    return { rows: Number(rows), bytes: Number(bytes) };
  });

async function flush(stub: Stub): Promise<void> {
  while (await runDurableObjectAlarm(stub)) {
    const pending = await runInDurableObject(stub, (_: unknown, { storage }: DurableObjectState) => storage.getAlarm());
    if (pending === null) return;
  }
}

/** Loses the object's storage and memory, but not the copy in D1. */
async function loseStorage(stub: Stub): Promise<void> {
  await runInDurableObject(stub, (_: unknown, { storage }: DurableObjectState) => {
    for (const table of ["revisions", "cells", "facts"]) storage.sql.exec(`delete from ${table}`);
  });
  await evictDurableObject(stub);
}

const sums = "cd /tmp; wc -c zeros bytes; md5sum zeros bytes; tail -c 4 bytes | md5sum";

test("a file of 3,000,000 zeros and one of 2 MB of any bytes outlive eviction, loss, snapshot and fork", async () => {
  const stub = await clusterWithPod("large");
  await run(stub, "head -c 3000000 /dev/zero > /tmp/zeros; head -c 2000000 /dev/urandom > /tmp/bytes");
  const before = await run(stub, sums);
  expect(before).toContain(" 3000000 zeros\n");
  expect(before).toContain("2000000 bytes\n");
  expect(before).toContain("c9fc2d3dd83ab67a129ac10b09c9ebbb  zeros\n");
  expect(await largestRow(stub)).toBeLessThan(ROW_BYTES_MAX);

  await run(stub, "echo end >> /tmp/bytes");
  const appended = await lastTurn(stub);
  expect(appended.bytes).toBeLessThan(400_000);
  const after = await run(stub, sums);
  expect(after).toContain("2000004 bytes\n");
  expect(after).toMatch(/b0061974914468de549a2af8ced10316 {2}-\n$/);

  await evictDurableObject(stub);
  expect(await run(stub, sums)).toBe(after);

  await flush(stub);
  await loseStorage(stub);
  expect(await run(stub, sums)).toBe(after);

  const fork = testEnv.CLUSTER.getByName("large-fork");
  await fork.create({ seed: "x", machines: [], authorization: "RBAC", latency: "none" } as never, await stub.export());
  expect(await run(fork, sums)).toBe(after);
  await evictDurableObject(fork);
  expect(await run(fork, sums)).toBe(after);
});

test("a shell with a variable of megabytes is saved in rows that fit", async () => {
  const stub = await clusterWithPod("variable");
  await run(
    stub,
    'x=$(head -c 2500000 /dev/zero | tr "\\0" x); export y=1; echo ${#x} > /tmp/n; (sleep 100000; echo ${#x} > /tmp/m) &',
  );
  expect(await run(stub, "cat /tmp/n")).toBe("2500000\n");
  expect(await largestRow(stub)).toBeLessThan(ROW_BYTES_MAX);
  await evictDurableObject(stub);
  await stub.advance(100_001_000, false);
  expect(await run(stub, "cat /tmp/m")).toBe("2500000\n");
});

test("a disk that is full says so, and has room again when a file goes", async () => {
  const stub = await clusterWithPod("full");
  const told = await run(stub, "yes 0123456789 | head -c 60000000 > /tmp/f; ls -l /tmp/f >/dev/null && echo there");
  expect(told).toContain("No space left on device");
  expect(await run(stub, "rm /tmp/f; echo again > /tmp/g && cat /tmp/g")).toBe("again\n");
});
