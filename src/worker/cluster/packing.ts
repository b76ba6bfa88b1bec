/**
 * A cluster's value as gzipped JSON, a line per row and cell: how it travels between objects, and how snapshots lie
 * in D1.
 *
 * A call to a Durable Object carries 32 MiB at most; a large cluster's value is more, its packed form a tenth. It is
 * written and read line by line, so that its whole text is never in memory. One that is a single line is read as well.
 */
import type { Row } from "#kernel/cluster/journal";
import type { ClusterValue } from "#kernel/cluster/snapshot";
import type { CellChange } from "#kernel/store/cells";

/** Characters handed to the compressor at once. */
const PIECE_CHARS = 262_144;

/** Packs a value. */
export async function packed(value: ClusterValue): Promise<Uint8Array> {
  const pieces = piecesOf(value);
  const encoder = new TextEncoder();
  const text = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { value: piece, done } = pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(piece) as Uint8Array<ArrayBuffer>);
    },
  });
  return new Uint8Array(await new Response(text.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
}

function* piecesOf({ format, revision, rows, cells }: ClusterValue): Generator<string, undefined> {
  let piece = `${JSON.stringify({ format, revision })}\n`;
  for (const items of [rows, cells]) {
    for (const item of items) {
      piece += `${JSON.stringify(item)}\n`;
      if (piece.length < PIECE_CHARS) continue;
      yield piece;
      piece = "";
    }
  }
  if (piece !== "") yield piece;
  return undefined;
}

/** The value that was packed; of its cells only those of the rooms that are wanted. */
export async function unpacked(bytes: Uint8Array, wants = (_room: string): boolean => true): Promise<ClusterValue> {
  const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  let value: ClusterValue | undefined;
  const rows: Row[] = [];
  const cells: CellChange[] = [];
  for await (const line of linesOf(text)) {
    const item = JSON.parse(line) as ClusterValue | Row | CellChange;
    if ("room" in item) {
      if (wants(item.room)) cells.push(item);
    } else if ("bucket" in item) rows.push(item);
    else value = item;
  }
  if (value === undefined) throw new Error("a packed cluster begins with what it is");
  return "rows" in value ? value : { ...(value as ClusterValue), rows, cells };
}

async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of bytes) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    parts.push(lines.shift() ?? "");
    for (const next of lines) {
      yield parts.join("");
      parts = [next];
    }
  }
  const last = parts.join("") + decoder.decode();
  if (last !== "") yield last;
}
