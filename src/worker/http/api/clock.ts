/**
 * /clusters/{id}/clock: what time it is there, how fast it passes, and passing it at once.
 */
import { z } from "@hono/zod-openapi";
import { formatDuration, parseDuration } from "#kernel/apimachinery/duration";
import { LIMITS } from "#kernel/sim/limits";
import { openCluster } from "#worker/http/api/access";
import { clockChangeSchema } from "#worker/http/api/cluster-request";
import { durationSchema } from "#worker/http/api/duration";
import { type Route, route } from "#worker/http/api/route";
import { clockSchema } from "#worker/http/api/schemas";

const TAG = "Clock";
const ID = { id: "The cluster's id" };
const IDLE_LIMIT_MS = 3_600_000;

const getClock = route({
  method: "get",
  path: "/clusters/{id}/clock",
  tag: TAG,
  summary: "The cluster's own time",
  isLocked: true,
  params: ID,
  success: { status: 200, description: "The clock.", schema: clockSchema },
  problems: [401, 404],
  async handle({ c, param }) {
    const { stub } = await openCluster(c, param("id"));
    return c.json(await stub.clock());
  },
});

const patchClock = route({
  method: "patch",
  path: "/clusters/{id}/clock",
  tag: TAG,
  summary: "Stop the clock, start it, or change its rate",
  isLocked: true,
  params: ID,
  body: clockChangeSchema,
  example: { rate: 10 },
  success: { status: 200, description: "The clock as it is from here on.", schema: clockSchema },
  problems: [400, 401, 404, 422],
  async handle({ c, param, body: { rate, paused } }) {
    const { stub } = await openCluster(c, param("id"));
    const change = { ...(rate !== undefined && { rate }), ...(paused !== undefined && { paused }) };
    return c.json(await stub.setClock(change));
  },
});

const advanceSchema = z
  .strictObject({
    by: durationSchema({ maxMs: LIMITS.advanceMs }).optional().describe("So much time, as Go writes it: 5m"),
    until: z.literal("idle").optional().describe("Until nothing but routine is due"),
    limit: durationSchema({ maxMs: LIMITS.advanceMs }).optional().describe("With `until`: no further; 1h by default"),
  })
  .superRefine(({ by, until, limit }, context) => {
    const issue = (path: string[], message: string): void => context.addIssue({ code: "custom", path, message });
    if ((by === undefined) === (until === undefined)) issue(["by"], "say either `by` or `until`");
    if (limit !== undefined && until === undefined) issue(["limit"], "goes with `until` only");
  })
  .openapi("Advance");

const advancedSchema = z
  .object({
    now: z.string().describe("The cluster's own time after it"),
    advanced: z.string().describe("How much time passed, as Go writes it"),
    settled: z.boolean().describe("Whether nothing but routine is due"),
  })
  .openapi("Advanced");

const advanceClock = route({
  method: "post",
  path: "/clusters/{id}/clock/advance",
  tag: TAG,
  summary: "Pass time at once",
  description:
    "Everything that falls due meanwhile happens in its order: ten minutes of a rollout pass in milliseconds. Works " +
    "on a paused clock too.",
  isLocked: true,
  params: ID,
  body: advanceSchema,
  example: { until: "idle", limit: "10m" },
  success: { status: 200, description: "How far it came.", schema: advancedSchema },
  problems: [400, 401, 404, 422],
  async handle({ c, param, body: { by, until, limit } }) {
    const { stub } = await openCluster(c, param("id"));
    const duration = by ?? limit;
    const durationMs = duration === undefined ? IDLE_LIMIT_MS : parseDuration(duration);
    const { now, advanced, settled } = await stub.advance(durationMs, until === "idle");
    return c.json({ now: new Date(now).toISOString(), advanced: formatDuration(advanced), settled });
  },
});

export const clockRoutes: readonly Route[] = [getClock, patchClock, advanceClock];
