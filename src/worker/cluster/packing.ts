/**
 * A cluster's value as gzipped JSON: how it travels between objects, and how snapshots lie in D1.
 *
 * A call to a Durable Object carries 32 MiB at most; a large cluster's value is more, its packed form a tenth.
 */
import type { ClusterValue } from "#kernel/cluster/snapshot";

/** Packs a value. */
export async function packed(value: ClusterValue): Promise<Uint8Array> {
  const json = new Blob([JSON.stringify(value)]).stream();
  return new Uint8Array(await new Response(json.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
}

/** The value that was packed. */
export async function unpacked(bytes: Uint8Array): Promise<ClusterValue> {
  const packed = new Blob([bytes]).stream();
  return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).json();
}
