/**
 * The key a cluster signs service account tokens with. It stands in a cell of its own that never leaves the cluster:
 * a snapshot has no key, a fork gets a new one, so that what one cluster signed opens no other.
 */
import { type KeyPair, keyPairFrom } from "#kernel/apimachinery/jwt/p256";
import type { Cells } from "#kernel/store/cells";

export const SIGNING_KEY_CELL = ["keys", "service-account"] as const;

/** The cluster's key; undefined in the moment before it has one. */
export const signingKey = (cells: Cells): KeyPair | undefined => cells.get<KeyPair>(...SIGNING_KEY_CELL);

/** Gives the cluster the key that follows from a text nobody else can know. */
export function putSigningKey(cells: Cells, seed: string): void {
  cells.put(...SIGNING_KEY_CELL, keyPairFrom(seed));
}
