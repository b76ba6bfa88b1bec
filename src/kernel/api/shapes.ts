/**
 * Shapes: what the API knows about every type, read from the packed facts when first asked for.
 *
 * Models the OpenAPI definitions of api/openapi-spec/swagger.json and the struct tags of k8s.io/api.
 * Leaves out descriptions: they are large and only documents need them.
 */
import { PACKAGE_GROUP_VERSIONS, PACKED_SHAPES, SCHEME_GROUP_VERSIONS } from "#kernel/api/shapes.gen";
import { assert } from "#kernel/sim/assert";

export type FieldType =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "object"
  | "array"
  | "map"
  | "any"
  | "quantity"
  | "intOrString"
  | "time"
  | "microTime"
  | "bytes";

/** What may stand in a field, in an item of a list, or in a value of a map. */
export interface FieldShape {
  readonly type: FieldType;
  /** `int32`, `int64`, `double`. */
  readonly format?: string;
  /** Where `type` is "object". */
  readonly object?: ObjectShape;
  /** Where `type` is "array". */
  readonly items?: FieldShape;
  /** Where `type` is "map". */
  readonly values?: FieldShape;
  /** The name of the definition the field refers to, scalars such as Quantity included. */
  readonly definition?: string;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  /** merge, replace, retainKeys. */
  readonly patchStrategy?: readonly string[];
  readonly patchMergeKey?: string;
  readonly mapType?: "atomic" | "granular";
  readonly default?: unknown;
  readonly enum?: readonly string[];
  /** An empty list or map is a value here, not left out as Go leaves it out. */
  readonly keepsEmpty?: true;
  /** The server writes the field even where nobody set it: as `zero`, since it is no pointer. */
  readonly alwaysPresent?: true;
  /** `{}`, `""`, `0`, `false` or null; present exactly where `alwaysPresent` is. */
  readonly zero?: unknown;
}

export interface ObjectShape {
  /** `io.k8s.api.core.v1.PodSpec`. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldShape>;
  readonly required: readonly string[];
  readonly mapType?: "atomic" | "granular";
  /** Fields the shape does not name are kept as they are. */
  readonly preservesUnknown?: true;
  /** The value of x-kubernetes-unions. */
  readonly unions?: unknown;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const META_PACKAGE = "io.k8s.apimachinery.pkg.apis.meta.v1";
const EXTENSIONS_PACKAGE = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

/** Definitions that are a value of their own kind, not an object with fields. */
export const SCALAR_DEFINITIONS: ReadonlyMap<string, FieldType> = new Map<string, FieldType>([
  ["io.k8s.apimachinery.pkg.api.resource.Quantity", "quantity"],
  ["io.k8s.apimachinery.pkg.util.intstr.IntOrString", "intOrString"],
  ["io.k8s.apimachinery.pkg.runtime.RawExtension", "any"],
  [`${META_PACKAGE}.Time`, "time"],
  [`${META_PACKAGE}.MicroTime`, "microTime"],
  [`${META_PACKAGE}.FieldsV1`, "any"],
  [`${META_PACKAGE}.Patch`, "any"],
  [`${EXTENSIONS_PACKAGE}.JSON`, "any"],
  [`${EXTENSIONS_PACKAGE}.JSONSchemaPropsOrArray`, "any"],
  [`${EXTENSIONS_PACKAGE}.JSONSchemaPropsOrBool`, "any"],
  [`${EXTENSIONS_PACKAGE}.JSONSchemaPropsOrStringArray`, "any"],
]);

const APIMACHINERY: Readonly<Record<string, string>> = {
  Quantity: "io.k8s.apimachinery.pkg.api.resource",
  IntOrString: "io.k8s.apimachinery.pkg.util.intstr",
  RawExtension: "io.k8s.apimachinery.pkg.runtime",
};

const shapes = new Map<string, ObjectShape>();
let packages: ReadonlyMap<string, string> | undefined;

/** The shape of a kind, or undefined if the API of v1.36 has no such kind. */
export function shapeOf(gvk: GroupVersionKind): ObjectShape | undefined {
  packages ??= homes();
  const home = packages.get(`${gvk.group}/${gvk.version}`);
  const line = home === undefined ? undefined : PACKED_SHAPES[home]?.[gvk.kind];
  if (line?.startsWith("#") === true) return shapeNamed(`${home}.${gvk.kind}`);
  const shared = PACKED_SHAPES[META_PACKAGE]?.[gvk.kind];
  if (shared?.startsWith("#*") === true) return shapeNamed(`${META_PACKAGE}.${gvk.kind}`);
  const isCore = gvk.group === "" && gvk.version === "v1";
  return isCore && shared?.startsWith("#") === true ? shapeNamed(`${META_PACKAGE}.${gvk.kind}`) : undefined;
}

/** Group version -> package; what meta/v1 puts into the core group is looked up apart. */
function homes(): ReadonlyMap<string, string> {
  const entries = Object.entries(PACKAGE_GROUP_VERSIONS).filter(([name]) => name !== META_PACKAGE);
  return new Map(entries.map(([name, at]) => [at, name]));
}

/** The shape of a definition; a name nobody generated is a bug. */
export function shapeNamed(definition: string): ObjectShape {
  const known = shapes.get(definition);
  if (known !== undefined) return known;
  const dot = definition.lastIndexOf(".");
  const line = PACKED_SHAPES[definition.slice(0, dot)]?.[definition.slice(dot + 1)];
  assert(line !== undefined, `${definition} is a definition of the Kubernetes API`);
  const shape = parseShape(definition, line);
  shapes.set(definition, shape);
  return shape;
}

/** Every definition by name, scalars included, in alphabetical order of packages. */
export function definitionNames(): string[] {
  return Object.entries(PACKED_SHAPES).flatMap(([home, lines]) => Object.keys(lines).map((name) => `${home}.${name}`));
}

/** The kinds a definition stands for, as x-kubernetes-group-version-kind lists them. */
export function kindsOf(definition: string): GroupVersionKind[] {
  const dot = definition.lastIndexOf(".");
  const [home, kind] = [definition.slice(0, dot), definition.slice(dot + 1)];
  const line = PACKED_SHAPES[home]?.[kind] ?? "";
  if (!line.startsWith("#")) return [];
  const everywhere = line.startsWith("#*");
  const groupVersions = everywhere ? SCHEME_GROUP_VERSIONS : [PACKAGE_GROUP_VERSIONS[home] ?? "/v1"];
  return groupVersions.map((at) => {
    const slash = at.indexOf("/");
    return { group: at.slice(0, slash), version: at.slice(slash + 1), kind };
  });
}

/** The grammar of a line is told in scripts/generate/shapes-file.ts. */
function parseShape(name: string, line: string): ObjectShape {
  const home = name.slice(0, name.lastIndexOf("."));
  const fields = new Map<string, FieldShape>();
  const required: string[] = [];
  const facts: { mapType?: "atomic"; unions?: unknown } = {};
  for (const part of line.split(";")) {
    if (part === "" || part.startsWith("#")) continue;
    if (part === "@a") facts.mapType = "atomic";
    else if (part.startsWith("~")) facts.unions = JSON.parse(part.slice(1));
    else {
      const [field = "", type = "", ...marks] = part.split(" ");
      if (marks.includes("!")) required.push(field);
      fields.set(field, parseField(type, home, marks));
    }
  }
  return { name, fields, required: required.sort(), ...facts };
}

function parseField(type: string, home: string, marks: readonly string[]): FieldShape {
  const shape = parseType(type, home);
  for (const mark of marks) applyMark(shape, mark);
  return shape;
}

type Mutable = { -readonly [key in keyof FieldShape]: FieldShape[key] };

function parseType(type: string, home: string): Mutable {
  const rest = type.slice(1);
  switch (type.charAt(0)) {
    case "[":
      return { type: "array", items: parseType(rest, home) };
    case "{":
      return { type: "map", values: parseType(rest, home) };
    case ".":
      return parseReference(`${home}.${rest}`);
    case "*":
      return parseReference(`${APIMACHINERY[rest] ?? META_PACKAGE}.${rest}`);
  }
  if (type.includes(".")) return parseReference(`io.k8s.api.${type}`);
  if (type === "s") return { type: "string" };
  if (type === "b") return { type: "boolean" };
  if (type === "B") return { type: "bytes", format: "byte" };
  if (type === "o") return { type: "any" };
  if (type.startsWith("i")) return rest === "" ? { type: "integer" } : { type: "integer", format: `int${rest}` };
  return rest === "" ? { type: "number" } : { type: "number", format: "double" };
}

function parseReference(definition: string): Mutable {
  const scalar = SCALAR_DEFINITIONS.get(definition);
  if (scalar !== undefined) return { type: scalar, definition };
  return {
    type: "object",
    definition,
    // Types refer to each other in circles, so the target is looked up when it is asked for.
    get object() {
      return shapeNamed(definition);
    },
  };
}

function applyMark(shape: Mutable, mark: string): void {
  const rest = mark.slice(2);
  if (mark.startsWith("+")) {
    shape.alwaysPresent = true;
    shape.zero = JSON.parse(mark.slice(1));
  } else if (mark.startsWith("=")) shape.default = JSON.parse(mark.slice(1));
  else if (mark.startsWith("e:")) shape.enum = rest.split("|");
  else if (mark.startsWith("p:")) shape.patchStrategy = rest.split(",");
  else if (mark.startsWith("k:")) shape.patchMergeKey = rest;
  else if (mark.startsWith("lm:")) {
    shape.listType = "map";
    shape.listMapKeys = mark.slice(3).split(",");
  } else if (mark === "la") shape.listType = "atomic";
  else if (mark === "ls") shape.listType = "set";
  else if (mark === "ma") shape.mapType = "atomic";
  else if (mark === "mg") shape.mapType = "granular";
}
