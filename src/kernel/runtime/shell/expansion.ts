/**
 * Expansion of words: tilde, parameters, command substitution, arithmetic, field splitting, path names, quotes.
 *
 * Models XCU 2.6. An expansion that needs the output of a command stops with NeedsCommand and is made again from
 * its beginning once the output is there; its assignments happen only when it is whole.
 */

import { ArithmeticFault, evaluate } from "#kernel/runtime/shell/arithmetic";
import { elementOf, indexesOf } from "#kernel/runtime/shell/arrays";
import type { Assignment, Parameter, Part, Word } from "#kernel/runtime/shell/ast";
import { braced } from "#kernel/runtime/shell/braces";
import { transformed, withoutEnd } from "#kernel/runtime/shell/edits";
import { Fields } from "#kernel/runtime/shell/fields";
import { compiled, glob, isPattern, patternSource } from "#kernel/runtime/shell/pattern";
import type { Variables } from "#kernel/runtime/shell/variables";

/** What an assignment sets; `isNew`: all elements of an array go first. */
export interface Assigned {
  readonly name: string;
  readonly value: string;
  readonly isNew?: true;
}

/** The expansion waits for the output of the list `node`. */
export class NeedsCommand {
  constructor(readonly node: number) {}
}

/** The expansion cannot be made (`parameter not set`, `bad substitution`): the shell reports it and gives up. */
export class ExpansionFault {
  constructor(readonly message: string) {}
}

export class Expansion {
  #next = 0;

  /** @param outputs of the command substitutions so far, in order */
  constructor(
    readonly variables: Variables,
    readonly outputs: readonly string[],
  ) {}

  /** The fields of words, path names expanded. */
  fields(words: readonly Word[]): string[] {
    const found: string[] = [];
    const { isBash } = this.variables.state;
    for (const word of isBash === true ? words.flatMap(braced) : words) {
      const fields = new Fields(this.variables.get("IFS") ?? " \t\n");
      this.#add(fields, this.#tilde(word, false), false);
      for (const { text, pattern } of fields.finish()) {
        const paths =
          isPattern(pattern) && !this.variables.state.options.includes("f")
            ? glob(this.variables.task.files, this.variables.task.cwd, pattern, isBash !== true)
            : [];
        if (paths.length > 0) found.push(...paths);
        else found.push(text);
      }
    }
    return found;
  }

  /** A word as one text: an assignment, a file name, a here-document. */
  text(word: Word, isAssignment = false): string {
    return this.#joined(this.#tilde(word, isAssignment)).text;
  }

  /** The variables an assignment sets, in order; of a whole array, first that it begins anew. */
  assigned({ name, index, items, isAppending, word }: Assignment): Assigned[] {
    const { variables } = this;
    if (items !== undefined) return this.#assignedArray(name, items, isAppending === true);
    const target = index === undefined ? name : `${name}[${this.#index(name, index)}]`;
    const value = this.text(word, true);
    return [{ name: target, value: isAppending === true ? (variables.get(target) ?? "") + value : value }];
  }

  #assignedArray(name: string, items: readonly Word[], isAppending: boolean): Assigned[] {
    const { variables } = this;
    const made: Assigned[] = isAppending ? [] : [{ name, value: "", isNew: true }];
    let next = isAppending ? Number(indexesOf(variables, name).at(-1) ?? -1) + 1 : 0;
    for (const item of items) {
      const [first, ...rest] = item;
      const keyed = first?.t === "text" && first.isQuoted !== true ? /^\[([^\]]+)\]=/.exec(first.v) : null;
      if (keyed !== null && first?.t === "text") {
        const text = first.v.slice(keyed[0].length);
        const key = variables.isMap(name) ? (keyed[1] ?? "") : String(Number(keyed[1]));
        const value = this.text(text === "" ? rest : [{ t: "text", v: text }, ...rest], true);
        made.push({ name: `${name}[${key}]`, value });
        next = Number(key) + 1;
        continue;
      }
      for (const value of this.fields([item])) {
        made.push({ name: `${name}[${next}]`, value });
        next += 1;
      }
    }
    return made;
  }

  /** An index as the element is named by it. */
  #index(name: string, index: Word): string {
    return this.variables.isMap(name) ? this.text(index) : String(this.arithmetic(index));
  }

  /** A word as a pattern. */
  pattern(word: Word): string {
    return this.#joined(this.#tilde(word, false)).pattern;
  }

  #joined(word: Word): { text: string; pattern: string } {
    const fields = new Fields(undefined);
    this.#add(fields, word, false);
    return fields.joined();
  }

  #tilde(word: Word, isAssignment: boolean): Word {
    const [first, ...rest] = word;
    if (first?.t !== "text" || first.isQuoted === true || !first.v.includes("~")) return word;
    const home = this.variables.get("HOME") ?? "/";
    const ends = rest.length === 0 ? "(?=[/:]|$)" : "(?=[/:])";
    const start = new RegExp(isAssignment ? `(^|:)~${ends}` : `(^)~${rest.length === 0 ? "(?=/|$)" : "(?=/)"}`, "g");
    const named = first.v.replace(/^~([a-z_][a-z0-9_-]*)(?=\/|$)/, (all, user: string) => this.#homeOf(user) ?? all);
    return [{ t: "text", v: named.replace(start, `$1${home}`) }, ...rest];
  }

  #homeOf(user: string): string | undefined {
    const passwd = this.variables.task.files.read("/etc/passwd");
    if (typeof passwd === "number") return undefined;
    return passwd
      .split("\n")
      .find((row) => row.startsWith(`${user}:`))
      ?.split(":")[5];
  }

  #add(fields: Fields, word: Word, isQuoted: boolean): void {
    for (const part of word) this.#addPart(fields, part, isQuoted);
  }

  #addPart(fields: Fields, part: Part, isQuoted: boolean): void {
    switch (part.t) {
      case "text":
        if (part.isQuoted === true || isQuoted) fields.quoted(part.v);
        else fields.literal(part.v);
        return;
      case "double":
        // Quotes make a field, be it empty; but those around no parameters at all.
        if (!this.#isNoParameters(part.parts)) fields.quoted("");
        this.#add(fields, part.parts, true);
        return;
      case "command":
        if (part.isFile === true) fields.quoted(this.#file(part.node));
        else this.#addValue(fields, this.#output(part.node), isQuoted);
        return;
      case "arithmetic":
        this.#addValue(fields, String(this.arithmetic(part.parts)), isQuoted);
        return;
      default:
        this.#parameter(fields, part, isQuoted);
    }
  }

  #isNoParameters([first, ...rest]: Word): boolean {
    if (first?.t !== "parameter" || first.op !== undefined || first.isLength === true || rest.length > 0) return false;
    if (first.index === undefined) return first.name === "@" && this.variables.state.params.length === 0;
    const [all] = first.index;
    return all?.t === "text" && all.v === "@" && indexesOf(this.variables, first.name).length === 0;
  }

  #addValue(fields: Fields, value: string, isQuoted: boolean): void {
    if (isQuoted) fields.quoted(value);
    else fields.expanded(value);
  }

  /** The path of a file that holds what a list says: bash names a pipe, which is read the same. */
  #file(node: number): string {
    const text = this.outputs[this.#next];
    if (text === undefined) throw new NeedsCommand(node);
    this.#next += 1;
    const path = `/tmp/.substitution-${this.variables.task.pid}-${this.#next}`;
    if (this.variables.task.files.write(path, text) !== 0)
      throw new ExpansionFault("cannot make pipe for process substitution");
    return path;
  }

  #output(node: number): string {
    const output = this.outputs[this.#next];
    if (output === undefined) throw new NeedsCommand(node);
    this.#next += 1;
    return output.replace(/\n+$/, "");
  }

  /** The value of an arithmetic expression. */
  arithmetic(parts: Word): bigint {
    const fields = new Fields(undefined);
    this.#add(fields, parts, true);
    try {
      return evaluate(fields.joined().text, {
        get: (name) => {
          const value = this.variables.parameter(name);
          if (value === undefined && this.variables.state.options.includes("u")) {
            throw new ExpansionFault(`${name}: ${this.#notSet}`);
          }
          return value;
        },
        set: (name, value) => {
          if (!this.variables.set(name, value)) throw new ExpansionFault(`${name}: is read only`);
        },
      });
    } catch (error) {
      if (error instanceof ArithmeticFault) throw new ExpansionFault(error.message);
      throw error;
    }
  }

  get #notSet(): string {
    return this.variables.state.isBash === true ? "unbound variable" : "parameter not set";
  }

  #parameter(fields: Fields, part: Parameter, isQuoted: boolean): void {
    if (part.index !== undefined) {
      this.#element(fields, part, part.index, isQuoted);
      return;
    }
    if (part.isIndirect === true || part.isPrefix === true) {
      this.#indirect(fields, part, isQuoted);
      return;
    }
    const { name, op, word = [] } = part;
    const isList = name === "@" || name === "*";
    const { params } = this.variables.state;
    const value = isList ? (params.length === 0 ? undefined : params.join(" ")) : this.variables.parameter(name);
    if (part.isLength === true) {
      this.#addValue(fields, String(isList ? params.length : [...(value ?? "")].length), isQuoted);
      return;
    }
    const isMissing = value === undefined || (op?.startsWith(":") === true && op.length === 2 && value === "");
    switch (op?.replace(/^:(?=.)/, "")) {
      case "-":
        if (isMissing) this.#add(fields, word, isQuoted);
        else this.#addParameter(fields, name, value, isQuoted);
        return;
      case "+":
        if (!isMissing) this.#add(fields, word, isQuoted);
        return;
      case "=":
        this.#addValue(fields, isMissing ? this.#assigned(name, word) : value, isQuoted);
        return;
      case "?":
        if (isMissing) throw new ExpansionFault(`${name}: ${this.#complaint(word, op)}`);
        this.#addParameter(fields, name, value, isQuoted);
        return;
      case undefined:
        if (value === undefined && !isList && this.variables.state.options.includes("u")) {
          throw new ExpansionFault(`${name}: ${this.#notSet}`);
        }
        this.#addParameter(fields, name, value ?? "", isQuoted);
        return;
      default:
        this.#addValue(fields, this.#edited(value ?? "", op ?? "", word), isQuoted);
    }
  }

  /** `${!name}`: the parameter its value names; `${!name@}`: the variables that begin so. */
  #indirect(fields: Fields, { isIndirect: _, isPrefix, ...part }: Parameter, isQuoted: boolean): void {
    if (isPrefix === true) {
      this.#addValue(fields, this.variables.names(part.name).join(" "), isQuoted);
      return;
    }
    const target = this.variables.parameter(part.name);
    const [, name, index] = /^([A-Za-z_]\w*|\d+|[@*])(?:\[([^\]]+)\])?$/.exec(target ?? "") ?? [];
    if (target === "" || (target !== undefined && name === undefined)) {
      throw new ExpansionFault(`${target}: invalid variable name`);
    }
    if (name === undefined) throw new ExpansionFault(`${part.name}: invalid indirect expansion`);
    const word: Word = [{ t: "text", v: index ?? "" }];
    this.#parameter(fields, { ...part, name, ...(index === undefined ? {} : { index: word }) }, isQuoted);
  }

  /** `${name[...]}` and all that bash does with it. */
  #element(
    fields: Fields,
    { name, index: _, isKeys, isLength, ...part }: Parameter,
    index: Word,
    isQuoted: boolean,
  ): void {
    const { variables } = this;
    const which = index.length === 1 && index[0]?.t === "text" ? index[0].v : "";
    if (which !== "@" && which !== "*") {
      const value = elementOf(variables, name, this.#index(name, index));
      this.#withValue(fields, { ...part, name, ...(isLength === true && { isLength }) }, value, isQuoted);
      return;
    }
    const indexes = indexesOf(variables, name);
    const values = isKeys === true ? indexes : indexes.map((one) => elementOf(variables, name, one) ?? "");
    if (isLength === true) {
      this.#addValue(fields, String(values.length), isQuoted);
      return;
    }
    const { params } = variables.state;
    // What can be done with all parameters can be done with all elements.
    variables.state.params = this.#chosen(values, part);
    const isAsked = part.op === undefined || /^:?[-+?=]$/.test(part.op);
    this.#parameter(fields, isAsked ? { ...part, name: which } : { t: "parameter", name: which }, isQuoted);
    variables.state.params = params;
  }

  /** `${name[@]:1:2}` */
  #chosen(values: string[], { op, word = [] }: Pick<Parameter, "op" | "word">): string[] {
    if (op === undefined || op === "-" || op.length === 2 || op === "?" || op === "+") return values;
    if (op !== ":") return values.map((value) => this.#edited(value, op, word));
    const [from = "0", length] = this.text(word).split(":");
    const start = Number(from) < 0 ? values.length + Number(from) : Number(from);
    return values.slice(start, length === undefined ? undefined : start + Number(length));
  }

  #withValue(fields: Fields, part: Parameter, value: string | undefined, isQuoted: boolean): void {
    const { variables } = this;
    const stand = "_element";
    const before = variables.state.variables[stand];
    if (value === undefined) delete variables.state.variables[stand];
    else variables.state.variables[stand] = { value };
    this.#parameter(fields, { ...part, name: stand }, isQuoted);
    if (before === undefined) delete variables.state.variables[stand];
    else variables.state.variables[stand] = before;
  }

  #complaint(word: Word, op: string | undefined): string {
    if (word.length > 0) return this.text(word);
    if (this.variables.state.isBash === true) return op === ":?" ? "parameter null or not set" : "parameter not set";
    return op === ":?" ? "parameter not set or null" : "parameter not set";
  }

  #assigned(name: string, word: Word): string {
    const text = this.text(word);
    if (!this.variables.set(name, text)) throw new ExpansionFault(`${name}: is read only`);
    return text;
  }

  /** `$@` and `$*` fall into fields by parameter. */
  #addParameter(fields: Fields, name: string, value: string, isQuoted: boolean): void {
    const { params } = this.variables.state;
    if (name === "*" && isQuoted) {
      const separators = this.variables.get("IFS");
      fields.quoted(params.join(separators === undefined ? " " : separators.slice(0, 1)));
    } else if (name === "@" || name === "*") {
      for (const [n, param] of params.entries()) {
        if (n > 0) fields.cut();
        this.#addValue(fields, param, isQuoted);
      }
    } else this.#addValue(fields, value, isQuoted);
  }

  /** Pattern removal, and what bash does besides. */
  #edited(value: string, op: string, word: Word): string {
    if (op === "#" || op === "##") {
      return value.replace(compiled(`^${patternSource(this.pattern(word), op === "#")}`), "");
    }
    if (op === "%" || op === "%%") return withoutEnd(value, this.pattern(word), op === "%%");
    if (op === "/" || op === "//") {
      const { from, to } = this.#replacement(word);
      return from === "" ? value : value.replace(compiled(from, op === "//" ? "gu" : "u"), () => to);
    }
    if (op === ":") return this.#slice(value, word);
    if (op.startsWith("@")) return transformed(value, op);
    if (op === "^") return value.slice(0, 1).toUpperCase() + value.slice(1);
    if (op === ",") return value.slice(0, 1).toLowerCase() + value.slice(1);
    return op === "^^" ? value.toUpperCase() : value.toLowerCase();
  }

  #replacement(word: Word): { from: string; to: string } {
    const cut = word.findIndex((part) => part.t === "text" && part.isQuoted !== true && part.v.includes("/"));
    const part = word[cut];
    if (part?.t !== "text") return { from: this.#anchored(this.pattern(word)), to: "" };
    const slash = part.v.indexOf("/");
    const before: Word = [...word.slice(0, cut), { t: "text", v: part.v.slice(0, slash) }];
    const after: Word = [{ t: "text", v: part.v.slice(slash + 1) }, ...word.slice(cut + 1)];
    return { from: this.#anchored(this.pattern(before)), to: this.text(after) };
  }

  #anchored(pattern: string): string {
    if (pattern.startsWith("#")) return `^${patternSource(pattern.slice(1))}`;
    return pattern.startsWith("%") ? `${patternSource(pattern.slice(1))}$` : patternSource(pattern);
  }

  #slice(value: string, word: Word): string {
    const [from = "0", length] = this.text(word).split(":");
    const number = (text: string): number => Number(this.arithmetic([{ t: "text", v: text }]));
    const chars = [...value];
    const start = number(from) < 0 ? Math.max(0, chars.length + number(from)) : number(from);
    if (length === undefined) return chars.slice(start).join("");
    const count = number(length);
    return chars.slice(start, count < 0 ? chars.length + count : start + count).join("");
  }
}
