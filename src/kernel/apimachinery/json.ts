/**
 * JSON as the API server reads and writes it: Go's words for malformed text, duplicate fields found, stable order.
 *
 * Models sigs.k8s.io/json and apimachinery/pkg/runtime/serializer/json.
 */
import { JsonScanner } from "#kernel/apimachinery/json-scanner";

export { JsonSyntaxError } from "#kernel/apimachinery/json-scanner";

/** Gives the value of a JSON text. Raises JsonSyntaxError, worded as Go, for a malformed one. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own words differ from Go's, so the text is read again for the place and the reason.
    new JsonScanner(text).scan();
    return undefined;
  }
}

/**
 * Gives what strict decoding has against a well-formed text, in its order, each once: `duplicate field "spec.a"`.
 * Of fields whose paths are among the unknown ones only that is said, and nothing of what they hold.
 */
export function strictProblems(text: string, unknown: ReadonlySet<string> = new Set()): string[] {
  return new JsonScanner(text, unknown).scan();
}

/** Words everything that strict decoding refuses. */
export const strictDecodingText = (problems: readonly string[]): string =>
  `strict decoding error: ${problems.join(", ")}`;

/** Gives the JSON text of a value with the keys of every object sorted: equal values give equal texts. */
export function stableStringify(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (isPlainObject(item) ? sorted(item) : item)) ?? "null";
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function sorted(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
