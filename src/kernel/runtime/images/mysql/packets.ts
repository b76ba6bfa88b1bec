/**
 * The packets of MySQL's protocol: greetings, answers, columns and rows.
 *
 * Models the client/server protocol, version 10 of the handshake.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesOfText } from "#kernel/runtime/files/bytes";
import type { Problem } from "#kernel/runtime/images/sql/problem";
import type { Answered } from "#kernel/runtime/images/sql/wire";
import { PacketReader, PacketWriter } from "#kernel/runtime/images/wire/packets";

/** Capabilities both sides know. */
export const CAPABILITY = {
  longPassword: 1,
  foundRows: 2,
  connectWithDb: 8,
  protocol41: 0x200,
  transactions: 0x2000,
  secureConnection: 0x8000,
  multiStatements: 0x10000,
  multiResults: 0x20000,
  pluginAuth: 0x80000,
  pluginAuthLengthEncoded: 0x200000,
} as const;

const OURS = Object.values(CAPABILITY).reduce((sum, bit) => sum + bit, 0);
const AUTOCOMMIT = 2;
const IN_TRANSACTION = 1;
const MORE_RESULTS = 8;
const UTF8MB4 = 255;
const BINARY = 63;

/** Types of columns by the engine's names: the number, and whether it is a number. */
const TYPES: Readonly<Record<string, number>> = {
  smallint: 2,
  int: 3,
  bigint: 8,
  float: 5,
  decimal: 246,
  bool: 1,
  date: 10,
  timestamp: 12,
  timestamptz: 7,
  json: 245,
  null: 6,
};
const TEXT = 253;
const LONGLONG = 8;
const DOUBLE = 5;

/** Numbers here are little-endian. */
export const writer = (): PacketWriter => new PacketWriter(true);
/** Reads what such a writer writes. */
export const readerOf = (bytes: Uint8Array): PacketReader => new PacketReader(bytes, true);

/** A whole number in as few bytes as it needs. */
export function lengthEncoded(out: PacketWriter, value: number): PacketWriter {
  if (value < 251) return out.number(value, 1);
  if (value < 0x10000) return out.number(0xfc, 1).number(value, 2);
  if (value < 0x1000000) return out.number(0xfd, 1).number(value, 3);
  return out.number(0xfe, 1).number(value, 8);
}

/** A text with its length before it. */
export function lengthText(out: PacketWriter, text: string): PacketWriter {
  const bytes = bytesOfText(text);
  return lengthEncoded(out, bytes.length).bytes(bytes);
}

/** Reads a whole number that lengthEncoded wrote. */
export function readLength(reader: PacketReader): number {
  const first = reader.number(1);
  if (first < 251) return first;
  if (first === 0xfc) return reader.number(2);
  if (first === 0xfd) return reader.number(3);
  const low = reader.number(4);
  return low + reader.number(4) * 2 ** 32;
}

/** The two ways a client proves its password, and which is usual for a server. */
export type Plugin = "caching_sha2_password" | "mysql_native_password";

/** What a client that knows the password sends for a salt. */
export function proofOf(plugin: Plugin, password: string, salt: Uint8Array): Uint8Array {
  if (password === "") return new Uint8Array();
  const secret = bytesOfText(password);
  const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, n) => byte ^ (b[n] ?? 0));
  const join = (a: Uint8Array, b: Uint8Array): Uint8Array => Uint8Array.from([...a, ...b]);
  if (plugin === "mysql_native_password") {
    const once = sha1(secret);
    return xor(once, sha1(join(salt, sha1(once))));
  }
  const once = sha256(secret);
  return xor(once, sha256(join(sha256(once), salt)));
}

/** The server's first packet. */
export function greeting(version: string, id: number, salt: Uint8Array, plugin: Plugin): Uint8Array {
  return writer()
    .number(10, 1)
    .cstring(version)
    .number(id, 4)
    .bytes(salt.subarray(0, 8))
    .number(0, 1)
    .number(OURS & 0xffff, 2)
    .number(UTF8MB4, 1)
    .number(AUTOCOMMIT, 2)
    .number(OURS >>> 16, 2)
    .number(21, 1)
    .bytes(new Uint8Array(10))
    .bytes(salt.subarray(8))
    .number(0, 1)
    .cstring(plugin)
    .done();
}

const statusOf = ({ transaction }: Answered, hasMore: boolean): number =>
  AUTOCOMMIT | (transaction === undefined ? 0 : IN_TRANSACTION) | (hasMore ? MORE_RESULTS : 0);

/** A statement without rows has done its work. */
export function okPacket(answer: Answered, hasMore = false): Uint8Array {
  const out = writer().number(0, 1);
  lengthEncoded(out, answer.affected ?? 0);
  lengthEncoded(out, answer.insertId ?? 0);
  return out.number(statusOf(answer, hasMore), 2).number(0, 2).done();
}

/** A statement, or a login, failed. */
export function errorPacket({ number = 1105, state, message }: Problem): Uint8Array {
  return writer().number(0xff, 1).number(number, 2).text("#").text(state.padEnd(5).slice(0, 5)).text(message).done();
}

/** Columns, or rows, end here. */
export const endPacket = (answer: Answered, hasMore: boolean): Uint8Array =>
  writer().number(0xfe, 1).number(0, 2).number(statusOf(answer, hasMore), 2).done();

type Columns = NonNullable<Answered["columns"]>;

function columnPacket(name: string, type: number, decimals = 0): Uint8Array {
  const isText = type === TEXT || type === 245;
  const out = writer();
  for (const text of ["def", "", "", "", name, ""]) lengthText(out, text);
  return out
    .number(0x0c, 1)
    .number(isText ? UTF8MB4 : BINARY, 2)
    .number(isText ? 1_020 : 20, 4)
    .number(type, 1)
    .number(0, 2)
    .number(decimals, 1)
    .number(0, 2)
    .done();
}

/** Columns and rows as texts. */
export function textResult(answer: Answered, columns: Columns, hasMore: boolean): Uint8Array[] {
  return [
    lengthEncoded(writer(), columns.length).done(),
    ...columns.map(({ name, kind }) => columnPacket(name, TYPES[kind.name] ?? TEXT, kind.scale ?? 0)),
    endPacket(answer, false),
    ...(answer.rows ?? []).map((row) => {
      const out = writer();
      for (const value of row)
        if (value === null) out.number(0xfb, 1);
        else lengthText(out, value);
      return out.done();
    }),
    endPacket(answer, hasMore),
  ];
}

/** Whole numbers and floats in their own form, all else as texts. */
const binaryType = (kind: string): number => {
  if (["smallint", "int", "bigint", "bool"].includes(kind)) return LONGLONG;
  return kind === "float" ? DOUBLE : TEXT;
};

/** Columns and rows of a statement that was prepared. */
export function binaryResult(answer: Answered, columns: Columns): Uint8Array[] {
  const types = columns.map(({ kind }) => binaryType(kind.name));
  return [
    lengthEncoded(writer(), columns.length).done(),
    ...columns.map(({ name }, n) => columnPacket(name, types[n] ?? TEXT)),
    endPacket(answer, false),
    ...(answer.rows ?? []).map((row) => binaryRow(row, types)),
    endPacket(answer, false),
  ];
}

function binaryRow(row: readonly (string | null)[], types: readonly number[]): Uint8Array {
  const nulls = new Uint8Array(Math.floor((row.length + 9) / 8));
  const values = writer();
  for (const [n, value] of row.entries()) {
    if (value === null) nulls[(n + 2) >> 3] = (nulls[(n + 2) >> 3] ?? 0) | (1 << ((n + 2) & 7));
    else if (types[n] === LONGLONG) values.number(/^-?\d+$/.test(value) ? BigInt(value) : 0n, 8);
    else if (types[n] === DOUBLE) {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, Number(value), true);
      values.bytes(new Uint8Array(view.buffer));
    } else lengthText(values, value);
  }
  return writer().number(0, 1).bytes(nulls).bytes(values.done()).done();
}

/** What a prepared statement is: its number and its parameters. */
export function preparedPackets(id: number, parameters: number): Uint8Array[] {
  const head = writer().number(0, 1).number(id, 4).number(0, 2).number(parameters, 2).number(0, 1).number(0, 2).done();
  const definitions = Array.from({ length: parameters }, () => columnPacket("?", TEXT));
  return [head, ...definitions, ...(parameters === 0 ? [] : [endPacket({}, false)])];
}
