/**
 * Expressions of SQL, read by precedence.
 */
import type { Expr, SqlType, Value } from "#kernel/runtime/images/sql/ast";
import { parseQuery } from "#kernel/runtime/images/sql/query";
import type { Reader } from "#kernel/runtime/images/sql/reader";
import { parseType } from "#kernel/runtime/images/sql/types";

/** Signs and words between two operands, from the loosest to the tightest. */
const LEVELS: readonly (readonly string[])[] = [
  ["OR", "XOR"],
  ["AND", "&&"],
  [],
  ["=", "<", ">", "<=", ">=", "<>", "!=", "<=>"],
  ["||", "|", "&", "->", "->>"],
  ["+", "-"],
  ["*", "/", "%", "DIV", "MOD"],
];
/** The level of NOT, and of what follows an operand: IS, IN, LIKE, BETWEEN. */
const NOT_LEVEL = 2;
const TEST_LEVEL = 3;

const literal = (value: Value): Expr => ({ k: "lit", value });

/** One expression. */
export function parseExpr(reader: Reader): Expr {
  return reader.deeper(() => level(reader, 0));
}

function level(reader: Reader, n: number): Expr {
  if (n >= LEVELS.length) return unary(reader);
  if (n === NOT_LEVEL) {
    return reader.take("NOT")
      ? { k: "un", op: "NOT", arg: reader.deeper(() => level(reader, n)) }
      : level(reader, n + 1);
  }
  let left = level(reader, n + 1);
  for (;;) {
    if (n === TEST_LEVEL) {
      const tested = test(reader, left);
      if (tested !== undefined) {
        left = tested;
        continue;
      }
    }
    const op = operator(reader, LEVELS[n] ?? []);
    if (op === undefined) return left;
    left = { k: "bin", op, left, right: level(reader, n + 1) };
  }
}

function operator(reader: Reader, signs: readonly string[]): string | undefined {
  const taken = reader.takeAny(...signs);
  if (taken === "&&") return "AND";
  if (taken === "!=") return "<>";
  // In MySQL two bars are OR.
  return taken === "||" && reader.dialect === "mysql" ? "OR" : taken;
}

/** IS, IN, LIKE, BETWEEN and matching: what may follow an operand. */
function test(reader: Reader, arg: Expr): Expr | undefined {
  if (reader.take("IS")) {
    const isNot = reader.take("NOT");
    const what = reader.takeAny("NULL", "TRUE", "FALSE", "UNKNOWN");
    if (what === undefined) return reader.refuse();
    return { k: "is", arg, what: what === "TRUE" ? true : what === "FALSE" ? false : null, isNot };
  }
  if (reader.take("ISNULL")) return { k: "is", arg, what: null, isNot: false };
  if (reader.take("NOTNULL")) return { k: "is", arg, what: null, isNot: true };
  const isNot = reader.is("NOT") && !reader.is("NOT", "NULL") && reader.take("NOT");
  if (reader.take("IN")) return inList(reader, arg, isNot);
  if (reader.take("BETWEEN")) {
    const low = level(reader, TEST_LEVEL + 1);
    reader.expect("AND");
    return { k: "between", arg, low, high: level(reader, TEST_LEVEL + 1), isNot };
  }
  const like = reader.takeAny("LIKE", "ILIKE");
  if (like !== undefined) {
    const pattern = level(reader, TEST_LEVEL + 1);
    if (reader.take("ESCAPE")) reader.string();
    return { k: "like", arg, pattern, isNot, ignoresCase: like === "ILIKE" || reader.dialect === "mysql" };
  }
  const match = reader.takeAny("REGEXP", "RLIKE", "~", "~*", "!~", "!~*");
  if (match !== undefined) {
    const pattern = level(reader, TEST_LEVEL + 1);
    const ignoresCase = match.endsWith("*") || reader.dialect === "mysql";
    return { k: "match", arg, pattern, isNot: isNot || match.startsWith("!"), ignoresCase };
  }
  return isNot ? reader.refuse() : undefined;
}

function inList(reader: Reader, arg: Expr, isNot: boolean): Expr {
  return reader.parenthesised((): Expr => {
    if (reader.is("SELECT") || reader.is("WITH") || reader.is("VALUES")) {
      return { k: "in", arg, query: parseQuery(reader), isNot };
    }
    return { k: "in", arg, list: reader.list(() => parseExpr(reader)), isNot };
  });
}

function unary(reader: Reader): Expr {
  const op = reader.takeAny("-", "+", "!", "~");
  if (op !== undefined) {
    const arg = reader.deeper(() => unary(reader));
    if (op === "-" && arg.k === "lit" && typeof arg.value === "number") return { ...arg, value: -arg.value };
    return op === "+" ? arg : { k: "un", op: op === "!" ? "NOT" : op, arg };
  }
  if (reader.is("BINARY") && reader.dialect === "mysql") reader.next();
  let expr = primary(reader);
  for (;;) {
    if (reader.take("::")) expr = { k: "cast", arg: expr, type: parseType(reader) };
    else if (reader.take("COLLATE")) reader.anyName();
    else if (reader.take("AT", "TIME", "ZONE")) reader.string();
    else return expr;
  }
}

function primary(reader: Reader): Expr {
  const token = reader.peek();
  if (token.kind === "number") {
    reader.next();
    return { k: "lit", value: Number(token.value), ...(/[.eE]/.test(token.value) ? { isDecimal: true } : {}) };
  }
  if (token.kind === "text") return text(reader);
  if (token.kind === "var") {
    reader.next();
    return { k: "var", name: token.value };
  }
  if (reader.is("(")) return parenthesis(reader);
  if (reader.take("*")) return { k: "star" };
  const word = token.kind === "word" ? token.value.toUpperCase() : "";
  const special = SPECIAL[word];
  if (special !== undefined && (special.isCall !== true || isCall(reader))) {
    reader.next();
    return special.read(reader);
  }
  if (isCall(reader) && (token.kind === "name" || token.kind === "word")) return call(reader);
  return column(reader);
}

const isCall = (reader: Reader): boolean => reader.peek(1).kind === "sign" && reader.peek(1).value === "(";

/** Texts that stand beside each other are one. */
function text(reader: Reader): Expr {
  let value = reader.string();
  while (reader.peek().kind === "text") value += reader.string();
  return literal(value);
}

function parenthesis(reader: Reader): Expr {
  return reader.parenthesised((): Expr => {
    if (reader.is("SELECT") || reader.is("WITH")) return { k: "sub", query: parseQuery(reader) };
    const first = parseExpr(reader);
    if (!reader.is(",")) return first;
    return reader.refuse();
  });
}

/** A column, of a table or not; all columns of a table. */
function column(reader: Reader): Expr {
  const { at } = reader.peek();
  let name = reader.name();
  let table: string | undefined;
  while (reader.take(".")) {
    if (reader.take("*")) return { k: "star", table: name };
    table = name;
    name = reader.anyName();
  }
  return { k: "col", name, at, ...(table === undefined ? {} : { table }) };
}

/** Functions that are called without parentheses. */
const BARE =
  "CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP CURRENT_USER SESSION_USER USER UTC_TIMESTAMP".split(
    " ",
  );

function call(reader: Reader): Expr {
  const { at, value } = reader.next();
  reader.expect("(");
  const isDistinct = reader.take("DISTINCT");
  if (!isDistinct) reader.take("ALL");
  const args = reader.is(")") ? [] : reader.list(() => parseExpr(reader));
  // GROUP_CONCAT(a ORDER BY b SEPARATOR ','), STRING_AGG(a, ',' ORDER BY b): the order is that of the rows.
  if (reader.take("ORDER", "BY")) {
    reader.list(() => {
      parseExpr(reader);
      reader.takeAny("ASC", "DESC");
    });
  }
  if (reader.take("SEPARATOR")) args.push(literal(reader.string()));
  reader.expect(")");
  if (reader.is("OVER")) reader.refuse();
  return { k: "fn", name: value.toUpperCase(), args, at, ...(isDistinct ? { isDistinct } : {}) };
}

interface Special {
  readonly isCall?: boolean;
  read(reader: Reader): Expr;
}

/** Expressions that begin with a word of their own. */
const SPECIAL: Readonly<Record<string, Special>> = {
  NULL: { read: () => literal(null) },
  TRUE: { read: ({ dialect }) => literal(dialect === "mysql" ? 1 : true) },
  FALSE: { read: ({ dialect }) => literal(dialect === "mysql" ? 0 : false) },
  DEFAULT: { read: () => ({ k: "default" }) },
  CASE: { read: caseOf },
  EXISTS: { isCall: true, read: (reader) => ({ k: "exists", query: reader.parenthesised(() => parseQuery(reader)) }) },
  CAST: { isCall: true, read: (reader) => reader.parenthesised(() => castOf(reader, "AS")) },
  CONVERT: {
    isCall: true,
    read: (reader) =>
      reader.parenthesised(() => {
        const arg = parseExpr(reader);
        if (reader.take("USING")) {
          reader.anyName();
          return arg;
        }
        reader.expect(",");
        return { k: "cast", arg, type: parseType(reader) };
      }),
  },
  EXTRACT: {
    isCall: true,
    read: (reader) =>
      reader.parenthesised(() => {
        const unit = reader.anyName();
        reader.expect("FROM");
        return { k: "fn", name: "EXTRACT", args: [literal(unit.toUpperCase()), parseExpr(reader)], at: 0 };
      }),
  },
  SUBSTRING: { isCall: true, read: substring },
  POSITION: {
    isCall: true,
    read: (reader) =>
      reader.parenthesised(() => {
        const needle = level(reader, TEST_LEVEL + 1);
        reader.expect("IN");
        return { k: "fn", name: "LOCATE", args: [needle, parseExpr(reader)], at: 0 };
      }),
  },
  INTERVAL: { read: interval },
  DATE: { read: typed("DATE") },
  TIMESTAMP: { read: typed("TIMESTAMP") },
  ...Object.fromEntries(BARE.map((name) => [name, { read: (reader: Reader) => bare(reader, name) }])),
};

function bare(reader: Reader, name: string): Expr {
  if (reader.take("(")) {
    if (!reader.is(")")) reader.number();
    reader.expect(")");
  }
  return { k: "fn", name, args: [], at: reader.peek().at };
}

/** `DATE '2026-01-01'`, `DATE(x)`, or a column of that name. */
function typed(name: string): (reader: Reader) => Expr {
  return (reader) => {
    const type: SqlType = { name: name.toLowerCase(), shown: name.toLowerCase() };
    if (reader.peek().kind === "text") return { k: "cast", arg: text(reader), type };
    if (reader.is("(")) return { k: "cast", arg: reader.parenthesised(() => parseExpr(reader)), type };
    return { k: "col", name: name.toLowerCase(), at: reader.peek(-1).at };
  };
}

function caseOf(reader: Reader): Expr {
  const subject = reader.is("WHEN") ? undefined : parseExpr(reader);
  const whens: [Expr, Expr][] = [];
  while (reader.take("WHEN")) {
    const condition = parseExpr(reader);
    reader.expect("THEN");
    whens.push([condition, parseExpr(reader)]);
  }
  const otherwise = reader.take("ELSE") ? parseExpr(reader) : undefined;
  reader.expect("END");
  return {
    k: "case",
    whens,
    ...(subject === undefined ? {} : { subject }),
    ...(otherwise === undefined ? {} : { otherwise }),
  };
}

function castOf(reader: Reader, word: string): Expr {
  const arg = parseExpr(reader);
  reader.expect(word);
  return { k: "cast", arg, type: parseType(reader) };
}

function substring(reader: Reader): Expr {
  return reader.parenthesised((): Expr => {
    const args = [parseExpr(reader)];
    while (reader.take(",") || reader.take("FROM") || reader.take("FOR")) args.push(parseExpr(reader));
    return { k: "fn", name: "SUBSTRING", args, at: 0 };
  });
}

/** `INTERVAL 1 DAY` in MySQL, `INTERVAL '1 day'` in PostgreSQL. */
function interval(reader: Reader): Expr {
  if (reader.dialect === "mysql") {
    const amount = level(reader, TEST_LEVEL + 1);
    return { k: "interval", amount, unit: reader.anyName().toUpperCase() };
  }
  const [, amount = "0", unit = "second"] = /^\s*(-?[\d.]+)\s*([a-z]+?)s?\s*$/i.exec(reader.string()) ?? [];
  return { k: "interval", amount: literal(Number(amount)), unit: unit.toUpperCase() };
}
