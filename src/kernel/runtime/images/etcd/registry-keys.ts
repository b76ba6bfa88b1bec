/**
 * What etcd of the control plane holds: every object under the key the API server keeps it by.
 *
 * Models the storage prefixes of pkg/registry (and of custom resources).
 * Leaves out the encoding: values are JSON, where upstream writes built-in kinds as protobuf.
 */
import type { AnyResource } from "#kernel/registry/definition";
import type { Registry } from "#kernel/registry/registry";
import type { KubeObject } from "#kernel/store/object";
import { textOf } from "#kernel/store/object";

/** Kinds that are kept under another name than their own. */
const PLACES: Readonly<Record<string, string>> = {
  nodes: "minions",
  services: "services/specs",
  endpoints: "services/endpoints",
  replicationcontrollers: "controllers",
  "ingresses.networking.k8s.io": "ingress",
  "customresourcedefinitions.apiextensions.k8s.io": "apiextensions.k8s.io/customresourcedefinitions",
  "apiservices.apiregistration.k8s.io": "apiregistration.k8s.io/apiservices",
};

function placeOf({ bucket, group, names, isCustom }: AnyResource): string {
  return PLACES[bucket] ?? (isCustom === true ? `${group}/${names.plural}` : names.plural);
}

/** One key with its value, in the order of keys. */
export type Entry = readonly [key: string, value: () => string];

/** The entries whose keys begin with a text, sorted. */
export function registryEntries(registry: Registry, prefix: string): Entry[] {
  const entries: Entry[] = [];
  const buckets = new Set<string>();
  for (const resource of registry.resources) {
    if (resource.isComputed === true || buckets.has(resource.bucket)) continue;
    buckets.add(resource.bucket);
    const place = `/registry/${placeOf(resource)}/`;
    if (!place.startsWith(prefix) && !prefix.startsWith(place)) continue;
    for (const object of registry.store.list(resource.bucket)) {
      const key = place + pathOf(object);
      if (key.startsWith(prefix)) entries.push([key, () => textOf(object)]);
    }
  }
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

const pathOf = ({ metadata: { namespace = "", name } }: KubeObject): string =>
  namespace === "" ? name : `${namespace}/${name}`;
