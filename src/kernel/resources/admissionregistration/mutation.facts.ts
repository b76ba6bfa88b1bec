/**
 * What the expressions of a mutation may write: `Object{...}` of the kind that is changed, and `JSONPatch{...}`.
 *
 * Models apiserver/pkg/cel/mutation (typeresolver.go, dynamic) and plugin/policy/mutating.
 */
import { type CelType, DYN, type Field, listOf, type ObjectType, STRING } from "#kernel/cel/types";

const JSON_PATCH_TYPE: ObjectType = {
  kind: "object",
  name: "JSONPatch",
  fields: new Map<string, Field>([
    ["op", { type: STRING }],
    ["path", { type: STRING }],
    ["from", { type: STRING }],
    ["value", { type: DYN }],
  ]),
};

/** Any field, of any type: nothing is known of the kinds a policy will meet. */
class AnyFields extends Map<string, Field> {
  readonly owner: string;

  constructor(owner: string) {
    super();
    this.owner = owner;
  }

  override get(_name: string): Field {
    return { type: DYN };
  }

  override has(_name: string): boolean {
    return true;
  }
}

/** The types that may be written by their names. */
export function mutationStruct(name: string): ObjectType | undefined {
  if (name === "JSONPatch") return JSON_PATCH_TYPE;
  if (name !== "Object" && !name.startsWith("Object.")) return undefined;
  return { kind: "object", name, fields: new AnyFields(name) };
}

/** What `applyConfiguration` and `jsonPatch` must give. */
export const APPLY_TYPES: readonly CelType[] = [{ kind: "object", name: "Object", fields: new Map() }];
export const PATCH_TYPES: readonly CelType[] = [listOf(JSON_PATCH_TYPE)];
