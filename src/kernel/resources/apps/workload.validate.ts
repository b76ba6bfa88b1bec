/**
 * What the kinds that keep copies of a pod template have in common: selector, template, counts in the status.
 *
 * Models pkg/apis/apps/validation (ValidatePodTemplateSpecForReplicaSet and what is alike in its callers).
 */

import type { LabelSelector, PodTemplateSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { goStruct } from "#kernel/apimachinery/go-text";
import type { IntOrString } from "#kernel/apimachinery/int-or-string";
import { isEmpty, matches, requirementsOf, validateLabelSelector } from "#kernel/apimachinery/labels";
import { validatePodTemplate } from "#kernel/resources/core/pod.validate";
import { mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

export interface Workload {
  readonly selector: LabelSelector | undefined;
  readonly template: PodTemplateSpec;
}

/** Adds an error for each wrong part of a selector and of the template it must select; `at` stands at the spec. */
export function validateWorkload({ selector, template }: Workload, at: At): void {
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
}

/** A strategy as upstream prints its internal struct, whose fields have Go's names. */
export const printedStrategy = (type: string, rolling: RollingUpdate | undefined): object =>
  goStruct({
    Type: type,
    RollingUpdate:
      rolling === undefined ? null : { MaxUnavailable: rolling.maxUnavailable ?? 0, MaxSurge: rolling.maxSurge ?? 0 },
  });

interface RollingUpdate {
  readonly maxUnavailable?: IntOrString;
  readonly maxSurge?: IntOrString;
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
