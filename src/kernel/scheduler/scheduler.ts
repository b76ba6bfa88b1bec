/**
 * The scheduler: gives waiting pods their nodes, the most important pod first.
 *
 * Models pkg/scheduler/schedule_one.go.
 */
import type { Pod, PodCondition } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { keyOf, keyText, setCondition } from "#kernel/apimachinery/meta";
import {
  type Context,
  type Controller,
  done,
  earliest,
  type Outcome,
  routineAt,
  wakeAt,
} from "#kernel/registry/controller";
import { recordDeed } from "#kernel/resources/core/event.series";
import { pods } from "#kernel/resources/core/pod";
import { bindPod } from "#kernel/resources/core/pod.bind";
import { type Diagnosis, place } from "#kernel/scheduler/cycle";
import type { ClusterEvent } from "#kernel/scheduler/framework";
import { fitError } from "#kernel/scheduler/messages";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { deallocate } from "#kernel/scheduler/plugins/dynamicresources";
import { findRoom, makeRoom } from "#kernel/scheduler/preemption";
import { type Profile, profileOf, SCHEDULER_NAME } from "#kernel/scheduler/profile";
import { move, moveSelf, putBack, QUEUE, recordOf, turnOf } from "#kernel/scheduler/queue";
import { type Snapshot, snapshots } from "#kernel/scheduler/snapshot";
import { POD, WATCHES } from "#kernel/scheduler/watches";
import { LIMITS } from "#kernel/sim/limits";

/** Where the next search begins. */
const START_CELL = ["scheduler", "start"] as const;

export const scheduler: Controller = {
  name: SCHEDULER_NAME,
  component: "scheduler",
  watches: WATCHES,
  memory: [QUEUE],

  reconcile(context, { namespace, name }) {
    const { client, cells } = context;
    const cluster = client.registry.views.of(snapshots);
    if (namespace === "") return work(context, cluster);
    if (namespace === POD) moveSelf(cells, cluster, name);
    else move(cells, cluster, namespace as ClusterEvent, name);
    return done;
  },
};

/** Tries the pods whose turn it is. */
function work(context: Context, cluster: Snapshot): Outcome {
  const { cells, entropy, now } = context;
  const turn = turnOf(cluster, cells, now);
  let start = cells.get<number>(...START_CELL) ?? 0;
  for (const pod of turn.active.slice(0, LIMITS.podsPerReconcile)) {
    // A pod tried before this one may have changed it (a nomination taken back).
    const waiting = cluster.pending.get(keyText(keyOf(pod)));
    const profile = waiting && profileOf(cluster.registry, waiting);
    if (waiting === undefined || profile === undefined) continue;
    const placement = place(waiting, { profile, cluster, start, entropy });
    start = placement.nextStart;
    if ("node" in placement) bind(context, waiting, profile, placement.node);
    else fail(context, cluster, waiting, profile, placement.diagnosis);
  }
  if (turn.active.length > 0) cells.put(...START_CELL, start);
  if (turn.active.length > LIMITS.podsPerReconcile) return wakeAt(now);
  const { wakeAt: due, flushAt } = turnOf(cluster, cells, now);
  return earliest(due === undefined ? done : wakeAt(due), flushAt === undefined ? done : routineAt(flushAt));
}

function bind(context: Context, pod: Pod, profile: Profile, { name }: NodeInfo): void {
  const { client, cells, now } = context;
  const key = keyOf(pod);
  try {
    for (const plugin of profile.plugins) {
      if (plugin.preBind === undefined || plugin.preBind(client, pod, name)) continue;
      waitForBinding(context, pod, profile, { plugin: plugin.name, node: name });
      return;
    }
    bindPod(client, key, { target: { kind: "Node", name } });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    // Whatever refused it may let it pass the next time.
    putBack(cells, pod, [], true, now);
    const message = `running Bind plugin "DefaultBinder": ${error.message}`;
    warn(context, pod, profile, message);
    return;
  }
  cells.delete(QUEUE, keyText(key));
  // Every profile speaks in its own name.
  const said = { reason: "Scheduled", action: "Binding", note: `Successfully assigned ${keyText(key)} to ${name}` };
  recordDeed(client, { regarding: pod, type: "Normal", controller: profile.name, ...said }, now);
}

function warn({ client, now }: Context, regarding: Pod, profile: Profile, message: string): void {
  const said = { reason: "FailedScheduling", action: "Scheduling", note: message };
  recordDeed(client, { regarding, type: "Warning", controller: profile.name, ...said }, now);
}

/** The pod has its node, but not yet what it needs there: the node is kept for it, for some time. */
function waitForBinding(
  context: Context,
  pod: Pod,
  profile: Profile,
  { plugin, node }: { readonly plugin: string; readonly node: string },
): void {
  const { client, cells, now } = context;
  const id = keyText(keyOf(pod));
  const since = recordOf(cells, id, pod)?.bindingSince ?? now;
  putBack(cells, pod, [plugin], false, now);
  const record = recordOf(cells, id, pod);
  if (now - since < profile.args.volumeBinding.timeoutSeconds * 1000) {
    if (record !== undefined) cells.put(QUEUE, id, { ...record, bindingSince: since });
  } else {
    warn(context, pod, profile, `running PreBind plugin "${plugin}": binding volumes: context deadline exceeded`);
  }
  if (pod.status?.nominatedNodeName === node) return;
  client.updateStatus(pods, pod, { ...pod.status, nominatedNodeName: node });
}

/** Makes room if that helps, and says why the pod has to wait. */
function fail(context: Context, cluster: Snapshot, pod: Pod, profile: Profile, diagnosis: Diagnosis): void {
  const { client, cells, entropy, now } = context;
  const isVain = diagnosis.nodeCount === 0 || !profile.preempts;
  const preemption = isVain ? { message: "" } : findRoom(pod, diagnosis, { profile, cluster, entropy });
  const isMade = "candidate" in preemption;
  const claims = isVain ? "" : deallocate(client, pod);
  const message = fitError(diagnosis, isMade ? "" : preemption.message, claims);
  const plugins = new Set<string>(diagnosis.refusal === undefined ? [] : [diagnosis.refusal.plugin]);
  for (const { plugin } of diagnosis.rejections) plugins.add(plugin);
  putBack(cells, pod, [...plugins].sort(), false, now);
  if (isMade) makeRoom(context, pod, preemption.candidate, cluster);

  warn(context, pod, profile, message);
  const condition = {
    type: "PodScheduled",
    status: "False",
    lastProbeTime: null as unknown as string,
    reason: "Unschedulable",
    message,
    observedGeneration: pod.metadata.generation ?? 0,
  };
  const conditions = setCondition<PodCondition>(pod.status?.conditions, condition, now);
  const { nominatedNodeName, ...status } = pod.status ?? {};
  const keptNode =
    "message" in preemption && preemption.message.startsWith("not eligible") ? nominatedNodeName : undefined;
  const nominated = isMade ? preemption.candidate.node.name : keptNode;
  client.updateStatus(pods, pod, {
    ...status,
    conditions,
    ...(nominated !== undefined && { nominatedNodeName: nominated }),
  });
}
