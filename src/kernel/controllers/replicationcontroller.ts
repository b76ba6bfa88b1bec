/**
 * ReplicationController controller: the ReplicaSet controller for its older kin.
 *
 * Models pkg/controller/replication.
 */
import type { ReplicationController } from "#kernel/api/types.gen";
import { replicaController } from "#kernel/controllers/shared/replicas";
import { replicationcontrollers } from "#kernel/resources/core/replicationcontroller";

export const replicationController = replicaController<ReplicationController>({
  name: "replication-controller",
  resource: replicationcontrollers,
  selectorOf: ({ spec }) => ({ matchLabels: spec.selector ?? {} }),
  tellsTerminating: false,
});
