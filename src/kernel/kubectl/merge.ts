/**
 * The three-way merge of apply: what the manifest says wins, what it no longer says goes, what others wrote stays.
 *
 * Members of a list are told apart by the field that names them; a list without such a field is one value.
 */

type Json = Readonly<Record<string, unknown>>;

/** Fields that name a member of a list, the likeliest first. */
const LIST_KEYS = ["name", "mountPath", "containerPort", "port", "key", "ip", "type"];

/** What `live` becomes when `wanted` is applied after `last`. */
export function merged(last: unknown, live: unknown, wanted: unknown): unknown {
  if (isRecord(live) && isRecord(wanted)) return mergedRecord(isRecord(last) ? last : {}, live, wanted);
  if (Array.isArray(live) && Array.isArray(wanted)) return mergedList(Array.isArray(last) ? last : [], live, wanted);
  return wanted;
}

function mergedRecord(last: Json, live: Json, wanted: Json): Json {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(live)) {
    const isDropped = name in last && !(name in wanted);
    if (!isDropped) result[name] = name in wanted ? merged(last[name], value, wanted[name]) : value;
  }
  for (const [name, value] of Object.entries(wanted)) {
    if (value === null) delete result[name];
    else if (!(name in live)) result[name] = value;
  }
  return result;
}

function mergedList(last: readonly unknown[], live: readonly unknown[], wanted: readonly unknown[]): unknown {
  const key = LIST_KEYS.find((one) => [...live, ...wanted].every((item) => isRecord(item) && one in item));
  if (key === undefined) return wanted;
  const named = (items: readonly unknown[], name: unknown): Json | undefined =>
    (items as readonly Json[]).find((item) => isRecord(item) && item[key] === name);
  const theirs = (live as readonly Json[]).filter(
    (item) => named(wanted, item[key]) === undefined && named(last, item[key]) === undefined,
  );
  const ours = (wanted as readonly Json[]).map((item) => {
    const present = named(live, item[key]);
    return present === undefined ? item : merged(named(last, item[key]), present, item);
  });
  return [...ours, ...theirs];
}

const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
