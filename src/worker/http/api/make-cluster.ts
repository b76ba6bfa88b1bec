/**
 * Making a cluster: its Durable Object first, then the row that lets its key open it.
 */
import type { Context } from "hono";
import { parseDuration } from "#kernel/apimachinery/duration";
import type { ClusterOptions } from "#kernel/cluster/options";
import { addCluster } from "#worker/db/clusters";
import { openDatabase } from "#worker/db/database";
import type { WorkerEnv } from "#worker/env";
import { newId, sweepExpired } from "#worker/http/api/access";
import { addressesOf, kubeconfigOf } from "#worker/http/api/kubeconfig";
import { hashOf, newKey } from "#worker/http/keys";

/** What a new cluster is to be. `from`, a packed value, makes it a fork; `ttl` is Go's text. */
export interface Order {
  readonly name?: string | undefined;
  readonly ttl?: string | undefined;
  readonly options: (seed: string) => ClusterOptions;
  readonly from?: Uint8Array;
}

/** What the maker of a cluster is told. */
export interface MadeCluster {
  readonly id: string;
  readonly key: string;
  readonly url: string;
  readonly server: string;
  readonly kubeconfig: string;
}

/** Makes a cluster that runs when this resolves. */
export async function makeCluster(c: Context<WorkerEnv>, order: Order): Promise<MadeCluster> {
  const id = newId();
  const key = newKey();
  const options = order.options(id);
  const name = order.name ?? id;
  const now = Date.now();
  const stub = c.env.CLUSTER.getByName(id);
  await stub.create(options, order.from);
  try {
    await addCluster(openDatabase(c.env.DB), {
      id,
      name,
      keyHash: await hashOf(key),
      createdAt: now,
      expiresAt: order.ttl === undefined ? null : now + parseDuration(order.ttl),
      options: { ...options },
    });
  } catch (error) {
    await stub.destroy();
    throw error;
  }
  c.executionCtx.waitUntil(sweepExpired(c.env));
  const opener = { origin: new URL(c.req.url).origin, id, key };
  return { id, key, ...addressesOf(opener), kubeconfig: kubeconfigOf(opener, name, c.env.DRYDOCK_CA) };
}
