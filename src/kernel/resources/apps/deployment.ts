/**
 * Deployment: rolls one pod template out over ReplicaSets, and back.
 *
 * Models pkg/registry/apps/deployment and its table printer.
 * Leaves out the beta versions: every client we serve speaks apps/v1.
 */
import type { Deployment } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const deployments = defineResource<Deployment>({
  group: "apps",
  version: "v1",
  names: { kind: "Deployment", plural: "deployments", singular: "deployment", short: ["deploy"], categories: ["all"] },
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
});
