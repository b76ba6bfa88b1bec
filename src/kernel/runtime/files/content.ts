/**
 * Contents of long files: bytes in chunks, a cell each, so that a write saves what it touches and no more.
 *
 * A chunk is written as characters U+0000 to U+00FF, which memory holds in a byte each. A chunk that is not there
 * is zeros: a file of zeros takes no room, however long it is.
 */
import { LIMITS } from "#kernel/sim/limits";
import type { Cells } from "#kernel/store/cells";

/** The room of files; the id is a volume's id (its tree) or `<volume>\n<content>/<n>` (a chunk of a long content). */
export const FILES = "files";

/** The cell that counts what all chunks hold. */
const KEPT = ["disk", "kept"] as const;

/** Bytes of a chunk; only the last of a content is shorter. */
const CHUNK = 65_536;

/** Where a long content lies. */
export interface ContentPlace {
  readonly volume: string;
  readonly cell: number;
}

const idOf = ({ volume, cell }: ContentPlace, n: number): string => `${volume}\n${cell}/${n}`;

const isZeros = (bytes: string): boolean => /^\0*$/.test(bytes);

/** Bytes kept in chunks, of all files of the cluster together. */
export const keptBytes = (cells: Cells): number => cells.get<number>(...KEPT) ?? 0;

/** Whether so many bytes more may be kept. */
export const hasRoom = (cells: Cells, bytes: number): boolean => keptBytes(cells) + bytes <= LIMITS.keptFileBytes;

function count(cells: Cells, change: number): void {
  if (change !== 0) cells.put(...KEPT, Math.max(0, keptBytes(cells) + change));
}

function putChunk(cells: Cells, id: string, bytes: string): void {
  const old = cells.get<string>(FILES, id)?.length ?? 0;
  if (isZeros(bytes)) cells.delete(FILES, id);
  else cells.put(FILES, id, bytes);
  count(cells, (isZeros(bytes) ? 0 : bytes.length) - old);
}

/** The bytes from one offset to another of a content of `size` bytes. */
export function readContent(
  cells: Cells,
  place: ContentPlace,
  { from, to, size }: { readonly from: number; readonly to: number; readonly size: number },
): string {
  const end = Math.min(to, size);
  const parts: string[] = [];
  for (let at = from; at < end; ) {
    const n = Math.floor(at / CHUNK);
    const stop = Math.min(end, (n + 1) * CHUNK);
    const part = (cells.get<string>(FILES, idOf(place, n)) ?? "").slice(at - n * CHUNK, stop - n * CHUNK);
    parts.push(part.padEnd(stop - at, "\0"));
    at = stop;
  }
  return parts.join("");
}

/** Writes bytes at an offset into a content of `size` bytes; gives its new size. */
export function writeContent(cells: Cells, place: ContentPlace, size: number, at: number, bytes: string): number {
  for (let done = 0; done < bytes.length; ) {
    const n = Math.floor((at + done) / CHUNK);
    const start = at + done - n * CHUNK;
    const part = bytes.slice(done, done + CHUNK - start);
    const old = cells.get<string>(FILES, idOf(place, n)) ?? "";
    const whole = part.length === CHUNK || old.length <= start;
    const rest = whole ? "" : old.slice(start + part.length);
    putChunk(cells, idOf(place, n), old.slice(0, start).padEnd(start, "\0") + part + rest);
    done += part.length;
  }
  return Math.max(size, at + bytes.length);
}

/** Cuts a content of `size` bytes off at a length. */
export function cutContent(cells: Cells, place: ContentPlace, size: number, length: number): void {
  for (let n = Math.floor(length / CHUNK); n * CHUNK < size; n += 1) {
    const old = cells.get<string>(FILES, idOf(place, n));
    if (old !== undefined) putChunk(cells, idOf(place, n), old.slice(0, Math.max(0, length - n * CHUNK)));
  }
}

/** Copies a content of `size` bytes. */
export function copyContent(cells: Cells, from: ContentPlace, to: ContentPlace, size: number): void {
  for (let n = 0; n * CHUNK < size; n += 1) {
    const chunk = cells.get<string>(FILES, idOf(from, n));
    if (chunk !== undefined) putChunk(cells, idOf(to, n), chunk);
  }
}
