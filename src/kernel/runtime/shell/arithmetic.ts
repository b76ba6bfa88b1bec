/**
 * Shell arithmetic: signed 64-bit integers with the operators of C.
 *
 * Models XCU 2.6.4 Arithmetic Expansion, with `**`, `++` and `--` as the common shells have them.
 */

/** The variables an expression reads and sets. */
export interface Variables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

/** An expression that cannot be computed; the message as shells word it. */
export class ArithmeticFault extends Error {}

const TOKEN =
  /\s*(0[xX][0-9a-fA-F]+|[0-9]+#[0-9a-zA-Z]+|[0-9]+|[A-Za-z_][A-Za-z0-9_]*|<<=|>>=|\*\*|\+\+|--|&&|\|\||<<|>>|<=|>=|==|!=|[-+*/%&|^]=|[-+*/%&|^~!<>=?:(),])/y;
const BINARY: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const DEPTH = 64;

/** The value of an expression; an empty one is 0. Raises ArithmeticFault. */
export function evaluate(text: string, variables: Variables, depth = 0): bigint {
  if (/^\s*[0-9]{1,15}\s*$/.test(text) && !/^\s*0[0-9]/.test(text)) return BigInt(text.trim());
  if (text.trim() === "") return 0n;
  if (depth > DEPTH) throw new ArithmeticFault("expression recursion level exceeded");
  const expression = new Expression(tokens(text), text, variables, depth);
  const value = expression.comma(true);
  expression.finish();
  return value;
}

function tokens(text: string): string[] {
  const found: string[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(trimmed);
    if (match === null) throw new ArithmeticFault(`arithmetic syntax error: ${trimmed.slice(at)}`);
    found.push(match[1] ?? "");
  }
  return found;
}

class Expression {
  #at = 0;

  constructor(
    readonly tokens: readonly string[],
    readonly text: string,
    readonly variables: Variables,
    readonly depth: number,
  ) {}

  finish(): void {
    if (this.#at < this.tokens.length) this.#fail();
  }

  #fail(): never {
    throw new ArithmeticFault("arithmetic syntax error");
  }

  #take(token: string): boolean {
    if (this.tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }

  /** `isLive`: side effects happen; false in the branch that is not taken. */
  comma(isLive: boolean): bigint {
    let value = this.#assignment(isLive);
    while (this.#take(",")) value = this.#assignment(isLive);
    return value;
  }

  #assignment(isLive: boolean): bigint {
    const name = this.tokens[this.#at] ?? "";
    const op = this.tokens[this.#at + 1] ?? "";
    if (!/^[A-Za-z_]/.test(name) || !/^(|[-+*/%&|^]|<<|>>)=$/.test(op)) return this.#conditional(isLive);
    this.#at += 2;
    const right = this.#assignment(isLive);
    const value = op === "=" ? right : this.#apply(op.slice(0, -1), this.#variable(name), right, isLive);
    if (isLive) this.variables.set(name, String(value));
    return value;
  }

  #conditional(isLive: boolean): bigint {
    const test = this.#binary(0, isLive);
    if (!this.#take("?")) return test;
    const yes = this.comma(isLive && test !== 0n);
    if (!this.#take(":")) this.#fail();
    const no = this.#conditional(isLive && test === 0n);
    return test !== 0n ? yes : no;
  }

  #binary(level: number, isLive: boolean): bigint {
    const operators = BINARY[level];
    if (operators === undefined) return this.#power(isLive);
    let left = this.#binary(level + 1, isLive);
    for (;;) {
      const op = this.tokens[this.#at] ?? "";
      if (!operators.includes(op)) return left;
      this.#at += 1;
      if (op === "&&") left = this.#binary(level + 1, isLive && left !== 0n) !== 0n && left !== 0n ? 1n : 0n;
      else if (op === "||") left = this.#binary(level + 1, isLive && left === 0n) !== 0n || left !== 0n ? 1n : 0n;
      else left = this.#apply(op, left, this.#binary(level + 1, isLive), isLive);
    }
  }

  #power(isLive: boolean): bigint {
    const base = this.#unary(isLive);
    if (!this.#take("**")) return base;
    const exponent = this.#power(isLive);
    if (exponent < 0n) throw new ArithmeticFault("exponent less than 0");
    if (exponent > 4_096n) return 0n;
    return BigInt.asIntN(64, base ** exponent);
  }

  #unary(isLive: boolean): bigint {
    const op = this.tokens[this.#at] ?? "";
    if (op === "++" || op === "--") {
      const name = this.tokens[this.#at + 1] ?? "";
      if (/^[A-Za-z_]/.test(name)) {
        this.#at += 2;
        return this.#change(name, op, isLive);
      }
    }
    if (!["-", "+", "!", "~"].includes(op)) return this.#primary(isLive);
    this.#at += 1;
    const value = this.#unary(isLive);
    if (op === "-") return BigInt.asIntN(64, -value);
    if (op === "!") return value === 0n ? 1n : 0n;
    return op === "~" ? ~value : value;
  }

  #change(name: string, op: string, isLive: boolean): bigint {
    const value = BigInt.asIntN(64, this.#variable(name) + (op === "++" ? 1n : -1n));
    if (isLive) this.variables.set(name, String(value));
    return value;
  }

  #primary(isLive: boolean): bigint {
    const token = this.tokens[this.#at] ?? "";
    this.#at += 1;
    if (token === "(") {
      const value = this.comma(isLive);
      if (!this.#take(")")) this.#fail();
      return value;
    }
    if (/^[0-9]/.test(token)) return numberOf(token);
    if (!/^[A-Za-z_]/.test(token)) this.#fail();
    const value = this.#variable(token);
    const op = this.tokens[this.#at] ?? "";
    if (op !== "++" && op !== "--") return value;
    this.#at += 1;
    this.#change(token, op, isLive);
    return value;
  }

  #variable(name: string): bigint {
    const text = this.variables.get(name) ?? "";
    if (/^[+-]?[0-9]{1,15}$/.test(text) && !/^[+-]?0[0-9]/.test(text)) return BigInt(text.replace("+", ""));
    return evaluate(text, this.variables, this.depth + 1);
  }

  #apply(op: string, a: bigint, b: bigint, isLive: boolean): bigint {
    if ((op === "/" || op === "%") && b === 0n) {
      if (isLive) throw new ArithmeticFault("divide by zero");
      return 0n;
    }
    return BigInt.asIntN(64, compute(op, a, b));
  }
}

function compute(op: string, a: bigint, b: bigint): bigint {
  const truth = (is: boolean): bigint => (is ? 1n : 0n);
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return a % b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      return a << (b & 63n);
    case ">>":
      return a >> (b & 63n);
    case "==":
      return truth(a === b);
    case "!=":
      return truth(a !== b);
    case "<":
      return truth(a < b);
    case "<=":
      return truth(a <= b);
    case ">":
      return truth(a > b);
    default:
      return truth(a >= b);
  }
}

function numberOf(token: string): bigint {
  const based = /^([0-9]+)#(.*)$/.exec(token);
  if (based !== null) {
    const value = Number.parseInt(based[2] ?? "", Number(based[1]));
    if (Number.isNaN(value)) throw new ArithmeticFault("arithmetic syntax error");
    return BigInt(value);
  }
  if (/^0[xX]/.test(token)) return BigInt.asIntN(64, BigInt(token));
  if (/^0[0-9]/.test(token)) {
    if (/[89]/.test(token)) throw new ArithmeticFault("arithmetic syntax error");
    return BigInt.asIntN(64, BigInt(`0o${token.slice(1)}`));
  }
  return BigInt.asIntN(64, BigInt(token));
}
