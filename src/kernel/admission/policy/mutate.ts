/**
 * Puts a changed object in the place of the request's: typed, defaulted, in the version of the request.
 *
 * Models apiserver/pkg/admission/plugin/webhook/mutating (applying of a patch) and plugin/policy/mutating/patch.
 */
import { type ObjectShape, shapeOf } from "#kernel/api/shapes";
import { decode, materialize } from "#kernel/api/walk";
import { type AdmissionRequest, isReinvocation } from "#kernel/registry/admission";
import type { AnyResource } from "#kernel/registry/definition";
import { readAs, storedFrom } from "#kernel/registry/stored";
import { must } from "#kernel/sim/assert";
import { equal } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

/**
 * The request's object becomes `changed`, which is of `version`. Gives what keeps it from being one.
 * Whoever was asked before is asked again, if there is a difference.
 */
export function replaceObject(request: AdmissionRequest, version: AnyResource, changed: unknown): string | undefined {
  const { object } = request;
  if (object === undefined) return undefined;
  const shape = shapeOfRequest(request, version);
  const { value, problem } = decode(shape, changed);
  if (problem !== undefined) return problem;
  const whole =
    request.kind === undefined
      ? wholeObject(request, version, value)
      : outsideKind(request, object, { ...value, ...namesOf(object, request) } as unknown as KubeObject);
  if (equal(whole, object)) return undefined;
  moveInto(object, whole);
  if (!isReinvocation(request)) request.isChanged = true;
  return undefined;
}

function wholeObject(
  { resource, subresource }: AdmissionRequest,
  version: AnyResource,
  value: Readonly<Record<string, unknown>>,
): KubeObject {
  const named = { ...value, apiVersion: version.apiVersion, kind: version.names.kind } as unknown as KubeObject;
  const own = version === resource ? named : readAs(resource, storedFrom(version, named));
  const whole = materialize(resource.shape, own as unknown as Record<string, unknown>) as unknown as KubeObject;
  if (subresource !== "status") resource.setDefaults?.(whole);
  return whole;
}

/** A kind that is not the resource's: an Eviction, a TokenRequest, a Scale. */
function shapeOfRequest({ kind }: AdmissionRequest, version: AnyResource): ObjectShape {
  return kind === undefined ? version.shape : must(shapeOf(kind), `${kind.kind} is in the API`);
}

const namesOf = ({ apiVersion, kind }: KubeObject, { shown }: AdmissionRequest): object =>
  shown === undefined ? { apiVersion, kind } : {};

const outsideKind = ({ obey }: AdmissionRequest, object: KubeObject, changed: KubeObject): KubeObject =>
  obey === undefined ? changed : obey(object, changed);

/** Whoever holds the object, or its metadata, sees the change. */
function moveInto(object: KubeObject, next: KubeObject): void {
  const { metadata } = object;
  if (metadata === undefined || next.metadata === undefined) {
    replaceFields(object as unknown as Record<string, unknown>, { ...next });
    return;
  }
  replaceFields(metadata as unknown as Record<string, unknown>, next.metadata as unknown as Record<string, unknown>);
  replaceFields(object as unknown as Record<string, unknown>, { ...next, metadata });
}

function replaceFields(target: Record<string, unknown>, source: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(target)) if (!Object.hasOwn(source, key)) delete target[key];
  Object.assign(target, source);
}
