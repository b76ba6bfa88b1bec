/**
 * The language of label selectors in a query string: `app=web,tier in (a,b),!old,n>3`.
 *
 * Models apimachinery/pkg/labels/selector.go: its grammar, its texts, its order.
 */
import { badRequest } from "#kernel/apimachinery/errors";
import { type At, aggregateText, collector } from "#kernel/apimachinery/field-errors";
import { labelValue, qualifiedName } from "#kernel/apimachinery/formats";
import { compareText } from "#kernel/apimachinery/go-text";

export type Operator = "in" | "notin" | "=" | "==" | "!=" | ">" | "<" | "exists" | "!";

/** One condition on one label; `values` are sorted and have no duplicates. */
export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

type SomeLabels = Readonly<Record<string, string>> | null | undefined;

/** True if the labels satisfy every requirement. */
export function matchesRequirements(requirements: readonly Requirement[], labels: SomeLabels): boolean {
  return requirements.every((requirement) => matchesRequirement(requirement, labels));
}

/** True if the labels satisfy the requirement. */
function matchesRequirement({ key, operator, values }: Requirement, labels: SomeLabels): boolean {
  const value = labels?.[key];
  switch (operator) {
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "notin":
    case "!=":
      return value === undefined || !values.includes(value);
    case ">":
    case "<":
      return value !== undefined && comparesAs(operator, value, values[0] ?? "");
    default:
      return value !== undefined && values.includes(value);
  }
}

const int64Bound = 1n << 63n;

function int64(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace("+", ""));
  return value >= -int64Bound && value < int64Bound ? value : undefined;
}

function comparesAs(operator: ">" | "<", left: string, right: string): boolean {
  const a = int64(left);
  const b = int64(right);
  if (a === undefined || b === undefined) return false;
  return operator === ">" ? a > b : a < b;
}

/** Gives the requirements as the query that parses to them. */
export function formatRequirements(requirements: readonly Requirement[]): string {
  return requirements.map(formatRequirement).join(",");
}

function formatRequirement({ key, operator, values }: Requirement): string {
  if (operator === "exists") return key;
  if (operator === "!") return `!${key}`;
  const list = [...values].sort(compareText).join(",");
  return operator === "in" || operator === "notin" ? `${key} ${operator} (${list})` : `${key}${operator}${list}`;
}

/**
 * Gives the requirements of a query, sorted by key; none for an empty one.
 * Raises BadRequest with upstream's text for a query that cannot be read.
 */
export function parse(text: string): Requirement[] {
  const requirements = new Parser(tokensOf(text)).parse();
  return requirements.sort((a, b) => compareText(a.key, b.key));
}

interface Token {
  readonly kind: "end" | "word" | "symbol";
  readonly text: string;
}

const tokenPattern = /[ \t\r\n]*(?:(!=|==|[=!(),<>])|([^ \t\r\n=!(),<>]+))/y;

function tokensOf(text: string): Token[] {
  // Upstream's lexer takes a zero byte for the end.
  const source = text.split("\u0000", 1)[0] ?? "";
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  for (let match = tokenPattern.exec(source); match !== null; match = tokenPattern.exec(source)) {
    const [, symbol, word] = match;
    tokens.push(symbol === undefined ? { kind: "word", text: word ?? "" } : { kind: "symbol", text: symbol });
  }
  return tokens;
}

const end: Token = { kind: "end", text: "" };
const binaryOperators: readonly string[] = ["in", "notin", "=", "==", "!=", ">", "<"];
// Upstream lists operators by their constants, where greater and less are words.
const expectedOperators = "in, notin, =, ==, !=, gt, lt";

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get #next(): Token {
    return this.#tokens[this.#position] ?? end;
  }

  #consume(): Token {
    const token = this.#next;
    this.#position += 1;
    return token;
  }

  #isNext(text: string): boolean {
    return this.#next.kind === "symbol" && this.#next.text === text;
  }

  #startsRequirement(): boolean {
    return this.#next.kind === "word" || this.#isNext("!");
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    while (this.#next.kind !== "end") {
      if (!this.#startsRequirement()) {
        throw badRequest(`found '${this.#next.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const separator = this.#consume();
      if (separator.kind === "end") break;
      if (separator.kind !== "symbol" || separator.text !== ",") {
        throw badRequest(`found '${separator.text}', expected: ',' or 'end of string'`);
      }
      if (!this.#startsRequirement()) {
        throw badRequest(`found '${this.#next.text}', expected: identifier after ','`);
      }
    }
    return requirements;
  }

  #requirement(): Requirement {
    const isNegated = this.#isNext("!");
    if (isNegated) this.#consume();
    const key = this.#consume();
    if (key.kind !== "word") throw unreadable(`found '${key.text}', expected: identifier`);
    const texts = qualifiedName(key.text);
    if (texts.length > 0) throw unreadable(problemsOf((at) => at("").invalid(key.text, texts.join("; "))));
    if (isNegated) return checked({ key: key.text, operator: "!", values: [] });
    if (this.#next.kind === "end" || this.#isNext(",")) {
      return checked({ key: key.text, operator: "exists", values: [] });
    }
    const operator = this.#consume();
    if (!binaryOperators.includes(operator.text)) {
      throw unreadable(`found '${operator.text}', expected: ${expectedOperators}`);
    }
    const isSet = operator.text === "in" || operator.text === "notin";
    const values = isSet ? this.#values() : [this.#value()];
    return checked({ key: key.text, operator: operator.text as Operator, values: distinct(values) });
  }

  #value(): string {
    if (this.#next.kind === "end" || this.#isNext(",")) return "";
    const token = this.#consume();
    if (token.kind !== "word") throw unreadable(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #values(): string[] {
    const open = this.#consume();
    if (open.kind !== "symbol" || open.text !== "(") throw unreadable(`found '${open.text}' expected: '('`);
    if (this.#isNext(")")) {
      this.#consume();
      return [""];
    }
    if (this.#next.kind !== "word" && !this.#isNext(",")) {
      throw unreadable(`found '${this.#next.text}', expected: ',', ')' or identifier`);
    }
    const values = this.#list();
    this.#consume();
    return values;
  }

  /** Reads words and commas up to the closing parenthesis; a comma without a word beside it is the empty value. */
  #list(): string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.#consume();
      if (token.kind === "word") {
        values.push(token.text);
        if (this.#isNext(")")) return values;
        if (!this.#isNext(",")) throw unreadable(`found '${this.#next.text}', expected: ',' or ')'`);
      } else if (token.kind === "symbol" && token.text === ",") {
        if (values.length === 0 || this.#isNext(",") || this.#isNext(")")) values.push("");
        if (this.#isNext(")")) return values;
      } else {
        throw unreadable(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }
}

const unreadable = (text: string) => badRequest(`unable to parse requirement: ${text}`);

const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort(compareText);

function problemsOf(check: (at: At) => void): string {
  const at = collector();
  check(at);
  return aggregateText(at.errors);
}

function checked(requirement: Requirement): Requirement {
  const { key, operator, values } = requirement;
  const text = problemsOf((at) => {
    const isNumeric = operator === ">" || operator === "<";
    values.forEach((value, i) => {
      if (!isNumeric || int64(value) !== undefined) return;
      at(`values[${i}]`).invalid(value, "for 'Gt', 'Lt' operators, the value must be an integer");
    });
    values.forEach((value, i) => {
      const texts = labelValue(value);
      if (texts.length > 0) at(`values[${i}][${key}]`).invalid(value, texts.join("; "));
    });
  });
  if (text !== "") throw unreadable(text);
  return requirement;
}
