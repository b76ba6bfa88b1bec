/**
 * What the kinds that keep copies of a pod template have in common: selector, template, counts in the status.
 *
 * Models pkg/apis/apps/validation (ValidatePodTemplateSpecForReplicaSet and what is alike in its callers).
 */

import type { LabelSelector, PodTemplateSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { isEmpty, matches, requirementsOf, validateLabelSelector } from "#kernel/apimachinery/labels";
import { validatePodTemplate } from "#kernel/resources/core/pod.validate";
import { eachAt, mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

export interface Workload {
  readonly selector: LabelSelector | undefined;
  readonly template: PodTemplateSpec;
  /** How many copies are wanted. */
  readonly replicas: number;
}

/** Adds an error for each wrong part of a selector and of the template it must select; `at` stands at the spec. */
export function validateWorkload({ selector, template, replicas }: Workload, at: At): void {
  if (selector === undefined) at("selector").required();
  else {
    validateLabelSelector(selector, at.under("selector"));
    // ReplicaSets say "deployment" here as well: the words are upstream's.
    if (isEmpty(selector)) at("selector").invalid(selector, "empty selector is invalid for deployment");
    if (requirementsOf(selector) === undefined) {
      at("selector").invalid(selector, "invalid label selector");
      return;
    }
  }
  const templateAt = at.under("template");
  const labels = template.metadata?.labels;
  const isOpen = selector !== undefined && isEmpty(selector);
  if (!isOpen && !matches(selector, labels)) {
    templateAt("metadata.labels").invalid(labels ?? null, "`selector` does not match template `labels`");
  }
  validatePodTemplate(template, templateAt, { restartPolicies: ["Always"], refusesDeadlineFor: "ReplicaSet" });
  if (replicas > 1) validateSharedDisks(template, templateAt.under("spec.volumes"));
}

/** Adds an error for each disk that copies of the pod would write to: it can be attached to one machine alone. */
export function validateSharedDisks({ spec }: PodTemplateSpec, at: At): void {
  for (const [{ gcePersistentDisk: disk }, volumeAt] of eachAt(spec.volumes, at)) {
    if (disk === undefined || disk.readOnly === true) continue;
    const rule = "GCE PD can only be mounted on multiple machines if it is read-only";
    volumeAt("gcePersistentDisk.readOnly").invalid(false, `must be true for replicated pods > 1; ${rule}`);
  }
}

interface Counts {
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
}

/** Adds an error for each count that is negative, and for parts that are larger than the whole; `at`: the status. */
export function validateCounts<S extends Counts>(
  status: S,
  fields: { readonly all: readonly (keyof S & string)[]; readonly parts: readonly (keyof S & string)[] },
  at: At,
): void {
  const count = (field: keyof S): number => (status[field] as number | undefined) ?? 0;
  for (const field of fields.all) mustNotBeNegative(at(field), count(field));
  for (const field of fields.parts) {
    if (count(field) > count("replicas")) at(field).invalid(count(field), "cannot be greater than status.replicas");
  }
  const { availableReplicas = 0, readyReplicas = 0 } = status;
  if (availableReplicas > readyReplicas) {
    at("availableReplicas").invalid(availableReplicas, "cannot be greater than readyReplicas");
  }
}
