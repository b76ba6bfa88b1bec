/**
 * The world of simulated containers at one instant, made of what a controller or a request has at hand.
 */
import { ClusterNet } from "#kernel/network/net";
import type { World } from "#kernel/runtime/world";

/** The present, entropy and cells with the cluster's network around them. */
export function worldOf({ client, now, entropy, cells }: Omit<World, "net">): World {
  return new ClusterNet({ client, now, entropy, cells }).world;
}
