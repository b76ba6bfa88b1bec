/**
 * The messages of PostgreSQL's protocol as bytes: what the server says, and the types it says them in.
 *
 * Models the frontend/backend protocol, version 3, and pg_type.dat for the types the engine has.
 */
import type { Problem } from "#kernel/runtime/images/sql/problem";
import type { Answered } from "#kernel/runtime/images/sql/wire";
import { PacketWriter } from "#kernel/runtime/images/wire/packets";

/** Object ids and sizes of types by the engine's names of them. */
const TYPES: Readonly<Record<string, readonly [oid: number, size: number]>> = {
  bool: [16, 1],
  bigint: [20, 8],
  smallint: [21, 2],
  int: [23, 4],
  text: [25, -1],
  null: [25, -1],
  json: [3802, -1],
  float: [701, 8],
  date: [1082, 4],
  timestamp: [1114, 8],
  timestamptz: [1184, 8],
  decimal: [1700, -1],
};

/** A message: its letter, then its length, then its fields. */
export function message(letter: string, fill: (body: PacketWriter) => void = () => undefined): Uint8Array {
  const body = new PacketWriter();
  fill(body);
  const bytes = body.done();
  return new PacketWriter()
    .text(letter)
    .number(bytes.length + 4, 4)
    .bytes(bytes)
    .done();
}

/** `Z`: idle, in a transaction, or in one that has failed. */
export function readyForQuery(transaction: Answered["transaction"]): Uint8Array {
  const state = transaction === undefined ? "I" : transaction === "open" ? "T" : "E";
  return message("Z", (body) => body.text(state));
}

/** What a statement's failure, or a refusal, says. */
export function errorResponse({ severity = "ERROR", state, message: text, detail, hint, at }: Problem): Uint8Array {
  return message("E", (body) => {
    const field = (letter: string, value: string | undefined): void => {
      if (value !== undefined) body.text(letter).cstring(value);
    };
    field("S", severity);
    field("V", severity);
    field("C", state);
    field("M", text);
    field("D", detail);
    field("H", hint);
    field("P", at === undefined ? undefined : String(at + 1));
    body.number(0, 1);
  });
}

/** What a statement remarks. */
export const noticeResponse = (text: string): Uint8Array =>
  message("N", (body) => {
    for (const [letter, value] of [
      ["S", "NOTICE"],
      ["V", "NOTICE"],
      ["C", "00000"],
      ["M", text],
    ] as const)
      body.text(letter).cstring(value);
    body.number(0, 1);
  });

type Columns = NonNullable<Answered["columns"]>;

/** Formats as a Bind message asks for them: none = text, one = for all. */
export const formatOf = (formats: readonly number[], n: number): number =>
  formats.length === 1 ? (formats[0] ?? 0) : (formats[n] ?? 0);

/** The columns of the rows that follow. */
export function rowDescription(columns: Columns, formats: readonly number[]): Uint8Array {
  return message("T", (body) => {
    body.number(columns.length, 2);
    for (const [n, { name, kind }] of columns.entries()) {
      const [oid, size] = TYPES[kind.name] ?? [25, -1];
      const format = binaryOf(kind.name, "0") === undefined ? 0 : formatOf(formats, n);
      body.cstring(name).number(0, 4).number(0, 2).number(oid, 4).number(size, 2).number(-1, 4).number(format, 2);
    }
  });
}

/** A row. */
export function dataRow(row: readonly (string | null)[], columns: Columns, formats: readonly number[]): Uint8Array {
  return message("D", (body) => {
    body.number(row.length, 2);
    for (const [n, value] of row.entries()) {
      if (value === null) {
        body.number(-1, 4);
        continue;
      }
      const binary = formatOf(formats, n) === 1 ? binaryOf(columns[n]?.kind.name ?? "text", value) : undefined;
      const bytes = binary ?? new PacketWriter().text(value).done();
      body.number(bytes.length, 4).bytes(bytes);
    }
  });
}

/** A value in its type's own form; undefined where the engine has no such form, and text is sent. */
function binaryOf(kind: string, value: string): Uint8Array | undefined {
  const writer = new PacketWriter();
  switch (kind) {
    case "bool":
      return writer.number(value === "t" ? 1 : 0, 1).done();
    case "smallint":
      return writer.number(Number(value) || 0, 2).done();
    case "int":
      return writer.number(Number(value) || 0, 4).done();
    case "bigint":
      return /^-?\d+$/.test(value) ? writer.number(BigInt(value), 8).done() : undefined;
    case "float": {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, Number(value));
      return new Uint8Array(view.buffer);
    }
    case "text":
      return writer.text(value).done();
    default:
      return undefined;
  }
}
