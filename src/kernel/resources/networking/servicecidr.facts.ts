/**
 * Questions about service ranges: which are in use, and what lies in them.
 *
 * Models pkg/registry/core/service/ipallocator (cidrallocator.go, ipallocator.go).
 */
import type { ServiceCIDR } from "#kernel/api/types.gen";
import { parseCidr } from "#kernel/apimachinery/ip";

/** The range every cluster begins with, and its name. */
export const DEFAULT_CIDR = { name: "kubernetes", cidr: "10.96.0.0/16" } as const;

export const SERVICE_CIDR_FINALIZER = "networking.k8s.io/service-cidr-finalizer";

/** Whether addresses may be taken from a range now. */
export const isReady = ({ metadata, status }: ServiceCIDR): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status?.conditions ?? []).some((condition) => condition.type === "Ready" && condition.status === "True");

/** An IPv4 range as numbers; addresses from `dynamicFirst` on are handed out first, so that people may choose below. */
export interface Range {
  readonly cidr: string;
  readonly base: number;
  readonly first: number;
  readonly last: number;
  readonly dynamicFirst: number;
}

/** The IPv4 ranges of some texts. */
export const rangesOf = (cidrs: readonly string[]): Range[] => cidrs.flatMap((text) => rangeOf(text) ?? []);

function rangeOf(cidr: string): Range | undefined {
  const parsed = parseCidr(cidr);
  if (parsed === undefined || parsed.family !== 4) return undefined;
  const base = Number(parsed.value);
  const size = 2 ** (32 - parsed.prefix);
  const band = Math.min(256, Math.max(16, Math.floor(size / 16)));
  const reserved = size < 32 ? 0 : band;
  return { cidr, base, first: 1, last: Math.max(1, size - 2), dynamicFirst: 1 + reserved };
}

/** The address at an offset of a range. */
export function addressAt({ base }: Range, offset: number): string {
  const value = base + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** Whether one of the ranges has the address; what is no IPv4 address is in none. */
export const isInside = (ranges: readonly Range[], value: number): boolean =>
  ranges.some(({ base, last }) => value >= base && value <= base + last + 1);
