/**
 * Counts with a unit as tools take them: `10`, `4k`, `1M`, `2GB`, `512b`.
 */
const UNITS: Readonly<Record<string, number>> = {
  ...{ "": 1, c: 1, w: 2, b: 512, k: 1_024, K: 1_024, KiB: 1_024, kB: 1_000, KB: 1_000, m: 1_048_576 },
  ...{ M: 1_048_576, MiB: 1_048_576, MB: 1_000_000, g: 1_073_741_824, G: 1_073_741_824, GiB: 1_073_741_824 },
  ...{ GB: 1_000_000_000, T: 1_099_511_627_776 },
};

/** The number a text names; undefined if it names none. */
export function sizeNamed(text: string): number | undefined {
  const match = /^([-+]?\d+)([A-Za-z]*)$/.exec(text);
  const unit = match === null ? undefined : UNITS[match[2] ?? ""];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}
