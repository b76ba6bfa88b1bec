/** The Durable Object that holds one cluster. */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "#worker/env";

/** One cluster: its kernel, its journal, its alarm. */
export class ClusterObject extends DurableObject<Env> {}
