/**
 * Private registries: repositories that are pulled from only by who shows credentials.
 *
 * A convention stands for what no simulator can know. A repository is private if a part of its registry's host or of
 * its path says so: `private.example.org/app`, `registry.private.io/team/app`, `janedoe/my-private-app`, and those of
 * upstream's tests, `gcr.io/authenticated-image-pulling/...`. Any user name
 * opens it with any password but one that says it does not: empty, or with wrong, bad, invalid, incorrect or expired
 * in it.
 */
import type { ParsedReference } from "#kernel/runtime/reference";

/** What somebody shows to a registry. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const PRIVATE = /(^|[-_.])(private|authenticated)([-_.]|$)/;
const REFUSED = /^$|wrong|bad|invalid|incorrect|expired/i;

/** Whether a repository is private. */
export const isPrivate = ({ domain, path }: Pick<ParsedReference, "domain" | "path">): boolean =>
  [domain.replace(/:\d+$/, ""), ...path.split("/")].some((part) => PRIVATE.test(part));

/** Why a registry does not give an image to whoever shows these credentials; undefined if it does. */
export function authorizationFailure(reference: ParsedReference, shown: readonly Credentials[]): string | undefined {
  if (!isPrivate(reference)) return undefined;
  if (shown.some(({ username, password }) => username !== "" && !REFUSED.test(password))) return undefined;
  const { domain, path } = reference;
  const isHub = domain === "docker.io";
  if (shown.length === 0 && isHub) {
    return (
      "pull access denied, repository does not exist or may require authorization: server message: " +
      "insufficient_scope: authorization failed"
    );
  }
  const scope = `scope=repository%3A${encodeURIComponent(path)}%3Apull`;
  const [kind, url] = isHub
    ? ["oauth token", "https://auth.docker.io/token"]
    : [shown.length === 0 ? "anonymous token" : "oauth token", `https://${domain}/v2/token?${scope}&service=${domain}`];
  const method = kind === "oauth token" ? "POST" : "GET";
  return `failed to authorize: failed to fetch ${kind}: unexpected status from ${method} request to ${url}: 401 Unauthorized`;
}
