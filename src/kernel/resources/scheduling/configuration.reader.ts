/**
 * Strict reading of a configuration: every field is asked for by name and type, and what nobody asked for is an error.
 */

export class ConfigReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #seen = new Set<string>();

  constructor(
    value: unknown,
    readonly path: string,
    readonly problems: string[],
  ) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    this.#fields = isObject ? (value as Record<string, unknown>) : {};
    if (!isObject) problems.push(`${path === "" ? "the document" : path}: must be an object`);
  }

  /** Says that a field is wrong. */
  wrong(field: string, why: string): void {
    this.problems.push(`${this.#at(field)}: ${why}`);
  }

  /** The field as it stands; undefined if it is absent or null. */
  raw(field: string): unknown {
    this.#seen.add(field);
    return this.#fields[field] ?? undefined;
  }

  /** The field may be anything: nothing is made of it. */
  ignore(field: string): void {
    this.#seen.add(field);
  }

  text(field: string): string | undefined {
    return this.#typed(field, "a string", (value) => (typeof value === "string" ? value : undefined));
  }

  /** An integer. */
  number(field: string): number | undefined {
    return this.#typed(field, "an integer", (value) => (Number.isSafeInteger(value) ? (value as number) : undefined));
  }

  flag(field: string): boolean {
    return this.#typed(field, "a boolean", (value) => (typeof value === "boolean" ? value : undefined)) ?? false;
  }

  object(field: string): ConfigReader | undefined {
    const value = this.raw(field);
    return value === undefined ? undefined : new ConfigReader(value, this.#at(field), this.problems);
  }

  /** The objects of a list; absent means none. */
  list(field: string): ConfigReader[] {
    const items = this.#typed(field, "a list", (value) => (Array.isArray(value) ? (value as unknown[]) : undefined));
    return (items ?? []).map((item, n) => new ConfigReader(item, `${this.#at(field)}[${n}]`, this.problems));
  }

  texts(field: string): string[] {
    return (
      this.#typed(field, "a list of strings", (value) =>
        Array.isArray(value) && value.every((one) => typeof one === "string") ? (value as string[]) : undefined,
      ) ?? []
    );
  }

  /** Whatever was not asked for is unknown. */
  finish(): void {
    for (const field of Object.keys(this.#fields)) {
      if (!this.#seen.has(field)) this.problems.push(`unknown field ${JSON.stringify(this.#at(field))}`);
    }
  }

  #at(field: string): string {
    return this.path === "" ? field : `${this.path}.${field}`;
  }

  #typed<T>(field: string, what: string, typed: (value: unknown) => T | undefined): T | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    const found = typed(value);
    if (found === undefined) this.wrong(field, `must be ${what}`);
    return found;
  }
}
