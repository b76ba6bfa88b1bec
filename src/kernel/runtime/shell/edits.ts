/**
 * What `${name%...}` and `${name@...}` make of a value.
 *
 * Models XCU 2.6.2 and bash's parameter transformation.
 */
import { compiled, isPattern, patternSource } from "#kernel/runtime/shell/pattern";

/** `${name@Q}` and its like. */
export function transformed(value: string, op: string): string {
  if (op === "@Q") return `'${value.replaceAll("'", "'\\''")}'`;
  if (op === "@u") return value.slice(0, 1).toUpperCase() + value.slice(1);
  return op === "@U" ? value.toUpperCase() : op === "@L" ? value.toLowerCase() : value;
}

/** The value without the shortest or longest end that matches. */
export function withoutEnd(value: string, pattern: string, isLongest: boolean): string {
  if (!isPattern(pattern)) {
    const literal = pattern.replace(/\\(.)/gs, "$1");
    return literal !== "" && value.endsWith(literal) ? value.slice(0, -literal.length) : value;
  }
  const whole = compiled(`^(?:${patternSource(pattern)})$`);
  for (let n = 0; n <= value.length; n += 1) {
    const at = isLongest ? n : value.length - n;
    if (whole.test(value.slice(at))) return value.slice(0, at);
  }
  return value;
}
