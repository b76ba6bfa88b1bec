/**
 * Reads shell text character by character: blanks, operators, words with their quotations and expansions.
 */
import { ansiEscape } from "#kernel/runtime/shell/ansi-escapes";
import type { Node, Parameter, Part, Word } from "#kernel/runtime/shell/ast";
import * as signs from "#kernel/runtime/shell/lexer.parts";
import { type Awaited, SyntaxFault } from "#kernel/runtime/shell/lexer.parts";

export abstract class Lexer {
  protected at = 0;
  protected readonly awaited: Awaited[] = [];
  readonly nodes: Node[] = [];

  constructor(
    protected text: string,
    protected readonly firstLine = 1,
    readonly isBash = false,
  ) {}

  /** Reads the inside of `$( )` up to its parenthesis: the number of its list. */
  protected abstract substitution(): number;
  /** Reads a text of its own, as of backquotes: the number of its list. */
  protected abstract nested(text: string): number;

  protected get line(): number {
    let line = this.firstLine;
    for (let n = this.text.indexOf("\n"); n >= 0 && n < this.at; n = this.text.indexOf("\n", n + 1)) line += 1;
    return line;
  }

  protected get next(): string {
    return this.text[this.at] ?? "";
  }

  protected get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  protected fail(token: string | undefined, expecting?: string): never {
    throw new SyntaxFault({
      line: this.line,
      ...(token === undefined ? {} : { token }),
      ...(expecting === undefined ? {} : { expecting }),
      isIncomplete: token === "end of file",
    });
  }

  protected unterminated(quote: string): never {
    throw new SyntaxFault({ line: this.line, isIncomplete: true, quote });
  }

  /** Skips blanks, continued lines and comments, not line feeds. */
  protected skipBlanks(): void {
    for (;;) {
      if (this.next === " " || this.next === "\t" || this.next === "\r") this.at += 1;
      else if (this.text.startsWith("\\\n", this.at)) this.at += 2;
      else if (this.next === "#") {
        const end = this.text.indexOf("\n", this.at);
        this.at = end < 0 ? this.text.length : end;
      } else return;
    }
  }

  /** Takes a line feed and the here-documents that follow it. */
  protected takeNewline(): void {
    this.at += 1;
    for (const document of this.awaited.splice(0)) this.readDocument(document);
  }

  protected skipNewlines(): void {
    for (this.skipBlanks(); this.next === "\n"; this.skipBlanks()) this.takeNewline();
  }

  /** The operator at the present place, or "" if there is none. */
  protected operator(): string {
    if (this.isBash && this.text.startsWith("<(", this.at)) return "";
    for (const operator of signs.OPERATORS) if (this.text.startsWith(operator, this.at)) return operator;
    return ";&|<>()".includes(this.next) && this.next !== "" ? this.next : "";
  }

  /** Takes the operator if it is at the present place. */
  protected take(operator: string): boolean {
    this.skipBlanks();
    if (this.operator() !== operator) return false;
    this.at += operator.length;
    return true;
  }

  /** The unquoted literal word at the present place, not taken: "" if there is another thing. */
  protected peekLiteral(): string {
    this.skipBlanks();
    let end = this.at;
    while (end < this.text.length && !signs.BREAKS.includes(this.text[end] ?? "")) {
      if ("'\"\\$`".includes(this.text[end] ?? "")) return "";
      end += 1;
    }
    return this.text.slice(this.at, end);
  }

  /** What stands at the present place, as messages name it. */
  protected token(): string {
    this.skipBlanks();
    if (this.isAtEnd) return "end of file";
    if (this.next === "\n") return "newline";
    const operator = this.operator();
    if (operator !== "") return operator;
    const literal = this.peekLiteral();
    return signs.RESERVED.includes(literal) || (this.isBash && literal !== "") ? literal : "word";
  }

  /** A word; undefined if none begins here. */
  protected word(): Word | undefined {
    this.skipBlanks();
    const parts: Part[] = [];
    let literal = "";
    const flush = (): void => {
      if (literal !== "") parts.push({ t: "text", v: literal });
      literal = "";
    };
    const start = this.at;
    if (this.isBash && this.text.startsWith("<(", this.at)) parts.push(this.processSubstitution());
    while (!this.isAtEnd && !signs.BREAKS.includes(this.next)) {
      const char = this.next;
      if (char === "\\") {
        this.at += 1;
        if (this.next !== "\n") {
          flush();
          parts.push({ t: "text", v: this.isAtEnd ? "\\" : this.next, isQuoted: true });
        }
        this.at += 1;
      } else if (char === "'") {
        flush();
        parts.push(this.single());
      } else if (char === '"') {
        flush();
        this.at += 1;
        parts.push({ t: "double", parts: this.quoted('"') });
      } else if (char === "$" || char === "`") {
        const part = this.expansion(false);
        if (typeof part === "string") literal += part;
        else {
          flush();
          parts.push(part);
        }
      } else {
        literal += char;
        this.at += 1;
      }
    }
    flush();
    return this.at === start ? undefined : parts;
  }

  private processSubstitution(): Part {
    this.at += 2;
    return { t: "command", node: this.substitution(), isFile: true };
  }

  private single(): Part {
    const end = this.text.indexOf("'", this.at + 1);
    if (end < 0) this.unterminated("'");
    const v = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return { t: "text", v, isQuoted: true };
  }

  /** Text in which only `$`, backquote and backslash are special, up to `end` ("" = the end of the text). */
  protected quoted(end: '"' | "" | "}"): Part[] {
    const parts: Part[] = [];
    let literal = "";
    const flush = (): void => {
      if (literal !== "") parts.push({ t: "text", v: literal, isQuoted: true });
      literal = "";
    };
    for (;;) {
      if (this.isAtEnd) {
        if (end !== "") this.unterminated(end);
        break;
      }
      const char = this.next;
      if (char === end) {
        this.at += 1;
        break;
      }
      if (char === "\\") {
        const after = this.text[this.at + 1] ?? "";
        if (after !== "\n") literal += "$`\\".includes(after) || after === end ? after : `\\${after}`;
        this.at += 2;
      } else if (char === '"' && end === "}") {
        flush();
        this.at += 1;
        parts.push({ t: "double", parts: this.quoted('"') });
      } else if (char === "$" || char === "`") {
        const part = this.expansion(true);
        if (typeof part === "string") literal += part;
        else {
          flush();
          parts.push(part);
        }
      } else {
        literal += char;
        this.at += 1;
      }
    }
    flush();
    return parts;
  }

  /** What `$` or a backquote begins; a text if it does not. */
  private expansion(isQuoted: boolean): Part | string {
    if (this.next === "`") return this.backquotes(isQuoted);
    const after = this.text[this.at + 1] ?? "";
    if (after === "(") {
      const arithmetic = this.text[this.at + 2] === "(" ? this.arithmetic(this.at + 3) : undefined;
      if (arithmetic !== undefined) return arithmetic;
      this.at += 2;
      const file = this.isBash ? signs.READ_FILE.exec(this.text.slice(this.at, this.at + 512)) : null;
      if (file === null) return { t: "command", node: this.substitution() };
      this.at += file[0].length;
      return { t: "command", node: this.nested(`cat ${file[1]}`) };
    }
    if (after === "{") return this.braces(isQuoted);
    if (after === "'" && !isQuoted) return this.escaped();
    const name =
      signs.NAME.exec(this.text.slice(this.at + 1, this.at + 257))?.[0] ?? (/[0-9@*#?$!-]/.test(after) ? after : "");
    this.at += 1 + name.length;
    return name === "" ? "$" : { t: "parameter", name };
  }

  /** `$((...))`; undefined if its parentheses do not close as such. */
  private arithmetic(start: number): Part | undefined {
    let depth = 0;
    for (let n = start; n < this.text.length; n += 1) {
      if (this.text[n] === "(") depth += 1;
      else if (this.text[n] === ")") {
        if (depth > 0) depth -= 1;
        else if (this.text[n + 1] === ")") {
          const parts = this.inner(this.text.slice(start, n));
          this.at = n + 2;
          return { t: "arithmetic", parts };
        } else return undefined;
      }
    }
    return undefined;
  }

  /** The parts of a text of its own, as between double quotes. */
  protected inner(text: string): Word {
    const outer = { text: this.text, at: this.at };
    this.text = text;
    this.at = 0;
    const parts = this.quoted("");
    this.text = outer.text;
    this.at = outer.at;
    return parts;
  }

  private backquotes(isQuoted: boolean): Part {
    let inside = "";
    for (this.at += 1; this.next !== "`"; this.at += 1) {
      if (this.isAtEnd) this.unterminated("`");
      const after = this.text[this.at + 1] ?? "";
      if (this.next === "\\" && ("$`\\".includes(after) || (isQuoted && after === '"'))) this.at += 1;
      inside += this.next;
    }
    this.at += 1;
    return { t: "command", node: this.nested(inside) };
  }

  /** `${...}` */
  private braces(isQuoted: boolean): Part {
    this.at += 2;
    const isLength = this.next === "#" && /^#([A-Za-z_0-9@*?$!-]|#\})/.test(this.text.slice(this.at, this.at + 3));
    if (isLength) this.at += 1;
    const isKeys = this.isBash && !isLength && /^![A-Za-z_]\w*\[[@*]\]/.test(this.text.slice(this.at, this.at + 257));
    const isIndirect = this.isBash && !isLength && !isKeys && /^!\w/.test(this.text.slice(this.at, this.at + 2));
    if (isKeys || isIndirect) this.at += 1;
    const rest = this.text.slice(this.at, this.at + 257);
    const name = signs.NAME.exec(rest)?.[0] ?? /^([0-9]+|[@*#?$!-])/.exec(rest)?.[0] ?? "";
    this.at += name.length;
    const index = this.isBash && this.next === "[" && signs.NAME.test(name) ? { index: this.index() } : {};
    const marks = { ...(isLength ? { isLength: true as const } : {}), ...(isKeys ? { isKeys: true as const } : {}) };
    const part: Parameter = { t: "parameter", name, ...index, ...marks };
    if (name !== "" && this.next === "}") {
      this.at += 1;
      return isIndirect ? { ...part, isIndirect } : part;
    }
    const [ending = ""] = (this.isBash && /^@[QULuE]\}/.exec(this.text.slice(this.at, this.at + 3))) || [];
    const [prefix = ""] = (isIndirect && /^[@*]\}/.exec(this.text.slice(this.at, this.at + 2))) || [];
    if (ending !== "" || prefix !== "") {
      this.at += ending.length + prefix.length;
      return prefix === "" ? { ...part, op: ending.slice(0, 2), word: [] } : { ...part, isPrefix: true };
    }
    const op = signs.OPS.exec(this.text.slice(this.at, this.at + 2))?.[0];
    if (name === "" || op === undefined || isLength) {
      if (this.isAtEnd) this.unterminated("}");
      throw new SyntaxFault({ line: this.line, isIncomplete: false, isBadSubstitution: true });
    }
    this.at += op.length;
    const isPattern = ["%", "%%", "#", "##", "/", "//"].includes(op);
    return {
      ...part,
      ...(isIndirect && { isIndirect }),
      op,
      word: isQuoted && !isPattern ? this.quoted("}") : this.operand(),
    };
  }

  /** `[...]` after a name. */
  protected index(): Word {
    let depth = 0;
    const start = this.at + 1;
    for (; !this.isAtEnd; this.at += 1) {
      if (this.next === "[") depth += 1;
      else if (this.next === "]") depth -= 1;
      if (depth === 0) break;
    }
    if (this.isAtEnd) this.unterminated("]");
    const text = this.text.slice(start, this.at).replace(/^(["'])(.*)\1$/s, "$2");
    this.at += 1;
    return this.inner(text);
  }

  /** The word after the operator of `${...}`, with its closing brace. */
  private operand(): Word {
    const parts: Part[] = [];
    let literal = "";
    const add = (part: Part | string): void => {
      if (typeof part === "string") {
        literal += part;
        return;
      }
      if (literal !== "") parts.push({ t: "text", v: literal });
      literal = "";
      parts.push(part);
    };
    for (; this.next !== "}"; ) {
      if (this.isAtEnd) this.unterminated("}");
      const char = this.next;
      if (char === "\\") {
        add({ t: "text", v: this.text[this.at + 1] ?? "", isQuoted: true });
        this.at += 2;
      } else if (char === "'") add(this.single());
      else if (char === '"') {
        this.at += 1;
        add({ t: "double", parts: this.quoted('"') });
      } else if (char === "$" || char === "`") add(this.expansion(false));
      else {
        literal += char;
        this.at += 1;
      }
    }
    this.at += 1;
    if (literal !== "") parts.push({ t: "text", v: literal });
    return parts;
  }

  /** `$'...'` with the escapes of C. */
  private escaped(): Part {
    let v = "";
    for (this.at += 2; this.next !== "'"; ) {
      if (this.isAtEnd) this.unterminated("'");
      if (this.next !== "\\") {
        v += this.next;
        this.at += 1;
        continue;
      }
      const { text, length } = ansiEscape(this.text.slice(this.at + 1, this.at + 10));
      v += text;
      this.at += 1 + length;
    }
    this.at += 1;
    return { t: "text", v, isQuoted: true };
  }

  /** The text after the line, up to the delimiter on a line of its own. */
  private readDocument({ delimiter, isQuoted, stripsTabs, fill }: Awaited): void {
    let text = "";
    for (;;) {
      if (this.isAtEnd) break;
      const end = this.text.indexOf("\n", this.at);
      const raw = end < 0 ? this.text.slice(this.at) : this.text.slice(this.at, end);
      this.at = end < 0 ? this.text.length : end + 1;
      const line = stripsTabs ? raw.replace(/^\t+/, "") : raw;
      if (line === delimiter) {
        fill(isQuoted ? [{ t: "text", v: text, isQuoted: true }] : this.inner(text));
        return;
      }
      text += `${line}${end < 0 ? "" : "\n"}`;
    }
    fill(isQuoted ? [{ t: "text", v: text, isQuoted: true }] : this.inner(text));
    this.hasOpenDocument = true;
  }

  /** A here-document met the end of the text: at a terminal more would come. */
  hasOpenDocument = false;
}
