/**
 * ValidatingAdmissionPolicy: expressions that may refuse what is about to be written.
 *
 * Models pkg/registry/admissionregistration/validatingadmissionpolicy and its validation.
 */
import type { AuditAnnotation, ValidatingAdmissionPolicy, Validation } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { qualifiedName } from "#kernel/apimachinery/formats";
import { goStruct } from "#kernel/apimachinery/go-text";
import { column, defineResource } from "#kernel/registry/definition";
import {
  ANNOTATION_TYPES,
  CONDITION_TYPES,
  compileExpression,
  MESSAGE_TYPES,
  type Surroundings,
  variablesOf,
} from "#kernel/resources/admissionregistration/expression.facts";
import { paramKindText, validatePolicy } from "#kernel/resources/admissionregistration/policy.validate";
import { setMatchDefaults } from "#kernel/resources/admissionregistration/rule.validate";
import { eachAt, mustBeOneOf, mustFit } from "#kernel/resources/core/pod.validate.fields";
import { validateConditions } from "#kernel/resources/policy/condition.validate";

const ANNOTATIONS_MAX = 20;
const ANNOTATION_BYTES_MAX = 5 * 1024;
const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge"];

export const validatingadmissionpolicies = defineResource<ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  names: {
    kind: "ValidatingAdmissionPolicy",
    plural: "validatingadmissionpolicies",
    singular: "validatingadmissionpolicy",
    categories: ["api-extensions"],
  },
  scope: "Cluster",
  hasGeneration: true,
  subresources: { status: true },

  setDefaults(policy) {
    policy.spec ??= {};
    policy.spec.failurePolicy ??= "Fail";
    setMatchDefaults(policy.spec.matchConstraints);
  },
  prepareForCreate(policy) {
    delete policy.status;
  },

  validate({ metadata, spec }, root) {
    const at = root.under("spec");
    validatePolicy(spec, at);
    const { validations = [], auditAnnotations = [], variables } = spec;
    const base: Surroundings = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true };
    const around = { ...base, variables: variablesOf(variables, base) };
    if (validations.length === 0 && auditAnnotations.length === 0) {
      const text = "validations or auditAnnotations must contain at least one item";
      at("validations").required(text);
      at("auditAnnotations").required(text);
    }
    for (const [validation, ownAt] of eachAt(validations, at.under("validations"))) {
      validateOne(validation, around, ownAt);
    }
    validateAnnotations(metadata.name ?? "", auditAnnotations, around, at.under("auditAnnotations"));
  },
  validateStatusUpdate({ status }, _old, at) {
    for (const [warning, ownAt] of eachAt(
      status?.typeChecking?.expressionWarnings,
      at.under("status.typeChecking.expressionWarnings"),
    )) {
      if ((warning.warning ?? "") === "") ownAt("warning").required();
      if ((warning.fieldRef ?? "").trim() === "") ownAt("fieldRef").required();
    }
    validateConditions(status?.conditions, at.under("status.conditions"));
  },

  columns: [
    column("Validations", "integer", ({ spec }) => spec.validations?.length ?? 0, "How many expressions it has."),
    column("ParamKind", "string", ({ spec }) => paramKindText(spec), "The kind of its parameters."),
  ],
});

function validateOne(validation: Validation, around: Surroundings, at: At): void {
  const { expression = "", message = "", messageExpression = "", reason } = validation;
  if (expression.trim() === "") at("expression").required("expression is not specified");
  else {
    const compiled = compileExpression(expression, around, ...CONDITION_TYPES);
    if ("problem" in compiled) at("expression").invalid(expression, compiled.problem);
  }
  if (messageExpression !== "" && messageExpression.trim() === "") {
    at("messageExpression").invalid(messageExpression, "must be non-empty if specified");
  } else if (messageExpression !== "") {
    const compiled = compileExpression(messageExpression, { ...around, hasAuthorizer: false }, ...MESSAGE_TYPES);
    if ("problem" in compiled) at("messageExpression").invalid(messageExpression, compiled.problem);
  }
  if (message !== "" && message.trim() === "") at("message").invalid(message, "message must be non-empty if specified");
  else if (/[\n\r]/.test(message.trim())) at("message").invalid(message, "message must not contain line breaks");
  if (reason !== undefined) mustBeOneOf(at("reason"), reason, REASONS);
}

function validateAnnotations(
  policy: string,
  annotations: readonly AuditAnnotation[],
  around: Surroundings,
  at: At,
): void {
  if (annotations.length > ANNOTATIONS_MAX) {
    const shown = annotations.map(({ key: Key, valueExpression: ValueExpression }) =>
      goStruct({ Key, ValueExpression }),
    );
    at("").invalid(shown, `must not have more than ${ANNOTATIONS_MAX} auditAnnotations`);
  }
  const seen = new Set<string>();
  for (const [{ key = "", valueExpression = "" }, ownAt] of eachAt(annotations, at)) {
    if (policy === "") ownAt("key").invalid(key, "requires metadata.name be non-empty");
    else mustFit(ownAt("key"), `${policy}/${key}`, qualifiedName);
    const text = valueExpression.trim();
    if (text === "") ownAt("valueExpression").required("valueExpression is not specified");
    else if (text.length > ANNOTATION_BYTES_MAX) {
      ownAt("valueExpression").required(`must not exceed ${ANNOTATION_BYTES_MAX} bytes in length`);
    } else {
      const compiled = compileExpression(text, around, ...ANNOTATION_TYPES);
      if ("problem" in compiled) ownAt("valueExpression").invalid(valueExpression, compiled.problem);
    }
    if (seen.has(key)) ownAt("key").duplicate(key);
    seen.add(key);
  }
}
