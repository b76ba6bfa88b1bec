/**
 * What may change in a pod once it exists.
 *
 * Models pkg/apis/core/validation (ValidatePodUpdate).
 */

import type { Affinity, Container, NodeAffinity, Pod, PodSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { inRange, rangeText } from "#kernel/apimachinery/formats";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { printedTerm } from "#kernel/resources/core/node.selector.printed";
import { specDiff } from "#kernel/resources/core/pod.diff";
import { sameToleration } from "#kernel/resources/core/pod.facts";
import { validateAnnotationsUpdate } from "#kernel/resources/core/pod.validate.annotations";
import { validateImageTrimmed } from "#kernel/resources/core/pod.validate.container";
import { eachAt, mustBeGiven } from "#kernel/resources/core/pod.validate.fields";

const INT32_MAX = 2147483647;

const UPDATABLE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
];

/** Adds an error for each change that an update of a pod must not make. */
export function validatePodUpdate(pod: Pod, old: Pod, at: At): void {
  const { spec } = pod;
  const specAt = at.under("spec");
  validateAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, at.under("metadata.annotations"));
  for (const field of ["containers", "initContainers"] as const) {
    if (!validateSameContainers(spec[field] ?? [], old.spec[field] ?? [], specAt.under(field))) return;
  }
  if (!validateDeadline(spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds, specAt)) return;
  validateTolerationsAdded(spec, old.spec, specAt);
  validateGatesRemoved(spec, old.spec, specAt);
  if (semanticEqual(spec, old.spec)) return;
  const rest = withoutAllowedChanges(spec, old.spec);
  const munged = (old.spec.schedulingGates ?? []).length > 0 ? withoutGatedChanges(rest, old.spec, specAt) : rest;
  if (semanticEqual(munged, old.spec)) return;
  const others = `pod updates may not change fields other than ${UPDATABLE.join(",")}`;
  specAt("").forbidden(`${others}\n${specDiff(old.spec, munged)}`);
}

function validateSameContainers(containers: readonly Container[], old: readonly Container[], at: At): boolean {
  if (containers.length !== old.length) {
    at("").forbidden("pod updates may not add or remove containers");
    return false;
  }
  for (const [container, ownAt] of eachAt(containers, at)) {
    mustBeGiven(ownAt("image"), container.image);
    validateImageTrimmed(container, ownAt);
  }
  return true;
}

function validateDeadline(seconds: number | undefined, old: number | undefined, at: At): boolean {
  const problem = at("activeDeadlineSeconds");
  if (seconds === undefined) {
    if (old !== undefined) problem.invalid(undefined, "must not update from a positive integer to nil value");
    return true;
  }
  if (inRange(seconds, 0, INT32_MAX).length > 0) {
    problem.invalid(seconds, rangeText(0, INT32_MAX));
    return false;
  }
  if (old === undefined || old >= seconds) return true;
  problem.invalid(seconds, "must be less than or equal to previous value");
  return false;
}

function validateTolerationsAdded({ tolerations = [] }: PodSpec, old: PodSpec, at: At): void {
  const isKept = (old.tolerations ?? []).every((was) => tolerations.some((now) => sameToleration(now, was)));
  if (!isKept) at("tolerations").forbidden("existing toleration can not be modified except its tolerationSeconds");
}

function validateGatesRemoved({ schedulingGates }: PodSpec, old: PodSpec, at: At): void {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  for (const [{ name }, gateAt] of eachAt(schedulingGates, at.under("schedulingGates"))) {
    if (before.has(name)) continue;
    gateAt("name").forbidden(`only deletion is allowed, but found new scheduling gate '${name}'`);
  }
}

/** The new spec with everything put back that a user may change; what still differs is forbidden. */
function withoutAllowedChanges(spec: PodSpec, old: PodSpec): PodSpec {
  const munged: PodSpec = { ...spec, containers: withImagesOf(spec.containers, old.containers) };
  if (spec.initContainers !== undefined) {
    munged.initContainers = withImagesOf(spec.initContainers, old.initContainers ?? []);
  }
  for (const field of ["activeDeadlineSeconds", "schedulingGates", "tolerations"] as const) restore(munged, old, field);
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    restore(munged, old, "terminationGracePeriodSeconds");
  }
  return munged;
}

function restore<K extends keyof PodSpec>(spec: PodSpec, old: PodSpec, field: K): void {
  const value = old[field];
  if (value === undefined) delete spec[field];
  else spec[field] = value as PodSpec[K];
}

function withImagesOf(containers: readonly Container[], old: readonly Container[]): Container[] {
  return containers.map((container, n) => {
    const { image: _, ...rest } = container;
    const image = old[n]?.image;
    return image === undefined ? rest : { ...rest, image };
  });
}

/** A gated pod may still be told more exactly where to go. */
function withoutGatedChanges(spec: PodSpec, old: PodSpec, at: At): PodSpec {
  const munged: PodSpec = { ...spec };
  if (!semanticEqual(spec.nodeSelector, old.nodeSelector)) {
    const isKept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value);
    if (!isKept) {
      const rule = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
      at("nodeSelector").invalid(spec.nodeSelector, rule);
    }
    restore(munged, old, "nodeSelector");
  }
  const [now, was] = [spec.affinity?.nodeAffinity, old.affinity?.nodeAffinity];
  if (semanticEqual(now, was)) return munged;
  validateNodeAffinityNarrowed(now, was, at.under("affinity.nodeAffinity"));
  const { nodeAffinity: _, ...others } = spec.affinity ?? {};
  const affinity: Affinity = was === undefined ? others : { ...others, nodeAffinity: was };
  if (Object.keys(affinity).length === 0 && old.affinity === undefined) delete munged.affinity;
  else munged.affinity = affinity;
  return munged;
}

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";

function validateNodeAffinityNarrowed(now: NodeAffinity | undefined, was: NodeAffinity | undefined, at: At): void {
  const before = was?.[REQUIRED];
  // What only prefers may change at will, and a first requirement narrows whatever there was.
  if (before === undefined) return;
  const problem = at(`${REQUIRED}.nodeSelectorTerms`);
  const terms = now?.[REQUIRED]?.nodeSelectorTerms ?? [];
  const old = before.nodeSelectorTerms;
  if (terms.length !== old.length) {
    const rule = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    problem.invalid(terms.map(printedTerm), rule);
    return;
  }
  for (const [n, term] of terms.entries()) {
    const previous = old[n];
    const isEmpty = (previous?.matchExpressions ?? []).length + (previous?.matchFields ?? []).length === 0;
    const isKept =
      startsWith(term.matchExpressions, previous?.matchExpressions) &&
      startsWith(term.matchFields, previous?.matchFields);
    if (isKept && !(isEmpty && !semanticEqual(term, previous))) continue;
    const rule = "only additions are allowed (no mutations or deletions)";
    at(`${REQUIRED}.nodeSelectorTerms[${n}]`).invalid(printedTerm(term), rule);
  }
}

const startsWith = (list: readonly unknown[] = [], start: readonly unknown[] = []): boolean =>
  start.every((item, n) => semanticEqual(item, list[n]));
