/**
 * Goal: clusters, snapshots, labs and attempts are kept as they were given.
 * Method: write and read each through its repository on a real D1.
 */
import { expect, test } from "vitest";
import { migratedDatabase } from "#test/worker/database";
import { addAttempt, attemptsOf, findAttempt, saveGrade } from "#worker/db/attempts";
import { addCluster, expiredClusters, findCluster, removeCluster } from "#worker/db/clusters";
import { addLab, findLab, listLabs } from "#worker/db/labs";
import { addSnapshot, findSnapshot, readSnapshot } from "#worker/db/snapshots";

const db = await migratedDatabase();
const cluster = { id: "c", name: "mine", keyHash: "h", createdAt: 1, expiresAt: 10, options: { nodes: 3 } };

test("a cluster is found, expires and goes", async () => {
  await addCluster(db, cluster);
  await addCluster(db, { ...cluster, id: "forever", expiresAt: null });
  expect(await findCluster(db, "c")).toEqual(cluster);
  expect(await expiredClusters(db, 9, 5)).toEqual([]);
  expect(await expiredClusters(db, 10, 5)).toEqual(["c"]);
  await removeCluster(db, "c");
  expect(await findCluster(db, "c")).toBeUndefined();
});

test.each([0, 1, 1_000_000, 2_500_001])("a snapshot of %i bytes comes back whole", async (size) => {
  const bytes = Uint8Array.from({ length: size }, (_, n) => n % 251);
  await addSnapshot(db, { id: `s${size}`, name: "", cluster: "c", createdAt: 1, now: 2, options: {} }, bytes);
  const row = await findSnapshot(db, `s${size}`);
  expect(row?.sizeBytes).toBe(size);
  expect(row && (await readSnapshot(db, row))).toEqual(bytes);
});

test("an attempt keeps its latest grade", async () => {
  await addAttempt(db, { id: "a", lab: "hello", cluster: "c", createdAt: 5 });
  expect(await findAttempt(db, "a")).toMatchObject({ score: null, gradedAt: null });
  await saveGrade(db, "a", { score: 1, max: 4, tasks: [{ id: "t", passed: true }] }, 6);
  expect(await attemptsOf(db, "hello", 9)).toMatchObject([{ id: "a", score: 1, max: 4, gradedAt: 6 }]);
});

test("a teacher's lab is found and listed, and a slug is taken once", async () => {
  const lab = { slug: "mine", createdAt: 1, lab: { title: "안녕" } };
  await addLab(db, lab);
  expect(await findLab(db, "mine")).toEqual(lab);
  expect(await listLabs(db, 9)).toEqual([lab]);
  await expect(addLab(db, lab)).rejects.toThrow();
});
