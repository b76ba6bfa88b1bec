/**
 * Whether a custom resource is valid: by its schema, its replicas, what it embeds, its lists, and its rules.
 *
 * Models apiextensions-apiserver/pkg/registry/customresource (strategy.go, status_strategy.go, validator.go).
 */
import type { CustomResourceSubresourceScale } from "#kernel/api/types.gen";
import { type At, collector, type FieldErrorType } from "#kernel/apimachinery/field-errors";
import { validateEmbedded } from "#kernel/resources/apiextensions/custom/embedded";
import { validateLists } from "#kernel/resources/apiextensions/custom/lists";
import type { CustomObject } from "#kernel/resources/apiextensions/custom/resource";
import { validateRules } from "#kernel/resources/apiextensions/custom/rules";
import { ruleTree } from "#kernel/resources/apiextensions/custom/rules.compile";
import { valueErrors } from "#kernel/resources/apiextensions/custom/values";
import { isObject, propertyOf, type Schema } from "#kernel/resources/apiextensions/schema";

export interface Examined {
  readonly schema: Schema | undefined;
  readonly scale: CustomResourceSubresourceScale | undefined;
  readonly object: CustomObject;
  readonly old: CustomObject | undefined;
}

/** Says what is wrong with an object, but for its own metadata. */
export function validateCustom({ schema, scale, object, old }: Examined, at: At): void {
  if (schema !== undefined) {
    for (const error of valueErrors(schema, object, old && { value: old })) at.add(error);
  }
  if (scale !== undefined) {
    validateReplicas(object, scale.specReplicasPath, at);
    validateReplicas(object, scale.statusReplicasPath, at);
  }
  if (schema !== undefined) validateStructure(schema, { object, old }, at);
}

/** Says what is wrong with a status that is written by itself. */
export function validateCustomStatus({ schema, scale, object, old }: Examined, at: At): void {
  const status = schema === undefined ? undefined : propertyOf(schema, "status");
  if (status !== undefined && object.status !== undefined) {
    const former = old?.status === undefined ? undefined : { value: old.status };
    for (const error of valueErrors(status, object.status, former, "status")) at.add(error);
  }
  if (scale !== undefined) validateReplicas(object, scale.statusReplicasPath, at);
  if (schema !== undefined) validateStructure(schema, { object, old }, at);
}

const INT32_MAX = 2 ** 31 - 1;

function validateReplicas(object: CustomObject, path: string, at: At): void {
  let value: unknown = object;
  for (const name of path.split(".").slice(1)) value = isObject(value) ? value[name] : undefined;
  if (typeof value !== "number") return;
  const problem = at(path.slice(1));
  if (value < 0) problem.invalid(value, "should be a non-negative integer");
  else if (value > INT32_MAX) problem.invalid(value, `should be less than or equal to ${INT32_MAX}`);
}

/** Errors after which no rule is run: it could not rely on the schema. */
const BLOCKING: ReadonlySet<FieldErrorType> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

const BLOCKED =
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete " +
  "validation";

function validateStructure(schema: Schema, { object, old }: Pick<Examined, "object" | "old">, at: At): void {
  // The root has had its metadata checked already.
  const { "x-kubernetes-embedded-resource": _, ...root } = schema;
  validateEmbedded(_ === undefined ? schema : root, object, at);
  if (old === undefined || !hasListErrors(schema, old)) validateLists(schema, object, at);
  if (ruleTree(schema) === undefined) return;
  if (at.errors.some(({ type }) => BLOCKING.has(type))) {
    at.add({ type: "FieldValueInvalid", field: "", badValue: undefined, detail: BLOCKED });
  } else validateRules(schema, object, old && { value: old }, at);
}

/** Lists that were wrong before may stay so. */
function hasListErrors(schema: Schema, old: CustomObject): boolean {
  const found = collector();
  validateLists(schema, old, found);
  return found.errors.length > 0;
}
