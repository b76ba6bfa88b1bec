/**
 * Field paths in a schema: `.spec.color`, `.labels['a/b']`, as rules and selectable fields name them.
 *
 * Models apiextensions-apiserver/pkg/apiserver/schema/cel (ValidFieldPath).
 */
import { additionalOf, propertyOf, type Schema } from "#kernel/resources/apiextensions/schema";

/** A path that leads somewhere: as field errors print it, its names, and the schema at its end. */
export interface FoundPath {
  readonly text: string;
  readonly names: readonly string[];
  readonly schema: Schema | undefined;
}

interface Step {
  readonly name: string;
  readonly rest: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "'": "'",
  "\\": "\\",
};

/** The end of a path in a schema, or why it leads nowhere. */
export function findPath(
  path: string,
  root: Schema,
  { allowsBrackets = true }: { readonly allowsBrackets?: boolean } = {},
): FoundPath | { readonly problem: string } {
  let schema: Schema | undefined = root;
  let text = "";
  const names: string[] = [];
  for (let rest = path; rest !== ""; ) {
    if (rest.startsWith("[") && !allowsBrackets) return { problem: "array notation is not allowed" };
    const step = rest.startsWith(".") ? named(rest.slice(1)) : rest.startsWith("[") ? quoted(rest.slice(1)) : undefined;
    if (step === undefined) return { problem: `expected [ or . but got: ${token(rest)}` };
    if ("problem" in step) return step;
    const isNamed: boolean = schema?.properties !== undefined && Object.keys(schema.properties).length > 0;
    const additional: Schema | undefined = schema === undefined ? undefined : additionalOf(schema);
    if (!isNamed && additional === undefined) return { problem: "does not refer to a valid field" };
    const next: Schema | undefined = isNamed ? propertyOf(schema as Schema, step.name) : additional;
    if (next === undefined) return { problem: "does not refer to a valid field" };
    text += isNamed ? `${text === "" ? "" : "."}${step.name}` : `[${step.name}]`;
    names.push(step.name);
    schema = next;
    rest = step.rest;
  }
  return { text, names, schema };
}

/** The next word: everything up to a delimiter. */
const token = (rest: string): string => /^[^.[\]]+|^./s.exec(rest)?.[0] ?? "";

function named(rest: string): Step | { readonly problem: string } {
  const name = token(rest);
  if (name === "") return { problem: "unexpected end of JSON path" };
  return { name, rest: rest.slice(name.length) };
}

function quoted(rest: string): Step | { readonly problem: string } {
  if (rest === "") return { problem: "unexpected end of JSON path" };
  const literal = /^'(?:[^'\\]|\\.)*'/s.exec(rest)?.[0];
  if (literal === undefined) return { problem: `expected single quoted string but got ${token(rest)}` };
  let wrong: string | undefined;
  const name = literal.slice(1, -1).replace(/\\(.)/gs, (written, char: string) => {
    const plain = ESCAPES[char];
    if (plain === undefined) wrong ??= written;
    return plain ?? "";
  });
  if (wrong !== undefined) return { problem: `invalid string literal: invalid escape char ${wrong}` };
  const after = rest.slice(literal.length);
  if (after === "") return { problem: "unexpected end of JSON path" };
  if (!after.startsWith("]")) return { problem: `expected ] but got ${token(after)}` };
  return { name, rest: after.slice(1) };
}
