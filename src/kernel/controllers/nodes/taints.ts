/**
 * The taints a node's conditions ask for.
 *
 * Models pkg/controller/nodelifecycle (taintKeyToNodeConditionMap, SwapNodeControllerTaint).
 */
import type { Node, Taint } from "#kernel/api/types.gen";
import { timeText } from "#kernel/apimachinery/meta";
import {
  nodeCondition,
  TAINT_DISK_PRESSURE,
  TAINT_MEMORY_PRESSURE,
  TAINT_NETWORK_UNAVAILABLE,
  TAINT_NOT_READY,
  TAINT_PID_PRESSURE,
  TAINT_UNREACHABLE,
  TAINT_UNSCHEDULABLE,
} from "#kernel/resources/core/node.facts";
import type { Instant } from "#kernel/sim/instant";

/** Which status of which condition asks for which taint. */
const BY_CONDITION: readonly { readonly type: string; readonly status: string; readonly key: string }[] = [
  { type: "Ready", status: "False", key: TAINT_NOT_READY },
  { type: "Ready", status: "Unknown", key: TAINT_UNREACHABLE },
  { type: "MemoryPressure", status: "True", key: TAINT_MEMORY_PRESSURE },
  { type: "DiskPressure", status: "True", key: TAINT_DISK_PRESSURE },
  { type: "NetworkUnavailable", status: "True", key: TAINT_NETWORK_UNAVAILABLE },
  { type: "PIDPressure", status: "True", key: TAINT_PID_PRESSURE },
];

const KEYS: ReadonlySet<string> = new Set([...BY_CONDITION.map(({ key }) => key), TAINT_UNSCHEDULABLE]);

const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;

/** The NoSchedule taints of a node's conditions and of its cordon. */
function schedulingTaints(node: Node): Taint[] {
  const keys = BY_CONDITION.filter(({ type, status }) => nodeCondition(node, type)?.status === status).map(
    ({ key }) => key,
  );
  if (node.spec.unschedulable === true) keys.push(TAINT_UNSCHEDULABLE);
  return keys.map((key) => ({ key, effect: "NoSchedule" }));
}

/** The NoExecute taint of a node that is not ready; undefined while it is, or if nobody said. */
export function evictingTaint(node: Node): Taint | undefined {
  const status = nodeCondition(node, "Ready")?.status;
  if (status === "False") return { key: TAINT_NOT_READY, effect: "NoExecute" };
  return status === "Unknown" ? { key: TAINT_UNREACHABLE, effect: "NoExecute" } : undefined;
}

/** True if the taint is one of those this controller puts on nodes to have their pods leave. */
export const isEvicting = ({ key, effect }: Taint): boolean =>
  effect === "NoExecute" && (key === TAINT_NOT_READY || key === TAINT_UNREACHABLE);

/**
 * The taints a node should have: those the user gave it and those its conditions ask for. `evicts` says whether pods
 * are to leave it now. Taints that are there already keep their time.
 */
export function taintsFor(node: Node, evicts: boolean, now: Instant): readonly Taint[] {
  const present = node.spec.taints ?? [];
  const evicting = evicts ? evictingTaint(node) : undefined;
  const wanted = [...schedulingTaints(node), ...(evicting === undefined ? [] : [evicting])];
  const isOurs = (taint: Taint): boolean => (taint.effect === "NoSchedule" && KEYS.has(taint.key)) || isEvicting(taint);
  const kept = present.filter((taint) => !isOurs(taint) || wanted.some((one) => isSame(one, taint)));
  const added = wanted.filter((one) => !present.some((taint) => isSame(one, taint)));
  if (added.length === 0 && kept.length === present.length) return present;
  const timeAdded = timeText(now);
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded }))];
}
