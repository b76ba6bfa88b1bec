/**
 * The kinds of one cluster that documents of all clusters know nothing of: how they are discovered, and their schemas.
 */

import { fingerprint } from "#apiserver/describe/fingerprint";
import { customSchemas } from "#apiserver/describe/openapi.custom";
import { type Schema, type ServedResource, servedResource } from "#apiserver/describe/openapi.served";
import type { Cluster } from "#kernel/cluster/cluster";
import { askApiService } from "#kernel/network/api-service";
import { worldOf } from "#kernel/network/world-of";
import type { AnyResource, Verb } from "#kernel/registry/definition";
import type { ApiResource, Discovered, RemoteVersion } from "#kernel/requests/discovery";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import { apiservices } from "#kernel/resources/apiregistration/apiservice";
import { isAvailable, isRemote } from "#kernel/resources/apiregistration/apiservice.facts";
import { RESOURCES } from "#kernel/resources/index";

/** What a cluster has besides the built-in kinds, as plain data. */
export interface CustomKinds {
  /** Group versions that Services serve; of those that cannot be asked no kinds are known. */
  readonly remote: readonly RemoteVersion[];
  /** Changes whenever a definition does; "" where there are none. */
  readonly revision: string;
  readonly kinds: readonly Discovered[];
}

/** What is needed to describe custom kinds in OpenAPI, as plain data. */
export interface CustomDescribed {
  readonly resources: readonly ServedResource[];
  /** By definition name. */
  readonly v2: Readonly<Record<string, Schema>>;
  readonly v3: Readonly<Record<string, Schema>>;
}

const BUILT_IN: ReadonlySet<AnyResource> = new Set(RESOURCES);

/** The kinds a cluster serves besides those every cluster does. */
export function customKinds(cluster: Cluster): CustomKinds {
  const { resources, store } = cluster.registry;
  const own = [...resources].filter((resource) => !BUILT_IN.has(resource));
  const remote = remoteVersions(cluster);
  if (own.length === 0 && remote.length === 0) return { revision: "", kinds: [], remote };
  const versions = store
    .list(customresourcedefinitions.bucket)
    .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`);
  const kinds = own.map(({ group, version, names, gvk, isNamespaced, verbs, subresources, storedAs }) => ({
    group,
    version,
    names,
    gvk,
    isNamespaced,
    verbs,
    ...(subresources !== undefined && { subresources }),
    ...(storedAs !== undefined && { storedAs }),
  }));
  const all = [...kinds, ...remote.flatMap((one) => one.kinds)];
  return { revision: versions.length === 0 ? "" : fingerprint(versions.join()), kinds: all, remote };
}

function remoteVersions({ admin, now, entropy, cells }: Cluster): RemoteVersion[] {
  const remote = admin.list(apiservices).filter(isRemote);
  if (remote.length === 0) return [];
  const world = worldOf({ client: admin, now, entropy, cells });
  return remote.map((service) => {
    const { group = "", version = "" } = service.spec;
    const path = `/apis/${group}/${version}`;
    const request = { method: "GET", path, headers: { accept: "application/json" }, body: "" };
    const answer = isAvailable(service) ? askApiService(world, service, request) : undefined;
    const kinds = answer === undefined || "reason" in answer ? [] : kindsIn(answer.body, { group, version });
    return { group, version, kinds };
  });
}

/** The kinds of an APIResourceList somebody else made; what is none is left out. */
function kindsIn(text: string, { group, version }: { readonly group: string; readonly version: string }): Discovered[] {
  let list: { resources?: unknown };
  try {
    list = JSON.parse(text) as { resources?: unknown };
  } catch {
    return [];
  }
  if (!Array.isArray(list?.resources)) return [];
  return (list.resources as Partial<ApiResource>[]).flatMap((one) => {
    const { name, kind, singularName = "", namespaced = false, verbs, shortNames, categories } = one ?? {};
    if (typeof name !== "string" || typeof kind !== "string" || !Array.isArray(verbs) || name.includes("/")) return [];
    const names = {
      kind,
      plural: name,
      singular: singularName,
      ...(shortNames !== undefined && { short: shortNames }),
      ...(categories !== undefined && { categories }),
    };
    return [{ group, version, names, gvk: { group, version, kind }, isNamespaced: namespaced, verbs: verbs as Verb[] }];
  });
}

/** The custom kinds of a cluster as OpenAPI has them. */
export function customDescribed({ registry: { custom } }: Cluster): CustomDescribed {
  const schemas = { v2: {}, v3: {} };
  for (const resource of custom) {
    Object.assign(schemas.v2, customSchemas(resource, "v2"));
    Object.assign(schemas.v3, customSchemas(resource, "v3"));
  }
  return { resources: custom.map(servedResource), ...schemas };
}
