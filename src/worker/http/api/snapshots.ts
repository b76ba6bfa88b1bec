/**
 * /snapshots: a cluster as it is at an instant, for everybody who has the link.
 */
import { z } from "@hono/zod-openapi";
import type { ClusterOptions } from "#kernel/cluster/options";
import type { ClusterValue } from "#kernel/cluster/snapshot";
import type { ClockState } from "#kernel/sim/instant";
import { unpacked } from "#worker/cluster/packing";
import { addSnapshot, type SnapshotRow } from "#worker/db/snapshots";
import { newId, openCluster } from "#worker/http/api/access";
import { nameSchema } from "#worker/http/api/cluster-request";
import { manifestsOf } from "#worker/http/api/manifests";
import { type Route, route } from "#worker/http/api/route";
import { snapshotSchema } from "#worker/http/api/schemas";
import { contentsOf, needSnapshot } from "#worker/http/api/snapshot-store";

const TAG = "Snapshots";

const urlOf = (origin: string, id: string): string => `${origin}/s/${id}`;

const createSnapshot = route({
  method: "post",
  path: "/clusters/{id}/snapshots",
  tag: TAG,
  summary: "Keep the cluster as it is",
  description:
    "Objects, clock, containers, files and logs. `url` is public and read-only; anybody who has it may make a fork.",
  isLocked: true,
  params: { id: "The cluster's id" },
  body: z.strictObject({ name: nameSchema.optional() }).openapi("SnapshotRequest"),
  example: { name: "before the rollout" },
  success: {
    status: 201,
    description: "The snapshot.",
    schema: z.object({ id: z.string(), url: z.string() }).openapi("MadeSnapshot"),
  },
  problems: [400, 401, 404, 422],
  async handle({ c, param, body, origin }) {
    const { row, stub, db } = await openCluster(c, param("id"));
    const bytes = await stub.export();
    const value = await unpacked(bytes, (room) => room === "cluster");
    const id = newId();
    const snapshot = {
      id,
      name: body.name ?? row.name,
      cluster: row.id,
      createdAt: Date.now(),
      now: instantOf(value),
      options: { ...optionsOf(value) },
    };
    await addSnapshot(db, snapshot, bytes);
    return c.json({ id, url: urlOf(origin, id) }, 201);
  },
});

const cellOf = <T>({ cells }: ClusterValue, room: string, id: string): T =>
  cells.find((cell) => cell.room === room && cell.id === id)?.value as T;

/** The instant of the cluster's own clock. */
const instantOf = (value: ClusterValue): number => cellOf<ClockState>(value, "cluster", "clock").virtual;

/** The options the cluster was made from, as it holds them itself. */
const optionsOf = (value: ClusterValue): ClusterOptions => cellOf<ClusterOptions>(value, "cluster", "options");

function view({ id, name, createdAt, now, sizeBytes }: SnapshotRow, origin: string): z.infer<typeof snapshotSchema> {
  return {
    id,
    name,
    url: urlOf(origin, id),
    createdAt: new Date(createdAt).toISOString(),
    now: new Date(now).toISOString(),
    sizeBytes,
  };
}

const getSnapshot = route({
  method: "get",
  path: "/snapshots/{id}",
  tag: TAG,
  summary: "What is known of a snapshot",
  params: { id: "The snapshot's id" },
  success: { status: 200, description: "The snapshot.", schema: snapshotSchema },
  problems: [404],
  async handle({ c, param, origin }) {
    return c.json(view(await needSnapshot(c.env, param("id")), origin));
  },
});

const getManifests = route({
  method: "get",
  path: "/snapshots/{id}/manifests",
  tag: TAG,
  summary: "The objects of a snapshot as YAML",
  description: "As somebody would have written them: `kubectl apply -f -` makes them again in an empty cluster.",
  params: { id: "The snapshot's id" },
  success: { status: 200, description: "A stream of YAML documents.", text: "text/yaml" },
  problems: [404],
  async handle({ c, param }) {
    const row = await needSnapshot(c.env, param("id"));
    const { rows } = await unpacked(await contentsOf(c.env, row), () => false);
    return c.body(manifestsOf(rows), 200, { "content-type": "text/yaml; charset=utf-8" });
  },
});

export const snapshotRoutes: readonly Route[] = [createSnapshot, getSnapshot, getManifests];
