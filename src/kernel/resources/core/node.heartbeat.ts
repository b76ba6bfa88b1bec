/**
 * Heartbeats derived from the clock: what a reader sees of a node whose kubelet is alive.
 *
 * Models the lease a kubelet renews every 10 s and the status it reports every 5 min, without the writes: a kubelet
 * that is alive leaves these times out of the objects, one that fell silent writes its last beat into them.
 */
import type { Lease, Node } from "#kernel/api/types.gen";
import { microTimeText, parseTime, timeText } from "#kernel/apimachinery/time";
import type { Instant } from "#kernel/sim/instant";

const RENEW_MS = 10_000;
const REPORT_MS = 300_000;
const LEASE_NAMESPACE = "kube-node-lease";

/** The last point of a grid that starts at an object's creation. */
function gridPoint(created: string, stepMs: number, now: Instant): Instant {
  const anchor = parseTime(created);
  return now <= anchor ? anchor : now - ((now - anchor) % stepMs);
}

/** The node with the heartbeat times of its conditions. */
export function presentNode(node: Node, now: Instant): Node {
  const { status, metadata } = node;
  const { conditions } = status ?? {};
  if (conditions === undefined || conditions.every(({ lastHeartbeatTime }) => lastHeartbeatTime !== undefined))
    return node;
  const beat = timeText(gridPoint(metadata.creationTimestamp, REPORT_MS, now));
  return {
    ...node,
    status: {
      ...status,
      conditions: conditions.map((condition) => ({
        ...condition,
        // A report follows every change of a condition.
        lastHeartbeatTime: condition.lastHeartbeatTime ?? laterOf(beat, condition.lastTransitionTime),
      })),
    },
  };
}

const laterOf = (a: string, b: string | undefined): string => (b !== undefined && b > a ? b : a);

/** The lease of a node with the time it was last renewed; other leases as they are. */
export function presentLease(lease: Lease, now: Instant): Lease {
  const { metadata, spec } = lease;
  if (metadata.namespace !== LEASE_NAMESPACE || spec.renewTime !== undefined || spec.holderIdentity === undefined)
    return lease;
  return {
    ...lease,
    spec: { ...spec, renewTime: microTimeText(gridPoint(metadata.creationTimestamp, RENEW_MS, now)) },
  };
}
