/**
 * Objects no controller owns: what a controller with a matching selector may adopt, found without listing a namespace.
 */
import type { Resource } from "#kernel/registry/definition";
import type { Registry } from "#kernel/registry/registry";
import type { View } from "#kernel/registry/view";
import type { Bucket, KubeObject } from "#kernel/store/object";

/** Orphans of the watched kinds, by bucket and namespace, then by name. */
type Orphans = Map<string, Map<string, KubeObject>>;

/** What controllers adopt. */
const KEPT: ReadonlySet<Bucket> = new Set(["pods", "replicasets.apps", "controllerrevisions.apps"]);

const roomOf = (bucket: Bucket, namespace: string): string => `${bucket} ${namespace}`;

const isOrphan = ({ metadata }: KubeObject): boolean =>
  metadata.ownerReferences?.some(({ controller }) => controller === true) !== true;

const orphans: View<Orphans> = {
  name: "orphans",

  create({ store }: Registry) {
    const view: Orphans = new Map();
    for (const bucket of KEPT) {
      for (const object of store.list(bucket)) if (isOrphan(object)) put(view, bucket, object);
    }
    return view;
  },

  apply(view, { bucket, type, key, object, previous }) {
    if (!KEPT.has(bucket)) return;
    if (type !== "DELETED" && isOrphan(object)) put(view, bucket, object);
    else if (previous === undefined || isOrphan(previous)) {
      const room = roomOf(bucket, key.namespace);
      const known = view.get(room);
      known?.delete(key.name);
      if (known?.size === 0) view.delete(room);
    }
  },
};

function put(view: Orphans, bucket: Bucket, object: KubeObject): void {
  const room = roomOf(bucket, object.metadata.namespace ?? "");
  let known = view.get(room);
  if (known === undefined) {
    known = new Map();
    view.set(room, known);
  }
  known.set(object.metadata.name, object);
}

/** Objects of a namespace that no controller owns, by name, of a kind this view keeps. */
export function orphansOf<T extends KubeObject>(
  registry: Registry,
  resource: Resource<T>,
  namespace: string,
): readonly T[] {
  const known = registry.views.of(orphans).get(roomOf(resource.bucket, namespace));
  if (known === undefined) return [];
  const found = [...known.values()] as unknown as T[];
  return found.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
