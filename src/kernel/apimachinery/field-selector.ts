/**
 * Field selectors: `metadata.name=web,status.phase!=Running`.
 *
 * Models apimachinery/pkg/fields.
 */
import { badRequest, type StatusError } from "#kernel/apimachinery/errors";
import { compareText, quote } from "#kernel/apimachinery/go-text";

/** One condition on one field: it has the value, or, when negated, it has not. */
export interface FieldTerm {
  readonly field: string;
  readonly value: string;
  readonly isNegated: boolean;
}

/**
 * Gives the terms of a field selector in upstream's order; none for an empty one.
 * Raises BadRequest for a text that cannot be read. Which fields exist is for the resource to say.
 */
export function parseFieldSelector(text: string): FieldTerm[] {
  return splitTerms(text)
    .sort(compareText)
    .filter((part) => part !== "")
    .map((part) => termOf(part, text));
}

/** Splits at commas that no backslash escapes; the escapes stay. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? [];
}

function termOf(part: string, selector: string): FieldTerm {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(part);
  if (match === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${part}'`);
  const [, field = "", operator, value = ""] = match;
  return { field, value: unescapeValue(value), isNegated: operator === "!=" };
}

function unescapeValue(text: string): string {
  return text.replace(/\\(.?)|[,=]/gs, (found, escaped: string | undefined) => {
    if (escaped === undefined) {
      // Upstream prints the rune as a number.
      throw badRequest(`invalid field selector: unescaped character in value: ${found.codePointAt(0)}`);
    }
    if (escaped === "\\" || escaped === "," || escaped === "=") return escaped;
    throw badRequest(`invalid field selector: invalid escape sequence: ${found}`);
  });
}

/** Gives the value with what has a meaning in a selector escaped. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, (char) => `\\${char}`);
}

/** Gives the selector that parses to these terms. */
export function formatFieldSelector(terms: readonly FieldTerm[]): string {
  return terms
    .map(({ field, value, isNegated }) => `${field}${isNegated ? "!=" : "="}${escapeFieldValue(value)}`)
    .join(",");
}

/** True if the fields satisfy every term; a field that is absent has the empty value. */
export function matchesFields(terms: readonly FieldTerm[], fieldOf: (field: string) => string | undefined): boolean {
  return terms.every(({ field, value, isNegated }) => ((fieldOf(field) ?? "") === value) !== isNegated);
}

/** 400: a resource with fields of its own has not this one. */
export function fieldNotSupported(field: string): StatusError {
  return badRequest(`field label not supported: ${field}`);
}

/** 400: a resource without fields of its own is asked for another than name and namespace. */
export function fieldNotKnown(field: string): StatusError {
  const known = 'only "metadata.name", "metadata.namespace"';
  return badRequest(`${quote(field)} is not a known field selector: ${known}`);
}
