/**
 * Security contexts: what of a container's and its pod's the runtime is told.
 *
 * Models pkg/kubelet/kuberuntime/security_context.go and pkg/kubelet/sysctl.
 * Leaves out SELinux and AppArmor: the simulated nodes have neither, so their labels and profiles change nothing.
 */
import type { Container } from "#kernel/api/types.gen";
import type { Trouble } from "#kernel/kubelet/pod-cell";
import type { PodWork } from "#kernel/kubelet/pod-work";
import type { ContainerSpec } from "#kernel/runtime/container";

type Security = Pick<
  ContainerSpec,
  "group" | "groups" | "capabilities" | "isPrivileged" | "hasNoNewPrivileges" | "isSeccompConfined" | "sysctls"
>;

/** Groups, capabilities and the rest, as far as a container can see them. */
export function securityOf({ pod }: PodWork, { securityContext = {} }: Container): Security {
  const context = pod.spec.securityContext ?? {};
  const group = securityContext.runAsGroup ?? context.runAsGroup;
  const { fsGroup, supplementalGroups = [], sysctls = [] } = context;
  const groups = [...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups];
  const { add = [], drop = [] } = securityContext.capabilities ?? {};
  const capabilities = [...drop.map((name) => `-${name}`), ...add.map((name) => `+${name}`)];
  const seccomp = (securityContext.seccompProfile ?? context.seccompProfile)?.type ?? "Unconfined";
  return {
    ...(group !== undefined && { group }),
    ...(groups.length > 0 && { groups }),
    ...(capabilities.length > 0 && { capabilities }),
    ...(securityContext.privileged === true && { isPrivileged: true as const }),
    ...(securityContext.allowPrivilegeEscalation === false && { hasNoNewPrivileges: true as const }),
    ...(seccomp !== "Unconfined" && { isSeccompConfined: true as const }),
    ...(sysctls.length > 0 && { sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [dotted(name), value])) }),
  };
}

const dotted = (name: string): string => name.replaceAll("/", ".");

/** Parameters that belong to a pod alone: any kubelet sets them. */
const SAFE_SYSCTLS = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
];

/** Why the kubelet does not set a parameter the pod asks for. */
export function forbiddenSysctl({ pod }: PodWork): Trouble | undefined {
  for (const { name: written } of pod.spec.securityContext?.sysctls ?? []) {
    const name = dotted(written);
    const reason = "SysctlForbidden";
    if (!SAFE_SYSCTLS.includes(name)) return { reason, message: `forbidden sysctl: "${name}" not allowlisted` };
    if (name.startsWith("net.") && pod.spec.hostNetwork === true) {
      return { reason, message: `forbidden sysctl: "${name}" not allowed with host net enabled` };
    }
    if (name.startsWith("kernel.shm") && pod.spec.hostIPC === true) {
      return { reason, message: `forbidden sysctl: "${name}" not allowed with host ipc enabled` };
    }
  }
  return undefined;
}
