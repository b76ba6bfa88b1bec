/**
 * MutatingAdmissionPolicy: expressions that change what is about to be written.
 *
 * Models pkg/registry/admissionregistration/mutatingadmissionpolicy and its validation.
 */
import type { MutatingAdmissionPolicy, Mutation } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { column, defineResource } from "#kernel/registry/definition";
import {
  compileExpression,
  type Surroundings,
  variablesOf,
} from "#kernel/resources/admissionregistration/expression.facts";
import { APPLY_TYPES, mutationStruct, PATCH_TYPES } from "#kernel/resources/admissionregistration/mutation.facts";
import { paramKindText, validatePolicy } from "#kernel/resources/admissionregistration/policy.validate";
import { REINVOCATION_POLICIES, setMatchDefaults } from "#kernel/resources/admissionregistration/rule.validate";
import { eachAt, mustBeOneOf, mustChoose } from "#kernel/resources/core/pod.validate.fields";

export const mutatingadmissionpolicies = defineResource<MutatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  names: {
    kind: "MutatingAdmissionPolicy",
    plural: "mutatingadmissionpolicies",
    singular: "mutatingadmissionpolicy",
    categories: ["api-extensions"],
  },
  scope: "Cluster",
  hasGeneration: true,

  setDefaults(policy) {
    policy.spec ??= {};
    policy.spec.failurePolicy ??= "Fail";
    setMatchDefaults(policy.spec.matchConstraints);
  },

  validate({ spec }, root) {
    const at = root.under("spec");
    validatePolicy(spec, at);
    for (const [rule, ownAt] of eachAt(
      spec.matchConstraints?.resourceRules,
      at.under("matchConstraints.resourceRules"),
    )) {
      for (const [operation, itsAt] of eachAt(rule.operations, ownAt.under("operations"))) {
        if (operation !== "*") mustBeOneOf(itsAt(""), operation, ["CREATE", "UPDATE"]);
      }
    }
    mustChoose(at("reinvocationPolicy"), spec.reinvocationPolicy, REINVOCATION_POLICIES);
    const { mutations = [], variables } = spec;
    if (mutations.length === 0) at("mutations").required("mutations must contain at least one item");
    const base: Surroundings = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true };
    const around = { ...base, variables: variablesOf(variables, base), structs: mutationStruct };
    for (const [mutation, ownAt] of eachAt(mutations, at.under("mutations"))) validateOne(mutation, around, ownAt);
  },

  columns: [
    column("Mutations", "integer", ({ spec }) => spec.mutations?.length ?? 0, "How many expressions it has."),
    column("ParamKind", "string", ({ spec }) => paramKindText(spec), "The kind of its parameters."),
  ],
});

function validateOne({ patchType = "", applyConfiguration, jsonPatch }: Mutation, around: Surroundings, at: At): void {
  if (patchType === "ApplyConfiguration") {
    if (jsonPatch !== undefined)
      at("jsonPatch").invalid("{jsonPatch}", "must not be specified when patchType is ApplyConfiguration");
    const expression = applyConfiguration?.expression ?? "";
    if (expression.trim() === "")
      at("applyConfiguration.expression").required("must be specified when patchType is ApplyConfiguration");
    else checked(expression, around, APPLY_TYPES, at.under("applyConfiguration"));
  } else if (patchType === "JSONPatch") {
    if (applyConfiguration !== undefined) {
      at("applyConfiguration").invalid("{applyConfiguration}", "must not be specified when patchType is JSONPatch");
    }
    const expression = jsonPatch?.expression ?? "";
    if (expression.trim() === "") at("jsonPatch.expression").required("must be specified when patchType is JSONPatch");
    else checked(expression, around, PATCH_TYPES, at.under("jsonPatch"));
  } else mustChoose(at("patchType"), patchType, ["ApplyConfiguration", "JSONPatch"]);
}

function checked(expression: string, around: Surroundings, types: typeof APPLY_TYPES, at: At): void {
  const compiled = compileExpression(expression, around, ...types);
  if ("problem" in compiled) at("expression").invalid(expression, compiled.problem);
}
