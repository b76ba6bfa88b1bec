/**
 * The kinds of one cluster that documents of all clusters know nothing of: how they are discovered, and their schemas.
 */
import type { Discovered } from "#apiserver/describe/discovery";
import { fingerprint } from "#apiserver/describe/fingerprint";
import { customSchemas } from "#apiserver/describe/openapi.custom";
import { type Schema, type ServedResource, servedResource } from "#apiserver/describe/openapi.served";
import type { AnyResource } from "#kernel/registry/definition";
import type { Registry } from "#kernel/registry/registry";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import { RESOURCES } from "#kernel/resources/index";

/** What a cluster has besides the built-in kinds, as plain data. */
export interface CustomKinds {
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
export function customKinds({ resources, store }: Registry): CustomKinds {
  const own = [...resources].filter((resource) => !BUILT_IN.has(resource));
  if (own.length === 0) return { revision: "", kinds: [] };
  const versions = store
    .list(customresourcedefinitions.bucket)
    .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`);
  const kinds = own.map(({ group, version, names, gvk, isNamespaced, verbs, subresources }) => ({
    group,
    version,
    names,
    gvk,
    isNamespaced,
    verbs,
    ...(subresources !== undefined && { subresources }),
  }));
  return { revision: versions.length === 0 ? "" : fingerprint(versions.join()), kinds };
}

/** The custom kinds of a cluster as OpenAPI has them. */
export function customDescribed({ custom }: Registry): CustomDescribed {
  const schemas = { v2: {}, v3: {} };
  for (const resource of custom) {
    Object.assign(schemas.v2, customSchemas(resource, "v2"));
    Object.assign(schemas.v3, customSchemas(resource, "v3"));
  }
  return { resources: custom.map(servedResource), ...schemas };
}
