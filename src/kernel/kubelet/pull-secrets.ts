/**
 * Pull secrets: what a pod has to show to the registry of an image.
 *
 * Models pkg/credentialprovider: the keys of a Docker configuration name a registry by its host, with or without a
 * scheme and a path; `*` stands for one part of a host.
 */
import { decodeBase64 } from "#kernel/kubelet/base64";
import type { PodWork } from "#kernel/kubelet/pod-work";
import { secrets } from "#kernel/resources/core/secret";
import type { Credentials } from "#kernel/runtime/private-registry";
import type { ParsedReference } from "#kernel/runtime/reference";

interface Entry {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly auth?: unknown;
}

/** The credentials among a pod's pull secrets that are for an image's registry. */
export function credentialsFor(work: PodWork, reference: ParsedReference): Credentials[] {
  const names = (work.pod.spec.imagePullSecrets ?? []).map(({ name = "" }) => name);
  return names.flatMap((name) => {
    const secret = work.context.client.get(secrets, { namespace: work.key.namespace, name });
    const entries = entriesIn(secret?.data ?? {});
    return Object.entries(entries).flatMap(([registry, entry]) =>
      isFor(registry, reference) ? credentialsIn(entry) : [],
    );
  });
}

/** The entries of a secret of either type, by registry. */
function entriesIn(data: Readonly<Record<string, string>>): Readonly<Record<string, Entry>> {
  const modern = objectIn(data[".dockerconfigjson"]);
  if (modern !== undefined) return (modern["auths"] ?? {}) as Record<string, Entry>;
  return (objectIn(data[".dockercfg"]) ?? {}) as Record<string, Entry>;
}

function objectIn(encoded: string | undefined): Record<string, unknown> | undefined {
  if (encoded === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(decodeBase64(encoded));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function credentialsIn({ username, password, auth }: Entry): Credentials[] {
  if (typeof username === "string" && username !== "") return [{ username, password: String(password ?? "") }];
  if (typeof auth !== "string") return [];
  const [, name = "", secret = ""] = /^([^:]*):(.*)$/s.exec(decodeBase64(auth)) ?? [];
  return name === "" ? [] : [{ username: name, password: secret }];
}

const HUB = ["docker.io", "index.docker.io", "registry-1.docker.io"];

function isFor(registry: string, { domain, path }: ParsedReference): boolean {
  const [host = "", ...rest] = registry
    .replace(/^https?:\/\//, "")
    .replace(/\/+$/, "")
    .split("/");
  const isHost = HUB.includes(host) ? HUB.includes(domain) : matches(host, domain);
  const below = rest.join("/").replace(/^v[12](\/|$)/, "");
  return isHost && (below === "" || path === below || path.startsWith(`${below}/`));
}

/** Whether a host is the one that is meant, part by part. */
function matches(pattern: string, host: string): boolean {
  const [wanted, parts] = [pattern.split("."), host.split(".")];
  return wanted.length === parts.length && wanted.every((part, n) => part === "*" || part === parts[n]);
}
