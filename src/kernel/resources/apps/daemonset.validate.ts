/**
 * Whether a DaemonSet is well formed, and what its status may say.
 *
 * Models pkg/apis/apps/validation (ValidateDaemonSetSpec, ValidateDaemonSetStatusUpdate).
 */
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import {
  type IntOrString,
  percentOf,
  validateAtMostHundredPercent,
  validateNonnegativeIntOrPercent,
} from "#kernel/apimachinery/int-or-string";
import { isEmpty, matches, requirementsOf, validateLabelSelector } from "#kernel/apimachinery/labels";
import { printedStrategy } from "#kernel/resources/apps/workload.validate";
import { validatePodTemplate } from "#kernel/resources/core/pod.validate";
import { mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

/** Adds an error for each wrong part of a DaemonSet's spec, on create and update alike. */
export function validateDaemonSet({ spec }: DaemonSet, root: At): void {
  const at = root.under("spec");
  validateSelector(spec, at);
  const { template } = spec;
  validatePodTemplate(template, at.under("template"), {
    restartPolicies: ["Always"],
    refusesDeadlineFor: "DaemonSet",
  });
  mustNotBeNegative(at("minReadySeconds"), spec.minReadySeconds);
  validateStrategy(spec.updateStrategy ?? {}, at.under("updateStrategy"));
  mustNotBeNegative(at("revisionHistoryLimit"), spec.revisionHistoryLimit);
}

function validateSelector({ selector, template }: DaemonSetSpec, at: At): void {
  validateLabelSelector(selector, at.under("selector"));
  const isReadable = selector === undefined || requirementsOf(selector) !== undefined;
  const labels = template.metadata?.labels;
  if (isReadable && !matches(selector, labels)) {
    at("template.metadata.labels").invalid(labels ?? null, "`selector` does not match template `labels`");
  }
  if (selector !== undefined && isEmpty(selector)) {
    at("selector").invalid(selector, "empty selector is invalid for daemonset");
  }
}

function validateStrategy({ type = "", rollingUpdate }: DaemonSetUpdateStrategy, at: At): void {
  if (type === "OnDelete") return;
  if (type !== "RollingUpdate") {
    // Upstream prints its internal struct, whose fields have Go's names.
    at("").notSupported(printedStrategy(type, rollingUpdate), ["RollingUpdate", "OnDelete"]);
    return;
  }
  if (rollingUpdate === undefined) at("rollingUpdate").required();
  else validateRollingUpdate(rollingUpdate, at.under("rollingUpdate"));
}

function validateRollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet, at: At): void {
  validateNonnegativeIntOrPercent(maxUnavailable, at.under("maxUnavailable"));
  validateNonnegativeIntOrPercent(maxSurge, at.under("maxSurge"));
  validateAtMostHundredPercent(maxUnavailable, at.under("maxUnavailable"));
  validateAtMostHundredPercent(maxSurge, at.under("maxSurge"));
  const [hasUnavailable, hasSurge] = [amountOf(maxUnavailable) !== 0, amountOf(maxSurge) !== 0];
  if (hasUnavailable && hasSurge) {
    at("maxSurge").invalid(maxSurge, "may not be set when maxUnavailable is non-zero");
  } else if (!hasUnavailable && !hasSurge) {
    at("maxUnavailable").required("cannot be 0 when maxSurge is 0");
  }
}

const amountOf = (value: IntOrString): number => (typeof value === "number" ? value : (percentOf(value) ?? 0));

const COUNTS = [
  "currentNumberScheduled",
  "numberMisscheduled",
  "desiredNumberScheduled",
  "numberReady",
  "observedGeneration",
  "updatedNumberScheduled",
  "numberAvailable",
  "numberUnavailable",
  "collisionCount",
] as const;

/** Adds an error for each wrong part of a DaemonSet's new status. */
export function validateDaemonSetStatus({ status }: DaemonSet, old: DaemonSet, root: At): void {
  const at = root.under("status");
  for (const field of COUNTS) mustNotBeNegative(at(field), status?.[field]);
  const before = old.status?.collisionCount;
  const now = status?.collisionCount;
  if (before !== undefined && (now === undefined || now < before)) {
    at("collisionCount").invalid(now ?? 0, "cannot be decremented");
  }
}
