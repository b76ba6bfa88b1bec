/**
 * Tools that make, copy, move and remove files: touch, mkdir, rmdir, rm, cp, mv, ln, chmod, chown, chgrp, mktemp.
 */
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import { below, nameOf, parentOf } from "#kernel/runtime/files/paths";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, isBusybox, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";
import { instantOf } from "#kernel/runtime/shell/commands/date";

function missingOperand(task: Task): number {
  const name = nameOf(task.argv[0] ?? "");
  if (isBusybox(task)) task.complain(`BusyBox v1.36.1 multi-call binary.\n\nUsage: ${name} [OPTIONS] FILE...\n`);
  else task.complain(`${name}: missing operand\nTry '${name} --help' for more information.\n`);
  return 1;
}

export const touch: Command = {
  name: "touch",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "acmhd:r:t:", { "no-create": "c", date: "d" });
    if (problem !== undefined) return wrongOption(task, problem);
    if (operands.length === 0) return missingOperand(task);
    const at = values["d"] === undefined ? task.now : instantOf(task, { d: values["d"] });
    if (at === undefined) return complain(task, `invalid date '${values["d"]}'`);
    let status = 0;
    for (const name of operands) {
      const path = task.path(name);
      const isThere = task.files.exists(path);
      if (!isThere && flags.has("c")) continue;
      const failure = isThere
        ? task.files.change(path, { at }, 0)
        : task.files.write(path, "", { uid: task.uid }) || task.files.change(path, { at }, 0);
      if (failure !== 0)
        status = complain(
          task,
          isBusybox(task) ? `${name}: ${errnoText(failure)}` : `cannot touch '${name}': ${errnoText(failure)}`,
        );
    }
    return status;
  },
};

export const mkdir: Command = {
  name: "mkdir",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "pvm:", { parents: "p", mode: "m" });
    if (problem !== undefined) return wrongOption(task, problem);
    if (operands.length === 0) return missingOperand(task);
    const mode = values["m"] === undefined ? undefined : Number.parseInt(values["m"], 8);
    let status = 0;
    for (const name of operands) {
      const failure = flags.has("p")
        ? makeAll(task, task.path(name), mode)
        : task.files.makeDirectory(task.path(name), task.uid, mode);
      if (failure === 0) continue;
      status = complain(
        task,
        isBusybox(task)
          ? `can't create directory '${name}': ${errnoText(failure)}`
          : `cannot create directory ‘${name}’: ${errnoText(failure)}`,
      );
    }
    return status;
  },
};

function makeAll(task: Task, path: string, mode: number | undefined): number {
  let at = "";
  for (const part of path.split("/").slice(1)) {
    at = `${at}/${part}`;
    if (task.files.isDirectory(at)) continue;
    const failure = task.files.makeDirectory(at, task.uid, mode);
    if (failure !== 0) return failure;
  }
  return 0;
}

export const rmdir: Command = {
  name: "rmdir",
  step(task) {
    const { operands, problem } = optionsOf(task.argv, "p");
    if (problem !== undefined) return wrongOption(task, problem);
    let status = 0;
    for (const name of operands) {
      const names = task.files.list(task.path(name));
      const failure =
        typeof names === "number"
          ? names
          : names.length > 0
            ? ERRNO.ENOTEMPTY
            : task.files.remove(task.path(name), task.uid);
      if (failure !== 0)
        status = complain(
          task,
          isBusybox(task) ? `'${name}': ${errnoText(failure)}` : `failed to remove '${name}': ${errnoText(failure)}`,
        );
    }
    return status;
  },
};

export const rm: Command = {
  name: "rm",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "rRfiv", { recursive: "r", force: "f" });
    if (problem !== undefined) return wrongOption(task, problem);
    if (operands.length === 0) return flags.has("f") ? 0 : missingOperand(task);
    let status = 0;
    for (const name of operands) {
      const failure = removeOne(task, name, flags.has("r") || flags.has("R"));
      if (failure === 0 || (failure === ERRNO.ENOENT && flags.has("f"))) {
        if (failure === 0 && flags.has("v")) task.print(`removed '${name}'\n`);
        continue;
      }
      const why = errnoText(failure);
      if (isBusybox(task))
        status = complain(
          task,
          failure === ERRNO.EISDIR ? `'${name}' is a directory` : `can't remove '${name}': ${why}`,
        );
      else status = complain(task, `cannot remove '${name}': ${why}`);
    }
    return status;
  },
};

/** Removes a path; below a mount point, all that can be. */
function removeOne(task: Task, name: string, isRecursive: boolean): number {
  const path = task.path(name);
  const stat = task.files.stat(path, false);
  if (typeof stat === "number") return stat;
  if (stat.kind !== "dir") return task.files.remove(path, task.uid);
  if (!isRecursive) return ERRNO.EISDIR;
  const isAboveMount = task.files.mounts.some((mount) => mount.path === path || mount.path.startsWith(`${path}/`));
  if (!isAboveMount && path !== "/") return task.files.remove(path, task.uid);
  const names = task.files.list(path);
  for (const child of typeof names === "number" ? [] : names) removeOne(task, below(path, child), true);
  return ERRNO.EBUSY;
}

/** Where a copy of a source goes. */
function destination(task: Task, source: string, target: string): string {
  return task.files.isDirectory(task.path(target)) ? below(task.path(target), nameOf(source)) : task.path(target);
}

export const cp: Command = {
  name: "cp",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "arRpdfivLPHTun", {
      recursive: "r",
      archive: "a",
      force: "f",
    });
    if (problem !== undefined) return wrongOption(task, problem);
    if (operands.length < 2) return missingOperand(task);
    const target = operands.at(-1) ?? "";
    const sources = operands.slice(0, -1);
    if (sources.length > 1 && !task.files.isDirectory(task.path(target))) {
      return complain(
        task,
        isBusybox(task) ? `target '${target}' is not a directory` : `target '${target}': Not a directory`,
      );
    }
    const isRecursive = ["a", "r", "R"].some((flag) => flags.has(flag));
    let status = 0;
    for (const source of sources) {
      if (!copy(task, source, flags.has("T") ? task.path(target) : destination(task, source, target), isRecursive))
        status = 1;
    }
    return status;
  },
};

function copy(task: Task, source: string, target: string, isRecursive: boolean): boolean {
  const from = task.path(source);
  const stat = task.files.stat(from, !isRecursive);
  const fail = (message: string): boolean => {
    complain(task, message);
    return false;
  };
  if (typeof stat === "number")
    return fail(
      isBusybox(task) ? `can't stat '${source}': ${errnoText(stat)}` : `cannot stat '${source}': ${errnoText(stat)}`,
    );
  if (stat.kind === "link") return report(task.files.link(target, stat.to ?? "", task.uid));
  if (stat.kind === "dir") {
    if (!isRecursive)
      return fail(
        isBusybox(task) ? `omitting directory '${source}'` : `-r not specified; omitting directory '${source}'`,
      );
    const isInside = target === from || target.startsWith(from === "/" ? "/" : `${from}/`);
    if (isInside) return fail(`cannot copy a directory, '${source}', into itself, '${target}'`);
    const made = task.files.isDirectory(target) ? 0 : task.files.makeDirectory(target, task.uid, stat.mode);
    if (made !== 0) return report(made);
    const names = task.files.list(from);
    let isWhole = true;
    for (const name of typeof names === "number" ? [] : names) {
      if (!copy(task, below(from, name), below(target, name), true)) isWhole = false;
      task.spend();
    }
    return isWhole;
  }
  const unreadable = task.files.may(from, task.uid, 4);
  if (unreadable !== 0)
    return fail(
      isBusybox(task)
        ? `can't open '${source}': ${errnoText(unreadable)}`
        : `cannot open '${source}' for reading: ${errnoText(unreadable)}`,
    );
  task.spend(1 + task.files.size(from) / 4_096);
  return report(task.files.copy(from, target, { uid: task.uid, mode: stat.mode }));

  function report(failure: number): boolean {
    if (failure === 0) return true;
    return fail(
      isBusybox(task)
        ? `can't create '${target}': ${errnoText(failure)}`
        : `cannot create regular file '${target}': ${errnoText(failure)}`,
    );
  }
}

export const mv: Command = {
  name: "mv",
  step(task) {
    const { operands, problem } = optionsOf(task.argv, "finvT");
    if (problem !== undefined) return wrongOption(task, problem);
    if (operands.length < 2) return missingOperand(task);
    const target = operands.at(-1) ?? "";
    if (operands.length > 2 && !task.files.isDirectory(task.path(target))) {
      if (!isBusybox(task)) return complain(task, `target '${target}': Not a directory`);
      const why = errnoText(task.files.exists(task.path(target)) ? ERRNO.ENOTDIR : ERRNO.ENOENT);
      for (const source of operands.slice(0, -1)) complain(task, `can't rename '${source}': ${why}`);
      return 1;
    }
    let status = 0;
    for (const source of operands.slice(0, -1)) {
      const from = task.path(source);
      const stat = task.files.stat(from, false);
      if (typeof stat === "number") {
        status = complain(
          task,
          isBusybox(task)
            ? `can't rename '${source}': ${errnoText(stat)}`
            : `cannot stat '${source}': ${errnoText(stat)}`,
        );
        continue;
      }
      const to = destination(task, source, target);
      if (to === from) continue;
      if (task.files.exists(to) && stat.kind !== "dir") task.files.remove(to, task.uid);
      if (!copy(task, source, to, true)) status = 1;
      else if (task.files.remove(from, task.uid) !== 0) {
        status = complain(
          task,
          isBusybox(task)
            ? `can't remove '${source}': Permission denied`
            : `cannot remove '${source}': Permission denied`,
        );
      }
    }
    return status;
  },
};

export const ln: Command = {
  name: "ln",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "sfnvT");
    if (problem !== undefined) return wrongOption(task, problem);
    const [source = "", target = nameOf(source)] = operands;
    const path = destination(task, source, target);
    if (flags.has("f") && typeof task.files.stat(path, false) !== "number") task.files.remove(path, task.uid);
    if (!flags.has("s")) return copy(task, source, path, false) ? 0 : 1;
    const failure = task.files.link(path, source, task.uid);
    if (failure === 0) return 0;
    return complain(
      task,
      isBusybox(task)
        ? `${target}: ${errnoText(failure)}`
        : `failed to create symbolic link '${target}': ${errnoText(failure)}`,
    );
  },
};

/** Applies a change to files, and with -R to all below them. */
function each(task: Task, names: readonly string[], isRecursive: boolean, act: (path: string) => number): number {
  let status = 0;
  const visit = (name: string, path: string): void => {
    const failure = task.files.exists(path) ? act(path) : ERRNO.ENOENT;
    if (failure !== 0)
      status = complain(
        task,
        isBusybox(task) ? `${name}: ${errnoText(failure)}` : `cannot access '${name}': ${errnoText(failure)}`,
      );
    if (!isRecursive || !task.files.isDirectory(path)) return;
    const children = task.files.list(path);
    for (const child of typeof children === "number" ? [] : children) visit(below(name, child), below(path, child));
  };
  for (const name of names) visit(name, task.path(name));
  return status;
}

export const chmod: Command = {
  name: "chmod",
  step(task) {
    const [mode = "", ...names] = task.argv.slice(1).filter((arg) => !/^-[Rvcf]+$/.test(arg));
    const isRecursive = task.argv.some((arg) => /^-\w*R/.test(arg));
    if (names.length === 0) return missingOperand(task);
    if (!/^([0-7]{1,4}|([ugoa]*[-+=][rwxXst]*,?)+)$/.test(mode)) return complain(task, `invalid mode '${mode}'`);
    return each(task, names, isRecursive, (path) => {
      const stat = task.files.stat(path);
      return typeof stat === "number" ? stat : task.files.change(path, { mode: changed(stat.mode, mode) }, task.uid);
    });
  },
};

function changed(old: number, text: string): number {
  if (/^[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  let mode = old;
  for (const match of text.matchAll(/([ugoa]*)([-+=])([rwxXst]*)/g)) {
    const who = match[1] === "" || match[1]?.includes("a") === true ? "ugo" : (match[1] ?? "");
    let bits = 0;
    for (const letter of match[3] ?? "")
      bits |= letter === "r" ? 4 : letter === "w" ? 2 : letter === "s" || letter === "t" ? 0 : 1;
    for (const one of who) {
      const shift = one === "u" ? 6 : one === "g" ? 3 : 0;
      if (match[2] === "=") mode = (mode & ~(7 << shift)) | (bits << shift);
      else mode = match[2] === "+" ? mode | (bits << shift) : mode & ~(bits << shift);
    }
  }
  return mode;
}

/** The number a name stands for in /etc/passwd or /etc/group; undefined if it is not there. */
function numberOf(task: Task, file: string, name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const text = task.files.read(file);
  const row = typeof text === "number" ? undefined : text.split("\n").find((line) => line.startsWith(`${name}:`));
  return row === undefined ? undefined : Number(row.split(":")[2]);
}

export const chown: Command = {
  name: "chown",
  step(task) {
    const { flags, operands } = optionsOf(task.argv, "Rvchf");
    const [owner = "", ...names] = operands;
    if (names.length === 0) return missingOperand(task);
    const [user = "", group = ""] = owner.split(/[:.]/);
    const uid = numberOf(task, "/etc/passwd", user);
    const gid = numberOf(task, "/etc/group", group);
    if (user !== "" && uid === undefined)
      return complain(task, isBusybox(task) ? `unknown user ${user}` : `invalid user: '${owner}'`);
    if (group !== "" && gid === undefined)
      return complain(task, isBusybox(task) ? `unknown group ${group}` : `invalid group: '${owner}'`);
    const change = { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
    return each(task, names, flags.has("R"), (path) => task.files.change(path, change, task.uid));
  },
};

export const chgrp: Command = {
  name: "chgrp",
  step(task) {
    const { flags, operands } = optionsOf(task.argv, "Rvchf");
    const [group = "", ...names] = operands;
    if (names.length === 0) return missingOperand(task);
    const gid = numberOf(task, "/etc/group", group);
    if (gid === undefined)
      return complain(task, isBusybox(task) ? `unknown group ${group}` : `invalid group: '${group}'`);
    return each(task, names, flags.has("R"), (path) => task.files.change(path, { gid }, task.uid));
  },
};

export const mktemp: Command = {
  name: "mktemp",
  step(task) {
    const { flags, values, operands } = optionsOf(task.argv, "dqup:t", { directory: "d" });
    const random = task.world.entropy.suffix(6);
    const template = operands[0] ?? "tmp.XXXXXX";
    const name = template.replace(/X+$/, random);
    const path =
      operands[0] === undefined || flags.has("t")
        ? below(values["p"] ?? task.env("TMPDIR") ?? "/tmp", name)
        : task.path(name);
    const failure = flags.has("d")
      ? task.files.makeDirectory(path, task.uid, 0o700)
      : task.files.write(path, "", { uid: task.uid, mode: 0o600 });
    if (failure !== 0) return complain(task, `${parentOf(path)}: ${errnoText(failure)}`);
    task.print(`${path}\n`);
    return 0;
  },
};
