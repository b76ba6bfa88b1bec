/**
 * TokenRequest: a new token for a service account, for some audiences and some time, bound to an object if asked.
 *
 * Models pkg/registry/core/serviceaccount/storage/token.go and pkg/apis/authentication/validation.
 */
import type { BoundObjectReference, ServiceAccount, TokenRequest } from "#kernel/api/types.gen";
import { badRequest, conflict, invalid } from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";
import { keyId, signToken, unsignedToken } from "#kernel/apimachinery/jwt/jwt";
import { type Key, timeText } from "#kernel/apimachinery/meta";
import { admitOther } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import { signingKey } from "#kernel/registry/signing-key";
import { boundClaims, ISSUER, type Reference } from "#kernel/resources/authentication/token.claims";
import { AUTHENTICATION_GROUP } from "#kernel/resources/authentication/tokenreview";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { secrets } from "#kernel/resources/core/secret";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import { must } from "#kernel/sim/assert";

const KIND = { group: AUTHENTICATION_GROUP, kind: "TokenRequest" };
const DEFAULT_SECONDS = 3600;
const SECONDS_MIN = 600;
const SECONDS_MAX = 2 ** 32;

/**
 * Makes the token asked for and gives the request completed with it. Nothing is stored.
 * @throws NotFound, Invalid, BadRequest, Conflict
 */
export function requestToken(client: Client, key: Key, draft: Partial<TokenRequest>, isDryRun = false): TokenRequest {
  const asked = admitted(client, key, draft, isDryRun);
  const account = client.need(serviceaccounts, key);
  const { expirationSeconds = DEFAULT_SECONDS } = asked.spec;
  validate(asked, key, expirationSeconds);
  const { registry } = client;
  const { now, entropy } = registry;
  const given = asked.spec.audiences ?? [];
  const audiences = given.length === 0 ? [ISSUER] : given;
  const bound = asked.spec.boundObjectRef === undefined ? {} : boundTo(client, account, asked.spec.boundObjectRef);
  const claims = boundClaims({ account, audiences, expirationSeconds, id: entropy.uid(), now, ...bound });
  const signer = must(signingKey(registry.cells), "a cluster has a key to sign with");
  const token = signToken(unsignedToken(claims, keyId(signer)), signer);
  const expirationTimestamp = timeText(now + expirationSeconds * 1000);
  return {
    apiVersion: `${AUTHENTICATION_GROUP}/v1`,
    kind: "TokenRequest",
    metadata: { ...asked.metadata, ...key, creationTimestamp: timeText(now) } as TokenRequest["metadata"],
    spec: { ...asked.spec, audiences, expirationSeconds },
    status: { token, expirationTimestamp },
  };
}

/** The request as admission leaves it: with the defaults it is shown. @throws what a plugin refuses with */
function admitted(client: Client, key: Key, { metadata, spec }: Partial<TokenRequest>, isDryRun: boolean) {
  const completed = { ...spec, expirationSeconds: spec?.expirationSeconds ?? DEFAULT_SECONDS };
  return admitOther(client, {
    ...{ operation: "CREATE", resource: serviceaccounts, subresource: "token", ...key, isDryRun },
    kind: { ...KIND, version: "v1" },
    object: {
      apiVersion: `${AUTHENTICATION_GROUP}/v1`,
      kind: KIND.kind,
      metadata: { ...metadata } as TokenRequest["metadata"],
      spec: completed as TokenRequest["spec"],
    },
  });
}

function validate({ metadata, spec }: Partial<TokenRequest>, key: Key, seconds: number): void {
  const at = collector();
  for (const field of ["name", "namespace"] as const) {
    const given = metadata?.[field] ?? "";
    if (given === "" || given === key[field]) continue;
    at(`metadata.${field}`).invalid(given, `must match the service account ${field} if specified`);
  }
  const expiry = at.under("spec")("expirationSeconds");
  if (seconds < SECONDS_MIN) expiry.invalid(spec?.expirationSeconds, "may not specify a duration less than 10 minutes");
  if (seconds > SECONDS_MAX)
    expiry.invalid(spec?.expirationSeconds, "may not specify a duration larger than 2^32 seconds");
  if (at.errors.length > 0) throw invalid(KIND, key.name, at.errors);
}

interface Bound {
  readonly pod?: Reference;
  readonly node?: Reference;
  readonly secret?: Reference;
}

/** What the token is to be bound to, as it is now. */
function boundTo(client: Client, account: ServiceAccount, ref: BoundObjectReference): Bound {
  const { kind = "", apiVersion = "", name = "" } = ref;
  const { namespace = "" } = account.metadata;
  const type = apiVersion === "" || apiVersion === "v1" ? kind : "";
  if (type === "Pod") {
    const pod = client.need(pods, { namespace, name });
    const { serviceAccountName = "", nodeName = "" } = pod.spec;
    if (serviceAccountName !== account.metadata.name) {
      const whose = `serviceaccount ${JSON.stringify(account.metadata.name)}`;
      throw badRequest(`cannot bind token for ${whose} to pod running with different serviceaccount name.`);
    }
    const node = nodeName === "" ? undefined : client.get(nodes, { namespace: "", name: nodeName });
    return { pod: same(ref, pod.metadata), ...(node !== undefined && { node: referenceTo(node.metadata) }) };
  }
  if (type === "Node") return { node: same(ref, client.need(nodes, { namespace: "", name }).metadata) };
  if (type === "Secret") return { secret: same(ref, client.need(secrets, { namespace, name }).metadata) };
  const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const text = `${group}/${version}, Kind=${kind}`;
  throw badRequest(`cannot bind token to object of type ${text}`);
}

const referenceTo = ({ name, uid }: Reference): Reference => ({ name, uid });

/** The reference, if it does not name another object of the same name. @throws Conflict */
function same({ kind = "", uid = "", name = "" }: BoundObjectReference, found: Reference): Reference {
  if (uid === "" || uid === found.uid) return referenceTo(found);
  const detail =
    `the UID in the bound object reference (${uid}) does not match the UID in record. ` +
    "The object might have been deleted and then recreated";
  throw conflict({ group: "", resource: kind }, name, detail);
}
