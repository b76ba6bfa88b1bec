/**
 * The image registry: which images exist, how big they are, and what a pull of one that does not says.
 *
 * Models the answers of containerd and of Docker Hub as the kubelet reports them.
 */
import { defaultImage } from "#kernel/runtime/images/default";
import type { Image } from "#kernel/runtime/images/image";
import { images } from "#kernel/runtime/images/index";
import { type ParsedReference, parseReference } from "#kernel/runtime/reference";
import { Entropy } from "#kernel/sim/entropy";

/** What a registry answers: the image, or why there is none, in the runtime's words. */
export type Resolved =
  | { readonly image: Image; readonly reference: ParsedReference }
  | { readonly problem: "InvalidImageName" | "NotFound"; readonly message: string };

/** Names that promise there is nothing behind them; a lesson that uses one wants to see the pull fail. */
const NOWHERE =
  /non-?exist|does-?n[o']?t-?exist|no-such|nosuch|not-?exist|not-?found|invalid-image|imaginary|bogus|no-image/;
const BAD_TAG =
  /^(no-?such-?tag|does-?not-?exist|not-?exist(ent|s)?|non-?exist(ent|ing)?|broken|bad-?tag|bad|invalid|missing|nope|typo|wrong|no-?such.*|fake|404)$/;
/** Images for Windows alone: no machine here runs them. */
const WINDOWS = /^(docker\.io\/microsoft|mcr\.microsoft\.com\/(windows|dotnet\/framework))(\/|$)/;
const NO_PLATFORM = "no match for platform in manifest: not found";
/** Beyond this a registry connection gets a pull in bytes per second, after a fixed handshake. */
const PULL_BYTES_PER_SECOND = 40_000_000;
const PULL_HANDSHAKE_MS = 600;

const byRepository = new Map(images.flatMap((image) => image.repositories.map((name) => [name, image] as const)));
/** Official images people type wrongly. */
const officialNames = (
  "nginx httpd busybox alpine redis mysql postgres mariadb mongo ubuntu debian node python golang memcached rabbitmq " +
  "wordpress tomcat haproxy traefik centos fedora php perl ruby openjdk consul vault registry docker"
).split(" ");

/** The image a reference names. */
export function resolveImage(ref: string): Resolved {
  const reference = parseReference(ref);
  if ("problem" in reference) {
    const message = `Failed to apply default image tag "${ref}": couldn't parse image name "${ref}": ${reference.problem}`;
    return { problem: "InvalidImageName", message };
  }
  const failure = absence(reference);
  if (failure !== undefined) return { problem: "NotFound", message: pullFailure(reference, failure) };
  return { image: byRepository.get(reference.repository) ?? defaultImage, reference };
}

/** Why the registry has no such image; undefined if it has. */
function absence(reference: ParsedReference): string | undefined {
  const { domain, path, tag, normalized } = reference;
  const manifest = tag ?? reference.digest ?? "latest";
  const host = domain === "docker.io" ? "registry-1.docker.io" : domain;
  if (/(^|\.)(invalid|test|example)(:\d+)?$|^invalid\./.test(domain) || NOWHERE.test(domain)) {
    const name = host.replace(/:\d+$/, "");
    return `failed to do request: Head "https://${host}/v2/${path}/manifests/${manifest}": dial tcp: lookup ${name}: no such host`;
  }
  if (WINDOWS.test(reference.repository)) return NO_PLATFORM;
  const image = byRepository.get(reference.repository);
  if (image === undefined && (NOWHERE.test(path) || isTypo(reference))) {
    if (domain !== "docker.io") return `${normalized}: not found`;
    return "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed";
  }
  if (tag === undefined) return undefined;
  const isThere = image === undefined ? !BAD_TAG.test(tag.toLowerCase()) : image.hasTag(tag);
  return isThere ? undefined : `${normalized}: not found`;
}

/** What a pull says when the registry, or only what serves this image, is down. */
export function outage(ref: string, isWhole: boolean): string {
  const reference = parseReference(ref);
  if ("problem" in reference) return reference.problem;
  const { domain, path, tag, digest } = reference;
  const host = domain === "docker.io" ? "registry-1.docker.io" : domain;
  const url = `https://${host}/v2/${path}/manifests/${tag ?? digest ?? "latest"}`;
  const why = isWhole
    ? `failed to do request: Head "${url}": dial tcp: lookup ${host.replace(/:\d+$/, "")}: i/o timeout`
    : `unexpected status from HEAD request to ${url}: 503 Service Unavailable`;
  return pullFailure(reference, why);
}

/** The runtime's whole message of a pull that failed. */
export function pullFailure({ normalized }: ParsedReference, failure: string): string {
  const code = failure.endsWith(": not found") ? "NotFound" : "Unknown";
  return (
    `rpc error: code = ${code} desc = failed to pull and unpack image "${normalized}": ` +
    (failure === NO_PLATFORM ? failure : `failed to resolve reference "${normalized}": ${failure}`)
  );
}

/** Whether a name of no official image is a slip of the pen away from one. */
function isTypo({ domain, path }: ParsedReference): boolean {
  const name = path.slice("library/".length);
  if (domain !== "docker.io" || !path.startsWith("library/") || officialNames.includes(name)) return false;
  return officialNames.some((official) => distance(name, official) <= (official.length > 4 ? 2 : 1));
}

/** Edits (insert, delete, replace) that turn one word into another. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Compressed size of an image; 0 if there is none. */
export function imageSizeBytes(ref: string): number {
  const found = resolveImage(ref);
  return "image" in found ? found.image.sizeBytes(found.reference) : 0;
}

/** `sha256:` and 64 hexadecimal digits: the digest of the manifest, the same for the same reference. */
export function imageDigest(ref: string): string {
  const reference = parseReference(ref);
  if ("problem" in reference) return `sha256:${Entropy.seeded(`manifest ${ref}`).hex(64)}`;
  return reference.digest ?? `sha256:${Entropy.seeded(`manifest ${reference.normalized}`).hex(64)}`;
}

/** The imageID of a container status: `docker.io/library/nginx@sha256:...`. */
export function imageId(ref: string): string {
  const reference = parseReference(ref);
  return "problem" in reference ? "" : `${reference.repository}@${imageDigest(ref)}`;
}

/** How long a node that already has the images `cached` pulls this one. */
export function pullDurationMs(ref: string, cached: readonly string[] = []): number {
  const found = resolveImage(ref);
  if (!("image" in found)) return PULL_HANDSHAKE_MS;
  const { repository } = found.reference;
  const sharesLayers = cached.some((other) => {
    const parsed = parseReference(other);
    return !("problem" in parsed) && parsed.repository === repository;
  });
  const bytes = found.image.sizeBytes(found.reference) * (sharesLayers ? 0.4 : 1);
  return PULL_HANDSHAKE_MS + Math.round((bytes * 1_000) / PULL_BYTES_PER_SECOND);
}
