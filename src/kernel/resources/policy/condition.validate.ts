/**
 * Whether conditions of the common form (metav1.Condition) are well formed.
 *
 * Models apimachinery/pkg/apis/meta/v1/validation (ValidateConditions).
 */
import type { Condition } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { qualifiedName, regexText } from "#kernel/apimachinery/formats";
import { eachAt, mustFit, mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

const STATUSES = ["False", "True", "Unknown"];
const MESSAGE_BYTES_MAX = 32 * 1024;
const REASON_CHARS_MAX = 1024;
const reasonFormat = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
const reasonPattern = new RegExp(`^${reasonFormat}$`);

/** Adds an error for each wrong part of a list of conditions; `at` stands at the list. */
export function validateConditions(conditions: readonly Condition[] | undefined, at: At): void {
  const seen = new Set<string>();
  for (const [condition, ownAt] of eachAt(conditions, at)) {
    if (seen.has(condition.type)) ownAt("type").duplicate(condition.type);
    seen.add(condition.type);
    validateCondition(condition, ownAt);
  }
}

function validateCondition(condition: Condition, at: At): void {
  const { type = "", status = "", observedGeneration, lastTransitionTime, reason = "", message = "" } = condition;
  mustFit(at("type"), type, qualifiedName);
  if (!STATUSES.includes(status)) at("status").notSupported(status, STATUSES);
  mustNotBeNegative(at("observedGeneration"), observedGeneration);
  if (lastTransitionTime === undefined || lastTransitionTime === null) at("lastTransitionTime").required("must be set");
  if (reason === "") at("reason").required("must be set");
  else if (reason.length > REASON_CHARS_MAX) at("reason").tooLong(reason, REASON_CHARS_MAX);
  else if (!reasonPattern.test(reason)) {
    const says =
      "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric " +
      "characters or '_,:', and must end with an alphanumeric character or '_'";
    at("reason").invalid(
      reason,
      regexText(says, reasonFormat, "my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"),
    );
  }
  if (message.length > MESSAGE_BYTES_MAX) at("message").tooLong(message, MESSAGE_BYTES_MAX);
}
