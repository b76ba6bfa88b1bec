/**
 * Parameters of prepared statements: `$1` and its like, put into the text of the statement as literals.
 *
 * Models exec_bind_message of src/backend/tcop/postgres.c for the types the engine has.
 */
import { textOfBytes } from "#kernel/runtime/files/bytes";
import { formatOf } from "#kernel/runtime/images/postgres/messages.wire";
import type { Problem } from "#kernel/runtime/images/sql/problem";
import type { Answered } from "#kernel/runtime/images/sql/wire";
import type { PacketReader } from "#kernel/runtime/images/wire/packets";

/** A statement whose parameters are known. */
export interface Bound {
  readonly sql: string;
  /** In which formats its columns are wanted. */
  readonly formats: readonly number[];
  /** What came of it, if it was run to be described. */
  readonly answer?: Answered;
}

interface Prepared {
  readonly sql: string;
  readonly types: readonly number[];
}

const UNKNOWN = 705;
const TEXT = 25;
/** Types whose values need no quotes. */
const NUMERIC: readonly number[] = [20, 21, 23, 26, 700, 701, 1700];

/** The types of a statement's parameters, text where nobody has said. */
export function parametersOf({ sql, types }: Prepared): number[] {
  const count = Math.max(types.length, ...[...sql.matchAll(/\$(\d+)/g)].map((found) => Number(found[1])), 0);
  return Array.from({ length: Math.min(count, 1_000) }, (_, n) => types[n] || TEXT);
}

/** Reads formats and values of a Bind message, and puts them in. */
export function boundSql(prepared: Prepared, reader: PacketReader): Bound | Problem {
  const list = (): number[] => Array.from({ length: Math.min(reader.number(2), 1_000) }, () => reader.number(2));
  const given = list();
  const literals: string[] = [];
  const count = reader.number(2);
  for (let n = 0; n < count && !reader.isShort; n += 1) {
    const size = reader.signed(4);
    if (size < 0) {
      literals.push("NULL");
      continue;
    }
    const oid = prepared.types[n] ?? 0;
    const bytes = reader.bytes(size);
    const value = formatOf(given, n) === 0 ? textOfBytes(bytes) : binaryValue(bytes, oid);
    if (value === undefined) {
      return { state: "0A000", message: `Drydock reads no binary parameter of type ${oid}: send it as text` };
    }
    literals.push(literal(value, oid));
  }
  if (reader.isShort) return { state: "08P01", message: "insufficient data left in message" };
  const needed = parametersOf({ ...prepared, types: [] }).length;
  if (literals.length < needed) {
    const message = `bind message supplies ${literals.length} parameters, but prepared statement "" requires ${needed}`;
    return { state: "08P01", message };
  }
  return { sql: replaced(prepared.sql, literals), formats: list() };
}

/** A value as SQL writes it; a number that nobody has typed as text is one. */
function literal(value: string, oid: number): string {
  const isNumber = /^-?\d+(\.\d+)?$/.test(value);
  if (isNumber && NUMERIC.includes(oid)) return value.startsWith("-") ? `(${value})` : value;
  return `'${value.replaceAll("'", "''")}'`;
}

/** Puts literals in place of `$n`, but within texts, names and comments. */
function replaced(sql: string, literals: readonly string[]): string {
  const pieces = /('(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\d+))/g;
  return sql.replace(pieces, (all: string, _whole: string, number: string | undefined) =>
    number === undefined ? all : (literals[Number(number) - 1] ?? all),
  );
}

/** A parameter in its type's own form as text; undefined if the type is unknown. */
function binaryValue(bytes: Uint8Array, oid: number): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (`${oid}/${bytes.length}`) {
    case "16/1":
      return bytes[0] === 0 ? "f" : "t";
    case "21/2":
      return String(view.getInt16(0));
    case "23/4":
      return String(view.getInt32(0));
    case "20/8":
      return String(view.getBigInt64(0));
    case "700/4":
      return String(view.getFloat32(0));
    case "701/8":
      return String(view.getFloat64(0));
    default:
      return [0, TEXT, 1043, UNKNOWN, 19, 3802].includes(oid) ? textOfBytes(bytes) : undefined;
  }
}
