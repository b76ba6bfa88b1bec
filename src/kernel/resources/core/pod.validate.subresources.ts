/**
 * What may change in a pod through its subresources: ephemeral containers are only added, resources are resized.
 *
 * Models pkg/apis/core/validation (ValidatePodEphemeralContainersUpdate, ValidatePodResize).
 */

import type { Container, EphemeralContainer, Pod, PodSpec, ResourceRequirements } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { quote } from "#kernel/apimachinery/go-text";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { specDiff } from "#kernel/resources/core/pod.diff";
import { computeQos, isRestartableInit } from "#kernel/resources/core/pod.facts";
import { MIRROR_POD_ANNOTATION } from "#kernel/resources/core/pod.validate.annotations";
import { eachAt } from "#kernel/resources/core/pod.validate.fields";

const isStatic = ({ metadata }: Pod): boolean => metadata.annotations?.[MIRROR_POD_ANNOTATION] !== undefined;

/** Adds an error for each ephemeral container that is gone or was changed. */
export function validateEphemeralUpdate(pod: Pod, old: Pod, at: At): void {
  // Upstream's path of the whole object has one element, without a name.
  if (isStatic(old)) {
    at("[]").forbidden("static pods do not support ephemeral containers");
    return;
  }
  const now: readonly EphemeralContainer[] = pod.spec.ephemeralContainers ?? [];
  for (const was of old.spec.ephemeralContainers ?? []) {
    const n = now.findIndex(({ name }) => name === was.name);
    const container = now[n];
    const path = "spec.ephemeralContainers";
    const subject = `existing ephemeral containers ${quote(was.name)}`;
    if (container === undefined) at(path).forbidden(`${subject} may not be removed\n`);
    else if (!semanticEqual(container, was)) {
      const diff = specDiff(was, container, "EphemeralContainer");
      at(`${path}[${n}]`).forbidden(`${subject} may not be changed\n${diff}`);
    }
  }
}

/** Adds an error for each change that resizing must not make. */
export function validateResize(pod: Pod, old: Pod, at: At): void {
  const specAt = at.under("spec");
  if (isStatic(old)) {
    at("[]").forbidden("static pods cannot be resized");
    return;
  }
  if (old.spec.os?.name === "windows") {
    at("[]").forbidden("windows pods cannot be resized");
    return;
  }
  // What is shown is the class the pod has.
  const qos = old.status?.qosClass ?? computeQos(old.spec);
  if (computeQos(pod.spec) !== qos) {
    specAt("").invalid(qos, "Pod QOS Class may not change as a result of resizing");
  }
  const running = old.status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  if (running !== undefined && running.resources === undefined) {
    specAt("").forbidden("Pod running on node without support for resize");
  }
  for (const field of ["containers", "initContainers"] as const) {
    const was = old.spec[field] ?? [];
    if ((pod.spec[field] ?? []).length !== was.length) {
      specAt(field).forbidden("containers may not be added or removed on resize");
      return;
    }
    for (const [container, ownAt, n] of eachAt(pod.spec[field], specAt.under(field))) {
      const before = was[n];
      if (before !== undefined && container.name !== before.name) {
        ownAt("name").forbidden("containers may not be renamed or reordered on resize");
        continue;
      }
      if (before === undefined || semanticEqual(container.resources, before.resources)) continue;
      validateResized(container, before, field, ownAt);
    }
  }
  const munged = withResourcesOf(pod.spec, old.spec);
  if (semanticEqual(munged, old.spec)) return;
  specAt("").forbidden(`only cpu and memory resources are mutable\n${specDiff(old.spec, munged)}`);
}

function validateResized(container: Container, old: Container, field: string, at: At): void {
  if (field === "initContainers" && !isRestartableInit(old)) {
    at("").forbidden("resources for non-sidecar init containers are immutable");
    return;
  }
  for (const which of ["requests", "limits"] as const) {
    const now = container.resources?.[which] ?? {};
    for (const name of Object.keys(old.resources?.[which] ?? {})) {
      if (now[name] === undefined) at(`resources.${which}`).forbidden(`resource ${which} cannot be removed`);
    }
  }
}

/** The new spec with the old amounts of what may be resized: what still differs is forbidden. */
function withResourcesOf(spec: PodSpec, old: PodSpec): PodSpec {
  const restored = (now: readonly Container[], was: readonly Container[]): Container[] =>
    now.map((container, n) => {
      const { resources, resizePolicy: _, ...rest } = container;
      const before = was[n];
      return {
        ...rest,
        ...(resources !== undefined && { resources: withAmountsOf(resources, before?.resources) }),
        ...(before?.resizePolicy !== undefined && { resizePolicy: before.resizePolicy }),
      };
    });
  const munged: PodSpec = { ...spec, containers: restored(spec.containers, old.containers) };
  if (spec.initContainers !== undefined) {
    munged.initContainers = restored(spec.initContainers, old.initContainers ?? []);
  }
  if (spec.resources !== undefined) munged.resources = withAmountsOf(spec.resources, old.resources);
  return munged;
}

function withAmountsOf(now: ResourceRequirements, old: ResourceRequirements | undefined): ResourceRequirements {
  const munged: ResourceRequirements = { ...now };
  for (const which of ["limits", "requests"] as const) {
    const list = { ...now[which] };
    for (const name of ["cpu", "memory"]) {
      const before = old?.[which]?.[name];
      if (before === undefined) delete list[name];
      else list[name] = before;
    }
    munged[which] = list;
  }
  return munged;
}
