/**
 * apt, apt-get and dpkg: packages of Debian and Ubuntu from the simulated archive.
 *
 * Models apt-get(8), apt(8) and dpkg(1) without a terminal.
 * Leaves out dependencies, versions to choose from, sources of one's own and packages whose programs are not simulated:
 * those cannot be located.
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

/** Waits for the archive, then goes on with what is left to say and do. */
interface Fetching {
  readonly until: number;
}

const FETCH_MS = 1_500;
const LISTS = "/var/lib/apt/lists/";
const READING = ["Reading package lists...", "Building dependency tree...", "Reading state information..."];

/** Where the packages of this image's release come from. */
interface Archive {
  readonly host: string;
  readonly url: string;
  readonly suites: readonly (readonly [url: string, suite: string, releaseKB: number])[];
  readonly codename: string;
}

function archiveOf(task: Task): Archive {
  const release = task.files.read("/etc/os-release");
  const text = typeof release === "number" ? "" : release;
  const codename = /^VERSION_CODENAME="?(\w+)/m.exec(text)?.[1] ?? "stable";
  const isUbuntu = /^ID="?ubuntu/m.test(text);
  const host = isUbuntu ? "archive.ubuntu.com" : "deb.debian.org";
  const url = `http://${host}/${isUbuntu ? "ubuntu" : "debian"}`;
  const security = isUbuntu ? "http://security.ubuntu.com/ubuntu" : `http://${host}/debian-security`;
  return {
    host,
    url,
    codename,
    suites: [
      [url, codename, 140],
      [url, `${codename}-updates`, 47],
      [security, `${codename}-security`, 43],
    ],
  };
}

function aptCommand(name: "apt" | "apt-get"): Command<Fetching> {
  return {
    name,
    comesWith: "gnu",
    step(task) {
      const operands = task.argv.slice(1).filter((arg) => !arg.startsWith("-"));
      const [verb = "", ...names] = operands;
      if (name === "apt" && task.state === undefined && verb !== "") {
        task.complain("\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n");
      }
      const work = VERBS[verb];
      if (work !== undefined) return work(task, names);
      if (verb !== "") return fail(task, `E: Invalid operation ${verb}`);
      task.print(`apt 3.0.3 (amd64)\nUsage: ${name} [options] command\n`);
      return 0;
    },
  };
}

export const aptGet = aptCommand("apt-get");
export const apt = aptCommand("apt");

type Work = (task: Task<Fetching>, names: readonly string[]) => ReturnType<Command<Fetching>["step"]>;

const VERBS: Readonly<Record<string, Work>> = {
  update,
  install: installNamed,
  reinstall: installNamed,
  remove,
  purge: remove,
  upgrade: nothingToDo,
  "dist-upgrade": nothingToDo,
  "full-upgrade": nothingToDo,
  autoremove: nothingToDo,
  clean: () => 0,
  autoclean: nothingToDo,
  "auto-remove": nothingToDo,
  search,
  show,
  list: listInstalled,
};

function fail(task: Task, ...lines: readonly string[]): number {
  for (const line of lines) task.complain(`${line}\n`);
  return 100;
}

const say = (task: Task, ...lines: readonly string[]): void => {
  for (const line of lines) if (!isQuiet(task)) task.print(`${line}\n`);
};

const isQuiet = ({ argv }: Task): boolean => argv.some((arg) => /^-q+$|^--quiet/.test(arg) && arg !== "-q");

/** The lock of the lists or of what is installed, if it cannot be had. */
function lockTrouble(task: Task, lock: string, what: string): number | undefined {
  const failure = mayInstall(task, "debian");
  if (failure === 0) return undefined;
  const why = `open (${failure}: ${errnoText(failure)})`;
  if (failure !== ERRNO.EACCES) return fail(task, `E: Could not open lock file ${lock} - ${why}`, `E: ${what}`);
  return fail(task, `E: Could not open lock file ${lock} - ${why}`, `E: ${what}, are you root?`);
}

function update(task: Task<Fetching>): ReturnType<Work> {
  const archive = archiveOf(task);
  if (task.state === undefined) {
    const locked = lockTrouble(task, `${LISTS}lock`, `Unable to lock directory ${LISTS}`);
    if (locked !== undefined) return locked;
    task.state = { until: task.now + FETCH_MS };
  }
  if (task.state.until > task.now) return { until: task.state.until };
  const trouble = archiveTrouble(task, archive.host, 80);
  if (trouble !== undefined) return unreachable(task, archive, trouble);
  archive.suites.forEach(([url, suite, kB], n) => {
    say(task, `Get:${n + 1} ${url} ${suite} InRelease [${sizeText(kB)}]`);
  });
  say(task, `Get:4 ${archive.url} ${archive.codename}/main amd64 Packages [9669 kB]`);
  say(task, "Fetched 9899 kB in 2s (6599 kB/s)", READING[0] ?? "");
  task.files.write(`${LISTS}${archive.host}_dists_${archive.codename}_InRelease`, `Codename: ${archive.codename}\n`);
  return 0;
}

/** Lists that could not be fetched are a warning: the old ones stay. */
function unreachable(task: Task, archive: Archive, trouble: string): number {
  const why =
    trouble === "nxdomain"
      ? `Temporary failure resolving '${archive.host}'`
      : `Could not connect to ${archive.host}:80 (151.101.2.132), connection ${trouble === "refused" ? "refused" : "timed out"}`;
  archive.suites.forEach(([url, suite], n) => {
    say(task, `Err:${n + 1} ${url} ${suite} InRelease`, `  ${why}`);
  });
  say(task, READING[0] ?? "");
  for (const [url, suite] of archive.suites) {
    task.complain(`W: Failed to fetch ${url}/dists/${suite}/InRelease  ${why}\n`);
  }
  task.complain("W: Some index files failed to download. They have been ignored, or old ones used instead.\n");
  return 0;
}

const sizeText = (kB: number): string => (kB >= 10_000 ? `${(kB / 1_000).toFixed(1)} MB` : `${kB} kB`);

/** The packages of these names as far as the lists that were fetched have them. */
function located(task: Task, names: readonly string[]): readonly Package[] | number {
  const lists = task.files.list(LISTS);
  const hasLists = typeof lists !== "number" && lists.some((one) => one.endsWith("InRelease"));
  const packages: Package[] = [];
  for (const name of names) {
    const found = CATALOGUES.debian.get(name.split("=")[0] ?? "");
    if (found === undefined || !hasLists) return fail(task, `E: Unable to locate package ${name}`);
    packages.push(found);
  }
  return packages;
}

function installNamed(task: Task<Fetching>, names: readonly string[]): ReturnType<Work> {
  if (task.state === undefined) {
    const locked = lockTrouble(
      task,
      "/var/lib/dpkg/lock-frontend",
      "Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend)",
    );
    if (locked !== undefined) return locked;
    say(task, ...READING);
  }
  const wanted = located(task, names);
  if (typeof wanted === "number") return wanted;
  const present = installedPackages(task, "debian");
  const fresh = wanted.filter(({ name }) => !present.has(name));
  if (task.state === undefined) announce(task, wanted, fresh);
  if (fresh.length === 0) return 0;
  const archive = archiveOf(task);
  task.state ??= { until: task.now + FETCH_MS };
  if (task.state.until > task.now) return { until: task.state.until };
  const trouble = archiveTrouble(task, archive.host, 80);
  if (trouble !== undefined) return notFetched(task, archive, fresh, trouble);
  return unpack(task, archive, fresh);
}

function announce(task: Task, wanted: readonly Package[], fresh: readonly Package[]): void {
  for (const one of wanted) {
    if (!fresh.includes(one)) say(task, `${one.name} is already the newest version (${one.version}).`);
  }
  if (fresh.length > 0) {
    say(task, "The following NEW packages will be installed:", `  ${fresh.map(({ name }) => name).join(" ")}`);
  }
  say(task, `0 upgraded, ${fresh.length} newly installed, 0 to remove and 0 not upgraded.`);
  if (fresh.length === 0) return;
  const sum = (of: (one: Package) => number): string => sizeText(fresh.reduce((all, one) => all + of(one), 0));
  say(task, `Need to get ${sum(({ archiveKB }) => archiveKB)} of archives.`);
  say(task, `After this operation, ${sum(({ installedKB }) => installedKB)} of additional disk space will be used.`);
}

function notFetched(task: Task, archive: Archive, fresh: readonly Package[], trouble: string): number {
  const why = trouble === "nxdomain" ? `Temporary failure resolving '${archive.host}'` : "Connection timed out";
  fresh.forEach(({ name, version }, n) => {
    say(task, `Err:${n + 1} ${archive.url} ${archive.codename}/main amd64 ${name} amd64 ${version}`, `  ${why}`);
  });
  const errors = fresh.map(
    ({ name, version }) => `E: Failed to fetch ${archive.url}/pool/main/${name}_${version}_amd64.deb  ${why}`,
  );
  const advice = "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?";
  return fail(task, ...errors, advice);
}

function unpack(task: Task, archive: Archive, fresh: readonly Package[]): number {
  const total = fresh.reduce((all, { archiveKB }) => all + archiveKB, 0);
  fresh.forEach(({ name, version, archiveKB }, n) => {
    const source = `${archive.url} ${archive.codename}/main amd64 ${name} amd64 ${version}`;
    say(task, `Get:${n + 1} ${source} [${sizeText(archiveKB)}]`);
  });
  say(task, `Fetched ${sizeText(total)} in 1s (${total} kB/s)`);
  for (const { name, version } of fresh) {
    const file = `${name}_${version.replace(/^\d+:/, "")}_amd64.deb`;
    say(task, `Selecting previously unselected package ${name}.`);
    say(task, `Preparing to unpack .../${file} ...`, `Unpacking ${name} (${version}) ...`);
  }
  for (const { name, version } of fresh) say(task, `Setting up ${name} (${version}) ...`);
  const failure = install(task, "debian", fresh);
  return failure === 0 ? 0 : fail(task, `E: Could not write: ${errnoText(failure)}`);
}

function remove(task: Task<Fetching>, names: readonly string[]): ReturnType<Work> {
  const lock = "/var/lib/dpkg/lock-frontend";
  const locked = lockTrouble(task, lock, `Unable to acquire the dpkg frontend lock (${lock})`);
  if (locked !== undefined) return locked;
  say(task, ...READING);
  const present = installedPackages(task, "debian");
  const going = names.flatMap((name) => present.get(name) ?? []);
  for (const name of names) {
    if (!present.has(name)) say(task, `Package '${name}' is not installed, so not removed`);
  }
  if (going.length > 0) {
    say(task, "The following packages will be REMOVED:", `  ${going.map(({ name }) => name).join(" ")}`);
  }
  say(task, `0 upgraded, 0 newly installed, ${going.length} to remove and 0 not upgraded.`);
  for (const { name, version } of going) say(task, `Removing ${name} (${version}) ...`);
  uninstall(task, "debian", going);
  return 0;
}

function nothingToDo(task: Task): number {
  say(task, ...READING, "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.");
  return 0;
}

const described = ({ name, version, summary }: Package): string => `${name}/stable ${version} amd64\n  ${summary}\n`;

function search(task: Task, [text = ""]: readonly string[]): number {
  say(task, "Sorting...", "Full Text Search...");
  for (const one of CATALOGUES.debian.values()) {
    if (one.name.includes(text) || one.summary.includes(text)) task.print(`${described(one)}\n`);
  }
  return 0;
}

function show(task: Task, names: readonly string[]): number {
  for (const name of names) {
    const found = CATALOGUES.debian.get(name);
    if (found === undefined) return fail(task, `E: No packages found`);
    const { version, installedKB, summary } = found;
    task.print(`Package: ${name}\nVersion: ${version}\nInstalled-Size: ${installedKB} kB\nDescription: ${summary}\n\n`);
  }
  return 0;
}

function listInstalled(task: Task): number {
  task.print("Listing...\n");
  for (const { name, version } of installedPackages(task, "debian").values()) {
    task.print(`${name}/now ${version} amd64 [installed,local]\n`);
  }
  return 0;
}

export const dpkg: Command = {
  name: "dpkg",
  comesWith: "gnu",
  step(task) {
    const [flag = "", ...names] = task.argv.slice(1);
    const present = installedPackages(task, "debian");
    if (flag === "--print-architecture") {
      task.print("amd64\n");
      return 0;
    }
    if (flag === "-s" || flag === "--status") {
      const missing = names.find((name) => !present.has(name));
      if (missing !== undefined) {
        task.complain(`dpkg-query: package '${missing}' is not installed and no information is available\n`);
        return 1;
      }
      for (const name of names) {
        const version = present.get(name)?.version ?? "";
        task.print(`Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`);
      }
      return 0;
    }
    if (flag === "-l" || flag === "--list") {
      for (const { name, version, summary } of present.values()) {
        task.print(`ii  ${name.padEnd(20)} ${version.padEnd(16)} amd64        ${summary}\n`);
      }
      return 0;
    }
    task.complain(`dpkg: error: ${flag === "" ? "need an action option" : `unknown option ${flag}`}\n`);
    return 2;
  },
};

/** apt-cache: what the archive has. */
export const aptCache: Command = {
  name: "apt-cache",
  comesWith: "gnu",
  step(task) {
    const [verb = "", ...names] = task.argv.slice(1).filter((arg) => !arg.startsWith("-"));
    if (verb === "show" || verb === "policy") return show(task, names);
    if (verb !== "search") return fail(task, `E: Invalid operation ${verb}`);
    for (const { name, summary } of CATALOGUES.debian.values()) {
      if (name.includes(names[0] ?? "")) task.print(`${name} - ${summary}\n`);
    }
    return 0;
  },
};
