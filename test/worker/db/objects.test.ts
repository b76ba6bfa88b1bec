/**
 * Goal: the copy in D1 follows the cluster, whatever is repeated or comes late.
 * Method: write flushes in and out of order into a real D1 and read the copy back.
 */
import { expect, test } from "vitest";
import { migratedDatabase } from "#test/worker/database";
import {
  type CellRow,
  type Flush,
  forgetObjects,
  type ObjectRow,
  readCells,
  readJournal,
  readObjects,
  saveFlush,
} from "#worker/db/objects";

const db = await migratedDatabase();
let count = 0;
const newId = (): string => `objects-${++count}`;

const pod = (name: string, revision: number, json = `{"r":${revision}}`): ObjectRow => ({
  group: "",
  version: "v1",
  resource: "pods",
  namespace: "default",
  name,
  uid: `uid-${name}`,
  revision,
  json,
});
const flush = (through: number, puts: ObjectRow[], removed: [string, number][] = []): Flush => ({
  through,
  puts,
  removals: removed.map(([name, revision]) => ({ ...pod(name, revision) })),
  cells: [],
  turn: through,
  lastTurn: through,
});
async function copyOf(cluster: string): Promise<ObjectRow[]> {
  const rows: ObjectRow[] = [];
  for await (const page of readObjects(db, cluster)) rows.push(...page);
  return rows;
}

test("objects come back as they were put, the newest state of each", async () => {
  const id = newId();
  await saveFlush(db, id, flush(2, [pod("a", 1), pod("b", 2)]));
  await saveFlush(db, id, flush(3, [pod("a", 3)]));
  expect(await copyOf(id)).toEqual([pod("b", 2), pod("a", 3)]);
  expect(await readJournal(db, id)).toMatchObject({ revision: 3, turn: 3 });
});

test("a repeated or late flush changes nothing, and a deleted object stays deleted", async () => {
  const id = newId();
  const early = flush(2, [pod("a", 1), pod("b", 2)]);
  await saveFlush(db, id, early);
  await saveFlush(db, id, flush(4, [pod("b", 4)], [["a", 3]]));
  await saveFlush(db, id, early);
  expect(await copyOf(id)).toEqual([pod("b", 4)]);
  expect((await readJournal(db, id))?.revision).toBe(4);
});

test("a flush that repeats an earlier one and adds to it brings only what is new", async () => {
  const id = newId();
  await saveFlush(db, id, flush(1, [pod("a", 1)]));
  await saveFlush(db, id, flush(2, [pod("a", 1), pod("c", 2)]));
  expect((await copyOf(id)).map(({ name }) => name)).toEqual(["a", "c"]);
});

test("cells follow the turns, and a late flush brings none back", async () => {
  const id = newId();
  const early: Flush = {
    ...flush(1, []),
    cells: [
      { room: "timers", id: "a", json: "1" },
      { room: "timers", id: "b", json: "1" },
    ],
  };
  await saveFlush(db, id, early);
  const gone = { room: "timers", id: "a", json: null };
  await saveFlush(db, id, { ...flush(2, []), cells: [gone, { room: "timers", id: "b", json: "2" }] });
  await saveFlush(db, id, early);
  const kept: CellRow[] = [];
  for await (const page of readCells(db, id)) kept.push(...page);
  expect(kept).toEqual([{ room: "timers", id: "b", json: "2" }]);
});

test("1,200 rows and one of 1.5 MB go in one flush and come back in pages", async () => {
  const id = newId();
  const many = Array.from({ length: 1_200 }, (_, n) => pod(`p${n}`, n + 1));
  const large = pod("large", 1_201, JSON.stringify({ data: "한".repeat(500_000) }));
  await saveFlush(db, id, flush(1_201, [...many, large]));
  const rows = await copyOf(id);
  expect(rows).toHaveLength(1_201);
  expect(rows.at(-1)).toEqual(large);
});

test("clusters do not see each other, and a forgotten one may begin at revision 1 again", async () => {
  const [id, other] = [newId(), newId()];
  await saveFlush(db, id, flush(9, [pod("a", 9)]));
  await saveFlush(db, other, flush(1, [pod("a", 1)]));
  await forgetObjects(db, id);
  expect(await copyOf(id)).toEqual([]);
  expect(await copyOf(other)).toEqual([pod("a", 1)]);
  await saveFlush(db, id, flush(1, [pod("a", 1)]));
  expect(await copyOf(id)).toEqual([pod("a", 1)]);
});
