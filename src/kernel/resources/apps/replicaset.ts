/**
 * ReplicaSet: keep N copies of one pod template alive.
 *
 * Models pkg/registry/apps/replicaset and its table printer.
 * Leaves out the beta versions: every client we serve speaks apps/v1.
 */
import type { ReplicaSet } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const replicasets = defineResource<ReplicaSet>({
  group: "apps",
  version: "v1",
  names: { kind: "ReplicaSet", plural: "replicasets", singular: "replicaset", short: ["rs"], categories: ["all"] },
  scope: "Namespaced",
  subresources: {
    status: true,
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      selectorPath: ".spec.selector",
    },
  },
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
});
