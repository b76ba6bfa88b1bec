/**
 * Reading the words of a statement one after the other.
 */
import type { Dialect, TableName } from "#kernel/runtime/images/sql/ast";
import { syntaxAt, type Token, tokensOf } from "#kernel/runtime/images/sql/lexer";

/** Expressions and queries may be nested so deep. */
const DEPTH_MAX = 60;

/** Words that end a list of names: none of them is an alias without AS. */
const RESERVED = new Set(
  (
    "SELECT FROM WHERE GROUP HAVING ORDER LIMIT OFFSET FETCH UNION INTERSECT EXCEPT JOIN INNER LEFT RIGHT CROSS FULL NATURAL ON USING " +
    "AND OR NOT IS IN LIKE ILIKE BETWEEN CASE WHEN THEN ELSE END AS SET VALUES INTO INSERT UPDATE DELETE CREATE DROP ALTER TABLE " +
    "NULL TRUE FALSE DISTINCT ALL BY ASC DESC EXISTS PRIMARY UNIQUE KEY FOREIGN REFERENCES CHECK CONSTRAINT DEFAULT RETURNING FOR WITH " +
    "INTERVAL REGEXP RLIKE DIV MOD XOR WINDOW LOCK COLLATE"
  ).split(" "),
);

export class Reader {
  readonly tokens: readonly Token[];
  at = 0;
  #depth = 0;

  constructor(
    readonly text: string,
    readonly dialect: Dialect,
  ) {
    this.tokens = tokensOf(text, dialect);
  }

  /** The word that comes, or the one so many further on. */
  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  /** The statement cannot be read here. */
  refuse(token = this.peek()): never {
    return syntaxAt(this.text, token.at, token.end);
  }

  /** Whether these words come. */
  is(...words: readonly string[]): boolean {
    return words.every((word, n) => isWord(this.peek(n), word));
  }

  /** Takes these words if they come. */
  take(...words: readonly string[]): boolean {
    if (!this.is(...words)) return false;
    this.at += words.length;
    return true;
  }

  /** Takes one of these words; which. */
  takeAny(...words: readonly string[]): string | undefined {
    return words.find((word) => this.take(word));
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.take(word)) this.refuse();
  }

  /** A name, quoted or not. In PostgreSQL a bare one is in lower case. */
  name(): string {
    const token = this.next();
    if (token.kind === "name") return token.value;
    if (token.kind === "word" && !RESERVED.has(token.value.toUpperCase())) return this.folded(token.value);
    return this.refuse(token);
  }

  /** A name that may be a word with another meaning: a column after a dot, an alias after AS. */
  anyName(): string {
    const token = this.next();
    if (token.kind === "name" || (token.kind === "text" && this.dialect === "mysql")) return token.value;
    if (token.kind === "word") return this.folded(token.value);
    return this.refuse(token);
  }

  /** Whether an alias without AS may begin here. */
  get isName(): boolean {
    const token = this.peek();
    return token.kind === "name" || (token.kind === "word" && !RESERVED.has(token.value.toUpperCase()));
  }

  folded(name: string): string {
    return this.dialect === "postgres" ? name.toLowerCase() : name;
  }

  tableName(): TableName {
    const { at } = this.peek();
    const first = this.name();
    if (!this.take(".")) return { name: first, at };
    return { schema: first, name: this.anyName(), at };
  }

  string(): string {
    const token = this.next();
    return token.kind === "text" ? token.value : this.refuse(token);
  }

  number(): number {
    const token = this.next();
    return token.kind === "number" ? Number(token.value) : this.refuse(token);
  }

  /** So many things with commas between them. */
  list<T>(read: () => T): T[] {
    const items = [read()];
    while (this.take(",")) items.push(read());
    return items;
  }

  /** Things in parentheses. */
  parenthesised<T>(read: () => T): T {
    this.expect("(");
    const value = read();
    this.expect(")");
    return value;
  }

  names(): string[] {
    return this.parenthesised(() => this.list(() => this.keyPart()));
  }

  /** A column of a key: MySQL may add a length, both an order. */
  keyPart(): string {
    const name = this.name();
    if (this.take("(")) {
      this.number();
      this.expect(")");
    }
    this.takeAny("ASC", "DESC");
    return name;
  }

  /** Reads something that may hold another of itself. */
  deeper<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) this.refuse();
    const value = read();
    this.#depth -= 1;
    return value;
  }

  /** The rest up to the end, unread. */
  rest(): string {
    const { at } = this.peek();
    this.at = this.tokens.length - 1;
    return this.text.slice(at).trim();
  }
}

function isWord(token: Token, word: string): boolean {
  if (token.kind === "word") return token.value.toUpperCase() === word;
  return token.kind === "sign" && token.value === word;
}
