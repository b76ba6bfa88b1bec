/**
 * Shapes as OpenAPI schemas, in both versions.
 *
 * Models kube-openapi's builder and builder3: version 3 has defaults and wraps references that have siblings.
 */
import { definitionKinds, type Kind, type Schema, type Texts } from "#apiserver/describe/openapi.served";
import { type FieldShape, type ObjectShape, SCALAR_DEFINITIONS, shapeNamed } from "#kernel/api/shapes";

export type Version = "v2" | "v3";

/** Where definitions stand in a document. */
export const REFERENCE: Readonly<Record<Version, string>> = {
  v2: "#/definitions/",
  v3: "#/components/schemas/",
};

const SCALARS_V2: Readonly<Record<string, Schema>> = {
  quantity: { type: "string" },
  intOrString: { type: "string", format: "int-or-string" },
  time: { type: "string", format: "date-time" },
  microTime: { type: "string", format: "date-time" },
};
const SCALARS_V3: Readonly<Record<string, Schema>> = {
  ...SCALARS_V2,
  quantity: { oneOf: [{ type: "string" }, { type: "number" }] },
  intOrString: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
};

/** The schema of a definition. */
export function definitionSchema(name: string, version: Version, texts: Texts): Schema {
  const own = texts.types[name] ?? {};
  const about = aboutOf(own);
  const scalar = SCALAR_DEFINITIONS.get(name);
  if (scalar !== undefined) {
    const isOpen = name.includes("JSON");
    const any = isOpen ? {} : { type: "object" };
    return { ...about, ...((version === "v3" ? SCALARS_V3 : SCALARS_V2)[scalar] ?? any) };
  }
  return shapeSchema(shapeNamed(name), version, { own, kinds: definitionKinds(name) });
}

const aboutOf = (own: Readonly<Record<string, string>>): Schema =>
  own[""] === undefined ? {} : { description: own[""] };

/** The schema of a shape; `own` are its texts, by field, its own under "". */
export function shapeSchema(
  { fields, required, mapType, unions }: ObjectShape,
  version: Version,
  { own, kinds }: { readonly own: Readonly<Record<string, string>>; readonly kinds: readonly Kind[] },
): Schema {
  const properties: Record<string, Schema> = {};
  for (const [field, shape] of fields) properties[field] = fieldSchema(shape, version, own[field]);
  return {
    ...aboutOf(own),
    ...(fields.size === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
    type: "object",
    ...(kinds.length === 0 ? {} : { "x-kubernetes-group-version-kind": kinds }),
    ...(mapType === undefined ? {} : { "x-kubernetes-map-type": mapType }),
    ...(unions === undefined ? {} : { "x-kubernetes-unions": unions }),
  };
}

function fieldSchema(shape: FieldShape, version: Version, text: string | undefined): Schema {
  const description = withValues(text, shape.enum);
  const siblings = {
    ...(version === "v3" ? defaultOf(shape) : {}),
    ...(description === undefined ? {} : { description }),
    ...(shape.enum === undefined ? {} : { enum: shape.enum }),
    ...extensions(shape),
  };
  return withType(shape, version, siblings);
}

function withType(shape: FieldShape, version: Version, siblings: Schema): Schema {
  const { definition, items, values, format } = shape;
  if (definition !== undefined) {
    const $ref = REFERENCE[version] + definition;
    const isPlain = version === "v2" || Object.keys(siblings).length === 0;
    return isPlain ? { $ref, ...siblings } : { allOf: [{ $ref }], ...siblings };
  }
  if (items !== undefined) return { ...siblings, items: partSchema(items, version), type: "array" };
  if (values !== undefined) return { ...siblings, additionalProperties: partSchema(values, version), type: "object" };
  const type = shape.type === "bytes" ? "string" : shape.type === "any" ? "object" : shape.type;
  return { ...siblings, ...(format === undefined ? {} : { format }), type };
}

/** An item or a map's value: never a pointer, so version 3 gives it its zero value. */
function partSchema(shape: FieldShape, version: Version): Schema {
  const zero = version === "v3" ? partDefault(shape) : undefined;
  return withType(shape, version, { ...(zero === undefined ? {} : { default: zero }), ...extensions(shape) });
}

function partDefault({ type }: FieldShape): unknown {
  if (type === "string") return "";
  if (type === "boolean") return false;
  if (type === "integer" || type === "number") return 0;
  return type === "object" ? {} : undefined;
}

/** What the field is where nobody sets it: said outright, or the zero of a field that is no pointer. */
function defaultOf({ type, default: said, alwaysPresent, zero }: FieldShape): { default?: unknown } {
  if (said !== undefined) return { default: said };
  const isPlain = ["string", "boolean", "integer", "number", "object"].includes(type);
  return alwaysPresent === true && isPlain ? { default: zero } : {};
}

function withValues(text: string | undefined, values: readonly string[] | undefined): string | undefined {
  if (text === undefined || values === undefined || text.includes("Possible enum values")) return text;
  return `${text}\n\nPossible enum values:\n${values.map((value) => ` - \`${JSON.stringify(value)}\``).join("\n")}`;
}

function extensions({ listType, listMapKeys, patchStrategy, patchMergeKey, mapType }: FieldShape): Schema {
  return {
    ...(listMapKeys === undefined ? {} : { "x-kubernetes-list-map-keys": listMapKeys }),
    ...(listType === undefined ? {} : { "x-kubernetes-list-type": listType }),
    ...(mapType === undefined ? {} : { "x-kubernetes-map-type": mapType }),
    ...(patchMergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": patchMergeKey }),
    ...(patchStrategy === undefined ? {} : { "x-kubernetes-patch-strategy": patchStrategy.join(",") }),
  };
}

/** The schemas of the named definitions and of all they refer to; `extra` ones are taken as they are. */
export function schemasFor(
  names: Iterable<string>,
  version: Version,
  { texts, extra }: { readonly texts: Texts; readonly extra: ReadonlyMap<string, Schema> | undefined },
): Record<string, Schema> {
  const schemas = new Map<string, Schema>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (schemas.has(name)) continue;
    const schema = extra?.get(name) ?? definitionSchema(name, version, texts);
    schemas.set(name, schema);
    referencesIn(schema, REFERENCE[version], open);
  }
  return Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function referencesIn(value: unknown, prefix: string, found: string[]): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key === "$ref" && typeof part === "string" && part.startsWith(prefix)) found.push(part.slice(prefix.length));
    else referencesIn(part, prefix, found);
  }
}
