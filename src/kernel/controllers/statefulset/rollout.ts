/**
 * What a StatefulSet does about its pods in one look: make, wait, scale down, replace.
 *
 * Models pkg/controller/statefulset/stateful_set_control.go (updateStatefulSet).
 * Leaves out slow start: it exists to spare a busy API server, and a read inside the kernel is never stale.
 */
import type { Pod, StatefulSet } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { applyRetention, createMissingClaims, hasStaleClaim } from "#kernel/controllers/statefulset/claims";
import { atRevision, type Revisions, revisionOfPod } from "#kernel/controllers/statefulset/history";
import {
  createStatefulPod,
  deleteStatefulPod,
  isHealthy,
  isRunningAndAvailable,
  isRunningAndReady,
  ordinalOf,
  restoreIdentity,
} from "#kernel/controllers/statefulset/pods";
import type { Context } from "#kernel/registry/controller";
import {
  allowsBurst,
  firstOrdinal,
  statefulMaxUnavailable,
  statefulPodName,
  statefulReplicas,
  updatePartition,
} from "#kernel/resources/apps/statefulset.facts";
import { isPodTerminal, isPodTerminating } from "#kernel/resources/core/pod.facts";

/** A place among the wanted pods; no pod stands in it yet, or one does. */
interface Place {
  readonly ordinal: number;
  readonly pod: Pod | undefined;
}

/** What a look did: changes are themselves looked at again at once. */
export interface Effect {
  readonly isChanged: boolean;
  /** Nothing can go on before a claim is gone, which nobody tells us. */
  readonly mustLookAgain: boolean;
  readonly failure?: StatusError;
}

export class Rollout {
  readonly #isOrdered: boolean;
  readonly #places: readonly Place[];
  readonly #condemned: readonly Pod[];
  readonly #firstUnavailable: string | undefined;
  #isChanged = false;
  #mustLookAgain = false;

  constructor(
    readonly context: Context,
    readonly set: StatefulSet,
    readonly revisions: Revisions,
    pods: readonly Pod[],
  ) {
    const first = firstOrdinal(set);
    const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
    this.#isOrdered = !allowsBurst(set);
    this.#places = Array.from({ length: statefulReplicas(set) }, (_, index) => {
      return { ordinal: first + index, pod: byOrdinal.get(first + index) };
    });
    this.#condemned = [...byOrdinal]
      .filter(([ordinal]) => ordinal >= 0 && (ordinal < first || ordinal >= first + this.#places.length))
      .sort(([a], [b]) => b - a)
      .map(([, pod]) => pod);
    const place = this.#places.find(({ pod }) => this.#isUnavailable(pod));
    this.#firstUnavailable =
      place === undefined
        ? this.#condemned.findLast((pod) => this.#isUnavailable(pod))?.metadata.name
        : statefulPodName(set, place.ordinal);
  }

  /** Goes as far as it can. */
  run(): Effect {
    try {
      this.#advance();
      return { isChanged: this.#isChanged, mustLookAgain: this.#mustLookAgain };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { isChanged: this.#isChanged, mustLookAgain: false, failure: error };
    }
  }

  #advance(): void {
    if (this.#forAll(this.#places, (place) => this.#keep(place))) return;
    const { context, set } = this;
    for (const pod of this.#condemned) if (applyRetention(context.client, set, pod)) this.#isChanged = true;
    if (this.#forAll(this.#condemned, (pod) => this.#scaleDown(pod))) return;
    if (set.spec.updateStrategy?.type === "RollingUpdate") this.#replace();
  }

  /** Looks at each in turn. In order, the first that must be waited for ends it; else all are looked at. */
  #forAll<T>(items: readonly T[], look: (item: T) => boolean): boolean {
    for (const item of items) if (look(item) && this.#isOrdered) return true;
    return false;
  }

  /** Sees to one wanted pod. True if the ones after it must wait. */
  #keep({ ordinal, pod }: Place): boolean {
    const { context, set } = this;
    if (pod === undefined) return this.#create(ordinal);
    if (isPodTerminal(pod)) {
      // The next pod of this name comes when the old one is gone.
      if (!isPodTerminating(pod)) this.#delete(pod);
      return true;
    }
    if (pod.status?.phase === "Pending" && !isPodTerminating(pod)) {
      createMissingClaims(context, set, ordinal, pod.metadata.name);
    }
    if (this.#isOrdered) {
      if (isPodTerminating(pod) || !isRunningAndReady(pod)) return true;
      if (!isRunningAndAvailable(pod, set, context.now)) return true;
    }
    if (isPodTerminating(pod)) return false;
    if (restoreIdentity(context, set, pod, ordinal)) this.#isChanged = true;
    if (applyRetention(context.client, set, pod)) this.#isChanged = true;
    return false;
  }

  #create(ordinal: number): boolean {
    const { context, set, revisions } = this;
    if (hasStaleClaim(context.client, set, ordinal, undefined)) {
      this.#mustLookAgain = true;
      return true;
    }
    const revision = this.#needsCurrent(ordinal) ? revisions.current : revisions.update;
    createStatefulPod(context, atRevision(set, revision), revision.metadata.name, ordinal);
    this.#isChanged = true;
    return true;
  }

  /** True if a new pod with this number is not updated yet: it lies below the partition. */
  #needsCurrent(ordinal: number): boolean {
    const { spec, status } = this.set;
    if (spec.updateStrategy?.type !== "RollingUpdate") return false;
    const first = firstOrdinal(this.set);
    if (spec.updateStrategy.rollingUpdate === undefined) return ordinal < first + (status?.currentReplicas ?? 0);
    return ordinal < first + updatePartition(this.set);
  }

  /** Deletes one pod too many. True if the others must wait. */
  #scaleDown(pod: Pod): boolean {
    if (isPodTerminating(pod)) return true;
    const { context, set } = this;
    const isFirst = pod.metadata.name === this.#firstUnavailable;
    const isGood = isRunningAndReady(pod) && isRunningAndAvailable(pod, set, context.now);
    if (this.#isOrdered && !isGood && !isFirst) return true;
    this.#delete(pod);
    return true;
  }

  /** Deletes as many pods of an old revision as may be unavailable, the highest numbers first. */
  #replace(): void {
    const { set, revisions } = this;
    let room = statefulMaxUnavailable(set) - this.#places.filter(({ pod }) => this.#isUnavailable(pod)).length;
    const lowest = updatePartition(set);
    for (let index = this.#places.length - 1; index >= lowest && room > 0; index -= 1) {
      const pod = this.#places[index]?.pod;
      if (pod === undefined || isPodTerminating(pod) || revisionOfPod(pod) === revisions.update.metadata.name) continue;
      this.#delete(pod);
      room -= 1;
    }
  }

  #isUnavailable(pod: Pod | undefined): boolean {
    return pod === undefined || !isHealthy(pod) || !isRunningAndAvailable(pod, this.set, this.context.now);
  }

  #delete(pod: Pod): void {
    deleteStatefulPod(this.context, this.set, pod);
    this.#isChanged = true;
  }
}
