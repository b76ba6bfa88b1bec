/**
 * Tables: the rows and columns in which a server shows objects to kubectl.
 *
 * Models apimachinery/pkg/apis/meta/v1 (Table, PartialObjectMetadata) and pkg/api/meta/table.
 */
import { humanDuration } from "#kernel/apimachinery/duration";
import { parseTime } from "#kernel/apimachinery/time";

export interface TableColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority: number;
}

/** One value of a row, already in the JSON type its column has. */
export type Cell = string | number | boolean | null;

export interface TableRow {
  readonly cells: readonly Cell[];
  readonly conditions?: readonly TableRowCondition[];
  readonly object?: unknown;
}

export interface TableRowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface ListMeta {
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface Table {
  readonly kind: "Table";
  readonly apiVersion: "meta.k8s.io/v1";
  readonly metadata: ListMeta;
  readonly columnDefinitions: readonly TableColumnDefinition[] | null;
  readonly rows: readonly TableRow[];
}

export interface PartialObjectMetadata {
  readonly kind: "PartialObjectMetadata";
  readonly apiVersion: "meta.k8s.io/v1";
  readonly metadata: unknown;
}

export type IncludeObject = "None" | "Metadata" | "Object";

/** Gives an object's metadata alone. */
export function partialObjectMetadata(object: { readonly metadata?: unknown }): PartialObjectMetadata {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata ?? {} };
}

/** Gives the age a table prints for a time in an object; `<unknown>` if there is none. */
export function ageText(since: string | null | undefined, now: number): string {
  if (since === undefined || since === null || since === "") return "<unknown>";
  return humanDuration(now - parseTime(since));
}
