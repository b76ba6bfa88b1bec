/**
 * Paths into objects, in the part of kubectl's JSONPath that checks need.
 *
 * `.spec.replicas`, `.metadata.labels['app.kubernetes.io/name']`, `.spec.containers[0].image`, `.items[*].name`,
 * `.status.conditions[?(@.type=="Ready")].status`; braces and a leading `$` may stand around it.
 */

/** One step: a field, a place in a list, everything in it, or what has a field of some value. */
type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "all" }
  | { readonly kind: "where"; readonly name: string; readonly value: string };

const STEPS =
  /\.([A-Za-z_][\w-]*)|\[(-?\d+)\]|\[\*\]|\.\*|\['([^']+)'\]|\["([^"]+)"\]|\[\?\(@\.(\w+)\s*==\s*["']([^"']*)["']\)\]/y;

/** The steps of a path; undefined if it cannot be read. */
export function parsePath(path: string): readonly Step[] | undefined {
  const text = path.replace(/^\{(.*)\}$/, "$1").replace(/^\$/, "");
  const steps: Step[] = [];
  STEPS.lastIndex = 0;
  while (STEPS.lastIndex < text.length) {
    const match = STEPS.exec(text);
    if (match === null) return undefined;
    steps.push(stepOf(match));
  }
  return steps.length === 0 ? undefined : steps;
}

function stepOf([, field, index, single, double, name, value]: RegExpExecArray): Step {
  const key = field ?? single ?? double;
  if (key !== undefined) return { kind: "field", name: key };
  if (index !== undefined) return { kind: "index", index: Number(index) };
  return name === undefined ? { kind: "all" } : { kind: "where", name, value: value ?? "" };
}

/** What stands at a path: one value per way there, none where there is nothing. */
export function valuesAt(object: unknown, steps: readonly Step[]): unknown[] {
  return steps.reduce<unknown[]>((values, step) => values.flatMap((value) => take(value, step)), [object]);
}

function take(value: unknown, step: Step): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  const found = (one: unknown): unknown[] => (one === undefined || one === null ? [] : [one]);
  if (step.kind === "field") return found((value as Readonly<Record<string, unknown>>)[step.name]);
  if (step.kind === "index") return Array.isArray(value) ? found(value.at(step.index)) : [];
  const items: unknown[] = Object.values(value);
  if (step.kind === "all") return items;
  return items.filter((item) => String((item as Record<string, unknown> | null)?.[step.name]) === step.value);
}
