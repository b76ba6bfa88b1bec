/**
 * seq, expr, basename, dirname, which, readlink, realpath and other tools that turn arguments into text.
 */
import { errnoText } from "#kernel/runtime/files/errno";
import { nameOf } from "#kernel/runtime/files/paths";
import { findExecutable } from "#kernel/runtime/process/executable";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, isBusybox, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";
import { formatted } from "#kernel/runtime/shell/commands/date";
import { groupName, userName } from "#kernel/runtime/shell/commands/id";
import { modeText } from "#kernel/runtime/shell/commands/ls";
import { regex } from "#kernel/runtime/shell/commands/regex";

export const seq: Command<{ next: number }> = {
  name: "seq",
  step(task) {
    const args = task.argv.slice(1);
    let separator = "\n";
    let isWide = false;
    while (args[0] !== undefined && /^-[sw]/.test(args[0])) {
      const arg = args.shift() ?? "";
      if (arg === "-w") isWide = true;
      else separator = arg === "-s" ? (args.shift() ?? "\n") : arg.slice(2);
    }
    const numbers = args.map(Number);
    const wrong = args.find((arg) => Number.isNaN(Number(arg)) || arg === "");
    if (wrong !== undefined)
      return complain(
        task,
        isBusybox(task) ? `invalid number '${wrong}'` : `invalid floating point argument: '${wrong}'`,
      );
    if (args.length === 0 || args.length > 3) return complain(task, "missing operand");
    const [first = 1, second = 1, third] = numbers;
    const from = args.length === 1 ? 1 : first;
    const by = args.length === 3 ? second : 1;
    const to = args.length === 1 ? first : (third ?? second);
    const digits = Math.max(...args.map((arg) => arg.split(".")[1]?.length ?? 0));
    const width = isWide ? Math.max(from.toFixed(digits).length, to.toFixed(digits).length) : 0;
    task.state ??= { next: 0 };
    const { state } = task;
    for (;;) {
      const value = from + state.next * by;
      if (by === 0 || (by > 0 ? value > to + 1e-9 : value < to - 1e-9)) break;
      if (task.isFull(1)) return { write: 1 };
      task.print((state.next === 0 ? "" : separator) + value.toFixed(digits).padStart(width, "0"));
      state.next += 1;
      if (!task.spend()) return undefined;
    }
    if (state.next > 0) task.print("\n");
    return 0;
  },
};

class ExprFault extends Error {}

export const expr: Command = {
  name: "expr",
  step(task) {
    const tokens = task.argv.slice(1);
    try {
      const expression = new Expr(tokens);
      const value = expression.or();
      if (expression.at < tokens.length) throw new ExprFault("syntax error");
      task.print(`${value}\n`);
      return value === "" || value === "0" ? 1 : 0;
    } catch (fault) {
      if (!(fault instanceof ExprFault)) throw fault;
      return complain(task, fault.message, 2);
    }
  },
};

class Expr {
  at = 0;

  constructor(readonly tokens: readonly string[]) {}

  #binary(
    operators: readonly string[],
    operand: () => string,
    apply: (op: string, a: string, b: string) => string,
  ): string {
    let left = operand();
    for (let op = this.tokens[this.at] ?? ""; operators.includes(op); op = this.tokens[this.at] ?? "") {
      this.at += 1;
      left = apply(op, left, operand());
    }
    return left;
  }

  or(): string {
    return this.#binary(
      ["|"],
      () => this.#and(),
      (_, a, b) => (a !== "" && a !== "0" ? a : b),
    );
  }

  #and(): string {
    return this.#binary(
      ["&"],
      () => this.#compare(),
      (_, a, b) => (a !== "" && a !== "0" && b !== "" && b !== "0" ? a : "0"),
    );
  }

  #compare(): string {
    return this.#binary(
      ["=", "==", "!=", "<", "<=", ">", ">="],
      () => this.#sum(),
      (op, a, b) => {
        const isNumeric = /^-?\d+$/.test(a) && /^-?\d+$/.test(b);
        const order = isNumeric ? Number(BigInt(a) - BigInt(b)) : a < b ? -1 : a > b ? 1 : 0;
        const holds =
          op === "=" || op === "=="
            ? order === 0
            : op === "!="
              ? order !== 0
              : op === "<"
                ? order < 0
                : op === "<="
                  ? order <= 0
                  : op === ">"
                    ? order > 0
                    : order >= 0;
        return holds ? "1" : "0";
      },
    );
  }

  #sum(): string {
    return this.#binary(
      ["+", "-"],
      () => this.#product(),
      (op, a, b) => String(op === "+" ? integer(a) + integer(b) : integer(a) - integer(b)),
    );
  }

  #product(): string {
    return this.#binary(
      ["*", "/", "%"],
      () => this.#match(),
      (op, a, b) => {
        if (op === "*") return String(integer(a) * integer(b));
        if (integer(b) === 0n) throw new ExprFault("division by zero");
        return String(op === "/" ? integer(a) / integer(b) : integer(a) % integer(b));
      },
    );
  }

  #match(): string {
    return this.#binary(
      [":"],
      () => this.#primary(),
      (_, a, b) => matchLength(a, b),
    );
  }

  #primary(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw new ExprFault("syntax error");
    this.at += 1;
    if (token === "(") {
      const value = this.or();
      if (this.tokens[this.at] !== ")") throw new ExprFault("syntax error");
      this.at += 1;
      return value;
    }
    const isWord = this.tokens[this.at] !== undefined;
    if (token === "length" && isWord) return String([...this.#primary()].length);
    if (token === "match" && isWord) return matchLength(this.#primary(), this.#primary());
    if (token === "substr" && isWord) {
      const text = this.#primary();
      const from = Number(this.#primary());
      return text.slice(from - 1, from - 1 + Number(this.#primary()));
    }
    if (token !== "index" || !isWord) return token;
    const text = this.#primary();
    const chars = this.#primary();
    return String([...text].findIndex((char) => chars.includes(char)) + 1);
  }
}

function matchLength(text: string, pattern: string): string {
  const match = regex(`^${pattern.replace(/^\^/, "")}`).exec(text);
  if (match !== null && match.length > 1) return match[1] ?? "";
  return pattern.includes("\\(") ? "" : String(match?.[0].length ?? 0);
}

function integer(text: string): bigint {
  if (!/^-?\d+$/.test(text)) throw new ExprFault("non-integer argument");
  return BigInt(text);
}

export const basename: Command = {
  name: "basename",
  step(task) {
    const [path = "", suffix = ""] = task.argv.slice(1);
    const name = nameOf(path);
    task.print(`${suffix !== "" && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}\n`);
    return 0;
  },
};

export const dirname: Command = {
  name: "dirname",
  step(task) {
    for (const path of task.argv.slice(1)) {
      const trimmed = path.replace(/(.)\/+$/, "$1");
      const slash = trimmed.lastIndexOf("/");
      task.print(`${slash < 0 ? "." : slash === 0 ? "/" : trimmed.slice(0, slash).replace(/(.)\/+$/, "$1")}\n`);
    }
    return 0;
  },
};

export const which: Command = {
  name: "which",
  step(task) {
    let status = 0;
    for (const name of task.argv.slice(1).filter((arg) => arg !== "-a")) {
      const path = findExecutable(task.sandbox, name, { cwd: task.cwd, uid: task.uid, path: task.env("PATH") ?? "" });
      if (typeof path === "number") status = 1;
      else task.print(`${path}\n`);
    }
    return status;
  },
};

export const readlink: Command = {
  name: "readlink",
  step(task) {
    const { flags, operands } = optionsOf(task.argv, "fenmvz");
    for (const name of operands) {
      if (flags.has("f") || flags.has("e") || flags.has("m")) return resolved(task, name);
      const stat = task.files.stat(task.path(name), false);
      if (typeof stat === "number" || stat.kind !== "link") return 1;
      task.print(`${stat.to ?? ""}${flags.has("n") ? "" : "\n"}`);
    }
    return 0;
  },
};

export const realpath: Command = {
  name: "realpath",
  step(task) {
    let status = 0;
    for (const name of task.argv.slice(1)) {
      if (task.files.exists(task.path(name))) status = resolved(task, name) || status;
      else status = complain(task, `${name}: No such file or directory`);
    }
    return status;
  },
};

function resolved(task: Task, name: string): number {
  const path = task.files.resolve(task.path(name));
  if (typeof path === "number") return 1;
  task.print(`${path}\n`);
  return 0;
}

export const stat: Command = {
  name: "stat",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "c:Lft", { format: "c", printf: "c" });
    if (problem !== undefined) return wrongOption(task, problem);
    let status = 0;
    for (const name of operands) {
      const path = task.path(name);
      const found = task.files.stat(path, flags.has("L"));
      if (typeof found === "number") {
        const why = errnoText(found);
        status = complain(task, isBusybox(task) ? `can't stat '${name}': ${why}` : `cannot statx '${name}': ${why}`);
        continue;
      }
      const kinds = { dir: "directory", file: "regular file", link: "symbolic link", device: "character special file" };
      const fields: Readonly<Record<string, string>> = {
        n: name,
        N: `'${name}'`,
        s: String(task.files.size(path)),
        a: (found.mode & 0o7777).toString(8),
        A: modeText(found),
        u: String(found.uid),
        U: userName(task, found.uid),
        g: String(found.gid ?? 0),
        G: groupName(task, found.gid ?? 0),
        F: task.files.size(path) === 0 && found.kind === "file" ? "regular empty file" : kinds[found.kind],
        Y: String(Math.floor(found.at / 1_000)),
        y: formatted(found.at, "%F %T.%N +0000"),
        h: "1",
      };
      if (values["c"] !== undefined)
        task.print(`${values["c"].replace(/%([a-zA-Z])/g, (all, letter: string) => fields[letter] ?? all)}\n`);
      else {
        task.print(
          `  File: ${name}\n  Size: ${fields["s"]}\t\tBlocks: 8          IO Block: 4096   ${fields["F"]}\n` +
            `Access: (${(fields["a"] ?? "").padStart(4, "0")}/${fields["A"]})  Uid: (${fields["u"]?.padStart(5)}/${fields["U"]?.padStart(8)})   ` +
            `Gid: (${fields["g"]?.padStart(5)}/${fields["G"]?.padStart(8)})\nModify: ${fields["y"]}\n`,
        );
      }
    }
    return status;
  },
};
