/**
 * /clusters/{id}/faults: break something on purpose, see what is broken, mend it.
 */
import { z } from "@hono/zod-openapi";
import { parseDuration } from "#kernel/apimachinery/duration";
import { labelValue, qualifiedName } from "#kernel/apimachinery/formats";
import { quantityProblem, value } from "#kernel/apimachinery/quantity";
import type { FaultOrder } from "#kernel/cluster/faults";
import type { FaultTarget } from "#kernel/runtime/fault";
import { LIMITS } from "#kernel/sim/limits";
import { openCluster } from "#worker/http/api/access";
import { formatted } from "#worker/http/api/cluster-request";
import { durationSchema } from "#worker/http/api/duration";
import { invalid, notFound } from "#worker/http/api/problem";
import { type Route, route } from "#worker/http/api/route";

const TAG = "Faults";
const ID = { id: "The cluster's id" };
const DELAY = "30s";
const LEAK = "16Mi";
const LATENCY = "200ms";

const duration = durationSchema({ maxMs: LIMITS.advanceMs });
const nodeTarget = z.strictObject({ node: z.string().min(1) });
const name = z.string().min(1);
const selector = z
  .record(formatted(qualifiedName), formatted(labelValue))
  .describe("Labels a pod must have, each with its value");

/** Without pod and selector, every pod; `needed` demands one of them. */
const podsTarget = (needed: boolean, more = {}) =>
  z
    .strictObject({ namespace: name.optional(), pod: name.optional(), selector: selector.optional(), ...more })
    .superRefine((target, context) => {
      const issue = (field: string, message: string): void =>
        context.addIssue({ code: "custom", path: [field], message });
      if (target.pod !== undefined && target.selector !== undefined) issue("pod", "say either `pod` or `selector`");
      if (needed && target.pod === undefined && target.selector === undefined) issue("pod", "say `pod` or `selector`");
    });
const containersTarget = podsTarget(true, { container: name.optional().describe("All of the pod's by default") });

const lasting = { for: duration.optional().describe("How long, as Go writes it: 10m; until it is ended by default") };
const amount = z.string().superRefine((text, context) => {
  const message = quantityProblem(text) ?? (value(text) > 0 ? undefined : "must be greater than 0");
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

const kind = <T extends string, S extends z.ZodType, M extends z.ZodRawShape>(type: T, target: S, more: M) =>
  z.strictObject({ type: z.literal(type), target, ...lasting, ...more });

const imageTarget = z
  .strictObject({ image: name.optional(), registry: name.optional(), node: name.optional() })
  .superRefine(({ image, registry }, context) => {
    if ((image === undefined) === (registry === undefined)) {
      context.addIssue({ code: "custom", path: ["image"], message: "say either `image` or `registry`" });
    }
  });
const wayTarget = z.strictObject({ from: podsTarget(false).optional(), to: podsTarget(false).optional() });
const componentTarget = z.strictObject({ component: z.enum(["scheduler", "controllerManager", "kubelet"]) });

const exitCode = z.int().min(0).max(255).optional().describe("137 by default, as if killed");
const percent = z.number().min(0).max(100).optional().describe("Of 100 requests, how many get lost; all by default");

const latency = duration.optional().describe(`How much longer a request and its answer take; ${LATENCY} by default`);
const jitter = duration.optional().describe("By how much that varies either way; not at all by default");

const orderSchema = z
  .discriminatedUnion(
    "type",
    [
      kind("node-down", nodeTarget, {}),
      kind("node-shutdown", nodeTarget, {}),
      kind("node-partition", nodeTarget, {}),
      kind("kubelet-stop", nodeTarget, {}),
      kind("disk-full", nodeTarget, {}),
      kind("container-crash", containersTarget, { exitCode }),
      kind("container-hang", containersTarget, {}),
      kind("slow-start", containersTarget, { delay: duration.optional().describe(`${DELAY} by default`) }),
      kind("memory-leak", containersTarget, { perSecond: amount.optional().describe(`${LEAK} by default`) }),
      kind("image-pull-failure", imageTarget, {}),
      kind("dns-failure", podsTarget(false), {}),
      kind("network-loss", wayTarget, { percent }),
      kind("network-latency", wayTarget, { latency, jitter }),
      kind("component-stop", componentTarget, {}),
    ],
    "is no fault that is known here",
  )
  .openapi("FaultRequest");

type Order = z.infer<typeof orderSchema>;
const faultSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    target: z.record(z.string(), z.unknown()),
    since: z.string().describe("The cluster's own time, RFC 3339."),
    until: z.string().optional().describe("When it ends by itself; what happens once is over at once."),
    exitCode: z.int().optional(),
    percent: z.number().optional(),
    bytesPerSecond: z.number().optional(),
    delayMs: z.number().optional(),
    latencyMs: z.number().optional(),
    jitterMs: z.number().optional(),
  })
  .openapi("Fault");

/** A name of a pod is one in a namespace; `default` unless said. */
function placed(target: FaultTarget): FaultTarget {
  const { from, to } = target;
  return {
    ...(target.pod !== undefined && { namespace: "default" }),
    ...target,
    ...(from !== undefined && { from: placed(from) }),
    ...(to !== undefined && { to: placed(to) }),
  };
}

/** The order as the cluster takes it: plain JSON without what nobody said. */
function orderOf(body: Order): FaultOrder {
  const { type, target, for: lasts } = body;
  const order = {
    type,
    target: placed(target as FaultTarget),
    forMs: lasts === undefined ? undefined : parseDuration(lasts),
    exitCode: body.type === "container-crash" ? body.exitCode : undefined,
    percent: body.type === "network-loss" ? body.percent : undefined,
    delayMs: body.type === "slow-start" ? parseDuration(body.delay ?? DELAY) : undefined,
    latencyMs: body.type === "network-latency" ? parseDuration(body.latency ?? LATENCY) : undefined,
    jitterMs: body.type === "network-latency" ? parseDuration(body.jitter ?? "0s") || undefined : undefined,
    bytesPerSecond: body.type === "memory-leak" ? value(body.perSecond ?? LEAK) : undefined,
  };
  return JSON.parse(JSON.stringify(order)) as FaultOrder;
}

const create = route<Order>({
  method: "post",
  path: "/clusters/{id}/faults",
  tag: TAG,
  summary: "Break something",
  description:
    "It is part of the cluster: it sleeps, is kept in snapshots and ends in the cluster's own time. A container crash " +
    "without `for` happens once; with it, as often as the container starts. A leak ends containers that have a memory " +
    "limit. `node-shutdown` ends the pods of a node in order, within 30 s, before it is off. `component-stop` of a " +
    "component that does not run from the beginning is there from the beginning: end it " +
    "to start the component.",
  isLocked: true,
  params: ID,
  body: orderSchema,
  example: { type: "node-down", target: { node: "node-1" }, for: "10m" },
  success: { status: 201, description: "The fault.", schema: faultSchema },
  problems: [400, 401, 404, 413, 422],
  async handle({ c, param, body }) {
    const { stub } = await openCluster(c, param("id"));
    const made = await stub.addFault(JSON.stringify(orderOf(body)));
    if ("problems" in made) throw invalid(made.problems.map(({ path, detail }) => ({ pointer: `#${path}`, detail })));
    return c.json(made, 201);
  },
});

const list = route({
  method: "get",
  path: "/clusters/{id}/faults",
  tag: TAG,
  summary: "What is broken",
  isLocked: true,
  params: ID,
  success: {
    status: 200,
    description: "The faults, the oldest first.",
    schema: z.object({ items: z.array(faultSchema) }),
  },
  problems: [401, 404],
  async handle({ c, param }) {
    const { stub } = await openCluster(c, param("id"));
    return c.json({ items: await stub.listFaults() });
  },
});

const remove = route({
  method: "delete",
  path: "/clusters/{id}/faults/{fault}",
  tag: TAG,
  summary: "Mend something",
  isLocked: true,
  params: { ...ID, fault: "The fault's id" },
  success: { status: 204, description: "It is mended." },
  problems: [401, 404],
  async handle({ c, param }) {
    const { stub } = await openCluster(c, param("id"));
    const { ended } = await stub.steer(JSON.stringify({ endFault: param("fault") }));
    if (ended !== true) throw notFound("There is no such fault.");
    return c.body(null, 204);
  },
});

export const faultRoutes: readonly Route[] = [create, list, remove];
