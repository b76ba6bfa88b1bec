/**
 * The files of an image as a tree to look things up in: built once for an image, shared by all its containers.
 */
import { below, nameOf, parentOf } from "#kernel/runtime/files/paths";
import type { FileSeed } from "#kernel/runtime/images/image";

/** A node an image brings. */
export interface ImageNode {
  readonly kind: "dir" | "file" | "link";
  readonly mode: number;
  readonly text?: string;
  readonly to?: string;
}

const DIRECTORIES = [
  "bin",
  "dev",
  "etc",
  "home",
  "proc",
  "root",
  "sys",
  "tmp",
  "usr",
  "usr/bin",
  "var",
  "var/run",
  "run",
];
/** How the text of a compiled program begins; the program's name follows, so a copy of it still runs. */
const BINARY = "\u007fELF\u0002\u0001\u0001 ";

/** The text of a compiled program's file. */
export function binaryText(program: string): string {
  return `${BINARY}${program}\n`;
}

/** The name of the program in a compiled file; undefined of any other file. */
export function programIn(text: string): string | undefined {
  return text.startsWith(BINARY) ? text.slice(BINARY.length).split("\n")[0] : undefined;
}

export class ImageTree {
  readonly #nodes = new Map<string, ImageNode>();
  readonly #children = new Map<string, string[]>();

  constructor(files: Readonly<Record<string, FileSeed>>, programs: Readonly<Record<string, string>>) {
    const isBare = files["/.bare"] !== undefined;
    for (const name of isBare ? ["dev", "etc", "proc", "sys"] : DIRECTORIES) this.#directory(`/${name}`);
    for (const [path, seed] of Object.entries(files)) {
      if (path === "/.bare") continue;
      if (path.endsWith("/")) this.#directory(path.slice(0, -1), typeof seed === "string" ? undefined : seed.mode);
      else this.#add(path, nodeOf(seed));
    }
    for (const [path, program] of Object.entries(programs)) {
      if (!this.#nodes.has(path)) this.#add(path, { kind: "file", mode: 0o755, text: binaryText(program) });
    }
  }

  get(path: string): ImageNode | undefined {
    return this.#nodes.get(path);
  }

  list(path: string): readonly string[] {
    return this.#children.get(path) ?? [];
  }

  #directory(path: string, mode = path === "/tmp" ? 0o1777 : path === "/root" ? 0o700 : 0o755): void {
    if (path !== "/" && path !== "" && !this.#nodes.has(path)) this.#add(path, { kind: "dir", mode });
  }

  #add(path: string, node: ImageNode): void {
    const parent = parentOf(path);
    this.#directory(parent);
    if (!this.#nodes.has(path)) {
      const siblings = this.#children.get(parent);
      if (siblings === undefined) this.#children.set(parent, [nameOf(path)]);
      else siblings.push(nameOf(path));
    }
    this.#nodes.set(below(parent, nameOf(path)), node);
  }
}

function nodeOf(seed: FileSeed): ImageNode {
  if (typeof seed === "string") return { kind: "file", mode: 0o644, text: seed };
  if (seed.link !== undefined) return { kind: "link", mode: 0o777, to: seed.link };
  return { kind: "file", mode: seed.mode ?? 0o644, text: seed.text ?? "" };
}
