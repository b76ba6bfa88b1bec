/** What Cloudflare (or the local server) binds to the Worker: see wrangler.toml and scripts/serve.ts. */
import type { ClusterObject } from "#worker/cluster-object";

/** The Worker's bindings and variables. */
export type Env = {
  readonly CLUSTER: DurableObjectNamespace<ClusterObject>;
  readonly DB: D1Database;
  readonly ASSETS: Fetcher;
  readonly CREATE_LIMIT: RateLimit;
  readonly REQUEST_LIMIT: RateLimit;
  /** Signs keys and links. Made on first start locally; `wrangler secret put DRYDOCK_SECRET` on Cloudflare. */
  readonly DRYDOCK_SECRET: string;
  /** PEM of the authority behind a local https certificate, for kubeconfigs; absent on Cloudflare and over http. */
  readonly DRYDOCK_CA?: string;
  /** Hosts with their ports, parted by commas, that webhooks may reach although they are private: for tests alone. */
  readonly DRYDOCK_CALLABLE?: string;
  /** Set to anything: a line is logged about every request. */
  readonly DRYDOCK_LOG?: string;
  /** Local server only: how many D1 migrations must have run before the server may call itself ready. */
  readonly DRYDOCK_MIGRATIONS?: number;
};

/** The Hono environment of every route in the Worker. */
export type WorkerEnv = { Bindings: Env };
