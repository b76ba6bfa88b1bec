/**
 * Joins the facts of the packages into one list of definitions, as the OpenAPI v2 document of v1.36 would hold them.
 *
 * What no package knows is taken from overrides.ts; an override that says nothing new is an error, so that the file
 * stays as small as it can be.
 */
import { CHANGES, type Change, DEFINITIONS, NAMES, UNSERVED } from "./overrides.ts";
import type { ClassField, ClientClass, Packages, RawSchema } from "./packages.ts";

/** A group, version and kind, as `x-kubernetes-group-version-kind` lists them. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The schema of a field; `$ref` is a bare definition name. */
export interface Property {
  $ref?: string;
  type?: string;
  format?: string;
  description?: string;
  items?: Property;
  additionalProperties?: Property;
  [extension: `x-kubernetes-${string}`]: unknown;
}

/** The schema of a named type. */
export interface Definition {
  description?: string;
  type?: string;
  format?: string;
  properties?: Record<string, Property>;
  required?: string[];
  [extension: `x-kubernetes-${string}`]: unknown;
}

export type Definitions = ReadonlyMap<string, Definition>;

/** The package of the types all kinds share. */
export const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const SCALARS: Readonly<Record<string, Property>> = {
  string: { type: "string" },
  boolean: { type: "boolean" },
  any: { type: "object" },
  object: { type: "object" },
  Date: { $ref: `${META}Time` },
  V1MicroTime: { $ref: `${META}MicroTime` },
  IntOrString: { $ref: "io.k8s.apimachinery.pkg.util.intstr.IntOrString" },
};

/** Packages whose types live outside `io.k8s.api`. */
const PACKAGES: Readonly<Record<string, string>> = {
  apiextensions: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
  apiregistration: "io.k8s.kube-aggregator.pkg.apis.apiregistration",
  meta: "io.k8s.apimachinery.pkg.apis.meta",
};

const KEPT = /^x-kubernetes-(list-type|list-map-keys|patch-merge-key|patch-strategy|map-type|unions)$/;

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const packageOf = (definition: string): string => definition.slice(0, definition.lastIndexOf("."));
const nameOf = (definition: string): string => definition.slice(definition.lastIndexOf(".") + 1);

/** `apps.v1.DeploymentSpec`, the name documentation is kept under. */
export function shortName(definition: string): string {
  return definition.split(".").slice(-3).join(".");
}

/** Whether a definition is a kind with a name and a life of its own: not a list, not an answer such as Status. */
export function isObjectKind(definition: Definition): boolean {
  const isKind = definition["x-kubernetes-group-version-kind"] !== undefined;
  return isKind && definition.properties?.["metadata"]?.$ref === `${META}ObjectMeta`;
}

/** The definitions of Kubernetes v1.36 by name, in alphabetical order. */
export function buildDefinitions(packages: Packages): Definitions {
  const named = nameClasses(packages);
  const definitions = new Map<string, Definition>();
  for (const [definition, className] of named) {
    const fields = packages.classes.get(className);
    if (fields !== undefined) definitions.set(definition, buildDefinition(definition, fields, named, packages));
  }
  for (const [name, definition] of Object.entries(DEFINITIONS)) definitions.set(name, { ...definition });
  describeScalars(definitions, packages);
  addKinds(definitions, packages);
  applyOverrides(definitions);
  return new Map([...definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Definition name -> class name. */
function nameClasses({ classes, groupVersions, documentation, older }: Packages): Map<string, string> {
  const served = new Map([...groupVersions.values()].map((gv) => [`${shortGroup(gv.group)}.${gv.version}`, gv]));
  const names = new Set<string>();
  const offer = (short: string): void => {
    const [group = "", version = "", name = ""] = short.split(".");
    if (name === "" || !(served.has(`${group}.${version}`) || group === "meta")) return;
    names.add(`${PACKAGES[group] ?? `io.k8s.api.${group}`}.${version}.${name}`);
  };
  for (const name of Object.keys(older)) offer(shortName(name));
  for (const [name, fields] of documentation) {
    offer(name);
    if (fields.has("kind") && fields.has("metadata")) offer(`${name}List`);
  }

  const found = new Map<string, string>(Object.entries(NAMES));
  const taken = new Set<string>(found.values());
  for (const name of names) {
    const className = classFor(name, classes);
    if (className === undefined) continue;
    found.set(name, className);
    taken.add(className);
  }
  nameByReference(found, taken, classes);
  const unnamed = [...classes.keys()].filter((name) => !taken.has(name) && SCALARS[name] === undefined);
  if (unnamed.length > 0) throw new Error(`no definition name for ${unnamed.join(", ")}`);
  return found;
}

const shortGroup = (group: string): string =>
  group === "" ? "core" : group === "internal.apiserver.k8s.io" ? "apiserverinternal" : (group.split(".")[0] ?? "");

function classFor(definition: string, classes: ReadonlyMap<string, ClientClass>): string | undefined {
  const [group = "", version = "", name = ""] = shortName(definition).split(".");
  const spellings = [`${capital(group)}${capital(version)}${name}`, `${capital(version)}${name}`];
  return spellings.find((spelling) => classes.has(spelling));
}

/** A class nobody names belongs to the package of the first class that refers to it. */
function nameByReference(found: Map<string, string>, taken: Set<string>, classes: Packages["classes"]): void {
  for (const [definition, className] of found) {
    for (const field of classes.get(className)?.fields ?? []) {
      const target = (field.type.match(/\w+/g) ?? []).find((word) => classes.has(word) && !taken.has(word));
      if (target === undefined || SCALARS[target] !== undefined) continue;
      taken.add(target);
      found.set(`${packageOf(definition)}.${target.replace(/^[A-Za-z]*V\d+(?:(?:alpha|beta)\d+)?/, "")}`, target);
    }
  }
}

function buildDefinition(
  name: string,
  { description, fields }: ClientClass,
  named: ReadonlyMap<string, string>,
  packages: Packages,
): Definition {
  const older = packages.older[name];
  const documentation = packages.documentation.get(shortName(name));
  const properties: Record<string, Property> = {};
  for (const field of fields) {
    const before = older?.properties?.[field.name];
    const property = fieldSchema(name, field, before, named);
    const documented = documentation?.get(field.name);
    // Where a field refers to a type, the class and the older document tell of the type instead.
    const isReference = property.$ref !== undefined;
    const ofType = isReference ? packages.older[property.$ref ?? ""]?.description : undefined;
    const ofClass = field.description === ofType && isReference ? undefined : field.description;
    const about = bestText(isReference ? [documented, ofClass] : [ofClass, documented, before?.description]);
    if (about !== undefined) property.description = about;
    properties[field.name] = property;
  }
  const about = bestText([description, documentation?.get(""), older?.description]);
  const required = fields.filter((field) => !field.optional).map((field) => field.name);
  return {
    ...(about === undefined ? {} : { description: about }),
    ...(fields.length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required: required.sort() }),
    type: "object",
    ...extensionsOf(older),
  };
}

/** The first text there is, in the spelling that kept its lines. */
function bestText(texts: readonly (string | undefined)[]): string | undefined {
  const present = texts.filter((text) => text !== undefined && text !== "");
  const words = (text: string | undefined): string => (text ?? "").replace(/\s+/g, " ").trim();
  const [first] = present;
  return present.find((text) => text?.includes("\n") && words(text) === words(first)) ?? first;
}

function fieldSchema(
  name: string,
  field: ClassField,
  before: RawSchema | undefined,
  named: ReadonlyMap<string, string>,
): Property {
  const property = schemaOf(field.type, field.format, { from: name, named });
  // A class says `string` for a Quantity and `any` for raw JSON; the older document still refers to the type.
  if (before !== undefined) adoptReference(property, before);
  Object.assign(property, extensionsOf(before));
  if (property.type === "array" && property["x-kubernetes-list-type"] === undefined) {
    Object.assign(property, listType(name, property));
  }
  return property;
}

/** Lists are atomic unless patches merge them; the items of a `FooList` say nothing at all. */
function listType(name: string, property: Property): Partial<Property> {
  const strategy = property["x-kubernetes-patch-strategy"];
  const key = property["x-kubernetes-patch-merge-key"];
  if (typeof strategy === "string" && strategy.includes("merge")) {
    if (typeof key !== "string") return { "x-kubernetes-list-type": "set" };
    return { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key] };
  }
  return name.endsWith("List") ? {} : { "x-kubernetes-list-type": "atomic" };
}

function extensionsOf(schema: RawSchema | undefined): Record<`x-kubernetes-${string}`, unknown> {
  return Object.fromEntries(Object.entries(schema ?? {}).filter(([key]) => KEPT.test(key)));
}

const bare = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1);

function adoptReference(property: Property, before: RawSchema): void {
  const isLoose = property.$ref === undefined && (property.type === "string" || property.type === "object");
  if (before.$ref !== undefined && isLoose && property.additionalProperties === undefined) {
    if (property.type === "string" && !before.$ref.endsWith(".Quantity")) return;
    delete property.type;
    delete property.format;
    property.$ref = bare(before.$ref);
  }
  if (property.items !== undefined && before.items !== undefined) adoptReference(property.items, before.items);
  const [values, olderValues] = [property.additionalProperties, before.additionalProperties];
  if (values !== undefined && olderValues !== undefined) adoptReference(values, olderValues);
}

interface Scope {
  readonly from: string;
  readonly named: ReadonlyMap<string, string>;
}

function schemaOf(type: string, format: string, scope: Scope): Property {
  const list = type.match(/^(?:Array|Set)<(.*)>$/);
  if (list !== null) return { items: schemaOf(list[1] ?? "", format, scope), type: "array" };
  const map = type.match(/^\{ \[key: string\]: (.*); \}$/);
  if (map !== null) return { additionalProperties: schemaOf(map[1] ?? "", format, scope), type: "object" };
  const withFormat = format === "" || format === "date-time" || format === "int-or-string" ? {} : { format };
  if (type === "number") return { ...withFormat, type: /double|float/.test(format) ? "number" : "integer" };
  const scalar = SCALARS[type];
  if (scalar !== undefined) return type === "string" ? { ...withFormat, ...scalar } : { ...scalar };
  return { $ref: definitionOf(type, scope) };
}

/** Two groups may share one class: the definition of the referring package wins. */
function definitionOf(className: string, { from, named }: Scope): string {
  let first: string | undefined;
  for (const [definition, name] of named) {
    if (name !== className) continue;
    if (packageOf(definition) === packageOf(from)) return definition;
    first ??= definition;
  }
  if (first === undefined) throw new Error(`${from} refers to the unknown class ${className}`);
  return first;
}

/** The built-in types that are not classes: their text comes from the older document where it has one. */
function describeScalars(definitions: Map<string, Definition>, { older }: Packages): void {
  for (const name of Object.keys(DEFINITIONS)) {
    const definition = definitions.get(name);
    const about = older[name]?.description;
    if (definition !== undefined && about !== undefined) definition.description ??= about;
  }
}

function addKinds(definitions: Map<string, Definition>, { groupVersions }: Packages): void {
  const versions = new Map<string, { group: string; version: string }>();
  for (const { group, version } of groupVersions.values()) {
    const short = shortGroup(group);
    versions.set(`${PACKAGES[short] ?? `io.k8s.api.${short}`}.${version}`, { group, version });
  }
  for (const [name, definition] of definitions) {
    const at = versions.get(packageOf(name));
    const { apiVersion, kind } = definition.properties ?? {};
    if (at === undefined || apiVersion?.type !== "string" || kind?.type !== "string") continue;
    if (definition.properties?.["metadata"] === undefined) continue;
    definition["x-kubernetes-group-version-kind"] = [{ ...at, kind: nameOf(name) }];
  }
  const all = [...groupVersions.values(), ...UNSERVED.map(parseGroupVersion)];
  all.sort((a, b) => (`${a.group}/${a.version}` < `${b.group}/${b.version}` ? -1 : 1));
  for (const kind of ["DeleteOptions", "WatchEvent"]) {
    const definition = definitions.get(META + kind);
    if (definition === undefined) throw new Error(`${kind} is missing`);
    definition["x-kubernetes-group-version-kind"] = all.map((at) => ({ ...at, kind }));
  }
}

function parseGroupVersion(text: string): { group: string; version: string } {
  const [group = "", version = ""] = text.split("/");
  return { group, version };
}

function applyOverrides(definitions: Map<string, Definition>): void {
  const full = new Map([...definitions.keys()].map((name) => [shortName(name), name]));
  for (const [path, change] of Object.entries(CHANGES)) {
    const [place = "", field] = path.split("#");
    const [group, versions = "", name] = place.split(".");
    for (const version of versions.split("|")) {
      const definition = definitions.get(full.get(`${group}.${version}.${name}`) ?? "");
      const target = field === undefined ? definition : definition?.properties?.[field];
      if (target === undefined) throw new Error(`the override of ${path} changes nothing that exists`);
      if (!applyChange(target, change)) throw new Error(`the override of ${path} says again what the packages say`);
    }
  }
}

function applyChange(target: object, change: Change): boolean {
  const before = JSON.stringify(target);
  for (const [key, value] of Object.entries(change)) {
    if (value === null) Reflect.deleteProperty(target, key);
    else Reflect.set(target, key, structuredClone(value));
  }
  return JSON.stringify(target) !== before;
}
