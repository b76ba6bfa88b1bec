/**
 * Binding: a pod gets its node, once.
 *
 * Models pkg/registry/core/pod/storage/storage.go (BindingREST).
 */
import type { Binding } from "#kernel/api/types.gen";
import { conflict, invalid } from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";
import { type Key, setCondition, timeText } from "#kernel/apimachinery/meta";
import { admitOther } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import { pods } from "#kernel/resources/core/pod";

/** The part of a Binding that says where: `{target: {kind: "Node", name}}`. */
export type BindingTarget = Pick<Binding, "target"> & { readonly metadata?: Partial<Binding["metadata"]> };

/**
 * Assigns a pod to a node and marks it scheduled.
 * @throws NotFound, Invalid (no node named), Conflict (assigned or being deleted)
 */
export function bindPod(client: Client, key: Key, binding: BindingTarget, options: { isDryRun?: boolean } = {}): void {
  const metadataOfBinding = { ...binding.metadata, ...key };
  const admitted = admitOther(client, {
    ...{ operation: "CREATE", resource: pods, subresource: "binding", ...key, isDryRun: options.isDryRun === true },
    kind: { group: "", version: "v1", kind: "Binding" },
    object: { kind: "Binding", apiVersion: "v1", target: binding.target, metadata: metadataOfBinding },
  });
  const { kind = "", name = "" } = admitted.target;
  const at = collector();
  if (kind !== "" && kind !== "Node") at("target.kind").notSupported(kind, ["Node", "<empty>"]);
  if (name === "") at("target.name").required();
  if (at.errors.length > 0) throw invalid({ group: "", kind: "Binding" }, key.name, at.errors);

  const pod = client.need(pods, key);
  const refuse = (detail: string): never => {
    throw conflict({ group: "", resource: "pods/binding" }, key.name, detail);
  };
  if (pod.metadata.deletionTimestamp !== undefined)
    refuse(`pod ${key.name} is being deleted, cannot be assigned to a host`);
  if ((pod.spec.nodeName ?? "") !== "")
    refuse(`pod ${key.name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if ((pod.spec.schedulingGates ?? []).length > 0) refuse(`pod ${key.name} has non-empty .spec.schedulingGates`);

  const scheduled = {
    type: "PodScheduled",
    status: "True",
    lastProbeTime: null as unknown as string,
    lastTransitionTime: timeText(client.registry.now),
  };
  const conditions = setCondition(pod.status?.conditions ?? [], scheduled, client.registry.now);
  const { annotations, labels } = admitted.metadata;
  const metadata = {
    ...pod.metadata,
    ...(annotations !== undefined && { annotations: { ...pod.metadata.annotations, ...annotations } }),
    ...(labels !== undefined && { labels: { ...labels, ...pod.metadata.labels } }),
  };
  // The hint where it might go is stale from now on (ClearingNominatedNodeNameAfterBinding).
  const { nominatedNodeName: _, ...status } = pod.status ?? {};
  const bound = { ...pod, metadata, spec: { ...pod.spec, nodeName: name }, status: { ...status, conditions } };
  // As upstream: a binding changes what no update may, so it does not pass the rules of updates.
  if (options.isDryRun !== true) client.registry.store.put(pods.bucket, key, bound);
}
