/**
 * DaemonSet controller: gives every node that fits its pod, and rolls templates out over them.
 *
 * Models pkg/controller/daemon. Leaves out expectations and slow start: both exist to survive a stale cache, and a
 * read inside the kernel is never stale.
 */
import type { DaemonSet, DaemonSetStatus, Node } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import * as labels from "#kernel/apimachinery/labels";
import { type Key, keyOf } from "#kernel/apimachinery/meta";
import { backOff, backoffOn, forgetBackoff } from "#kernel/controllers/daemonset/backoff";
import { cleanHistory, syncHistory } from "#kernel/controllers/daemonset/history";
import {
  emptyPlan,
  isUpdated,
  type Look,
  type NodePods,
  nodesWithPods,
  type Plan,
  planNode,
  planUpdate,
} from "#kernel/controllers/daemonset/nodes";
import { daemonPod, nodeOfDaemon, placementOn } from "#kernel/controllers/daemonset/placement";
import { claim, claimantsOf } from "#kernel/controllers/shared/claim";
import type { Client } from "#kernel/registry/client";
import {
  type Context,
  type Controller,
  done,
  earliest,
  itself,
  type Outcome,
  ownedBy,
  wakeAt,
  watching,
} from "#kernel/registry/controller";
import type { Resource } from "#kernel/registry/definition";
import { controllerrevisions } from "#kernel/resources/apps/controllerrevision";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { recordEvent } from "#kernel/resources/core/event.record";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { isPodAvailable, isPodReady, podAvailableAt } from "#kernel/resources/core/pod.facts";
import { equal } from "#kernel/sim/clone";
import type { Instant } from "#kernel/sim/instant";
import type { KubeObject } from "#kernel/store/object";

const SOURCE = { component: "daemonset-controller" };

/** Pods one look creates or deletes; the rest comes with the next one. */
const BURST = 250;

const resource = daemonsets as unknown as Resource<KubeObject>;

export const daemonsetController: Controller = {
  name: "daemon-set-controller",
  component: "controllerManager",
  watches: [
    itself(daemonsets),
    ownedBy(daemonsets, pods),
    ownedBy(daemonsets, controllerrevisions),
    watching(pods, (pod, client) => claimantsOf(client, pod, daemonsets, ({ spec }) => spec.selector)),
    watching(nodes, concernedSets),
  ],

  reconcile(context, key) {
    const { client, cells } = context;
    const set = client.get(daemonsets, key);
    if (set === undefined) {
      forgetBackoff(cells, key);
      return done;
    }
    if (labels.isEmpty(set.spec.selector)) {
      const message = "This daemon set is selecting all pods. A non-empty selector is required.";
      say(context, set, "Warning", "SelectingAll", message);
      return done;
    }
    return set.metadata.deletionTimestamp === undefined ? sync(context, set) : done;
  },
};

/** The sets for which a changed node is another one than before. */
function concernedSets(node: Node, client: Client, previous: Node | undefined): readonly Key[] {
  const isThere = client.registry.store.get(nodes.bucket, keyOf(node)) !== undefined;
  const isSame =
    isThere &&
    previous !== undefined &&
    equal(previous.metadata.labels, node.metadata.labels) &&
    equal(previous.spec, node.spec);
  if (isSame) return [];
  if (!isThere || previous === undefined) return client.list(daemonsets).map(keyOf);
  return client
    .list(daemonsets)
    .filter((set) => !equal(placementOn(previous, set), placementOn(node, set)))
    .map(keyOf);
}

function sync(context: Context, found: DaemonSet): Outcome {
  const { client, cells, now } = context;
  const { selector } = found.spec;
  const history = syncHistory(client, found);
  const { set, hash } = history;
  const mine = claim(client, { owner: set, resource, selector }, pods);
  const all = client.registry.store.list(nodes.bucket, undefined) as readonly Node[];
  const { nodes: withPods, homeless } = nodesWithPods(set, all, mine);
  const look: Look = { set, hash, now, backoff: (node) => backoffOn(cells, set, node) };

  const plan = emptyPlan();
  for (const node of withPods) planNode(look, node, plan);
  plan.remove.push(...homeless.filter(({ spec, metadata }) => !spec.nodeName && !metadata.deletionTimestamp));
  let failure = enact(context, look, plan);
  const isQuiet = plan.createOn.length + plan.remove.length === 0;
  if (isQuiet && set.spec.updateStrategy?.type === "RollingUpdate") {
    const update = planUpdate(look, withPods);
    failure = enact(context, look, update);
    plan.createOn.push(...update.createOn);
    plan.remove.push(...update.remove);
  }
  // What was made or deleted is itself a change we watch: the status follows with the next look.
  if (plan.createOn.length + plan.remove.length > 0 && failure === undefined) return done;

  const { status, changesAt } = observe(look, withPods);
  if (!equal(status, set.status)) client.updateStatus(daemonsets, set, status);
  cleanHistory(client, history, mine);
  forgetBackoff(cells, keyOf(set), set);
  if (failure !== undefined) throw failure;
  return earliest(
    plan.nextAt === undefined ? done : wakeAt(plan.nextAt),
    changesAt === undefined ? done : wakeAt(changesAt),
  );
}

/** Does what is planned. Gives what stood in the way of a creation. */
function enact(context: Context, { set, hash, now }: Look, plan: Plan): StatusError | undefined {
  const { client, cells } = context;
  for (const pod of plan.ended) {
    const { namespace = "", name } = pod.metadata;
    const node = nodeOfDaemon(pod);
    if (pod.status?.phase === "Failed") {
      backOff(cells, set, node, now);
      const message = `Found failed daemon pod ${namespace}/${name} on node ${node}, will try to kill it`;
      say(context, set, "Warning", "FailedDaemonPod", message);
    } else {
      const message = `Found succeeded daemon pod ${namespace}/${name} on node ${node}, will try to delete it`;
      say(context, set, "Normal", "SucceededDaemonPod", message);
    }
  }
  const failure = createPods(context, set, hash, plan.createOn.slice(0, BURST));
  for (const pod of plan.remove.slice(0, BURST)) {
    client.delete(pods, keyOf(pod));
    say(context, set, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
  }
  return failure;
}

function createPods(context: Context, set: DaemonSet, hash: string, on: readonly string[]): StatusError | undefined {
  for (const node of on) {
    try {
      const { name } = context.client.create(pods, daemonPod(set, node, hash)).metadata;
      say(context, set, "Normal", "SuccessfulCreate", `Created pod: ${name}`);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      // Nothing can be made in a namespace that is going; there is nothing to report and nothing to try again.
      if (error.status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating")) return undefined;
      say(context, set, "Warning", "FailedCreate", `Error creating: ${error.message}`);
      return error;
    }
  }
  return undefined;
}

function say(
  { client, now }: Context,
  regarding: DaemonSet,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
) {
  recordEvent(client, { regarding, type, reason, message, source: SOURCE }, now);
}

/** The status with these nodes, and when it will be another one without anything happening. */
function observe(look: Look, all: readonly NodePods[]): { status: DaemonSetStatus; changesAt: Instant | undefined } {
  const { set, now } = look;
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  let [desired, current, ready, available, updated, misscheduled] = [0, 0, 0, 0, 0, 0];
  let changesAt: Instant | undefined;
  for (const { shouldRun, pods: here } of all) {
    if (!shouldRun) {
      misscheduled += here.length > 0 ? 1 : 0;
      continue;
    }
    desired += 1;
    const [pod] = here;
    if (pod === undefined) continue;
    current += 1;
    if (isUpdated(look, pod)) updated += 1;
    if (!isPodReady(pod)) continue;
    ready += 1;
    if (isPodAvailable(pod, minReadySeconds, now)) available += 1;
    else {
      const at = podAvailableAt(pod, minReadySeconds);
      if (at !== undefined) changesAt = Math.min(at, changesAt ?? at);
    }
  }
  const unavailable = desired - available;
  const { collisionCount, conditions } = set.status ?? {};
  const status: DaemonSetStatus = {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    observedGeneration: set.metadata.generation ?? 0,
    ...(updated > 0 && { updatedNumberScheduled: updated }),
    ...(available > 0 && { numberAvailable: available }),
    ...(unavailable > 0 && { numberUnavailable: unavailable }),
    ...(collisionCount !== undefined && { collisionCount }),
    ...(conditions !== undefined && { conditions }),
  };
  return { status, changesAt };
}
