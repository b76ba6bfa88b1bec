/**
 * The keys of a Redis server, with their types and their ends.
 */
import type { Instant } from "#kernel/sim/instant";

type Value =
  | { readonly t: "string"; readonly v: string }
  | { readonly t: "list" | "set"; readonly v: readonly string[] }
  | { readonly t: "hash" | "zset"; readonly v: Readonly<Record<string, string>> };

export type Entry = Value & { readonly until?: Instant };

export type Data = Readonly<Record<string, Entry>>;

/** A command met a key of another type. */
export class WrongType extends Error {}

export class Keyspace {
  /** As it is now; never changed in place. */
  data: Data;

  constructor(
    data: Data,
    readonly now: Instant,
  ) {
    this.data = data;
  }

  get(key: string): Entry | undefined {
    const entry = Object.hasOwn(this.data, key) ? this.data[key] : undefined;
    return entry?.until !== undefined && entry.until <= this.now ? undefined : entry;
  }

  keys(): string[] {
    return Object.keys(this.data).filter((key) => this.get(key) !== undefined);
  }

  put(key: string, entry: Entry): void {
    this.data = { ...this.data, [key]: entry };
  }

  /** True if there was such a key. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    const { [key]: _, ...rest } = this.data;
    this.data = rest;
    return true;
  }

  /** @throws WrongType */
  string(key: string): string | undefined {
    const entry = this.get(key);
    if (entry !== undefined && entry.t !== "string") throw new WrongType();
    return entry?.v;
  }

  /** The members of a list or set; none if there is no such key. @throws WrongType */
  members(key: string, type: "list" | "set"): readonly string[] {
    const entry = this.get(key);
    if (entry === undefined) return [];
    if (entry.t !== type) throw new WrongType();
    return entry.v as readonly string[];
  }

  /** The fields of a hash; none if there is no such key. @throws WrongType */
  fields(key: string): Readonly<Record<string, string>> {
    const entry = this.get(key);
    if (entry !== undefined && entry.t !== "hash") throw new WrongType();
    return entry?.v ?? {};
  }

  /** The scores of a sorted set by member; none if there is no such key. @throws WrongType */
  scores(key: string): Readonly<Record<string, string>> {
    const entry = this.get(key);
    if (entry !== undefined && entry.t !== "zset") throw new WrongType();
    return entry?.v ?? {};
  }

  /** Puts members or fields; a key without any is gone. */
  replace(key: string, value: Value): void {
    const until = this.get(key)?.until;
    if (Object.keys(value.v).length === 0) this.delete(key);
    else this.put(key, { ...value, ...(until === undefined ? {} : { until }) });
  }
}
