/**
 * Goal: addresses and blocks are read, spelt and refused as upstream's.
 * Method: tables; a property of the round trip.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cidr, formatIp, ipAddress, parseCidr, parseIp } from "#kernel/apimachinery/ip";

const spelt = (text: string): string | undefined => {
  const ip = parseIp(text);
  return ip === undefined ? undefined : formatIp(ip);
};

test.each([
  ["10.9.8.7", "10.9.8.7"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["FE80:0:0:0:0:0:0:0abc", "fe80::abc"],
  ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
  ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
  ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
  ["1.2.3", undefined],
  ["1.2.3.400", undefined],
  ["1:2:3:4:5:6:7", undefined],
  ["1::2::3", undefined],
  ["12345::", undefined],
  ["fe80::1%eth0", undefined],
  ["1.2.3.4:80", undefined],
])("%s is spelt %s", (text, canonical) => {
  expect(spelt(text)).toBe(canonical);
});

test.each([
  [ipAddress, "010.000.000.005", "must not have leading 0s"],
  [ipAddress, "::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address"],
  [cidr, "10.0.0.1/8", "must not have bits set beyond the prefix length"],
  [cidr, "10.0.0.0/08", "must not have leading 0s in IP or prefix length"],
  [cidr, "::ffff:10.0.0.0/104", "must not have an IPv4-mapped IPv6 address"],
])("%o refuses %s", (format, text, message) => {
  expect(format(text)).toEqual([message]);
});

test("a block has a family, a value and a prefix", () => {
  expect(parseCidr("10.0.0.0/8")).toEqual({ family: 4, value: 10n << 24n, prefix: 8 });
  expect(parseCidr("::/129")).toBeUndefined();
});

test("what is spelt reads back", () => {
  const group = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 65535n }));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const value = groups.reduce((sum, part) => sum * 65536n + part, 0n);
      expect(parseIp(formatIp({ family: 6, value }))).toEqual({ family: 6, value });
    }),
  );
});
