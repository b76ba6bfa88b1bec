/**
 * Whether a Pod, or the template of one, is well formed.
 *
 * Models pkg/apis/core/validation (ValidatePodCreate, ValidatePodTemplateSpec).
 */

import type { Pod, PodTemplateSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { validateLabels } from "#kernel/apimachinery/labels";
import { validateAnnotations } from "#kernel/apimachinery/names";
import { validatePodAnnotations, validateProfilesMatch } from "#kernel/resources/core/pod.validate.annotations";
import { validateImageTrimmed } from "#kernel/resources/core/pod.validate.container";
import { eachAt, mustBeOneOf } from "#kernel/resources/core/pod.validate.fields";
import { validatePodSpec } from "#kernel/resources/core/pod.validate.spec";

/** Adds an error for each wrong part of a pod's annotations and spec, on create and update alike. */
export function validatePod({ metadata, spec }: Pod, at: At): void {
  const specAt = at.under("spec");
  validatePodAnnotations(metadata.annotations, spec, at.under("metadata.annotations"));
  validatePodSpec(spec, { isPod: true, podName: metadata.name ?? "" }, specAt);
  if ((spec.serviceAccountName ?? "") === "") forbidTokens(spec, specAt);
  for (const field of ["containers", "initContainers"] as const) {
    for (const [container, ownAt] of eachAt(spec[field], specAt.under(field))) validateImageTrimmed(container, ownAt);
  }
}

function forbidTokens({ volumes }: Pod["spec"], at: At): void {
  for (const [{ projected }, volumeAt] of eachAt(volumes, at.under("volumes"))) {
    for (const [source, sourceAt] of eachAt(projected?.sources, volumeAt.under("projected.sources"))) {
      if (source.serviceAccountToken === undefined) continue;
      sourceAt("serviceAccountToken").forbidden("must not be specified when serviceAccountName is not set");
    }
  }
}

/** Adds an error for what only a new pod must not have. */
export function validateNewPod({ metadata, spec }: Pod, at: At): void {
  const specAt = at.under("spec");
  if ((spec.ephemeralContainers ?? []).length > 0) specAt("ephemeralContainers").forbidden("cannot be set on create");
  if ((spec.nodeName ?? "") !== "" && (spec.schedulingGates ?? []).length > 0) {
    specAt("nodeName").forbidden("cannot be set until all schedulingGates have been cleared");
  }
  validateProfilesMatch(metadata.annotations, spec, specAt);
}

/** What a kind asks of its template beyond what every template must have. */
export interface TemplateRestrictions {
  /** Restart policies the kind can live with; any if absent. */
  readonly restartPolicies?: readonly string[];
  /** The kind for whose pods activeDeadlineSeconds makes no sense, as its message names it. */
  readonly refusesDeadlineFor?: string;
}

/** Adds an error for each wrong part of a pod template; `at` stands at the template. */
export function validatePodTemplate(template: PodTemplateSpec, at: At, restrictions: TemplateRestrictions = {}): void {
  const { metadata = {}, spec } = template;
  validateLabels(metadata.labels, at.under("labels"));
  validateAnnotations(metadata.annotations, at.under("annotations"));
  validatePodAnnotations(metadata.annotations, spec, at.under("annotations"));
  validatePodSpec(spec, { isPod: false, podName: "" }, at.under("spec"));
  validateProfilesMatch(metadata.annotations, spec, at.under("spec"));
  if ((spec.ephemeralContainers ?? []).length > 0) {
    at("spec.ephemeralContainers").forbidden("ephemeral containers not allowed in pod template");
  }
  const { restartPolicies, refusesDeadlineFor } = restrictions;
  if (restartPolicies !== undefined) mustBeOneOf(at("spec.restartPolicy"), spec.restartPolicy ?? "", restartPolicies);
  if (refusesDeadlineFor !== undefined && spec.activeDeadlineSeconds !== undefined) {
    const refusal = `activeDeadlineSeconds in ${refusesDeadlineFor} is not Supported`;
    at("spec.activeDeadlineSeconds").forbidden(refusal);
  }
}
