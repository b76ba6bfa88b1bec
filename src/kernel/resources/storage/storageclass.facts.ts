/**
 * Pure questions anybody may ask of storage classes: which one is the default, when its volumes are bound.
 *
 * Models pkg/volume/util/storageclass.go.
 */
import type { StorageClass } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { parseTime } from "#kernel/apimachinery/meta";
import type { Draft } from "#kernel/registry/definition";

/** The annotations by which a class is what a claim without one gets. */
export const DEFAULT_CLASS_ANNOTATIONS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
] as const;

/** The provisioner of classes whose volumes are made by hand. */
export const NO_PROVISIONER = "kubernetes.io/no-provisioner";

/** The provisioner every cluster has: directories of a file system all nodes share. */
export const LOCAL_PATH = "rancher.io/local-path";

/** Where that file system is mounted on every node; each volume is a directory of its own below. */
export const SHARED_PATH = "/var/local-path-provisioner";

/** The class every cluster with machines begins with. */
export const STANDARD_CLASS: Draft<StorageClass> = {
  metadata: { name: "standard", annotations: { [DEFAULT_CLASS_ANNOTATIONS[0]]: "true" } },
  provisioner: LOCAL_PATH,
  reclaimPolicy: "Delete",
  volumeBindingMode: "WaitForFirstConsumer",
};

/** The class a claim without one gets: of several defaults the newest. */
export function defaultClassOf(classes: readonly StorageClass[]): StorageClass | undefined {
  const age = (text: string | null | undefined): number => (text ? parseTime(text) : 0);
  const [first] = classes
    .filter(({ metadata }) => DEFAULT_CLASS_ANNOTATIONS.some((name) => metadata.annotations?.[name] === "true"))
    .sort(
      ({ metadata: a }, { metadata: b }) =>
        age(b.creationTimestamp) - age(a.creationTimestamp) || compareText(a.name, b.name),
    );
  return first;
}

/** True if claims of the class wait until a pod that uses them has a node. */
export const isDelayedClass = (one: StorageClass | undefined): boolean =>
  one?.volumeBindingMode === "WaitForFirstConsumer";
