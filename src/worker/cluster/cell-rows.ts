/**
 * Cells as rows: a row holds 2 MB at most, so the text of a longer cell is cut into parts, a row each.
 *
 * The row of such a cell says how many parts there are: `#3`, which no JSON text looks like. The parts follow under
 * ids of their own, and are rows like any other for whoever carries them.
 */
import type { CellChange } from "#kernel/store/cells";

/** A cell, or a part of one, as it is saved; null = it is gone. */
export interface CellRow {
  readonly room: string;
  readonly id: string;
  readonly json: string | null;
}

/** Three bytes a character at most, and twice as long where it is quoted within another text. */
const PART_CHARS = 250_000;

/** What no id of a cell holds. */
const MARK = "\u0001";

const partId = (id: string, n: number): string => `${id}${MARK}${n}`;
const isPart = (id: string): boolean => id.includes(MARK);

export class CellRows {
  /** How many parts the cells have that are cut, by room and id. */
  readonly #parts = new Map<string, number>();

  /** The rows that save a cell: its own, its parts, and the graves of parts it has no longer. */
  rowsOf({ room, id, value }: CellChange): CellRow[] {
    const json = value === undefined ? null : JSON.stringify(value);
    const texts = json !== null && json.length > PART_CHARS ? cut(json) : [];
    const name = `${room}${MARK}${id}`;
    const before = this.#parts.get(name) ?? 0;
    if (texts.length > 0) this.#parts.set(name, texts.length);
    else if (before > 0) this.#parts.delete(name);
    const rows: CellRow[] = [{ room, id, json: texts.length > 0 ? `#${texts.length}` : json }];
    for (const [n, text] of texts.entries()) rows.push({ room, id: partId(id, n), json: text });
    for (let n = texts.length; n < before; n += 1) rows.push({ room, id: partId(id, n), json: null });
    return rows;
  }

  /** The cells of all saved rows, in any order; a cell whose parts are not all there is lost. */
  *cellsOf(rows: Iterable<CellRow>): Generator<{ room: string; id: string; value: unknown }> {
    const parts = new Map<string, string>();
    const heads: [CellRow, number][] = [];
    for (const row of rows) {
      const { room, id, json } = row;
      if (json === null) continue;
      if (isPart(id)) parts.set(`${room}${MARK}${id}`, json);
      else if (json.startsWith("#")) heads.push([row, Number(json.slice(1))]);
      else yield { room, id, value: JSON.parse(json) };
    }
    for (const [{ room, id }, count] of heads) {
      this.#parts.set(`${room}${MARK}${id}`, count);
      const texts = Array.from({ length: count }, (_, n) => parts.get(`${room}${MARK}${partId(id, n)}`));
      if (texts.every((text) => text !== undefined)) yield { room, id, value: JSON.parse(texts.join("")) };
    }
  }

  /** Nothing is saved any more. */
  clear(): void {
    this.#parts.clear();
  }
}

/** A text in parts, none of which ends within a pair of surrogates. */
function cut(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + PART_CHARS);
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end -= 1;
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}
