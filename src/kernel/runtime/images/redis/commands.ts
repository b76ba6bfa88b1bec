/**
 * The commands of Redis over its keys.
 *
 * Models src/commands of Redis.
 * Leaves out streams, scripts, subscribing and commands that block: they answer as unknown commands.
 */
import { MORE } from "#kernel/runtime/images/redis/commands.more";
import { type Keyspace, WrongType } from "#kernel/runtime/images/redis/keyspace";
import { bulk, failure, integer, list, NIL, OK, type Reply } from "#kernel/runtime/images/redis/resp";
import { matches } from "#kernel/runtime/shell/pattern";

/** A command: how many words it has (negative: at least), whether it writes, and what it does. */
export interface Command {
  readonly arity: number;
  readonly isWrite?: true;
  run(keys: Keyspace, args: readonly string[]): Reply;
}

const SYNTAX = failure("ERR syntax error");
const NO_INTEGER = failure("ERR value is not an integer or out of range");

function increase(keys: Keyspace, key: string, by: string): Reply {
  const before = keys.string(key) ?? "0";
  if (!/^-?\d{1,15}$/.test(before) || !/^-?\d{1,15}$/.test(by)) return NO_INTEGER;
  const value = Number(before) + Number(by);
  keys.replace(key, { t: "string", v: String(value) });
  return integer(value);
}

function set(keys: Keyspace, [key = "", v = "", ...options]: readonly string[]): Reply {
  let until: number | undefined;
  const words = options.map((word) => word.toUpperCase());
  for (let n = 0; n < words.length; n += 1) {
    const word = words[n];
    if (word === "EX" || word === "PX") {
      n += 1;
      const count = Number(words[n] ?? "x");
      if (!Number.isInteger(count)) return NO_INTEGER;
      if (count <= 0) return failure("ERR invalid expire time in 'set' command");
      until = keys.now + count * (word === "EX" ? 1_000 : 1);
    } else if (word === "NX" || word === "XX") {
      if ((keys.get(key) === undefined) !== (word === "NX")) return NIL;
    } else if (word === "KEEPTTL") until = keys.get(key)?.until;
    else return SYNTAX;
  }
  keys.put(key, { t: "string", v, ...(until === undefined ? {} : { until }) });
  return OK;
}

function push(keys: Keyspace, [key = "", ...values]: readonly string[], isLeft: boolean): Reply {
  const before = keys.members(key, "list");
  const v = isLeft ? [...values.toReversed(), ...before] : [...before, ...values];
  keys.replace(key, { t: "list", v });
  return integer(v.length);
}

function pop(keys: Keyspace, [key = ""]: readonly string[], isLeft: boolean): Reply {
  const before = keys.members(key, "list");
  const taken = before.at(isLeft ? 0 : -1);
  if (taken === undefined) return NIL;
  keys.replace(key, { t: "list", v: isLeft ? before.slice(1) : before.slice(0, -1) });
  return bulk(taken);
}

function range(keys: Keyspace, [key = "", from = "", to = ""]: readonly string[]): Reply {
  if (!/^-?\d+$/.test(from) || !/^-?\d+$/.test(to)) return NO_INTEGER;
  const all = keys.members(key, "list");
  const index = (text: string): number => (Number(text) < 0 ? Math.max(0, all.length + Number(text)) : Number(text));
  const end = Number(to) < -all.length ? 0 : index(to) + 1;
  return list(all.slice(index(from), end));
}

function expire(keys: Keyspace, [key = "", seconds = ""]: readonly string[]): Reply {
  if (!/^-?\d+$/.test(seconds)) return NO_INTEGER;
  const entry = keys.get(key);
  if (entry === undefined) return integer(0);
  keys.put(key, { ...entry, until: keys.now + Number(seconds) * 1_000 });
  return integer(1);
}

function remaining(keys: Keyspace, key: string): Reply {
  const entry = keys.get(key);
  if (entry === undefined) return integer(-2);
  return integer(entry.until === undefined ? -1 : Math.round((entry.until - keys.now) / 1_000));
}

function setFields(keys: Keyspace, [key = "", ...pairs]: readonly string[]): Reply {
  if (pairs.length % 2 === 1) return failure("ERR wrong number of arguments for 'hset' command");
  const fields = new Map(Object.entries(keys.fields(key)));
  const before = fields.size;
  for (let n = 0; n < pairs.length; n += 2) fields.set(pairs[n] ?? "", pairs[n + 1] ?? "");
  keys.replace(key, { t: "hash", v: Object.fromEntries(fields) });
  return integer(fields.size - before);
}

const count = (words: readonly string[], one: (word: string) => boolean): Reply => integer(words.filter(one).length);

const COMMANDS: Readonly<Record<string, Command>> = {
  ...MORE,
  append: {
    arity: 3,
    isWrite: true,
    run(keys, [key = "", text = ""]) {
      const v = (keys.string(key) ?? "") + text;
      keys.replace(key, { t: "string", v });
      return integer(v.length);
    },
  },
  dbsize: { arity: 1, run: (keys) => integer(keys.keys().length) },
  decr: { arity: 2, isWrite: true, run: (keys, [key = ""]) => increase(keys, key, "-1") },
  del: { arity: -2, isWrite: true, run: (keys, names) => count(names, (name) => keys.delete(name)) },
  echo: { arity: 2, run: (_, [text = ""]) => bulk(text) },
  exists: { arity: -2, run: (keys, names) => count(names, (name) => keys.get(name) !== undefined) },
  expire: { arity: 3, isWrite: true, run: expire },
  flushall: { arity: -1, isWrite: true, run: flush },
  flushdb: { arity: -1, isWrite: true, run: flush },
  get: { arity: 2, run: (keys, [key = ""]) => textOf(keys.string(key)) },
  hget: {
    arity: 3,
    run: (keys, [key = "", field = ""]) => textOf(new Map(Object.entries(keys.fields(key))).get(field)),
  },
  hgetall: {
    arity: 2,
    run: (keys, [key = ""]) => ({ k: "map", items: Object.entries(keys.fields(key)).flat().map(bulk) }),
  },
  hset: { arity: -4, isWrite: true, run: setFields },
  incr: { arity: 2, isWrite: true, run: (keys, [key = ""]) => increase(keys, key, "1") },
  incrby: { arity: 3, isWrite: true, run: (keys, [key = "", by = ""]) => increase(keys, key, by) },
  keys: { arity: 2, run: (keys, [pattern = ""]) => list(keys.keys().filter((key) => matches(pattern, key))) },
  llen: { arity: 2, run: (keys, [key = ""]) => integer(keys.members(key, "list").length) },
  lpop: { arity: 2, isWrite: true, run: (keys, args) => pop(keys, args, true) },
  lpush: { arity: -3, isWrite: true, run: (keys, args) => push(keys, args, true) },
  lrange: { arity: 4, run: range },
  mget: { arity: -2, run: (keys, names) => ({ k: "array", items: names.map((name) => textOf(keys.string(name))) }) },
  ping: { arity: -1, run: (_, [text]) => (text === undefined ? { k: "status", text: "PONG" } : bulk(text)) },
  rpop: { arity: 2, isWrite: true, run: (keys, args) => pop(keys, args, false) },
  rpush: { arity: -3, isWrite: true, run: (keys, args) => push(keys, args, false) },
  sadd: {
    arity: -3,
    isWrite: true,
    run(keys, [key = "", ...values]) {
      const before = keys.members(key, "set");
      const v = [...new Set([...before, ...values])];
      keys.replace(key, { t: "set", v });
      return integer(v.length - before.length);
    },
  },
  set: { arity: -3, isWrite: true, run: set },
  smembers: { arity: 2, run: (keys, [key = ""]) => list(keys.members(key, "set")) },
  strlen: { arity: 2, run: (keys, [key = ""]) => integer((keys.string(key) ?? "").length) },
  ttl: { arity: 2, run: (keys, [key = ""]) => remaining(keys, key) },
  select: { arity: 2, run: (_, [n]) => (n === "0" ? OK : failure("ERR DB index is out of range")) },
  type: { arity: 2, run: (keys, [key = ""]) => ({ k: "status", text: keys.get(key)?.t ?? "none" }) },
};

function flush(keys: Keyspace): Reply {
  keys.data = {};
  return OK;
}

function textOf(text: string | undefined): Reply {
  return text === undefined ? NIL : bulk(text);
}

/** Whether a command changes keys: a replica refuses those. */
export function isWriting(name: string): boolean {
  return Object.hasOwn(COMMANDS, name) && COMMANDS[name]?.isWrite === true;
}

/** Runs a command over the keys. */
export function runCommand(keys: Keyspace, argv: readonly string[]): Reply {
  const [name = "", ...args] = argv;
  const command = Object.hasOwn(COMMANDS, name.toLowerCase()) ? COMMANDS[name.toLowerCase()] : undefined;
  if (command === undefined) {
    const shown = args.map((arg) => `'${arg}' `).join("");
    return failure(`ERR unknown command '${name}', with args beginning with: ${shown}`);
  }
  const isRight = command.arity < 0 ? argv.length >= -command.arity : argv.length === command.arity;
  if (!isRight) return failure(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
  try {
    return command.run(keys, args);
  } catch (fault) {
    if (!(fault instanceof WrongType)) throw fault;
    return failure("WRONGTYPE Operation against a key holding the wrong kind of value");
  }
}
