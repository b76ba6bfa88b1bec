/**
 * Queries: sources joined, rows chosen, grouped, projected, ordered and cut.
 */
import { hasAggregate } from "#kernel/runtime/images/sql/aggregate";
import type { Expr, Item, Join, Order, Query, Select, Source, Value } from "#kernel/runtime/images/sql/ast";
import { fail } from "#kernel/runtime/images/sql/errors";
import { Evaluator, truth } from "#kernel/runtime/images/sql/evaluate";
import { numberOf } from "#kernel/runtime/images/sql/functions";
import { Kinds } from "#kernel/runtime/images/sql/kinds";
import { type Column, EMPTY, find, type Kind, type Relation, type Scope } from "#kernel/runtime/images/sql/relation";
import type { Row } from "#kernel/runtime/images/sql/storage";
import { substituted } from "#kernel/runtime/images/sql/substitute";

/** Rows a statement may give. */
const ROWS_MAX = 20_000;

/** A projected row, and the row (or group) it was made of. */
interface Made {
  readonly row: Row;
  readonly scope: Scope;
}

export abstract class Selector extends Evaluator {
  /** The rows of a table or view. Raises `no table`. */
  abstract tableRows(source: Source & { k: "table" }): Relation;
  readonly #common: Map<string, Relation>[] = [];

  subquery(query: Query, outer: Scope): Relation {
    this.step();
    return this.query(query, outer);
  }

  query(query: Query, outer?: Scope): Relation {
    const own = new Map<string, Relation>();
    this.#common.push(own);
    for (const { name, query: inner, columns } of query.with)
      own.set(name, renamed(this.query(inner, outer), name, columns));
    const result = this.#whole(query, outer);
    this.#common.pop();
    return result;
  }

  #whole(query: Query, outer: Scope | undefined): Relation {
    const isPlain = query.unions.length === 0;
    const made = this.#part(query.first, outer, isPlain ? query.orderBy : []);
    let { relation } = made;
    for (const { isAll, select } of query.unions) {
      const other = this.#part(select, outer, []).relation;
      if (other.columns.length !== relation.columns.length) fail({ kind: "union columns" });
      const rows = [...relation.rows, ...other.rows];
      relation = { columns: relation.columns, rows: isAll ? rows : distinct(rows) };
    }
    if (!isPlain && query.orderBy.length > 0) relation = this.#orderedUnion(relation, query.orderBy, outer);
    return this.#cut(relation, query, outer);
  }

  #orderedUnion(relation: Relation, orderBy: readonly Order[], outer: Scope | undefined): Relation {
    const { columns } = relation;
    const made = relation.rows.map((row): Made => ({ row, scope: this.#scope(columns, row, "order clause", outer) }));
    const keys = (one: Made): Value[] =>
      orderBy.map(({ expr }) => this.#position(expr, one.row) ?? this.value(expr, one.scope));
    return { columns, rows: this.#sorted(made, orderBy, keys).map(({ row }) => row) };
  }

  #cut(relation: Relation, { limit, offset }: Query, outer: Scope | undefined): Relation {
    const scope = this.#scope([], [], "limit", outer);
    const from = offset === undefined ? 0 : Math.max(0, numberOf(this.value(offset, scope)));
    const counted = limit === undefined ? null : this.value(limit, scope);
    const count = counted === null ? relation.rows.length : Math.max(0, numberOf(counted));
    if (from === 0 && count >= relation.rows.length) {
      if (relation.rows.length > ROWS_MAX) fail({ kind: "steps" });
      return relation;
    }
    return { columns: relation.columns, rows: relation.rows.slice(from, from + count) };
  }

  #part(part: Query["first"], outer: Scope | undefined, orderBy: readonly Order[]): { relation: Relation } {
    if ("values" in part) {
      const scope = this.#scope([], [], "field list", outer);
      const rows = part.values.map((row) => row.map((expr) => this.value(expr, scope)));
      const kinds = this.#kinds([]);
      const columns = (part.values[0] ?? []).map(
        (expr, n): Column => ({ table: "", name: `column${n + 1}`, kind: kinds.of(expr) }),
      );
      return { relation: { columns, rows } };
    }
    return { relation: this.#select(part, outer, orderBy) };
  }

  #select(select: Select, outer: Scope | undefined, orderBy: readonly Order[]): Relation {
    const source = this.#from(select, outer);
    const chosen = this.#chosen(source, select.where, outer);
    const items = select.items.flatMap((item) => this.#expanded(item, source.columns));
    const groupBy = select.groupBy.map((expr) => this.#aliased(expr, items, source.columns));
    const isGrouped =
      groupBy.length > 0 ||
      [
        ...items.map(({ expr }) => expr),
        ...(select.having === undefined ? [] : [select.having]),
        ...orderBy.map(({ expr }) => expr),
      ].some(hasAggregate);
    const scopes = isGrouped
      ? this.#groups({ columns: source.columns, rows: chosen }, groupBy, outer)
      : chosen.map((row) => this.#scope(source.columns, row, "field list", outer));
    const kept = select.having === undefined ? scopes : this.#having(scopes, select.having, items, source.columns);
    let made = kept.map((scope): Made => {
      this.step();
      return { scope, row: items.map(({ expr }) => this.value(expr, scope)) };
    });
    if (made.length === 0) this.#check(items, source.columns, outer, isGrouped, groupBy);
    if (select.isDistinct) made = distinctBy(made);
    if (orderBy.length > 0) made = this.#ordered(made, orderBy, items, source.columns);
    return { columns: this.#columns(items, source.columns, outer), rows: made.map(({ row }) => row) };
  }

  /** Without rows nothing is evaluated: names are looked up all the same. */
  #check(
    items: readonly Item[],
    columns: readonly Column[],
    outer: Scope | undefined,
    isGrouped: boolean,
    groupBy: readonly Expr[],
  ): void {
    const row = columns.map(() => null);
    const scope = this.#scope(columns, row, "field list", outer);
    const groups = isGrouped ? { group: [], grouped: this.#groupedColumns(columns, groupBy) } : {};
    for (const { expr } of items) if (expr.k === "col") this.value(expr, { ...scope, ...groups });
  }

  #having(scopes: readonly Scope[], having: Expr, items: readonly Item[], columns: readonly Column[]): Scope[] {
    const condition = substituted(having, (expr) => this.#aliased(expr, items, columns));
    return scopes.filter((scope) => truth(this.value(condition, { ...scope, place: "having clause" })));
  }

  #scope(columns: readonly Column[], row: Row, place: string, outer: Scope | undefined): Scope {
    return { columns, row, place, ...(outer === undefined ? {} : { outer }) };
  }

  #kinds(columns: readonly Column[], outer?: Scope): Kinds {
    const around = outer === undefined ? [] : outer.columns;
    return new Kinds(this.dialect, columns, (expr) => {
      const found = "values" in expr.query.first ? undefined : expr.query.first.items[0];
      if (found === undefined || found.expr.k === "star") return { name: "text" };
      return hasAggregate(found.expr) || found.expr.k !== "col"
        ? this.#kinds(around).of(found.expr)
        : this.#innerKind(expr.query, found.expr);
    });
  }

  #innerKind(query: Query, expr: Expr): Kind {
    if ("values" in query.first || query.first.from?.k !== "table") return { name: "text" };
    return this.#kinds(this.#source(query.first.from, undefined).columns).of(expr);
  }

  #columns(items: readonly Item[], columns: readonly Column[], outer: Scope | undefined): Column[] {
    const kinds = this.#kinds(columns, outer);
    return items.map(({ expr, alias, text }) => {
      const name = alias ?? (expr.k === "col" ? expr.name : this.#nameOf(expr, text));
      return { table: "", name, kind: kinds.of(expr) };
    });
  }

  /** What a column is called that nobody named: MySQL takes its text, PostgreSQL the function or `?column?`. */
  #nameOf(expr: Expr, text: string): string {
    if (this.dialect === "mysql") return text;
    if (expr.k === "fn") return expr.name.toLowerCase();
    if (expr.k === "cast")
      return expr.arg.k === "col" ? expr.arg.name : expr.type.name === "text" ? "text" : expr.type.name;
    if (expr.k === "case") return "case";
    return expr.k === "exists" ? "exists" : "?column?";
  }

  #from({ from, joins }: Select, outer: Scope | undefined): Relation {
    if (from === undefined) return EMPTY;
    let relation = this.#source(from, outer);
    for (const join of joins) relation = this.#joined(relation, join, outer);
    return relation;
  }

  #source(source: Source, outer: Scope | undefined): Relation {
    if (source.k === "query") return renamed(this.query(source.query, outer), source.alias, source.columns);
    if (source.k === "series") return this.#series(source, outer);
    for (const common of [...this.#common].reverse()) {
      const found = source.schema === undefined ? common.get(source.name) : undefined;
      if (found !== undefined) return renamed(found, source.alias);
    }
    return this.tableRows(source);
  }

  #series({ args, alias }: Source & { k: "series" }, outer: Scope | undefined): Relation {
    const scope = this.#scope([], [], "from", outer);
    const [from = 0, to = 0, step = 1] = args.map((arg) => numberOf(this.value(arg, scope)));
    const rows: Row[] = [];
    if (step === 0) fail({ kind: "bad value", type: "step", column: "", value: "0", row: 1 });
    for (let n = from; step > 0 ? n <= to : n >= to; n += step) {
      this.step();
      rows.push([n]);
    }
    return { columns: [{ table: alias, name: alias, kind: { name: "int" } }], rows };
  }

  #joined(left: Relation, join: Join, outer: Scope | undefined): Relation {
    const right = this.#source(join.source, outer);
    const hidden = join.using ?? [];
    const columns = [
      ...left.columns,
      ...right.columns.map((column) => (hidden.includes(column.name) ? { ...column, isHidden: true } : column)),
    ];
    const on = this.#joinCondition(join, left, right);
    const [outerRows, innerRows] = join.kind === "right" ? [right.rows, left.rows] : [left.rows, right.rows];
    const blank: Row = (join.kind === "right" ? left : right).columns.map(() => null);
    const rows: Row[] = [];
    for (const one of outerRows) {
      let isMatched = false;
      for (const other of innerRows) {
        this.step();
        const row = join.kind === "right" ? [...other, ...one] : [...one, ...other];
        if (on !== undefined && !on(row, columns, outer)) continue;
        isMatched = true;
        rows.push(row);
      }
      if (isMatched || join.kind === "inner" || join.kind === "cross") continue;
      rows.push(join.kind === "right" ? [...blank, ...one] : [...one, ...blank]);
    }
    return { columns, rows };
  }

  #joinCondition({ on, using }: Join, left: Relation, right: Relation) {
    if (using !== undefined) {
      const pairs = using.map((name) => {
        const place = { dialect: this.dialect, place: "from clause" };
        const a = find(left.columns, { name, at: 0 }, place);
        const b = find(right.columns, { name, at: 0 }, place);
        return a === undefined || b === undefined
          ? fail({ kind: "no column", name, place: "from clause" })
          : ([a, left.columns.length + b] as const);
      });
      return (row: Row): boolean =>
        pairs.every(([a, b]) => this.compared("=", row[a] ?? null, row[b] ?? null) === true);
    }
    if (on === undefined) return undefined;
    return (row: Row, columns: readonly Column[], outer: Scope | undefined): boolean =>
      truth(this.value(on, this.#scope(columns, row, "on clause", outer)));
  }

  #chosen({ columns, rows }: Relation, where: Expr | undefined, outer: Scope | undefined): readonly Row[] {
    if (where === undefined) return rows;
    if (hasAggregate(where)) fail({ kind: "aggregate", at: 0 });
    if (rows.length === 0) this.#namesIn(where, columns, outer);
    return rows.filter((row) => {
      this.step();
      return truth(this.value(where, this.#scope(columns, row, "where clause", outer)));
    });
  }

  #namesIn(where: Expr, columns: readonly Column[], outer: Scope | undefined): void {
    const scope = this.#scope(
      columns,
      columns.map(() => null),
      "where clause",
      outer,
    );
    substituted(where, (expr) => {
      this.value(expr, scope);
      return expr;
    });
  }

  #expanded(item: Item, columns: readonly Column[]): Item[] {
    const { expr } = item;
    if (expr.k !== "star") return [item];
    const wanted = columns.filter(
      ({ table, isHidden }) => isHidden !== true && (expr.table === undefined || table === expr.table),
    );
    if (wanted.length === 0 && expr.table !== undefined)
      return fail({ kind: "no table", schema: "", name: expr.table });
    if (wanted.length === 0) return fail({ kind: "unsupported", what: "* without tables" });
    return wanted.map(({ table, name }) => ({ expr: { k: "col", table, name, at: 0 }, text: name, alias: name }));
  }

  /** A name or a position that stands for an item of the select list. */
  #aliased(expr: Expr, items: readonly Item[], columns: readonly Column[]): Expr {
    if (expr.k === "lit" && typeof expr.value === "number" && Number.isInteger(expr.value)) {
      return (
        items[expr.value - 1]?.expr ?? fail({ kind: "no column", name: String(expr.value), place: "group statement" })
      );
    }
    if (expr.k !== "col" || expr.table !== undefined) return expr;
    const item = items.find(({ alias }) => alias === expr.name);
    const own = find(columns, expr, { dialect: this.dialect, place: "group statement" });
    return item === undefined || (own !== undefined && item.expr.k !== "col")
      ? expr
      : own !== undefined
        ? expr
        : item.expr;
  }

  #groups({ columns, rows }: Relation, groupBy: readonly Expr[], outer: Scope | undefined): Scope[] {
    const groups = new Map<string, Row[]>();
    if (groupBy.length === 0) groups.set("", [...rows]);
    else {
      for (const row of rows) {
        this.step();
        const scope = this.#scope(columns, row, "group statement", outer);
        const key = JSON.stringify(groupBy.map((expr) => this.#groupKey(this.value(expr, scope))));
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [row]);
        else group.push(row);
      }
    }
    const grouped = this.#groupedColumns(columns, groupBy);
    return [...groups.values()].map((group) => ({
      ...this.#scope(columns, group[0] ?? columns.map(() => null), "field list", outer),
      group,
      grouped,
    }));
  }

  #groupKey(value: Value): Value {
    return typeof value === "string" && this.dialect === "mysql" ? value.toLowerCase() : value;
  }

  /** Columns that are the same in all rows of a group: those grouped by, and all of a table grouped by its key. */
  #groupedColumns(columns: readonly Column[], groupBy: readonly Expr[]): Set<number> {
    const grouped = new Set<number>();
    for (const expr of groupBy) {
      const n = expr.k === "col" ? find(columns, expr, { dialect: this.dialect, place: "group statement" }) : undefined;
      if (n === undefined) continue;
      grouped.add(n);
      const { table, isPrimary } = columns[n] as Column;
      if (isPrimary === true) for (const [at, column] of columns.entries()) if (column.table === table) grouped.add(at);
    }
    return groupBy.some((expr) => expr.k !== "col") ? new Set(columns.keys()) : grouped;
  }

  #ordered(
    made: readonly Made[],
    orderBy: readonly Order[],
    items: readonly Item[],
    columns: readonly Column[],
  ): Made[] {
    const keyOf = (one: Made, expr: Expr): Value => {
      const position = this.#position(expr, one.row);
      if (position !== undefined) return position;
      const n = expr.k === "col" && expr.table === undefined ? items.findIndex(({ alias }) => alias === expr.name) : -1;
      if (n >= 0) return one.row[n] ?? null;
      const resolved = substituted(expr, (inner) => this.#aliased(inner, items, columns));
      return this.value(resolved, { ...one.scope, place: "order clause" });
    };
    return this.#sorted(made, orderBy, (one) => orderBy.map(({ expr }) => keyOf(one, expr)));
  }

  #position(expr: Expr, row: Row): Value | undefined {
    if (expr.k !== "lit" || typeof expr.value !== "number") return undefined;
    if (expr.value < 1 || expr.value > row.length)
      fail({ kind: "no column", name: String(expr.value), place: "order clause" });
    return row[expr.value - 1] ?? null;
  }

  #sorted(made: readonly Made[], orderBy: readonly Order[], keys: (one: Made) => Value[]): Made[] {
    const keyed = made.map((one) => ({ one, keys: keys(one) }));
    keyed.sort((a, b) => {
      this.step();
      for (const [n, order] of orderBy.entries()) {
        const ranked = this.#ranked(a.keys[n] ?? null, b.keys[n] ?? null, order);
        if (ranked !== 0) return ranked;
      }
      return 0;
    });
    return keyed.map(({ one }) => one);
  }

  /** Nulls are last in PostgreSQL and first in MySQL, and the other way round when descending. */
  #ranked(a: Value, b: Value, { isDescending, nulls }: Order): number {
    if (a === null || b === null) {
      if (a === b) return 0;
      const isFirst = nulls === undefined ? (this.dialect === "mysql") !== isDescending : nulls === "first";
      return (a === null) === isFirst ? -1 : 1;
    }
    const order = this.order(a, b);
    return isDescending ? -order : order;
  }
}

function renamed({ columns, rows }: Relation, table: string, names: readonly string[] = []): Relation {
  return { rows, columns: columns.map(({ name, kind }, n) => ({ table, name: names[n] ?? name, kind })) };
}

const keyOf = (row: Row): string => JSON.stringify(row);

function distinct(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

function distinctBy(made: readonly Made[]): Made[] {
  const seen = new Set<string>();
  return made.filter(({ row }) => !seen.has(keyOf(row)) && seen.add(keyOf(row)));
}
