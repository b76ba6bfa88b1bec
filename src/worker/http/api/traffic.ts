/**
 * /clusters/{id}/traffic: requests at a steady rate through the simulated network, and what became of them.
 */
import { z } from "@hono/zod-openapi";
import { parseDuration } from "#kernel/apimachinery/duration";
import type { TrafficOrder } from "#kernel/cluster/traffic";
import { LIMITS } from "#kernel/sim/limits";
import { openCluster } from "#worker/http/api/access";
import { durationSchema } from "#worker/http/api/duration";
import { invalid, notFound } from "#worker/http/api/problem";
import { type Route, route } from "#worker/http/api/route";

const TAG = "Traffic";
const ID = { id: "The cluster's id" };
const RUN = { ...ID, run: "The run's id" };
const RPS_MAX = 1_000;
const BODY_CHARS = 65_536;

const orderSchema = z
  .strictObject({
    name: z.string().min(1).max(63).optional().describe("Told to the servers as the user agent"),
    target: z
      .string()
      .max(2_048)
      .describe(
        "`http://HOST[:PORT]/PATH`: a NodePort of a node, a load balancer's address or a host of an Ingress, as seen " +
          "from outside; a Service's name (`web`, `web.shop`) or any other address of the cluster, as seen from a " +
          "machine within",
      ),
    rps: z.number().positive().max(RPS_MAX).describe("Requests per second of the cluster's own time"),
    for: durationSchema({ maxMs: 24 * 3_600_000 }).describe("How long, as Go writes it: 5m"),
    method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]).optional().describe("GET by default"),
    path: z.string().startsWith("/").max(2_048).optional().describe("Instead of the target's own"),
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(4_096)).optional(),
    body: z.string().max(BODY_CHARS).optional(),
    from: z
      .strictObject({ namespace: z.string().min(1).optional(), pod: z.string().min(1) })
      .optional()
      .describe("The pod that sends; its DNS and the network policies that bind it apply"),
    concurrency: z.int().min(1).max(1_000).optional().describe("Requests under way at once; 1000 by default"),
    connections: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe("Connections that are kept and taken in turn; unless said, each request opens one of its own"),
    timeout: durationSchema({ maxMs: 600_000 }).optional().describe("10s by default"),
  })
  .superRefine((order, context) => {
    const ms = parseDuration(order.for) ?? 0;
    if ((order.rps * ms) / 1_000 <= LIMITS.trafficRequests) return;
    const message = `a run may have ${LIMITS.trafficRequests} requests at most`;
    context.addIssue({ code: "custom", path: ["rps"], message });
  })
  .openapi("TrafficRequest");

type Order = z.infer<typeof orderSchema>;

const counts = z.record(z.string(), z.int());

const trafficSchema = z
  .object({
    id: z.string(),
    name: z.string().optional(),
    target: z.string(),
    method: z.string(),
    rps: z.number(),
    since: z.string().describe("The cluster's own time, RFC 3339."),
    until: z.string(),
    isOver: z.boolean(),
    sent: z.int(),
    succeeded: z.int().describe("Answers below 500."),
    failed: z.int().describe("No answer, or one of 500 and above."),
    skipped: z.int().describe("Not sent, because as many as may be were under way."),
    codes: counts.describe("Answers by status."),
    errors: counts.describe("Requests without an answer: refused, timeout, unreachable, nxdomain, reset."),
    latency: z.object({ p50: z.number(), p90: z.number(), p99: z.number(), max: z.number() }).describe("Milliseconds."),
    pods: z.array(z.object({ pod: z.string(), version: z.string(), answered: z.int(), failed: z.int() })),
    versions: counts.describe("Answers by the pods' label `version`, or by their template."),
    failures: z
      .array(z.object({ at: z.string(), why: z.string(), pod: z.string().optional() }))
      .describe("The first fifty that failed, the last of them the latest."),
  })
  .openapi("Traffic");

/** The order as the cluster takes it. */
function orderOf({ name, target, path, rps, from, ...rest }: Order): TrafficOrder {
  const url =
    path === undefined ? target : target.replace(/^(https?:\/\/[^/]*).*$/, (_, origin: string) => origin + path);
  return {
    ...(name !== undefined && { name }),
    target: url,
    rps,
    forMs: parseDuration(rest.for) ?? 0,
    method: rest.method ?? "GET",
    headers: Object.fromEntries(Object.entries(rest.headers ?? {}).map(([key, text]) => [key.toLowerCase(), text])),
    body: rest.body ?? "",
    ...(from !== undefined && { from: { namespace: from.namespace ?? "default", pod: from.pod } }),
    concurrency: rest.concurrency ?? 1_000,
    ...(rest.connections !== undefined && { connections: rest.connections }),
    timeoutMs: parseDuration(rest.timeout ?? "10s") ?? 10_000,
  };
}

const create = route<Order>({
  method: "post",
  path: "/clusters/{id}/traffic",
  tag: TAG,
  summary: "Send requests",
  description:
    "They pass through the simulated network (DNS, Services, Ingresses, policies, faults) as the cluster's time passes, " +
    "each over a connection of its own unless some are kept: advance the clock, or wait. A rollout drops nothing if `failed` stays 0.",
  isLocked: true,
  params: ID,
  body: orderSchema,
  example: { target: "http://web.default/", rps: 50, for: "2m" },
  success: { status: 201, description: "The run.", schema: trafficSchema },
  problems: [400, 401, 404, 413, 422],
  async handle({ c, param, body }) {
    const { stub } = await openCluster(c, param("id"));
    const made = await stub.traffic({ verb: "start", order: JSON.stringify(orderOf(body)) });
    if ("problems" in made) throw invalid(made.problems.map(({ path, detail }) => ({ pointer: `#${path}`, detail })));
    return c.json(made.items[0], 201);
  },
});

const list = route({
  method: "get",
  path: "/clusters/{id}/traffic",
  tag: TAG,
  summary: "What has been sent",
  isLocked: true,
  params: ID,
  success: {
    status: 200,
    description: "The runs, the oldest first.",
    schema: z.object({ items: z.array(trafficSchema) }),
  },
  problems: [401, 404],
  async handle({ c, param }) {
    const { stub } = await openCluster(c, param("id"));
    const found = await stub.traffic({ verb: "list" });
    return c.json({ items: "items" in found ? found.items : [] });
  },
});

const get = route({
  method: "get",
  path: "/clusters/{id}/traffic/{run}",
  tag: TAG,
  summary: "What became of a run",
  isLocked: true,
  params: RUN,
  success: { status: 200, description: "The run.", schema: trafficSchema },
  problems: [401, 404],
  async handle({ c, param }) {
    const { stub } = await openCluster(c, param("id"));
    const found = await stub.traffic({ verb: "get", id: param("run") });
    const run = "items" in found ? found.items[0] : undefined;
    if (run === undefined) throw notFound("There is no such run of traffic.");
    return c.json(run);
  },
});

const remove = route({
  method: "delete",
  path: "/clusters/{id}/traffic/{run}",
  tag: TAG,
  summary: "Stop a run and forget it",
  isLocked: true,
  params: RUN,
  success: { status: 204, description: "It is gone." },
  problems: [401, 404],
  async handle({ c, param }) {
    const { stub } = await openCluster(c, param("id"));
    const gone = await stub.traffic({ verb: "delete", id: param("run") });
    if (!("items" in gone) || gone.items.length === 0) throw notFound("There is no such run of traffic.");
    return c.body(null, 204);
  },
});

export const trafficRoutes: readonly Route[] = [create, list, get, remove];
