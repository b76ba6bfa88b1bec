/**
 * Tables: objects as the rows that `kubectl get` prints.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/response.go and pkg/printers.
 */
import {
  ageText,
  type IncludeObject,
  type ListMeta,
  partialObjectMetadata,
  type Table,
  type TableColumnDefinition,
  type TableRow,
} from "#kernel/apimachinery/table";
import { type AnyResource, type Column, column } from "#kernel/registry/definition";
import type { Instant } from "#kernel/sim/instant";
import type { KubeObject } from "#kernel/store/object";

const NAME: Column<KubeObject> = {
  ...column<KubeObject>("Name", "string", ({ metadata }) => metadata.name, "Name must be unique within a namespace."),
  format: "name",
};
const AGE = column<KubeObject>(
  "Age",
  "string",
  ({ metadata }, now) => ageText(metadata.creationTimestamp, now),
  "CreationTimestamp is a timestamp representing the server time when this object was created.",
);

const columnsOf = new WeakMap<AnyResource, readonly Column<KubeObject>[]>();

/** All columns of a kind in print order: name, its own, age, its wide ones; or the table it replaces them with. */
export function tableColumns(resource: AnyResource): readonly Column<KubeObject>[] {
  let columns = columnsOf.get(resource);
  if (columns === undefined) {
    const own = (resource.columns ?? []) as readonly Column<KubeObject>[];
    columns = resource.table ?? [
      NAME,
      ...own.filter(({ priority }) => priority === 0),
      AGE,
      ...own.filter(({ priority }) => priority > 0),
    ];
    columnsOf.set(resource, columns as readonly Column<KubeObject>[]);
  }
  return columns as readonly Column<KubeObject>[];
}

export interface TableRequest {
  readonly now: Instant;
  readonly include: IncludeObject;
  readonly metadata: ListMeta;
  /** A watch sends the column definitions with its first event alone. */
  readonly withoutHeader?: boolean;
}

/** The table of some objects of one kind. */
export function tableOf(resource: AnyResource, objects: readonly KubeObject[], request: TableRequest): Table {
  const columns = tableColumns(resource);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: request.metadata,
    columnDefinitions: request.withoutHeader === true ? null : columns.map(header),
    rows: objects.map((object) => rowOf(columns, object, request)),
  };
}

/** The table of a bookmark: one row without cells' values, whose object says where the watch stands. */
export function bookmarkTable(resource: AnyResource, object: KubeObject, { include, metadata }: TableRequest): Table {
  const cells = tableColumns(resource).map(() => "");
  const row =
    include === "None" ? { cells } : { cells, object: include === "Metadata" ? partialObjectMetadata(object) : object };
  return { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions: null, rows: [row] };
}

function header({ name, type, format, description, priority }: Column<KubeObject>): TableColumnDefinition {
  return { name, type, format: format ?? "", description, priority };
}

function rowOf(columns: readonly Column<KubeObject>[], object: KubeObject, { now, include }: TableRequest): TableRow {
  const cells = columns.map(({ cell }) => cell(object, now));
  if (include === "None") return { cells };
  return { cells, object: include === "Metadata" ? partialObjectMetadata(object) : object };
}
