/**
 * Addresses and blocks: `ip("10.0.0.1").isLoopback()`, `cidr("10.0.0.0/8").containsIP("10.1.2.3")`.
 *
 * Models apiserver/pkg/cel/library/{ip,cidr}.go.
 */
import { formatIp, parseCidr, parseIp } from "#kernel/apimachinery/ip";
import { RunError } from "#kernel/cel/errors";
import { define, type Overload, traversal } from "#kernel/cel/functions";
import { codePoints, OpaqueValue } from "#kernel/cel/values";

interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

class IpValue extends OpaqueValue {
  override readonly typeName = "net.IP";

  readonly address: Address;

  constructor(address: Address) {
    super();
    this.address = address;
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof IpValue && sameAddress(this.address, other.address);
  }

  override toString(): string {
    return formatIp(this.address);
  }
}

class CidrValue extends OpaqueValue {
  override readonly typeName = "net.CIDR";

  readonly address: Address;
  readonly prefix: number;

  constructor(address: Address, prefix: number) {
    super();
    this.address = address;
    this.prefix = prefix;
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof CidrValue && this.prefix === other.prefix && sameAddress(this.address, other.address);
  }

  override toString(): string {
    return `${formatIp(this.address)}/${this.prefix}`;
  }
}

const sameAddress = (a: Address, b: Address): boolean => a.family === b.family && a.value === b.value;

/** The address of a text that is no IPv4 address in the dress of IPv6 and has no leading zeroes. */
function strictIp(text: string): Address | undefined {
  const found = parseIp(text);
  if (found === undefined || (found.family === 4 && /(^|\.)0\d/.test(text))) return undefined;
  return found.family === 6 && (found.value >> 32n === 0xffffn || text.includes(".")) ? undefined : found;
}

function ip(text: string): IpValue {
  const found = strictIp(text);
  if (found !== undefined) return new IpValue(found);
  const isMapped = parseIp(text)?.family === 6;
  if (isMapped) throw new RunError("IPv4-mapped IPv6 address is not allowed");
  throw new RunError(
    `IP Address '${text}' parse error during conversion from string: ParseAddr("${text}"): unable to parse IP`,
  );
}

function strictCidr(text: string): CidrValue | undefined {
  const found = parseCidr(text);
  const slash = text.indexOf("/");
  const length = text.slice(slash + 1);
  if (found === undefined || strictIp(text.slice(0, slash)) === undefined) return undefined;
  return length.length > 1 && length.startsWith("0") ? undefined : new CidrValue(found, found.prefix);
}

function cidr(text: string): CidrValue {
  const found = strictCidr(text);
  if (found !== undefined) return found;
  throw new RunError(`network address parse error during conversion from string: netip.ParsePrefix("${text}"): no '/'`);
}

const bitsOf = (family: 4 | 6): bigint => (family === 4 ? 32n : 128n);

function masked({ family, value }: Address, prefix: number): bigint {
  const host = bitsOf(family) - BigInt(prefix);
  return (value >> host) << host;
}

function containsIp({ address, prefix }: CidrValue, other: Address): boolean {
  return address.family === other.family && masked(address, prefix) === masked(other, prefix);
}

function containsCidr(outer: CidrValue, inner: CidrValue): boolean {
  return outer.prefix <= inner.prefix && containsIp(outer, inner.address);
}

const within = (address: Address, ...blocks: readonly string[]): boolean =>
  blocks.some((block) => {
    const found = parseCidr(block);
    return found !== undefined && containsIp(new CidrValue(found, found.prefix), address);
  });

const IS: Readonly<Record<string, readonly string[]>> = {
  isLoopback: ["127.0.0.0/8", "::1/128"],
  isLinkLocalMulticast: ["224.0.0.0/24", "ff02::/16"],
  isLinkLocalUnicast: ["169.254.0.0/16", "fe80::/10"],
};

/** Everything that is nothing special: not all zeroes, no broadcast, loopback, multicast or link-local address. */
function isGlobalUnicast({ address }: IpValue): boolean {
  if (isUnspecified(address) || (address.family === 4 && address.value === 0xffffffffn)) return false;
  return !within(address, "127.0.0.0/8", "::1/128", "224.0.0.0/4", "ff00::/8", "169.254.0.0/16", "fe80::/10");
}

const isUnspecified = ({ value }: Address): boolean => value === 0n;
const textCost = (text: string): number => Math.max(1, traversal(codePoints(text)));

export const ADDRESSES: readonly Overload[] = [
  define("isIP(string): bool", (text: string) => strictIp(text) !== undefined, textCost),
  define("ip(string): IP", ip, textCost),
  define("string(IP): string", String),
  define("ip.isCanonical(string): bool", (text: string) => String(ip(text)) === text, textCost),
  define("IP.family(): int", ({ address }: IpValue) => BigInt(address.family)),
  define("IP.isUnspecified(): bool", ({ address }: IpValue) => isUnspecified(address)),
  ...Object.entries(IS).map(([name, blocks]) =>
    define(`IP.${name}(): bool`, ({ address }: IpValue) => within(address, ...blocks)),
  ),
  define("IP.isGlobalUnicast(): bool", isGlobalUnicast),
  define("isCIDR(string): bool", (text: string) => strictCidr(text) !== undefined, textCost),
  define("cidr(string): CIDR", cidr, textCost),
  define("string(CIDR): string", String),
  define("CIDR.ip(): IP", ({ address }: CidrValue) => new IpValue(address)),
  define("CIDR.prefixLength(): int", ({ prefix }: CidrValue) => BigInt(prefix)),
  define("CIDR.masked(): CIDR", ({ address, prefix }: CidrValue) => {
    return new CidrValue({ family: address.family, value: masked(address, prefix) }, prefix);
  }),
  define("CIDR.containsIP(IP): bool", (block: CidrValue, { address }: IpValue) => containsIp(block, address)),
  define("CIDR.containsIP(string): bool", (block: CidrValue, text: string) => containsIp(block, ip(text).address)),
  define("CIDR.containsCIDR(CIDR): bool", containsCidr),
  define("CIDR.containsCIDR(string): bool", (block: CidrValue, text: string) => containsCidr(block, cidr(text))),
];
