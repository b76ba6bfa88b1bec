/**
 * Strategic merge patch: merging by the schema, lists by their merge keys, with directives.
 *
 * Models apimachinery/pkg/util/strategicpatch (StrategicMergeMapPatchUsingLookupPatchMeta) and how
 * apiserver/pkg/endpoints/handlers/patch.go answers its errors.
 */
import { badRequest, patchRefused, type StatusError, unknownError } from "#kernel/apimachinery/errors";
import { goTypeName, goValue } from "#kernel/apimachinery/go-text";
import { isObject, type JsonObject, ObjectDraft, sharedList } from "#kernel/apimachinery/patch/json";
import { unmarshalText } from "#kernel/apimachinery/patch/json-patch";
import { inOrder, isDeleted, mapByKey } from "#kernel/apimachinery/patch/list-order";

/** The schema of an object as far as patches ask for it. */
export interface PatchShape {
  readonly fields: ReadonlyMap<string, PatchField>;
}

/** The schema of a field: an object with known fields, a list, a map, or none of these. */
export interface PatchField {
  readonly patchStrategy?: readonly string[] | undefined;
  readonly patchMergeKey?: string | undefined;
  readonly object?: PatchShape | undefined;
  readonly items?: PatchField | undefined;
  readonly values?: PatchField | undefined;
}

const directive = "$patch";
const retainKeysDirective = "$retainKeys";
const deletePrefix = "$deleteFromPrimitiveList";
const orderPrefix = "$setElementOrder";

/**
 * Gives the patched document. Neither argument is changed; what the patch does not touch is shared with the document.
 * Raises BadRequest for malformed directives, Invalid for lists of lists, and a 500 without a reason, as the API server
 * does, for the rest: an item without its merge key, an unknown directive.
 */
export function strategicMergePatch(document: unknown, patch: unknown, shape: PatchShape | undefined): unknown {
  if (!isObject(patch)) throw badRequest(unmarshalText(patch, "map[string]interface {}"));
  return mergeObject(isObject(document) ? document : {}, patch, { object: shape });
}

function mergeObject(original: JsonObject, patch: JsonObject, type: PatchField): JsonObject {
  if (Object.hasOwn(patch, directive)) return directed(patch);
  const draft = new ObjectDraft(original);
  retainKeys(draft, patch);
  const ordered = applyOrders(draft, patch, type);
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeysDirective || key.startsWith(orderPrefix) || ordered.has(key)) continue;
    if (key.startsWith(deletePrefix)) deleteFromList(draft, nameBehind(key, deletePrefix), value);
    else if (value === null) draft.delete(key);
    else draft.set(key, mergeValue(draft.get(key), value, fieldType(type, key)));
  }
  return draft.done();
}

/** A whole object replaced or emptied. */
function directed(patch: JsonObject): JsonObject {
  const { [directive]: what, ...rest } = patch;
  if (what === "replace") return rest;
  if (what === "delete") return {};
  throw unknownError(`unknown patch type: ${goValue(what)} in map: ${goValue(patch)}`);
}

/** Gives the schema of a field: a known one's own, or that which all values of a map have. */
function fieldType(type: PatchField, key: string): PatchField {
  return type.object?.fields.get(key) ?? type.values ?? {};
}

function mergeValue(old: unknown, value: unknown, type: PatchField): unknown {
  const isReplaced = type.patchStrategy?.includes("replace") === true;
  if (isObject(old) && isObject(value)) return isReplaced ? value : mergeObject(old, value, type);
  if (Array.isArray(old) && Array.isArray(value)) {
    return type.patchStrategy?.includes("merge") === true ? mergeList(old, value, type) : value;
  }
  return plain(value);
}

/** Gives a value of a patch that meets nothing to merge with: without nulls and directives. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isDirectiveOnly(item)).map(plain);
  if (!isObject(value)) return value;
  if (value[directive] === "delete") return {};
  const entries = Object.entries(value).filter(([key, item]) => item !== null && !isDirective(key));
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}

const isDirective = (key: string): boolean =>
  key === directive || key === retainKeysDirective || key.startsWith(deletePrefix) || key.startsWith(orderPrefix);

const isDirectiveOnly = (item: unknown): boolean =>
  isObject(item) && (isDeleted(item) || (Object.hasOwn(item, directive) && Object.keys(item).length === 1));

/** Clears every field that `$retainKeys` does not name, as a union's other members must go when one is chosen. */
function retainKeys(draft: ObjectDraft, patch: JsonObject): void {
  const keys = patch[retainKeysDirective];
  if (keys === undefined) return;
  if (!Array.isArray(keys)) throw badRequest("invalid patch format of retainKeys");
  const kept = new Set<unknown>(keys);
  for (const [key, value] of Object.entries(patch)) {
    const isChecked = value !== null && !isDirective(key);
    if (isChecked && !kept.has(key)) throw badRequest("invalid patch format of retainKeys");
  }
  for (const key of draft.keys()) if (!kept.has(key)) draft.delete(key);
}

/** Merges and sorts every list that has a `$setElementOrder`; gives the names of these lists. */
function applyOrders(draft: ObjectDraft, patch: JsonObject, type: PatchField): ReadonlySet<string> {
  const ordered = new Set<string>();
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue;
    const name = nameBehind(key, orderPrefix);
    const old = optionalList(draft.get(name));
    const items = optionalList(patch[name]);
    const field = fieldType(type, name);
    const mergeKey = field.patchMergeKey ?? "";
    const orderList = listOrBadType(order);
    checkOrder(items ?? [], orderList, mergeKey);
    if (old === undefined && items === undefined) continue;
    ordered.add(name);
    const isMerged = field.patchStrategy?.includes("merge") === true;
    const merged = orderedContents(old, items, isMerged ? field : undefined);
    const isListOfMaps = checkElements(old ?? [], items ?? []) === "map[string]interface {}";
    draft.set(
      name,
      sharedList(
        old ?? [],
        inOrder({ items: merged, order: orderList, serverOrder: old ?? [], mergeKey, isListOfMaps }),
      ),
    );
  }
  return ordered;
}

function orderedContents(
  old: readonly unknown[] | undefined,
  items: readonly unknown[] | undefined,
  field: PatchField | undefined,
): readonly unknown[] {
  if (items === undefined) return old ?? [];
  if (old === undefined) return plain(items) as readonly unknown[];
  return field === undefined ? items : mergeList(old, items, field);
}

function nameBehind(key: string, prefix: string): string {
  if (key.startsWith(`${prefix}/`)) return key.slice(prefix.length + 1);
  const what = prefix === deletePrefix ? "primitive list" : "setElementOrder list";
  throw badRequest(`invalid patch format of ${what}`);
}

function optionalList(value: unknown): readonly unknown[] | undefined {
  return value === undefined ? undefined : listOrBadType(value);
}

function listOrBadType(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw badType("[]interface {}", value);
}

const badType = (expected: string, value: unknown): StatusError =>
  unknownError(`expected a ${expected}, but received a ${goTypeName(value)}`);

/** The items of the patch must stand in the order that `$setElementOrder` gives. */
function checkOrder(items: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  const keyOf = (item: unknown): unknown => (mergeKey === "" ? item : mapByKey(item, mergeKey)[mergeKey]);
  const kept = mergeKey === "" ? items : items.filter((item) => !(isObject(item) && Object.hasOwn(item, directive)));
  let next = 0;
  for (const place of order) {
    if (next < kept.length && keyOf(kept[next]) === keyOf(place)) next += 1;
  }
  if (next === kept.length) return;
  throw unknownError(
    `The order in patch list:\n${goValue(items)}\n doesn't match ${orderPrefix} list:\n${goValue(order)}\n`,
  );
}

/** Gives the type that all elements have; undefined if there is no element. */
function checkElements(...lists: readonly (readonly unknown[])[]): string | undefined {
  const types = new Set(lists.flat().map(elementType));
  if (types.size > 1) throw unknownError(`list element types are not identical: ${goValue(lists)}`);
  return [...types][0];
}

function elementType(element: unknown): string {
  if (Array.isArray(element)) throw patchRefused();
  return goTypeName(element);
}

function deleteFromList(draft: ObjectDraft, name: string, value: unknown): void {
  const old = draft.get(name);
  if (!Array.isArray(old) || !Array.isArray(value)) return;
  const gone = new Set<unknown>(value);
  draft.set(
    name,
    sharedList(
      old,
      old.filter((item) => !gone.has(item)),
    ),
  );
}

function mergeList(old: readonly unknown[], items: readonly unknown[], type: PatchField): readonly unknown[] {
  if (old.length === 0 && items.length === 0) return old;
  const isListOfMaps = checkElements(old, items) === "map[string]interface {}";
  const mergeKey = type.patchMergeKey ?? "";
  if (!isListOfMaps) {
    const both = [...new Set([...old, ...items])];
    return sharedList(old, inOrder({ items: both, order: items, serverOrder: old, mergeKey: "", isListOfMaps }));
  }
  if (mergeKey === "") throw unknownError("cannot merge lists without merge key for type struct");
  const { kept, patches } = applyItemDirectives(old as readonly JsonObject[], items as readonly JsonObject[], mergeKey);
  const merged = mergeItems(kept, patches, mergeKey, type.items ?? {});
  return sharedList(old, inOrder({ items: merged, order: patches, serverOrder: kept, mergeKey, isListOfMaps }));
}

/** Applies the items that are directives; gives what is left of the list and of the patch. */
function applyItemDirectives(
  old: readonly JsonObject[],
  items: readonly JsonObject[],
  mergeKey: string,
): { kept: readonly JsonObject[]; patches: readonly JsonObject[] } {
  let kept = old;
  let isReplaced = false;
  const patches: JsonObject[] = [];
  for (const item of items) {
    const what = item[directive];
    if (!Object.hasOwn(item, directive)) patches.push(item);
    else if (what === "delete") {
      const key = mapByKey(item, mergeKey)[mergeKey];
      kept = kept.filter((other) => other[mergeKey] !== key);
    } else if (what === "replace") isReplaced = true;
    else if (what === "merge") throw unknownError("merging lists cannot yet be specified in the patch");
    else throw unknownError(`unknown patch type: ${goValue(what)} in map: ${goValue(item)}`);
  }
  return isReplaced ? { kept: patches, patches: [] } : { kept, patches };
}

function mergeItems(
  kept: readonly JsonObject[],
  patches: readonly JsonObject[],
  mergeKey: string,
  type: PatchField,
): JsonObject[] {
  const merged = [...kept];
  for (const patch of patches) {
    const key = mapByKey(patch, mergeKey)[mergeKey];
    const place = merged.findIndex((item) => item[mergeKey] === key);
    const old = merged[place];
    if (old === undefined) merged.push(plain(patch) as JsonObject);
    else merged[place] = mergeObject(old, patch, type);
  }
  return merged;
}
