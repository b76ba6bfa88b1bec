/**
 * id and whoami: who runs this; names of users and groups from /etc/passwd and /etc/group.
 */
import { sortedGroups } from "#kernel/runtime/process/kernel-files";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, isBusybox, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";

function lookup(task: Task, file: string, id: number): string | undefined {
  const text = task.files.read(file);
  if (typeof text === "number") return undefined;
  for (const line of text.split("\n")) {
    const [name, , number] = line.split(":");
    if (number === String(id)) return name;
  }
  return undefined;
}

/** The name of a user, or the number if it has none. */
export function userName(task: Task, uid: number): string {
  return lookup(task, "/etc/passwd", uid) ?? String(uid);
}

/** The name of a group, or the number if it has none. */
export function groupName(task: Task, gid: number): string {
  return lookup(task, "/etc/group", gid) ?? String(gid);
}

export const id: Command = {
  name: "id",
  step(task) {
    const { flags, problem } = optionsOf(task.argv, "ugGnr");
    if (problem !== undefined) return wrongOption(task, problem);
    const named = (number: number, name: string | undefined): string =>
      name === undefined ? String(number) : `${number}(${name})`;
    const { uid } = task;
    const gid = task.record.group ?? (uid === 0 || lookup(task, "/etc/group", uid) === undefined ? 0 : uid);
    const groups = sortedGroups([gid, ...(task.record.groups ?? [])]);
    const shown = (number: number): string => (flags.has("n") ? groupName(task, number) : String(number));
    if (flags.has("u")) task.print(`${flags.has("n") ? userName(task, uid) : uid}\n`);
    else if (flags.has("g")) task.print(`${shown(gid)}\n`);
    else if (flags.has("G")) task.print(`${groups.map(shown).join(" ")}\n`);
    else {
      const user = named(uid, lookup(task, "/etc/passwd", uid));
      const group = (number: number): string => named(number, lookup(task, "/etc/group", number));
      task.print(`uid=${user} gid=${group(gid)} groups=${groups.map(group).join(",")}\n`);
    }
    return 0;
  },
};

export const whoami: Command = {
  name: "whoami",
  step(task) {
    const name = lookup(task, "/etc/passwd", task.uid);
    if (name === undefined) {
      const bare = `unknown uid ${task.uid}`;
      return complain(task, isBusybox(task) ? bare : `cannot find name for user ID ${task.uid}`);
    }
    task.print(`${name}\n`);
    return 0;
  },
};
