/**
 * Taint eviction: pods leave nodes with a NoExecute taint, at once or as late as they tolerate.
 *
 * Models pkg/controller/tainteviction.
 */
import type { Node, Pod, Taint } from "#kernel/api/types.gen";
import { keyOf, keyText } from "#kernel/apimachinery/meta";
import { disrupt } from "#kernel/controllers/shared/disrupt";
import { type Context, type Controller, done, type Outcome, wakeAt, watching } from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { isPodTerminal, tolerationFor } from "#kernel/resources/core/pod.facts";
import { equal } from "#kernel/sim/clone";
import type { Instant } from "#kernel/sim/instant";

const NAME = "taint-eviction-controller";
const SOURCE = { component: NAME };

/** The room of pods that are to leave; the id is the pod's uid. */
const LEAVING = "taint-evictions";

interface Leaving {
  readonly since: Instant;
}

const isNoExecute = ({ effect }: Taint): boolean => effect === "NoExecute";

export const taintEvictionController: Controller = {
  name: NAME,
  component: "controllerManager",
  watches: [
    watching(pods, (pod, client) => {
      const { nodeName = "" } = pod.spec;
      if (nodeName === "") return [];
      const node = client.registry.store.get(nodes.bucket, { namespace: "", name: nodeName }) as Node | undefined;
      return node?.spec.taints?.some(isNoExecute) === true ? [keyOf(pod)] : [];
    }),
    watching(nodes, (node, client, previous) => {
      const [taints, before] = [node.spec.taints ?? [], previous?.spec.taints ?? []];
      if (equal(taints.filter(isNoExecute), before.filter(isNoExecute))) return [];
      return client
        .by(pods, "node", node.metadata.name)
        .map(keyOf)
        .sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1));
    }),
  ],

  reconcile(context, key) {
    const { client, cells } = context;
    const pod = client.get(pods, key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) {
      if (pod !== undefined) cells.delete(LEAVING, pod.metadata.uid);
      return done;
    }
    const node = client.get(nodes, { namespace: "", name: pod.spec.nodeName ?? "" });
    return judge(context, pod, (node?.spec.taints ?? []).filter(isNoExecute));
  },
};

function judge(context: Context, pod: Pod, taints: readonly Taint[]): Outcome {
  const { cells, now } = context;
  const { uid } = pod.metadata;
  const leaving = cells.get<Leaving>(LEAVING, uid);
  const patience = patienceOf(pod, taints);
  if (patience === undefined) {
    if (leaving === undefined) return done;
    cells.delete(LEAVING, uid);
    say(context, pod, `Cancelling deletion of Pod ${keyText(keyOf(pod))}`);
    return done;
  }
  const leavesAt = (leaving?.since ?? now) + patience;
  if (leavesAt <= now) {
    evict(context, pod);
    return done;
  }
  if (leaving === undefined) cells.put(LEAVING, uid, { since: now } satisfies Leaving);
  return wakeAt(leavesAt);
}

/** For how many milliseconds the pod tolerates all of the taints; undefined = for ever. */
function patienceOf(pod: Pod, taints: readonly Taint[]): number | undefined {
  let patience: number | undefined;
  for (const taint of taints) {
    const toleration = tolerationFor(pod, taint);
    if (toleration === undefined) return 0;
    const { tolerationSeconds } = toleration;
    if (tolerationSeconds !== undefined)
      patience = Math.min(patience ?? Infinity, Math.max(0, tolerationSeconds) * 1000);
  }
  return patience;
}

function evict(context: Context, pod: Pod): void {
  context.cells.delete(LEAVING, pod.metadata.uid);
  say(context, pod, `Marking for deletion Pod ${keyText(keyOf(pod))}`);
  const message = "Taint manager: deleting due to NoExecute taint";
  disrupt(context, pod, { reason: "DeletionByTaintManager", message });
}

function say({ client, now }: Context, regarding: Pod, message: string): void {
  recordEvent(client, { regarding, type: "Normal", reason: "TaintManagerEviction", message, source: SOURCE }, now);
}
