/**
 * Pods by label, so that a Service finds its pods without listing its namespace.
 */
import type { Pod } from "#kernel/api/types.gen";
import type { Labels } from "#kernel/apimachinery/labels";
import { matchesSet } from "#kernel/apimachinery/labels";
import type { Registry } from "#kernel/registry/registry";
import type { View } from "#kernel/registry/view";
import { pods } from "#kernel/resources/core/pod";

/** Pods by namespace and one of their labels, then by name. */
type ByLabel = Map<string, Map<string, Pod>>;

const idOf = (namespace: string, label: string, value: string): string => `${namespace} ${label}=${value}`;

const podsByLabel: View<ByLabel> = {
  name: "pods-by-label",

  create({ store }) {
    const view: ByLabel = new Map();
    for (const pod of store.list(pods.bucket) as readonly Pod[]) add(view, pod);
    return view;
  },

  apply(view, { bucket, type, object, previous }) {
    if (bucket !== pods.bucket) return;
    if (previous !== undefined) remove(view, previous as Pod);
    if (type !== "DELETED") add(view, object as Pod);
  },
};

function add(view: ByLabel, pod: Pod): void {
  const { namespace = "", name, labels } = pod.metadata;
  for (const label in labels) {
    const id = idOf(namespace, label, labels[label] ?? "");
    let posting = view.get(id);
    if (posting === undefined) {
      posting = new Map();
      view.set(id, posting);
    }
    posting.set(name, pod);
  }
}

function remove(view: ByLabel, { metadata: { namespace = "", name, labels } }: Pod): void {
  for (const label in labels) {
    const id = idOf(namespace, label, labels[label] ?? "");
    const posting = view.get(id);
    posting?.delete(name);
    if (posting?.size === 0) view.delete(id);
  }
}

/** Pods of a namespace that have all labels of the set (at least one), sorted by name. */
export function selectedPods(registry: Registry, namespace: string, set: Labels): Pod[] {
  const view = registry.views.of(podsByLabel);
  let smallest: Map<string, Pod> | undefined;
  for (const label in set) {
    const posting = view.get(idOf(namespace, label, set[label] ?? ""));
    if (posting === undefined) return [];
    if (smallest === undefined || posting.size < smallest.size) smallest = posting;
  }
  const found: Pod[] = [];
  for (const pod of smallest?.values() ?? []) if (matchesSet(set, pod.metadata.labels)) found.push(pod);
  return found.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
