/**
 * The parser of simple commands: assignments, words and redirections.
 */
import type { Assignment, Node, Redirection, Word } from "#kernel/runtime/shell/ast";
import { Lexer } from "#kernel/runtime/shell/lexer";

const REDIRECTIONS = ["<", ">", ">>", ">|", "<>", "<&", ">&", "<<", "<<-", "<<<", "&>", "&>>"];
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)(\+?)=/;
/** An assignment to an element of an array, up to its index; and one to an array. */
const ELEMENT = /^[A-Za-z_][A-Za-z0-9_]*(?=\[[^\]\n]+\]\+?=)/;
const ARRAY = /^([A-Za-z_][A-Za-z0-9_]*)(\+?)=\(/;

export abstract class SimpleParser extends Lexer {
  /** Adds a node to the table; gives its number. */
  protected add(node: Node): number {
    this.nodes.push(node);
    return this.nodes.length - 1;
  }

  protected redirections(): Redirection[] {
    const redirections: Redirection[] = [];
    for (let found = this.#redirection(); found !== undefined; found = this.#redirection()) redirections.push(found);
    return redirections;
  }

  #redirection(): Redirection | undefined {
    this.skipBlanks();
    const digits = /^[0-9]+(?=[<>])/.exec(this.text.slice(this.at, this.at + 8))?.[0] ?? "";
    const start = this.at;
    this.at += digits.length;
    const op = this.operator();
    if (!REDIRECTIONS.includes(op) || (op.startsWith("&") && !this.isBash) || (op === "<<<" && !this.isBash)) {
      this.at = start;
      return undefined;
    }
    this.at += op.length;
    const fd = digits === "" ? {} : { fd: Number(digits) };
    if (op === "<<" || op === "<<-") return this.#document(fd, op === "<<-");
    const word = this.word();
    if (word === undefined) this.fail(this.token());
    return { ...fd, op, word };
  }

  #document(fd: { fd?: number }, stripsTabs: boolean): Redirection {
    this.skipBlanks();
    const start = this.at;
    if (this.word() === undefined) this.fail(this.token());
    const raw = this.text.slice(start, this.at);
    const redirection: { fd?: number; op: string; word: Word } = { ...fd, op: "<<", word: [] };
    this.awaited.push({
      delimiter: raw.replace(/\\(.)|['"]/gs, "$1"),
      isQuoted: /['"\\]/.test(raw),
      stripsTabs,
      fill(word) {
        redirection.word = word;
      },
    });
    return redirection;
  }

  /** Assignments, words and redirections up to an operator. */
  protected simple(): number {
    const line = this.line;
    const assignments: Assignment[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      const redirection = this.#redirection();
      if (redirection !== undefined) {
        redirections.push(redirection);
        continue;
      }
      const array = words.length === 0 ? this.#array() : undefined;
      if (array !== undefined) {
        assignments.push(array);
        continue;
      }
      const word = this.word();
      if (word === undefined) break;
      const assignment = words.length === 0 ? asAssignment(word) : undefined;
      if (assignment === undefined) words.push(word);
      else assignments.push(assignment);
    }
    if (words.length + assignments.length + redirections.length === 0) this.fail(this.token());
    if (this.next === "(") this.fail("(");
    return this.add({ k: "simple", assignments, words, redirections, line });
  }

  /** bash's `name=(...)` and `name[index]=value`. */
  #array(): Assignment | undefined {
    if (!this.isBash) return undefined;
    this.skipBlanks();
    const rest = this.text.slice(this.at, this.at + 512);
    const element = ELEMENT.exec(rest)?.[0];
    if (element !== undefined) {
      this.at += element.length;
      const index = this.index();
      const isAppending = this.next === "+" ? { isAppending: true as const } : {};
      this.at += this.next === "+" ? 2 : 1;
      return { name: element, index, ...isAppending, word: /[\s;&|)]/.test(this.next) ? [] : (this.word() ?? []) };
    }
    const match = ARRAY.exec(rest);
    if (match === null) return undefined;
    this.at += match[0].length;
    const items: Word[] = [];
    for (;;) {
      while (/\s/.test(this.next)) this.at += 1;
      if (this.next === ")") break;
      const word = this.word();
      if (word === undefined) this.fail(this.token());
      else items.push(word);
    }
    this.at += 1;
    return { name: match[1] ?? "", items, ...(match[2] === "+" ? { isAppending: true as const } : {}), word: [] };
  }
}

function asAssignment(word: Word): Assignment | undefined {
  const [first, ...rest] = word;
  if (first?.t !== "text" || first.isQuoted === true) return undefined;
  const match = ASSIGNMENT.exec(first.v);
  if (match === null) return undefined;
  const value = first.v.slice(match[0].length);
  const parts = value === "" ? rest : [{ t: "text" as const, v: value }, ...rest];
  return { name: match[1] ?? "", ...(match[2] === "+" ? { isAppending: true as const } : {}), word: parts };
}
