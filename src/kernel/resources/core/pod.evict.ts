/**
 * Eviction: a delete that says why, so that whoever replaces the pod knows it was no accident.
 *
 * Models pkg/registry/core/pod/storage/eviction.go.
 * Leaves out disruption budgets: PodDisruptionBudget is not among the kinds served, so none can stand in the way.
 */
import { type Key, setCondition, timeText } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import type { DeleteOptions } from "#kernel/registry/delete";
import { pods } from "#kernel/resources/core/pod";

/** Evicts a pod: marks it with DisruptionTarget, then deletes it. @throws NotFound, Conflict */
export function evictPod(client: Client, key: Key, options: DeleteOptions): void {
  const pod = client.need(pods, key);
  if (options.isDryRun !== true && pod.metadata.deletionTimestamp === undefined) {
    const target = {
      type: "DisruptionTarget",
      status: "True",
      reason: "EvictionByEvictionAPI",
      message: "Eviction API: evicting",
      lastTransitionTime: timeText(client.registry.now),
    };
    const conditions = setCondition(pod.status?.conditions ?? [], target, client.registry.now);
    client.updateStatus(pods, pod, { ...pod.status, conditions });
  }
  client.delete(pods, key, options);
}
