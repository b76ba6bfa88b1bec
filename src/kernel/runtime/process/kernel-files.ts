/**
 * /dev, /proc and /sys of a container: files the kernel makes when they are read.
 *
 * Leaves out what no lesson looks at: of /proc the processes and a dozen files, of /sys the cgroup's limits.
 */

import type { FileView } from "#kernel/runtime/files/file-view";
import { parentOf } from "#kernel/runtime/files/paths";
import type { KernelFiles, Stat } from "#kernel/runtime/files/stat";
import { hardwareOf, KERNEL_RELEASE, KERNEL_VERSION } from "#kernel/runtime/machine.facts";
import { capabilityMask } from "#kernel/runtime/process/capabilities";
import type { Process } from "#kernel/runtime/process/process";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import { sysctlNames, sysctlText } from "#kernel/runtime/process/sysctls";
import { mayLookInto, type Seen, seen, visible } from "#kernel/runtime/process/visible";

const DEVICES = [
  "fd",
  "full",
  "null",
  "ptmx",
  "pts",
  "random",
  "shm",
  "stderr",
  "stdin",
  "stdout",
  "tty",
  "urandom",
  "zero",
];
const OF_A_PROCESS = ["cgroup", "cmdline", "comm", "cwd", "environ", "exe", "fd", "mounts", "root", "stat", "status"];
const ROOT_OF = /^\/proc\/(\d+)\/root(\/.*)?$/;
const CGROUP = ["cpu.max", "cpu.weight", "memory.current", "memory.max", "pids.current"];

export class ContainerKernelFiles implements KernelFiles {
  constructor(readonly sandbox: Sandbox) {}

  stat(path: string): Stat | undefined {
    if (path[1] !== "d" && path[1] !== "p" && path[1] !== "s") return undefined;
    const at = this.sandbox.record.startedAt;
    if (path === "/dev/shm") return { kind: "dir", mode: 0o1777, uid: 0, at };
    if (path === "/dev/fd") return { kind: "link", mode: 0o777, uid: 0, at, to: "/proc/self/fd" };
    const looked = path.startsWith("/proc/") ? this.#linkOf(path, at) : undefined;
    if (looked !== undefined) return looked;
    if (path === "/proc/self") return { kind: "link", mode: 0o777, uid: 0, at, to: `/proc/${this.#self}` };
    if (this.list(path).length > 0 || this.#isDescriptors(path)) return { kind: "dir", mode: 0o555, uid: 0, at };
    if (/^\/dev\/[a-z]+$/.test(path)) {
      return DEVICES.includes(path.slice(5)) ? { kind: "device", mode: 0o666, uid: 0, at } : undefined;
    }
    if (/^\/proc\/\d+\/fd\/\d+$/.test(path)) return { kind: "device", mode: 0o700, uid: 0, at };
    return this.read(path) === undefined ? undefined : { kind: "file", mode: 0o444, uid: 0, at };
  }

  /** The directory of a process' descriptors is there even if it has none. */
  #isDescriptors(path: string): boolean {
    const [, pid] = /^\/proc\/(\d+)\/fd$/.exec(path) ?? [];
    return pid !== undefined && seen(this.sandbox, Number(pid)) !== undefined;
  }

  list(path: string): readonly string[] {
    if (path === "/dev") return DEVICES;
    if (path === "/proc") return [...this.#pids, ...Object.keys(this.#system), "self", "sys"];
    if (path === "/proc/sys" || path.startsWith("/proc/sys/"))
      return sysctlNames(this.sandbox.record, this.sandbox.world.cells, path);
    if (path === "/sys") return ["fs"];
    if (path === "/sys/fs") return ["cgroup"];
    if (path === "/sys/fs/cgroup") return CGROUP;
    const ofProcess = /^\/proc\/(\d+)(\/fd)?$/.exec(path);
    const found = ofProcess === null ? undefined : seen(this.sandbox, Number(ofProcess[1]));
    if (found === undefined) return [];
    return ofProcess?.[2] === undefined ? OF_A_PROCESS : Object.keys(found.process.fds);
  }

  /** That of the process whose turn it is. */
  get umask(): number {
    return this.sandbox.look.processes[this.#self]?.umask ?? 0o022;
  }

  away(path: string): { readonly files: FileView; readonly path: string } | undefined {
    if (!path.startsWith("/proc/") || !this.sandbox.isSharing) return undefined;
    const [, pid, rest = ""] = ROOT_OF.exec(path) ?? [];
    const found = pid === undefined ? undefined : seen(this.sandbox, Number(pid));
    const home = found?.sandbox;
    if (found === undefined || home === undefined || home === this.sandbox) return undefined;
    return mayLookInto(this.sandbox, found) ? { files: home.files, path: rest === "" ? "/" : rest } : undefined;
  }

  /** Links to where a process has its root, its working directory and its program. */
  #linkOf(path: string, at: number): Stat | undefined {
    const [, pid, which] = /^\/proc\/(\d+)\/(root|cwd|exe)$/.exec(path) ?? [];
    const found = pid === undefined ? undefined : seen(this.sandbox, Number(pid));
    if (found === undefined) return undefined;
    const { uid, cwd, argv } = found.process;
    if (found.sandbox !== this.sandbox) return which === "root" ? { kind: "dir", mode: 0o500, uid, at } : undefined;
    const to = which === "root" ? "/" : which === "cwd" ? cwd : (argv[0] ?? "");
    return { kind: "link", mode: 0o777, uid, at, to: to.startsWith("/") ? to : `/bin/${to}` };
  }

  read(path: string): string | undefined {
    if (path.startsWith("/proc/")) return this.#readProc(path);
    if (parentOf(path) === "/sys/fs/cgroup") return this.#readCgroup(path.slice("/sys/fs/cgroup/".length));
    return undefined;
  }

  get #pids(): string[] {
    return visible(this.sandbox).map(({ pid }) => String(pid));
  }

  /** The process that is reading. */
  get #self(): number {
    return this.sandbox.runningPid;
  }

  get #system(): Readonly<Record<string, () => string>> {
    const { record, world } = this.sandbox;
    const { cpus, memoryKiB } = hardwareOf(world.cells, record.node);
    const seconds = ((world.now - record.startedAt) / 1_000).toFixed(2);
    return {
      cpuinfo: () =>
        Array.from({ length: cpus }, (_, n) => n)
          .map((n) => `processor\t: ${n}\nmodel name\t: Simulated CPU @ 2.00GHz\ncpu MHz\t\t: 2000.000\n\n`)
          .join(""),
      loadavg: () => `0.00 0.00 0.00 1/${this.#pids.length} ${Math.max(...this.#pids.map(Number))}\n`,
      meminfo: () =>
        [
          ["MemTotal", memoryKiB],
          ["MemFree", memoryKiB >> 1],
          ["MemAvailable", memoryKiB >> 1],
          ["Buffers", 0],
          ["Cached", 0],
        ]
          .map(([name, kiB]) => `${`${name}:`.padEnd(15)}${String(kiB).padStart(9)} kB\n`)
          .join(""),
      mounts: () => this.#mounts,
      uptime: () => `${seconds} ${seconds}\n`,
      version: () => `Linux version ${KERNEL_RELEASE} (debian-kernel@lists.debian.org) ${KERNEL_VERSION}\n`,
    };
  }

  get #mounts(): string {
    const root = `overlay / overlay ${this.sandbox.record.isReadOnlyRoot ? "ro" : "rw"},relatime 0 0\n`;
    const kernel =
      "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\ntmpfs /dev tmpfs rw,nosuid,size=65536k,mode=755 0 0\n";
    const volumes = [...this.sandbox.record.mounts].map(({ path, isReadOnly, type }) =>
      type === "tmpfs"
        ? `tmpfs ${path} tmpfs ${isReadOnly ? "ro" : "rw"},relatime 0 0\n`
        : `/dev/sda1 ${path} ext4 ${isReadOnly ? "ro" : "rw"},relatime 0 0\n`,
    );
    return root + kernel + volumes.join("");
  }

  #readProc(path: string): string | undefined {
    const [, , first = "", second, third] = path.split("/");
    if (second === undefined) return Object.hasOwn(this.#system, first) ? this.#system[first]?.() : undefined;
    if (first === "sys") return sysctlText(this.sandbox.record, this.sandbox.world.cells, path);
    const found = /^\d+$/.test(first) && third === undefined ? seen(this.sandbox, Number(first)) : undefined;
    if (found === undefined) return undefined;
    // Of another container its own files know more.
    const home = found.sandbox === undefined || found.sandbox === this.sandbox ? this : found.sandbox.files.kernel;
    return (home as ContainerKernelFiles).readProcess(found, second);
  }

  /** A file of a process of this container, under the number it is asked by. */
  readProcess({ process, pid, parent }: Seen, file: string): string | undefined {
    const name = this.sandbox.commandName(process);
    switch (file) {
      case "cmdline":
        return (process.title === undefined ? process.argv : [process.title]).map((arg) => `${arg}\0`).join("");
      case "comm":
        return `${name}\n`;
      case "environ":
        return Object.entries(process.env ?? this.sandbox.environment)
          .map(([key, value]) => `${key}=${value}\0`)
          .join("");
      case "cgroup":
        return "0::/\n";
      case "mounts":
        return this.#mounts;
      case "stat":
        return `${pid} (${name}) S ${parent} ${process.group} ${pid} 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0\n`;
      case "status":
        return `Name:\t${name}\nState:\tS (sleeping)\nPid:\t${pid}\nPPid:\t${parent}\n${this.#identity(process)}`;
      default:
        return undefined;
    }
  }

  /** Who a process is and what it may do, as its status file says. */
  #identity({ uid }: Process): string {
    const { record, files } = this.sandbox;
    const [gid = 0] = files.groups;
    const four = (number: number): string => `${number}\t${number}\t${number}\t${number}`;
    const bounding = capabilityMask(record);
    // Who is not root keeps the bounding set alone.
    const own = uid === 0 ? bounding : "0".repeat(16);
    const isConfined = record.isPrivileged !== true && record.isSeccompConfined === true;
    return (
      `Uid:\t${four(uid)}\nGid:\t${four(gid)}\nGroups:\t${sortedGroups(files.groups).join(" ")} \n` +
      `CapInh:\t${"0".repeat(16)}\nCapPrm:\t${own}\nCapEff:\t${own}\nCapBnd:\t${bounding}\n` +
      `CapAmb:\t${"0".repeat(16)}\nNoNewPrivs:\t${record.hasNoNewPrivileges === true ? 1 : 0}\n` +
      `Seccomp:\t${isConfined ? 2 : 0}\nSeccomp_filters:\t${isConfined ? 1 : 0}\n`
    );
  }

  #readCgroup(file: string): string | undefined {
    const { memoryLimitBytes, cpuLimitMillis, cpuRequestMillis } = this.sandbox.record;
    if (file === "memory.max") return `${memoryLimitBytes ?? "max"}\n`;
    if (file === "memory.current") return `${this.sandbox.memoryBytes}\n`;
    if (file === "cpu.weight") return `${cpuWeight(cpuRequestMillis ?? 0)}\n`;
    if (file === "cpu.max") return `${cpuLimitMillis === undefined ? "max" : cpuLimitMillis * 100} 100000\n`;
    return file === "pids.current" ? `${this.#pids.length}\n` : undefined;
  }
}

/** What a request of CPU is to the scheduler of the kernel: shares of the old cgroups, on the scale of the new. */
function cpuWeight(millis: number): number {
  const shares = Math.min(262_144, Math.max(2, Math.floor((millis * 1_024) / 1_000)));
  return 1 + Math.floor(((shares - 2) * 9_999) / 262_142);
}

/** Groups as the kernel keeps them: each once, in order. */
export const sortedGroups = (groups: readonly number[]): number[] => [...new Set(groups)].sort((a, b) => a - b);
