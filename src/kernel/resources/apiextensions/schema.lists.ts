/**
 * Lists and maps in a schema: how they merge, and by which keys items of a list are known.
 *
 * Models apiextensions-apiserver/pkg/apis/apiextensions/validation (x-kubernetes-list-type and its kin).
 */
import type { At } from "#kernel/apimachinery/field-errors";
import { itemsOf, propertyOf, type Schema } from "#kernel/resources/apiextensions/schema";

const LIST_TYPES = ["atomic", "set", "map"];
const MAP_TYPES = ["atomic", "granular"];

/** Says what is wrong with how one node's lists and maps are declared. */
export function validateListsAndMaps(schema: Schema, at: At): void {
  const mapType = schema["x-kubernetes-map-type"];
  const listType = schema["x-kubernetes-list-type"];
  if (mapType !== undefined) {
    mustHaveType(schema, "object", "x-kubernetes-map-type", at);
    if (!MAP_TYPES.includes(mapType)) at("x-kubernetes-map-type").notSupported(mapType, MAP_TYPES);
  }
  if (listType !== undefined) {
    const isList = mustHaveType(schema, "array", "x-kubernetes-list-type", at);
    if (isList && listType === "set") validateSetItems(schema, at);
    if (!LIST_TYPES.includes(listType)) at("x-kubernetes-list-type").notSupported(listType, LIST_TYPES);
  }
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (keys.length > 0 && listType !== "map") {
    const detail = "must be map if x-kubernetes-list-map-keys is non-empty";
    if (listType === undefined) at("x-kubernetes-list-type").required(detail);
    else at("x-kubernetes-list-type").invalid(listType, detail);
  }
  if (listType === "map") validateMapKeys(schema, keys, at);
  if (listType === "map" || listType === "set") validateItems(schema, { listType, keys }, at);
}

function mustHaveType({ type = "" }: Schema, wanted: string, because: string, at: At): boolean {
  if (type === wanted) return true;
  const detail = `must be ${wanted} if ${because} is specified`;
  if (type === "") at("type").required(detail);
  else at("type").invalid(type, detail);
  return false;
}

function validateSetItems(schema: Schema, at: At): void {
  const items = itemsOf(schema);
  const detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const listType = items?.["x-kubernetes-list-type"];
  if (items?.type === "array" && listType !== undefined && listType !== "atomic") {
    at("items.x-kubernetes-list-type").invalid(listType, detail);
  }
  // Upstream shows the items' list type here, which an object has not.
  if (items?.type === "object" && items["x-kubernetes-map-type"] !== "atomic") {
    at("items.x-kubernetes-map-type").invalid(listType, detail);
  }
}

function validateMapKeys(schema: Schema, keys: readonly string[], at: At): void {
  if (keys.length === 0) {
    at("x-kubernetes-list-map-keys").required("must not be empty if x-kubernetes-list-type is map");
  }
  if (schema.items === undefined) at("items").required("must have a schema if x-kubernetes-list-type is map");
  const items = itemsOf(schema);
  if (schema.items !== undefined && items === undefined) {
    at("items").invalid(schema.items, "must only have a single schema if x-kubernetes-list-type is map");
  }
  if (items === undefined) return;
  if (items.type !== "object") {
    at("items.type").invalid(items.type ?? "", "must be object if parent array's x-kubernetes-list-type is map");
    return;
  }
  for (const [n, key] of keys.entries()) {
    const property = propertyOf(items, key);
    if (property === undefined) {
      at("x-kubernetes-list-map-keys").invalid(keys, "entries must all be names of item properties");
    } else if (property.type === "array" || property.type === "object") {
      at(`items.properties[${key}].type`).invalid(
        items.type,
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      );
    }
    if (keys.indexOf(key) < n) at("x-kubernetes-list-map-keys").invalid(keys, "must not contain duplicate entries");
  }
}

function validateItems(
  schema: Schema,
  { listType, keys }: { readonly listType: string; readonly keys: readonly string[] },
  at: At,
): void {
  const items = itemsOf(schema);
  if (items === undefined) return;
  if (items.nullable === true) {
    at("items.nullable").forbidden(`cannot be nullable when x-kubernetes-list-type is ${listType}`);
  }
  if (listType !== "map") return;
  const because = "this property is in x-kubernetes-list-map-keys, so it";
  for (const key of keys) {
    const property = propertyOf(items, key);
    if (property === undefined) continue;
    const path = `items.properties[${key}]`;
    const isThere =
      items.required?.includes(key) === true || (property.default !== undefined && property.default !== null);
    if (!isThere) at(`${path}.default`).required(`${because} must have a default or be a required property`);
    if (property.nullable === true) at(`${path}.nullable`).forbidden(`${because} cannot be nullable`);
  }
}
