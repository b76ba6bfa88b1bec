/**
 * Image references: `registry.example/team/app:1.0@sha256:...` taken apart and normalised as container tools do.
 *
 * Models github.com/distribution/reference.
 */

/** A reference after normalisation: `nginx` is `docker.io/library/nginx:latest`. */
export interface ParsedReference {
  /** Registry host with port: `docker.io`. */
  readonly domain: string;
  /** Path below the registry: `library/nginx`. */
  readonly path: string;
  /** Absent if only a digest was given. */
  readonly tag?: string;
  /** `sha256:...` */
  readonly digest?: string;
  /** `docker.io/library/nginx` */
  readonly repository: string;
  /** The whole normalised text, as the container runtime prints it. */
  readonly normalized: string;
}

const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*";
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const DOMAIN =
  /^(?:\[[0-9a-fA-F:]+\]|(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*)(?::[0-9]+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** The parsed reference, or why the text is none, in the words of the reference library. */
export function parseReference(text: string): ParsedReference | { readonly problem: string } {
  const invalid = { problem: "invalid reference format" };
  if (/^[a-f0-9]{64}$/.test(text)) {
    return { problem: `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings` };
  }
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !DIGEST.test(digest)) return invalid;
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) return invalid;
  const { domain, path } = splitDomain(hasTag ? named.slice(0, colon) : named);
  if (path !== path.toLowerCase()) {
    return { problem: `invalid reference format: repository name (${path}) must be lowercase` };
  }
  if (!PATH.test(path) || !DOMAIN.test(domain)) return invalid;
  if (domain.length + path.length + 1 > 255) return { problem: "repository name must not be more than 255 characters" };
  const repository = `${domain}/${path}`;
  const shown = tag ?? (digest === undefined ? "latest" : undefined);
  return {
    domain,
    path,
    ...(shown === undefined ? {} : { tag: shown }),
    ...(digest === undefined ? {} : { digest }),
    repository,
    normalized: `${repository}${shown === undefined ? "" : `:${shown}`}${digest === undefined ? "" : `@${digest}`}`,
  };
}

/** The first part is a registry if it looks like a host: a dot, a port, `localhost`, or not lower case. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  if (slash < 0 || !isHost) return { domain: "docker.io", path: name.includes("/") ? name : `library/${name}` };
  const rest = name.slice(slash + 1);
  if (first !== "index.docker.io" && first !== "docker.io") return { domain: first, path: rest };
  return { domain: "docker.io", path: rest.includes("/") ? rest : `library/${rest}` };
}
