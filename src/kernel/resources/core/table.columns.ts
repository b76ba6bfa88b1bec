/**
 * The columns most tables share, for the kinds whose table has an order of its own.
 *
 * Models pkg/printers/internalversion.
 */
import { ageText } from "#kernel/apimachinery/table";
import { type Column, column } from "#kernel/registry/definition";
import type { KubeObject } from "#kernel/store/object";

/** The object's name; kubectl puts the kind before it where several kinds are listed. */
export const nameColumn: Column<KubeObject> = {
  ...column<KubeObject>("Name", "string", ({ metadata }) => metadata.name, "Name, unique within its namespace."),
  format: "name",
};

/** How long ago the object was made. */
export const ageColumn: Column<KubeObject> = column(
  "Age",
  "string",
  ({ metadata }, now) => ageText(metadata.creationTimestamp, now),
  "How long ago the server made the object.",
);

/** The time at which the object was made. */
export const createdAtColumn: Column<KubeObject> = column(
  "Created At",
  "date",
  ({ metadata }) => metadata.creationTimestamp ?? "",
  "When the server made the object.",
);
