/**
 * IP addresses and CIDR blocks as text: whether they are well formed, and whether they are the canonical spelling.
 *
 * Models apimachinery/pkg/util/validation/ip.go.
 */

const addressRule = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const blockRule = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** Gives the address's 4 or 16 bytes as a number, and its family; undefined if it is none. Zones are refused. */
export function parseIp(text: string): { readonly family: 4 | 6; readonly value: bigint } | undefined {
  if (!text.includes(":")) {
    const value = parseIpv4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseIpv6(text);
  return value === undefined ? undefined : { family: 6, value };
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256n + BigInt(part);
  }
  return value;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? "", true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return groups.reduce((value, group) => value * 65536n + BigInt(group), 0n);
}

/** Reads groups of four digits; the last may be an IPv4 address where the text ends. */
function groupsOf(text: string, isLast: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const embedded = isLast && i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (embedded === undefined) return undefined;
    groups.push(Number(embedded >> 16n), Number(embedded & 0xffffn));
  }
  return groups;
}

/** Gives the canonical spelling of an address: IPv6 in lower case, its longest run of zeroes shortened. */
export function formatIp({ family, value }: { readonly family: 4 | 6; readonly value: bigint }): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  const { start, length } = longestZeroes(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function longestZeroes(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, i) => {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  });
  return best;
}

const hasLeadingZero = (text: string): boolean => /(^|\.)0\d/.test(text.slice(text.lastIndexOf(":") + 1));
const isMappedIpv4 = (value: bigint): boolean => value >> 32n === 0xffffn;

/** Checks an IP address. */
export function ipAddress(text: string): string[] {
  const ip = parseIp(text);
  if (ip === undefined) return [addressRule];
  if (ip.family === 4 && hasLeadingZero(text)) return ["must not have leading 0s"];
  return ip.family === 6 && isMappedIpv4(ip.value) ? ["must not be an IPv4-mapped IPv6 address"] : [];
}

/** Gives the address, family and prefix length of a CIDR block; undefined if it is none. */
export function parseCidr(
  text: string,
): { readonly family: 4 | 6; readonly value: bigint; readonly prefix: number } | undefined {
  const slash = text.indexOf("/");
  const ip = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (ip === undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = Number(length);
  return prefix > (ip.family === 4 ? 32 : 128) ? undefined : { ...ip, prefix };
}

/** Checks a CIDR block: the bits behind the prefix must be zero. */
export function cidr(text: string): string[] {
  const block = parseCidr(text);
  if (block === undefined) return [blockRule];
  const { family, value, prefix } = block;
  const [address = "", length = ""] = text.split("/");
  const hasZero = (family === 4 && hasLeadingZero(address)) || (length.length > 1 && length.startsWith("0"));
  if (hasZero) return ["must not have leading 0s in IP or prefix length"];
  if (family === 6 && isMappedIpv4(value)) return ["must not have an IPv4-mapped IPv6 address"];
  const hostBits = BigInt((family === 4 ? 32 : 128) - prefix);
  return (value >> hostBits) << hostBits === value ? [] : ["must not have bits set beyond the prefix length"];
}
