/**
 * Capabilities: what the processes of a container may do of what root may.
 *
 * Models the kernel's capabilities(7) and the default set of containerd.
 * Leaves out ambient and inheritable sets: a container here has one set for all its processes.
 */
import type { ContainerSpec } from "#kernel/runtime/container";

/** Every capability, in the order of their numbers from 0. */
const NAMES = (
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE " +
  "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN " +
  "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE " +
  "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split(" ");

/** What a container has that asks for nothing. */
const DEFAULT = (
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL " +
  "AUDIT_WRITE"
).split(" ");

type Asked = Pick<ContainerSpec, "capabilities" | "isPrivileged">;

/** The capabilities a container's processes may have. */
export function capabilitiesOf({ capabilities = [], isPrivileged }: Asked): ReadonlySet<string> {
  if (isPrivileged === true) return new Set(NAMES);
  const has = new Set(DEFAULT);
  const named = (sign: string): string[] =>
    capabilities.flatMap((one) => (one.startsWith(sign) ? [one.slice(1).replace(/^CAP_/, "")] : []));
  const dropped = named("-");
  const added = named("+");
  if (added.includes("ALL")) for (const name of NAMES) has.add(name);
  if (dropped.includes("ALL")) has.clear();
  for (const name of dropped) has.delete(name);
  for (const name of added) if (name !== "ALL") has.add(name);
  return has;
}

/** Whether the processes of a container that run as root have a capability. */
export const hasCapability = (asked: Asked, name: string): boolean => capabilitiesOf(asked).has(name);

/** The set as /proc prints it: 16 hexadecimal digits. */
export function capabilityMask(asked: Asked): string {
  let mask = 0n;
  for (const name of capabilitiesOf(asked)) {
    const number = NAMES.indexOf(name);
    if (number >= 0) mask |= 1n << BigInt(number);
  }
  return mask.toString(16).padStart(16, "0");
}
