/**
 * Expressions of admission: which variables they see, of which types, and what keeps one from being an expression.
 *
 * Models apiserver/pkg/admission/plugin/cel/compile.go and composition.go.
 */
import type { Variable } from "#kernel/api/types.gen";
import { compileCel, type Program, typeProblem } from "#kernel/cel/compile";
import { CompileError } from "#kernel/cel/errors";
import {
  BOOL,
  type CelType,
  DYN,
  type Field,
  INT,
  listOf,
  mapOf,
  NULL,
  type ObjectType,
  opaque,
  STRING,
  TIMESTAMP,
} from "#kernel/cel/types";

/** Which variables an expression has besides object, oldObject, request and namespaceObject. */
export interface Surroundings {
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  /** The policy's own variables by name, as `variables`. */
  readonly variables?: ReadonlyMap<string, CelType>;
  /** Types of object, oldObject and params, where they are looked at closer than when a policy is made. */
  readonly types?: { readonly object: CelType; readonly params?: CelType };
  /** What a mutation may write. */
  readonly structs?: (name: string) => ObjectType | undefined;
}

function objectOf(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  const entries = Object.entries(fields).map(([key, type]): [string, Field] => [key, { type }]);
  return { kind: "object", name, fields: new Map(entries) };
}

const strings = listOf(STRING);
const texts = mapOf(STRING, STRING);
const kind = objectOf("kubernetes.GroupVersionKind", { group: STRING, version: STRING, kind: STRING });
const resource = objectOf("kubernetes.GroupVersionResource", { group: STRING, version: STRING, resource: STRING });
const userInfo = objectOf("kubernetes.UserInfo", {
  ...{ username: STRING, uid: STRING, groups: strings, extra: mapOf(STRING, strings) },
});

/** The variable `request`. */
export const REQUEST_TYPE: ObjectType = objectOf("kubernetes.AdmissionRequest", {
  ...{ kind, resource, subResource: STRING, requestKind: kind, requestResource: resource, requestSubResource: STRING },
  ...{ name: STRING, namespace: STRING, operation: STRING, userInfo, dryRun: BOOL, options: DYN },
});

/** The variable `namespaceObject`. */
export const NAMESPACE_TYPE: ObjectType = objectOf("kubernetes.Namespace", {
  metadata: objectOf("kubernetes.NamespaceMetadata", {
    ...{ name: STRING, generateName: STRING, namespace: STRING, labels: texts, annotations: texts, UID: STRING },
    ...{ creationTimestamp: TIMESTAMP, deletionGracePeriodSeconds: INT, deletionTimestamp: TIMESTAMP },
    ...{ generation: INT, resourceVersion: STRING, finalizers: strings },
  }),
  spec: objectOf("kubernetes.NamespaceSpec", { finalizers: strings }),
  status: objectOf("kubernetes.NamespaceStatus", { phase: STRING }),
});

function variableTypes({ hasParams, hasAuthorizer, variables, types }: Surroundings): Record<string, CelType> {
  const object = types?.object ?? DYN;
  return {
    ...{ object, oldObject: object, request: REQUEST_TYPE, namespaceObject: NAMESPACE_TYPE },
    ...(hasParams && { params: types?.params ?? DYN }),
    ...(hasAuthorizer && {
      authorizer: opaque("kubernetes.authorization.Authorizer"),
      "authorizer.requestResource": opaque("kubernetes.authorization.ResourceCheck"),
    }),
    ...(variables !== undefined && {
      variables: objectOf("kubernetes.variables", Object.fromEntries(variables)),
    }),
  };
}

/** A compiled expression, or what is wrong with it in upstream's words. */
export type Compiled = { readonly program: Program } | { readonly problem: string };

/** Compiles an expression that must give one of some types; without any, whatever it gives. */
export function compileExpression(text: string, around: Surroundings, ...wanted: readonly CelType[]): Compiled {
  const { structs } = around;
  try {
    const program = compileCel(text, {
      variables: variableTypes(around),
      ...(structs !== undefined && { structs, hasJsonPatch: true }),
    });
    const problem = wanted.length === 0 ? undefined : typeProblem(program, ...wanted);
    return problem === undefined ? { program } : { problem };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return { problem: `compilation failed: ${error.message}` };
  }
}

/** What may stand in a condition, a message and an audit annotation. */
export const CONDITION_TYPES: readonly CelType[] = [BOOL];
export const MESSAGE_TYPES: readonly CelType[] = [STRING];
export const ANNOTATION_TYPES: readonly CelType[] = [STRING, NULL];

/** The types of a policy's variables, each of which sees those before it; one that is wrong may be anything. */
export function variablesOf(variables: readonly Variable[] | undefined, around: Surroundings): Map<string, CelType> {
  const known = new Map<string, CelType>();
  for (const { name, expression } of variables ?? []) {
    const compiled = compileExpression(expression, { ...around, variables: known });
    known.set(name, "program" in compiled ? compiled.program.type : DYN);
  }
  return known;
}
