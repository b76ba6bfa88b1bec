/**
 * Scaling up: pods that fit nowhere get machines of a pool where they would fit.
 *
 * Models sigs.k8s.io/cluster-autoscaler/core/scaleup, with the expander that helps the most pods.
 */
import type { Pod } from "#kernel/api/types.gen";
import {
  BOOTING,
  type Booting,
  freshSlot,
  membersOfPool,
  obstacle,
  poolsOf,
  type Slot,
  slotOf,
  take,
} from "#kernel/cluster/autoscaler.facts";
import { type ClusterOptions, OPTIONS_CELL, type PoolOptions } from "#kernel/cluster/options";
import type { Context } from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { nodes } from "#kernel/resources/core/node";
import { isNodeReady, isUnschedulable } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodTerminal, isPodTerminating, podCondition } from "#kernel/resources/core/pod.facts";
import { MACHINES, type Machine } from "#kernel/runtime/machine";

/** How long a cloud takes to make a machine. */
const BOOT_MS = 60_000;

const SOURCE = { component: "cluster-autoscaler" };

const isWaiting = (pod: Pod): boolean =>
  (pod.spec.nodeName ?? "") === "" &&
  !isPodTerminating(pod) &&
  podCondition(pod, "PodScheduled")?.reason === "Unschedulable";

interface Plan {
  readonly pool: PoolOptions;
  readonly size: number;
  readonly count: number;
  readonly helped: readonly Pod[];
}

/** Orders machines for the pods that wait; gives what it ordered, as texts. */
export function scaleUp(context: Context): readonly string[] {
  const { client, cells } = context;
  const waiting = client
    .list(pods)
    .filter(isWaiting)
    .sort((a, b) => (uidOf(a) < uidOf(b) ? -1 : 1));
  let open = placeOnUpcoming(context, waiting);
  const made: string[] = [];
  while (open.length > 0) {
    const plans = poolsOf(cells).flatMap((pool) => planFor(context, pool, open) ?? []);
    const [best] = plans.sort((a, b) => b.helped.length - a.helped.length || a.count - b.count);
    if (best === undefined) break;
    order(context, best);
    const { pool, size, count, helped } = best;
    const text = `${pool.name} ${size}->${size + count} (max: ${pool.max})`;
    made.push(`Scale-up: group ${pool.name} size set to ${size + count} instead of ${size} (max: ${pool.max})`);
    for (const pod of helped) tell(context, pod, "TriggeredScaleUp", `pod triggered scale-up: [{${text}}]`);
    open = open.filter((pod) => !helped.includes(pod));
  }
  for (const pod of open) tell(context, pod, "NotTriggerScaleUp", refusal(context, pod));
  return made;
}

const uidOf = ({ metadata }: Pod): string => metadata.uid;

function tell({ client, now }: Context, pod: Pod, reason: string, message: string): void {
  recordEvent(client, { regarding: pod, type: "Normal", reason, message, source: SOURCE }, now);
}

/** The pods that fit no node there is, and for whom no machine is on its way yet. */
function placeOnUpcoming({ client, cells }: Context, waiting: readonly Pod[]): readonly Pod[] {
  if (waiting.length === 0) return [];
  const usable = client.list(nodes).filter((node) => isNodeReady(node) && !isUnschedulable(node));
  const slots: Slot[] = usable.map((node) =>
    slotOf(
      node,
      client.by(pods, "node", node.metadata.name).filter((pod) => !isPodTerminal(pod)),
    ),
  );
  for (const pool of poolsOf(cells)) {
    for (const name of membersOfPool(cells, pool.name)) {
      const node = client.get(nodes, { namespace: "", name });
      if (node === undefined || !isNodeReady(node)) slots.push(freshSlot(pool));
    }
  }
  return waiting.filter((pod) => {
    const slot = slots.find((one) => obstacle(one, pod) === undefined);
    if (slot !== undefined) take(slot, pod);
    return slot === undefined;
  });
}

/** How many machines of a pool would help how many pods. */
function planFor({ cells }: Context, pool: PoolOptions, open: readonly Pod[]): Plan | undefined {
  const size = membersOfPool(cells, pool.name).length;
  const slots: Slot[] = [];
  const helped = open.filter((pod) => {
    let slot = slots.find((one) => obstacle(one, pod) === undefined);
    if (slot === undefined && size + slots.length < pool.max && obstacle(freshSlot(pool), pod) === undefined) {
      slot = freshSlot(pool);
      slots.push(slot);
    }
    if (slot !== undefined) take(slot, pod);
    return slot !== undefined;
  });
  return helped.length === 0 ? undefined : { pool, size, count: slots.length, helped };
}

function order({ cells, now }: Context, { pool, count }: Plan): void {
  const latency = cells.get<ClusterOptions>(...OPTIONS_CELL)?.latency;
  const readyAt = latency === "none" ? now : now + BOOT_MS;
  for (let n = 1, left = count; left > 0; n += 1) {
    const name = `${pool.name}-${n}`;
    if (cells.get<Machine>(MACHINES, name) !== undefined || cells.get(BOOTING, name) !== undefined) continue;
    cells.put(BOOTING, name, { options: { ...pool.template, name, pool: pool.name }, readyAt } satisfies Booting);
    left -= 1;
  }
}

function refusal({ cells }: Context, pod: Pod): string {
  const counts = new Map<string, number>();
  for (const pool of poolsOf(cells)) {
    const isFull = membersOfPool(cells, pool.name).length >= pool.max;
    const why =
      obstacle(freshSlot(pool), pod) ?? (isFull ? "max node group size reached" : "in backoff after failed scale-up");
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  return `pod didn't trigger scale-up: ${[...counts]
    .map(([why, count]) => `${count} ${why}`)
    .sort()
    .join(", ")}`;
}
