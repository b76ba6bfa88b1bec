/**
 * Addresses that Services and their endpoints may not lead to, and the protocols their ports may speak.
 *
 * Models ValidateNonSpecialIP of pkg/apis/core/validation.
 */
import type { At } from "#kernel/apimachinery/field-errors";
import { parseIp } from "#kernel/apimachinery/ip";

/** What a port may speak, in the order in which a refusal lists them. */
export const PORT_PROTOCOLS: readonly string[] = ["SCTP", "TCP", "UDP"];

interface Range {
  readonly family: 4 | 6;
  readonly prefix: number;
  readonly value: bigint;
  readonly detail: string;
}

const loopback = "may not be in the loopback range (127.0.0.0/8, ::1/128)";
const linkLocal = "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
const linkLocalMulticast = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";

const RANGES: readonly Range[] = [
  { family: 4, prefix: 8, value: 127n << 24n, detail: loopback },
  { family: 6, prefix: 128, value: 1n, detail: loopback },
  { family: 4, prefix: 16, value: (169n << 24n) | (254n << 16n), detail: linkLocal },
  { family: 6, prefix: 10, value: 0xfe80n << 112n, detail: linkLocal },
  { family: 4, prefix: 24, value: 224n << 24n, detail: linkLocalMulticast },
  { family: 6, prefix: 16, value: 0xff02n << 112n, detail: linkLocalMulticast },
];

/** Adds an error for an address that can only mean the machine itself or its neighbours. `at` stands at the address. */
export function validateNonSpecialIp(text: string, at: At): void {
  const ip = parseIp(text);
  if (ip === undefined) {
    at("").invalid(text, "must be a valid IP address");
    return;
  }
  if (ip.value === 0n) at("").invalid(text, `may not be unspecified (${text})`);
  for (const { family, prefix, value, detail } of RANGES) {
    const shift = BigInt((family === 4 ? 32 : 128) - prefix);
    if (family === ip.family && ip.value >> shift === value >> shift) at("").invalid(text, detail);
  }
}
