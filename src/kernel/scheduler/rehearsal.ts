/**
 * A rehearsal: the scheduler's picture of the cluster, apart from the real one, in which nodes come and go and pods
 * are placed to see what would happen.
 *
 * Models sigs.k8s.io/cluster-autoscaler/simulator/clustersnapshot.
 */
import type { Node, Pod } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import type { Registry } from "#kernel/registry/registry";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { checkNode, compileFilters } from "#kernel/scheduler/cycle";
import { podInfoOf } from "#kernel/scheduler/pod-info";
import { profileOf } from "#kernel/scheduler/profile";
import { Snapshot } from "#kernel/scheduler/snapshot";
import type { Change, KubeObject } from "#kernel/store/object";

type Step = Pick<Change, "bucket" | "type" | "object" | "previous">;

export class Rehearsal {
  readonly #cluster: Snapshot;
  /** What was done, so that it can be undone. */
  #steps: Step[] = [];

  constructor(readonly registry: Registry) {
    this.#cluster = new Snapshot(registry);
  }

  addNode(node: Node): void {
    this.#do({ bucket: nodes.bucket, type: "ADDED", object: node as KubeObject });
  }

  /** A node goes; who is on it has to be placed elsewhere. */
  dropNode(name: string): void {
    const info = this.#cluster.node(name);
    if (info !== undefined) this.#do({ bucket: nodes.bucket, type: "DELETED", object: info.node as KubeObject });
  }

  has(node: string): boolean {
    return this.#cluster.node(node) !== undefined;
  }

  /** Puts a pod on a node; where it was before it is no longer. */
  place(pod: Pod, node: string): void {
    const placed = { ...pod, spec: { ...pod.spec, nodeName: node } };
    this.#do({ bucket: pods.bucket, type: "MODIFIED", object: placed as KubeObject, previous: pod as KubeObject });
  }

  /** Why a pod does not fit a node, the first plugin's reasons in the scheduler's words; undefined if it does. */
  obstacle(pod: Pod, node: string): string | undefined {
    return this.#asker(pod)(node);
  }

  /** The first of some nodes (all of them, unless said otherwise) a pod fits. */
  nodeFor(pod: Pod, among: readonly string[] = this.#cluster.nodes.map(({ name }) => name)): string | undefined {
    const ask = this.#asker(pod);
    return among.find((name) => ask(name) === undefined);
  }

  /** Does something that may fail; what did is undone as if nothing had been tried. */
  attempt(act: () => boolean): boolean {
    const before = this.#steps.length;
    if (act()) return true;
    for (const { bucket, type, object, previous } of this.#steps.splice(before).reverse()) {
      if (previous !== undefined) this.#apply({ bucket, type: "MODIFIED", object: previous, previous: object });
      else this.#apply({ bucket, type: type === "ADDED" ? "DELETED" : "ADDED", object });
    }
    return false;
  }

  #asker(pod: Pod): (node: string) => string | undefined {
    const { nodeName: _, ...spec } = pod.spec;
    const profile = profileOf(this.registry, pod);
    if (profile === undefined) return () => "no scheduler answers to its name";
    const filters = compileFilters(podInfoOf({ ...pod, spec }), this.#cluster, profile.plugins);
    return (name) => {
      const node = this.#cluster.node(name);
      if (node === undefined) return "node not found";
      const rejection = filters.refusal ?? checkNode(filters, node);
      return rejection?.reasons.join(", ");
    };
  }

  #do(step: Step): void {
    this.#apply(step);
    this.#steps.push(step);
  }

  #apply(step: Step): void {
    this.#cluster.apply({ revision: 0, key: keyOf(step.object), ...step } as Change);
  }
}
