/**
 * For tests of what the registry makes of objects by itself: every kind there is, and nobody who admits anything.
 */
import type { Client } from "#kernel/registry/client";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { RESOURCES } from "#kernel/resources/index";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

/** The administrator of an empty store. */
export function emptyClient(): Client {
  const parts = { store: new Store(), entropy: Entropy.seeded(1), resources: RESOURCES, admission: [] };
  return new Registry({ ...parts, now: () => 0 }).as(CLUSTER_ADMIN, "test");
}
