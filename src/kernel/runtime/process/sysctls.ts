/**
 * Kernel parameters as a container sees them below /proc/sys: those of its namespaces, and some of the node's. A
 * privileged one sets them.
 */

import type { ContainerSpec } from "#kernel/runtime/container";
import { KERNEL_RELEASE } from "#kernel/runtime/machine.facts";
import { LIMITS } from "#kernel/sim/limits";
import type { Cells } from "#kernel/store/cells";

/** What was set at run time: by node, and of network namespaces by pod. */
const ROOM = "sysctls";

type Place = Pick<ContainerSpec, "sysctls" | "hostname" | "node" | "podUid">;
type Values = Readonly<Record<string, string>>;

/** What keeps a parameter: the node, or the network namespace of the pod. */
const keeperOf = ({ node, podUid }: Place, name: string): string =>
  name.startsWith("net.") ? `pod/${podUid}` : `node/${node}`;

/** What they are where the pod sets nothing. */
const DEFAULTS: Readonly<Record<string, string>> = {
  "kernel.hostname": "",
  "kernel.osrelease": KERNEL_RELEASE,
  "kernel.ostype": "Linux",
  "kernel.pid_max": "4194304",
  "kernel.shm_rmid_forced": "0",
  "kernel.shmmax": "18446744073692774399",
  "kernel.msgmax": "8192",
  "kernel.sem": "32000\t1024000000\t500\t32000",
  "kernel.threads-max": "127203",
  "vm.max_map_count": "1048576",
  "vm.overcommit_memory": "1",
  "vm.swappiness": "60",
  "fs.file-max": "9223372036854775807",
  "net.core.somaxconn": "4096",
  "net.ipv4.ip_forward": "1",
  "net.ipv4.ip_local_port_range": "32768\t60999",
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ip_local_reserved_ports": "",
  "net.ipv4.ping_group_range": "0\t2147483647",
  "net.ipv4.tcp_fin_timeout": "60",
  "net.ipv4.tcp_keepalive_intvl": "75",
  "net.ipv4.tcp_keepalive_probes": "9",
  "net.ipv4.tcp_keepalive_time": "7200",
  "net.ipv4.tcp_rmem": "4096\t131072\t6291456",
  "net.ipv4.tcp_syncookies": "1",
  "net.ipv4.tcp_wmem": "4096\t16384\t4194304",
};

/** Every parameter of a container by its dotted name. */
export function sysctlsOf(place: Place, cells: Cells): Values {
  const { sysctls = {}, hostname, node, podUid } = place;
  const set = cells.count(ROOM) === 0 ? [] : [`node/${node}`, `pod/${podUid}`].map((id) => cells.get<Values>(ROOM, id));
  return { ...DEFAULTS, "kernel.hostname": hostname, ...sysctls, ...set[0], ...set[1] };
}

/** Sets a parameter that is known. */
export function setSysctl(place: Place, cells: Cells, name: string, value: string): void {
  const id = keeperOf(place, name);
  // Pods come and go: what was set first is forgotten first.
  const [oldest] = [...cells.entries(ROOM)];
  if (cells.count(ROOM) >= LIMITS.sysctlKeepers && oldest !== undefined) cells.delete(ROOM, oldest[0]);
  cells.put(ROOM, id, { ...cells.get<Values>(ROOM, id), [name]: value.slice(0, 256) });
}

const pathOf = (name: string): string => `/proc/sys/${name.replaceAll(".", "/")}`;

/** The names in a directory below /proc/sys. */
export function sysctlNames(place: Place, cells: Cells, directory: string): string[] {
  const names = new Set<string>();
  for (const name of Object.keys(sysctlsOf(place, cells))) {
    const path = pathOf(name);
    if (path.startsWith(`${directory}/`)) names.add(path.slice(directory.length + 1).split("/")[0] ?? "");
  }
  return [...names];
}

/** What a file below /proc/sys says. */
export function sysctlText(place: Place, cells: Cells, path: string): string | undefined {
  const found = Object.entries(sysctlsOf(place, cells)).find(([name]) => pathOf(name) === path);
  return found === undefined ? undefined : `${found[1]}\n`;
}
