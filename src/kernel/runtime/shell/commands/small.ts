/**
 * Small tools: arch, usleep, logger, mountpoint, factor, fold, expand, shuf, strings, split, install, more, dmesg.
 */
import { errnoText } from "#kernel/runtime/files/errno";
import { nameOf } from "#kernel/runtime/files/paths";
import {
  type Command,
  cannotOpen,
  complain,
  type Gathering,
  gather,
  isBusybox,
  isWait,
  linesOf,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { sizeNamed } from "#kernel/runtime/shell/commands/size";

/** A tool that turns all it reads into what it prints. */
function filter(
  name: string,
  letters: string,
  convert: (text: string, options: ReturnType<typeof optionsOf>) => string,
): Command<Gathering> {
  return {
    name,
    step(task) {
      const options = optionsOf(task.argv, letters);
      if (options.problem !== undefined) return wrongOption(task, options.problem);
      const sources = gather(task, options.operands);
      if (isWait(sources)) return sources;
      let status = 0;
      for (const { name: file, text, errno } of sources) {
        if (errno !== undefined) status = cannotOpen(task, file, errno);
        else task.print(convert(text, options));
      }
      return status;
    },
  };
}

export const arch: Command = {
  name: "arch",
  step(task) {
    task.print("x86_64\n");
    return 0;
  },
};

export const usleep: Command<{ until: number }> = {
  name: "usleep",
  step(task) {
    task.state ??= { until: task.now + Math.ceil(Number(task.argv[1] ?? 0) / 1_000) };
    return task.state.until <= task.now ? 0 : { until: task.state.until };
  },
};

export const logger: Command = { name: "logger", step: () => 0 };
export const dmesg: Command = {
  name: "dmesg",
  step: (task) =>
    complain(
      task,
      isBusybox(task) ? "klogctl: Operation not permitted" : "read kernel buffer failed: Operation not permitted",
    ),
};

export const mountpoint: Command = {
  name: "mountpoint",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "qdxn");
    if (problem !== undefined) return wrongOption(task, problem);
    const [name = ""] = operands;
    const path = task.path(name);
    if (!task.files.exists(path)) return complain(task, `${name}: No such file or directory`);
    const isMounted =
      ["/", "/proc", "/dev", "/sys"].includes(path) || task.files.mounts.some((one) => one.path === path);
    if (!flags.has("q")) task.print(`${name} is ${isMounted ? "" : "not "}a mountpoint\n`);
    return isMounted ? 0 : 1;
  },
};

export const factor: Command = {
  name: "factor",
  step(task) {
    for (const word of task.argv.slice(1)) {
      if (!/^\d{1,15}$/.test(word)) return complain(task, `'${word}' is not a valid positive integer`);
      let left = Number(word);
      let text = `${left}:`;
      for (let divisor = 2; divisor * divisor <= left; divisor += 1) {
        for (; left % divisor === 0; left /= divisor) text += ` ${divisor}`;
        if (divisor > 1_000_000) break;
      }
      task.spend(64);
      task.print(`${text}${left > 1 ? ` ${left}` : ""}\n`);
    }
    return 0;
  },
};

export const fold = filter("fold", "bsw:", (text, { values, flags }) => {
  const width = Math.max(1, Number(values["w"] ?? 80));
  const cut = (line: string): string => {
    const parts: string[] = [];
    let rest = line;
    while (rest.length > width) {
      const blank = flags.has("s") ? rest.lastIndexOf(" ", width - 1) : -1;
      const at = blank > 0 ? blank + 1 : width;
      parts.push(rest.slice(0, at));
      rest = rest.slice(at);
    }
    return [...parts, rest].join("\n");
  };
  return text.split("\n").map(cut).join("\n");
});

export const expand = filter("expand", "it:", (text, { values }) => {
  const stop = Math.max(1, Number(values["t"] ?? 8));
  return text
    .split("\n")
    .map((line) => {
      let out = "";
      for (const char of line) out += char === "\t" ? " ".repeat(stop - (out.length % stop)) : char;
      return out;
    })
    .join("\n");
});

export const strings = filter("strings", "afon:t:", (text, { values }) => {
  const least = Number(values["n"] ?? 4);
  return (text.match(/[ -~\t]+/g) ?? [])
    .filter((part) => part.length >= least)
    .map((part) => `${part}\n`)
    .join("");
});

/** One page after another, of which there is always only one. */
const pager = (name: string): Command<Gathering> => filter(name, "EFIMNRSXmn", (text) => text);
export const more = pager("more");
export const less = pager("less");

export const shuf: Command<Gathering> = {
  name: "shuf",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "ei:n:o:zr", { echo: "e", "head-count": "n" });
    if (problem !== undefined) return wrongOption(task, problem);
    const range = /^(\d+)-(\d+)$/.exec(values["i"] ?? "");
    const sources = range === null && !flags.has("e") ? gather(task, operands) : [];
    if (isWait(sources)) return sources;
    const [, low = "0", high = "-1"] = range ?? [];
    if (Number(high) - Number(low) > 1_000_000) return complain(task, "memory exhausted");
    const lines =
      range !== null
        ? Array.from({ length: Number(high) - Number(low) + 1 }, (_, n) => String(Number(low) + n))
        : flags.has("e")
          ? [...operands]
          : linesOf(sources.map(({ text }) => text).join(""));
    for (let n = lines.length - 1; n > 0; n -= 1) {
      const other = task.world.entropy.int(n + 1);
      [lines[n], lines[other]] = [lines[other] ?? "", lines[n] ?? ""];
    }
    const most = Number(values["n"] ?? lines.length);
    task.print(
      lines
        .slice(0, most)
        .map((line) => `${line}\n`)
        .join(""),
    );
    return 0;
  },
};

export const split: Command<Gathering> = {
  name: "split",
  step(task) {
    const { values, operands, problem } = optionsOf(task.argv, "l:b:a:d");
    if (problem !== undefined) return wrongOption(task, problem);
    const [name = "-", prefix = "x"] = operands;
    const sources = gather(task, [name]);
    if (isWait(sources)) return sources;
    const [source] = sources;
    if (source?.errno !== undefined) return cannotOpen(task, name, source.errno);
    const text = source?.text ?? "";
    const size = sizeNamed(values["b"] ?? "");
    const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
    const count = Number(values["l"] ?? 1_000);
    const parts =
      size === undefined
        ? Array.from({ length: Math.ceil(lines.length / count) }, (_, n) =>
            lines.slice(n * count, (n + 1) * count).join(""),
          )
        : Array.from({ length: Math.ceil(text.length / size) }, (_, n) => text.slice(n * size, (n + 1) * size));
    for (const [n, part] of parts.entries()) {
      const letters = String.fromCharCode(97 + Math.floor(n / 26), 97 + (n % 26));
      const failure = n >= 676 ? 22 : task.files.write(task.path(`${prefix}${letters}`), part, { uid: task.uid });
      if (failure !== 0) return complain(task, `${prefix}${letters}: ${errnoText(failure)}`);
    }
    return 0;
  },
};

export const install: Command = {
  name: "install",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "cdDpsvm:o:g:t:");
    if (problem !== undefined) return wrongOption(task, problem);
    const mode = Number.parseInt(values["m"] ?? "755", 8);
    if (flags.has("d")) {
      for (const name of operands) {
        const path = task.path(name);
        const failure = task.files.isDirectory(path) ? 0 : task.files.makeDirectory(path, task.uid, mode);
        if (failure !== 0) return complain(task, `can't create directory '${name}': ${errnoText(failure)}`);
      }
      return 0;
    }
    const target = values["t"] ?? operands.at(-1) ?? "";
    for (const source of values["t"] === undefined ? operands.slice(0, -1) : operands) {
      const isInside = task.files.isDirectory(task.path(target));
      const path = task.path(isInside ? `${target}/${nameOf(source)}` : target);
      const failure = task.files.copy(task.path(source), path, { uid: task.uid, mode });
      if (failure !== 0) return complain(task, `can't install '${source}': ${errnoText(failure)}`);
      task.files.change(path, { mode }, 0);
    }
    return 0;
  },
};
