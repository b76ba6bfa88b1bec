/**
 * The authority of a cluster: what signs its certificates. Its key follows from the cluster's own secret, so that it
 * never leaves the cluster: a fork has another, though what was published before goes on standing there.
 */
import { bytesOfHex, type KeyPair, keyPairFrom } from "#kernel/apimachinery/jwt/p256";
import { sha256 } from "#kernel/apimachinery/jwt/sha256";
import { signingKey } from "#kernel/registry/signing-key";
import { type Authority, authorityCertificate } from "#kernel/resources/certificates/x509";
import type { Cells } from "#kernel/store/cells";

/** In the room that is never copied out of a cluster. */
const CELL = ["keys", "authority"] as const;

interface Stored {
  /** The public half of the secret it follows from. */
  readonly from: string;
  readonly key: KeyPair;
  readonly certificate: string;
}

/** As kubeadm calls it. */
const NAME = "kubernetes";
const YEAR_MS = 365 * 24 * 3_600_000;
/** The authority was there before anything was. */
const FROM = Date.UTC(2020, 0, 1);

function stored(cells: Cells): Stored | undefined {
  const secret = signingKey(cells);
  if (secret === undefined) return undefined;
  const known = cells.get<Stored>(...CELL);
  if (known?.from === secret.x) return known;
  const key = keyPairFrom(`authority of ${secret.d}`);
  const serial = serialFrom(bytesOfHex(key.x));
  const terms = { serial, notBefore: FROM, notAfter: FROM + 30 * YEAR_MS };
  const made = { from: secret.x, key, certificate: authorityCertificate({ key, name: NAME }, terms) };
  cells.put(...CELL, made);
  return made;
}

/** Who signs in this cluster; undefined in the moment before it has a secret. */
export function clusterAuthority(cells: Cells): (Authority & { readonly certificate: string }) | undefined {
  const known = stored(cells);
  return known && { ...known, name: NAME };
}

/** A positive serial number of 16 bytes that follows from what it numbers. */
export function serialFrom(bytes: Uint8Array): Uint8Array {
  const digest = sha256(bytes).slice(0, 16);
  digest[0] = ((digest[0] ?? 0) & 0x3f) | 0x40;
  return digest;
}
