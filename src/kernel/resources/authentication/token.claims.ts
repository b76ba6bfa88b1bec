/**
 * Service account tokens: what they claim, and whether a token that says so still opens anything.
 *
 * Models pkg/serviceaccount (claims.go, legacy.go) and pkg/registry/core/serviceaccount/storage/token.go.
 */
import type { Secret, ServiceAccount } from "#kernel/api/types.gen";
import { isSignedBy, keyId, readToken } from "#kernel/apimachinery/jwt/jwt";
import { parseTime } from "#kernel/apimachinery/meta";
import type { AnyResource } from "#kernel/registry/definition";
import type { Registry } from "#kernel/registry/registry";
import { signingKey } from "#kernel/registry/signing-key";
import { AUTHENTICATED_GROUP, accountGroups, accountUserName, type User } from "#kernel/registry/user";
import { decodeText } from "#kernel/resources/core/base64";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { secrets } from "#kernel/resources/core/secret";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import type { KubeObject } from "#kernel/store/object";

/** Who signs, and whom tokens are for unless they say otherwise. */
export const ISSUER = "https://kubernetes.default.svc.cluster.local";
const LEGACY_ISSUER = "kubernetes/serviceaccount";
const LEGACY = "kubernetes.io/serviceaccount";

/** Tokens that pods got before they learnt to read them anew live longer than they say. */
const WARN_ONLY_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;
/** Clocks may differ by this. */
const LEEWAY_SECONDS = 60;

/** An object by name and uid, as claims name it. */
export interface Reference {
  readonly name: string;
  readonly uid: string;
}

/** What a token is to say. */
export interface TokenWish {
  readonly account: { readonly metadata: Reference & { readonly namespace?: string } };
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** The id of the token, a fresh uid. */
  readonly id: string;
  readonly now: number;
  readonly pod?: Reference;
  readonly node?: Reference;
  readonly secret?: Reference;
}

/** For how many seconds a token opens the cluster: as long as it says, or longer. */
export function lifeOf(token: {
  readonly expirationSeconds: number;
  readonly audiences: readonly string[];
  readonly isPods: boolean;
}): number {
  const { expirationSeconds, audiences, isPods } = token;
  const isExtended = expirationSeconds === WARN_ONLY_SECONDS && isPods && audiences.every((one) => one === ISSUER);
  return isExtended ? EXTENDED_SECONDS : expirationSeconds;
}

/** The claims of a bound token, in the order of their names. */
export function boundClaims(wish: TokenWish): object {
  const { account, audiences, expirationSeconds, id, now, pod, node, secret } = wish;
  const { namespace = "", name, uid } = account.metadata;
  const seconds = Math.floor(now / 1000);
  const lifeSeconds = lifeOf({ expirationSeconds, audiences, isPods: pod !== undefined });
  const isExtended = lifeSeconds !== expirationSeconds;
  return {
    aud: audiences,
    exp: seconds + lifeSeconds,
    iat: seconds,
    iss: ISSUER,
    jti: id,
    "kubernetes.io": {
      namespace,
      ...(node !== undefined && { node }),
      ...(pod !== undefined && { pod }),
      ...(secret !== undefined && { secret }),
      serviceaccount: { name, uid },
      ...(isExtended && { warnafter: seconds + WARN_ONLY_SECONDS }),
    },
    nbf: seconds,
    sub: accountUserName(namespace, name),
  };
}

/** The claims of a token that stands in a Secret and lives as long as that. */
export function legacyClaims({ metadata }: Secret, account: ServiceAccount): object {
  const { namespace = "", name, uid } = account.metadata;
  return {
    iss: LEGACY_ISSUER,
    [`${LEGACY}/namespace`]: namespace,
    [`${LEGACY}/secret.name`]: metadata.name,
    [`${LEGACY}/service-account.name`]: name,
    [`${LEGACY}/service-account.uid`]: uid,
    sub: accountUserName(namespace, name),
  };
}

/** Who a token stands for and whom it is for, or why it stands for nobody. */
export type Authentication =
  | { readonly user: User; readonly audiences: readonly string[] }
  | { readonly problem: string };

const INVALID = { problem: "invalid bearer token" } as const;
const refused = (why: string): Authentication => ({ problem: `[invalid bearer token, ${why}]` });

/** Tokens whose signature has been found good, with the key that made it. */
const verified = new Map<string, string>();
const VERIFIED_MAX = 2_000;

function isGenuine(token: string, registry: Registry): boolean {
  const key = signingKey(registry.cells);
  if (key === undefined) return false;
  if (verified.get(token) === key.x) return true;
  // A forger does not know the key's id, so that he cannot make us do the sums.
  if (readToken(token)?.header["kid"] !== keyId(key) || !isSignedBy(token, key)) return false;
  if (verified.size >= VERIFIED_MAX) verified.clear();
  verified.set(token, key.x);
  return true;
}

/**
 * Whom a bearer token stands for: its signature, its time, and that what it is bound to is still there.
 * `audiences` are those that will do; at least one must be among the token's.
 */
export function authenticateToken(
  registry: Registry,
  token: string,
  audiences: readonly string[] = [ISSUER],
): Authentication {
  const claims = readToken(token)?.claims as Claims | undefined;
  const isOurs = claims?.iss === ISSUER || claims?.iss === LEGACY_ISSUER;
  if (claims === undefined || !isOurs || !isGenuine(token, registry)) return INVALID;
  return claims.iss === LEGACY_ISSUER
    ? legacyAuthentication(registry, token, claims, audiences)
    : boundAuthentication(registry, claims, audiences);
}

/** The claims of our own tokens: nothing else has been signed with the key. */
interface Claims {
  readonly iss?: string;
  readonly aud?: readonly string[];
  readonly exp?: number;
  readonly nbf?: number;
  readonly jti?: string;
  readonly "kubernetes.io"?: {
    readonly namespace: string;
    readonly serviceaccount: Reference;
    readonly pod?: Reference;
    readonly node?: Reference;
    readonly secret?: Reference;
  };
  readonly [legacy: string]: unknown;
}

const INVALIDATED = "service account token has been invalidated";

function boundAuthentication(registry: Registry, claims: Claims, wanted: readonly string[]): Authentication {
  const seconds = registry.now / 1000;
  if (seconds - LEEWAY_SECONDS > (claims.exp ?? 0)) return refused("service account token has expired");
  if (seconds + LEEWAY_SECONDS < (claims.nbf ?? 0)) return refused("service account token is not valid yet");
  const bound = claims["kubernetes.io"];
  if (bound === undefined) return INVALID;
  const audiences = (claims.aud ?? []).filter((one) => wanted.includes(one));
  if (audiences.length === 0) {
    const both = `token audiences ${goList(claims.aud ?? [])} is invalid for the target audiences ${goList(wanted)}`;
    return refused(both);
  }
  const { namespace, serviceaccount: account, pod, node, secret } = bound;
  const problem = accountProblem(registry, namespace, account);
  if (problem !== undefined) return refused(problem);
  if (secret !== undefined && present(registry, secrets, namespace, secret) !== "") return refused(INVALIDATED);
  if (pod !== undefined && present(registry, pods, namespace, pod) !== "") return refused(INVALIDATED);
  // A token bound to a node alone goes with the node; one bound to a pod goes with the pod.
  if (pod === undefined && node !== undefined && present(registry, nodes, "", node) !== "") return refused(INVALIDATED);
  const extra = {
    "authentication.kubernetes.io/credential-id": [`JTI=${claims.jti ?? ""}`],
    ...(node !== undefined && {
      "authentication.kubernetes.io/node-name": [node.name],
      "authentication.kubernetes.io/node-uid": [node.uid],
    }),
    ...(pod !== undefined && {
      "authentication.kubernetes.io/pod-name": [pod.name],
      "authentication.kubernetes.io/pod-uid": [pod.uid],
    }),
  };
  return { user: { ...userOf(namespace, account), extra }, audiences };
}

function legacyAuthentication(
  registry: Registry,
  token: string,
  claims: Claims,
  audiences: readonly string[],
): Authentication {
  const text = (name: string): string => String(claims[`${LEGACY}/${name}`] ?? "");
  const namespace = text("namespace");
  const account = { name: text("service-account.name"), uid: text("service-account.uid") };
  const problem = accountProblem(registry, namespace, account);
  if (problem !== undefined) return refused(problem);
  const secret = registry.store.get(secrets.bucket, { namespace, name: text("secret.name") }) as Secret | undefined;
  const isSame = secret !== undefined && decodeText(secret.data?.["token"] ?? "") === token;
  if (!isSame || isGone(registry, secret)) return refused(INVALIDATED);
  return audiences.includes(ISSUER) ? { user: userOf(namespace, account), audiences: [ISSUER] } : INVALID;
}

const goList = (list: readonly string[]): string => `[${list.map((one) => JSON.stringify(one)).join(" ")}]`;

const userOf = (namespace: string, { name, uid }: Reference): User => ({
  name: accountUserName(namespace, name),
  uid,
  groups: [...accountGroups(namespace), AUTHENTICATED_GROUP],
});

function accountProblem(registry: Registry, namespace: string, { name, uid }: Reference): string | undefined {
  const found = registry.store.get(serviceaccounts.bucket, { namespace, name });
  if (found === undefined) return `serviceaccounts ${JSON.stringify(name)} not found`;
  if (isGone(registry, found)) return `service account ${namespace}/${name} has been deleted`;
  if (found.metadata.uid === uid) return undefined;
  return `service account UID (${found.metadata.uid}) does not match claim (${uid})`;
}

/** "" if the object is there under this uid, else why not. */
function present(
  registry: Registry,
  { bucket }: Pick<AnyResource, "bucket">,
  namespace: string,
  { name, uid }: Reference,
): string {
  const found = registry.store.get(bucket, { namespace, name });
  return found === undefined || found.metadata.uid !== uid || isGone(registry, found) ? "gone" : "";
}

/** Whether an object's deletion is due for longer than clocks may differ. */
function isGone({ now }: Registry, { metadata }: KubeObject): boolean {
  const { deletionTimestamp } = metadata;
  return deletionTimestamp !== undefined && parseTime(deletionTimestamp) < now - LEEWAY_SECONDS * 1000;
}
