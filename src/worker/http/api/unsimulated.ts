/**
 * Calls of the contract that this server does not simulate: they say so by name. They stand in no OpenAPI document.
 */
import { Hono } from "hono";
import type { WorkerEnv } from "#worker/env";
import { openCluster } from "#worker/http/api/access";
import { notSimulated } from "#worker/http/api/problem";
import { readBody } from "#worker/http/api/route";

export const unsimulatedRoute = new Hono<WorkerEnv>();

unsimulatedRoute.on(["POST", "GET", "DELETE"], ["/clusters/:id/faults", "/clusters/:id/faults/:fault"], async (c) => {
  await openCluster(c, c.req.param("id"));
  const body = c.req.method === "POST" ? await readBody(c.req.raw) : undefined;
  const { type } = (body ?? {}) as { type?: unknown };
  throw notSimulated(typeof type === "string" ? `The fault ${JSON.stringify(type)}` : "Fault injection");
});

unsimulatedRoute.get("/clusters/:id/explain/*", async (c) => {
  await openCluster(c, c.req.param("id"));
  throw notSimulated("An explanation of the scheduler's choices");
});
