/** The project's own source files as the guards read them: text, syntax tree, imports. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type ParseResult, parseSync } from "oxc-parser";

/** The checkout's folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const FOLDERS = ["src", "test", "scripts", "bench"];
const CODE = /\.(ts|mts|mjs|svelte)$/;

/** One file; `path` is relative to the checkout with forward slashes. */
export class SourceFile {
  readonly path: string;
  readonly text: string;
  #parsed: ParseResult | undefined;

  constructor(path: string) {
    this.path = path;
    this.text = readFileSync(join(ROOT, path), "utf8");
  }

  /** Written by a generator, so our rules for hands do not apply. */
  get isGenerated(): boolean {
    return /\.gen\.[a-z]+$/.test(this.path);
  }

  /** A test, by its name or by the folder it stands in. */
  get isTest(): boolean {
    return this.path.endsWith(".test.ts") || this.path.startsWith("test/");
  }

  /** The syntax tree and the module record; for a Svelte file those of its script. */
  get parsed(): ParseResult {
    this.#parsed ??= parseSync(this.path.replace(/svelte$/, "ts"), this.#script());
    return this.#parsed;
  }

  /** The line, counted from 1, of a position in the text. */
  lineAt(offset: number): number {
    return this.text.slice(0, offset).split("\n").length;
  }

  /** Where and why, as the guards report it. */
  at(offset: number, why: string): string {
    return `${this.path}:${this.lineAt(offset)}: ${why}`;
  }

  // Everything outside the scripts becomes blanks, so that positions stay those of the file.
  #script(): string {
    if (!this.path.endsWith(".svelte")) return this.text;
    const blank = (text: string): string => text.replace(/[^\n]/g, " ");
    let script = "";
    let end = 0;
    for (const match of this.text.matchAll(/(<script[^>]*>)([\s\S]*?)<\/script>/g)) {
      const start = match.index + (match[1]?.length ?? 0);
      script += blank(this.text.slice(end, start)) + (match[2] ?? "");
      end = start + (match[2]?.length ?? 0);
    }
    return script + blank(this.text.slice(end));
  }
}

/** Every code file of ours. */
export function sourceFiles(): SourceFile[] {
  return FOLDERS.flatMap((folder) => pathsUnder(folder))
    .filter((path) => CODE.test(path))
    .map((path) => new SourceFile(path));
}

/** The path of every file under a folder of the checkout; none when there is no such folder. */
export function pathsUnder(folder: string): string[] {
  try {
    return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .filter((path) => !path.includes("node_modules/"))
      .sort();
  } catch {
    return [];
  }
}

/** A node of the syntax tree. */
export type SyntaxNode = {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
};

/** Visits every node below `root`, parents first, with the parent of each. */
export function visit(root: unknown, see: (node: SyntaxNode, parent: SyntaxNode | undefined) => void): void {
  const walk = (value: unknown, parent: SyntaxNode | undefined): void => {
    if (Array.isArray(value)) {
      for (const item of value) walk(item, parent);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    const node = value as SyntaxNode;
    const isNode = typeof node.type === "string" && typeof node.start === "number";
    if (isNode) see(node, parent);
    for (const child of Object.values(node)) walk(child, isNode ? node : parent);
  };
  walk(root, undefined);
}
