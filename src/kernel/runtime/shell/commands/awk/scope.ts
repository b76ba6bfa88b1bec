/**
 * The variables of an awk program: global ones, arrays, and those of the functions being called.
 */
import { num, type Value } from "#kernel/runtime/shell/commands/awk/values";

const DEFAULTS: Readonly<Record<string, Value>> = {
  FS: " ",
  OFS: " ",
  ORS: "\n",
  SUBSEP: "\u001c",
  NR: 0,
  FNR: 0,
  OFMT: "%.6g",
  RSTART: 0,
  RLENGTH: -1,
};

/** What the parameters of one call stand for. */
export type Locals = Map<string, Value | Map<string, Value>>;

export class Scope {
  readonly #globals = new Map<string, Value>(Object.entries(DEFAULTS));
  readonly #arrays = new Map<string, Map<string, Value>>();
  readonly #calls: Locals[] = [];

  /** Functions that have not returned yet. */
  get depth(): number {
    return this.#calls.length;
  }

  enter(locals: Locals): void {
    this.#calls.push(locals);
  }

  leave(): void {
    this.#calls.pop();
  }

  get(name: string): Value {
    const local = this.#calls.at(-1)?.get(name);
    if (local !== undefined && !(local instanceof Map)) return local;
    return this.global(name) ?? { input: "" };
  }

  set(name: string, value: Value): void {
    const locals = this.#calls.at(-1);
    if (locals?.has(name) === true) locals.set(name, value);
    else this.#globals.set(name, value);
  }

  /** A variable of the program itself, whatever a function calls its own. */
  global(name: string): Value | undefined {
    return this.#globals.get(name);
  }

  /** Sets variables to what was given from outside. */
  setAll(variables: Readonly<Record<string, string>> = {}): void {
    for (const [name, value] of Object.entries(variables)) this.setGlobal(name, { input: value });
  }

  setGlobal(name: string, value: Value): void {
    this.#globals.set(name, value);
  }

  /** NR and FNR after one more line. */
  countLine(): void {
    for (const name of ["NR", "FNR"]) this.#globals.set(name, num(this.#globals.get(name) ?? 0) + 1);
  }

  setArray(name: string, values: Map<string, Value>): void {
    this.#arrays.set(name, values);
  }

  /** Whether the program has used a name as its array. */
  hasArray(name: string): boolean {
    return this.#arrays.has(name);
  }

  /** Whether a name is an array where the program stands. */
  isArray(name: string): boolean {
    return this.#arrays.has(name) || this.#calls.at(-1)?.get(name) instanceof Map;
  }

  /** The array of a name, made if there is none. */
  array(name: string): Map<string, Value> {
    const local = this.#calls.at(-1)?.get(name);
    if (local instanceof Map) return local;
    const known = local === undefined ? this.#arrays.get(name) : undefined;
    if (known !== undefined) return known;
    const fresh = new Map<string, Value>();
    if (local === undefined) this.#arrays.set(name, fresh);
    else this.#calls.at(-1)?.set(name, fresh);
    return fresh;
  }
}
