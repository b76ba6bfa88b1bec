/**
 * Who may do what with a cluster through our own API: its key opens it, and an address makes only so many.
 */
import type { Context } from "hono";
import { type ClusterRow, expiredClusters, findCluster, removeCluster } from "#worker/db/clusters";
import { type Database, openDatabase } from "#worker/db/database";
import type { Env, WorkerEnv } from "#worker/env";
import { notFound, tooMany, wrongKey } from "#worker/http/api/problem";
import { forgetKey, hashOf } from "#worker/http/keys";

/** The period of the rate limit in wrangler.toml. */
const LIMIT_PERIOD_SECONDS = 60;
/** Expired clusters removed by one sweep. */
const SWEEP_MAX = 20;

/** A cluster that the caller's key opens. */
export interface OpenedCluster {
  readonly row: ClusterRow;
  readonly key: string;
  readonly stub: Env["CLUSTER"] extends DurableObjectNamespace<infer T> ? DurableObjectStub<T> : never;
  readonly db: Database;
}

/**
 * The cluster of an id, if the request brings its key. That an id is unknown may be told: nobody guesses one.
 * @throws Problem 401 for a key that is missing or wrong, 404 where there is no such cluster
 */
export async function openCluster(c: Context<WorkerEnv>, id: string): Promise<OpenedCluster> {
  const [, bearer] = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  const key = bearer?.trim();
  if (key === undefined) throw wrongKey();
  const db = openDatabase(c.env.DB);
  const [row, hash] = await Promise.all([findCluster(db, id), hashOf(key)]);
  if (row === undefined) throw notFound("There is no such cluster.");
  if (row.expiresAt !== null && row.expiresAt <= Date.now()) {
    c.executionCtx.waitUntil(eraseCluster(c.env, id));
    throw notFound("There is no such cluster: its time was over.");
  }
  if (row.keyHash !== hash) throw wrongKey();
  return { row, key, stub: c.env.CLUSTER.getByName(id), db };
}

/** Counts one more cluster against the caller's address. @throws Problem 429 */
export async function limitCreation(c: Context<WorkerEnv>): Promise<void> {
  const address = c.req.header("cf-connecting-ip") ?? "local";
  const { success } = await c.env.CREATE_LIMIT.limit({ key: address });
  if (!success) throw tooMany(LIMIT_PERIOD_SECONDS);
}

/** Removes a cluster with everything it holds. The row goes first: from then on nothing opens it. */
export async function eraseCluster(env: Env, id: string): Promise<void> {
  await removeCluster(openDatabase(env.DB), id);
  forgetKey(id);
  await env.CLUSTER.getByName(id).destroy();
}

/** Removes clusters whose time is over, a few at a time. */
export async function sweepExpired(env: Env): Promise<void> {
  for (const id of await expiredClusters(openDatabase(env.DB), Date.now(), SWEEP_MAX)) await eraseCluster(env, id);
}

// Letters and digits that are not mistaken for each other; no vowels, so that no words come about.
const ID_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const ID_LENGTH = 12;

/** A new id: DNS-safe, beginning with a letter, hard to guess. */
export function newId(): string {
  let id = "";
  while (id.length < ID_LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(ID_LENGTH))) {
      // 243 = 9 * 27: bytes beyond would favour the first letters.
      const letter = byte < 243 ? (ID_ALPHABET[byte % ID_ALPHABET.length] ?? "") : "";
      if (id.length < ID_LENGTH && (id !== "" || /[a-z]/.test(letter))) id += letter;
    }
  }
  return id;
}
