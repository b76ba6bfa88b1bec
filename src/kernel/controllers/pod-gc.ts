/**
 * Pod garbage collector: pods of nodes that are gone, pods that were deleted before they got a node, and the oldest
 * of too many finished ones.
 *
 * Models pkg/controller/podgc.
 */
import type { Node, Pod } from "#kernel/api/types.gen";
import { keyOf, keyText, setCondition } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, type Outcome, wakeAt, watching } from "#kernel/registry/controller";
import type { View } from "#kernel/registry/view";
import { nodes } from "#kernel/resources/core/node";
import { hasTaint, isNodeReady, TAINT_OUT_OF_SERVICE } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodScheduled, isPodTerminal } from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";

/** How long a node must be gone before its pods are. */
const QUARANTINE_MS = 40_000;

/** Finished pods beyond this number go, evicted ones and the oldest first (--terminated-pod-gc-threshold). */
const TERMINATED_MAX = 12_500;

/** The key under which finished pods are counted. */
const FINISHED = { namespace: "", name: "finished" };

/** The room of pods whose node is gone; the id is the pod's uid. */
const ORPHANS = "orphaned-pods";

const finished: View<Map<string, Pod>> = {
  name: "finished-pods",
  create: ({ store }) =>
    new Map((store.list(pods.bucket) as readonly Pod[]).filter(isPodTerminal).map((pod) => [keyText(keyOf(pod)), pod])),
  apply(view, { bucket, type, key, object }) {
    if (bucket !== pods.bucket) return;
    if (type !== "DELETED" && isPodTerminal(object as Pod)) view.set(keyText(key), object as Pod);
    else view.delete(keyText(key));
  },
};

export const podGcController: Controller = {
  name: "pod-garbage-collector-controller",
  component: "controllerManager",
  watches: [
    watching(pods, (pod, client) => {
      const isGoing = pod.metadata.deletionTimestamp !== undefined;
      if (isGoing || isLost(client, pod)) return [keyOf(pod)];
      if (!isPodTerminal(pod)) return [];
      return client.registry.views.of(finished).size > TERMINATED_MAX ? [FINISHED] : [];
    }),
    watching(nodes, (node, client) => {
      const isThere = client.get(nodes, keyOf(node)) !== undefined;
      if (isThere && !hasTaint(node, TAINT_OUT_OF_SERVICE)) return [];
      const keys = client.by(pods, "node", node.metadata.name).map(keyOf);
      return keys.sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1));
    }),
  ],

  reconcile(context, key) {
    if (key.namespace === "") return collectFinished(context);
    const { client, cells } = context;
    const pod = client.get(pods, key);
    if (pod === undefined) return done;
    const { deletionTimestamp, uid } = pod.metadata;
    const isGoing = deletionTimestamp !== undefined;
    if (isGoing && !isPodScheduled(pod)) return remove(context, pod);
    if (isGoing && isOutOfService(client, pod)) return remove(context, pod);
    if (!isLost(client, pod)) {
      cells.delete(ORPHANS, uid);
      return done;
    }
    return collectOrphan(context, pod);
  },
};

/** The pod's node as it is stored: asked for with every change of a pod, so nothing is derived for it. */
const nodeOf = ({ registry }: Client, { spec: { nodeName = "" } }: Pod): Node | undefined =>
  registry.store.get(nodes.bucket, { namespace: "", name: nodeName }) as Node | undefined;

/** True if the pod's node does not exist. */
const isLost = (client: Client, pod: Pod): boolean => isPodScheduled(pod) && nodeOf(client, pod) === undefined;

function isOutOfService(client: Client, pod: Pod): boolean {
  const node = nodeOf(client, pod);
  return node !== undefined && !isNodeReady(node) && hasTaint(node, TAINT_OUT_OF_SERVICE);
}

function collectOrphan(context: Context, pod: Pod): Outcome {
  const { cells, now } = context;
  const { uid } = pod.metadata;
  const since = cells.get<Instant>(ORPHANS, uid);
  if (since === undefined) cells.put(ORPHANS, uid, now);
  const at = (since ?? now) + QUARANTINE_MS;
  if (at > now) return wakeAt(at);
  cells.delete(ORPHANS, uid);
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByPodGC",
    message: "PodGC: node no longer exists",
    observedGeneration: pod.metadata.generation ?? 0,
  };
  return remove(context, pod, setCondition(pod.status?.conditions, condition, now));
}

/** Fails a pod that has not ended, so that whoever counts it knows, and takes it away without waiting. */
function remove({ client }: Context, pod: Pod, conditions = pod.status?.conditions): Outcome {
  if (!isPodTerminal(pod)) {
    client.updateStatus(pods, pod, { ...pod.status, phase: "Failed", ...(conditions !== undefined && { conditions }) });
  }
  client.delete(pods, keyOf(pod), { gracePeriodSeconds: 0 });
  return done;
}

function collectFinished({ client }: Context): Outcome {
  const all = [...client.registry.views.of(finished).values()];
  const surplus = all.length - TERMINATED_MAX;
  if (surplus <= 0) return done;
  // Evicted pods go first.
  const ageOf = ({ metadata, status }: Pod): string =>
    `${status?.reason === "Evicted" ? 0 : 1} ${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`;
  all.sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
  for (const pod of all.slice(0, surplus)) client.delete(pods, keyOf(pod), { gracePeriodSeconds: 0 });
  return done;
}
