/**
 * Tables as psql prints them: aligned, unaligned, or a line for each value.
 *
 * Models src/fe_utils/print.c.
 */
import { isRight } from "#kernel/runtime/images/sql/kinds";
import type { Kind } from "#kernel/runtime/images/sql/relation";

type Columns = readonly { readonly name: string; readonly kind: Kind }[];
type Rows = readonly (readonly (string | null)[])[];

const widthOf = (text: string): number => [...text].length;

const centered = (text: string, width: number): string => {
  const room = Math.max(0, width - widthOf(text));
  return " ".repeat(Math.floor(room / 2)) + text + " ".repeat(Math.ceil(room / 2));
};

const count = (rows: Rows): string => `(${rows.length} row${rows.length === 1 ? "" : "s"})`;

interface Look {
  /** Rows only. */
  readonly isBare: boolean;
  readonly title?: string;
  /** Lines in place of the number of rows. */
  readonly foot?: readonly string[];
}

/** The usual table. */
export function aligned(columns: Columns, rows: Rows, { isBare, title, foot }: Look): string {
  const lines = (value: string | null): string[] => (value ?? "").split("\n");
  const widths = columns.map(({ name }, n) =>
    Math.max(isBare ? 0 : widthOf(name), ...rows.flatMap((row) => lines(row[n] ?? null).map(widthOf)), 0),
  );
  const last = columns.length - 1;
  const cell = (value: string, n: number, isMore: boolean): string => {
    const width = widths[n] ?? 0;
    const pad = " ".repeat(Math.max(0, width - widthOf(value)));
    if (isRight(columns[n]?.kind ?? { name: "text" })) return ` ${pad}${value}${isMore ? "+" : n === last ? "" : " "}`;
    return ` ${value}${n === last && !isMore ? "" : pad}${isMore ? "+" : n === last ? "" : " "}`;
  };
  const body = rows.flatMap((row) => {
    const parts = columns.map((_, n) => lines(row[n] ?? null));
    const height = Math.max(1, ...parts.map((part) => part.length));
    return Array.from({ length: height }, (_, line) =>
      columns.map((_column, n) => cell(parts[n]?.[line] ?? "", n, line < (parts[n]?.length ?? 0) - 1)).join("|"),
    );
  });
  const whole = widths.reduce((sum, width) => sum + width + 3, -1);
  const head = [
    ...(title === undefined ? [] : [centered(title, whole).trimEnd()]),
    columns.map(({ name }, n) => ` ${centered(name, widths[n] ?? 0)} `).join("|"),
    widths.map((width) => "-".repeat(width + 2)).join("+"),
  ];
  const end = foot ?? [count(rows)];
  const text = [...(isBare ? [] : head), ...body, ...(isBare ? [] : end)].map((line) => `${line}\n`).join("");
  return `${text}\n`;
}

/** Values with a sign between them. */
export function unaligned(
  columns: Columns,
  rows: Rows,
  { isBare, separator }: { readonly isBare: boolean; readonly separator: string },
): string {
  const lines = rows.map((row) => row.map((value) => value ?? "").join(separator));
  const head = columns.map(({ name }) => name).join(separator);
  return [...(isBare ? [] : [head]), ...lines, ...(isBare ? [] : [count(rows)])].map((line) => `${line}\n`).join("");
}

/** A line for each value. */
export function expanded(columns: Columns, rows: Rows): string {
  if (rows.length === 0) return "(0 rows)\n\n";
  const width = Math.max(...columns.map(({ name }) => widthOf(name)));
  const values = Math.max(...rows.flat().map((value) => widthOf(value ?? "")), 0);
  const records = rows.map((row, n) => {
    const head = `-[ RECORD ${n + 1} ]`;
    const rule = `${head}${"-".repeat(Math.max(0, width + 1 - head.length))}+${"-".repeat(values + 1)}`;
    const lines = columns.map(({ name }, at) => `${name.padEnd(width)} | ${row[at] ?? ""}`);
    return [
      head.length > width + 1 ? `${head}${"-".repeat(Math.max(0, width + values + 3 - head.length))}` : rule,
      ...lines,
    ].join("\n");
  });
  return `${records.join("\n")}\n\n`;
}
