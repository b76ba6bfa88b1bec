/**
 * The parser of shell scripts: recursive descent over the characters of the text, into a table of nodes.
 */
import type { Fault, Node, Script, Word } from "#kernel/runtime/shell/ast";
import { SyntaxFault } from "#kernel/runtime/shell/lexer.parts";
import { SimpleParser } from "#kernel/runtime/shell/simple-parser";

const CLOSERS = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];
/** Nesting deeper than this is refused: the parser's own stack is not endless. */
const DEPTH = 200;

const memo = new Map<string, Script>();

/**
 * The script of a text. The same text always gives the same value. `isBash` adds the words only bash
 * reserves, `hasConditions` the `[[` of busybox.
 */
export function parseScript(text: string, isBash = false, hasConditions = isBash): Script {
  const key = `${isBash ? "b" : hasConditions ? "c" : "s"}${text}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  const script = new Parser(text, isBash, hasConditions).script();
  if (memo.size >= 300) memo.clear();
  memo.set(key, script);
  return script;
}

class Parser extends SimpleParser {
  #depth = 0;

  constructor(
    text: string,
    isBash: boolean,
    readonly hasConditions: boolean,
    firstLine = 1,
  ) {
    super(text, firstLine, isBash);
  }

  script(): Script {
    const commands: { node: number; end: number }[] = [];
    let fault: Fault | undefined;
    try {
      for (this.skipNewlines(); !this.isAtEnd; this.skipNewlines()) {
        const node = this.#completeCommand();
        commands.push({ node, end: this.at });
      }
      if (this.awaited.length > 0 || this.hasOpenDocument) this.hasOpenDocument = true;
      for (const document of this.awaited.splice(0)) document.fill([]);
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      fault = error.fault;
    }
    return {
      nodes: this.nodes,
      commands,
      ...(fault === undefined ? {} : { fault }),
      ...(this.hasOpenDocument ? { isOpen: true as const } : {}),
    };
  }

  protected substitution(): number {
    const body = this.#list([]);
    this.skipNewlines();
    if (!this.take(")")) this.fail(this.token(), ")");
    return body;
  }

  protected nested(text: string): number {
    const inner = new Parser(text, this.isBash, this.hasConditions, this.line);
    const script = inner.script();
    if (script.fault !== undefined) throw new SyntaxFault({ ...script.fault, isIncomplete: false });
    const offset = this.nodes.length;
    for (const node of script.nodes) this.nodes.push(shifted(node, offset));
    return this.add({ k: "list", items: script.commands.map(({ node }) => ({ node: node + offset })) });
  }

  /** Everything up to the end of the line. */
  #completeCommand(): number {
    const items: { node: number; isAsync?: true }[] = [];
    for (;;) {
      const node = this.#andOr();
      if (this.take("&")) items.push({ node, isAsync: true });
      else {
        items.push({ node });
        if (!this.take(";")) break;
      }
      this.skipBlanks();
      if (this.isAtEnd || this.next === "\n") break;
    }
    this.skipBlanks();
    if (!this.isAtEnd && this.next !== "\n") this.fail(this.token());
    if (this.next === "\n") this.takeNewline();
    return this.add({ k: "list", items });
  }

  /** Commands up to one of the closing words, or a closing operator. */
  #list(closers: readonly string[]): number {
    this.#depth += 1;
    if (this.#depth > DEPTH) this.fail("(");
    const items: { node: number; isAsync?: true }[] = [];
    for (;;) {
      this.skipNewlines();
      if (this.isAtEnd) {
        if (closers.length > 0) this.fail("end of file", closers[0]);
        break;
      }
      const operator = this.operator();
      if (operator === ")" || operator === ";;" || operator === ";&") break;
      const literal = this.peekLiteral();
      if (closers.includes(literal)) break;
      if (CLOSERS.includes(literal)) this.fail(literal, closers[0]);
      const node = this.#andOr();
      if (this.take("&")) items.push({ node, isAsync: true });
      else {
        items.push({ node });
        this.take(";");
      }
    }
    this.#depth -= 1;
    return this.add({ k: "list", items });
  }

  /** A list that must hold a command. */
  #body(closers: readonly string[]): number {
    const list = this.#list(closers);
    const node = this.nodes[list];
    if (node?.k === "list" && node.items.length === 0) this.fail(this.token());
    return list;
  }

  #andOr(): number {
    const first = this.#pipeline();
    const rest: { op: "&&" | "||"; node: number }[] = [];
    for (;;) {
      const op = this.take("&&") ? "&&" : this.take("||") ? "||" : undefined;
      if (op === undefined) break;
      this.skipNewlines();
      rest.push({ op, node: this.#pipeline() });
    }
    return rest.length === 0 ? first : this.add({ k: "andor", first, rest });
  }

  #pipeline(): number {
    let isNegated = false;
    while (this.peekLiteral() === "!") {
      this.at += 1;
      isNegated = !isNegated;
    }
    const items = [this.#command()];
    while (this.take("|")) {
      this.skipNewlines();
      items.push(this.#command());
    }
    const [only] = items;
    if (items.length === 1 && !isNegated && only !== undefined) return only;
    return this.add({ k: "pipeline", isNegated, items });
  }

  #command(): number {
    this.skipBlanks();
    if (this.next === "(") return this.#parenthesis();
    const word = this.peekLiteral();
    switch (word) {
      case "{":
        return this.#group();
      case "if":
        return this.#if();
      case "while":
      case "until":
        return this.#while(word);
      case "for":
        return this.#for();
      case "case":
        return this.#case();
      case "function":
        if (this.isBash) return this.#keywordFunction();
        break;
      case "[[":
        if (this.hasConditions) return this.#condition();
        break;
      default:
        if (CLOSERS.includes(word)) this.fail(word);
    }
    if (/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(word) && /^[ \t]*\([ \t]*\)/.test(this.text.slice(this.at + word.length))) {
      this.at = this.text.indexOf(")", this.at) + 1;
      return this.#function(word);
    }
    return this.simple();
  }

  #function(name: string): number {
    this.skipNewlines();
    const body = this.#command();
    return this.add({ k: "function", name, body });
  }

  #keywordFunction(): number {
    this.at += "function".length;
    const name = this.peekLiteral();
    if (name === "") this.fail(this.token());
    this.at += name.length;
    if (this.take("(") && !this.take(")")) this.fail(this.token(), ")");
    return this.#function(name);
  }

  #parenthesis(): number {
    if (this.isBash && this.text.startsWith("((", this.at)) {
      const end = this.text.indexOf("))", this.at);
      if (end >= 0) {
        const parts = this.inner(this.text.slice(this.at + 2, end));
        this.at = end + 2;
        return this.add({ k: "arithmetic", parts, redirections: this.redirections() });
      }
    }
    this.at += 1;
    const body = this.#body([]);
    if (!this.take(")")) this.fail(this.token(), ")");
    return this.add({ k: "subshell", body, redirections: this.redirections() });
  }

  /** Takes a reserved word that must stand here. */
  #expect(word: string): void {
    this.skipNewlines();
    if (this.peekLiteral() !== word) this.fail(this.token(), word);
    this.at += word.length;
  }

  #group(): number {
    this.at += 1;
    const body = this.#body(["}"]);
    this.#expect("}");
    return this.add({ k: "group", body, redirections: this.redirections() });
  }

  #if(): number {
    const clauses: { test: number; body: number }[] = [];
    let otherwise: number | undefined;
    this.at += 2;
    for (;;) {
      const test = this.#body(["then"]);
      this.#expect("then");
      clauses.push({ test, body: this.#body(["fi", "else", "elif"]) });
      const closer = this.peekLiteral();
      this.at += closer.length;
      if (closer === "elif") continue;
      if (closer === "else") {
        otherwise = this.#body(["fi"]);
        this.#expect("fi");
      }
      break;
    }
    const redirections = this.redirections();
    return this.add({ k: "if", clauses, ...(otherwise === undefined ? {} : { otherwise }), redirections });
  }

  #while(keyword: "while" | "until"): number {
    this.at += keyword.length;
    const test = this.#body(["do"]);
    const body = this.#doGroup();
    return this.add({ k: "while", isUntil: keyword === "until", test, body, redirections: this.redirections() });
  }

  #doGroup(): number {
    this.#expect("do");
    const body = this.#body(["done"]);
    this.#expect("done");
    return body;
  }

  #for(): number {
    this.at += 3;
    this.skipBlanks();
    if (this.isBash && this.text.startsWith("((", this.at)) return this.#countingFor();
    const name = this.peekLiteral();
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) this.fail(this.token());
    this.at += name.length;
    this.skipNewlines();
    let words: Word[] | undefined;
    if (this.peekLiteral() === "in") {
      this.at += 2;
      words = [];
      for (let word = this.word(); word !== undefined; word = this.word()) words.push(word);
      this.skipBlanks();
      if (!this.take(";") && this.next !== "\n") this.fail(this.token());
    } else this.take(";");
    const body = this.#doGroup();
    return this.add({
      k: "for",
      name,
      ...(words === undefined ? {} : { words }),
      body,
      redirections: this.redirections(),
    });
  }

  #countingFor(): number {
    const end = this.text.indexOf("))", this.at);
    if (end < 0) this.fail("end of file", "))");
    const [start = "", test = "", next = ""] = this.text.slice(this.at + 2, end).split(";");
    const clauses = { start: this.inner(start), test: this.inner(test), next: this.inner(next) };
    this.at = end + 2;
    this.take(";");
    return this.add({ k: "loop", ...clauses, body: this.#doGroup(), redirections: this.redirections() });
  }

  #case(): number {
    this.at += 4;
    const word = this.word();
    if (word === undefined) this.fail(this.token());
    this.#expect("in");
    const items: { patterns: Word[]; body: number; falls?: true }[] = [];
    for (;;) {
      this.skipNewlines();
      if (this.peekLiteral() === "esac") break;
      this.take("(");
      const patterns: Word[] = [];
      do {
        const pattern = this.word();
        if (pattern === undefined) this.fail(this.token(), this.isAtEnd ? ")" : undefined);
        patterns.push(pattern);
      } while (this.take("|"));
      if (!this.take(")")) this.fail(this.token(), ")");
      const body = this.#list(["esac"]);
      if (this.take(";&")) items.push({ patterns, body, falls: true });
      else {
        items.push({ patterns, body });
        if (!this.take(";;")) break;
      }
    }
    this.#expect("esac");
    return this.add({ k: "case", word, items, redirections: this.redirections() });
  }

  /** bash `[[ ... ]]`: its operators become words of their own. */
  #condition(): number {
    this.at += 2;
    const words: Word[] = [];
    for (;;) {
      this.skipNewlines();
      if (this.isAtEnd) this.fail("end of file", "]]");
      const previous = words.at(-1);
      if (previous?.length === 1 && previous[0]?.t === "text" && previous[0].v === "=~") {
        words.push(this.#expression());
        continue;
      }
      const operator = this.operator();
      if (["&&", "||", "(", ")", "<", ">"].includes(operator)) {
        words.push([{ t: "text", v: operator }]);
        this.at += operator.length;
        continue;
      }
      const word = this.word();
      if (word === undefined) this.fail(this.token());
      if (word.length === 1 && word[0]?.t === "text" && word[0].v === "]]" && word[0].isQuoted === undefined) break;
      words.push(word);
    }
    return this.add({ k: "condition", words, redirections: this.redirections() });
  }

  /** The regular expression after `=~`: parentheses and bars belong to it. */
  #expression(): Word {
    this.skipBlanks();
    const start = this.at;
    for (let depth = 0; !this.isAtEnd && (depth > 0 || !/\s/.test(this.next)); this.at += 1) {
      if (this.next === "\\") this.at += 1;
      else if (this.next === "(") depth += 1;
      else if (this.next === ")") depth -= 1;
    }
    return this.inner(this.text.slice(start, this.at));
  }
}

/** A node of a nested text, its references moved to where the nested nodes now stand. */
function shifted(node: Node, offset: number): Node {
  const move = (value: unknown, key: string): unknown => {
    if (typeof value === "number")
      return ["node", "first", "body", "test", "otherwise"].includes(key) ? value + offset : value;
    if (Array.isArray(value))
      return value.map((item) => move(item, key === "items" && typeof item === "number" ? "node" : ""));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, move(item, name)]));
  };
  return move(node, "") as Node;
}
