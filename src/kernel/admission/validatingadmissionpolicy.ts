/**
 * ValidatingAdmissionPolicy: expressions of the cluster's administrators refuse, or warn of, what is written.
 *
 * Models apiserver/pkg/admission/plugin/policy/validating.
 * Leaves out what goes to the audit log, which there is none of: the action Audit and audit annotations.
 */
import { isBeyondPolicies } from "#kernel/admission/policy/matching";
import { compiledPolicy, type Expression, type Held, heldPolicies } from "#kernel/admission/policy/policies";
import type { Activation } from "#kernel/admission/policy/variables";
import { refusal } from "#kernel/admission/refusal";
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Validation } from "#kernel/api/types.gen";
import { StatusError, type StatusReason } from "#kernel/apimachinery/errors";
import type { AdmissionPlugin, AdmissionRequest } from "#kernel/registry/admission";
import {
  CONDITION_TYPES,
  compileExpression,
  MESSAGE_TYPES,
} from "#kernel/resources/admissionregistration/expression.facts";
import { validatingadmissionpolicies } from "#kernel/resources/admissionregistration/validatingadmissionpolicy";
import { validatingadmissionpolicybindings } from "#kernel/resources/admissionregistration/validatingadmissionpolicybinding";

type Policy = ValidatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding;

interface Violation {
  readonly message: string;
  readonly reason: string;
}

const MESSAGE_BYTES_MAX = 5 * 1024;

export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: "ValidatingAdmissionPolicy",

  concerns: (request) => !isBeyondPolicies(request),

  validate(request, client) {
    if (client.registry.store.count(validatingadmissionpolicybindings.bucket) === 0) return;
    const kinds = { policies: validatingadmissionpolicies, bindings: validatingadmissionpolicybindings };
    const denials: StatusError[] = [];
    for (const held of heldPolicies<Policy, Binding>(client, request, kinds)) {
      const { policy, binding } = held;
      const { validationActions } = binding.spec;
      for (const violation of violationsOf(held)) {
        const what = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
        if (validationActions.includes("Deny")) {
          denials.push(denial(request, `${what} denied request: ${violation.message}`, violation.reason));
        }
        if (validationActions.includes("Warn")) client.warn(`Validation failed for ${what}: ${violation.message}`);
      }
    }
    const [first] = denials;
    if (first === undefined) return;
    first.warnings = client.takeWarnings();
    throw first;
  },
};

/** What a policy finds wrong. A policy that cannot be evaluated finds that wrong, unless failures are ignored. */
function violationsOf({ policy, state }: Held<Policy, Binding>): Violation[] {
  const isIgnoring = policy.spec.failurePolicy === "Ignore";
  const failed = (message: string): Violation[] => (isIgnoring ? [] : [{ message, reason: "" }]);
  if ("problem" in state) return failed(state.problem);
  const { activation } = state;
  return compiledValidations(policy).flatMap(({ validation, condition, message }) => {
    const result = "program" in condition ? activation.evaluate(condition.program) : condition;
    if ("problem" in result) return failed(result.problem);
    if (result.value === true) return [];
    return [{ message: messageOf(validation, message, activation), reason: validation.reason ?? "" }];
  });
}

interface CompiledValidation {
  readonly validation: Validation;
  readonly condition: Expression;
  readonly message: Expression | undefined;
}

const known = new WeakMap<Policy, readonly CompiledValidation[]>();

function compiledValidations(policy: Policy): readonly CompiledValidation[] {
  const found = known.get(policy);
  if (found !== undefined) return found;
  const { around } = compiledPolicy(policy);
  const made = (policy.spec.validations ?? []).map((validation) => {
    const { expression, messageExpression = "" } = validation;
    const own = { ...around, hasAuthorizer: false };
    return {
      validation,
      condition: compileExpression(expression, around, ...CONDITION_TYPES),
      message: messageExpression === "" ? undefined : compileExpression(messageExpression, own, ...MESSAGE_TYPES),
    };
  });
  known.set(policy, made);
  return made;
}

/** What the policy says of it: computed, else as it stands, else the expression itself. */
function messageOf(
  { message = "", expression }: Validation,
  computed: Expression | undefined,
  activation: Activation,
): string {
  if (computed !== undefined && "program" in computed) {
    const result = activation.evaluate(computed.program);
    const text = "value" in result && typeof result.value === "string" ? result.value.trim() : "";
    if (text !== "" && text.length <= MESSAGE_BYTES_MAX && !text.includes("\n")) return text;
  }
  return message.trim() === "" ? `failed expression: ${expression.trim()}` : message.trim();
}

const CODES: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413 };

/** A refusal with the reason the policy gives; without one what is refused is called invalid. */
function denial(request: AdmissionRequest, message: string, given: string): StatusError {
  const { status } = refusal(request, message);
  const reason = (given === "" ? "Invalid" : given) as StatusReason;
  const causes = [...(status.details?.causes ?? []), { message }];
  return new StatusError({
    ...status,
    reason,
    code: CODES[reason] ?? 422,
    details: { ...status.details, causes },
  });
}
