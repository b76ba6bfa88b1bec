/**
 * Types of columns: as they are written, shown, and what they make of a value.
 */
import type { SqlType, Value } from "#kernel/runtime/images/sql/ast";
import type { Reader } from "#kernel/runtime/images/sql/reader";

/** What several names mean, and how PostgreSQL shows them. */
const NAMES: Readonly<Record<string, readonly [name: string, postgres: string]>> = {
  INT: ["int", "integer"],
  INTEGER: ["int", "integer"],
  INT4: ["int", "integer"],
  MEDIUMINT: ["int", "integer"],
  TINYINT: ["smallint", "smallint"],
  SMALLINT: ["smallint", "smallint"],
  INT2: ["smallint", "smallint"],
  BIGINT: ["bigint", "bigint"],
  INT8: ["bigint", "bigint"],
  SERIAL: ["int", "integer"],
  BIGSERIAL: ["bigint", "bigint"],
  SMALLSERIAL: ["smallint", "smallint"],
  SIGNED: ["bigint", "bigint"],
  UNSIGNED: ["bigint", "bigint"],
  DECIMAL: ["decimal", "numeric"],
  NUMERIC: ["decimal", "numeric"],
  DEC: ["decimal", "numeric"],
  FLOAT: ["float", "double precision"],
  DOUBLE: ["float", "double precision"],
  REAL: ["float", "real"],
  FLOAT8: ["float", "double precision"],
  FLOAT4: ["float", "real"],
  BOOL: ["bool", "boolean"],
  BOOLEAN: ["bool", "boolean"],
  BIT: ["int", "bit"],
  CHAR: ["char", "character"],
  CHARACTER: ["char", "character"],
  NCHAR: ["char", "character"],
  VARCHAR: ["varchar", "character varying"],
  NVARCHAR: ["varchar", "character varying"],
  TEXT: ["text", "text"],
  TINYTEXT: ["text", "text"],
  MEDIUMTEXT: ["text", "text"],
  LONGTEXT: ["text", "text"],
  CITEXT: ["text", "citext"],
  NAME: ["text", "name"],
  BLOB: ["text", "bytea"],
  TINYBLOB: ["text", "bytea"],
  MEDIUMBLOB: ["text", "bytea"],
  LONGBLOB: ["text", "bytea"],
  BINARY: ["text", "bytea"],
  VARBINARY: ["text", "bytea"],
  BYTEA: ["text", "bytea"],
  JSON: ["json", "json"],
  JSONB: ["json", "jsonb"],
  UUID: ["text", "uuid"],
  INET: ["text", "inet"],
  DATE: ["date", "date"],
  TIME: ["time", "time without time zone"],
  DATETIME: ["timestamp", "timestamp without time zone"],
  TIMESTAMP: ["timestamp", "timestamp without time zone"],
  TIMESTAMPTZ: ["timestamptz", "timestamp with time zone"],
  YEAR: ["int", "integer"],
  REGCLASS: ["text", "regclass"],
  ENUM: ["enum", "enum"],
  SET: ["text", "set"],
};

/** One type. */
export function parseType(reader: Reader): SqlType {
  const token = reader.next();
  const known = token.kind === "word" ? NAMES[token.value.toUpperCase()] : undefined;
  if (known === undefined) return reader.refuse(token);
  const word = token.value.toUpperCase();
  let [name, shown] = known;
  if (word === "DOUBLE") reader.take("PRECISION");
  if (word === "SIGNED" || word === "UNSIGNED") reader.take("INTEGER");
  if (/^(N?CHAR|CHARACTER)$/.test(word) && reader.take("VARYING")) [name, shown] = NAMES["VARCHAR"] ?? known;
  const members =
    word === "ENUM" || word === "SET" ? reader.parenthesised(() => reader.list(() => reader.string())) : undefined;
  const size =
    members === undefined && reader.is("(")
      ? reader.parenthesised(() => reader.list(() => reader.number()))
      : undefined;
  if (/^TIME/.test(word)) {
    if (reader.take("WITH", "TIME", "ZONE")) [name, shown] = ["timestamptz", "timestamp with time zone"];
    else reader.take("WITHOUT", "TIME", "ZONE");
  }
  const isUnsigned = reader.dialect === "mysql" && reader.take("UNSIGNED");
  reader.takeAny("ZEROFILL", "SIGNED");
  if (reader.take("CHARACTER", "SET") || reader.take("CHARSET")) reader.anyName();
  if (reader.take("COLLATE")) reader.anyName();
  const mine =
    reader.dialect === "mysql"
      ? mysqlShown(word, size, members)
      : `${shown}${size === undefined ? "" : `(${size.join(",")})`}`;
  return {
    name,
    shown: isUnsigned ? `${mine} unsigned` : mine,
    ...(size === undefined ? {} : { size }),
    ...(members === undefined ? {} : { members }),
  };
}

function mysqlShown(word: string, size: readonly number[] | undefined, members: readonly string[] | undefined): string {
  if (members !== undefined) return `${word.toLowerCase()}(${members.map((one) => `'${one}'`).join(",")})`;
  const base: Readonly<Record<string, string>> = {
    INTEGER: "int",
    BOOL: "tinyint(1)",
    BOOLEAN: "tinyint(1)",
    NUMERIC: "decimal",
    DEC: "decimal",
    REAL: "double",
    CHARACTER: "char",
    SERIAL: "bigint unsigned",
  };
  const shown = base[word] ?? word.toLowerCase();
  if (shown === "decimal") return `decimal(${size?.[0] ?? 10},${size?.[1] ?? 0})`;
  if (size !== undefined && /^(tinyint|smallint|int|bigint)$/.test(shown))
    return shown === "tinyint" && size[0] === 1 ? "tinyint(1)" : shown;
  if (shown === "char" && size === undefined) return "char(1)";
  return size === undefined ? shown : `${shown}(${size.join(",")})`;
}

const RANGES: Readonly<Record<string, number>> = {
  smallint: 32_768,
  int: 2_147_483_648,
  bigint: 2 ** 63,
};

/** What a type makes of a value: the value, or why it does not fit. */
export type Fitted = { readonly value: Value } | { readonly problem: "bad value" | "too long" | "out of range" };

/** A value as a column of a type keeps it. */
export function fitted(value: Value, type: SqlType, isMysql: boolean): Fitted {
  if (value === null) return { value };
  switch (type.name) {
    case "int":
    case "smallint":
    case "bigint":
      return whole(value, type, isMysql);
    case "decimal":
    case "float":
      return decimal(value, type);
    case "bool":
      return truth(value, isMysql);
    case "varchar":
    case "char":
    case "enum":
      return short(String(textOf(value)), type);
    case "date":
    case "timestamp":
    case "timestamptz":
      return moment(value, type.name);
    case "json":
      return document(String(textOf(value)));
    default:
      return { value: textOf(value) };
  }
}

/** A value as a text: booleans as `t` and `f` are shown as `true` and `false`. */
export function textOf(value: Value): string {
  return value === null ? "" : typeof value === "boolean" ? (value ? "true" : "false") : String(value);
}

function whole(value: Value, { name, shown }: SqlType, isMysql: boolean): Fitted {
  const number = typeof value === "boolean" ? Number(value) : Number(typeof value === "string" ? value.trim() : value);
  if (Number.isNaN(number) || (typeof value === "string" && value.trim() === "")) return { problem: "bad value" };
  if (typeof value === "boolean" && !isMysql) return { problem: "bad value" };
  if (typeof value === "string" && !isMysql && !Number.isInteger(number)) return { problem: "bad value" };
  const rounded = Math.sign(number) * Math.round(Math.abs(number));
  const limit = shown.startsWith("tinyint") ? 128 : (RANGES[name] ?? Number.POSITIVE_INFINITY);
  const [low, high] = shown.endsWith("unsigned") ? [0, 2 * limit - 1] : [-limit, limit - 1];
  return rounded < low || rounded > high ? { problem: "out of range" } : { value: rounded };
}

function decimal(value: Value, { name, size }: SqlType): Fitted {
  const number = Number(value);
  if (Number.isNaN(number) || (typeof value === "string" && value.trim() === "")) return { problem: "bad value" };
  if (name === "float") return { value: number };
  const scale = size?.[1] ?? (size === undefined ? undefined : 0);
  if (size?.[0] !== undefined && Math.abs(number) >= 10 ** (size[0] - (scale ?? 0))) return { problem: "out of range" };
  return { value: scale === undefined ? number : Number(number.toFixed(Math.min(scale, 30))) };
}

function truth(value: Value, isMysql: boolean): Fitted {
  if (isMysql) return Number.isNaN(Number(value)) ? { problem: "bad value" } : { value: Number(value) };
  if (typeof value === "boolean") return { value };
  const text = String(value).trim().toLowerCase();
  if (/^(t|true|y|yes|on|1)$/.test(text)) return { value: true };
  return /^(f|false|n|no|off|0)$/.test(text) ? { value: false } : { problem: "bad value" };
}

function short(text: string, { name, size, members }: SqlType): Fitted {
  if (members !== undefined) {
    const member = members.find((one) => one.toLowerCase() === text.toLowerCase());
    return member === undefined ? { problem: "bad value" } : { value: member };
  }
  const limit = size?.[0] ?? (name === "char" ? 1 : undefined);
  return limit !== undefined && [...text].length > limit ? { problem: "too long" } : { value: text };
}

/** `2026-11-23`, `2026-11-23 20:00:00.5`, with a T or a zone. */
const MOMENT =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?(?:\s*(?:Z|UTC|[+-]\d{2}(?::?\d{2})?))?$/;

function moment(value: Value, name: string): Fitted {
  const match = MOMENT.exec(String(value).trim());
  if (match === null) return { problem: "bad value" };
  const [, year = "", month = "", day = "", hour = "00", minute = "00", second = "00"] = match;
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const parsed = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== date) return { problem: "bad value" };
  if (name === "date") return { value: date };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return { problem: "bad value" };
  return {
    value: `${date} ${hour.padStart(2, "0")}:${minute}:${second}${match[7] === undefined ? "" : `.${match[7]}`}`,
  };
}

function document(text: string): Fitted {
  try {
    JSON.parse(text);
    return { value: text };
  } catch {
    return { problem: "bad value" };
  }
}
