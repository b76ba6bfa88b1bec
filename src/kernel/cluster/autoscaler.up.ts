/**
 * Scaling up: pods that fit nowhere get machines of a pool where they would fit.
 *
 * Models sigs.k8s.io/cluster-autoscaler/core/scaleup, with the expander that helps the most pods.
 */
import type { Pod } from "#kernel/api/types.gen";
import { addTemplate, BOOTING, type Booting, membersOfPool, poolsOf } from "#kernel/cluster/autoscaler.facts";
import { type ClusterOptions, OPTIONS_CELL, type PoolOptions } from "#kernel/cluster/options";
import type { Context } from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { nodes } from "#kernel/resources/core/node";
import { isNodeReady } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodTerminating, podCondition } from "#kernel/resources/core/pod.facts";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { Rehearsal } from "#kernel/scheduler/rehearsal";

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
  if (waiting.length === 0) return [];
  const rehearsal = new Rehearsal(client.registry);
  let open = placeOnUpcoming(context, rehearsal, waiting);
  const made: string[] = [];
  while (open.length > 0) {
    const plans = poolsOf(cells).flatMap((pool) => {
      let plan: Plan | undefined;
      rehearsal.attempt(() => {
        plan = planFor(context, rehearsal, pool, open);
        return false;
      });
      return plan ?? [];
    });
    const [best] = plans.sort((a, b) => b.helped.length - a.helped.length || a.count - b.count);
    if (best === undefined) break;
    planFor(context, rehearsal, best.pool, best.helped);
    order(context, best);
    const { pool, size, count, helped } = best;
    const text = `${pool.name} ${size}->${size + count} (max: ${pool.max})`;
    made.push(`Scale-up: group ${pool.name} size set to ${size + count} instead of ${size} (max: ${pool.max})`);
    for (const pod of helped) tell(context, pod, "TriggeredScaleUp", `pod triggered scale-up: [{${text}}]`);
    open = open.filter((pod) => !helped.includes(pod));
  }
  for (const pod of open) tell(context, pod, "NotTriggerScaleUp", refusal(context, rehearsal, pod));
  return made;
}

const uidOf = ({ metadata }: Pod): string => metadata.uid;

function tell({ client, now }: Context, pod: Pod, reason: string, message: string): void {
  recordEvent(client, { regarding: pod, type: "Normal", reason, message, source: SOURCE }, now);
}

/** The pods that fit no node there is, and for whom no machine is on its way yet. */
function placeOnUpcoming(context: Context, rehearsal: Rehearsal, waiting: readonly Pod[]): readonly Pod[] {
  const { client, cells } = context;
  for (const pool of poolsOf(cells)) {
    for (const name of membersOfPool(cells, pool.name)) {
      const node = client.get(nodes, { namespace: "", name });
      if (node !== undefined && isNodeReady(node)) continue;
      // One that is starting counts as what it is going to be.
      rehearsal.dropNode(name);
      addTemplate(context, rehearsal, pool, name);
    }
  }
  return waiting.filter((pod) => {
    const node = rehearsal.nodeFor(pod);
    if (node !== undefined) rehearsal.place(pod, node);
    return node === undefined;
  });
}

/** How many machines of a pool would help how many pods; the rehearsal is left as it would be then. */
function planFor(context: Context, rehearsal: Rehearsal, pool: PoolOptions, open: readonly Pod[]): Plan | undefined {
  const size = membersOfPool(context.cells, pool.name).length;
  const made: string[] = [];
  const helped = open.filter((pod) => {
    let node = rehearsal.nodeFor(pod, made);
    if (node === undefined && size + made.length < pool.max) {
      const name = templateName(pool, rehearsal);
      const isFit = rehearsal.attempt(() => {
        addTemplate(context, rehearsal, pool, name);
        return rehearsal.obstacle(pod, name) === undefined;
      });
      if (isFit) {
        made.push(name);
        node = name;
      }
    }
    if (node !== undefined) rehearsal.place(pod, node);
    return node !== undefined;
  });
  return helped.length === 0 ? undefined : { pool, size, count: made.length, helped };
}

function templateName({ name }: PoolOptions, rehearsal: Rehearsal): string {
  for (let n = 0; ; n += 1) {
    const candidate = `template-node-for-${name}-${n}`;
    if (!rehearsal.has(candidate)) return candidate;
  }
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

function refusal(context: Context, rehearsal: Rehearsal, pod: Pod): string {
  const counts = new Map<string, number>();
  for (const pool of poolsOf(context.cells)) {
    const isFull = membersOfPool(context.cells, pool.name).length >= pool.max;
    let why: string | undefined = "max node group size reached";
    if (!isFull) {
      const name = templateName(pool, rehearsal);
      rehearsal.attempt(() => {
        addTemplate(context, rehearsal, pool, name);
        why = rehearsal.obstacle(pod, name);
        return false;
      });
    }
    const text = why ?? "max node group size reached";
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return `pod didn't trigger scale-up: ${[...counts]
    .map(([why, count]) => `${count} ${why}`)
    .sort()
    .join(", ")}`;
}
