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

/** How often whoever leads renews its lease (--leader-elect-retry-period). */
export const LEADER_RENEW_MS = 2_000;

/** The lease of a leader that lives leaves out when it was renewed; one that died left it behind. */
function presentLeader(lease: Lease, now: Instant): Lease {
  const { acquireTime, renewTime } = lease.spec;
  if (acquireTime === undefined || renewTime !== undefined) return lease;
  const renewed = microTimeText(gridPoint(acquireTime, LEADER_RENEW_MS, now));
  return { ...lease, spec: { ...lease.spec, renewTime: renewed } };
}

/** The lease of a node or leader with the time it was last renewed; other leases as they are. */
export function presentLease(lease: Lease, now: Instant): Lease {
  const { metadata, spec } = lease;
  if (metadata.namespace === "kube-system" && spec.holderIdentity !== undefined) return presentLeader(lease, now);
  if (metadata.namespace !== LEASE_NAMESPACE || spec.renewTime !== undefined || spec.holderIdentity === undefined)
    return lease;
  return {
    ...lease,
    spec: { ...spec, renewTime: microTimeText(gridPoint(metadata.creationTimestamp, RENEW_MS, now)) },
  };
}
