/**
 * How kubectl prints objects: as a table, by name, as YAML or JSON, by a template.
 *
 * Models k8s.io/cli-runtime/pkg/printers and kubectl/pkg/cmd/get.
 * Leaves out Go templates: they are refused.
 */
import { stringify } from "yaml";
import type { Table, TableRow } from "#kernel/apimachinery/table";
import { type Call, printed } from "#kernel/kubectl/command";
import { UnsupportedError, usageError } from "#kernel/kubectl/error";
import type { Kind, KubeObject } from "#kernel/kubectl/server";
import { columnText, fillTemplate } from "#kernel/kubectl/template";

/** What `-o` says, the argument after `=` apart. */
export interface Output {
  readonly format: string;
  readonly argument: string;
}

/** The flags that choose how things are printed. */
export const PRINT = {
  flags: {
    output: "value",
    template: "value",
    "no-headers": "switch",
    "show-labels": "switch",
    "show-managed-fields": "switch",
    "sort-by": "value",
    "label-columns": "list",
  },
  short: { o: "output", L: "label-columns" },
} as const;

const FORMATS = /^(|wide|name|yaml|json|jsonpath|jsonpath-as-json|custom-columns)$/;

/** Reads `-o`. @throws KubectlError */
export function outputOf(call: Call): Output {
  const text = call.value("output") ?? "";
  const [format = "", argument = call.value("template") ?? ""] = text.split(/=(.*)/s);
  if (/^(go-template|template|.*-file)/.test(format)) {
    throw new UnsupportedError(`error: the output format ${JSON.stringify(format)} is not supported here`);
  }
  if (!FORMATS.test(format)) {
    throw usageError(
      `unable to match a printer suitable for the output format ${JSON.stringify(format)}, allowed formats are: ` +
        "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,wide,yaml",
    );
  }
  return { format, argument };
}

/** Whether objects are wanted rather than the server's table. */
export const wantsObjects = ({ format }: Output): boolean => format !== "" && format !== "wide" && format !== "name";

/** One object, or a List of several, in the format that is wanted. @throws KubectlError */
export function printObjects(call: Call, objects: readonly KubeObject[], isOne: boolean): string {
  const output = outputOf(call);
  const shown = objects.map((object) => (call.has("show-managed-fields") ? object : withoutManagers(object)));
  const [first] = shown;
  const whole =
    isOne && first !== undefined
      ? first
      : { apiVersion: "v1", items: shown, kind: "List", metadata: { resourceVersion: "" } };
  switch (output.format) {
    case "yaml":
      return stringify(whole, {
        version: "1.1",
        lineWidth: 0,
        indentSeq: false,
        sortMapEntries: true,
        aliasDuplicateObjects: false,
      });
    case "json":
      return `${JSON.stringify(sorted(whole), null, 4)}\n`;
    case "jsonpath":
      return fillTemplate(output.argument, whole);
    case "jsonpath-as-json":
      return `${fillTemplate(output.argument, whole)}\n`;
    default:
      return customColumns(call, output.argument, shown);
  }
}

function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata as KubeObject["metadata"] & { managedFields?: unknown };
  return { ...object, metadata };
}

/** Maps in the order of their keys, as Go writes them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

function customColumns(call: Call, spec: string, objects: readonly KubeObject[]): string {
  if (spec === "") throw usageError("custom-columns format specified but no custom columns given");
  const columns = spec.split(",").map((part) => {
    const [header = "", path = ""] = part.split(/:(.*)/s);
    if (path === "") throw usageError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header, path };
  });
  const rows = objects.map((object) => columns.map(({ path }) => columnText(path, object)));
  return aligned(call.has("no-headers") ? rows : [columns.map(({ header }) => header), ...rows]);
}

/** Rows in columns, as Go's tabwriter sets them: three spaces between, nothing after the last. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [n, cell] of row.entries()) widths[n] = Math.max(widths[n] ?? 0, cell.length);
  }
  const line = (row: readonly string[]): string =>
    row.map((cell, n) => (n === row.length - 1 ? cell : cell.padEnd((widths[n] ?? 0) + 3))).join("");
  return rows.map((row) => `${line(row)}\n`).join("");
}

interface TableOptions {
  readonly kind: Kind;
  readonly isWide: boolean;
  readonly isAll: boolean;
  /** Names stand with their kinds, where several kinds are shown. */
  readonly hasKinds: boolean;
}

type Metadata = KubeObject["metadata"];

const metadataOf = ({ object }: TableRow): Metadata =>
  (object as { metadata?: Metadata } | undefined)?.metadata ?? { name: "" };

/** The server's table as kubectl shows it. */
export function printTable(call: Call, table: Table, { kind, isWide, isAll, hasKinds }: TableOptions): string {
  const shownColumns = (table.columnDefinitions ?? []).map(({ priority }, n) => ({ n, priority }));
  const columns = shownColumns.filter(({ priority }) => priority === 0 || isWide).map(({ n }) => n);
  const labelColumns = call.list("label-columns").flatMap((list) => list.split(","));
  const header = [
    ...(isAll && kind.isNamespaced ? ["NAMESPACE"] : []),
    ...columns.map((n) => (table.columnDefinitions?.[n]?.name ?? "").toUpperCase()),
    ...labelColumns.map((label) => (label.split("/").at(-1) ?? "").toUpperCase()),
    ...(call.has("show-labels") ? ["LABELS"] : []),
  ];
  const rows = sortedRows(call, table.rows).map((row) => {
    const { namespace = "", labels = {} } = metadataOf(row);
    const cells = columns.map((n) => {
      const cell = row.cells[n];
      const text = cell === null || cell === undefined ? "<none>" : String(cell);
      return hasKinds && table.columnDefinitions?.[n]?.format === "name" ? printed(kind, text) : text;
    });
    const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
    const all = pairs.map(([key, value]) => `${key}=${value}`).join(",");
    return [
      ...(isAll && kind.isNamespaced ? [namespace] : []),
      ...cells,
      ...labelColumns.map((label) => labels[label] ?? ""),
      ...(call.has("show-labels") ? [all === "" ? "<none>" : all] : []),
    ];
  });
  return aligned(call.has("no-headers") ? rows : [header, ...rows]);
}

function sortedRows(call: Call, rows: readonly TableRow[]): readonly TableRow[] {
  const by = call.value("sort-by");
  if (by === undefined) return rows;
  return [...rows].sort((a, b) => compare(columnText(by, a.object), columnText(by, b.object)));
}

/** Objects in the order of what a path leads to. */
export function sortedObjects(call: Call, objects: readonly KubeObject[]): readonly KubeObject[] {
  const by = call.value("sort-by");
  if (by === undefined) return objects;
  return [...objects].sort((a, b) => compare(columnText(by, a), columnText(by, b)));
}

function compare(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
