/**
 * The client: every verb of the API as one user, for requests, controllers, the scheduler and the kubelets alike.
 */
import type { Status } from "#kernel/apimachinery/errors";
import { notFound } from "#kernel/apimachinery/errors";
import type { Key } from "#kernel/apimachinery/meta";
import { type ApplyRequest, type ApplyResult, apply } from "#kernel/registry/apply";
import { create } from "#kernel/registry/create";
import type { AnyResource, Draft, Resource } from "#kernel/registry/definition";
import { type DeleteOptions, remove, removeCollection } from "#kernel/registry/delete";
import type { Placed } from "#kernel/registry/indexes";
import { type ListOptions, type ListResult, list } from "#kernel/registry/list";
import { type PatchRequest, patch } from "#kernel/registry/patch";
import { groupResourceOf, type Registry } from "#kernel/registry/registry";
import { review } from "#kernel/registry/review";
import { applyScale, readScale, type Scale, writeScale } from "#kernel/registry/scale";
import { getAs, readAllAs } from "#kernel/registry/stored";
import { update, type WriteOptions } from "#kernel/registry/update";
import type { User } from "#kernel/registry/user";
import { LIMITS } from "#kernel/sim/limits";
import type { KubeObject } from "#kernel/store/object";

export class Client {
  readonly #warnings: string[] = [];

  constructor(
    readonly registry: Registry,
    readonly user: User,
    /** Recorded in managedFields. */
    readonly fieldManager: string,
  ) {}

  /** Tells whoever asked something that does not stand in his way: the Warning header of the answer. */
  warn(text: string): void {
    if (this.#warnings.length < LIMITS.warningsPerRequest && !this.#warnings.includes(text)) this.#warnings.push(text);
  }

  /** What is to be told, once. */
  takeWarnings(): string[] {
    return this.#warnings.splice(0);
  }

  /** The object, or undefined. Shared: never change it. */
  get<T extends KubeObject>(resource: Resource<T>, key: Key): T | undefined {
    const object =
      resource.isComputed === true
        ? (this.registry.sources.get(resource.bucket)?.get(this.registry, key) as T | undefined)
        : getAs(this.registry, resource, key);
    if (object === undefined) return undefined;
    return resource.present === undefined ? object : resource.present(object, this.registry.now);
  }

  /** @throws NotFound */
  need<T extends KubeObject>(resource: Resource<T>, key: Key): T {
    const object = this.get(resource, key);
    if (object !== undefined) return object;
    const source = resource.isComputed === true ? this.registry.sources.get(resource.bucket) : undefined;
    throw source?.notFound?.(key) ?? notFound(groupResourceOf(resource), key.name);
  }

  /** All objects of a namespace, or of all namespaces, sorted by key. */
  list<T extends KubeObject>(resource: Resource<T>, scope: { readonly namespace?: string } = {}): readonly T[] {
    const namespace = scope.namespace === "" ? undefined : scope.namespace;
    return readAllAs(resource, this.registry.store.list(resource.bucket, namespace));
  }

  /** A LIST request: selectors, limit and continue, a revision. */
  page<T extends KubeObject>(resource: Resource<T>, options: ListOptions): ListResult<T> {
    return list(this.registry, resource, options);
  }

  /** Objects under one value of an index the definition declares. */
  by<T extends KubeObject>(resource: Resource<T>, index: string, value: string): readonly T[] {
    return readAllAs(resource, this.registry.indexes.by(resource.bucket, index, value));
  }

  countBy(resource: AnyResource, index: string, value: string): number {
    return this.registry.indexes.countBy(resource.bucket, index, value);
  }

  /** Objects of any kind, as they are stored, that name this uid among their owners. */
  owned(uid: string): readonly Placed[] {
    return this.registry.indexes.owned(uid);
  }

  create<T extends KubeObject>(resource: Resource<T>, draft: Draft<T>, options: WriteOptions = {}): T {
    return (resource.review === undefined ? create : review)(this, resource, draft, options);
  }

  /** Replaces an object; its resourceVersion, if set, must be the present one. */
  update<T extends KubeObject>(resource: Resource<T>, object: Draft<T>, options: WriteOptions = {}): T {
    return update(this, resource, object, options);
  }

  /** Writes the status alone; no write if it is what is there. */
  updateStatus<T extends KubeObject & { status?: unknown }>(
    resource: Resource<T>,
    object: T,
    status: NonNullable<T["status"]>,
    options: WriteOptions = {},
  ): T {
    return update(this, resource, { ...object, status } as unknown as Draft<T>, { ...options, subresource: "status" });
  }

  patch<T extends KubeObject>(resource: Resource<T>, key: Key, request: PatchRequest, options: WriteOptions = {}): T {
    return patch(this, resource, key, request, options);
  }

  /** Server-side apply as this client's field manager. */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    key: Key,
    request: ApplyRequest,
    options: WriteOptions = {},
  ): ApplyResult<T> {
    return apply(this, resource, key, request, options);
  }

  /** Gives the object, if it lives on (grace, finalizers) or its kind answers so, else a Status. */
  delete<T extends KubeObject>(resource: Resource<T>, key: Key, options: DeleteOptions = {}): T | Status {
    return remove(this, resource, key, options);
  }

  deleteCollection<T extends KubeObject>(
    resource: Resource<T>,
    selection: ListOptions,
    options: DeleteOptions = {},
  ): ListResult<T> {
    return removeCollection(this, resource, selection, options);
  }

  scale(resource: AnyResource, key: Key): Scale {
    return readScale(this, resource, key);
  }

  applyScale(resource: AnyResource, key: Key, request: ApplyRequest, options: WriteOptions = {}): Scale {
    return applyScale(this, resource, key, request, options);
  }

  updateScale(resource: AnyResource, key: Key, scale: Draft<Scale>, options: WriteOptions = {}): Scale {
    return writeScale(this, resource, key, scale, options);
  }
}
