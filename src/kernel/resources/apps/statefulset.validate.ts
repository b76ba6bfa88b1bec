/**
 * Whether a StatefulSet is well formed, what of it may change, and what its status may say.
 *
 * Models pkg/apis/apps/validation (ValidateStatefulSetSpec, ValidateStatefulSetUpdate, ValidateStatefulSetStatus).
 */
import type {
  PersistentVolumeClaim,
  PodTemplateSpec,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetStatus,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label } from "#kernel/apimachinery/formats";
import {
  percentOf,
  validateAtMostHundredPercent,
  validateNonnegativeIntOrPercent,
} from "#kernel/apimachinery/int-or-string";
import { isEmpty, matches, requirementsOf, validateLabelSelector } from "#kernel/apimachinery/labels";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { validateClaimSpec } from "#kernel/resources/core/persistentvolumeclaim.validate";
import { validatePodTemplate } from "#kernel/resources/core/pod.validate";
import { eachAt, mustBeOneOf, mustFit, mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

/** Adds an error for each wrong part of a StatefulSet's spec, on create and update alike. */
export function validateStatefulSet({ spec, metadata }: StatefulSet, root: At): void {
  const at = root.under("spec");
  validatePolicies(spec, at);
  mustNotBeNegative(at("replicas"), spec.replicas);
  mustNotBeNegative(at("minReadySeconds"), spec.minReadySeconds);
  mustNotBeNegative(at("ordinals.start"), spec.ordinals?.start);
  // A stored object may still have a name that was allowed in its day.
  const isNew = (metadata.resourceVersion ?? "") === "";
  if (isNew && (spec.serviceName ?? "") !== "") mustFit(at("serviceName"), spec.serviceName ?? "", dns1123Label);
  validateSelector(spec, at);
  if (requirementsOf(spec.selector) === undefined && spec.selector !== undefined) {
    at("selector").invalid(spec.selector, "");
  } else validateTemplate(spec, at);
  for (const [{ spec: claim }, claimAt] of eachAt(spec.volumeClaimTemplates, at.under("volumeClaimTemplates"))) {
    validateClaimSpec(claim, claimAt.under("spec"));
  }
}

function validatePolicies(spec: StatefulSetSpec, at: At): void {
  const { podManagementPolicy = "", updateStrategy = {}, persistentVolumeClaimRetentionPolicy: policy } = spec;
  if (podManagementPolicy === "") at("podManagementPolicy").required();
  else if (podManagementPolicy !== "OrderedReady" && podManagementPolicy !== "Parallel") {
    at("podManagementPolicy").invalid(podManagementPolicy, "must be 'OrderedReady' or 'Parallel'");
  }
  validateStrategy(updateStrategy, at.under("updateStrategy"));
  if (policy === undefined) return;
  const policyAt = at.under("persistentVolumeClaimRetentionPolicy");
  mustBeOneOf(policyAt("whenDeleted"), policy.whenDeleted ?? "", ["Retain", "Delete"]);
  mustBeOneOf(policyAt("whenScaled"), policy.whenScaled ?? "", ["Retain", "Delete"]);
}

function validateStrategy({ type = "", rollingUpdate }: NonNullable<StatefulSetSpec["updateStrategy"]>, at: At): void {
  // Upstream prints its internal structs, whose fields have Go's names.
  const internal = rollingUpdate && {
    Partition: rollingUpdate.partition ?? 0,
    MaxUnavailable: rollingUpdate.maxUnavailable ?? null,
  };
  switch (type) {
    case "":
      at("").required();
      break;
    case "OnDelete":
      if (internal !== undefined)
        at("rollingUpdate").invalid(internal, "only allowed for updateStrategy 'RollingUpdate'");
      break;
    case "RollingUpdate":
      if (rollingUpdate !== undefined) validateRollingUpdate(rollingUpdate, at.under("rollingUpdate"));
      break;
    default:
      at("").invalid({ Type: type, RollingUpdate: internal ?? null }, "must be 'RollingUpdate' or 'OnDelete'");
  }
}

type RollingUpdate = NonNullable<NonNullable<StatefulSetSpec["updateStrategy"]>["rollingUpdate"]>;

function validateRollingUpdate({ partition, maxUnavailable }: RollingUpdate, at: At): void {
  mustNotBeNegative(at("partition"), partition);
  if (maxUnavailable === undefined) return;
  validateNonnegativeIntOrPercent(maxUnavailable, at.under("maxUnavailable"));
  const amount = typeof maxUnavailable === "number" ? maxUnavailable : (percentOf(maxUnavailable) ?? 0);
  if (amount === 0) at("maxUnavailable").invalid(maxUnavailable, "cannot be 0");
  validateAtMostHundredPercent(maxUnavailable, at.under("maxUnavailable"));
}

function validateSelector({ selector }: StatefulSetSpec, at: At): void {
  if (selector === undefined) {
    at("selector").required();
    return;
  }
  validateLabelSelector(selector, at.under("selector"));
  if (isEmpty(selector)) at("selector").invalid(selector, "empty selector is invalid for statefulset");
}

function validateTemplate({ selector, template, volumeClaimTemplates }: StatefulSetSpec, at: At): void {
  const templateAt = at.under("template");
  const labels = template.metadata?.labels;
  const isOpen = selector !== undefined && isEmpty(selector);
  if (!isOpen && !matches(selector, labels)) {
    templateAt("metadata.labels").invalid(labels ?? null, "`selector` does not match template `labels`");
  }
  const whole = withClaimVolumes(template, volumeClaimTemplates ?? []);
  validatePodTemplate(whole, templateAt, { restartPolicies: ["Always"], refusesDeadlineFor: "StatefulSet" });
}

/** The template with the volumes its pods will have: containers may mount what a claim template provides. */
function withClaimVolumes(template: PodTemplateSpec, claims: readonly PersistentVolumeClaim[]): PodTemplateSpec {
  const own = template.spec.volumes ?? [];
  const more = claims
    .map(({ metadata }) => metadata?.name ?? "")
    .filter((name) => !own.some((volume) => volume.name === name))
    .map((name) => ({ name, persistentVolumeClaim: { claimName: "claim" } }));
  return more.length === 0 ? template : { ...template, spec: { ...template.spec, volumes: [...own, ...more] } };
}

/** What an update may change; everything else is forbidden together. */
const MUTABLE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const satisfies readonly (keyof StatefulSetSpec)[];

/** Adds an error if anything changed that must not. */
export function validateStatefulSetUpdate({ spec }: StatefulSet, old: StatefulSet, at: At): void {
  if (semanticEqual(lasting(spec), lasting(old.spec))) return;
  const names = MUTABLE.map((field) => `'${field}'`);
  const list = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  at("spec").forbidden(`updates to statefulset spec for fields other than ${list} are forbidden`);
}

function lasting(spec: StatefulSetSpec): Partial<StatefulSetSpec> {
  const rest: Partial<StatefulSetSpec> = { ...spec };
  for (const field of MUTABLE) delete rest[field];
  return rest;
}

/** Adds an error for each wrong part of a StatefulSet's new status. */
export function validateStatefulSetStatus({ status = { replicas: 0 } }: StatefulSet, old: StatefulSet, root: At): void {
  const at = root.under("status");
  const parts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"] as const;
  const count = (field: keyof StatefulSetStatus): number => (status[field] as number | undefined) ?? 0;
  for (const field of ["replicas", ...parts, "observedGeneration", "collisionCount"] as const) {
    mustNotBeNegative(at(field), count(field));
  }
  for (const field of parts) {
    if (count(field) > status.replicas) at(field).invalid(count(field), "cannot be greater than status.replicas");
  }
  if (count("availableReplicas") > count("readyReplicas")) {
    at("availableReplicas").invalid(count("availableReplicas"), "cannot be greater than status.readyReplicas");
  }
  const before = old.status?.collisionCount;
  if (before !== undefined && (status.collisionCount === undefined || status.collisionCount < before)) {
    at("collisionCount").invalid(status.collisionCount ?? 0, "cannot be decremented");
  }
}
