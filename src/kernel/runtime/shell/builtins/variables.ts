/**
 * Built-ins about variables and parameters: set, shift, export, readonly, unset, local, declare, getopts, read, let.
 */
import { clearArray } from "#kernel/runtime/shell/arrays";
import type { Builtin } from "#kernel/runtime/shell/builtins/builtin";
import type { Evaluator } from "#kernel/runtime/shell/evaluator";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** The letters of options by their names. */
export const OPTION_LETTERS: Readonly<Record<string, string>> = {
  allexport: "a",
  errexit: "e",
  noglob: "f",
  nounset: "u",
  xtrace: "x",
  noexec: "n",
  verbose: "v",
  noclobber: "C",
  pipefail: "P",
  monitor: "m",
};

/** `set`: options and parameters; alone it lists the variables. */
export const set: Builtin = (shell, argv) => {
  const args = argv.slice(1);
  if (args.length === 0) return listVariables(shell);
  for (let arg = args[0]; arg !== undefined && /^[-+]/.test(arg); arg = args[0]) {
    args.shift();
    if (arg === "--") {
      shell.state.params = args;
      return 0;
    }
    if (arg === "-" || arg === "+") break;
    for (const letter of arg.slice(1)) {
      const named = letter === "o" ? args.shift() : undefined;
      if (letter === "o" && named === undefined) return listOptions(shell);
      const option = named === undefined ? letter : OPTION_LETTERS[named];
      // dash knows no pipefail.
      const isKnown = option !== undefined && "aefuxnvCPmbh".includes(option);
      if (!isKnown || (option === "P" && shell.dialect === "dash")) {
        const unknown = named === undefined ? `illegal option -${letter}` : `illegal option -o ${named}`;
        shell.say(shell.dialect === "dash" ? unknown.replace("illegal", "Illegal") : unknown, "set");
        return shell.fail(2);
      }
      const others = shell.state.options.replace(option, "");
      shell.state.options = arg.startsWith("-") ? others + option : others;
    }
  }
  if (args.length > 0) shell.state.params = args;
  return 0;
};

function listOptions(shell: Evaluator): number {
  for (const [name, letter] of Object.entries(OPTION_LETTERS)) {
    shell.task.print(`${name.padEnd(16)}${shell.state.options.includes(letter) ? "on" : "off"}\n`);
  }
  return 0;
}

/** A value as it can be read back. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

function listVariables(shell: Evaluator): number {
  const all: Record<string, string> = { ...shell.task.environ(), PWD: shell.task.cwd };
  for (const [name, { value }] of Object.entries(shell.state.variables)) {
    if (value === undefined) delete all[name];
    else all[name] = value;
  }
  const lines = Object.keys(all)
    .sort()
    .map((name) => `${name}=${quoted(all[name] ?? "")}\n`);
  shell.task.print(lines.join(""));
  return 0;
}

/** `shift [n]`: drops the first parameters. */
export const shift: Builtin = (shell, argv) => {
  const count = Number(argv[1] ?? "1");
  if (count > shell.state.params.length) {
    if (shell.dialect !== "dash") return 1;
    shell.say("can't shift that many", "shift");
    return shell.fail(2);
  }
  shell.state.params = shell.state.params.slice(count);
  return 0;
};

/** `name` or `name=value` marked; with `-p` or nothing they are listed. */
function marker(mark: "export" | "readonly"): Builtin {
  return (shell, argv) => {
    const args = argv.slice(1).filter((arg) => arg !== "-p" && arg !== "--");
    if (args.length === 0) return listMarked(shell, mark);
    const isUndoing = args[0] === "-n";
    for (const arg of isUndoing ? args.slice(1) : args) {
      const cut = arg.indexOf("=");
      const name = cut < 0 ? arg : arg.slice(0, cut);
      if (!NAME.test(name)) {
        if (shell.dialect === "bash") shell.say(`\`${arg}': not a valid identifier`, mark);
        else shell.say(`${name}: bad variable name`, mark);
        return shell.dialect === "bash" ? 1 : shell.fail(2);
      }
      if (cut >= 0 && !shell.variables.set(name, arg.slice(cut + 1))) {
        shell.say(`${name}: is read only`, mark);
        return shell.fail(2);
      }
      shell.variables.mark(name, mark === "readonly" ? { isReadOnly: true } : { isExported: !isUndoing });
    }
    return 0;
  };
}

function listMarked(shell: Evaluator, mark: "export" | "readonly"): number {
  const all: Record<string, string> = mark === "export" ? { ...shell.task.environ() } : {};
  for (const [name, { value = "", isExported, isReadOnly }] of Object.entries(shell.state.variables)) {
    if (mark === "export" ? isExported === true : isReadOnly === true) all[name] = value;
    else delete all[name];
  }
  for (const name of Object.keys(all).sort()) shell.task.print(`${mark} ${name}=${quoted(all[name] ?? "")}\n`);
  return 0;
}

export const exportVariables = marker("export");
export const readonlyVariables = marker("readonly");

/** `unset`: forgets variables, or functions with `-f`. */
export const unset: Builtin = (shell, argv) => {
  const [option] = argv.slice(1);
  const isFunction = option === "-f";
  for (const name of argv.slice(option === "-f" || option === "-v" ? 2 : 1)) {
    if (isFunction) delete shell.state.functions[name];
    else clearArray(shell.variables, name);
    if (!isFunction && !shell.variables.unset(name)) {
      shell.say(`${name}: is read only`, "unset");
      return shell.fail(2);
    }
  }
  return 0;
};

/** Hides variables until the function returns. */
export const local: Builtin = (shell, argv) => {
  const call = shell.state.frames.findLast(({ k }) => k === "call");
  if (call === undefined) {
    if (argv[0] === "local") {
      shell.say(shell.dialect === "bash" ? "can only be used in a function" : "not in a function", "local");
      return shell.dialect === "bash" ? 1 : shell.fail(2);
    }
    return exportless(shell, argv.slice(1));
  }
  call.hidden ??= {};
  const isMap = argv.some((arg) => /^-\w*A/.test(arg));
  for (const arg of argv.slice(1)) {
    if (/^-/.test(arg)) continue;
    const cut = arg.indexOf("=");
    const name = cut < 0 ? arg : arg.slice(0, cut);
    if (!Object.hasOwn(call.hidden, name)) {
      call.hidden[name] = Object.hasOwn(shell.state.variables, name) ? (shell.state.variables[name] ?? null) : null;
    }
    if (cut >= 0) shell.variables.set(name, arg.slice(cut + 1));
    else if (shell.dialect !== "dash") shell.state.variables[name] = isMap ? { isMap: true } : {};
  }
  return 0;
};

function exportless(shell: Evaluator, args: readonly string[]): number {
  const isExported = args.some((arg) => /^-\w*x/.test(arg));
  const isMap = args.some((arg) => /^-\w*A/.test(arg));
  for (const arg of args) {
    if (/^-/.test(arg)) continue;
    const cut = arg.indexOf("=");
    const name = cut < 0 ? arg : arg.slice(0, cut);
    if (cut >= 0) shell.variables.set(name, arg.slice(cut + 1));
    if (isExported) shell.variables.mark(name, { isExported: true });
    if (isMap) shell.state.variables[name] = { ...shell.state.variables[name], isMap: true };
  }
  return 0;
}

/** `getopts spec name`: the next option of the parameters. */
export const getopts: Builtin = (shell, argv) => {
  const [, spec = "", name = "", ...given] = argv;
  const args = given.length > 0 ? given : shell.state.params;
  const [index = "1", offset = "1"] = (shell.variables.get("OPTIND") ?? "1").split(".");
  const arg = args[Number(index) - 1];
  const finish = (): number => {
    shell.variables.set(name, "?");
    return 1;
  };
  if (arg === undefined || !/^-./.test(arg)) return finish();
  if (arg === "--") {
    shell.variables.set("OPTIND", String(Number(index) + 1));
    return finish();
  }
  const at = Number(shell.state.variables["OPTPOS"]?.value ?? offset);
  const letter = arg[at] ?? "";
  const isLast = at + 1 >= arg.length;
  const next = (by: number): void => {
    shell.variables.set("OPTIND", String(Number(index) + by));
    shell.state.variables["OPTPOS"] = { value: "1" };
  };
  const place = spec.replace(/^:/, "").indexOf(letter);
  const isKnown = place >= 0 && letter !== ":";
  const takes = isKnown && spec.replace(/^:/, "")[place + 1] === ":";
  shell.variables.unset("OPTARG");
  if (takes) {
    const value = isLast ? args[Number(index)] : arg.slice(at + 1);
    next(isLast ? 2 : 1);
    if (value === undefined) return complain(shell, spec, name, letter, `No arg for -${letter} option`, ":");
    shell.variables.set("OPTARG", value);
  } else if (isLast) next(1);
  else shell.state.variables["OPTPOS"] = { value: String(at + 1) };
  if (!isKnown) return complain(shell, spec, name, letter, `Illegal option -${letter}`, "?");
  shell.variables.set(name, letter);
  return 0;
};

function complain(shell: Evaluator, spec: string, name: string, letter: string, message: string, mark: string): number {
  if (spec.startsWith(":")) {
    shell.variables.set("OPTARG", letter);
    shell.variables.set(name, mark);
  } else {
    shell.complain(`${message}\n`);
    shell.variables.set(name, "?");
  }
  return 0;
}

/** `read`: one line of the input into variables. */
export const read: Builtin = (shell, argv) => {
  const args = argv.slice(1);
  let isRaw = "";
  let delimiter = "\n";
  let count = "";
  let fd = 0;
  let until: number | undefined;
  for (let arg = args[0]; arg !== undefined && /^-./.test(arg); arg = args[0]) {
    args.shift();
    if (arg === "--") break;
    for (let n = 1; n < arg.length; n += 1) {
      const letter = arg[n] ?? "";
      if (letter === "r" || letter === "a") isRaw += letter;
      if (!"pdntu".includes(letter)) continue;
      const value = n + 1 < arg.length ? arg.slice(n + 1) : (args.shift() ?? "");
      n = arg.length;
      if (letter === "p" && shell.task.isTerminal(0)) shell.complain(value);
      if (letter === "d") delimiter = value.slice(0, 1) || "\0";
      if (letter === "n") count = value;
      if (letter === "u") fd = Number(value);
      if (letter === "t") until = shell.task.now + Number(value) * 1_000;
    }
  }
  const bad = args.find((name) => !NAME.test(name));
  if (bad !== undefined) {
    shell.say(`${bad}: bad variable name`, "read");
    return 2;
  }
  const limit = until === undefined ? {} : { until };
  shell.push({ k: "read", s: 0, n: fd, pc: 0, argv: [isRaw, delimiter, count, ...args], ...limit });
  return "on";
};

/** `mapfile`: all lines of the input into an array. */
export const mapfile: Builtin = (shell, argv) => {
  const words = argv.slice(1);
  const flags = words.filter((word) => word.startsWith("-"));
  const unknown = flags.find((flag) => flag !== "-t");
  if (unknown !== undefined) {
    shell.say(`${unknown}: not simulated, -t alone is`, "mapfile");
    return 2;
  }
  const names = words.filter((word) => !word.startsWith("-")).slice(0, 1);
  shell.push({ k: "read", s: 0, n: 0, pc: 0, argv: [flags.length > 0 ? "rmt" : "rm", "\0", "", ...names] });
  return "on";
};

/** `let`: each word is an arithmetic expression; true if the last is not 0. */
export const letArithmetic: Builtin = (shell, argv, frame) => {
  let value = 0n;
  for (const text of argv.slice(1)) {
    value = shell.expand(frame, (expansion) => expansion.arithmetic([{ t: "text", v: text }]));
  }
  return value === 0n ? 1 : 0;
};
