/**
 * The checks of the baseline level: what no pod that is not trusted with its node may do.
 *
 * Models pod-security-admission/policy/check_*.go.
 * Leaves out seccomp by annotation before v1.19: no cluster here was ever that old.
 */
import {
  type Check,
  containersWith,
  named,
  quoted,
  type Subject,
  setters,
  sorted,
  type Violation,
} from "#kernel/admission/podsecurity/violations";
import type { Container, LifecycleHandler, PodSpec, Probe, SELinuxOptions } from "#kernel/api/types.gen";
import { allContainers } from "#kernel/resources/core/pod.facts";

const CAPABILITIES = new Set([
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"],
  ...["SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
]);

const SELINUX_TYPES = new Set(["", "container_t", "container_init_t", "container_kvm_t"]);

/** Kernel parameters a pod may set, by the minor version from which on. */
const SYSCTLS: Readonly<Record<string, number>> = {
  "kernel.shm_rmid_forced": 0,
  "net.ipv4.ip_local_port_range": 0,
  "net.ipv4.tcp_syncookies": 0,
  "net.ipv4.ping_group_range": 0,
  "net.ipv4.ip_unprivileged_port_start": 0,
  "net.ipv4.ip_local_reserved_ports": 27,
  "net.ipv4.tcp_keepalive_time": 29,
  "net.ipv4.tcp_fin_timeout": 29,
  "net.ipv4.tcp_keepalive_intvl": 29,
  "net.ipv4.tcp_keepalive_probes": 29,
  "net.ipv4.tcp_rmem": 32,
  "net.ipv4.tcp_wmem": 32,
};

const APPARMOR = "container.apparmor.security.beta.kubernetes.io/";

const containersOf = (spec: PodSpec): readonly Container[] => allContainers(spec) as Container[];

export const BASELINE: readonly Check[] = [
  { id: "appArmorProfile", since: 0, find: appArmor },
  { id: "capabilities_baseline", since: 0, find: capabilities },
  { id: "hostNamespaces", since: 0, find: hostNamespaces },
  {
    id: "hostPathVolumes",
    since: 0,
    find({ spec: { volumes = [] } }) {
      const names = volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
      return names.length === 0 ? undefined : { reason: "hostPath volumes", detail: named("volume", names) };
    },
  },
  { id: "hostPorts", since: 0, find: hostPorts },
  { id: "hostProbesAndHostLifecycle", since: 34, find: hosts },
  {
    id: "privileged",
    since: 0,
    find({ spec }) {
      const names = containersWith(spec, ({ securityContext }) => securityContext?.privileged === true);
      const detail = `${named("container", names)} must not set securityContext.privileged=true`;
      return names.length === 0 ? undefined : { reason: "privileged", detail };
    },
  },
  // A pod with users of its own cannot harm its node this way.
  {
    id: "procMount",
    since: 0,
    find: (subject, { minor }) => (minor >= 35 && subject.spec.hostUsers === false ? undefined : procMount(subject)),
  },
  { id: "seLinuxOptions", since: 0, find: (subject, { minor }) => seLinux(subject, minor) },
  { id: "seccompProfile_baseline", since: 0, find: seccomp },
  {
    id: "sysctls",
    since: 0,
    find({ spec: { securityContext } }, { minor }) {
      const names = (securityContext?.sysctls ?? [])
        .map(({ name }) => name)
        .filter((name) => SYSCTLS[name] === undefined || SYSCTLS[name] > minor);
      return names.length === 0 ? undefined : { reason: "forbidden sysctls", detail: names.join(", ") };
    },
  },
  {
    id: "windowsHostProcess",
    since: 0,
    find({ spec }) {
      const isPod = spec.securityContext?.windowsOptions?.hostProcess === true;
      const names = containersWith(
        spec,
        ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true,
      );
      const who = setters(isPod, names);
      if (who === "") return undefined;
      return { reason: "hostProcess", detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
    },
  },
];

/** What /proc a container sees; also asked of restricted pods. */
export function procMount({ spec }: Subject): Violation | undefined {
  const isBad = ({ securityContext }: Container): boolean => (securityContext?.procMount ?? "Default") !== "Default";
  const bad = containersOf(spec).filter(isBad);
  if (bad.length === 0) return undefined;
  const who = named(
    "container",
    bad.map(({ name }) => name),
  );
  const values = sorted(bad.map(({ securityContext }) => securityContext?.procMount ?? ""));
  return { reason: "procMount", detail: `${who} must not set securityContext.procMount to ${quoted(values)}` };
}

function appArmor({ metadata, spec }: Subject): Violation | undefined {
  const isBad = (type: string | undefined): boolean =>
    type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
  const ofPod = spec.securityContext?.appArmorProfile?.type;
  const bad = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.appArmorProfile?.type));
  const values = sorted([
    ...(isBad(ofPod) ? [ofPod ?? ""] : []),
    ...bad.map(({ securityContext }) => securityContext?.appArmorProfile?.type ?? ""),
  ]);
  const annotated = Object.entries(metadata.annotations ?? {}).filter(
    ([name, value]) =>
      name.startsWith(APPARMOR) && value !== "" && value !== "runtime/default" && !value.startsWith("localhost/"),
  );
  if (values.length + annotated.length === 0) return undefined;
  const who = setters(
    isBad(ofPod),
    bad.map(({ name }) => name),
  );
  const details = [
    ...(values.length > 0 ? [`${who} must not set AppArmor profile type to ${quoted(values)}`] : []),
    ...sorted(annotated.map(([name, value]) => `${name}=${quoted([value])}`)),
  ];
  const isOne = values.length + annotated.length === 1;
  return { reason: `forbidden AppArmor profile${isOne ? "" : "s"}`, detail: details.join(", ") };
}

function capabilities({ spec }: Subject): Violation | undefined {
  const extra = ({ securityContext }: Container): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => !CAPABILITIES.has(name));
  const bad = containersOf(spec).filter((container) => extra(container).length > 0);
  if (bad.length === 0) return undefined;
  const who = named(
    "container",
    bad.map(({ name }) => name),
  );
  const what = quoted(sorted(bad.flatMap(extra)));
  return {
    reason: "non-default capabilities",
    detail: `${who} must not include ${what} in securityContext.capabilities.add`,
  };
}

function hostNamespaces({ spec }: Subject): Violation | undefined {
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field] === true);
  const detail = shared.map((field) => `${field}=true`).join(", ");
  return shared.length === 0 ? undefined : { reason: "host namespaces", detail };
}

/** Containers that use something of the node's, and what: `container "a" uses hostPort 80`. */
function uses(bad: readonly string[], what: string, values: readonly string[], list: string): string {
  return `${named("container", bad)} ${bad.length === 1 ? "uses" : "use"} ${what}${values.length === 1 ? "" : "s"} ${list}`;
}

function hostPorts({ spec }: Subject): Violation | undefined {
  const portsOf = ({ ports = [] }: Container): string[] =>
    ports.flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]));
  const bad = containersWith(spec, (container) => portsOf(container).length > 0);
  const ports = sorted(containersOf(spec).flatMap(portsOf));
  if (bad.length === 0) return undefined;
  return { reason: "hostPort", detail: uses(bad, "hostPort", ports, ports.join(", ")) };
}

function hosts({ spec }: Subject): Violation | undefined {
  const hostsOf = (container: Container): string[] => {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
    const handlers: readonly (Probe | LifecycleHandler | undefined)[] = [
      ...[livenessProbe, readinessProbe, startupProbe],
      ...[lifecycle?.postStart, lifecycle?.preStop],
    ];
    return handlers
      .flatMap((handler) => [handler?.httpGet?.host ?? "", handler?.tcpSocket?.host ?? ""])
      .filter((host) => host !== "");
  };
  const bad = sorted(containersWith(spec, (container) => hostsOf(container).length > 0));
  if (bad.length === 0) return undefined;
  const found = sorted(containersOf(spec).flatMap(hostsOf));
  const reason = "probe or lifecycle host";
  return { reason, detail: uses(bad, reason, found, quoted(found)) };
}

function seLinux({ spec }: Subject, minor: number): Violation | undefined {
  const isAllowed = (type: string): boolean =>
    SELINUX_TYPES.has(type) || (minor >= 31 && type === "container_engine_t");
  const isBad = (options: SELinuxOptions | undefined): boolean =>
    options !== undefined && (!isAllowed(options.type ?? "") || !!options.user || !!options.role);
  const own = spec.securityContext?.seLinuxOptions;
  const names = containersWith(spec, ({ securityContext }) => isBad(securityContext?.seLinuxOptions));
  const who = setters(isBad(own), names);
  if (who === "") return undefined;
  const all = [own, ...containersOf(spec).map(({ securityContext }) => securityContext?.seLinuxOptions)].filter(isBad);
  const types = sorted(all.map((options) => options?.type ?? "").filter((type) => !isAllowed(type)));
  const data = [
    ...(types.length > 0 ? [`type${types.length === 1 ? "" : "s"} ${quoted(types)}`] : []),
    ...(all.some((options) => !!options?.user) ? ["user may not be set"] : []),
    ...(all.some((options) => !!options?.role) ? ["role may not be set"] : []),
  ];
  return {
    reason: "seLinuxOptions",
    detail: `${who} set forbidden securityContext.seLinuxOptions: ${data.join("; ")}`,
  };
}

function seccomp({ spec }: Subject): Violation | undefined {
  const isBad = (type: string | undefined): boolean =>
    type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
  const own = spec.securityContext?.seccompProfile?.type;
  const names = containersWith(spec, ({ securityContext }) => isBad(securityContext?.seccompProfile?.type));
  const who = setters(isBad(own), names);
  if (who === "") return undefined;
  const types = [own, ...containersOf(spec).map(({ securityContext }) => securityContext?.seccompProfile?.type)];
  const values = sorted(types.filter(isBad).map((type) => type ?? ""));
  return {
    reason: "seccompProfile",
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(values)}`,
  };
}
