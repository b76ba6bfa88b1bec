/**
 * ls: names in directories, or all that is known of files.
 */
import { errnoText } from "#kernel/runtime/files/errno";
import { below } from "#kernel/runtime/files/paths";
import type { Stat } from "#kernel/runtime/files/stat";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, isBusybox, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";
import { formatted } from "#kernel/runtime/shell/commands/date";
import { groupName, userName } from "#kernel/runtime/shell/commands/id";

export const ls: Command = {
  name: "ls",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "1AaCdFhlLpRrStXxicksnmgoHuwQZ", {
      all: "a",
      "full-time": "l",
      color: "x",
    });
    if (problem !== undefined && !/--color/.test(problem)) return wrongOption(task, problem, isBusybox(task) ? 1 : 2);
    const listing = new Listing(task, flags);
    return listing.all(operands.length === 0 ? ["."] : operands);
  },
};

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly stat: Stat;
}

class Listing {
  #status = 0;
  #isFirst = true;

  constructor(
    readonly task: Task,
    readonly flags: ReadonlySet<string>,
  ) {}

  all(operands: readonly string[]): number {
    const entries = operands.flatMap((name) => this.#entry(name, this.task.path(name)) ?? []);
    const isPlain = (entry: Entry): boolean => this.flags.has("d") || !this.#isDirectory(entry);
    this.#rows(entries.filter(isPlain));
    this.#isFirst = !entries.some(isPlain);
    const directories = entries.filter((entry) => !isPlain(entry));
    for (const entry of this.#sorted(directories)) this.#directory(entry, operands.length > 1);
    return this.#status;
  }

  #isDirectory({ path, stat }: Entry): boolean {
    if (stat.kind === "link" && this.flags.has("l")) return false;
    return stat.kind === "link" ? this.task.files.isDirectory(path) : stat.kind === "dir";
  }

  #entry(name: string, path: string): Entry | undefined {
    const follows = this.flags.has("L") || name.endsWith("/");
    const stat = this.task.files.stat(path, follows);
    if (typeof stat !== "number") return { name, path, stat };
    const why = errnoText(stat);
    this.#status = complain(
      this.task,
      isBusybox(this.task) ? `${name}: ${why}` : `cannot access '${name}': ${why}`,
      isBusybox(this.task) ? 1 : 2,
    );
    return undefined;
  }

  #directory({ name, path }: Entry, isTitled: boolean): void {
    const names = this.task.files.list(path, this.task.uid);
    if (typeof names === "number") {
      const why = errnoText(names);
      this.#status = complain(
        this.task,
        isBusybox(this.task) ? `can't open '${name}': ${why}` : `cannot open directory '${name}': ${why}`,
        isBusybox(this.task) ? 1 : 2,
      );
      return;
    }
    if (isTitled || this.flags.has("R")) {
      this.task.print(`${this.#isFirst ? "" : "\n"}${name}:\n`);
      this.#isFirst = false;
    }
    const shown = names.filter((one) => !one.startsWith(".") || this.flags.has("a") || this.flags.has("A"));
    const inside = [...(this.flags.has("a") ? [".", ".."] : []), ...shown];
    const entries = inside.flatMap(
      (one) => this.#entry(one, one === "." ? path : one === ".." ? `${path}/..` : below(path, one)) ?? [],
    );
    if (this.flags.has("l"))
      this.task.print(
        `total ${entries.length === 0 ? 0 : entries.reduce((sum, { stat }) => sum + (stat.kind === "link" ? 0 : 4), 0)}\n`,
      );
    this.#rows(entries);
    if (!this.flags.has("R")) return;
    for (const entry of this.#sorted(entries)) {
      if (entry.stat.kind === "dir" && entry.name !== "." && entry.name !== "..") {
        this.#directory({ ...entry, name: below(name, entry.name) }, true);
      }
    }
  }

  #sorted(entries: readonly Entry[]): Entry[] {
    const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    if (this.flags.has("t")) sorted.sort((a, b) => b.stat.at - a.stat.at);
    if (this.flags.has("S")) sorted.sort((a, b) => this.task.files.size(b.path) - this.task.files.size(a.path));
    return this.flags.has("r") ? sorted.reverse() : sorted;
  }

  #rows(entries: readonly Entry[]): void {
    const sorted = this.#sorted(entries);
    if (this.flags.has("l") || this.flags.has("n") || this.flags.has("g") || this.flags.has("o")) this.#long(sorted);
    else if (this.task.isTerminal(1) && !this.flags.has("1")) {
      const names = sorted.map((entry) => this.#marked(entry));
      if (names.length > 0) this.task.print(`${columns(names)}\n`);
    } else for (const entry of sorted) this.task.print(`${this.#inode(entry)}${this.#marked(entry)}\n`);
  }

  #inode({ path }: Entry): string {
    if (!this.flags.has("i")) return "";
    let hash = 7;
    for (const char of path) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 9_999_991;
    return `${String(hash).padStart(7)} `;
  }

  #marked({ name, stat }: Entry): string {
    if (stat.kind === "dir" && (this.flags.has("F") || this.flags.has("p"))) return `${name}/`;
    if (!this.flags.has("F")) return name;
    if (stat.kind === "link") return `${name}@`;
    return stat.kind === "file" && (stat.mode & 0o111) !== 0 ? `${name}*` : name;
  }

  #long(entries: readonly Entry[]): void {
    const rows = entries.map((entry) => {
      const { stat, path, name } = entry;
      const bytes = this.task.files.size(path);
      const isNumeric = this.flags.has("n");
      return {
        mode: modeText(stat),
        links: stat.kind === "dir" ? "2" : "1",
        user: isNumeric ? String(stat.uid) : userName(this.task, stat.uid),
        group: isNumeric ? String(stat.gid ?? 0) : groupName(this.task, stat.gid ?? 0),
        size: this.flags.has("h") ? human(bytes) : stat.kind === "device" ? "1,   3" : String(bytes),
        at: this.#when(stat.at),
        name: stat.kind === "link" ? `${name} -> ${stat.to ?? ""}` : this.#marked({ ...entry, name }),
      };
    });
    const width = (key: "user" | "group" | "size" | "links", least: number): number =>
      Math.max(least, ...rows.map((row) => row[key].length));
    const isBb = isBusybox(this.task);
    for (const row of rows) {
      const owner = isBb
        ? `${row.user.padEnd(8)} ${row.group.padEnd(8)}`
        : `${row.user.padEnd(width("user", 1))} ${row.group.padEnd(width("group", 1))}`;
      const links = isBb ? row.links.padStart(5) : row.links.padStart(width("links", 1));
      const size = isBb ? row.size.padStart(9) : row.size.padStart(width("size", 1));
      this.task.print(`${row.mode}${isBb ? " " : " "}${links} ${owner} ${size} ${row.at} ${row.name}\n`);
    }
  }

  #when(at: number): string {
    const isOld = this.task.now - at > 15_552_000_000;
    return formatted(at, isOld ? "%b %e  %Y" : "%b %e %H:%M");
  }
}

/** Names in columns, as at a terminal. */
function columns(names: readonly string[]): string {
  const widest = Math.max(...names.map((name) => name.length)) + 2;
  const across = Math.max(1, Math.floor(80 / widest));
  const down = Math.ceil(names.length / across);
  const rows = Array.from({ length: down }, (_, row) =>
    names
      .filter((_name, n) => n % down === row)
      .map((name, n, all) => (n === all.length - 1 ? name : name.padEnd(widest)))
      .join(""),
  );
  return rows.join("\n");
}

/** `-rw-r--r--` */
export function modeText({ kind, mode }: Stat): string {
  const letters = { dir: "d", file: "-", link: "l", device: "c" };
  const bits = Array.from("rwxrwxrwx", (letter, n) => (((mode >> (8 - n)) & 1) === 1 ? letter : "-"));
  const special = (at: number, bit: number, [small, large]: readonly [string, string]): void => {
    if ((mode & bit) !== 0) bits[at] = bits[at] === "x" ? small : large;
  };
  special(2, 0o4000, ["s", "S"]);
  special(5, 0o2000, ["s", "S"]);
  special(8, 0o1000, ["t", "T"]);
  return letters[kind] + bits.join("");
}

/** `1.5K` */
export function human(bytes: number): string {
  if (bytes < 1_024) return String(bytes);
  let value = bytes;
  let unit = "";
  for (const next of "KMGT") {
    value /= 1_024;
    unit = next;
    if (value < 1_024) break;
  }
  return `${value.toFixed(1)}${unit}`;
}
