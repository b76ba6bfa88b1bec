/**
 * Access: who asks, on whose behalf, and whether he may.
 *
 * The edge has found out whether a request brings the cluster's key. One that does needs no look at the cluster; one
 * that brings a service account's token, or that wants to be somebody else, is settled here.
 *
 * Models k8s.io/apiserver/pkg/endpoints/filters (authentication.go, impersonation.go, authorization.go).
 */
import { isTrue, requestInfo } from "#apiserver/request-info";
import { internalError, unauthorized } from "#kernel/apimachinery/errors";
import { type Attributes, requireAllowed } from "#kernel/registry/authorize";
import type { Registry } from "#kernel/registry/registry";
import {
  ANONYMOUS,
  AUTHENTICATED_GROUP,
  accountGroups,
  accountOf,
  UNAUTHENTICATED_GROUP,
  type User,
} from "#kernel/registry/user";
import { ofPath, ofResource } from "#kernel/requests/attributes";
import { authenticateToken } from "#kernel/resources/authentication/token.claims";

/** The header in which the edge hands on a bearer token that is not the cluster's key. */
export const TOKEN_HEADER = "x-drydock-token";
/** The header by which the edge asks for the decision alone: 204, or the refusal. */
export const CHECK_HEADER = "x-drydock-check";

const USER = "impersonate-user";
const UID = "impersonate-uid";
const GROUP = "impersonate-group";
const EXTRA = "impersonate-extra-";

/** Whether the request comes from, or wants to be, somebody else than the key's holder. */
export function needsDecision({ headers }: Request): boolean {
  if (headers.has(TOKEN_HEADER)) return true;
  for (const name of headers.keys()) if (name.startsWith("impersonate-")) return true;
  return false;
}

/**
 * The user a request acts as, if he may do what it does. Without a token it comes from the `holder` of the key.
 * @throws Unauthorized, Forbidden
 */
export function admittedUser(registry: Registry, request: Request, holder: User): User {
  if (!needsDecision(request)) return holder;
  const user = impersonated(registry, request, authenticated(registry, request, holder));
  requireAllowed(registry, attributesOf(request, user));
  return user;
}

function authenticated(registry: Registry, { headers }: Request, holder: User): User {
  const token = headers.get(TOKEN_HEADER);
  if (token === null) return holder;
  const found = authenticateToken(registry, token);
  if ("problem" in found) throw unauthorized();
  return found.user;
}

/** What a request does, as authorizers look at it. */
export function attributesOf({ method, url: address }: Request, user: User): Attributes {
  const url = new URL(address);
  const info = requestInfo(method, url);
  return info === undefined ? ofPath(user, method, url.pathname) : ofResource(user, info, url.searchParams);
}

/** The user the headers ask for, if the asker may be him. */
function impersonated(registry: Registry, { headers }: Request, asker: User): User {
  const name = headers.get(USER) ?? "";
  const uid = headers.get(UID) ?? "";
  const groups = listOf(headers.get(GROUP));
  const extra = extraOf(headers);
  if (name === "") {
    if (uid === "" && groups.length === 0 && Object.keys(extra).length === 0) return asker;
    throw internalError("requested groups, extra or uid without impersonating a user");
  }
  const may = (what: Omit<Attributes, "user" | "verb">): void => {
    requireAllowed(registry, { user: asker, verb: "impersonate", ...what });
  };
  const account = accountOf(name);
  const core = { group: "", version: "v1" };
  const own = { group: "authentication.k8s.io", version: "v1" };
  if (account === undefined) may({ ...core, plural: "users", name });
  else may({ ...core, plural: "serviceaccounts", ...account });
  for (const group of groups) may({ ...core, plural: "groups", name: group });
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) may({ ...own, plural: "userextras", subresource: key, name: value });
  }
  if (uid !== "") may({ ...own, plural: "uids", name: uid });
  return {
    name,
    groups: groupsOf(name, groups),
    ...(uid !== "" && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** The groups asked for, and those that come with being anybody at all. */
function groupsOf(name: string, asked: readonly string[]): string[] {
  const account = accountOf(name);
  const groups = asked.length === 0 && account !== undefined ? accountGroups(account.namespace) : [...asked];
  const usual = name === ANONYMOUS ? UNAUTHENTICATED_GROUP : AUTHENTICATED_GROUP;
  if (groups.includes(AUTHENTICATED_GROUP) || groups.includes(UNAUTHENTICATED_GROUP)) return groups;
  return [...groups, usual];
}

/** The values of a header that may come several times. */
const listOf = (value: string | null): string[] => (value === null || value === "" ? [] : value.split(", "));

function extraOf(headers: Headers): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const [name, value] of headers) {
    if (name.startsWith(EXTRA)) extra[unescaped(name.slice(EXTRA.length))] = listOf(value);
  }
  return extra;
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Whether the edge wants the decision alone. */
export const isCheck = ({ headers }: Request): boolean => isTrue(headers.get(CHECK_HEADER));
