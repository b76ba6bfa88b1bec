/**
 * memcached: values by key in memory, over its text protocol.
 *
 * Models doc/protocol.txt of memcached.
 * Leaves out the binary and the meta protocol: a lesson speaks to it by nc, a library by text.
 */
import { fromBytes, toBytes } from "#kernel/runtime/files/bytes";
import { endsWell, imageOf } from "#kernel/runtime/images/server";
import type { Program, TcpInput, TcpOutput } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

interface Entry {
  readonly value: string;
  readonly flags: string;
  /** Which write it was. */
  readonly unique: number;
  /** When it is forgotten, in milliseconds; absent = never. */
  readonly until?: number;
}

interface State {
  readonly entries: Readonly<Record<string, Entry>>;
  readonly gets: number;
  readonly hits: number;
  readonly sets: number;
}

const ENTRIES_MAX = 1_000;
const VALUE_CHARS_MAX = 1_048_576;
const KEY_CHARS_MAX = 250;
const VERSION = "1.6.39";

const live = (task: Task<State>, key: string): Entry | undefined => {
  const entry = task.state?.entries[key];
  return entry?.until !== undefined && entry.until <= task.now ? undefined : entry;
};

/** A storage command with its data; the answer. */
function store(task: Task<State>, words: readonly string[], value: string): string {
  const [verb = "", key = "", flags = "0", seconds = "0"] = words;
  const state = task.state as State;
  const old = live(task, key);
  if (value.length > VALUE_CHARS_MAX) return "SERVER_ERROR object too large for cache\r\n";
  if (key.length > KEY_CHARS_MAX) return "CLIENT_ERROR bad command line format\r\n";
  if (verb === "cas") {
    if (old === undefined) return "NOT_FOUND\r\n";
    if (String(old.unique) !== words[5]) return "EXISTS\r\n";
  } else if ((verb === "add") === (old !== undefined) && verb !== "set") return "NOT_STORED\r\n";
  const joined =
    verb === "append" ? `${old?.value ?? ""}${value}` : verb === "prepend" ? `${value}${old?.value ?? ""}` : value;
  const until = Number(seconds) > 0 ? { until: task.now + Number(seconds) * 1_000 } : {};
  const entries = { ...state.entries };
  const [oldest] = Object.keys(entries);
  if (entries[key] === undefined && Object.keys(entries).length >= ENTRIES_MAX && oldest !== undefined)
    delete entries[oldest];
  entries[key] = { value: joined, flags, unique: state.sets + 1, ...until };
  task.state = { ...state, entries, sets: state.sets + 1 };
  return "STORED\r\n";
}

function get(task: Task<State>, keys: readonly string[], hasUnique: boolean): string {
  let out = "";
  for (const key of keys) {
    const state = task.state as State;
    const entry = live(task, key);
    task.state = { ...state, gets: state.gets + 1, hits: state.hits + (entry === undefined ? 0 : 1) };
    if (entry !== undefined)
      out += `VALUE ${key} ${entry.flags} ${entry.value.length}${hasUnique ? ` ${entry.unique}` : ""}\r\n${entry.value}\r\n`;
  }
  return `${out}END\r\n`;
}

function count(task: Task<State>, [verb = "", key = "", by = "0"]: readonly string[]): string {
  const entry = live(task, key);
  if (entry === undefined) return "NOT_FOUND\r\n";
  if (!/^\d+$/.test(entry.value)) return "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n";
  const value = Math.max(0, Number(entry.value) + (verb === "incr" ? 1 : -1) * Number(by));
  const state = task.state as State;
  task.state = { ...state, entries: { ...state.entries, [key]: { ...entry, value: String(value) } } };
  return `${value}\r\n`;
}

function stats(task: Task<State>): string {
  const { entries, gets, hits, sets } = task.state as State;
  const values = {
    pid: 1,
    uptime: Math.floor((task.now - task.record.startedAt) / 1_000),
    version: VERSION,
    curr_connections: 1,
    cmd_get: gets,
    cmd_set: sets,
    get_hits: hits,
    get_misses: gets - hits,
    curr_items: Object.keys(entries).length,
    limit_maxbytes: 67_108_864,
  };
  return `${Object.entries(values)
    .map(([name, value]) => `STAT ${name} ${value}\r\n`)
    .join("")}END\r\n`;
}

function touch(task: Task<State>, [, key = "", given = "0"]: readonly string[]): string {
  const entry = live(task, key);
  if (entry === undefined) return "NOT_FOUND\r\n";
  const { until: _, ...rest } = entry;
  const until = Number(given) > 0 ? { until: task.now + Number(given) * 1_000 } : {};
  const state = task.state as State;
  task.state = { ...state, entries: { ...state.entries, [key]: { ...rest, ...until } } };
  return "TOUCHED\r\n";
}

/** One command without data; undefined ends the connection. */
function command(task: Task<State>, words: readonly string[]): string | undefined {
  const [verb = "", key = ""] = words;
  const state = task.state as State;
  switch (verb) {
    case "get":
    case "gets":
      return get(task, words.slice(1), verb === "gets");
    case "touch":
      return touch(task, words);
    case "verbosity":
      return "OK\r\n";
    case "incr":
    case "decr":
      return count(task, words);
    case "delete": {
      if (live(task, key) === undefined) return "NOT_FOUND\r\n";
      const { [key]: _, ...entries } = state.entries;
      task.state = { ...state, entries };
      return "DELETED\r\n";
    }
    case "flush_all":
      task.state = { ...state, entries: {} };
      return "OK\r\n";
    case "stats":
      return stats(task);
    case "version":
      return `VERSION ${VERSION}\r\n`;
    case "quit":
      return undefined;
    default:
      return "ERROR\r\n";
  }
}

/** Lengths are of bytes: all is read and kept as bytes written as characters. */
function converse(task: Task<State>, { text: said }: TcpInput): TcpOutput {
  const text = toBytes(said);
  const answer = (output: { text: string; taken: number; isOver?: true }): TcpOutput => ({
    ...output,
    text: fromBytes(output.text),
    taken: fromBytes(text.slice(0, output.taken)).length,
  });
  let [out, at] = ["", 0];
  for (;;) {
    const feed = text.indexOf("\n", at);
    if (feed < 0) return answer({ text: out, taken: at });
    const words = text.slice(at, feed).trim().split(/\s+/);
    if (/^(set|add|replace|append|prepend|cas)$/.test(words[0] ?? "")) {
      const length = Number(words[4]);
      const end = feed + 1 + length;
      // The data may still be on its way.
      if (text.length < end + 1) return answer({ text: out, taken: at });
      const reply = store(task, words, text.slice(feed + 1, end));
      if (words.at(-1) !== "noreply") out += reply;
      at = text.startsWith("\r\n", end) ? end + 2 : end + 1;
      continue;
    }
    at = feed + 1;
    const reply = command(task, words);
    if (reply === undefined) return answer({ text: out, taken: at, isOver: true });
    if (words.at(-1) !== "noreply") out += reply;
  }
}

const memcached: Program<State> = {
  name: "memcached",
  use: { memoryBytes: 4 * 2 ** 20, cpuMillis: 1, requestCpuMs: 0.1 },
  step(task) {
    if (task.state === undefined) {
      task.state = { entries: {}, gets: 0, hits: 0, sets: 0 };
      const at = task.argv.findIndex((arg) => arg === "-p" || arg === "--port");
      const given = task.argv.find((arg) => /^(-p\d+|--port=\d+)$/.test(arg))?.replace(/\D+/, "");
      if (!task.listen(Number(given ?? (at < 0 ? "11211" : task.argv[at + 1])))) return 71;
    }
    return {};
  },
  tcp: converse,
  signal: (task, signal) => endsWell(task, signal),
};

const entrypoint: Program = {
  name: "memcached-entrypoint",
  step(task) {
    const given = task.argv.slice(1);
    return task.replace(given[0]?.startsWith("-") === true ? ["memcached", ...given] : given) === 0 ? undefined : 127;
  },
};

export const memcachedPrograms = [memcached, entrypoint] as readonly Program[];

export const memcachedImage = imageOf({
  repositories: ["docker.io/library/memcached", "public.ecr.aws/docker/library/memcached"],
  megabytes: 32,
  tags: { versions: { 1: [4, 7] }, variants: ["alpine", "bookworm", "trixie", "bullseye"], patches: 60 },
  flavor: "gnu",
  config: { entrypoint: ["docker-entrypoint.sh"], cmd: ["memcached"], user: 11_211, ports: [11_211] },
  programs: { "/usr/local/bin/docker-entrypoint.sh": entrypoint, "/usr/local/bin/memcached": memcached },
});
