/**
 * bash's arrays: an element is a variable of its own, named `name[index]`.
 *
 * Leaves out attributes but -A: what an array is else follows from its elements.
 */
import type { Variables } from "#kernel/runtime/shell/variables";

/** The indexes of the elements there are: numbers in order, or the keys of a map as they were set. */
export function indexesOf(variables: Variables, name: string): string[] {
  const found: string[] = [];
  for (const [key, { value }] of Object.entries(variables.state.variables)) {
    if (value !== undefined && key.startsWith(`${name}[`)) found.push(key.slice(name.length + 1, -1));
  }
  if (found.length === 0 && variables.get(name) !== undefined) return ["0"];
  return variables.isMap(name) ? found : found.sort((a, b) => Number(a) - Number(b));
}

/** The element of an index; a plain variable is the first element of itself. */
export function elementOf(variables: Variables, name: string, index: string): string | undefined {
  const last = Number(index) < 0 && !variables.isMap(name) ? Number(indexesOf(variables, name).at(-1) ?? -1) + 1 : 0;
  const at = last === 0 ? index : String(last + Number(index));
  return variables.get(`${name}[${at}]`) ?? (at === "0" ? variables.get(name) : undefined);
}

/** Forgets all elements. */
export function clearArray(variables: Variables, name: string): void {
  for (const key of Object.keys(variables.state.variables)) {
    if (key.startsWith(`${name}[`)) delete variables.state.variables[key];
  }
}

/** Makes an array of values. */
export function setArray(variables: Variables, name: string, values: readonly string[], from = 0): boolean {
  if (from === 0) clearArray(variables, name);
  return values.every((value, n) => variables.set(`${name}[${from + n}]`, value));
}
