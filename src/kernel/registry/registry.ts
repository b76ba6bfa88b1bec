/**
 * The registry: one cluster's kinds, indexes and admission chain around its store.
 *
 * Models k8s.io/apiserver/pkg/registry/generic/registry; each verb stands in a file of its own.
 */
import type { GroupKind, GroupResource } from "#kernel/apimachinery/errors";
import type { Key } from "#kernel/apimachinery/meta";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { Client } from "#kernel/registry/client";
import type { Sources } from "#kernel/registry/computed";
import type { AnyResource, Resource, StrategyContext } from "#kernel/registry/definition";
import { Indexes } from "#kernel/registry/indexes";
import { getAs, readAllAs } from "#kernel/registry/stored";
import type { User } from "#kernel/registry/user";
import { Views } from "#kernel/registry/view";
import type { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";
import { Cells } from "#kernel/store/cells";
import type { Bucket, KubeObject } from "#kernel/store/object";
import type { Store } from "#kernel/store/store";

/** The address of a resource: `{group: "apps", version: "v1", plural: "deployments"}`. */
export interface ResourceAddress {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

const addressText = ({ group, version, plural }: ResourceAddress): string => `${group}/${version}/${plural}`;

/** The resource as errors name it. */
export const groupResourceOf = ({ group, names }: AnyResource): GroupResource => ({ group, resource: names.plural });

/** The kind as errors name it. */
export const groupKindOf = ({ group, names }: AnyResource): GroupKind => ({ group, kind: names.kind });

export interface RegistryParts {
  readonly store: Store;
  /** What is no API object; fresh ones unless given. */
  readonly cells?: Cells;
  readonly entropy: Entropy;
  readonly resources: readonly AnyResource[];
  readonly admission: readonly AdmissionPlugin[];
  /** Whether roles decide who may do what (the default), or nobody is refused anything. */
  readonly authorization?: "RBAC" | "AlwaysAllow";
  /** Where the objects of computed kinds come from. */
  readonly sources?: Sources;
  /** The cluster's present instant. */
  readonly now: () => Instant;
}

export class Registry {
  readonly store: Store;
  readonly cells: Cells;
  readonly entropy: Entropy;
  readonly indexes: Indexes;
  readonly admission: readonly AdmissionPlugin[];
  readonly authorization: "RBAC" | "AlwaysAllow";
  readonly views: Views;
  readonly sources: Sources;
  /** What strategies may look at. */
  readonly context: StrategyContext;
  readonly #now: () => Instant;
  readonly #byAddress = new Map<string, AnyResource>();
  readonly #byKind = new Map<string, AnyResource>();
  readonly #byBucket = new Map<Bucket, AnyResource[]>();

  constructor(parts: RegistryParts) {
    const { store, cells = new Cells(), entropy, resources, admission, authorization, now } = parts;
    this.store = store;
    this.sources = parts.sources ?? new Map();
    this.cells = cells;
    this.entropy = entropy;
    this.admission = admission;
    this.authorization = authorization ?? "RBAC";
    this.#now = now;
    this.indexes = new Indexes(store);
    this.views = new Views(this);
    for (const resource of resources) this.add(resource);
    this.context = {
      get now() {
        return now();
      },
      entropy,
      read: <O extends KubeObject>(resource: Resource<O>, key: Key) => getAs(this, resource, key),
      by: <O extends KubeObject>(resource: Resource<O>, index: string, value: string) =>
        readAllAs(resource, this.indexes.by(resource.bucket, index, value)),
    };
  }

  get now(): Instant {
    return this.#now();
  }

  /** Serves a further kind, or a further version of one, from now on. */
  add(resource: AnyResource): void {
    const { group, version, names, bucket } = resource;
    this.#byAddress.set(addressText({ group, version, plural: names.plural }), resource);
    this.#byKind.set(`${group}/${version}/${names.kind}`, resource);
    const versions = this.#byBucket.get(bucket) ?? [];
    // Whoever needs any version of a kind takes the first: the stored one.
    if (resource.conversion === undefined) versions.unshift(resource);
    else versions.push(resource);
    this.#byBucket.set(bucket, versions);
    this.indexes.add(resource);
  }

  /** Serves a version of a kind no longer. What is stored of it stays. */
  remove(resource: AnyResource): void {
    const { group, version, names, bucket } = resource;
    this.#byAddress.delete(addressText({ group, version, plural: names.plural }));
    this.#byKind.delete(`${group}/${version}/${names.kind}`);
    const left = (this.#byBucket.get(bucket) ?? []).filter((other) => other !== resource);
    if (left.length > 0) this.#byBucket.set(bucket, left);
    else this.#byBucket.delete(bucket);
  }

  /** Every kind served, in the order of the table that lists them. */
  get resources(): Iterable<AnyResource> {
    return this.#byAddress.values();
  }

  resource(address: ResourceAddress): AnyResource | undefined {
    return this.#byAddress.get(addressText(address));
  }

  resourceOfKind(gvk: { group: string; version: string; kind: string }): AnyResource | undefined {
    return this.#byKind.get(`${gvk.group}/${gvk.version}/${gvk.kind}`);
  }

  /** The kind whose objects lie in a bucket, in the version they are stored in if that is served. */
  resourceOfBucket(bucket: Bucket): AnyResource | undefined {
    return this.#byBucket.get(bucket)?.[0];
  }

  /** Every served version of the kind whose objects lie in a bucket. */
  versionsOf(bucket: Bucket): readonly AnyResource[] {
    return this.#byBucket.get(bucket) ?? [];
  }

  as(user: User, fieldManager: string): Client {
    return new Client(this, user, fieldManager);
  }
}
