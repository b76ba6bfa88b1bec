/**
 * Queries and updates of MongoDB on documents.
 *
 * Leaves out aggregation, indexes and positions in arrays: an operator that is not here is refused by its name.
 */
import type { Data, Doc } from "#kernel/runtime/images/mongo/literal";

/** A request that cannot be carried out, as the server words it. */
export class MongoError {
  constructor(
    readonly message: string,
    readonly name = "MongoServerError",
  ) {}
}

const isDoc = (data: Data | undefined): data is Doc =>
  typeof data === "object" && data !== null && !Array.isArray(data);

const same = (a: Data | undefined, b: Data): boolean => JSON.stringify(a ?? null) === JSON.stringify(b);

/** The value at `a.b`. */
export function at(doc: Doc, path: string): Data | undefined {
  let value: Data | undefined = doc;
  for (const key of path.split(".")) value = isDoc(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

function order(a: Data | undefined, b: Data): number | undefined {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return typeof a === "string" && typeof b === "string" ? (a < b ? -1 : a > b ? 1 : 0) : undefined;
}

function holds(value: Data | undefined, operator: string, wanted: Data): boolean {
  const ranked = order(value, wanted);
  const list = Array.isArray(wanted) ? (wanted as readonly Data[]) : [];
  switch (operator) {
    case "$eq":
      return same(value, wanted);
    case "$ne":
      return !same(value, wanted);
    case "$gt":
      return ranked !== undefined && ranked > 0;
    case "$gte":
      return ranked !== undefined && ranked >= 0;
    case "$lt":
      return ranked !== undefined && ranked < 0;
    case "$lte":
      return ranked !== undefined && ranked <= 0;
    case "$in":
      return list.some((one) => same(value, one));
    case "$nin":
      return !list.some((one) => same(value, one));
    case "$exists":
      return (value !== undefined) === (wanted !== false);
    default:
      throw new MongoError(`unknown operator: ${operator}`);
  }
}

/** Whether a document is what a filter wants. Raises MongoError. */
export function fits(doc: Doc, filter: Doc): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    const list = (Array.isArray(wanted) ? wanted : []) as readonly Doc[];
    if (key === "$or") return list.some((one) => fits(doc, one));
    if (key === "$and") return list.every((one) => fits(doc, one));
    if (key.startsWith("$")) throw new MongoError(`unknown top level operator: ${key}`);
    const value = at(doc, key);
    const isTest = isDoc(wanted) && Object.keys(wanted).some((name) => name.startsWith("$") && name !== "$oid");
    if (isTest) return Object.entries(wanted as Doc).every(([operator, operand]) => holds(value, operator, operand));
    return same(value, wanted) || (Array.isArray(value) && (value as readonly Data[]).some((one) => same(one, wanted)));
  });
}

function put(doc: Doc, [key = "", ...rest]: readonly string[], value: Data | undefined): Doc {
  const { [key]: old, ...others } = doc;
  if (rest.length > 0) return { ...doc, [key]: put(isDoc(old) ? old : {}, rest, value) };
  return value === undefined ? others : { ...doc, [key]: value };
}

/** A document after an update. Raises MongoError. */
export function updated(doc: Doc, update: Doc): Doc {
  let result = doc;
  for (const [operator, fields] of Object.entries(update)) {
    if (!operator.startsWith("$"))
      throw new MongoError("Update document requires atomic operators", "MongoInvalidArgumentError");
    for (const [path, operand] of Object.entries(isDoc(fields) ? fields : {})) {
      const keys = path.split(".");
      const old = at(result, path);
      if (operator === "$set") result = put(result, keys, operand);
      else if (operator === "$unset") result = put(result, keys, undefined);
      else if (operator === "$inc") result = put(result, keys, Number(old ?? 0) + Number(operand));
      else if (operator === "$push")
        result = put(result, keys, [...(Array.isArray(old) ? (old as readonly Data[]) : []), operand]);
      else throw new MongoError(`Unknown modifier: ${operator}`);
    }
  }
  return result;
}

/** Documents in an order: `{ age: -1 }`. */
export function sorted(docs: readonly Doc[], by: Doc): Doc[] {
  return [...docs].sort((a, b) => {
    for (const [path, direction] of Object.entries(by)) {
      const ranked = order(at(a, path), at(b, path) ?? null) ?? 0;
      if (ranked !== 0) return Number(direction) < 0 ? -ranked : ranked;
    }
    return 0;
  });
}
