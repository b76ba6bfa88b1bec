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
import { Outside } from "#kernel/registry/outside";
import { getAs, readAllAs } from "#kernel/registry/stored";
import type { User } from "#kernel/registry/user";
import { Views } from "#kernel/registry/view";
import type { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";
import { Cells } from "#kernel/store/cells";
import type { Bucket, Change, KubeObject } from "#kernel/store/object";
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
  /** The way to servers behind Services; without it there are none. */
  readonly callService?: Outside["callService"];
  /** The cluster's present instant. */
  readonly now: () => Instant;
  /** Kinds that objects of the cluster make. */
  readonly kinds?: KindsMaker;
}

/** Makes kinds of the objects in one bucket. */
export interface KindsMaker {
  readonly bucket: Bucket;
  /** The resources an object defines; the stored version of a kind comes first. */
  resourcesOf(definition: KubeObject, registry: Registry): readonly AnyResource[];
  /** Whether a change of a definition leaves its resources as they are. */
  isSame(before: KubeObject, after: KubeObject): boolean;
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
  readonly outside: Outside;
  /** What strategies may look at. */
  readonly context: StrategyContext;
  /** Counts the changes of the kinds served. */
  kindsRevision = 0;
  readonly #now: () => Instant;
  readonly #made = new Map<string, readonly AnyResource[]>();
  readonly #byAddress = new Map<string, AnyResource>();
  readonly #byKind = new Map<string, AnyResource>();
  readonly #byBucket = new Map<Bucket, AnyResource[]>();

  constructor(parts: RegistryParts) {
    const { store, cells = new Cells(), entropy, resources, admission, authorization, now, kinds } = parts;
    this.store = store;
    this.sources = parts.sources ?? new Map();
    this.cells = cells;
    this.entropy = entropy;
    this.admission = admission;
    this.authorization = authorization ?? "RBAC";
    this.outside = new Outside(parts.callService ?? (() => ({ failure: "connect: network is unreachable" })));
    this.#now = now;
    this.indexes = new Indexes(store);
    this.views = new Views(this);
    for (const resource of resources) this.add(resource);
    if (kinds !== undefined) {
      for (const definition of store.list(kinds.bucket)) this.#make(kinds, definition);
      store.subscribe((change) => this.#remake(kinds, change));
    }
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

  /** Follows a definition: whatever it made is made anew, or gone. Undoing a change undoes what it made. */
  #remake(kinds: KindsMaker, { bucket, type, key, object, previous }: Change): void {
    if (bucket !== kinds.bucket) return;
    const isThere = type !== "DELETED";
    if (isThere && previous !== undefined && kinds.isSame(previous, object)) return;
    for (const resource of this.#made.get(key.name) ?? []) this.remove(resource);
    this.#made.delete(key.name);
    this.kindsRevision += 1;
    if (isThere) this.#make(kinds, object);
  }

  #make(kinds: KindsMaker, definition: KubeObject): void {
    const resources = kinds.resourcesOf(definition, this);
    if (resources.length === 0) return;
    this.#made.set(definition.metadata.name, resources);
    for (const resource of resources) this.add(resource);
  }

  /** The kinds made at run time. */
  get custom(): readonly AnyResource[] {
    return [...this.#made.values()].flat();
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
