/**
 * MutatingAdmissionPolicy: expressions of the cluster's administrators change what is written.
 *
 * Models apiserver/pkg/admission/plugin/policy/mutating.
 */
import { isBeyondPolicies, viewAs } from "#kernel/admission/policy/matching";
import { replaceObject } from "#kernel/admission/policy/mutate";
import { compiledPolicy, type Expression, type Held, heldPolicies } from "#kernel/admission/policy/policies";
import { refusal } from "#kernel/admission/refusal";
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, Mutation } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { merge } from "#kernel/apimachinery/managedfields/merge";
import { schemaProblem } from "#kernel/apimachinery/managedfields/validate";
import { jsonPatch } from "#kernel/apimachinery/patch/json-patch";
import { RunError } from "#kernel/cel/errors";
import { toJson } from "#kernel/cel/json";
import { type AdmissionPlugin, type AdmissionRequest, isReinvocation } from "#kernel/registry/admission";
import { compileExpression } from "#kernel/resources/admissionregistration/expression.facts";
import { mutatingadmissionpolicies } from "#kernel/resources/admissionregistration/mutatingadmissionpolicy";
import { mutatingadmissionpolicybindings } from "#kernel/resources/admissionregistration/mutatingadmissionpolicybinding";
import { APPLY_TYPES, mutationStruct, PATCH_TYPES } from "#kernel/resources/admissionregistration/mutation.facts";

type Policy = MutatingAdmissionPolicy;
type Binding = MutatingAdmissionPolicyBinding;
type Json = Readonly<Record<string, unknown>>;

export const mutatingAdmissionPolicy: AdmissionPlugin = {
  name: "MutatingAdmissionPolicy",

  concerns: (request) =>
    (request.operation === "CREATE" || request.operation === "UPDATE") && !isBeyondPolicies(request),

  admit(request, client) {
    if (client.registry.store.count(mutatingadmissionpolicybindings.bucket) === 0) return;
    const kinds = { policies: mutatingadmissionpolicies, bindings: mutatingadmissionpolicybindings };
    for (const held of heldPolicies<Policy, Binding>(client, request, kinds)) {
      const { policy, binding } = held;
      if (isReinvocation(request) && policy.spec.reinvocationPolicy !== "IfNeeded") continue;
      const problem = changed(request, held);
      if (problem === undefined || policy.spec.failurePolicy === "Ignore") continue;
      const what = `policy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
      throw denial(request, `${what} denied request: ${problem}`);
    }
  },
};

function denial(request: AdmissionRequest, message: string): StatusError {
  const { status } = refusal(request, message);
  return new StatusError({ ...status, reason: "Invalid", code: 422 });
}

/** Makes the policy's changes, one after the other; gives what went wrong. */
function changed(request: AdmissionRequest, { policy, state }: Held<Policy, Binding>): string | undefined {
  if ("problem" in state) return state.problem;
  const { activation } = state;
  for (const { mutation, expression } of compiledMutations(policy)) {
    if ("problem" in expression) return expression.problem;
    const result = activation.evaluate(expression.program);
    if ("problem" in result) return result.problem;
    const object = viewAs(request, activation.version, request.object) as unknown as Json;
    try {
      const value = toJson(result.value);
      const next =
        mutation.patchType === "JSONPatch"
          ? jsonPatch(object, (value as Json[]).map(operationOf))
          : applied(object, value as Json, activation.version.shape);
      const problem = replaceObject(request, activation.version, next);
      if (problem !== undefined) return problem;
    } catch (error) {
      if (!(error instanceof RunError || error instanceof StatusError)) throw error;
      return error.message;
    }
    activation.refresh();
  }
  return undefined;
}

/** A removal has no value, whatever an expression says. */
function operationOf({ op, path, from, value }: Json): Json {
  return { op, path, ...(from !== undefined && { from }), ...(value !== undefined && { value }) };
}

/** The configuration merged as a server-side apply merges it; nothing it leaves out is taken away. */
function applied(object: Json, configuration: Json, shape: Parameters<typeof merge>[2]): Json {
  const problem = schemaProblem(configuration, shape);
  if (problem !== undefined) throw new RunError(`error applying patch: ${problem}`);
  for (const field of ["apiVersion", "kind", "metadata.name"]) {
    const value = field.split(".").reduce<unknown>((at, name) => (at as Json | undefined)?.[name], configuration);
    const own = field.split(".").reduce<unknown>((at, name) => (at as Json | undefined)?.[name], object);
    if (value !== undefined && value !== own) throw new RunError(`invalid ApplyConfiguration: may not mutate ${field}`);
  }
  return merge(object, configuration, shape);
}

interface CompiledMutation {
  readonly mutation: Mutation;
  readonly expression: Expression;
}

const known = new WeakMap<Policy, readonly CompiledMutation[]>();

function compiledMutations(policy: Policy): readonly CompiledMutation[] {
  const found = known.get(policy);
  if (found !== undefined) return found;
  const around = { ...compiledPolicy(policy).around, structs: mutationStruct };
  const made = (policy.spec.mutations ?? []).map((mutation) => {
    const isPatch = mutation.patchType === "JSONPatch";
    const { expression = "" } = (isPatch ? mutation.jsonPatch : mutation.applyConfiguration) ?? {};
    return { mutation, expression: compileExpression(expression, around, ...(isPatch ? PATCH_TYPES : APPLY_TYPES)) };
  });
  known.set(policy, made);
  return made;
}
