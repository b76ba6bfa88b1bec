/**
 * POSIX regular expressions, basic and extended, as those of JavaScript.
 */
import { LinearRegExp } from "#kernel/runtime/linear-regexp";
import { bracketSource, escapeRegExp } from "#kernel/runtime/shell/pattern";

/** An expression that cannot be read. */
export class RegexFault extends Error {}

export interface RegexOptions {
  readonly isExtended?: boolean;
  readonly isFixed?: boolean;
  readonly ignoresCase?: boolean;
  readonly isGlobal?: boolean;
}

/** The regular expression of a POSIX one. Raises RegexFault. */
export function regex(source: string, options: RegexOptions = {}): RegExp {
  const flags = `u${options.ignoresCase === true ? "i" : ""}${options.isGlobal === true ? "g" : ""}`;
  const text = options.isFixed === true ? escapeRegExp(source) : translate(source, options.isExtended === true);
  try {
    return new LinearRegExp(text, flags);
  } catch {
    throw new RegexFault(source);
  }
}

/** The source of a JavaScript expression for a POSIX one. */
export function translate(source: string, isExtended: boolean): string {
  let result = "";
  for (let n = 0; n < source.length; n += 1) {
    const char = source[n] ?? "";
    if (char === "[") {
      const end = bracketEnd(source, n);
      if (end < 0) throw new RegexFault(source);
      result += bracketSource(
        source
          .slice(n + 1, end)
          .replaceAll("\\", "\\\\")
          .replaceAll("\\\\\\\\", "\\\\"),
      );
      n = end;
    } else if (char === "\\") {
      n += 1;
      result += escaped(source[n] ?? "", isExtended);
    } else if (char === "*" && (result === "" || /(^|[^\\])(\(|\|)$/.test(result) || result === "^")) result += "\\*";
    else if ("(){}|+?".includes(char) && !isExtended) result += `\\${char}`;
    else if (char === "{" && !/^\{\d*,?\d*\}/.test(source.slice(n))) result += "\\{";
    else if (char === "}" && !/\{\d*,?\d*$/.test(result)) result += "\\}";
    else if (char === "^" && !isExtended && result !== "" && !/(\(|\|)$/.test(result)) result += "\\^";
    else if (
      char === "$" &&
      !isExtended &&
      n < source.length - 1 &&
      !source.startsWith("\\)", n + 1) &&
      !source.startsWith("\\|", n + 1)
    )
      result += "\\$";
    else if (char === "/" || char === "-") result += char === "/" ? "\\/" : "-";
    else result += char;
  }
  return result;
}

function escaped(char: string, isExtended: boolean): string {
  if ("(){}|+?".includes(char) && char !== "") return isExtended ? `\\${char}` : char;
  if ("wWsSbBdD".includes(char) || /[1-9]/.test(char)) return `\\${char}`;
  if (char === "<") return "\\b(?=\\w)";
  if (char === ">") return "\\b(?<=\\w)";
  if (char === "n") return "\\n";
  if (char === "t") return "\\t";
  return escapeRegExp(char).replace(/^-$/, "-").replace("\\-", "-");
}

function bracketEnd(source: string, start: number): number {
  let n = start + 1;
  if (source[n] === "^") n += 1;
  if (source[n] === "]") n += 1;
  for (; n < source.length; n += 1) {
    if (source.startsWith("[:", n)) {
      const close = source.indexOf(":]", n);
      if (close > 0) n = close + 1;
    } else if (source[n] === "]") return n;
  }
  return -1;
}
