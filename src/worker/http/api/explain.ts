/**
 * /clusters/{id}/explain: why the scheduler chose or refused each node, by plugin.
 */
import { z } from "@hono/zod-openapi";
import type { ExplanationAnswer } from "#worker/cluster/explanations";
import { openCluster } from "#worker/http/api/access";
import { notFound, Problem } from "#worker/http/api/problem";
import { type Route, route } from "#worker/http/api/route";

const TAG = "Scheduling";

const nodeSchema = z
  .object({
    node: z.string(),
    fits: z.boolean(),
    refusals: z
      .array(
        z.object({
          plugin: z.string(),
          reasons: z.array(z.string()),
          isResolvable: z.boolean().describe("Whether it would fit if other pods went away"),
        }),
      )
      .describe("Every plugin that says no, not only the first"),
    passed: z.array(z.string()).describe("The plugins that let the pod pass here"),
    scores: z
      .record(
        z.string(),
        z.object({
          raw: z.number().describe("As the plugin counts"),
          normalized: z.number().describe("Brought into 0 to 100 over all nodes that fit"),
          weight: z.number(),
          weighted: z.number(),
        }),
      )
      .describe("By plugin, of a node that fits"),
    total: z.number(),
  })
  .openapi("NodeExplanation");

const explanationSchema = z
  .object({
    namespace: z.string(),
    name: z.string(),
    node: z.string().optional().describe("The node the pod has"),
    message: z.string().optional().describe("What the scheduler last said of a pod that waits"),
    gates: z.array(z.string()).describe("Why the pod is not even tried; empty if it is"),
    best: z.array(z.string()).describe("The nodes with the highest total: of several, chance decides"),
    nodes: z.array(nodeSchema),
  })
  .openapi("Explanation");

/** The answer. @throws Problem with what refused it */
function answered(answer: ExplanationAnswer) {
  if (!("refused" in answer)) return answer;
  const { code, refused } = answer;
  if (code === 404) throw notFound(refused);
  throw new Problem({ status: 422, title: "Unprocessable Content", detail: refused });
}

const explainPod = route({
  method: "get",
  path: "/clusters/{id}/explain/pods/{namespace}/{name}",
  tag: TAG,
  summary: "Why a pod is where it is, or nowhere",
  description:
    "Every node as the scheduler sees it at this moment, plugin by plugin. A pod that has a node already is looked at " +
    "as if it had none.",
  isLocked: true,
  params: { id: "The cluster's id", namespace: "The pod's namespace", name: "The pod's name" },
  success: { status: 200, description: "The explanation.", schema: explanationSchema },
  problems: [401, 404],
  async handle({ c, param }) {
    const { stub } = await openCluster(c, param("id"));
    return c.json(answered(await stub.explainPod({ namespace: param("namespace"), name: param("name") })));
  },
});

const whatIf = route<Record<string, unknown>, { namespace?: string | undefined }>({
  method: "post",
  path: "/clusters/{id}/explain",
  tag: TAG,
  summary: "Where a pod would go",
  description:
    "Takes a manifest as JSON or YAML: a Pod, or a workload with a pod template. It is defaulted and admitted as if " +
    "it were created, and nothing is.",
  isLocked: true,
  params: { id: "The cluster's id" },
  query: z.strictObject({ namespace: z.string().min(1).optional().describe("Instead of the manifest's own") }),
  body: z.record(z.string(), z.unknown()).openapi("Manifest"),
  example: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web" },
    spec: { containers: [{ name: "c", image: "nginx" }] },
  },
  success: { status: 200, description: "The explanation.", schema: explanationSchema },
  problems: [400, 401, 404, 413, 422],
  async handle({ c, param, body, query }) {
    const { stub } = await openCluster(c, param("id"));
    return c.json(answered(await stub.explainManifest(JSON.stringify(body), query.namespace)));
  },
});

export const explainRoutes: readonly Route[] = [explainPod, whatIf];
