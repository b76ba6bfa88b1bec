/**
 * What D1 holds: the tenants' tables, and a copy of every committed object of every cluster.
 *
 * The copy is written behind by each cluster's outbox and is what dashboards and recovery read; no request of a
 * cluster waits for it. `objects` and `cells` are made WITHOUT ROWID (by hand in their migrations: drizzle has no
 * word for it), because D1 counts a row and each of its indexes as a row written.
 */
import { customType, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Bytes as the platform has them; drizzle's own blob wants Node's Buffer. */
const bytes = customType<{ data: Uint8Array; driverData: ArrayBuffer | readonly number[] | Uint8Array }>({
  dataType: () => "blob",
  fromDriver: (value) => new Uint8Array(value),
  toDriver: (value) => value,
});

/** The clusters there are. Never the key itself, only its hash. */
export const clusters = sqliteTable(
  "clusters",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    keyHash: text("key_hash").notNull(),
    /** Instants are milliseconds since the epoch. */
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at"),
    /** What POST /clusters asked for, so that a reset or a rebuild makes the same cluster. */
    options: text({ mode: "json" }).$type<Readonly<Record<string, unknown>>>().notNull(),
  },
  (table) => [index("clusters_expires_at").on(table.expiresAt), index("clusters_key_hash").on(table.keyHash)],
);

/** How far the copy of a cluster has come: its last revision, and its last turn. */
export const journals = sqliteTable("journals", {
  cluster: text().primaryKey(),
  revision: integer().notNull(),
  turn: integer().notNull().default(0),
});

/** What a cluster's kernel knows beside its objects: clock, entropy, containers, files, logs. */
export const cells = sqliteTable(
  "cells",
  {
    cluster: text().notNull(),
    room: text().notNull(),
    id: text().notNull(),
    json: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.cluster, table.room, table.id] })],
);

/** One row per live object. A deleted one has no row; `journals.revision` keeps a late write from bringing it back. */
export const objects = sqliteTable(
  "objects",
  {
    cluster: text().notNull(),
    group: text().notNull(),
    version: text().notNull(),
    resource: text().notNull(),
    namespace: text().notNull(),
    name: text().notNull(),
    uid: text().notNull(),
    revision: integer().notNull(),
    json: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.cluster, table.group, table.resource, table.namespace, table.name] })],
);

/** A cluster as it was at an instant, for everybody who has the link. */
export const snapshots = sqliteTable("snapshots", {
  id: text().primaryKey(),
  name: text().notNull(),
  /** The cluster it was taken of, which may be gone. */
  cluster: text().notNull(),
  createdAt: integer("created_at").notNull(),
  /** The cluster's own clock when it was taken. */
  now: integer().notNull(),
  sizeBytes: integer("size_bytes").notNull(),
  /** The options of the cluster, for a fork. */
  options: text({ mode: "json" }).$type<Readonly<Record<string, unknown>>>().notNull(),
});

/** The bytes of a snapshot, cut so that each part fits a D1 row. */
export const snapshotParts = sqliteTable(
  "snapshot_parts",
  {
    snapshot: text().notNull(),
    part: integer().notNull(),
    bytes: bytes().notNull(),
  },
  (table) => [primaryKey({ columns: [table.snapshot, table.part] })],
);

/** Labs that teachers brought themselves; ours come with the Worker. */
export const labs = sqliteTable("labs", {
  slug: text().primaryKey(),
  createdAt: integer("created_at").notNull(),
  lab: text({ mode: "json" }).$type<Readonly<Record<string, unknown>>>().notNull(),
});

/** A student's run of a lab, and how it was last graded. */
export const attempts = sqliteTable(
  "attempts",
  {
    id: text().primaryKey(),
    lab: text().notNull(),
    cluster: text().notNull(),
    createdAt: integer("created_at").notNull(),
    gradedAt: integer("graded_at"),
    score: integer(),
    max: integer(),
    tasks: text({ mode: "json" }).$type<readonly Readonly<Record<string, unknown>>[]>(),
  },
  (table) => [index("attempts_cluster").on(table.cluster), index("attempts_lab").on(table.lab)],
);
