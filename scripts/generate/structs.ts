/**
 * Which fields Go's encoder writes even where nobody set them, because the field is no pointer and says no omitempty.
 *
 * The struct tags themselves say it: src/apiserver/codec/protobuf/wire.gen.ts marks such fields with `!`.
 */
import { WIRE } from "../../src/apiserver/codec/protobuf/wire.gen.ts";
import { type Definition, META, type Property } from "./definitions.ts";

/** The JSON that stands for the field where it is unset, or undefined where it is left out. */
export function encodedWhenUnset(name: string, field: string, definition: Definition): string | undefined {
  const property = definition.properties?.[field];
  if (property === undefined) return undefined;
  const dot = name.lastIndexOf(".");
  const marks = marksIn(WIRE[name.slice(0, dot)]?.[name.slice(dot + 1)] ?? "").get(field);
  // A pointer that is nil says nothing: the null Go writes for it is no value of the field.
  return marks?.includes("!") === true && !marks.includes("*") ? zeroOf(property) : undefined;
}

/** Field -> its marks, those of embedded structs included. */
function marksIn(text: string): Map<string, string> {
  const found = text.matchAll(/([^\s()=]+)=\d+([*!]*)/g);
  return new Map(Array.from(found, ([, field = "", marks = ""]) => [field, marks]));
}

function zeroOf(property: Property): string {
  if (property.$ref !== undefined) return ZERO_BY_DEFINITION[property.$ref] ?? "{}";
  if (property.type === "string") return property.format === "byte" ? "null" : '""';
  if (property.type === "boolean") return "false";
  return property.type === "integer" || property.type === "number" ? "0" : "null";
}

const ZERO_BY_DEFINITION: Readonly<Record<string, string>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": '"0"',
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "0",
  "io.k8s.apimachinery.pkg.runtime.RawExtension": "null",
  [`${META}Time`]: "null",
  [`${META}MicroTime`]: "null",
  [`${META}FieldsV1`]: "null",
};
