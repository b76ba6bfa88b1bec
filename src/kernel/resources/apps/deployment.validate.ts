/**
 * Whether a Deployment is well formed, and what its status may say.
 *
 * Models pkg/apis/apps/validation (ValidateDeploymentSpec, ValidateDeploymentStatus).
 */

import type { Deployment, DeploymentStrategy, RollingUpdateDeployment } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import {
  type IntOrString,
  percentOf,
  validateAtMostHundredPercent,
  validateNonnegativeIntOrPercent,
} from "#kernel/apimachinery/int-or-string";
import { printedStrategy, validateCounts, validateWorkload } from "#kernel/resources/apps/workload.validate";
import { mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

/** Adds an error for each wrong part of a Deployment's spec, on create and update alike. */
export function validateDeployment({ spec }: Deployment, root: At): void {
  const at = root.under("spec");
  const { replicas = 1, minReadySeconds = 0, progressDeadlineSeconds } = spec;
  mustNotBeNegative(at("replicas"), replicas);
  validateWorkload({ selector: spec.selector, template: spec.template }, at);
  validateStrategy(spec.strategy ?? {}, at.under("strategy"));
  mustNotBeNegative(at("minReadySeconds"), minReadySeconds);
  mustNotBeNegative(at("revisionHistoryLimit"), spec.revisionHistoryLimit);
  if (progressDeadlineSeconds === undefined) return;
  mustNotBeNegative(at("progressDeadlineSeconds"), progressDeadlineSeconds);
  if (progressDeadlineSeconds > minReadySeconds) return;
  at("progressDeadlineSeconds").invalid(progressDeadlineSeconds, "must be greater than minReadySeconds");
}

function validateStrategy({ type = "", rollingUpdate }: DeploymentStrategy, at: At): void {
  switch (type) {
    case "Recreate":
      if (rollingUpdate !== undefined) {
        at("rollingUpdate").forbidden("may not be specified when strategy `type` is 'Recreate'");
      }
      break;
    case "RollingUpdate":
      if (rollingUpdate === undefined) at("rollingUpdate").required("this should be defaulted and never be nil");
      else validateRollingUpdate(rollingUpdate, at.under("rollingUpdate"));
      break;
    default:
      // Upstream prints its internal struct, whose fields have Go's names.
      at("").notSupported(printedStrategy(type, rollingUpdate), ["Recreate", "RollingUpdate"]);
  }
}

function validateRollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment, at: At): void {
  validateNonnegativeIntOrPercent(maxUnavailable, at.under("maxUnavailable"));
  validateNonnegativeIntOrPercent(maxSurge, at.under("maxSurge"));
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    at("maxUnavailable").invalid(maxUnavailable, "may not be 0 when `maxSurge` is 0");
  }
  validateAtMostHundredPercent(maxUnavailable, at.under("maxUnavailable"));
}

const amountOf = (value: IntOrString): number => (typeof value === "number" ? value : (percentOf(value) ?? 0));

/** Adds an error for each wrong part of a Deployment's new status. */
export function validateDeploymentStatus({ status = {} }: Deployment, old: Deployment, root: At): void {
  const at = root.under("status");
  const parts = ["updatedReplicas", "readyReplicas", "availableReplicas"] as const;
  const all = ["observedGeneration", "replicas", ...parts, "unavailableReplicas", "terminatingReplicas"] as const;
  validateCounts(status, { all, parts }, at);
  const before = old.status?.collisionCount;
  const { collisionCount } = status;
  mustNotBeNegative(at("collisionCount"), collisionCount);
  if (before !== undefined && (collisionCount === undefined || collisionCount < before)) {
    at("collisionCount").invalid(collisionCount ?? 0, "cannot be decremented");
  }
}
