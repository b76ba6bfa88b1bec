/**
 * Goal: a cluster's Durable Object sleeps when nobody is there, wakes where it was, and D1 follows it.
 * Method: inside workerd: run its alarm by hand, evict it, open streams, look at its storage and at D1.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import type { ClusterOptions } from "#kernel/cluster/options";
import { migratedDatabase, testEnv } from "#test/worker/database";
import type { Database } from "#worker/db/database";
import { readCells, readJournal, readObjects } from "#worker/db/objects";

let db: Database;
let count = 0;

beforeAll(async () => {
  db = await migratedDatabase();
});

const OPTIONS: ClusterOptions = {
  seed: "worker",
  machines: [{ name: "node-1" }],
  components: { scheduler: true, controllerManager: true, kubelet: true },
  authorization: "RBAC",
  latency: "realistic",
};

type Stub = ReturnType<typeof testEnv.CLUSTER.getByName>;

async function newCluster(): Promise<{ id: string; stub: Stub }> {
  count += 1;
  const id = `cluster-${count}`;
  const stub = testEnv.CLUSTER.getByName(id);
  await stub.create(OPTIONS);
  return { id, stub };
}

const ROOT = "http://kubernetes.default.svc";
const CONFIG_MAPS = `${ROOT}/api/v1/namespaces/default/configmaps`;

async function createConfigMap(stub: Stub, name: string): Promise<void> {
  const body = JSON.stringify({ metadata: { name }, data: { a: "b" } });
  const headers = { "content-type": "application/json" };
  const response = await stub.fetch(CONFIG_MAPS, { method: "POST", headers, body });
  // An answer that is not read to its end keeps the object in memory.
  await response.text();
  expect(response.status).toBe(201);
}

const alarmOf = (stub: Stub): Promise<number | null> =>
  runInDurableObject(stub, (_object: unknown, state: DurableObjectState) => state.storage.getAlarm());

test("an idle cluster nobody watches has no pending alarm once D1 has everything", async () => {
  const { id, stub } = await newCluster();
  expect(await alarmOf(stub)).not.toBeNull();
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect(await alarmOf(stub)).toBeNull();
  expect(await readJournal(db, id)).toBeDefined();
});

test("a watched cluster has its next due instant as its alarm, and none when the watcher has left", async () => {
  const { stub } = await newCluster();
  await runDurableObjectAlarm(stub);
  const { webSocket } = await stub.fetch(`${CONFIG_MAPS}?watch=1`, { headers: { upgrade: "websocket" } });
  webSocket?.accept();
  await createConfigMap(stub, "a");
  expect(await alarmOf(stub)).not.toBeNull();
  webSocket?.close(1000, "done");
  await expect
    .poll(async () => {
      await runDurableObjectAlarm(stub);
      return alarmOf(stub);
    })
    .toBeNull();
});

test("every committed object is in D1 after a flush, a deleted one is not, and a repeated alarm changes nothing", async () => {
  const { id, stub } = await newCluster();
  await createConfigMap(stub, "kept");
  await createConfigMap(stub, "gone");
  await stub.fetch(`${CONFIG_MAPS}/gone`, { method: "DELETE" });
  await runDurableObjectAlarm(stub);
  await runDurableObjectAlarm(stub);
  const names: string[] = [];
  for await (const page of readObjects(db, id)) {
    for (const { resource, name } of page) if (resource === "configmaps") names.push(name);
  }
  expect(names).toContain("kept");
  expect(names).not.toContain("gone");
  let cells = 0;
  for await (const page of readCells(db, id)) cells += page.length;
  expect(cells).toBeGreaterThan(3);
});

test("an evicted cluster answers as if nothing had happened", async () => {
  const { stub } = await newCluster();
  await createConfigMap(stub, "a");
  const before = await (await stub.fetch(`${CONFIG_MAPS}/a`)).text();
  await evictDurableObject(stub);
  expect(await (await stub.fetch(`${CONFIG_MAPS}/a`)).text()).toBe(before);
});

test("a stream outlives the eviction of the object that feeds it", async () => {
  const { stub } = await newCluster();
  const { webSocket } = await stub.fetch(`${CONFIG_MAPS}?watch=1`, { headers: { upgrade: "websocket" } });
  const seen: string[] = [];
  webSocket?.accept();
  webSocket?.addEventListener("message", ({ data }) => void seen.push(String(data)));
  await createConfigMap(stub, "before");
  await evictDurableObject(stub, { webSockets: "hibernate" });
  await createConfigMap(stub, "after");
  await expect.poll(() => seen.join("")).toContain('"name":"after"');
  const added = seen.join("").match(/"type":"ADDED"[^\n]*"name":"(before|after)"/g);
  expect(added).toHaveLength(2);
});
