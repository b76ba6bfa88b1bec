/**
 * The difference between two specs as text: what a refused update tried to change.
 *
 * Models apimachinery/pkg/util/diff (Diff): both in their internal form as indented JSON, compared line by line.
 */
import { goJson } from "#kernel/apimachinery/go-text";
import { unifiedDiff } from "#kernel/apimachinery/unified-diff";
import { internalForm } from "#kernel/resources/core/internal";

/** Gives the report: lines with `-` were there before, lines with `+` are new. `type` is the name of their Go type. */
export const specDiff = (old: object, now: object, type = "PodSpec"): string =>
  unifiedDiff(indented(internalForm(type, old)), indented(internalForm(type, now)));

/** Gives a value as Go's json.MarshalIndent prints it with a blank for each level. */
function indented(value: unknown, level = 0): string {
  const isList = Array.isArray(value);
  if (typeof value !== "object" || value === null) return goJson(value);
  const entries = isList
    ? value.map((item) => indented(item, level + 1))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${goJson(key)}: ${indented(item, level + 1)}`);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return `${open}${close}`;
  const lines = entries.map((entry) => `${" ".repeat(level + 1)}${entry}`).join(",\n");
  return `${open}\n${lines}\n${" ".repeat(level)}${close}`;
}
