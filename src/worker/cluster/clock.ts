/**
 * What a cluster's object knows of time and chance: how long things may wait, and true randomness.
 */
/** 256 bits nobody can guess, from which the key follows that a cluster's tokens are signed with. */
export function keySeed(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** D1 lags at most this far behind. */
const FLUSH_AFTER_MS = 2_000;
/** A failed flush is tried again after this, doubling up to a minute. */
const FLUSH_RETRY_MS = 2_000;
const FLUSH_RETRY_MAX_MS = 60_000;

/** How long what is to be written to D1 may wait, after so many failures in a row. */
export function flushWaitMs(failures: number): number {
  return failures === 0 ? FLUSH_AFTER_MS : Math.min(FLUSH_RETRY_MS * 2 ** (failures - 1), FLUSH_RETRY_MAX_MS);
}
