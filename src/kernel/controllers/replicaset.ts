/**
 * ReplicaSet controller: makes the number of live pods equal spec.replicas.
 *
 * Models pkg/controller/replicaset.
 */
import type { Pod, ReplicaSet } from "#kernel/api/types.gen";
import { controllerOf } from "#kernel/apimachinery/meta";
import { replicaController } from "#kernel/controllers/shared/replicas";
import type { Client } from "#kernel/registry/client";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { pods } from "#kernel/resources/core/pod";
import { isPodActive } from "#kernel/resources/core/pod.facts";

export const replicasetController = replicaController<ReplicaSet>({
  name: "replicaset-controller",
  resource: replicasets,
  selectorOf: ({ spec }) => spec.selector,
  tellsTerminating: true,
  related: relatedPods,
});

/** Active pods of all ReplicaSets with the same owner: a rollout gives up doubled-up pods first. */
function relatedPods(client: Client, rs: ReplicaSet, own: readonly Pod[]): readonly Pod[] {
  const owner = controllerOf(rs);
  if (owner === undefined) return own;
  const related: Pod[] = [];
  for (const sibling of client.owned(owner.uid)) {
    if (sibling.bucket !== replicasets.bucket) continue;
    for (const { bucket, object } of client.owned(sibling.object.metadata.uid)) {
      if (bucket === pods.bucket && isPodActive(object as Pod)) related.push(object as Pod);
    }
  }
  return related;
}
