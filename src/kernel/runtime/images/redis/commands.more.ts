/**
 * More commands of Redis: what client libraries use of strings, hashes, lists, sets and sorted sets.
 *
 * Models src/commands of Redis.
 */
import type { Command } from "#kernel/runtime/images/redis/commands";
import type { Keyspace } from "#kernel/runtime/images/redis/keyspace";
import { bulk, failure, integer, list, NIL, OK, type Reply } from "#kernel/runtime/images/redis/resp";
import { matches } from "#kernel/runtime/shell/pattern";

const NO_INTEGER = failure("ERR value is not an integer or out of range");
const NO_FLOAT = failure("ERR value is not a valid float");

const textOrNil = (text: string | undefined): Reply => (text === undefined ? NIL : bulk(text));
const double = (text: string): Reply => ({ k: "double", text });
const fieldsOf = (keys: Keyspace, key: string): Map<string, string> => new Map(Object.entries(keys.fields(key)));
const write = (arity: number, run: Command["run"]): Command => ({ arity, isWrite: true, run });
const read = (arity: number, run: Command["run"]): Command => ({ arity, run });

/** Members of a sorted set in order of their scores, then of their names. */
function ranked(keys: Keyspace, key: string): (readonly [member: string, score: number])[] {
  return Object.entries(keys.scores(key))
    .map(([member, score]) => [member, Number(score)] as const)
    .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
}

const flat = (pairs: readonly (readonly [string, number])[], hasScores: boolean): Reply =>
  hasScores
    ? { k: "pairs", items: pairs.flatMap(([member, score]) => [bulk(member), double(String(score))]) }
    : list(pairs.map(([member]) => member));

function between<T>(all: readonly T[], from: string, to: string): readonly T[] {
  const at = (text: string): number => (Number(text) < 0 ? Math.max(0, all.length + Number(text)) : Number(text));
  return Number(to) < -all.length ? [] : all.slice(at(from), at(to) + 1);
}

function addScores(keys: Keyspace, [key = "", ...words]: readonly string[]): Reply {
  const pairs = words.filter((word) => !/^(nx|xx|gt|lt|ch)$/i.test(word));
  if (pairs.length % 2 === 1) return failure("ERR syntax error");
  const v = { ...keys.scores(key) };
  let added = 0;
  for (let n = 0; n < pairs.length; n += 2) {
    const [score = "", member = ""] = [pairs[n], pairs[n + 1]];
    if (score === "" || Number.isNaN(Number(score))) return NO_FLOAT;
    if (!Object.hasOwn(v, member)) added += 1;
    v[member] = score;
  }
  keys.replace(key, { t: "zset", v });
  return integer(added);
}

function without(keys: Keyspace, [key = "", ...gone]: readonly string[], t: "zset" | "hash"): Reply {
  const before = t === "zset" ? keys.scores(key) : keys.fields(key);
  const left = Object.fromEntries(Object.entries(before).filter(([name]) => !gone.includes(name)));
  keys.replace(key, { t, v: left });
  return integer(Object.keys(before).length - Object.keys(left).length);
}

function setWith(keys: Keyspace, key: string, v: string, ms?: number): Reply {
  if (ms !== undefined && (!Number.isInteger(ms) || ms <= 0)) return NO_INTEGER;
  keys.put(key, { t: "string", v, ...(ms === undefined ? {} : { until: keys.now + ms }) });
  return OK;
}

function addTo(keys: Keyspace, key: string, field: string, by: string): Reply {
  const fields = fieldsOf(keys, key);
  const value = Number(fields.get(field) ?? "0") + Number(by);
  if (!Number.isSafeInteger(value)) return NO_INTEGER;
  keys.replace(key, { t: "hash", v: Object.fromEntries(fields.set(field, String(value))) });
  return integer(value);
}

function setMany(keys: Keyspace, pairs: readonly string[]): void {
  for (let n = 0; n < pairs.length; n += 2) keys.put(pairs[n] ?? "", { t: "string", v: pairs[n + 1] ?? "" });
}

/** All at once: a cursor that is over. */
function scan(names: readonly string[], words: readonly string[]): Reply {
  const at = words.findIndex((word) => word.toLowerCase() === "match");
  const pattern = at < 0 ? "*" : (words[at + 1] ?? "*");
  const found = names.filter((name) => matches(pattern, name));
  return { k: "array", items: [bulk("0"), list(found)] };
}

function rename(keys: Keyspace, [from = "", to = ""]: readonly string[]): Reply {
  const entry = keys.get(from);
  if (entry === undefined) return failure("ERR no such key");
  keys.delete(from);
  keys.put(to, entry);
  return OK;
}

function removeFromList(keys: Keyspace, [key = "", count = "0", value = ""]: readonly string[]): Reply {
  const before = keys.members(key, "list");
  let left = Number(count) === 0 ? before.length : Math.abs(Number(count));
  const order = Number(count) < 0 ? before.toReversed() : before;
  const kept = order.filter((one) => one !== value || left-- <= 0);
  keys.replace(key, { t: "list", v: Number(count) < 0 ? kept.toReversed() : kept });
  return integer(before.length - kept.length);
}

/** The commands by name. */
export const MORE: Readonly<Record<string, Command>> = {
  decrby: write(3, (keys, [key = "", by = ""]) => {
    const value = Number(keys.string(key) ?? "0") - Number(by);
    if (!Number.isSafeInteger(value)) return NO_INTEGER;
    keys.replace(key, { t: "string", v: String(value) });
    return integer(value);
  }),
  getdel: write(2, (keys, [key = ""]) => {
    const text = keys.string(key);
    keys.delete(key);
    return textOrNil(text);
  }),
  getset: write(3, (keys, [key = "", v = ""]) => {
    const text = keys.string(key);
    setWith(keys, key, v);
    return textOrNil(text);
  }),
  hdel: write(-3, (keys, args) => without(keys, args, "hash")),
  hexists: read(3, (keys, [key = "", field = ""]) => integer(fieldsOf(keys, key).has(field) ? 1 : 0)),
  hincrby: write(4, (keys, [key = "", field = "", by = ""]) => addTo(keys, key, field, by)),
  hkeys: read(2, (keys, [key = ""]) => list([...fieldsOf(keys, key).keys()])),
  hlen: read(2, (keys, [key = ""]) => integer(fieldsOf(keys, key).size)),
  hmget: read(-3, (keys, [key = "", ...names]) => {
    const fields = fieldsOf(keys, key);
    return { k: "array", items: names.map((name) => textOrNil(fields.get(name))) };
  }),
  hmset: write(-4, (keys, [key = "", ...pairs]) => {
    if (pairs.length % 2 === 1) return failure("ERR wrong number of arguments for 'hmset' command");
    const fields = fieldsOf(keys, key);
    for (let n = 0; n < pairs.length; n += 2) fields.set(pairs[n] ?? "", pairs[n + 1] ?? "");
    keys.replace(key, { t: "hash", v: Object.fromEntries(fields) });
    return OK;
  }),
  hvals: read(2, (keys, [key = ""]) => list([...fieldsOf(keys, key).values()])),
  incrbyfloat: write(3, (keys, [key = "", by = ""]) => {
    const value = Number(keys.string(key) ?? "0") + Number(by);
    if (!Number.isFinite(value)) return NO_FLOAT;
    keys.replace(key, { t: "string", v: String(value) });
    return bulk(String(value));
  }),
  lindex: read(3, (keys, [key = "", at = ""]) => textOrNil(keys.members(key, "list").at(Number(at)))),
  lrem: write(4, removeFromList),
  ltrim: write(4, (keys, [key = "", from = "", to = ""]) => {
    keys.replace(key, { t: "list", v: between(keys.members(key, "list"), from, to) });
    return OK;
  }),
  mset: write(-3, (keys, pairs) => {
    if (pairs.length % 2 === 1) return failure("ERR wrong number of arguments for 'mset' command");
    setMany(keys, pairs);
    return OK;
  }),
  msetnx: write(-3, (keys, pairs) => {
    if (pairs.some((name, n) => n % 2 === 0 && keys.get(name) !== undefined)) return integer(0);
    setMany(keys, pairs);
    return integer(1);
  }),
  persist: write(2, (keys, [key = ""]) => {
    const entry = keys.get(key);
    if (entry?.until === undefined) return integer(0);
    const { until: _, ...rest } = entry;
    keys.put(key, rest);
    return integer(1);
  }),
  pexpire: write(3, (keys, [key = "", ms = ""]) => {
    const entry = keys.get(key);
    if (entry === undefined) return integer(0);
    keys.put(key, { ...entry, until: keys.now + Number(ms) });
    return integer(1);
  }),
  psetex: write(4, (keys, [key = "", ms = "", v = ""]) => setWith(keys, key, v, Number(ms))),
  pttl: read(2, (keys, [key = ""]) => {
    const entry = keys.get(key);
    return integer(entry === undefined ? -2 : entry.until === undefined ? -1 : entry.until - keys.now);
  }),
  publish: read(3, () => integer(0)),
  rename: write(3, rename),
  rpoplpush: write(3, (keys, [from = "", to = ""]) => {
    const before = keys.members(from, "list");
    const taken = before.at(-1);
    if (taken === undefined) return NIL;
    keys.replace(from, { t: "list", v: before.slice(0, -1) });
    keys.replace(to, { t: "list", v: [taken, ...keys.members(to, "list")] });
    return bulk(taken);
  }),
  scan: read(-2, (keys, [, ...words]) => scan(keys.keys(), words)),
  scard: read(2, (keys, [key = ""]) => integer(keys.members(key, "set").length)),
  setex: write(4, (keys, [key = "", seconds = "", v = ""]) => setWith(keys, key, v, Number(seconds) * 1_000)),
  setnx: write(3, (keys, [key = "", v = ""]) => {
    if (keys.get(key) !== undefined) return integer(0);
    setWith(keys, key, v);
    return integer(1);
  }),
  sismember: read(3, (keys, [key = "", one = ""]) => integer(keys.members(key, "set").includes(one) ? 1 : 0)),
  srem: write(-3, (keys, [key = "", ...gone]) => {
    const before = keys.members(key, "set");
    const left = before.filter((one) => !gone.includes(one));
    keys.replace(key, { t: "set", v: left });
    return integer(before.length - left.length);
  }),
  time: read(1, (keys) => list([String(Math.floor(keys.now / 1_000)), String((keys.now % 1_000) * 1_000)])),
  unlink: write(-2, (keys, names) => integer(names.filter((name) => keys.delete(name)).length)),
  zadd: write(-4, addScores),
  zcard: read(2, (keys, [key = ""]) => integer(Object.keys(keys.scores(key)).length)),
  zincrby: write(4, (keys, [key = "", by = "", member = ""]) => {
    const value = Number(new Map(Object.entries(keys.scores(key))).get(member) ?? "0") + Number(by);
    if (Number.isNaN(value)) return NO_FLOAT;
    keys.replace(key, { t: "zset", v: { ...keys.scores(key), [member]: String(value) } });
    return double(String(value));
  }),
  zrange: read(-4, (keys, [key = "", from = "", to = "", ...words]) => {
    const isReverse = words.some((word) => word.toLowerCase() === "rev");
    const all = isReverse ? ranked(keys, key).reverse() : ranked(keys, key);
    return flat(
      between(all, from, to),
      words.some((word) => word.toLowerCase() === "withscores"),
    );
  }),
  zrem: write(-3, (keys, args) => without(keys, args, "zset")),
  zrevrange: read(-4, (keys, [key = "", from = "", to = "", ...words]) =>
    flat(between(ranked(keys, key).reverse(), from, to), words.length > 0),
  ),
  zscore: read(3, (keys, [key = "", member = ""]) => {
    const score = new Map(Object.entries(keys.scores(key))).get(member);
    return score === undefined ? NIL : double(score);
  }),
};
