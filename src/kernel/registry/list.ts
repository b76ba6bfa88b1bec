/**
 * List: a consistent page of a resource at one revision.
 *
 * Models k8s.io/apiserver/pkg/storage (ListOptions, continue tokens).
 */
import { badRequest, tooLargeResourceVersion, tooOldResourceVersion } from "#kernel/apimachinery/errors";
import { type ContinueToken, expired, isExpired } from "#kernel/registry/continue";
import type { Resource } from "#kernel/registry/definition";
import { type Filter, matcher } from "#kernel/registry/filter";
import type { Registry } from "#kernel/registry/registry";
import { readAllAs } from "#kernel/registry/stored";
import type { KubeObject } from "#kernel/store/object";
import { Compacted } from "#kernel/store/store";

export interface ListOptions extends Filter {
  /** 0 or absent = everything. */
  readonly limit?: number;
  readonly continue?: ContinueToken;
  /** "" or absent = most recent, "0" = any, else see `resourceVersionMatch`. */
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface ListResult<T> {
  readonly items: readonly T[];
  readonly revision: number;
  readonly continue?: ContinueToken;
  /** How many follow; absent where a selector makes it unknown. */
  readonly remaining?: number;
}

/**
 * One page of a resource.
 * @throws Expired (410), BadRequest for an impossible resourceVersion or selector.
 */
export function list<T extends KubeObject>(
  registry: Registry,
  resource: Resource<T>,
  options: ListOptions,
): ListResult<T> {
  const matches = matcher(resource, options);
  const revision = revisionToRead(registry, options);
  const objects =
    resource.isComputed === true
      ? computed(registry, resource, options)
      : readAllAs(resource, objectsAt(registry, resource, options, revision));
  const selects = (options.labels?.length ?? 0) > 0 || (options.fields?.length ?? 0) > 0;
  const after = options.continue?.after;
  // "Any version will do" is served at once and whole.
  const limit = options.resourceVersion === "0" && after === undefined ? 0 : (options.limit ?? 0);

  const first = after === undefined ? 0 : objects.findIndex((object) => keyOrder(object) > after);
  const items: T[] = [];
  let rest = first < 0 ? objects.length : first;
  for (; rest < objects.length && (limit === 0 || items.length < limit); rest += 1) {
    const object = objects[rest] as T;
    if (!matches(object)) continue;
    items.push(resource.present === undefined ? object : resource.present(object, registry.now));
  }
  const last = objects[rest - 1];
  if (rest >= objects.length || last === undefined) return { items, revision };
  return {
    items,
    revision,
    continue: { revision, after: keyOrder(last), at: options.continue?.at ?? registry.now },
    ...(!selects && { remaining: objects.length - rest }),
  };
}

const computed = <T extends KubeObject>(registry: Registry, { bucket }: Resource<T>, { namespace }: ListOptions) =>
  (registry.sources.get(bucket)?.list(registry, namespace === "" ? undefined : namespace) ?? []) as readonly T[];

const keyOrder = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;

function objectsAt<T extends KubeObject>(
  { store }: Registry,
  resource: Resource<T>,
  options: ListOptions,
  revision: number,
): readonly KubeObject[] {
  const namespace = options.namespace === "" ? undefined : options.namespace;
  try {
    return store.listAt(revision, resource.bucket, namespace);
  } catch (error) {
    if (!(error instanceof Compacted)) throw error;
    if (options.continue !== undefined) throw expired(options.continue);
    throw tooOldResourceVersion(revision, error.oldest);
  }
}

function revisionToRead({ store, now }: Registry, options: ListOptions): number {
  const { resourceVersion = "", resourceVersionMatch } = options;
  if (options.continue !== undefined) {
    if (resourceVersion !== "" && resourceVersion !== "0") {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    if (isExpired(options.continue, now)) throw expired(options.continue);
    return options.continue.revision < 0 ? store.revision : options.continue.revision;
  }
  if (resourceVersion === "" || resourceVersion === "0") return store.revision;
  const asked = parseRevision(resourceVersion, "invalid resource version: resourceVersion: ");
  if (asked > store.revision) throw tooLargeResourceVersion(asked, store.revision);
  const isExact = resourceVersionMatch === "Exact" || (resourceVersionMatch === undefined && (options.limit ?? 0) > 0);
  return isExact ? asked : store.revision;
}

/** @throws BadRequest if the text is no revision; `context` stands before what it says. */
export function parseRevision(text: string, context = ""): number {
  if (!/^\d{1,19}$/.test(text)) {
    throw badRequest(`${context}Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
  }
  return Number(text);
}
