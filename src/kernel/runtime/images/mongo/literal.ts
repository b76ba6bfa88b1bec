/**
 * Documents of MongoDB as its shell writes and reads them: object literals of JavaScript, ObjectIds among them.
 *
 * Leaves out dates, regular expressions and every other expression: a literal is data.
 */

export type Doc = { readonly [key: string]: Data };
/** An ObjectId is a document with the one field `$oid`. */
export type Data = string | number | boolean | null | readonly Data[] | Doc;

/** Nested so deep at most. */
const DEPTH_MAX = 40;

/** What cannot be read, with the rest of the text. */
export class LiteralFault {
  constructor(readonly rest: string) {}
}

class LiteralReader {
  at = 0;
  #depth = 0;

  constructor(readonly text: string) {}

  refuse(): never {
    throw new LiteralFault(this.text.slice(this.at, this.at + 20));
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match !== null) this.at += match[0].length;
    return match;
  }

  take(sign: string): boolean {
    this.#match(/\s*/y);
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at += sign.length;
    return true;
  }

  value(): Data {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) this.refuse();
    const value = this.#value();
    this.#depth -= 1;
    return value;
  }

  #value(): Data {
    if (this.take("{")) return this.#document();
    if (this.take("[")) return this.list("]");
    const text = this.#text();
    if (text !== undefined) return text;
    const number = this.#match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (number !== null) return Number(number[0]);
    const word = this.#match(/(?:new\s+)?([A-Za-z]+)/y)?.[1];
    if (word === "true" || word === "false") return word === "true";
    if (word === "null" || word === "undefined") return null;
    if (/^(ObjectId|NumberInt|NumberLong|Int32|Double|Long|ISODate|Date)$/.test(word ?? "") && this.take("(")) {
      const [argument = null] = this.list(")");
      return word === "ObjectId" ? { $oid: String(argument) } : argument;
    }
    return this.refuse();
  }

  #text(): string | undefined {
    const quoted = this.#match(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/y);
    if (quoted === null) return undefined;
    return (quoted[1] ?? quoted[2] ?? "").replace(/\\n/g, "\n").replace(/\\(.)/g, "$1");
  }

  list(end: string): Data[] {
    const items: Data[] = [];
    while (!this.take(end)) {
      items.push(this.value());
      if (this.take(",")) continue;
      if (!this.take(end)) this.refuse();
      break;
    }
    return items;
  }

  #document(): Doc {
    const doc: Record<string, Data> = {};
    while (!this.take("}")) {
      const key = this.#text() ?? this.#match(/[A-Za-z_$][\w$]*|\d+/y)?.[0];
      if (key === undefined || key === "__proto__" || !this.take(":")) return this.refuse();
      doc[key] = this.value();
      if (this.take(",")) continue;
      if (!this.take("}")) this.refuse();
      break;
    }
    return doc;
  }
}

/** The arguments of a call, as they stand between its parentheses. Raises LiteralFault. */
export function argumentsOf(text: string): Data[] {
  const reader = new LiteralReader(`${text})`);
  const items = reader.list(")");
  if (reader.at <= text.length) reader.refuse();
  return items;
}

const isDoc = (data: Data): data is Doc => typeof data === "object" && data !== null && !Array.isArray(data);

/** A value as mongosh shows it: on one line if it is short. */
export function inspected(data: Data, indent = ""): string {
  if (typeof data === "string")
    return `'${data.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
  if (data === null || typeof data !== "object") return String(data);
  if (isDoc(data) && typeof data["$oid"] === "string") return `ObjectId('${data["$oid"]}')`;
  const inner = `${indent}  `;
  const parts = isDoc(data)
    ? Object.entries(data).map(
        ([key, value]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key}'`}: ${inspected(value, inner)}`,
      )
    : data.map((value) => inspected(value, inner));
  const [open, close] = isDoc(data) ? ["{", "}"] : ["[", "]"];
  if (parts.length === 0) return `${open}${close}`;
  const line = `${open} ${parts.join(", ")} ${close}`;
  const isLong = line.length > 72 || line.includes("\n");
  return isLong ? `${open}\n${parts.map((part) => `${inner}${part}`).join(",\n")}\n${indent}${close}` : line;
}
