/**
 * Taking a running pod away for a reason that is no fault of its own: whoever counts its failures reads it there.
 *
 * Models addConditionAndDeletePod of pkg/controller/tainteviction.
 */
import type { Pod } from "#kernel/api/types.gen";
import { keyOf, setCondition } from "#kernel/apimachinery/meta";
import type { Context } from "#kernel/registry/controller";
import { pods } from "#kernel/resources/core/pod";

/** Marks a pod as the target of a disruption and deletes it. */
export function disrupt(
  { client, now }: Context,
  pod: Pod,
  why: { readonly reason: string; readonly message: string },
) {
  const observedGeneration = pod.metadata.generation ?? 0;
  const condition = { type: "DisruptionTarget", status: "True", ...why, observedGeneration };
  const conditions = setCondition(pod.status?.conditions, condition, now);
  client.updateStatus(pods, pod, { ...pod.status, conditions });
  client.delete(pods, keyOf(pod), { preconditions: { uid: pod.metadata.uid } });
}
