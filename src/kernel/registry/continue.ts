/**
 * Continue tokens: where the next page of a list begins, and how long that may be asked for.
 *
 * Models k8s.io/apiserver/pkg/storage/continue.go and etcd3's answer to a compacted revision.
 */
import { badRequest, inconsistentContinue } from "#kernel/apimachinery/errors";
import { decodeBase64Url, encodeBase64Url } from "#kernel/apimachinery/jwt/jwt";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

/** Where the next page begins; on the wire it is the base64url of its JSON. */
export interface ContinueToken {
  /** The revision of the whole list; -1 = whatever is there by then. */
  readonly revision: number;
  /** The last key of the page before: namespace/name. */
  readonly after: string;
  /** When the list began: upstream compacts every few minutes, and so a list may take only so long. */
  readonly at?: Instant;
}

const VERSION = "meta.k8s.io/v1";

/** The opaque text of a token. */
export function encodeContinue({ revision, after, at }: ContinueToken): string {
  const json = { v: VERSION, rv: revision, start: `${after}\u0000`, ...(at !== undefined && { at }) };
  const text = JSON.stringify(json).replace(/[^\x20-\x7e]/g, escaped);
  return encodeBase64Url(Uint8Array.from(text, (char) => char.charCodeAt(0)));
}

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** @throws BadRequest for a text that is no token. */
export function decodeContinue(text: string): ContinueToken {
  const { v, rv, start, at } = jsonOf(text);
  if (v !== VERSION) throw invalidToken("continue key is not valid: server does not recognize this encoded version");
  if (rv === undefined || rv === 0) {
    throw invalidToken(`continue key is not valid: incorrect encoded start resourceVersion (version ${VERSION})`);
  }
  if (typeof start !== "string" || start === "" || typeof rv !== "number") {
    throw invalidToken(`continue key is not valid: encoded start key empty (version ${VERSION})`);
  }
  const after = start.endsWith("\u0000") ? start.slice(0, -1) : start;
  return { revision: rv, after, ...(typeof at === "number" && { at }) };
}

const invalidToken = (why: string): Error => badRequest(`invalid continue token: ${why}`);

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const bytes = decodeBase64Url(text);
    const json: unknown = bytes && JSON.parse(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    if (typeof json === "object" && json !== null) return json as Readonly<Record<string, unknown>>;
  } catch {
    // What cannot be read at all is answered like what cannot be meant.
  }
  throw invalidToken("continue key is not valid: illegal base64 data or JSON");
}

/** Whether a list that began at the token's instant has taken too long. */
export const isExpired = ({ revision, at }: ContinueToken, now: Instant): boolean =>
  revision > 0 && at !== undefined && now - at > LIMITS.continueMs;

/** The answer to an expired token: how to go on all the same. */
export const expired = ({ after }: ContinueToken): Error =>
  inconsistentContinue(encodeContinue({ revision: -1, after }));
