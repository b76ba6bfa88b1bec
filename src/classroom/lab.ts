/**
 * Labs: a text, a cluster to begin with, and tasks. A lab is data: ours and teachers' own look the same.
 */
import { z } from "zod";
import { slugSchema, taskSchema } from "#classroom/task";
import { textSchema } from "#classroom/text";
import type { ClusterOptions } from "#kernel/cluster/options";

const MANIFESTS_CHARS_MAX = 500_000;

/** What a student finds at the beginning. */
const setupSchema = z.strictObject({
  nodes: z.int().min(0).max(100).optional().describe("3 by default"),
  latency: z.enum(["realistic", "none"]).optional(),
  manifests: z.string().max(MANIFESTS_CHARS_MAX).optional().describe("YAML that is applied before the student comes"),
});

/** A lab as a teacher brings it. */
export const labSchema = z
  .strictObject({
    slug: slugSchema,
    title: textSchema,
    text: textSchema.describe("Markdown"),
    minutes: z.number().int().min(1).max(600).describe("How long it takes"),
    setup: setupSchema.optional(),
    tasks: z.array(taskSchema).min(1).max(50),
  })
  .superRefine(({ tasks }, context) => {
    const seen = new Set<string>();
    tasks.forEach(({ id }, index) => {
      if (seen.has(id))
        context.addIssue({ code: "custom", path: ["tasks", index, "id"], message: "names another task" });
      seen.add(id);
    });
  });

/** A lab. */
export type Lab = z.infer<typeof labSchema>;

/** The options of the cluster a lab begins with. */
export function labOptions({ setup = {} }: Lab, seed: string): ClusterOptions {
  const { nodes = 3, latency = "realistic" } = setup;
  return {
    seed,
    machines: Array.from({ length: nodes }, (_, index) => ({ name: `node-${index + 1}` })),
    components: { scheduler: true, controllerManager: true, kubelet: true },
    authorization: "RBAC",
    latency,
  };
}
