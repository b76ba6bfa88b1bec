/**
 * Writes every definition as one short line of text: src/kernel/api/shapes.gen.ts, which shapes.ts beside it reads.
 *
 * A line is fields joined by `;`, a field is words joined by spaces: its name, its type, then its marks.
 *
 * Types: `s` string, `b` boolean, `i` `i32` `i64` integer, `f` `f64` number, `B` base64, `o` object, `[T` list of T,
 * `{T` map of T, else a reference: `.Name` in the same package, `*Name` in apimachinery, or `apps.v1.Name`.
 * Marks: `!` required, `la` `ls` `lm:KEYS` list type, `ma` `mg` map type, `p:STRATEGY` patch strategy, `k:KEY` patch
 * merge key, `=JSON` default, `e:A|B` the only values, `+JSON` what is encoded where the field is not set.
 * A line may begin with `#` (a kind of its package's group version), `#v1` (of the core group) or `#*` (of every
 * group version the scheme knows), `@a` (map type atomic) and `~JSON` (unions), each ended by `;`.
 */
import {
  type Definition,
  type Definitions,
  type GroupVersionKind,
  META,
  type Property,
  shortName,
} from "./definitions.ts";
import { DEFAULTS, ENUMS } from "./enums.ts";
import { encodedWhenUnset } from "./structs.ts";

const HEADER = `/**
 * The shapes of the Kubernetes v1.36 API, packed. Written by \`npm run generate\`; never edited by hand.
 */
`;

const PACKED_TYPE = "Readonly<Record<string, Readonly<Record<string, string>>>>";

const packageOf = (definition: string): string => definition.slice(0, definition.lastIndexOf("."));
const nameOf = (definition: string): string => definition.slice(definition.lastIndexOf(".") + 1);

/** The text of shapes.gen.ts. */
export function shapesFile(definitions: Definitions): string {
  checkTables(definitions);
  const packages = new Map<string, string[]>();
  const groups = new Map<string, string>();
  let everywhere: readonly GroupVersionKind[] = [];
  for (const [name, definition] of definitions) {
    const lines = packages.get(packageOf(name)) ?? [];
    packages.set(packageOf(name), lines);
    lines.push(`    ${nameOf(name)}: ${JSON.stringify(lineOf(name, definition))},`);
    const kinds = kindsOf(definition);
    if (kinds.length > 1) everywhere = kinds;
    else if (kinds[0] !== undefined) groups.set(packageOf(name), `${kinds[0].group}/${kinds[0].version}`);
  }
  const body = [...packages].map(([name, lines]) => `  ${JSON.stringify(name)}: {\n${lines.join("\n")}\n  },`);
  const served = [...groups].map(([name, group]) => `  ${JSON.stringify(name)}: ${JSON.stringify(group)},`);
  return [
    HEADER,
    "/** Package -> the group version its kinds belong to. */",
    `export const PACKAGE_GROUP_VERSIONS: Readonly<Record<string, string>> = {\n${served.join("\n")}\n};\n`,
    "/** Every group version the scheme knows, served or not. */",
    `export const SCHEME_GROUP_VERSIONS: readonly string[] = [\n${everywhere
      .map(({ group, version }) => `  ${JSON.stringify(`${group}/${version}`)},`)
      .join("\n")}\n];\n`,
    "/** Package -> name -> packed shape. */",
    `export const PACKED_SHAPES: ${PACKED_TYPE} = {\n${body.join("\n")}\n};\n`,
  ].join("\n");
}

const kindsOf = (definition: Definition): readonly GroupVersionKind[] =>
  (definition["x-kubernetes-group-version-kind"] as readonly GroupVersionKind[] | undefined) ?? [];

function lineOf(name: string, definition: Definition): string {
  const parts: string[] = [];
  const kinds = kindsOf(definition);
  if (kinds.length > 1) parts.push("#*");
  else if (kinds.length === 1) parts.push("#");
  if (definition["x-kubernetes-map-type"] === "atomic") parts.push("@a");
  const unions = definition["x-kubernetes-unions"];
  if (unions !== undefined) parts.push(`~${JSON.stringify(unions)}`);
  const required = new Set(definition.required);
  for (const [field, property] of Object.entries(definition.properties ?? {})) {
    const marks = marksOf(property);
    marks.push(...valueMarks(`${shortName(name)}#${field}`));
    const unset = encodedWhenUnset(name, field, definition);
    if (unset !== undefined) marks.push(`+${unset}`);
    parts.push([field, typeOf(property, name), ...(required.has(field) ? ["!"] : []), ...marks].join(" "));
  }
  return parts.join(";");
}

function valueMarks(field: string): string[] {
  const words = ENUMS.get(field);
  const value = DEFAULTS.get(field);
  return [
    ...(words === undefined ? [] : [`e:${words.join("|")}`]),
    ...(value === undefined ? [] : [`=${JSON.stringify(value)}`]),
  ];
}

/** Every field the tables of words and defaults name must exist. */
function checkTables(definitions: Definitions): void {
  const fields = new Set<string>();
  for (const [name, { properties = {} }] of definitions) {
    for (const field of Object.keys(properties)) fields.add(`${shortName(name)}#${field}`);
  }
  for (const field of [...ENUMS.keys(), ...DEFAULTS.keys()]) {
    if (!fields.has(field)) throw new Error(`no field is called ${field}`);
  }
}

function marksOf(property: Property): string[] {
  const marks: string[] = [];
  const listType = property["x-kubernetes-list-type"];
  const keys = property["x-kubernetes-list-map-keys"];
  if (listType === "map") marks.push(`lm:${(keys as string[]).join(",")}`);
  else if (typeof listType === "string") marks.push(`l${listType.charAt(0)}`);
  const mapType = property["x-kubernetes-map-type"];
  if (typeof mapType === "string") marks.push(`m${mapType.charAt(0)}`);
  if (property["x-kubernetes-patch-strategy"] !== undefined) marks.push(`p:${property["x-kubernetes-patch-strategy"]}`);
  if (property["x-kubernetes-patch-merge-key"] !== undefined)
    marks.push(`k:${property["x-kubernetes-patch-merge-key"]}`);
  return marks;
}

function typeOf(property: Property, from: string): string {
  if (property.$ref !== undefined) return reference(property.$ref, from);
  if (property.items !== undefined) return `[${typeOf(property.items, from)}`;
  if (property.additionalProperties !== undefined) return `{${typeOf(property.additionalProperties, from)}`;
  const bits = property.format?.match(/^int(32|64)$/)?.[1] ?? "";
  if (property.type === "integer") return `i${bits}`;
  if (property.type === "number") return property.format === "double" ? "f64" : "f";
  if (property.type === "boolean") return "b";
  if (property.type === "object") return "o";
  if (property.type === "string" && property.format === "byte") return "B";
  if (property.type === "string" && property.format === undefined) return "s";
  throw new Error(`${from}: no letter for ${JSON.stringify(property)}`);
}

function reference(target: string, from: string): string {
  if (packageOf(target) === packageOf(from)) return `.${nameOf(target)}`;
  if (target.startsWith(META) || !target.startsWith("io.k8s.api.")) return `*${nameOf(target)}`;
  return shortName(target);
}
