/**
 * Which pods speak of which ConfigMaps and Secrets, so that a change of one wakes those alone.
 *
 * Models pkg/kubelet/util/manager (the watch-based object manager).
 */
import type { Pod } from "#kernel/api/types.gen";
import { type Key, keyOf, keyText, parseKey } from "#kernel/apimachinery/meta";
import type { View } from "#kernel/registry/view";
import { pods } from "#kernel/resources/core/pod";
import { allContainers } from "#kernel/resources/core/pod.facts";

export class References {
  readonly #pods = new Map<string, Set<string>>();

  /** The pods on nodes that speak of `configmap` or `secret` of this key. */
  to(kind: "configmap" | "secret", key: Key): Key[] {
    // Sorted: a rebuilt view must give the same order as one that grew.
    return [...(this.#pods.get(`${kind} ${keyText(key)}`) ?? [])].sort().map(parseKey);
  }

  change(before: Pod | undefined, after: Pod | undefined): void {
    if (before?.spec === after?.spec) return;
    for (const name of namesIn(before)) {
      const known = this.#pods.get(name);
      known?.delete(keyText(keyOf(before ?? {})));
      if (known?.size === 0) this.#pods.delete(name);
    }
    for (const name of namesIn(after)) {
      let known = this.#pods.get(name);
      if (known === undefined) {
        known = new Set();
        this.#pods.set(name, known);
      }
      known.add(keyText(keyOf(after ?? {})));
    }
  }
}

/** `configmap ns/name` and `secret ns/name` of everything a pod on a node refers to. */
function namesIn(pod: Pod | undefined): Set<string> {
  const names = new Set<string>();
  if (pod === undefined || (pod.spec.nodeName ?? "") === "") return names;
  const namespace = pod.metadata.namespace ?? "";
  const add = (kind: "configmap" | "secret", name: string | undefined): void => {
    if (name) names.add(`${kind} ${namespace}/${name}`);
  };
  for (const { env = [], envFrom = [] } of allContainers(pod.spec)) {
    for (const { valueFrom } of env) {
      add("configmap", valueFrom?.configMapKeyRef?.name);
      add("secret", valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of envFrom) {
      add("configmap", configMapRef?.name);
      add("secret", secretRef?.name);
    }
  }
  for (const { configMap, secret, projected } of pod.spec.volumes ?? []) {
    add("configmap", configMap?.name);
    add("secret", secret?.secretName);
    for (const source of projected?.sources ?? []) {
      add("configmap", source.configMap?.name);
      add("secret", source.secret?.name);
    }
  }
  return names;
}

export const REFERENCES: View<References> = {
  name: "kubelet/references",
  create({ store }) {
    const references = new References();
    for (const pod of store.list(pods.bucket, undefined)) references.change(undefined, pod as Pod);
    return references;
  },
  apply(references, { bucket, type, object, previous }) {
    if (bucket !== pods.bucket) return;
    references.change(previous as Pod | undefined, type === "DELETED" ? undefined : (object as Pod));
  },
};
