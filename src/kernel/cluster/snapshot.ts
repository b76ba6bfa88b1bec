/**
 * Snapshots: a cluster as a JSON value, and a running cluster made from one.
 *
 * restore(export(x)) = x: the same objects, clock, containers, files, logs and dice. Only the key the cluster signs
 * tokens with stays behind, and with it what was signed: who forks a cluster must not hold tokens that open it. A fork
 * has a key of its own, by which its kubelets' token files are read at once and its token Secrets are filled again.
 */
import type { Secret } from "#kernel/api/types.gen";
import { CLOCK_CELL, Cluster, COMPACTED_CELL, NOW_CELL } from "#kernel/cluster/cluster";
import { type Row, storeFrom } from "#kernel/cluster/journal";
import { keySeedOf } from "#kernel/cluster/options";
import { putSigningKey, SIGNING_KEY_CELL } from "#kernel/registry/signing-key";
import { secrets } from "#kernel/resources/core/secret";
import { withoutToken } from "#kernel/resources/core/secret.facts";
import type { ClockState, Instant } from "#kernel/sim/instant";
import { type CellChange, Cells } from "#kernel/store/cells";
import { type Bucket, type KubeObject, textOf } from "#kernel/store/object";

/** A cluster at rest. Equal clusters give equal values, key by key. */
export interface ClusterValue {
  readonly format: 1;
  readonly revision: number;
  /** Present objects in order of revision; earlier changes are compacted. */
  readonly rows: readonly Row[];
  /** Everything else, sorted by room and id. */
  readonly cells: readonly CellChange[];
}

/** The cluster as it is now. */
export function exportCluster({ store, cells, clock, now }: Cluster): ClusterValue {
  const rows: Row[] = [];
  for (const bucket of store.buckets()) {
    for (const object of store.list(bucket)) {
      const { namespace = "", name, resourceVersion } = object.metadata;
      rows.push({ revision: Number(resourceVersion), bucket, namespace, name, json: textOf(unsigned(bucket, object)) });
    }
  }
  rows.sort((a, b) => a.revision - b.revision);
  return {
    format: 1,
    revision: store.revision,
    rows,
    cells: cells
      .all()
      .filter(({ room }) => room !== SIGNING_KEY_CELL[0])
      .map((cell) => atRest(cell, clock, now)),
  };
}

/** The object without what was signed with the cluster's key. */
const unsigned = (bucket: Bucket, object: KubeObject): KubeObject =>
  bucket === secrets.bucket ? withoutToken(object as Secret) : object;

/** A value at rest knows its own instant, not the real one, so that equal clusters give equal values. */
function atRest(cell: CellChange, clock: ClockState, now: Instant): CellChange {
  const isCell = ([room, id]: readonly [string, string]): boolean => cell.room === room && cell.id === id;
  if (isCell(CLOCK_CELL)) return { ...cell, value: { ...clock, real: now, virtual: now } satisfies ClockState };
  return isCell(NOW_CELL) ? { ...cell, value: now } : cell;
}

/**
 * A running cluster that goes on where the value stood; its clock continues from then, at a real instant. `keySeed` is
 * as in Cluster.create.
 */
export function importCluster({ rows, cells, revision }: ClusterValue, real: Instant, keySeed?: string): Cluster {
  const restored = new Cells();
  for (const { room, id, value } of cells) restored.restore(room, id, value);
  const cluster = Cluster.restore(restored, (store) => storeFrom(store, rows, revision, revision));
  const clock = cluster.clock;
  restored.put(...CLOCK_CELL, { ...clock, real, virtual: cluster.now } satisfies ClockState);
  restored.put(...COMPACTED_CELL, revision);
  putSigningKey(restored, keySeed ?? keySeedOf(cluster.options));
  return cluster;
}
