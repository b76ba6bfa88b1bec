/**
 * SchedulerConfiguration: the ConfigMap the scheduler is configured by must be one the scheduler could start with.
 *
 * Models no plugin of upstream's: there the file is read when the scheduler starts, and a wrong one ends it at once.
 */
import type { ConfigMap } from "#kernel/api/types.gen";
import { invalid } from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { configmaps } from "#kernel/resources/core/configmap";
import {
  parseSchedulerConfig,
  SCHEDULER_CONFIG,
  SCHEDULER_CONFIG_FIELD,
} from "#kernel/resources/scheduling/configuration";

export const schedulerConfiguration: AdmissionPlugin = {
  name: "SchedulerConfiguration",

  concerns: ({ resource, operation, namespace, name }) =>
    resource.bucket === configmaps.bucket &&
    namespace === SCHEDULER_CONFIG.namespace &&
    name === SCHEDULER_CONFIG.name &&
    operation !== "DELETE",

  validate({ object }) {
    const text = (object as ConfigMap | undefined)?.data?.[SCHEDULER_CONFIG_FIELD];
    if (text === undefined) return;
    const at = collector();
    for (const problem of parseSchedulerConfig(text).problems) {
      at(`data[${SCHEDULER_CONFIG_FIELD}]`).invalid("KubeSchedulerConfiguration", problem);
    }
    if (at.errors.length > 0) throw invalid({ group: "", kind: "ConfigMap" }, SCHEDULER_CONFIG.name, at.errors);
  },
};
