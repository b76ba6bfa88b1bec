/**
 * What the ingress controller asks of a request before it passes it on: its source, its size, its password; and what
 * it adds to the answer: CORS and the cookie that keeps a client at one endpoint.
 *
 * Models ingress-nginx's ipallowlist, ipdenylist, proxy (body size), auth, cors and sessionaffinity.
 */
import type { Secret } from "#kernel/api/types.gen";
import { fromBase64 } from "#kernel/cel/library/base64";
import { isPassword, md5 } from "#kernel/network/htpasswd";
import type { Annotations } from "#kernel/network/ingress.annotations";
import { inBlock } from "#kernel/network/policy";
import type { Destination } from "#kernel/network/service-proxy";
import { secrets } from "#kernel/resources/core/secret";
import { bytesOfText, textOfBytes, utf8Length } from "#kernel/runtime/files/bytes";
import type { HttpRequest, HttpResponse, World } from "#kernel/runtime/world";

/** Why a request is not passed on: the status of nginx's page, and headers that come with it. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Asked {
  readonly namespace: string;
  readonly annotations: Annotations;
  readonly clientIP: string;
  readonly request: HttpRequest;
}

/** Refuses a request, or lets it pass. */
export function refusalOf(world: World, { namespace, annotations, clientIP, request }: Asked): Refusal | undefined {
  const allowed = annotations["allowlist-source-range"] ?? annotations["whitelist-source-range"];
  const isKnown = allowed !== undefined && isIn(allowed, clientIP);
  // "any": who comes from an allowed source needs no password, and the other way round.
  const isAny = annotations["satisfy"] === "any" && annotations["auth-type"] !== undefined;
  if (allowed !== undefined && !isKnown && !isAny) return { status: 403 };
  const denied = annotations["denylist-source-range"];
  if (denied !== undefined && isIn(denied, clientIP)) return { status: 403 };
  const limit = sizeOf(annotations["proxy-body-size"] ?? "1m");
  if (limit > 0 && utf8Length(request.body) > limit) return { status: 413 };
  // A preflight brings no password.
  if (annotations["enable-cors"] === "true" && request.method === "OPTIONS") return undefined;
  if (annotations["auth-type"] === undefined || (isAny && isKnown)) return undefined;
  if (mayEnter(world, namespace, annotations, request)) return undefined;
  const realm = annotations["auth-realm"] ?? "";
  return { status: 401, headers: { "www-authenticate": `Basic realm="${realm.replaceAll('"', "")}"` } };
}

const isIn = (blocks: string, ip: string): boolean =>
  blocks.split(",").some((block) => {
    const text = block.trim();
    return text.includes("/") ? inBlock(text, ip) : text === ip;
  });

/** `8m`, `512k`, `1g`, bytes; 0 = without limit. */
function sizeOf(text: string): number {
  const [, digits, unit = ""] = /^(\d+)([kmg]?)$/i.exec(text.trim()) ?? [];
  if (digits === undefined) return sizeOf("1m");
  return Number(digits) * 1_024 ** ["", "k", "m", "g"].indexOf(unit.toLowerCase());
}

function mayEnter(world: World, namespace: string, annotations: Annotations, { headers }: HttpRequest): boolean {
  if (annotations["auth-type"] !== "basic") return false;
  const [own = "", name] = (annotations["auth-secret"] ?? "").split("/").slice(-2);
  const key = name === undefined ? { namespace, name: own } : { namespace: own, name };
  const secret = world.client.get(secrets, key);
  const [, encoded] = /^Basic\s+(\S+)$/i.exec(headers["authorization"] ?? "") ?? [];
  if (secret === undefined || encoded === undefined) return false;
  const given = decoded(encoded);
  const colon = given.indexOf(":");
  if (colon < 0) return false;
  const user = given.slice(0, colon);
  const hash = hashOf(secret, user, annotations["auth-secret-type"] === "auth-map");
  return hash !== undefined && isPassword(given.slice(colon + 1), hash);
}

/** The hash of a user's password: a line of the key `auth`, or the value of a key of the user's own. */
function hashOf({ data = {} }: Secret, user: string, isMap: boolean): string | undefined {
  if (isMap) return Object.hasOwn(data, user) ? decoded(data[user] ?? "").trim() : undefined;
  const line = decoded(data["auth"] ?? "")
    .split("\n")
    .find((one) => one.startsWith(`${user}:`));
  return line?.slice(user.length + 1).trim();
}

const CORS_METHODS = "GET, PUT, POST, DELETE, PATCH, OPTIONS";
const CORS_HEADERS =
  "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";

/** The headers of CORS; empty unless it is enabled and the origin may ask. */
export function corsHeaders(annotations: Annotations, { headers }: HttpRequest): Readonly<Record<string, string>> {
  if (annotations["enable-cors"] !== "true") return {};
  const allowed = (annotations["cors-allow-origin"] ?? "*").split(",").map((one) => one.trim());
  const origin = headers["origin"] ?? "";
  const isFree = allowed.includes("*");
  if (!isFree && !allowed.some((one) => fitsOrigin(one, origin))) return {};
  const exposed = annotations["cors-expose-headers"];
  return {
    "access-control-allow-origin": isFree ? "*" : origin,
    ...(annotations["cors-allow-credentials"] !== "false" && { "access-control-allow-credentials": "true" }),
    "access-control-allow-methods": annotations["cors-allow-methods"] ?? CORS_METHODS,
    "access-control-allow-headers": annotations["cors-allow-headers"] ?? CORS_HEADERS,
    ...(exposed !== undefined && { "access-control-expose-headers": exposed }),
    "access-control-max-age": annotations["cors-max-age"] ?? "1728000",
  };
}

/** `https://*.example.com` stands for every name below. */
function fitsOrigin(allowed: string, origin: string): boolean {
  const [before = "", after] = allowed.split("*");
  return after === undefined ? allowed === origin : origin.startsWith(before) && origin.endsWith(after);
}

/** The answer to a preflight. */
export function preflight(annotations: Annotations, request: HttpRequest): HttpResponse | undefined {
  if (annotations["enable-cors"] !== "true" || request.method !== "OPTIONS") return undefined;
  const headers = {
    ...corsHeaders(annotations, request),
    "content-type": "text/plain charset=UTF-8",
    "content-length": "0",
  };
  return { status: 204, headers, body: "" };
}

const labelOf = ({ ip, port }: Destination): string =>
  Array.from(md5(bytesOfText(`${ip}:${port}`)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The endpoint a client's cookie names, if affinity is by cookie and the endpoint is still there. */
export function endpointOfCookie(
  annotations: Annotations,
  { headers }: HttpRequest,
  endpoints: readonly Destination[],
): Destination | undefined {
  if (annotations["affinity"] !== "cookie") return undefined;
  const name = cookieName(annotations);
  const value = (headers["cookie"] ?? "")
    .split(/;\s*/)
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1);
  return value === undefined ? undefined : endpoints.find((one) => value.endsWith(`|${labelOf(one)}`));
}

const cookieName = (annotations: Annotations): string => annotations["session-cookie-name"] ?? "INGRESSCOOKIE";

/** The cookie that brings a client back to an endpoint. */
export function cookieFor(world: World, annotations: Annotations, endpoint: Destination, isSecure: boolean): string {
  const maxAge = annotations["session-cookie-max-age"] ?? annotations["session-cookie-expires"];
  const domain = annotations["session-cookie-domain"];
  const sameSite = annotations["session-cookie-samesite"];
  const value = `${Math.floor(world.now / 1_000)}.${world.entropy.int(1_000)}|${labelOf(endpoint)}`;
  return [
    `${cookieName(annotations)}=${value}`,
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    `Path=${annotations["session-cookie-path"] ?? "/"}`,
    ...(isSecure || annotations["session-cookie-secure"] === "true" ? ["Secure"] : []),
    "HttpOnly",
    ...(sameSite === undefined ? [] : [`SameSite=${sameSite}`]),
  ].join("; ");
}

/** What a base64 stands for, as text; empty if it is none. */
function decoded(encoded: string): string {
  const bytes = fromBase64(encoded);
  return bytes === undefined ? "" : textOfBytes(bytes);
}
