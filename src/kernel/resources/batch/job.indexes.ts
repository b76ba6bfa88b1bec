/**
 * Sets of completion indexes as text: `1,3-5,7`.
 *
 * Models pkg/controller/job/indexed_job_utils.go (orderedIntervals) and validateIndexesFormat of
 * pkg/apis/batch/validation.
 */
import { quote } from "#kernel/apimachinery/go-text";

/** From the first to the last index, both included; intervals of a set are in order and apart. */
interface Interval {
  readonly first: number;
  readonly last: number;
}

export class IndexSet {
  readonly #intervals: readonly Interval[];
  readonly size: number;

  private constructor(intervals: readonly Interval[]) {
    this.#intervals = intervals;
    this.size = intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  /** The set a text names, without what is not below `completions`. The text is well formed: a controller wrote it. */
  static parse(text: string | undefined, completions: number): IndexSet {
    const intervals: Interval[] = [];
    for (const part of (text ?? "").split(",")) {
      const [first = "", last = first] = part.split("-");
      if (first === "" || Number(first) >= completions) continue;
      intervals.push({ first: Number(first), last: Math.min(Number(last), completions - 1) });
    }
    return new IndexSet(joined(intervals));
  }

  static of(indexes: Iterable<number>): IndexSet {
    return new IndexSet(joined([...indexes].sort((a, b) => a - b).map((index) => ({ first: index, last: index }))));
  }

  with(indexes: Iterable<number>): IndexSet {
    const more = [...indexes].filter((index) => !this.has(index)).map((index) => ({ first: index, last: index }));
    if (more.length === 0) return this;
    return new IndexSet(joined([...this.#intervals, ...more].sort((a, b) => a.first - b.first)));
  }

  has(index: number): boolean {
    let [low, high] = [0, this.#intervals.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const interval = this.#intervals[middle];
      if (interval === undefined) return false;
      if (index < interval.first) high = middle - 1;
      else if (index > interval.last) low = middle + 1;
      else return true;
    }
    return false;
  }

  /** How many indexes both sets have. */
  overlap(other: IndexSet): number {
    let count = 0;
    for (const a of this.#intervals) {
      for (const b of other.#intervals) {
        count += Math.max(0, Math.min(a.last, b.last) - Math.max(a.first, b.first) + 1);
      }
    }
    return count;
  }

  /** The lowest indexes below `completions` that are neither in this set nor among the others. */
  firstMissing(count: number, completions: number, isTaken: (index: number) => boolean): number[] {
    const missing: number[] = [];
    let index = 0;
    for (const { first, last } of [...this.#intervals, { first: completions, last: completions }]) {
      for (; index < first && index < completions && missing.length < count; index += 1) {
        if (!isTaken(index)) missing.push(index);
      }
      index = last + 1;
    }
    return missing;
  }

  toString(): string {
    return this.#intervals
      .map(({ first, last }) => {
        if (first === last) return String(first);
        return last - first === 1 ? `${first},${last}` : `${first}-${last}`;
      })
      .join(",");
  }
}

/** Ordered intervals with neighbours put together. */
function joined(ordered: readonly Interval[]): Interval[] {
  const intervals: Interval[] = [];
  for (const interval of ordered) {
    const previous = intervals.at(-1);
    if (previous !== undefined && interval.first <= previous.last + 1) {
      const last = Math.max(previous.last, interval.last);
      intervals[intervals.length - 1] = { first: previous.first, last };
    } else intervals.push(interval);
  }
  return intervals;
}

/** What is wrong with a text of indexes below `completions`, or how many it names. */
export function checkIndexes(
  text: string,
  completions: number,
): { readonly wrong: string } | { readonly total: number } {
  let total = 0;
  let previous: number | undefined;
  for (const part of text === "" ? [] : text.split(",")) {
    const limits = part.split("-");
    if (limits.length > 2) {
      const rule = "violates the requirement that an index interval can have at most two parts separated by '-'";
      return { wrong: `the fragment ${quote(part)} ${rule}` };
    }
    for (const limit of limits) {
      if (!/^[+-]?\d+$/.test(limit)) return { wrong: `cannot convert string to integer for index: ${quote(limit)}` };
      if (Number(limit) >= completions) return { wrong: `too large index: ${quote(limit)}` };
    }
    const [first = 0, last = first] = limits.map(Number);
    if (limits.length === 2 && first >= last) {
      return { wrong: `non-increasing order, previous: ${first}, current: ${last}` };
    }
    if (previous !== undefined && previous >= first) {
      return { wrong: `non-increasing order, previous: ${previous}, current: ${first}` };
    }
    total += last - first + 1;
    previous = last;
  }
  return { total };
}
