/**
 * The digits of pi, exactly.
 *
 * Models the series of the Chudnovsky brothers, as Math::BigFloat's bpi may be checked by.
 */
const GUARD_DIGITS = 10;

/** Pi to so many significant digits, the 3 included, the last one rounded. */
export function piDigits(digits: number): string {
  const one = 10n ** BigInt(digits + GUARD_DIGITS);
  let term = one;
  let plain = one;
  let weighted = 0n;
  for (let k = 1n; term !== 0n; k += 1n) {
    term = (-term * (6n * k - 5n) * (2n * k - 1n) * (6n * k - 1n)) / (k ** 3n * 10_939_058_860_032_000n);
    plain += term;
    weighted += k * term;
  }
  const pi = (426_880n * squareRoot(10_005n * one * one) * one) / (13_591_409n * plain + 545_140_134n * weighted);
  const unit = 10n ** BigInt(GUARD_DIGITS + 1);
  const text = String((pi + unit / 2n) / unit);
  return text.length === 1 ? text : `${text.slice(0, 1)}.${text.slice(1)}`;
}

function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(value.toString(16).length / 2) * 4);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
