/**
 * Semantic versions: `semver("1.2.3").isLessThan(semver("1.3.0"))`.
 *
 * Models apiserver/pkg/cel/library/semverlib.go, version 1.
 */
import { RunError } from "#kernel/cel/errors";
import { define, type Overload, traversal } from "#kernel/cel/functions";
import { codePoints, OpaqueValue } from "#kernel/cel/values";

class SemverValue extends OpaqueValue {
  override readonly typeName = "kubernetes.Semver";

  readonly numbers: readonly bigint[];
  readonly pre: readonly string[];
  readonly build: string;

  constructor(numbers: readonly bigint[], pre: readonly string[], build: string) {
    super();
    this.numbers = numbers;
    this.pre = pre;
    this.build = build;
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof SemverValue && compare(this, other) === 0;
  }
}

const NUMBER = "(0|[1-9]\\d{0,18})";
const GRAMMAR = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?$`,
);

function parse(text: string, isLenient = false): SemverValue | undefined {
  const match = GRAMMAR.exec(isLenient ? normalized(text) : text);
  if (match === null) return undefined;
  const [, major = "0", minor = "0", patch = "0", pre, build = ""] = match;
  const parts = pre === undefined ? [] : pre.split(".");
  if (parts.some((part) => /^0\d+$/.test(part))) return undefined;
  return new SemverValue([BigInt(major), BigInt(minor), BigInt(patch)], parts, build);
}

/** The value of a semantic version; undefined if the text is none. */
export const semverValue = (text: string): OpaqueValue | undefined => parse(text);

/** Drops a leading v and leading zeroes, and adds what is missing: `v1.02` means 1.2.0. */
function normalized(text: string): string {
  const [core = "", ...rest] = text.replace(/^v/, "").split(/(?=[-+])/);
  const parts = core.split(".");
  while (parts.length < 3) parts.push("0");
  return parts.map((part) => part.replace(/^0+(?=\d)/, "")).join(".") + rest.join("");
}

function compare(a: SemverValue, b: SemverValue): number {
  for (const [n, number] of a.numbers.entries()) {
    const other = b.numbers[n] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (const [n, part] of a.pre.entries()) {
    const other = b.pre[n];
    if (other === undefined) return 1;
    if (part !== other) return comparePart(part, other);
  }
  return a.pre.length < b.pre.length ? -1 : 0;
}

function comparePart(a: string, b: string): number {
  const [left, right] = [a, b].map((part) => /^\d+$/.test(part));
  if (left && right) return BigInt(a) < BigInt(b) ? -1 : 1;
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : 1;
}

function semver(text: string, isLenient = false): SemverValue {
  const found = parse(text, isLenient);
  if (found === undefined) throw new RunError(`Invalid semver: ${text}`);
  return found;
}

const textCost = (text: string): number => Math.max(1, traversal(codePoints(text)));
const isSemver = (text: string, isLenient = false): boolean => parse(text, isLenient) !== undefined;

export const SEMVERS: readonly Overload[] = [
  define("semver(string): Semver", semver, textCost),
  define("semver(string, bool): Semver", semver, textCost),
  define("isSemver(string): bool", isSemver, textCost),
  define("isSemver(string, bool): bool", isSemver, textCost),
  ...["major", "minor", "patch"].map((name, n) =>
    define(`Semver.${name}(): int`, ({ numbers }: SemverValue) => numbers[n] ?? 0n),
  ),
  define("Semver.isLessThan(Semver): bool", (a: SemverValue, b: SemverValue) => compare(a, b) < 0),
  define("Semver.isGreaterThan(Semver): bool", (a: SemverValue, b: SemverValue) => compare(a, b) > 0),
  define("Semver.compareTo(Semver): int", (a: SemverValue, b: SemverValue) => BigInt(compare(a, b))),
];
