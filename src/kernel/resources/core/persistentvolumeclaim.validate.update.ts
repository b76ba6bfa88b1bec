/**
 * Whether a claim may become what an update makes of it.
 *
 * Models pkg/apis/core/validation (ValidatePersistentVolumeClaimUpdate, ValidatePersistentVolumeClaimStatusUpdate).
 */
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "#kernel/api/types.gen";
import type { At, FieldProblem } from "#kernel/apimachinery/field-errors";
import { qualifiedName } from "#kernel/apimachinery/formats";
import { cmp } from "#kernel/apimachinery/quantity";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { CLASS_ANNOTATION, requestedStorage } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { specDiff } from "#kernel/resources/core/pod.diff";
import { validateBasicResource, validateQuantityValue } from "#kernel/resources/core/pod.validate.resources";

const IMMUTABLE =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

/** Adds an error for each change that is not allowed. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, at: At): void {
  const annotation = claim.metadata.annotations?.[CLASS_ANNOTATION];
  const oldAnnotation = old.metadata.annotations?.[CLASS_ANNOTATION];
  const isUpgrade = annotation === undefined && oldAnnotation === claim.spec.storageClassName;
  if (!(isUpgrade && oldAnnotation !== undefined) && (annotation ?? "") !== (oldAnnotation ?? "")) {
    at(`metadata.annotations.${CLASS_ANNOTATION}`).immutable(annotation ?? "", oldAnnotation ?? "");
  }
  const [was, is] = [fixedPart(claim, old, old.spec), fixedPart(claim, old, claim.spec)];
  if (!semanticEqual(was, is)) {
    at("spec").forbidden(`${IMMUTABLE}\n${specDiff(was, is, "PersistentVolumeClaimSpec")}`);
  }
  validateSize(claim, old, at);
  at("volumeMode").immutable(claim.spec.volumeMode, old.spec.volumeMode);
  validateAttributesClass(claim, old, at);
}

/** A spec without what may change: a volume once, a class once, size and attributes of a bound claim. */
function fixedPart(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  { ...spec }: PersistentVolumeClaimSpec,
): PersistentVolumeClaimSpec {
  const isBound = claim.status?.phase === "Bound";
  if ((old.spec.volumeName ?? "") === "") take(spec, "volumeName", claim.spec.volumeName);
  const oldAnnotation = old.metadata.annotations?.[CLASS_ANNOTATION];
  // A class may be named where none was: the default that came later, or the annotation's.
  if (old.spec.storageClassName === undefined && (oldAnnotation ?? claim.spec.storageClassName) !== undefined) {
    if (oldAnnotation === undefined || oldAnnotation === claim.spec.storageClassName) {
      take(spec, "storageClassName", claim.spec.storageClassName);
    }
  }
  if (isBound && claim.spec.resources?.requests !== undefined) {
    const requests = { ...spec.resources?.requests, storage: requestedStorage(old) };
    spec.resources = { ...spec.resources, requests };
  }
  if (isBound && claim.spec.volumeAttributesClassName !== undefined) {
    take(spec, "volumeAttributesClassName", old.spec.volumeAttributesClassName);
  }
  return spec;
}

function take(spec: PersistentVolumeClaimSpec, field: keyof PersistentVolumeClaimSpec, value: unknown): void {
  if (value === undefined) delete spec[field];
  else Object.assign(spec, { [field]: value });
}

/** A claim that asks for less than before must still ask for more than it has: volumes never shrink. */
function validateSize(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, at: At): void {
  const size = requestedStorage(claim);
  if (cmp(size, requestedStorage(old)) >= 0) return;
  if (cmp(size, old.status?.capacity?.["storage"] ?? "0") > 0) return;
  at("spec.resources.requests.storage").forbidden("field can not be less than status.capacity");
}

function validateAttributesClass(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, at: At): void {
  if (old.status?.currentVolumeAttributesClassName === undefined) return;
  const { volumeAttributesClassName: name } = claim.spec;
  if (name !== undefined && name !== "") return;
  const became = name === undefined ? "nil" : "an empty string";
  at("spec.volumeAttributesClassName").forbidden(`update from non-nil value to ${became} is forbidden`);
}

/** Adds an error for each amount in the status that makes no sense. */
export function validateClaimStatusUpdate({ status, spec }: PersistentVolumeClaim, _old: object, at: At): void {
  if ((spec.accessModes ?? []).length === 0) at("Spec.accessModes").required();
  for (const [name, amount] of Object.entries(status?.capacity ?? {})) {
    validateBasicResource(amount, at(`status.capacity[${name}]`));
  }
  for (const [name, state] of Object.entries(status?.allocatedResourceStatuses ?? {})) {
    const problem = at("status.allocatedResourceStatus");
    validateResourceKey(name, problem);
    if (!RESIZE_STATES.includes(state)) problem.notSupported(name, RESIZE_STATES);
  }
  for (const [name, amount] of Object.entries(status?.allocatedResources ?? {})) {
    const problem = at(`status.allocatedResources[${name}]`);
    if (!validateResourceKey(name, at("status.allocatedResources"))) continue;
    if (cmp(amount, "0") < 0) validateBasicResource(amount, problem);
    else validateQuantityValue("storage", amount, problem);
  }
}

const RESIZE_STATES = [
  ...["ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible"],
  "NodeResizePending",
].sort();

/** Adds an error unless it is storage, or a resource somebody else has named; gives whether it is. */
function validateResourceKey(name: string, problem: FieldProblem): boolean {
  const texts = qualifiedName(name);
  for (const text of texts) problem.invalid(name, text);
  if (texts.length > 0) return false;
  const isNative = !name.includes("/") || name.includes("kubernetes.io/");
  if (isNative && name !== "storage") problem.notSupported(name, ["storage"]);
  return !isNative || name === "storage";
}
