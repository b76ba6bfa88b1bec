/**
 * How fast nodes may lose their pods: one node of a zone every ten seconds, none if most of the zone is gone.
 *
 * Models pkg/controller/nodelifecycle (ComputeZoneState, handleDisruption).
 */
import type { Node } from "#kernel/api/types.gen";
import type { Client } from "#kernel/registry/client";
import { nodes } from "#kernel/resources/core/node";
import { isNodeReady, nodeCondition, regionOf, zoneOf } from "#kernel/resources/core/node.facts";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The room of the zones' clocks; the id is region and zone. */
const ZONES = "node-eviction-zones";

/** One node in ten seconds (--node-eviction-rate 0.1); in a large unhealthy zone one in a hundred. */
const RATE_MS = 10_000;
const SLOW_RATE_MS = 100_000;

/** Zones of at most this many nodes lose none while they are unhealthy (--large-cluster-size-threshold). */
const LARGE_ZONE = 50;
const UNHEALTHY_MIN = 3;
const UNHEALTHY_SHARE = 0.55;

const zoneIdOf = (node: Node): string => `${regionOf(node)}:${zoneOf(node)}`;

/** True if no node of the cluster is ready: then the fault is rather the control plane's. */
function isAllLost(all: readonly Node[]): boolean {
  return all.every((node) => nodeCondition(node, "Ready") !== undefined && !isNodeReady(node));
}

/** When pods may leave a node that is not ready: at an instant, or never while things are as they are. */
export function evictionAt(client: Client, cells: Cells, node: Node, now: Instant): Instant | undefined {
  const all = client.list(nodes);
  if (isAllLost(all)) return undefined;
  const id = zoneIdOf(node);
  const zone = all.filter((one) => zoneIdOf(one) === id);
  const lost = zone.filter((one) => !isNodeReady(one)).length;
  const isUnhealthy = lost >= UNHEALTHY_MIN && lost < zone.length && lost / zone.length >= UNHEALTHY_SHARE;
  if (isUnhealthy && zone.length <= LARGE_ZONE) return undefined;
  return Math.max(now, cells.get<Instant>(ZONES, id) ?? now);
}

/** Notes that a node has lost its pods, so that the next one of its zone waits. */
export function noteEviction(client: Client, cells: Cells, node: Node, now: Instant): void {
  const id = zoneIdOf(node);
  const zone = client.list(nodes).filter((one) => zoneIdOf(one) === id);
  const lost = zone.filter((one) => !isNodeReady(one)).length;
  const isUnhealthy = lost >= UNHEALTHY_MIN && lost / zone.length >= UNHEALTHY_SHARE;
  cells.put(ZONES, id, now + (isUnhealthy ? SLOW_RATE_MS : RATE_MS));
}
