/**
 * What every route of the API server has at hand.
 */
import type { Context } from "hono";
import { type RequestInfo, requestInfo } from "#apiserver/request-info";
import { pathNotFound } from "#kernel/apimachinery/errors";
import type { Cluster, Work } from "#kernel/cluster/cluster";
import type { Client } from "#kernel/registry/client";
import type { User } from "#kernel/registry/user";
import { requireQuorum } from "#kernel/runtime/quorum";

/** The door to the cluster: one turn, saved before it is answered. */
export interface Turns {
  /** @throws StatusError if the work refuses; nothing of it is kept then. */
  run<T>(work: Work<T>): Promise<T>;
}

/** `warnings` are what reading the body gave: they go out with an answer that refuses too. */
export type ApiEnv = { Variables: { turns: Turns; user: User; warnings?: readonly string[] } };

export type ApiContext = Context<ApiEnv>;

/** A request for a resource that is served. */
export interface ResourceRequest {
  readonly info: RequestInfo;
  readonly request: Request;
}

/** Reads the request's path. @throws NotFound where it names no resource */
export function resourceRequest(c: ApiContext): ResourceRequest {
  const info = requestInfo(c.req.method, new URL(c.req.url));
  if (info === undefined) throw pathNotFound();
  return { info, request: c.req.raw };
}

/** The API as the request's user. @throws without a quorum */
export function clientOf(cluster: Cluster, c: ApiContext, fieldManager = "unknown"): Client {
  requireQuorum(cluster.cells, c.req.method === "GET" && (c.req.query("resourceVersion") ?? "") !== "");
  return cluster.as(c.get("user"), fieldManager);
}
