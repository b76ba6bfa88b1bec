/**
 * Discovery: which groups, versions and resources are served, aggregated and plain.
 *
 * Models k8s.io/apiserver/pkg/endpoints/discovery (and its aggregated package).
 */
import { encodeBase64Url } from "#kernel/apimachinery/jwt/jwt";
import { sha256 } from "#kernel/apimachinery/jwt/sha256";
import { apiVersionOf, type GroupVersion, type GroupVersionKind } from "#kernel/apimachinery/meta";
import type { ResourceNames, SubresourceInfo, Subresources, Verb } from "#kernel/registry/definition";
import { comparePriorities } from "#kernel/resources/apiregistration/priorities";

/** What discovery tells of a kind: a part of its definition, plain data. */
export interface Discovered {
  readonly group: string;
  readonly version: string;
  readonly names: ResourceNames;
  readonly gvk: GroupVersionKind;
  readonly isNamespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly subresources?: Subresources;
  /** The kind of the stored version, where that is not this one. */
  readonly storedAs?: GroupVersionKind;
}

/** A group version that somebody else serves. */
export interface RemoteVersion {
  readonly group: string;
  readonly version: string;
  /** What it serves; nothing while it cannot be asked. */
  readonly kinds: readonly Discovered[];
}

/** What a server has to tell of. */
export interface Served {
  readonly kinds: readonly Discovered[];
  readonly remote: readonly RemoteVersion[];
}

/** One resource or subresource in a plain list (meta/v1 APIResource). */
export interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
}

/** Groups in the order of their priority, each with its versions, the preferred one first. */
function groupsOf({ kinds, remote }: Served): Map<string, Map<string, Discovered[]>> {
  const groups = new Map<string, Map<string, Discovered[]>>();
  for (const resource of [...kinds].sort(comparePriorities)) {
    const versions = groups.get(resource.group) ?? new Map<string, Discovered[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  for (const { group, version } of remote) {
    const versions = groups.get(group) ?? new Map<string, Discovered[]>();
    groups.set(group, versions);
    if (!versions.has(version)) versions.set(version, []);
  }
  return groups;
}

/** `/api` */
export function coreVersions(serverAddress: string): object {
  const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress }];
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs };
}

function groupObject(name: string, versions: Map<string, Discovered[]>): object {
  const list = [...versions.keys()].map((version) => ({
    groupVersion: apiVersionOf({ group: name, version }),
    version,
  }));
  return { name, versions: list, preferredVersion: list[0] };
}

/** `/apis` */
export function groupList(served: Served): object {
  const groups = [...groupsOf(served)].filter(([name]) => name !== "");
  return {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: groups.map(([name, versions]) => groupObject(name, versions)),
  };
}

/** `/apis/GROUP`; undefined for a group that is not served. */
export function group(served: Served, name: string): object | undefined {
  const versions = groupsOf(served).get(name);
  return versions === undefined ? undefined : { kind: "APIGroup", apiVersion: "v1", ...groupObject(name, versions) };
}

/** `/api/v1`, `/apis/GROUP/VERSION`; undefined for a version that is not served. */
export function resourceList(all: Served, { group, version }: GroupVersion): object | undefined {
  const served = groupsOf(all).get(group)?.get(version);
  if (served === undefined) return undefined;
  const list = served.flatMap((resource) => [
    plain(resource),
    ...subresourcesOf(resource).map((sub) => plainSub(resource, sub)),
  ]);
  list.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    kind: "APIResourceList",
    groupVersion: apiVersionOf({ group, version }),
    resources: list,
    ...(group !== "" && { apiVersion: "v1" }),
  };
}

function plain(resource: Discovered): ApiResource {
  const { names, isNamespaced, verbs } = resource;
  const storageVersionHash = storageHash(resource);
  return {
    name: names.plural,
    singularName: names.singular,
    namespaced: isNamespaced,
    kind: names.kind,
    verbs,
    ...(names.short !== undefined && { shortNames: names.short }),
    ...(names.categories !== undefined && { categories: names.categories }),
    ...(storageVersionHash !== undefined && { storageVersionHash }),
  };
}

const hashes = new WeakMap<Discovered, string>();

/** What tells clients that objects are kept in another version now: eight bytes of a hash, in base64. */
function storageHash(resource: Discovered): string | undefined {
  // What nobody creates is not stored.
  if (!resource.verbs.includes("get") || !resource.verbs.includes("create")) return undefined;
  let hash = hashes.get(resource);
  if (hash === undefined) {
    const { group, version, kind } = resource.storedAs ?? resource.gvk;
    const name = `${group}/${version}/${kind}`;
    const digest = sha256(Uint8Array.from(name, (character) => character.charCodeAt(0)));
    // Eight bytes are eleven characters and one to fill up.
    hash = `${encodeBase64Url(digest.subarray(0, 8)).replaceAll("-", "+").replaceAll("_", "/")}=`;
    hashes.set(resource, hash);
  }
  return hash;
}

function plainSub(resource: Discovered, { name, kind, verbs, group, version }: SubresourceInfo): ApiResource {
  return {
    name: `${resource.names.plural}/${name}`,
    singularName: "",
    namespaced: resource.isNamespaced,
    kind,
    verbs: connectVerbs(verbs),
    ...(group !== undefined && { group }),
    ...(version !== undefined && { version }),
  };
}

/** A subresource that connects answers to every method; discovery names those of its route. */
const connectVerbs = (verbs: SubresourceInfo["verbs"]): readonly string[] =>
  verbs.flatMap((verb) => (verb === "connect" ? ["create", "get"] : [verb]));

/** The generic subresources of a kind and its own. */
export function subresourcesOf({ subresources = {}, names }: Discovered): readonly SubresourceInfo[] {
  const generic: SubresourceInfo[] = [];
  if (subresources.status === true)
    generic.push({ name: "status", kind: names.kind, verbs: ["get", "patch", "update"] });
  if (subresources.scale !== undefined) {
    generic.push({
      name: "scale",
      kind: "Scale",
      group: "autoscaling",
      version: "v1",
      verbs: ["get", "patch", "update"],
    });
  }
  return [...generic, ...(subresources.others ?? [])];
}

/** `/api` or `/apis` as APIGroupDiscoveryList (apidiscovery.k8s.io/v2), which current clients ask for. */
export function aggregated(all: Served, root: "api" | "apis"): object {
  const groups = [...groupsOf(all)].filter(([name]) => (name === "") === (root === "api"));
  const items = groups.map(([name, versions]) => ({
    metadata: { name: name === "" ? undefined : name, creationTimestamp: null },
    versions: [...versions].map(([version, served]) => ({
      version,
      resources: [...served].sort((a, b) => (a.names.plural < b.names.plural ? -1 : 1)).map(aggregatedResource),
      // Somebody who cannot be asked serves it, or it would have kinds.
      freshness: served.length === 0 ? "Stale" : "Current",
    })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function aggregatedResource(resource: Discovered): object {
  const { names, gvk, isNamespaced, verbs } = resource;
  const subs = subresourcesOf(resource);
  return {
    resource: names.plural,
    responseKind: gvk,
    scope: isNamespaced ? "Namespaced" : "Cluster",
    singularResource: names.singular,
    verbs,
    ...(names.short !== undefined && { shortNames: names.short }),
    ...(names.categories !== undefined && { categories: names.categories }),
    ...(subs.length > 0 && {
      subresources: subs.map((sub) => ({
        subresource: sub.name,
        responseKind: {
          group: sub.group ?? resource.group,
          version: sub.version ?? resource.version,
          kind: sub.kind,
        },
        verbs: connectVerbs(sub.verbs),
      })),
    }),
  };
}
