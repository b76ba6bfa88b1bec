/**
 * Deployment: rolls one pod template out over ReplicaSets, and back.
 *
 * Models pkg/registry/apps/deployment and its table printer.
 * Leaves out the beta versions: every client we serve speaks apps/v1.
 */

import type { Deployment } from "#kernel/api/types.gen";
import { queryOf } from "#kernel/apimachinery/labels";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { column, defineResource, wide } from "#kernel/registry/definition";
import { desiredReplicas, REVISION_ANNOTATION } from "#kernel/resources/apps/deployment.facts";
import { validateDeployment, validateDeploymentStatus } from "#kernel/resources/apps/deployment.validate";
import { containerColumns } from "#kernel/resources/apps/workload.columns";
import { defaultPodSpec } from "#kernel/resources/core/pod.defaults";
import { dropDisabledPodFields } from "#kernel/resources/core/pod.strategy";
import { warningsForWorkload } from "#kernel/resources/core/pod.warnings";

export const deployments = defineResource<Deployment>({
  group: "apps",
  version: "v1",
  names: { kind: "Deployment", plural: "deployments", singular: "deployment", short: ["deploy"], categories: ["all"] },
  scope: "Namespaced",
  fixedOnStatus: ["labels"],
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

  setDefaults({ spec }) {
    spec.template ??= { spec: { containers: [] } };
    defaultPodSpec(spec.template.spec);
    spec.replicas ??= 1;
    spec.strategy ??= {};
    if ((spec.strategy.type ?? "") === "") spec.strategy.type = "RollingUpdate";
    if (spec.strategy.type === "RollingUpdate") {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
      spec.strategy.rollingUpdate.maxSurge ??= "25%";
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
  },
  prepareForCreate(deployment) {
    deployment.status = {};
    dropDisabledPodFields(deployment.spec.template.spec);
  },
  prepareForUpdate(deployment, old) {
    // Annotations count as well; only the controller's own mark does not, which upstream writes with the status.
    if (semanticEqual(annotationsOf(deployment), annotationsOf(old))) return;
    deployment.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },

  validate: (deployment, at) => validateDeployment(deployment, at),
  validateUpdate(deployment, old, at) {
    at("spec.selector").immutable(deployment.spec.selector, old.spec.selector);
  },
  validateStatusUpdate: validateDeploymentStatus,
  warnings: (deployment, old) => warningsForWorkload(deployment, old),

  columns: [
    column(
      "Ready",
      "string",
      (deployment) => `${deployment.status?.readyReplicas ?? 0}/${desiredReplicas(deployment)}`,
      "How many of the wanted pods are ready.",
    ),
    column(
      "Up-to-date",
      "string",
      ({ status }) => status?.updatedReplicas ?? 0,
      "How many pods run the present template.",
    ),
    column(
      "Available",
      "string",
      ({ status }) => status?.availableReplicas ?? 0,
      "How many pods have been ready for long enough.",
    ),
    ...containerColumns<Deployment>(({ spec }) => spec.template),
    wide("Selector", "string", ({ spec }) => queryOf(spec.selector), "The labels of the pods."),
  ],
});

function annotationsOf({ metadata }: Deployment): Record<string, string> {
  const { [REVISION_ANNOTATION]: _, ...annotations } = metadata.annotations ?? {};
  return annotations;
}
