/**
 * Keys: a cluster's key opens that cluster alone. We keep its hash; what was looked up is remembered for a while.
 */
import { clusterOfKey, findCluster } from "#worker/db/clusters";
import { openDatabase } from "#worker/db/database";
import type { Env } from "#worker/env";

/** A remembered hash is looked up again after this, so that a deleted cluster's key soon opens nothing. */
const REMEMBER_MS = 30_000;
const REMEMBERED_MAX = 10_000;

const remembered = new Map<string, { readonly hash: string; readonly until: number }>();

/** The SHA-256 of a key, in hexadecimal. */
export async function hashOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A new key: 160 bits that fit a path and a header. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether the key opens the cluster. */
export async function isKeyOf(env: Env, id: string, key: string): Promise<boolean> {
  const [hash, given] = await Promise.all([keyHashOf(env, id), hashOf(key)]);
  return hash !== undefined && hash === given;
}

/** The cluster that a key opens, for who brings nothing else. Only what looks like a key is looked up. */
export async function clusterOf(env: Env, key: string): Promise<string | undefined> {
  return /^[0-9a-f]{40}$/.test(key) ? clusterOfKey(openDatabase(env.DB), await hashOf(key)) : undefined;
}

/** The key that opens what a cluster shows to the outside and nothing else; undefined if there is no such cluster. */
export async function viewKeyOf(env: Env, id: string): Promise<string | undefined> {
  const hash = await keyHashOf(env, id);
  return hash === undefined ? undefined : `v${(await hashOf(`view ${hash}`)).slice(0, 40)}`;
}

/** Whether there is a cluster of this id. */
export const isCluster = async (env: Env, id: string): Promise<boolean> => (await keyHashOf(env, id)) !== undefined;

/** Forgets what was remembered of a cluster. */
export const forgetKey = (id: string): boolean => remembered.delete(id);

async function keyHashOf(env: Env, id: string): Promise<string | undefined> {
  const now = Date.now();
  const known = remembered.get(id);
  if (known !== undefined && known.until > now) return known.hash;
  const row = await findCluster(openDatabase(env.DB), id);
  if (row === undefined || (row.expiresAt !== null && row.expiresAt <= now)) {
    remembered.delete(id);
    return undefined;
  }
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(id, { hash: row.keyHash, until: Math.min(now + REMEMBER_MS, row.expiresAt ?? Infinity) });
  return row.keyHash;
}
