/**
 * The query of a request, as URLSearchParams gives it.
 */
import { badRequest } from "#kernel/apimachinery/errors";

/** What is asked of a query; a URLSearchParams is one. */
export interface Query {
  /** The first value of a name. */
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string): boolean;
}

/** The query a text spells: what follows the `?` of a path. @throws BadRequest where it is badly escaped */
export function queryOf(text: string): Query {
  const pairs = text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", value = ""] = pair.replaceAll("+", " ").split(/=(.*)/s).map(unescaped);
      return { name, value };
    });
  const valuesOf = (name: string): string[] => pairs.filter((pair) => pair.name === name).map(({ value }) => value);
  return {
    get: (name) => valuesOf(name)[0] ?? null,
    getAll: valuesOf,
    has: (name) => valuesOf(name).length > 0,
  };
}

/** A part of a URL without its escapes. @throws BadRequest */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest(`invalid URL escape ${JSON.stringify(text)}`);
  }
}

/** Whether a query value means true, as Go's strconv.ParseBool reads it. */
export function isTrue(value: string | null): boolean {
  return value !== null && /^(1|t|true)$/i.test(value);
}

/** The whole number of a name, 0 if it is not there. @throws BadRequest */
export function integerOf(query: Query, name: string): number {
  const text = query.get(name) ?? "";
  if (text === "") return 0;
  if (!/^-?\d{1,15}$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}
