/**
 * Goal: clusters end when their time is over, wherever they are asked for; one address makes only so many.
 * Method: the Worker's own entry inside workerd, with the clock of D1's rows moved instead of waited for.
 */
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { migratedDatabase, testEnv } from "#test/worker/database";
import { findCluster } from "#worker/db/clusters";
import type { Database } from "#worker/db/database";
import { readJournal } from "#worker/db/objects";
import { clusters } from "#worker/db/schema";
import worker from "#worker/index";

let db: Database;

beforeAll(async () => {
  db = await migratedDatabase();
});

const ORIGIN = "http://drydock.example";
const entry = (exports as unknown as { default: Fetcher }).default;

const post = (path: string, body: unknown): Promise<Response> =>
  entry.fetch(`${ORIGIN}/api/v1${path}`, { method: "POST", body: JSON.stringify(body) });

async function made(): Promise<{ id: string; key: string }> {
  const response = await post("/clusters", { nodes: 0, ttl: "1h" });
  expect(response.status).toBe(201);
  return response.json();
}

const end = async (id: string): Promise<void> => {
  await db.update(clusters).set({ expiresAt: 1 }).where(eq(clusters.id, id));
};

test("an expired cluster is removed when somebody asks for it", async () => {
  const { id, key } = await made();
  const open = (): Promise<Response> =>
    entry.fetch(`${ORIGIN}/api/v1/clusters/${id}`, { headers: { authorization: `Bearer ${key}` } });
  expect((await open()).status).toBe(200);
  await end(id);
  expect((await open()).status).toBe(404);
  await expect.poll(() => findCluster(db, id)).toBeUndefined();
});

test("expired clusters are swept on schedule, with everything they left in D1", async () => {
  const [old, young] = await Promise.all([made(), made()]);
  await end(old.id);
  const context = createExecutionContext();
  worker.scheduled(createScheduledController(), testEnv, context);
  await waitOnExecutionContext(context);
  expect(await findCluster(db, old.id)).toBeUndefined();
  expect(await readJournal(db, old.id)).toBeUndefined();
  expect(await findCluster(db, young.id)).toBeDefined();
});

test("a cluster that is asked too much is not bothered: 429, when to come back, and nothing else is hindered", async () => {
  const [busy, calm] = await Promise.all([made(), made()]);
  const asked: string[] = [];
  const spent = {
    limit: async ({ key }: { key: string }) => {
      asked.push(key);
      return { success: key !== busy.id };
    },
  };
  const open = async ({ id, key }: { id: string; key: string }, path: string): Promise<Response> => {
    const context = createExecutionContext();
    const request = new Request(`${ORIGIN}/k/${id}/${path}`, { headers: { authorization: `Bearer ${key}` } });
    const answer = await worker.fetch(request as never, { ...testEnv, REQUEST_LIMIT: spent }, context);
    await waitOnExecutionContext(context);
    return answer;
  };
  for (const path of ["api/v1/namespaces", "apis", "version", "openapi/v2"]) {
    const refused = await open(busy, path);
    expect([refused.status, refused.headers.get("retry-after")], path).toEqual([429, "1"]);
    const status = { kind: "Status", reason: "TooManyRequests", code: 429, details: { retryAfterSeconds: 1 } };
    expect(await refused.json()).toMatchObject(status);
  }
  expect((await open(calm, "api/v1/namespaces")).status).toBe(200);
  // Who has no key costs the cluster nothing, and spends nothing of its measure.
  asked.length = 0;
  expect((await open({ ...busy, key: "0".repeat(40) }, "api/v1/namespaces")).status).toBe(401);
  expect(asked).toEqual([]);
});

test("one address makes so many clusters a minute; then it is told when to come back", async () => {
  const answers: Response[] = [];
  for (let n = 0; n < 130; n += 1) answers.push(await post("/attempts", { lab: "nothing" }));
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.headers.get("retry-after")).toBe("60");
  expect(await refused?.json()).toMatchObject({ title: "Too Many Requests", status: 429 });
});
