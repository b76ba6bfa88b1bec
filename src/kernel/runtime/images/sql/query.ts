/**
 * Queries of SQL: SELECT with all its clauses, UNION, WITH and VALUES.
 */
import type { Expr, Item, Join, Order, Query, Select, Source } from "#kernel/runtime/images/sql/ast";
import { parseExpr } from "#kernel/runtime/images/sql/expression";
import type { Reader } from "#kernel/runtime/images/sql/reader";

type Part = Query["first"];

/** A whole query, with what may stand before and after its SELECT. */
export function parseQuery(reader: Reader): Query {
  return reader.deeper(() => {
    const common = reader.take("WITH") ? commonTables(reader) : [];
    const first = part(reader);
    const unions: { isAll: boolean; select: Part }[] = [];
    while (reader.take("UNION")) {
      const isAll = reader.take("ALL");
      if (!isAll) reader.take("DISTINCT");
      unions.push({ isAll, select: part(reader) });
    }
    const orderBy = reader.take("ORDER", "BY") ? reader.list(() => order(reader)) : [];
    const { limit, offset } = limits(reader);
    if (reader.take("FOR")) {
      reader.expect("UPDATE");
    }
    return {
      with: common,
      first,
      unions,
      orderBy,
      ...(limit === undefined ? {} : { limit }),
      ...(offset === undefined ? {} : { offset }),
    };
  });
}

function commonTables(reader: Reader): Query["with"] {
  if (reader.is("RECURSIVE")) reader.refuse();
  return reader.list(() => {
    const name = reader.name();
    const columns = reader.is("(") ? reader.names() : undefined;
    reader.expect("AS");
    const query = reader.parenthesised(() => parseQuery(reader));
    return { name, query, ...(columns === undefined ? {} : { columns }) };
  });
}

function part(reader: Reader): Part {
  if (reader.is("(")) {
    const inner = reader.parenthesised(() => parseQuery(reader));
    if (inner.unions.length === 0 && inner.orderBy.length === 0 && inner.limit === undefined) return inner.first;
    const from: Source = { k: "query", query: inner, alias: "q" };
    return { isDistinct: false, items: [{ expr: { k: "star" }, text: "*" }], from, joins: [], groupBy: [] };
  }
  if (reader.take("VALUES"))
    return { values: reader.list(() => reader.parenthesised(() => reader.list(() => parseExpr(reader)))) };
  reader.expect("SELECT");
  return select(reader);
}

function select(reader: Reader): Select {
  const isDistinct = reader.take("DISTINCT");
  if (!isDistinct) reader.takeAny("ALL", "SQL_NO_CACHE");
  const items = reader.list(() => parseItem(reader));
  const from = reader.take("FROM") ? source(reader) : undefined;
  const joins = from === undefined ? [] : joinsOf(reader);
  const where = reader.take("WHERE") ? parseExpr(reader) : undefined;
  const groupBy = reader.take("GROUP", "BY") ? reader.list(() => parseExpr(reader)) : [];
  const having = reader.take("HAVING") ? parseExpr(reader) : undefined;
  return {
    isDistinct,
    items,
    joins,
    groupBy,
    ...(from === undefined ? {} : { from }),
    ...(where === undefined ? {} : { where }),
    ...(having === undefined ? {} : { having }),
  };
}

/** One column of a result, with its alias. */
export function parseItem(reader: Reader): Item {
  const from = reader.peek().at;
  const expr = parseExpr(reader);
  const text = reader.text.slice(from, reader.peek(-1).end);
  if (reader.take("AS")) return { expr, alias: reader.anyName(), text };
  if (reader.isName || (reader.dialect === "mysql" && reader.peek().kind === "text"))
    return { expr, alias: reader.anyName(), text };
  return { expr, text };
}

function source(reader: Reader): Source {
  if (reader.is("(")) {
    const query = reader.parenthesised(() => parseQuery(reader));
    const { alias, columns } = aliasOf(reader, "");
    return { k: "query", query, alias, ...(columns === undefined ? {} : { columns }) };
  }
  if (reader.is("GENERATE_SERIES") && reader.peek(1).value === "(") {
    reader.next();
    const args = reader.parenthesised(() => reader.list(() => parseExpr(reader)));
    const { alias } = aliasOf(reader, "generate_series");
    return { k: "series", args, alias };
  }
  const table = reader.tableName();
  return { k: "table", ...table, alias: aliasOf(reader, table.name).alias };
}

function aliasOf(reader: Reader, otherwise: string): { readonly alias: string; readonly columns?: readonly string[] } {
  const alias = reader.take("AS") ? reader.anyName() : reader.isName ? reader.name() : otherwise;
  return alias !== otherwise && reader.is("(") ? { alias, columns: reader.names() } : { alias };
}

function joinsOf(reader: Reader): Join[] {
  const joins: Join[] = [];
  for (;;) {
    if (reader.take(",") || reader.take("CROSS", "JOIN")) joins.push({ kind: "cross", source: source(reader) });
    else {
      const kind = joinKind(reader);
      if (kind === undefined) return joins;
      const joined = source(reader);
      const on: Expr | undefined = reader.take("ON") ? parseExpr(reader) : undefined;
      const using = on === undefined && reader.take("USING") ? reader.names() : undefined;
      if (on === undefined && using === undefined && (kind !== "inner" || reader.dialect === "postgres"))
        reader.refuse();
      joins.push({
        kind,
        source: joined,
        ...(on === undefined ? {} : { on }),
        ...(using === undefined ? {} : { using }),
      });
    }
  }
}

function joinKind(reader: Reader): Join["kind"] | undefined {
  if (reader.take("JOIN") || reader.take("INNER", "JOIN")) return "inner";
  const side = reader.is("LEFT") ? "left" : reader.is("RIGHT") ? "right" : undefined;
  if (side === undefined) return undefined;
  reader.next();
  reader.take("OUTER");
  reader.expect("JOIN");
  return side;
}

function order(reader: Reader): Order {
  const expr = parseExpr(reader);
  const isDescending = reader.takeAny("ASC", "DESC") === "DESC";
  const nulls = reader.take("NULLS", "FIRST") ? "first" : reader.take("NULLS", "LAST") ? "last" : undefined;
  return { expr, isDescending, ...(nulls === undefined ? {} : { nulls }) };
}

function limits(reader: Reader): { limit?: Expr; offset?: Expr } {
  const found: { limit?: Expr; offset?: Expr } = {};
  for (;;) {
    if (reader.take("LIMIT")) {
      if (reader.take("ALL")) continue;
      const first = parseExpr(reader);
      if (reader.dialect === "mysql" && reader.take(",")) {
        found.offset = first;
        found.limit = parseExpr(reader);
      } else found.limit = first;
    } else if (reader.take("OFFSET")) {
      found.offset = parseExpr(reader);
      reader.takeAny("ROW", "ROWS");
    } else if (reader.take("FETCH")) {
      reader.takeAny("FIRST", "NEXT");
      found.limit = reader.is("ROW") || reader.is("ROWS") ? { k: "lit", value: 1 } : parseExpr(reader);
      reader.takeAny("ROW", "ROWS");
      reader.expect("ONLY");
    } else return found;
  }
}
