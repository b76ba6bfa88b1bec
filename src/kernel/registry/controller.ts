/**
 * The contract of everything that keeps a cluster true: controllers, the scheduler, the kubelets.
 *
 * A reconcile reads the world, never the event; it is told a key and makes the world right for it at `now`. What must
 * happen later is asked for with `wakeAt`; every delay is computed from an instant that is stored somewhere.
 */
import { controllerOf, type Key, keyOf, parseApiVersion } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import type { Resource } from "#kernel/registry/definition";
import { readAs } from "#kernel/registry/stored";
import type { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";
import type { Change, KubeObject } from "#kernel/store/object";

/** The parts of the control plane that can be stopped and started. */
export type Component = "controllerManager" | "scheduler" | "kubelet";

/** Whose work it is: a component's, the API server's own, or that of the world itself. Nobody can stop the last two. */
export type Part = Component | "apiserver" | "world";

/** The programs upstream runs these parts as: their names in managedFields. */
export const FIELD_MANAGERS: Readonly<Record<Part, string>> = {
  controllerManager: "kube-controller-manager",
  scheduler: "kube-scheduler",
  kubelet: "kubelet",
  apiserver: "kube-apiserver",
  world: "unknown",
};

export interface Context {
  /** Acts as the component, with its upstream user name. */
  readonly client: Client;
  readonly now: Instant;
  readonly entropy: Entropy;
  readonly cells: Cells;
}

/** What remains: nothing, or a look at the same key at a later instant. */
export interface Outcome {
  readonly wakeAt?: Instant;
  /** A look that only repeats itself (a healthy probe, a resync): it does not count as unfinished business. */
  readonly isRoutine?: boolean;
}

export const done: Outcome = {};

/** Look again at an instant; an instant that has come means at once. */
export const wakeAt = (instant: Instant): Outcome => ({ wakeAt: instant });

/** Look again at an instant, as a matter of routine: an otherwise settled cluster counts as idle. */
export const routineAt = (instant: Instant): Outcome => ({ wakeAt: instant, isRoutine: true });

/** The earlier of several outcomes; one that is not routine wins its instant's seriousness. */
export function earliest(...outcomes: readonly Outcome[]): Outcome {
  let first: Outcome = done;
  for (const outcome of outcomes) {
    if (outcome.wakeAt === undefined) continue;
    if (first.wakeAt === undefined || outcome.wakeAt < first.wakeAt) first = outcome;
    else if (outcome.wakeAt === first.wakeAt && outcome.isRoutine !== true) first = outcome;
  }
  return first;
}

/** Which keys a change of a resource concerns. */
export interface ResourceWatch {
  readonly resource: Resource<KubeObject>;
  keys(change: Change, client: Client): readonly Key[];
}

/** Which keys a change of a room of cells concerns. */
export interface RoomWatch {
  readonly room: string;
  keys(id: string, value: unknown, client: Client): readonly Key[];
}

/** Which keys a change of any kind concerns, kinds made at run time included. */
export interface EverythingWatch {
  readonly everything: true;
  keys(change: Change, client: Client): readonly Key[];
}

export type Watch = ResourceWatch | RoomWatch | EverythingWatch;

export interface Controller {
  /** The upstream name of the controller, as in its events' source. */
  readonly name: string;
  readonly component: Part;
  /** Rooms that hold what it keeps in memory: lost when its component stops. */
  readonly memory?: readonly string[];
  readonly watches: readonly Watch[];
  /**
   * Makes the world right for one key. The object may be gone. A StatusError is retried with backoff, anything else
   * is a bug.
   */
  reconcile(context: Context, key: Key): Outcome;
}

/** Watches the resource itself: the key of the changed object. */
export function itself<T extends KubeObject>(resource: Resource<T>): Watch {
  return watching(resource, (object) => [keyOf(object)]);
}

/** Watches what a kind owns: the key of the controlling owner of that kind. */
export function ownedBy<O extends KubeObject, T extends KubeObject>(owner: Resource<O>, owned: Resource<T>): Watch {
  const keys = (object: T): readonly Key[] => {
    const ref = controllerOf(object);
    if (ref === undefined || ref.kind !== owner.names.kind) return [];
    // Whichever version of the owner's kind the reference was written in.
    if (parseApiVersion(ref.apiVersion ?? "")?.group !== owner.group) return [];
    return [{ namespace: owner.isNamespaced ? (object.metadata.namespace ?? "") : "", name: ref.name ?? "" }];
  };
  return watching(owned, (object, _client, previous) =>
    previous === undefined ? keys(object) : [...keys(object), ...keys(previous)],
  );
}

/** Watches a resource; `keys` maps a changed object (and what it was before, if it was) to the keys to look at. */
export function watching<T extends KubeObject>(
  resource: Resource<T>,
  keys: (object: T, client: Client, previous: T | undefined) => readonly Key[],
): ResourceWatch {
  return {
    resource: resource as unknown as Resource<KubeObject>,
    keys: ({ object, previous }, client) =>
      keys(readAs(resource, object), client, previous === undefined ? undefined : readAs(resource, previous)),
  };
}
