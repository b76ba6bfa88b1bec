/**
 * /clusters/{id}/nodes: the machines of a cluster come and go while it runs.
 */
import { z } from "@hono/zod-openapi";
import { openCluster } from "#worker/http/api/access";
import { checkNames, machinesOf, nodeSchema } from "#worker/http/api/cluster-request";
import { invalid, notFound, Problem } from "#worker/http/api/problem";
import { type Route, route } from "#worker/http/api/route";

const TAG = "Nodes";
const ID = { id: "The cluster's id" };

const machineSchema = z
  .object({
    name: z.string(),
    cpu: z.string(),
    memory: z.string(),
    pods: z.int(),
    address: z.string().describe("The node's InternalIP"),
    podCIDR: z.string(),
    isPowered: z.boolean(),
    isControlPlane: z.boolean(),
    bootedAt: z.string().describe("The cluster's own time, RFC 3339."),
  })
  .openapi("Machine");

/** The bounds of a pool are set when the cluster is made. */
const addedSchema = nodeSchema.superRefine(({ min, max }, context) => {
  for (const [field, value] of Object.entries({ min, max })) {
    if (value === undefined) continue;
    context.addIssue({ code: "custom", path: [field], message: "pools with bounds are made with the cluster" });
  }
});

const MACHINES_PER_CALL = 1_000;

const machinesSchema = z.object({ items: z.array(machineSchema) });

const list = route({
  method: "get",
  path: "/clusters/{id}/nodes",
  tag: TAG,
  summary: "The machines behind the nodes",
  isLocked: true,
  params: ID,
  success: { status: 200, description: "The machines.", schema: machinesSchema },
  problems: [401, 404],
  async handle({ c, param }) {
    const { stub } = await openCluster(c, param("id"));
    const { machines = [] } = await stub.steer(JSON.stringify({ list: true }));
    return c.json({ items: machines });
  },
});

const add = route({
  method: "post",
  path: "/clusters/{id}/nodes",
  tag: TAG,
  summary: "Add machines",
  description: "Takes one node or several, as `nodes` of a new cluster does; their kubelets register them at once.",
  isLocked: true,
  params: ID,
  body: z.union([addedSchema, z.array(addedSchema).min(1).max(MACHINES_PER_CALL).superRefine(checkNames)]),
  example: { name: "node-4", cpu: "8", memory: "16Gi", labels: { "topology.kubernetes.io/zone": "b" } },
  success: { status: 201, description: "The machines that were added.", schema: machinesSchema },
  problems: [400, 401, 404, 413, 422],
  async handle({ c, param, body }) {
    const { stub } = await openCluster(c, param("id"));
    const isList = Array.isArray(body);
    const { machines = [], problems } = await stub.steer(JSON.stringify({ add: machinesOf(isList ? body : [body]) }));
    if (problems !== undefined) {
      const pointer = (path: string): string => `#${isList ? path : path.replace(/^\/0/, "")}`;
      throw invalid(problems.map(({ path, detail }) => ({ pointer: pointer(path), detail })));
    }
    return c.json({ items: machines }, 201);
  },
});

const remove = route({
  method: "delete",
  path: "/clusters/{id}/nodes/{node}",
  tag: TAG,
  summary: "Take a machine away",
  description: "At once, as a cloud does: its Node goes with it. Drain it first if its pods are to end in order.",
  isLocked: true,
  params: { ...ID, node: "The node's name" },
  success: { status: 204, description: "It is gone." },
  problems: [401, 404, 422],
  async handle({ c, param }) {
    const { stub } = await openCluster(c, param("id"));
    const { removed } = await stub.steer(JSON.stringify({ remove: param("node") }));
    if (removed === false) throw notFound("There is no machine of this name.");
    if (typeof removed === "string")
      throw new Problem({ status: 422, title: "Unprocessable Content", detail: removed });
    return c.body(null, 204);
  },
});

export const nodeRoutes: readonly Route[] = [list, add, remove];
