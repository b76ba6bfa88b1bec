/**
 * apk: packages of Alpine from the simulated archive.
 *
 * Models apk(8) of apk-tools 2.
 * Leaves out dependencies and packages whose programs are not simulated: those do not exist.
 */
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import type { Task } from "#kernel/runtime/process/task";
import type { Command } from "#kernel/runtime/shell/commands/command";
import { CATALOGUES, type Package } from "#kernel/runtime/shell/packages/catalogue";
import {
  archiveTrouble,
  install,
  installedPackages,
  mayInstall,
  uninstall,
} from "#kernel/runtime/shell/packages/installed";

interface Fetching {
  readonly until: number;
}

const HOST = "dl-cdn.alpinelinux.org";
const FETCH_MS = 1_000;
/** What a bare system holds. */
const BASE = { packages: 15, MiB: 8 };

type Work = (task: Task<Fetching>, names: readonly string[]) => ReturnType<Command<Fetching>["step"]>;

const VERBS: Readonly<Record<string, Work>> = { add, del, update, upgrade: update, info, search, fix: total };

export const apk: Command<Fetching> = {
  name: "apk",
  comesWith: "busybox",
  step(task) {
    const words = task.argv.slice(1);
    // An option that names a group of packages takes the next word.
    const virtual = words.findIndex((word) => word === "-t" || word === "--virtual");
    if (virtual >= 0) words.splice(virtual, 2);
    const [verb = "", ...names] = words.filter((word) => !word.startsWith("-"));
    if (task.argv.includes("--version")) {
      task.print("apk-tools 2.14.9, compiled for x86_64.\n");
      return 0;
    }
    const work = VERBS[verb];
    if (work !== undefined) return work(task, names);
    if (verb !== "") task.complain(`ERROR: '${verb}' is not an apk command. See 'apk --help'.\n`);
    else task.print("apk-tools 2.14.9, compiled for x86_64.\n\nusage: apk [<OPTIONS>...] COMMAND [<ARGUMENTS>...]\n");
    return 1;
  },
};

function say(task: Task, line: string): void {
  if (!task.argv.some((arg) => arg === "-q" || arg === "--quiet")) task.print(`${line}\n`);
}

function branchOf(task: Task): string {
  const release = task.files.read("/etc/alpine-release");
  const version = typeof release === "number" ? "3.22" : release;
  return `v${version.split(".").slice(0, 2).join(".")}`;
}

function lockTrouble(task: Task): number | undefined {
  const failure = mayInstall(task, "alpine");
  if (failure === 0) return undefined;
  task.complain(`ERROR: Unable to lock database: ${errnoText(failure)}\n`);
  task.complain(`ERROR: Failed to open apk database: ${errnoText(failure)}\n`);
  return failure === ERRNO.EACCES ? 99 : 1;
}

/** Asks the archive for its indexes, which takes a while: "wait", or whether they came. */
function fetched(task: Task<Fetching>): "wait" | boolean {
  const repositories = ["main", "community"].map((part) => `https://${HOST}/alpine/${branchOf(task)}/${part}`);
  if (task.state === undefined) {
    for (const url of repositories) say(task, `fetch ${url}/x86_64/APKINDEX.tar.gz`);
    task.state = { until: task.now + FETCH_MS };
  }
  if (task.state.until > task.now) return "wait";
  const trouble = archiveTrouble(task, HOST, 443);
  if (trouble === undefined) return true;
  const why = trouble === "nxdomain" ? "DNS: transient error (try again later)" : "temporary error (try again later)";
  for (const url of repositories) task.complain(`WARNING: fetching ${url}: ${why}\n`);
  return false;
}

function add(task: Task<Fetching>, names: readonly string[]): ReturnType<Work> {
  const locked = task.state === undefined ? lockTrouble(task) : undefined;
  if (locked !== undefined) return locked;
  const came = fetched(task);
  if (came === "wait") return { until: task.state?.until ?? task.now };
  const plain = names.map((name) => name.split(/[=<>~@]/)[0] ?? name);
  const present = installedPackages(task, "alpine");
  const archive = CATALOGUES.alpine;
  const missing = plain.filter((name) => (came ? !archive.has(name) : !present.has(name)));
  if (missing.length > 0) {
    task.complain("ERROR: unable to select packages:\n");
    for (const name of missing) task.complain(`  ${name} (no such package):\n    required by: world[${name}]\n`);
    return missing.length;
  }
  const fresh = plain.flatMap((name) => (present.has(name) ? [] : (archive.get(name) ?? [])));
  fresh.forEach(({ name, version }, n) => {
    say(task, `(${n + 1}/${fresh.length}) Installing ${name} (${version})`);
  });
  const failure = install(task, "alpine", fresh);
  if (failure !== 0) {
    task.complain(`ERROR: ${errnoText(failure)}\n`);
    return 1;
  }
  if (fresh.length > 0) say(task, "Executing busybox-1.37.0-r18.trigger");
  return total(task);
}

function del(task: Task<Fetching>, names: readonly string[]): ReturnType<Work> {
  const locked = lockTrouble(task);
  if (locked !== undefined) return locked;
  const present = installedPackages(task, "alpine");
  const going = names.flatMap((name) => present.get(name) ?? []);
  going.forEach(({ name, version }, n) => {
    say(task, `(${n + 1}/${going.length}) Purging ${name} (${version})`);
  });
  uninstall(task, "alpine", going);
  return total(task);
}

/** The closing line: how much there is now. */
function total(task: Task): number {
  const present: readonly Package[] = [...installedPackages(task, "alpine").values()];
  const MiB = BASE.MiB + Math.round(present.reduce((sum, { installedKB }) => sum + installedKB, 0) / 1_024);
  say(task, `OK: ${MiB} MiB in ${BASE.packages + present.length} packages`);
  return 0;
}

function update(task: Task<Fetching>): ReturnType<Work> {
  const locked = task.state === undefined ? lockTrouble(task) : undefined;
  if (locked !== undefined) return locked;
  const came = fetched(task);
  if (came === "wait") return { until: task.state?.until ?? task.now };
  if (!came) {
    task.complain("2 unavailable, 0 stale; 15 distinct packages available\n");
    return 2;
  }
  for (const part of ["main", "community"]) {
    say(task, `${branchOf(task)} [https://${HOST}/alpine/${branchOf(task)}/${part}]`);
  }
  say(task, "OK: 25397 distinct packages available");
  return 0;
}

function info(task: Task): number {
  for (const { name } of installedPackages(task, "alpine").values()) task.print(`${name}\n`);
  return 0;
}

function search(task: Task, [text = ""]: readonly string[]): number {
  for (const { name, version } of CATALOGUES.alpine.values()) {
    if (name.includes(text)) task.print(`${name}-${version}\n`);
  }
  return 0;
}
