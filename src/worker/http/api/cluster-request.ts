/**
 * What POST /clusters takes, and the options of the cluster it asks for. What is not known is refused by name.
 */
import { z } from "@hono/zod-openapi";
import { dns1123Subdomain, labelValue, qualifiedName } from "#kernel/apimachinery/formats";
import { cmp, quantityProblem } from "#kernel/apimachinery/quantity";
import { parseTime } from "#kernel/apimachinery/time";
import type { ClusterOptions, MachineOptions, PoolOptions } from "#kernel/cluster/options";
import { durationSchema } from "#worker/http/api/duration";
import { invalid } from "#worker/http/api/problem";

const NODES_DEFAULT = 3;
const NODES_MAX = 1_000;
/** kubelets take at most so many pods here; upstream's tested limit is 110. */
const PODS_PER_NODE_MAX = 1_000;
const RATE_MAX = 100_000;
const TTL_MS_MAX = 366 * 24 * 3_600_000;

/** A text that a format of Kubernetes accepts. */
export const formatted = (format: (value: string) => string[]) =>
  z.string().superRefine((value, context) => {
    for (const message of format(value)) context.addIssue({ code: "custom", message });
  });

const quantity = z.union([z.string(), z.number()]).superRefine((value, context) => {
  const problem = quantityProblem(String(value));
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  else if (cmp(value, 0) <= 0) context.addIssue({ code: "custom", message: "must be greater than 0" });
});

const taintSchema = z.strictObject({
  key: formatted(qualifiedName),
  value: formatted(labelValue).optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
});

/** One node of a request. */
export const nodeSchema = z
  .strictObject({
    name: formatted(dns1123Subdomain),
    cpu: quantity.optional().describe('Quantity, "4" by default'),
    memory: quantity.optional().describe('Quantity, "8Gi" by default'),
    pods: z.int().min(1).max(PODS_PER_NODE_MAX).optional().describe("110 by default"),
    labels: z.record(formatted(qualifiedName), formatted(labelValue)).optional(),
    taints: z.array(taintSchema).optional(),
    zone: formatted(labelValue).optional().describe("Its label topology.kubernetes.io/zone"),
    count: z.int().min(0).max(NODES_MAX).optional().describe("So many alike, named NAME-1, NAME-2 ...: a pool"),
    min: z.int().min(0).max(NODES_MAX).optional().describe("The autoscaler leaves at least so many of the pool"),
    max: z.int().min(1).max(NODES_MAX).optional().describe("The autoscaler makes at most so many of the pool"),
  })
  .superRefine(({ count, min = 0, max }, context) => {
    const issue = (field: string, message: string): void =>
      context.addIssue({ code: "custom", path: [field], message });
    if (max === undefined && min > 0) issue("min", "goes with `max` only");
    const first = count ?? min;
    if (max !== undefined && (first < min || first > max)) issue("count", "must lie between `min` and `max`");
  })
  .openapi("Node");

interface Issues {
  addIssue(issue: { readonly code: "custom"; readonly path: PropertyKey[]; readonly message: string }): void;
}

/** Names of one another, and more machines than a cluster may have, are refused. */
export function checkNames(nodes: readonly z.infer<typeof nodeSchema>[], context: Issues): void {
  const total = nodes.reduce((sum, { count, min = 0, max }) => sum + (max ?? count ?? Math.max(1, min)), 0);
  if (total > NODES_MAX) {
    context.addIssue({ code: "custom", path: [], message: `must be ${NODES_MAX} machines at most in all` });
    return;
  }
  const seen = new Set<string>();
  nodes.forEach((node, index) => {
    for (const { name } of machinesOf([node])) {
      if (seen.has(name)) context.addIssue({ code: "custom", path: [index, "name"], message: "names another node" });
      seen.add(name);
    }
  });
}

const nodesSchema = z
  .union([z.int().min(0).max(NODES_MAX), z.array(nodeSchema).max(NODES_MAX).superRefine(checkNames)])
  .describe("How many nodes (node-1, node-2 ...), or each of them; 0 is a bare control plane. 3 by default.");

const instantSchema = z.string().refine((text) => !Number.isNaN(parseTime(text)), "must be an instant as in RFC 3339");

const clockSchema = z.strictObject({
  rate: z.number().min(0).max(RATE_MAX).optional().describe("Virtual seconds per real second; 1 by default"),
  paused: z.boolean().optional(),
  now: instantSchema.optional().describe("The instant at which the cluster begins, for runs that can be repeated"),
});

/** What PATCH .../clock takes. */
export const clockChangeSchema = clockSchema.omit({ now: true }).openapi("ClockChange");

/** A name people give: any text of one line. */
export const nameSchema = z
  .string()
  .min(1)
  .max(100)
  .refine((name) => !/\p{Cc}/u.test(name), "must not contain control characters");

const componentsSchema = z.strictObject({
  scheduler: z.boolean().optional(),
  controllerManager: z.boolean().optional(),
  kubelet: z.boolean().optional(),
});

/** The body of PATCH /clusters/{id}. */
export const clusterChangeSchema = z
  .strictObject({ components: componentsSchema.describe("Those named are stopped (false) or started (true).") })
  .openapi("ClusterChange");

/** The body of POST /clusters. */
export const clusterRequestSchema = z
  .strictObject({
    name: nameSchema.optional().describe("Names the context in the kubeconfig; the id by default"),
    nodes: nodesSchema.optional(),
    controlPlanes: z
      .union([z.literal(1), z.literal(3), z.literal(5)], "must be 1, 3 or 5")
      .optional()
      .describe(
        "Machines that run the control plane (control-plane-1 ...), beside the nodes; without it, it runs out of sight",
      ),
    components: componentsSchema.optional().describe("Each runs unless set false."),
    authorization: z.enum(["RBAC", "AlwaysAllow"]).optional().describe("RBAC by default; the key is cluster-admin."),
    clock: clockSchema.optional(),
    latency: z
      .enum(["realistic", "none"])
      .optional()
      .describe("realistic (default): pulls, starts and probes take the time they would"),
    seed: z
      .union([z.int(), z.string().max(256)])
      .optional()
      .describe("Equal seeds and equal requests at equal instants give equal clusters; random by default"),
    ttl: durationSchema({ maxMs: TTL_MS_MAX })
      .optional()
      .describe("After this the cluster is gone, as Go writes it: 2h"),
    snapshot: z.string().optional().describe("Make it a fork of this snapshot"),
  })
  .superRefine(({ nodes, controlPlanes = 0 }, context) => {
    const taken = new Set(mastersOf(controlPlanes).map(({ name }) => name));
    if (nodes === undefined || typeof nodes === "number" || controlPlanes === 0) return;
    nodes.forEach((node, index) => {
      if (!machinesOf([node]).some(({ name }) => taken.has(name))) return;
      context.addIssue({ code: "custom", path: ["nodes", index, "name"], message: "names a master" });
    });
  })
  .openapi("ClusterRequest");

/** The body of POST /clusters. */
export type ClusterRequest = z.infer<typeof clusterRequestSchema>;

/** The options of the cluster a request asks for; `seed` if it names none. */
export function optionsOf(request: ClusterRequest, seed: string): ClusterOptions {
  const { components = {}, clock } = request;
  const pools = poolsOf(request.nodes ?? NODES_DEFAULT);
  return {
    seed: String(request.seed ?? seed),
    machines: [...mastersOf(request.controlPlanes ?? 0), ...machinesOf(request.nodes ?? NODES_DEFAULT)],
    ...(pools.length > 0 && { pools }),
    components: {
      scheduler: components.scheduler ?? true,
      controllerManager: components.controllerManager ?? true,
      kubelet: components.kubelet ?? true,
    },
    authorization: request.authorization ?? "RBAC",
    latency: request.latency ?? "realistic",
    ...(clock !== undefined && { clock: startOf(clock) }),
  };
}

const ROLE = "node-role.kubernetes.io/control-plane";

/** The machines of the control plane as kubeadm marks them. */
function mastersOf(count: number): MachineOptions[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `control-plane-${index + 1}`,
    labels: { [ROLE]: "", "node.kubernetes.io/exclude-from-external-load-balancers": "" },
    taints: [{ key: ROLE, effect: "NoSchedule" }],
    isControlPlane: true as const,
  }));
}

/** The machines that nodes of a request ask for. */
export function machinesOf(nodes: NonNullable<ClusterRequest["nodes"]>): MachineOptions[] {
  if (typeof nodes === "number") return Array.from({ length: nodes }, (_, index) => ({ name: `node-${index + 1}` }));
  return nodes.flatMap((node) => {
    const { count, min = 0, max } = node;
    if (count === undefined && max === undefined) return [{ name: node.name, ...templateOf(node) }];
    const template = { ...templateOf(node), pool: node.name };
    return Array.from({ length: count ?? min }, (_, n) => ({ name: `${node.name}-${n + 1}`, ...template }));
  });
}

/** What all machines of an entry have in common. */
function templateOf({
  cpu,
  memory,
  pods,
  labels,
  taints,
  zone,
}: z.infer<typeof nodeSchema>): Omit<MachineOptions, "name"> {
  const own = { ...labels, ...(zone !== undefined && { "topology.kubernetes.io/zone": zone }) };
  return {
    ...(cpu !== undefined && { cpu: String(cpu) }),
    ...(memory !== undefined && { memory: String(memory) }),
    ...(pods !== undefined && { pods }),
    ...(Object.keys(own).length > 0 && { labels: own }),
    ...(taints !== undefined && {
      taints: taints.map(({ key, value, effect }) => ({ key, effect, ...(value !== undefined && { value }) })),
    }),
  };
}

/** The pools the autoscaler looks after. */
function poolsOf(nodes: NonNullable<ClusterRequest["nodes"]>): PoolOptions[] {
  if (typeof nodes === "number") return [];
  return nodes.flatMap((node) => {
    const { name, min = 0, max } = node;
    return max === undefined ? [] : [{ name, min, max, template: templateOf(node) }];
  });
}

function startOf({ now, rate, paused }: NonNullable<ClusterRequest["clock"]>): NonNullable<ClusterOptions["clock"]> {
  return {
    ...(now !== undefined && { now: parseTime(now) }),
    ...(rate !== undefined && { rate }),
    ...(paused !== undefined && { paused }),
  };
}

/** What a fork takes from its snapshot and cannot be asked for anew. */
const FROM_SNAPSHOT = ["nodes", "controlPlanes", "components", "authorization", "latency", "seed"] as const;

/** Refuses a request for a fork that asks for what the snapshot decides. @throws Problem 422 */
export function checkFork(request: ClusterRequest): void {
  const errors = FROM_SNAPSHOT.filter((field) => request[field] !== undefined).map((field) => ({
    pointer: `#/${field}`,
    detail: "a fork takes it from its snapshot",
  }));
  if (request.clock?.now !== undefined) {
    errors.push({ pointer: "#/clock/now", detail: "a fork goes on at the instant of its snapshot" });
  }
  if (errors.length > 0) throw invalid(errors);
}
