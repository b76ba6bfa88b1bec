/**
 * Explanations: why the scheduler chose or refused each node for a pod, or would for one that nobody creates.
 */

import type { Pod } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import type { Key } from "#kernel/apimachinery/meta";
import type { Cluster } from "#kernel/cluster/cluster";
import type { Draft } from "#kernel/registry/definition";
import { decodeValue, parsed, targetOf } from "#kernel/requests/decode";
import { pods } from "#kernel/resources/core/pod";
import { explain, type NodeExplanation } from "#kernel/scheduler/explain";

/** Why each node was chosen or refused. */
export interface ExplanationView {
  readonly namespace: string;
  readonly name: string;
  /** The node the pod has. */
  readonly node?: string;
  /** What the scheduler last said of a pod that waits. */
  readonly message?: string;
  /** Why the pod is not even tried; empty if it is. */
  readonly gates: readonly string[];
  /** The nodes with the highest total: of several, chance decides. */
  readonly best: readonly string[];
  readonly nodes: readonly NodeExplanation[];
}

/** An explanation, or the status code and words of what refused it. */
export type ExplanationAnswer = ExplanationView | { readonly code: number; readonly refused: string };

/** Looks at every node for a pod of the cluster as things are now. */
export function explainPod(cluster: Cluster, key: Key): ExplanationAnswer {
  const pod = cluster.admin.get(pods, key);
  if (pod === undefined) return { code: 404, refused: `There is no pod ${key.namespace}/${key.name}.` };
  return viewOf(cluster, pod, key.name);
}

/** Looks at every node for the pod of a manifest (a Pod, or a workload with a template), creating nothing. */
export function explainManifest(cluster: Cluster, manifest: unknown, namespace: string | undefined): ExplanationAnswer {
  const found = podIn(manifest);
  if (found === undefined) {
    return { code: 422, refused: "The manifest is neither a Pod nor has it a pod template at spec.template." };
  }
  try {
    const { object } = decodeValue(parsed(found.pod), targetOf(pods), "Strict");
    const draft = {
      ...object,
      // Under a name of its own, so that it may be asked about something that is there already.
      metadata: { ...object.metadata, name: `${found.name}-what-if`, namespace: namespace ?? found.namespace },
    } as Draft<Pod>;
    const pod = cluster.admin.create(pods, draft, { isDryRun: true });
    return viewOf(cluster, pod, found.name);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { code = 422, message = "" } = error.status;
    return { code: code === 400 ? 422 : code, refused: message };
  }
}

type Json = Readonly<Record<string, unknown>>;

const recordIn = (value: unknown): Json | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;

/** The pod a manifest is or makes, and what the manifest calls itself. */
function podIn(
  manifest: unknown,
): { readonly pod: Json; readonly name: string; readonly namespace: string } | undefined {
  const object = recordIn(manifest);
  const spec = recordIn(object?.["spec"]);
  if (object === undefined || spec === undefined) return undefined;
  const { name = "pod", generateName, namespace = "default" } = recordIn(object["metadata"]) ?? {};
  const naming = {
    name: typeof generateName === "string" ? generateName.replace(/-$/, "") : String(name),
    namespace: String(namespace),
  };
  if (object["kind"] === "Pod") return { pod: object, ...naming };
  const template =
    recordIn(spec["template"]) ?? recordIn(recordIn(recordIn(spec["jobTemplate"])?.["spec"])?.["template"]);
  return template === undefined ? undefined : { pod: { ...template, apiVersion: "v1", kind: "Pod" }, ...naming };
}

function viewOf(cluster: Cluster, pod: Pod, name: string): ExplanationView {
  const { gates, nodes } = explain(cluster.registry, pod);
  const fitting = nodes.filter(({ fits }) => fits);
  const highest = Math.max(...fitting.map(({ total }) => total));
  const { nodeName = "" } = pod.spec;
  const message = pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status !== "True");
  return {
    namespace: pod.metadata.namespace ?? "",
    name,
    ...(nodeName !== "" && { node: nodeName }),
    ...(message?.message !== undefined && { message: message.message }),
    gates,
    best: gates.length > 0 ? [] : fitting.filter(({ total }) => total === highest).map(({ node }) => node),
    nodes,
  };
}
