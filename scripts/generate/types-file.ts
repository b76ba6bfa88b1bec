/**
 * Writes the TypeScript interfaces of every definition: the text of src/kernel/api/types.gen.ts.
 *
 * A type is called by its bare name; where groups or versions share one, the most used keeps it and the others carry
 * their group in front (`EventsEvent`) or their version behind (`HorizontalPodAutoscalerV1`).
 */
import { type Definition, type Definitions, isObjectKind, META, type Property, shortName } from "./definitions.ts";

const EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";

/** Definitions that are no interface. */
const ALIASES: Readonly<Record<string, string>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": "Quantity",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "IntOrString",
  "io.k8s.apimachinery.pkg.runtime.RawExtension": "RawExtension",
  [`${META}Time`]: "Time",
  [`${META}MicroTime`]: "MicroTime",
  [`${META}FieldsV1`]: "FieldsV1",
  [`${META}Patch`]: "Patch",
  [`${EXTENSIONS}JSON`]: "unknown",
  [`${EXTENSIONS}JSONSchemaPropsOrArray`]: "JSONSchemaProps | JSONSchemaProps[]",
  [`${EXTENSIONS}JSONSchemaPropsOrBool`]: "JSONSchemaProps | boolean",
  [`${EXTENSIONS}JSONSchemaPropsOrStringArray`]: "JSONSchemaProps | string[]",
};

const HEADER = `/**
 * The types of the Kubernetes v1.36 API. Written by \`npm run generate\`; never edited by hand.
 */

/** A number or a string, as ports and percentages are written. */
export type IntOrString = number | string;
/** An amount with a suffix: \`100m\`, \`1.5Gi\`. */
export type Quantity = string;
/** An instant in RFC 3339, to the second. */
export type Time = string;
/** An instant in RFC 3339, to the microsecond. */
export type MicroTime = string;
/** An object of a kind the API does not know in advance. */
export type RawExtension = Record<string, unknown>;
/** The set of fields an applier owns. */
export type FieldsV1 = Record<string, unknown>;
/** The body of a PATCH. */
export type Patch = Record<string, unknown>;
`;

/** Groups in the order in which they may claim a bare name. */
const RANK = ["meta", "core", "apps", "batch", "autoscaling", "networking", "rbac", "policy"];

interface Name {
  readonly definition: string;
  readonly group: string;
  readonly version: string;
  readonly name: string;
  readonly isKind: boolean;
}

/** The text of types.gen.ts. */
export function typesFile(definitions: Definitions): string {
  const names = typeNames(definitions);
  const blocks = [...definitions]
    .filter(([name]) => ALIASES[name] === undefined)
    .sort(([a], [b]) => ((names.get(a) ?? "") < (names.get(b) ?? "") ? -1 : 1))
    .map(([name, definition]) => interfaceOf(name, definition, names));
  return `${HEADER}\n${blocks.join("\n")}`;
}

/** Definition name -> TypeScript name. */
export function typeNames(definitions: Definitions): Map<string, string> {
  const byName = new Map<string, Name[]>();
  for (const [definition, schema] of definitions) {
    const [group = "", version = "", name = ""] = shortName(definition).split(".");
    const isKind = schema["x-kubernetes-group-version-kind"] !== undefined;
    const rivals = byName.get(name) ?? [];
    rivals.push({ definition, group, version, name, isKind });
    byName.set(name, rivals);
  }
  const names = new Map<string, string>(Object.entries(ALIASES));
  const used = new Set<string>();
  for (const rivals of byName.values()) {
    rivals.sort(byClaim);
    const [first] = rivals;
    for (const rival of rivals) {
      if (ALIASES[rival.definition] !== undefined || first === undefined) continue;
      const name = rival === first ? rival.name : qualified(rival, rivals);
      if (used.has(name)) throw new Error(`two definitions would be called ${name}`);
      used.add(name);
      names.set(rival.definition, name);
    }
  }
  return names;
}

/** The best version of another group carries its group alone, every further one its version too. */
function qualified(rival: Name, rivals: readonly Name[]): string {
  const home = rivals[0]?.group === rival.group;
  const isBest = rivals.find(({ group }) => group === rival.group) === rival;
  const prefix = home ? "" : capital(rival.group);
  return `${prefix}${rival.name}${isBest ? "" : capital(rival.version)}`;
}

function byClaim(a: Name, b: Name): number {
  const kind = Number(b.isKind) - Number(a.isKind);
  const stable = Number(/alpha|beta/.test(a.version)) - Number(/alpha|beta/.test(b.version));
  const [rankA, rankB] = [a, b].map(({ group }) => (RANK.includes(group) ? RANK.indexOf(group) : RANK.length));
  const rank = (rankA ?? 0) - (rankB ?? 0);
  const group = a.group < b.group ? -1 : a.group > b.group ? 1 : 0;
  return stable || kind || rank || group || maturity(b.version) - maturity(a.version);
}

/** v2 > v1 > v1beta2 > v1beta1 > v1alpha3. */
function maturity(version: string): number {
  const [, major = "0", stage, minor = "0"] = version.match(/^v(\d+)(alpha|beta)?(\d+)?$/) ?? [];
  const stages = { alpha: 0, beta: 1 }[stage ?? ""] ?? 2;
  return stages * 10_000 + Number(major) * 100 + Number(minor);
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function interfaceOf(name: string, definition: Definition, names: ReadonlyMap<string, string>): string {
  const typeName = names.get(name) ?? "";
  const properties = Object.entries(definition.properties ?? {});
  if (properties.length === 0) return `export type ${typeName} = Record<string, never>;\n`;
  const required = requiredFields(name, definition);
  const lines = properties.map(([field, property]) => {
    const isPart = property.$ref === `${META}ObjectMeta` && !isObjectKind(definition);
    const type = isPart ? "Partial<ObjectMeta>" : typeOf(property, names);
    return `  ${key(field)}${required.has(field) ? "" : "?"}: ${type};`;
  });
  return `export interface ${typeName} {\n${lines.join("\n")}\n}\n`;
}

/** What a stored object always has, beside what a client must send. */
function requiredFields(name: string, definition: Definition): Set<string> {
  const { items, metadata } = definition.properties ?? {};
  const isList = definition["x-kubernetes-group-version-kind"] !== undefined && items !== undefined;
  const always = [
    ...(isObjectKind(definition) || isList ? ["apiVersion", "kind", "metadata"] : []),
    // The spec of an object, and of a template of an object, is a struct by value.
    ...(metadata?.$ref === `${META}ObjectMeta` ? ["spec"] : []),
    ...(name === `${META}ObjectMeta` ? ["name", "uid", "resourceVersion", "creationTimestamp"] : []),
  ];
  return new Set([...(definition.required ?? []), ...always]);
}

function typeOf(property: Property, names: ReadonlyMap<string, string>): string {
  if (property.$ref !== undefined) {
    const name = names.get(property.$ref);
    if (name === undefined) throw new Error(`no type is called ${property.$ref}`);
    return name;
  }
  if (property.items !== undefined) {
    const item = typeOf(property.items, names);
    return /[ |]/.test(item) ? `(${item})[]` : `${item}[]`;
  }
  if (property.additionalProperties !== undefined) {
    return `Record<string, ${typeOf(property.additionalProperties, names)}>`;
  }
  if (property.type === "integer" || property.type === "number") return "number";
  if (property.type === "object") return "Record<string, unknown>";
  return property.type ?? "unknown";
}
