/**
 * The Corefile: server blocks and their directives as they stand there, snippets and imports put in.
 *
 * Models github.com/coredns/caddy/caddyfile.
 */

/** One line: its words, and the lines in braces behind it. */
export interface Line {
  readonly words: readonly string[];
  readonly line: number;
  readonly body: readonly Line[];
}

/** A server block: the zones and ports it is for, and its directives. */
export interface Block {
  readonly keys: readonly string[];
  readonly directives: readonly Line[];
}

/** What a Corefile may take from around it. */
export interface Surroundings {
  /** The text of a file; undefined if it cannot be read. */
  read(path: string): string | undefined;
  /** Paths that fit a pattern with `*`. */
  glob(pattern: string): readonly string[];
  env(name: string): string | undefined;
}

/** Why a Corefile cannot be read. */
export class CorefileProblem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Lines of a Corefile with all it imports, and files that import one another. */
const LINES_MAX = 5_000;
const IMPORT_DEPTH = 5;

interface Raw {
  readonly words: string[];
  readonly line: number;
}

/** Reads a Corefile. */
export function parseCorefile(path: string, text: string, around: Surroundings): readonly Block[] | CorefileProblem {
  const reader = new Reader(path, around);
  const blocks = reader.blocks(text);
  return reader.problem === undefined ? blocks : new CorefileProblem(reader.problem);
}

class Reader {
  problem: string | undefined;
  readonly #path: string;
  readonly #around: Surroundings;
  readonly #snippets = new Map<string, readonly Line[]>();
  #lines = 0;

  constructor(path: string, around: Surroundings) {
    this.#path = path;
    this.#around = around;
  }

  blocks(text: string, depth = 0): Block[] {
    const raw = this.#raw(text);
    const [first] = raw;
    // A file with one server block needs no braces.
    const isBare = first !== undefined && first.words.at(-1) !== "{" && first.words[0] !== "import";
    if (isBare && !first.words.some((word) => word.endsWith(","))) {
      return [{ keys: keysOf(first.words), directives: this.#nested(raw.slice(1), depth) }];
    }
    const blocks: Block[] = [];
    let keys: string[] = [];
    for (const line of this.#tree(raw)) {
      const [word = ""] = line.words;
      const snippet = /^\((.+)\)$/.exec(word)?.[1];
      if (word === "import" && line.body.length === 0) blocks.push(...this.#importedBlocks(line, depth));
      else if (snippet !== undefined) this.#snippets.set(snippet, line.body);
      else {
        keys = [...keys, ...keysOf(line.words)];
        if (line.words.at(-1)?.endsWith(",") === true) continue;
        blocks.push({ keys, directives: this.#expanded(line.body, depth) });
        keys = [];
      }
    }
    return blocks;
  }

  #nested(raw: readonly Raw[], depth: number): readonly Line[] {
    return this.#expanded(this.#tree(raw), depth);
  }

  #importedBlocks({ words }: Line, depth: number): Block[] {
    const files = this.#files(words[1] ?? "", depth);
    return files.flatMap((text) => this.blocks(text, depth + 1));
  }

  /** Puts in what is imported. */
  #expanded(lines: readonly Line[], depth: number): Line[] {
    return lines.flatMap((line): Line[] => {
      const [word, name = "", ...args] = line.words;
      if (word !== "import") return [line];
      const snippet = this.#snippets.get(name);
      if (snippet !== undefined) return depth > IMPORT_DEPTH ? [] : this.#expanded(filled(snippet, args), depth + 1);
      return this.#files(name, depth).flatMap((text) => this.#nested(this.#raw(text), depth + 1));
    });
  }

  /** The texts of the files a pattern names; one without stars must be there. */
  #files(pattern: string, depth: number): readonly string[] {
    const folder = this.#path.slice(0, this.#path.lastIndexOf("/"));
    const whole = pattern.startsWith("/") ? pattern : `${folder}/${pattern}`;
    if (depth > IMPORT_DEPTH) return [];
    if (pattern.includes("*")) return this.#around.glob(whole).map((path) => this.#around.read(path) ?? "");
    const text = this.#around.read(whole);
    if (text === undefined)
      this.problem ??= `${this.#path}:1 - Error during parsing: File to import not found: ${pattern}`;
    return text === undefined ? [] : [text];
  }

  #raw(text: string): Raw[] {
    const lines: Raw[] = [];
    for (const [n, one] of text.split("\n").entries()) {
      const words = wordsOf(one.replace(/\{\$(\w+)\}|\{%(\w+)%\}/g, (_, a, b) => this.#around.env(a ?? b) ?? ""));
      if (words.length > 0) lines.push({ words, line: n + 1 });
    }
    this.#lines += lines.length;
    if (this.#lines > LINES_MAX) this.problem ??= `${this.#path} - Error during parsing: more than ${LINES_MAX} lines`;
    return this.problem === undefined ? lines : [];
  }

  #tree(raw: readonly Raw[]): Line[] {
    const root: Line[] = [];
    const open: { readonly lines: Line[]; readonly line: number }[] = [{ lines: root, line: 1 }];
    for (const { words, line } of raw) {
      if (words.length === 1 && words[0] === "}") {
        if (open.length === 1)
          this.problem ??= `${this.#path}:${line} - Error during parsing: Unexpected '}' because no matching opening brace`;
        else open.pop();
        continue;
      }
      const isOpening = words.at(-1) === "{";
      const body: Line[] = [];
      open.at(-1)?.lines.push({ words: isOpening ? words.slice(0, -1) : words, line, body });
      if (isOpening) open.push({ lines: body, line });
    }
    if (open.length > 1) {
      const last = raw.at(-1)?.line ?? 1;
      this.problem ??= `${this.#path}:${last} - Error during parsing: Unexpected EOF, expecting '}'`;
    }
    return root;
  }
}

/** `{args[0]}` in a snippet is what stands behind its name. */
function filled(lines: readonly Line[], args: readonly string[]): Line[] {
  const fill = (word: string): string => word.replace(/\{args\[(\d+)\]\}/g, (_, n: string) => args[Number(n)] ?? "");
  return lines.map(({ words, line, body }) => ({ words: words.map(fill), line, body: filled(body, args) }));
}

/** The words of a line: quotes hold them together, a hash begins a comment. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)) {
    if (quoted === undefined && plain?.startsWith("#") === true) break;
    words.push(quoted?.replaceAll('\\"', '"') ?? plain ?? "");
  }
  return words;
}

const keysOf = (words: readonly string[]): string[] =>
  words.flatMap((word) => word.split(",")).filter((word) => word !== "");
