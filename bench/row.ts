/**
 * Rows of the benchmark's table.
 */

/** One measured value. `peer` is the same thing measured elsewhere, `ratio` how many times ours that is. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly aim: string | null;
  readonly met: boolean | null;
  readonly peer?: number;
  readonly ratio?: number;
}

/** What a row is held against. */
export interface Aim {
  readonly aim?: string;
  readonly isMet?: (row: Row) => boolean;
  readonly peer?: number;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Makes a row. */
export function row(name: string, unit: string, value: number, { aim, isMet, peer }: Aim = {}): Row {
  const compared = peer === undefined ? {} : { peer: rounded(peer), ratio: rounded(peer / value) };
  const made: Row = { name, unit, value: rounded(value), aim: aim ?? null, met: null, ...compared };
  return isMet === undefined ? made : { ...made, met: isMet(made) };
}

/** Prints rows as an aligned table. */
export function printTable(rows: readonly Row[]): void {
  const lines = [
    ["name", "value", "unit", "aim", "met", "peer", "ratio"],
    ...rows.map(({ name, value, unit, aim, met, peer, ratio }) => [
      name,
      String(value),
      unit,
      aim ?? "",
      met === null ? "" : met ? "yes" : "NO",
      peer === undefined ? "" : String(peer),
      ratio === undefined ? "" : `${ratio}x`,
    ]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of lines) console.log(line.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  "));
}
