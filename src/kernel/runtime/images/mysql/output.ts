/**
 * Results as the mysql client shows them: in a box, by tabs, or a line for each value.
 */
import { isRight } from "#kernel/runtime/images/sql/kinds";
import type { Kind } from "#kernel/runtime/images/sql/relation";

type Columns = readonly { readonly name: string; readonly kind: Kind }[];
type Rows = readonly (readonly (string | null)[])[];

const widthOf = (text: string): number => [...text].length;
const shown = (value: string | null): string => value ?? "NULL";

/** A table of lines. */
export function boxed(columns: Columns, rows: Rows, isBare: boolean): string {
  const widths = columns.map(({ name }, n) =>
    Math.max(isBare ? 0 : widthOf(name), ...rows.map((row) => widthOf(shown(row[n] ?? null)))),
  );
  const rule = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+\n`;
  const line = (values: readonly string[], isHead: boolean): string =>
    `|${values
      .map((value, n) => {
        const pad = " ".repeat(Math.max(0, (widths[n] ?? 0) - widthOf(value)));
        return !isHead && isRight(columns[n]?.kind ?? { name: "text" }) ? ` ${pad}${value} ` : ` ${value}${pad} `;
      })
      .join("|")}|\n`;
  const head = isBare
    ? ""
    : line(
        columns.map(({ name }) => name),
        true,
      ) + rule;
  return `${rule}${head}${rows.map((row) => line(row.map(shown), false)).join("")}${rule}`;
}

const escaped = (value: string | null): string =>
  shown(value).replace(
    /[\\\t\n\0]/g,
    (sign) => ({ "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\0": "\\0" })[sign] ?? sign,
  );

/** Values between tabs; nothing at all where there are no rows. */
export function tabbed(columns: Columns, rows: Rows, isBare: boolean): string {
  if (rows.length === 0) return "";
  const head = isBare ? "" : `${columns.map(({ name }) => escaped(name)).join("\t")}\n`;
  return head + rows.map((row) => `${row.map(escaped).join("\t")}\n`).join("");
}

/** A line for each value. */
export function vertical(columns: Columns, rows: Rows): string {
  const width = Math.max(0, ...columns.map(({ name }) => widthOf(name)));
  return rows
    .map((row, n) => {
      const head = `${"*".repeat(27)} ${n + 1}. row ${"*".repeat(27)}\n`;
      return head + columns.map(({ name }, at) => `${name.padStart(width)}: ${shown(row[at] ?? null)}\n`).join("");
    })
    .join("");
}
