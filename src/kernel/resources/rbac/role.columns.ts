/**
 * The table of roles and cluster roles: name and when they were made.
 *
 * Models the roles' table printers.
 */
import { type Column, column } from "#kernel/registry/definition";
import type { KubeObject } from "#kernel/store/object";

/** The whole table. */
export const roleTable: readonly Column<KubeObject>[] = [
  { ...column<KubeObject>("Name", "string", ({ metadata }) => metadata.name), format: "name" },
  column("Created At", "date", ({ metadata }) => metadata.creationTimestamp ?? "<unknown>"),
];
