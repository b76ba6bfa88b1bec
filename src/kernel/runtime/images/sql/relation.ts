/**
 * Relations: rows with named and typed columns, and the scopes in which expressions look names up.
 */
import type { Dialect, Value } from "#kernel/runtime/images/sql/ast";
import { fail } from "#kernel/runtime/images/sql/errors";
import type { Row } from "#kernel/runtime/images/sql/storage";

/** What a column or an expression is, for how it is shown. */
export interface Kind {
  /** `int`, `bigint`, `decimal`, `float`, `text`, `bool`, `date`, `timestamp`, `timestamptz`, `json`, `null`. */
  readonly name: string;
  /** Digits after the point, of a decimal. */
  readonly scale?: number;
}

export interface Column {
  /** The alias of its table. */
  readonly table: string;
  readonly name: string;
  readonly kind: Kind;
  /** Part of the primary key of its table: who groups by it groups by all columns of the table. */
  readonly isPrimary?: boolean;
  /** Joined by USING: its like in the other table is the same. */
  readonly isHidden?: boolean;
}

export interface Relation {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** Where an expression is evaluated: one row, those of its group, and what lies around a subquery. */
export interface Scope {
  readonly columns: readonly Column[];
  readonly row: Row;
  readonly group?: readonly Row[];
  /** Positions of columns that are the same in the whole group. */
  readonly grouped?: ReadonlySet<number>;
  readonly outer?: Scope;
  /** Which clause it is, for messages. */
  readonly place: string;
}

export const EMPTY: Relation = { columns: [], rows: [[]] };

/** The position of a column in a scope, or in one around it; undefined if there is none. Raises `ambiguous`. */
export function find(
  columns: readonly Column[],
  { table, name, at }: { readonly table?: string; readonly name: string; readonly at: number },
  { dialect, place }: { readonly dialect: Dialect; readonly place: string },
): number | undefined {
  const same = (a: string, b: string): boolean =>
    a === b || (dialect === "mysql" && a.toLowerCase() === b.toLowerCase());
  let found: number | undefined;
  for (let n = 0; n < columns.length; n += 1) {
    const column = columns[n] as Column;
    if (!same(column.name, name) || (table !== undefined && !same(column.table, table))) continue;
    if (table === undefined && column.isHidden === true) continue;
    if (found !== undefined) return fail({ kind: "ambiguous", name, place, at });
    found = n;
  }
  return found;
}

/** A value as PostgreSQL and MySQL print it. */
export function shownAs(value: Value, kind: Kind, dialect: Dialect): string | null {
  if (value === null) return null;
  if (typeof value === "boolean") return dialect === "mysql" ? String(Number(value)) : value ? "t" : "f";
  if (typeof value === "number") {
    if (kind.scale !== undefined) return kind.scale > 10 ? quotient(value, kind.scale) : value.toFixed(kind.scale);
    if (!Number.isFinite(value)) return value > 0 ? "Infinity" : Number.isNaN(value) ? "NaN" : "-Infinity";
    return String(value).replace(/e\+(\d)$/, "e+0$1");
  }
  return value;
}

/** Largest divisor that a quotient is recognised by. */
const DIVISOR_MAX = 1_000_000;

/** The digits of a quotient of wholes beyond what a binary number holds: 71/6 as 11.8333333333333333. */
function quotient(value: number, scale: number): string {
  if (!Number.isFinite(value) || Math.abs(value) > 1e9) return value.toFixed(Math.min(scale, 20));
  // The convergents of its continued fraction, until one is as near as the number itself.
  let [p0, q0, p1, q1, rest] = [1, 0, Math.floor(value), 1, value];
  while (Math.abs(p1 / q1 - value) > Math.abs(value) * 1e-15) {
    rest = 1 / (rest - Math.floor(rest));
    const whole = Math.floor(rest);
    [p0, q0, p1, q1] = [p1, q1, whole * p1 + p0, whole * q1 + q0];
    if (q1 > DIVISOR_MAX || !Number.isSafeInteger(p1)) return value.toFixed(scale);
  }
  const scaled = BigInt(Math.abs(p1)) * 10n ** BigInt(scale);
  const divisor = BigInt(q1);
  const digits = ((2n * scaled + divisor) / (2n * divisor)).toString().padStart(scale + 1, "0");
  return `${p1 < 0 ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
