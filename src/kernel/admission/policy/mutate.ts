/**
 * Puts a changed object in the place of the request's: typed, defaulted, in the version of the request.
 *
 * Models apiserver/pkg/admission/plugin/webhook/mutating (applying of a patch) and plugin/policy/mutating/patch.
 */
import { decode, materialize } from "#kernel/api/walk";
import { type AdmissionRequest, isReinvocation } from "#kernel/registry/admission";
import type { AnyResource } from "#kernel/registry/definition";
import { readAs, storedFrom } from "#kernel/registry/stored";
import { equal } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

/**
 * The request's object becomes `changed`, which is of `version`. Gives what keeps it from being one.
 * Whoever was asked before is asked again, if there is a difference.
 */
export function replaceObject(request: AdmissionRequest, version: AnyResource, changed: unknown): string | undefined {
  const { object, resource } = request;
  if (object === undefined) return undefined;
  if (request.shown !== undefined) return "a scale cannot be changed by admission here: change what is scaled";
  const { value, problem } = decode(version.shape, changed);
  if (problem !== undefined) return problem;
  const named = { ...value, apiVersion: version.apiVersion, kind: version.names.kind } as unknown as KubeObject;
  const own = version === resource ? named : readAs(resource, storedFrom(version, named));
  const whole = materialize(resource.shape, own as unknown as Record<string, unknown>) as unknown as KubeObject;
  if (request.subresource !== "status") resource.setDefaults?.(whole);
  if (equal(whole, object)) return undefined;
  moveInto(object, whole);
  if (!isReinvocation(request)) request.isChanged = true;
  return undefined;
}

/** Whoever holds the object, or its metadata, sees the change. */
function moveInto(object: KubeObject, next: KubeObject): void {
  const { metadata } = object;
  replaceFields(metadata as unknown as Record<string, unknown>, next.metadata as unknown as Record<string, unknown>);
  replaceFields(object as unknown as Record<string, unknown>, { ...next, metadata });
}

function replaceFields(target: Record<string, unknown>, source: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(target)) if (!Object.hasOwn(source, key)) delete target[key];
  Object.assign(target, source);
}
