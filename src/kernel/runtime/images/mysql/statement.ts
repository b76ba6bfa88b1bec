/**
 * Prepared statements of MySQL's protocol: where their parameters stand, and the values that come for them.
 *
 * Models COM_STMT_EXECUTE.
 */
import { textOfBytes } from "#kernel/runtime/files/bytes";
import { readLength } from "#kernel/runtime/images/mysql/packets";
import type { PacketReader } from "#kernel/runtime/images/wire/packets";

/** Texts, names and comments, in which a question mark is one; else a parameter. */
const PIECES = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/|(\?)/g;

/** How many parameters a statement has. */
export const parameterCount = (sql: string): number =>
  [...sql.matchAll(PIECES)].filter(([, mark]) => mark === "?").length;

/** The statement with values in place of its parameters; a text is the error. */
export function executed(
  sql: string,
  reader: PacketReader,
  types: readonly number[],
): { sql: string; types: number[] } | string {
  const count = parameterCount(sql);
  if (count === 0) return { sql, types: [] };
  const nulls = reader.bytes(Math.floor((count + 7) / 8));
  const isNew = reader.number(1) === 1;
  const known = isNew ? Array.from({ length: count }, () => reader.number(2)) : [...types];
  const values: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const isNull = ((nulls[n >> 3] ?? 0) & (1 << (n & 7))) !== 0;
    const value = isNull ? "NULL" : literal(reader, known[n] ?? 253);
    if (value === undefined) return `Drydock reads no parameter of type ${known[n]}`;
    values.push(value);
  }
  if (reader.isShort) return "Malformed communication packet";
  let at = 0;
  return {
    sql: sql.replace(PIECES, (all: string, mark: string | undefined) =>
      mark === "?" ? (values[at++] ?? "NULL") : all,
    ),
    types: known,
  };
}

const UNSIGNED = 0x8000;

function literal(reader: PacketReader, full: number): string | undefined {
  const isUnsigned = (full & UNSIGNED) !== 0;
  const whole = (size: 1 | 2 | 4 | 8): string => {
    let value = 0n;
    for (const [n, byte] of reader.bytes(size).entries()) value |= BigInt(byte) << BigInt(8 * n);
    return String(isUnsigned ? value : BigInt.asIntN(size * 8, value));
  };
  switch (full & 0xff) {
    case 1:
      return whole(1);
    case 2:
      return whole(2);
    case 3:
      return whole(4);
    case 8:
      return whole(8);
    case 4:
    case 5: {
      const bytes = reader.bytes((full & 0xff) === 4 ? 4 : 8);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (reader.isShort) return "0";
      return String(bytes.length === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true));
    }
    case 6:
      return "NULL";
    case 7:
    case 10:
    case 12:
      return date(reader);
    case 0:
    case 15:
    case 245:
    case 246:
    case 249:
    case 250:
    case 251:
    case 252:
    case 253:
    case 254: {
      const text = textOfBytes(reader.bytes(readLength(reader)));
      return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
    }
    default:
      return undefined;
  }
}

function date(reader: PacketReader): string {
  const size = reader.number(1);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (size === 0) return "'0000-00-00 00:00:00'";
  const day = `${String(reader.number(2)).padStart(4, "0")}-${two(reader.number(1))}-${two(reader.number(1))}`;
  if (size < 7) return `'${day}'`;
  const time = `${two(reader.number(1))}:${two(reader.number(1))}:${two(reader.number(1))}`;
  return size < 11 ? `'${day} ${time}'` : `'${day} ${time}.${String(reader.number(4)).padStart(6, "0")}'`;
}
