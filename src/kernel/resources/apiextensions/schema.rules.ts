/**
 * The rules of a schema (x-kubernetes-validations): their texts.
 *
 * Models apiextensions-apiserver/pkg/apis/apiextensions/validation (XValidations).
 */
import type { ValidationRule } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { hasSchema, type Schema } from "#kernel/resources/apiextensions/schema";
import type { NodesContext } from "#kernel/resources/apiextensions/schema.nodes";
import { findPath } from "#kernel/resources/apiextensions/schema.path";

const REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

const hasLineBreak = (text: string): boolean => /[\n\r]/.test(text);

/** Says what is wrong with the rules of one node, but for their expressions. */
export function validateRuleTexts(schema: Schema, at: At): void {
  for (const [n, rule] of (schema["x-kubernetes-validations"] ?? []).entries()) {
    validateTexts(rule, at.under(`x-kubernetes-validations[${n}]`));
    const { fieldPath = "" } = rule;
    if (fieldPath !== "" && "problem" in findPath(fieldPath, schema)) {
      at(`x-kubernetes-validations[${n}].fieldPath`).invalid(fieldPath, "fieldPath must be a valid path");
    }
  }
}

function validateTexts(
  { rule, message = "", messageExpression = "", reason, fieldPath = "" }: ValidationRule,
  at: At,
): void {
  const text = message.trim();
  if (rule.trim() === "") at("rule").required("rule is not specified");
  else if (message !== "" && text === "") at("message").invalid(message, "message must be non-empty if specified");
  else if (hasLineBreak(text)) at("message").invalid(message, "message must not contain line breaks");
  else if (hasLineBreak(rule.trim()) && text === "") {
    at("message").required("message must be specified if rule contains line breaks");
  }
  if (messageExpression !== "" && messageExpression.trim() === "") {
    at("messageExpression").required("messageExpression must be non-empty if specified");
  }
  if (reason !== undefined && !REASONS.includes(reason)) at("reason").notSupported(reason, REASONS);
  if (fieldPath !== "" && fieldPath.trim() === "") {
    at("fieldPath").invalid(fieldPath, "fieldPath must be non-empty if specified");
  }
  if (hasLineBreak(fieldPath)) at("fieldPath").invalid(fieldPath, "fieldPath must not contain line breaks");
}

/** Says which expressions do not compile, or may cost too much. */
export function rulesOf(schema: Schema, { at }: NodesContext): void {
  // A rule is never accepted and then not obeyed.
  if (hasSchema(schema, (node) => (node["x-kubernetes-validations"] ?? []).length > 0)) {
    at("x-kubernetes-validations").forbidden("rules in CEL are not simulated");
  }
}
