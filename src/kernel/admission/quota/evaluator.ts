/**
 * What a quota must know of a kind: which of its bounds the kind touches, and how much one object uses.
 *
 * Models apiserver/pkg/quota/v1 (Evaluator, resources.go).
 */
import type { ScopedResourceSelectorRequirement } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { add, cmp, formatQuantity, sub } from "#kernel/apimachinery/quantity";
import type { AdmissionRequest } from "#kernel/registry/admission";
import type { Instant } from "#kernel/sim/instant";
import type { KubeObject } from "#kernel/store/object";

/** Quantities by the name of what is bounded. */
export type Amounts = Readonly<Record<string, string>>;

export interface Evaluator<T extends KubeObject = KubeObject> {
  /** Whether a write may change what is used. */
  handles(request: AdmissionRequest): boolean;
  /** Those of the bounds' names that the kind touches. */
  namesAmong(names: readonly string[]): readonly string[];
  usage(object: T, now: Instant): Amounts;
  /** Why the object does not say enough to be counted against these names; undefined if it does. */
  unsaid?(names: readonly string[], object: T): string | undefined;
  isInScope(object: T, scope: ScopedResourceSelectorRequirement): boolean;
  /** Whether a change that no admission saw gives something back. */
  frees?(previous: T, next: T, now: Instant): boolean;
}

/** The sum of two sets of amounts. */
export function plus(a: Amounts, b: Amounts): Amounts {
  const sum: Record<string, string> = { ...a };
  for (const name in b) sum[name] = formatQuantity(add(a[name] ?? "0", b[name] ?? "0"));
  return sum;
}

/** The difference of two sets of amounts, without what is zero. */
export function minus(a: Amounts, b: Amounts): Amounts {
  const difference: Record<string, string> = {};
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const left = sub(a[name] ?? "0", b[name] ?? "0");
    if (left.nanos !== 0n) difference[name] = formatQuantity(left);
  }
  return difference;
}

/** The amounts of these names alone. */
export function only(amounts: Amounts, names: readonly string[]): Amounts {
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => names.includes(name)));
}

/** The names under which there is more in the first than in the second. */
export const exceeding = (a: Amounts, b: Amounts): string[] =>
  Object.keys(a).filter((name) => b[name] !== undefined && cmp(a[name] ?? "0", b[name] ?? "0") > 0);

/** `pods=1,requests.cpu=500m` */
export const amountsText = (amounts: Amounts): string =>
  Object.entries(amounts)
    .map(([name, quantity]) => `${name}=${quantity}`)
    .sort(compareText)
    .join(",");

/** Whether a name (or none) is what a requirement of In, NotIn, Exists or DoesNotExist asks for. */
export function nameMeets(
  name: string | undefined,
  { operator, values = [] }: ScopedResourceSelectorRequirement,
): boolean {
  if (operator === "Exists") return name !== undefined;
  if (operator === "DoesNotExist") return name === undefined;
  const isIn = name !== undefined && values.includes(name);
  return operator === "In" ? isIn : !isIn;
}
