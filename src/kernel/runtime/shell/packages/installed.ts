/**
 * What package managers share: the archive beyond the network, the list of what is installed, and putting it there.
 */
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import { binaryText } from "#kernel/runtime/files/image-tree";
import type { Task } from "#kernel/runtime/process/task";
import { CATALOGUES, type Distribution, type Package } from "#kernel/runtime/shell/packages/catalogue";
import type { NetFailure } from "#kernel/runtime/world";

/** The file that lists the packages installed in this container, one name and version a line. */
const LISTS: Readonly<Record<Distribution, string>> = {
  debian: "/var/lib/dpkg/status",
  alpine: "/lib/apk/db/installed",
};

/** The archive's failure, if it does not answer this container. */
export function archiveTrouble(task: Task, host: string, port: number): NetFailure | undefined {
  const answer = task.connect({ host, port });
  return answer === "open" ? undefined : answer;
}

/** The packages that were installed in this container, by name. */
export function installedPackages(task: Task, distribution: Distribution): ReadonlyMap<string, Package> {
  const text = task.files.read(LISTS[distribution]);
  const found = new Map<string, Package>();
  if (typeof text === "number") return found;
  for (const [, name = ""] of text.matchAll(/^(?:Package: |P:)(.*)$/gm)) {
    const known = CATALOGUES[distribution].get(name);
    if (known !== undefined) found.set(name, known);
  }
  return found;
}

const entryOf = (distribution: Distribution, { name, version }: Package): string =>
  distribution === "debian"
    ? `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`
    : `P:${name}\nV:${version}\nA:x86_64\n\n`;

/** Whether this process may change what is installed: 0, or why not. */
export function mayInstall(task: Task, distribution: Distribution): 0 | Errno {
  if (task.uid !== 0) return ERRNO.EACCES;
  const text = task.files.read(LISTS[distribution]);
  return task.files.write(LISTS[distribution], typeof text === "number" ? "" : text);
}

function list(task: Task, distribution: Distribution, packages: Iterable<Package>): void {
  task.files.write(LISTS[distribution], [...packages].map((one) => entryOf(distribution, one)).join(""));
}

/** Puts the programs of packages in their places and lists them; 0, or why it could not. */
export function install(task: Task, distribution: Distribution, packages: readonly Package[]): 0 | Errno {
  for (const { programs } of packages) {
    for (const [path, program] of Object.entries(programs)) {
      if (task.files.exists(path)) continue;
      const failure = task.files.write(path, binaryText(program), { mode: 0o755 });
      if (failure !== 0) return failure;
    }
  }
  const all = new Map(installedPackages(task, distribution));
  for (const one of packages) all.set(one.name, one);
  list(task, distribution, all.values());
  return 0;
}

/** Takes packages away again. */
export function uninstall(task: Task, distribution: Distribution, packages: readonly Package[]): void {
  const gone = new Set(packages.map(({ name }) => name));
  const left = [...installedPackages(task, distribution).values()].filter(({ name }) => !gone.has(name));
  const kept = new Set(left.flatMap(({ programs }) => Object.keys(programs)));
  for (const { programs } of packages) {
    for (const path of Object.keys(programs)) if (!kept.has(path)) task.files.remove(path);
  }
  list(task, distribution, left);
}
