/**
 * What several routes of our own API answer with, described for OpenAPI.
 */
import { z } from "@hono/zod-openapi";

/** RFC 9457. */
const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    errors: z
      .array(z.object({ pointer: z.string().describe("JSON pointer into the body"), detail: z.string() }))
      .optional(),
  })
  .openapi("Problem");

const PROBLEMS = {
  400: "The request cannot be read.",
  401: "The key is missing or opens nothing here.",
  404: "There is no such thing.",
  409: "It is there already.",
  413: "The body is too large.",
  422: "Some fields are wrong; `errors` names each.",
  429: "Too many clusters from this address; see Retry-After.",
  501: "Known, but not simulated.",
} as const;

/** The statuses a route may refuse with. */
export type ProblemStatus = keyof typeof PROBLEMS;

/** The refusals of a route as OpenAPI responses. */
export function problemResponses(
  statuses: readonly ProblemStatus[],
): Record<string, { description: string; content: Record<string, { schema: z.ZodType }> }> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: PROBLEMS[status], content: { "application/problem+json": { schema: problemSchema } } },
    ]),
  );
}

/** A cluster as it is handed to whoever made it: the only time its key is told. */
export const madeClusterSchema = z
  .object({
    id: z.string(),
    key: z.string().describe("Opens this cluster alone. It is told once."),
    url: z.string().describe("Opens the cluster in a browser; the key stands in its fragment."),
    server: z.string().describe("Base of the Kubernetes API for kubectl."),
    kubeconfig: z.string().describe("A whole kubeconfig, as YAML."),
  })
  .openapi("MadeCluster");

/** A cluster as its key's holder sees it. */
export const clusterSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    server: z.string(),
    createdAt: z.string(),
    expiresAt: z.string().optional(),
    options: z.record(z.string(), z.unknown()).describe("What it was made from; a reset makes the same again."),
  })
  .openapi("Cluster");

/** The virtual clock. */
export const clockSchema = z
  .object({
    now: z.string().describe("The cluster's own time, RFC 3339."),
    rate: z.number().describe("Virtual seconds per real second."),
    paused: z.boolean(),
  })
  .openapi("Clock");

/** A snapshot without its contents. */
export const snapshotSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    createdAt: z.string(),
    now: z.string().describe("The cluster's own time when it was taken."),
    sizeBytes: z.number().int(),
  })
  .openapi("Snapshot");
