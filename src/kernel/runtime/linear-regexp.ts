/**
 * Regular expressions of users: JavaScript's where those end soon, else the ones of RE2, which take time in proportion
 * to the text whatever it is. A tenant's `(a+)+$` must not hold up the others.
 *
 * Models nothing of POSIX: callers translate. Leaves out what cannot be matched in linear time (looking around,
 * references back) together with nested or many repetitions: such an expression is a SyntaxError.
 */
import { RE2JS, RE2JSException } from "re2js";

/** How long a text JavaScript may search, by how many repetitions without bound the expression has. */
const REACH = [Number.POSITIVE_INFINITY, 4_000, 400];

const UNBOUNDED = /\\.|\[(?:\\.|[^\]\\])*\]|[*+]|\{\d+,\}/gs;
const REPEATED_GROUP = /\\.|\[(?:\\.|[^\]\\])*\]|\)(?:[*+]|\{\d)/gs;

/** The longest text that JavaScript searches soon enough. */
function reachOf(source: string): number {
  const count = (pattern: RegExp): number =>
    [...source.matchAll(pattern)].filter(([found]) => !found.startsWith("\\") && !found.startsWith("[")).length;
  return count(REPEATED_GROUP) > 0 ? 0 : (REACH[count(UNBOUNDED)] ?? 0);
}

/** The expression for RE2; undefined if it needs more than that. */
function compile(source: string, flags: string): RE2JS | undefined {
  const text = source.replaceAll("[^]", "(?s:.)").replaceAll("\\b(?=\\w)", "\\b").replaceAll("\\b(?<=\\w)", "\\b");
  const how =
    (flags.includes("i") ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.includes("m") ? RE2JS.MULTILINE : 0) |
    (flags.includes("s") ? RE2JS.DOTALL : 0);
  try {
    return RE2JS.compile(text, how);
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}

/** What is known of an expression, however often it is made again. */
interface Known {
  readonly reach: number;
  readonly linear: RE2JS | undefined;
}

/** How many expressions are remembered, all clusters of an isolate together. */
const KNOWN_MAX = 500;

const known = new Map<string, Known>();

function knownOf({ source, flags }: RegExp): Known {
  const id = `${flags} ${source}`;
  let found = known.get(id);
  if (found === undefined) {
    const reach = reachOf(source);
    found = { reach, linear: reach === Number.POSITIVE_INFINITY ? undefined : compile(source, flags) };
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(id, found);
  }
  return found;
}

/** What was found from a place on, so that whoever asks place by place does not search again. */
interface Found {
  readonly text: string;
  readonly from: number;
  readonly match: RegExpExecArray | null;
}

export class LinearRegExp extends RegExp {
  readonly #reach: number;
  readonly #linear: RE2JS | undefined;
  #found: Found | undefined;

  /** @throws SyntaxError */
  constructor(source: string | RegExp, flags?: string) {
    super(source, flags);
    const { reach, linear } = knownOf(this);
    this.#reach = reach;
    this.#linear = linear;
    if (this.#linear === undefined && this.#reach === 0) throw new SyntaxError("the expression is too complex");
  }

  override exec(text: string): RegExpExecArray | null {
    if (this.#linear === undefined || text.length <= this.#reach) return super.exec(text);
    const from = this.global || this.sticky ? this.lastIndex : 0;
    let match = from > text.length ? null : this.#search(this.#linear, text, from);
    if (this.sticky && match?.index !== from) match = null;
    if (this.global || this.sticky) this.lastIndex = match === null ? 0 : match.index + match[0].length;
    return match;
  }

  #search(linear: RE2JS, text: string, from: number): RegExpExecArray | null {
    const last = this.#found;
    if (last?.text === text && last.from <= from && (last.match === null || last.match.index >= from)) {
      return last.match;
    }
    const matcher = linear.matcher(text);
    let match: RegExpExecArray | null = null;
    if (matcher.find(from)) {
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, n) => matcher.group(n) ?? undefined);
      const details = { index: matcher.start(0), input: text, groups: undefined };
      match = Object.assign(groups, details) as unknown as RegExpExecArray;
    }
    this.#found = { text, from, match };
    return match;
  }
}
