/**
 * Containers as records: what the kubelet asks the runtime for, and what the runtime knows of each.
 *
 * Models the container side of the CRI (k8s.io/cri-api), reduced to what can be seen from Kubernetes.
 */
import type { ImageDescription } from "#kernel/resources/core/image-description";
import type { Instant } from "#kernel/sim/instant";

/** The room of container cells; the id is the container's id (64 hexadecimal digits, without `containerd://`). */
export const CONTAINERS = "containers";

export interface Mount {
  readonly path: string;
  readonly isReadOnly: boolean;
  /** The room and id prefix under which the files of the volume live: a volume is shared by naming the same one. */
  readonly volume: string;
  readonly subPath?: string;
  /** The kind of file system, if it is not a disk's. */
  readonly type?: "tmpfs";
}

/** What the kubelet hands to the runtime: everything is resolved (env, args, mounts). */
export interface ContainerSpec {
  readonly id: string;
  readonly podUid: string;
  readonly namespace: string;
  readonly pod: string;
  readonly name: string;
  readonly node: string;
  readonly image: string;
  /** What the image is, if a ConfigMap describes it: as it was when the container started. */
  readonly described?: ImageDescription;
  /** Overrides the image's entrypoint if given. */
  readonly command?: readonly string[];
  /** Overrides the image's cmd if given. */
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly hostname: string;
  readonly podIP: string;
  readonly ports: readonly { readonly containerPort: number; readonly protocol: string; readonly name?: string }[];
  readonly mounts: readonly Mount[];
  /** The process namespace it shares with others; absent = it has its own (#kernel/runtime/process/pid-namespace). */
  readonly pidNamespace?: string;
  readonly stdin: boolean;
  readonly tty: boolean;
  /** It is there to do something and end: an init container, one of a Job, or one that Helm waits for. */
  readonly isTask?: true;
  readonly user?: number;
  /** Its primary group; absent = the image's. */
  readonly group?: number;
  /** Further groups its processes are in. */
  readonly groups?: readonly number[];
  /** Capabilities it has beyond (`+NET_ADMIN`) or short of (`-CHOWN`) the runtime's usual ones; `ALL` = every one. */
  readonly capabilities?: readonly string[];
  readonly isPrivileged?: true;
  readonly hasNoNewPrivileges?: true;
  /** Runs under the runtime's seccomp profile, or one of the node's. */
  readonly isSeccompConfined?: true;
  /** Kernel parameters of the pod: `kernel.shm_rmid_forced`. */
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly isReadOnlyRoot: boolean;
  /** Files the kubelet writes into every container: /etc/hosts, /etc/hostname, /etc/resolv.conf, termination log path. */
  readonly files: Readonly<Record<string, string>>;
  readonly terminationMessagePath: string;
  /** Bytes and millicores; absent = unlimited. */
  readonly memoryLimitBytes?: number;
  readonly cpuLimitMillis?: number;
  /** Its share of a busy machine, in millicores; absent = the least. */
  readonly cpuRequestMillis?: number;
}

export interface ContainerRecord extends ContainerSpec {
  readonly state: "running" | "exited";
  readonly startedAt: Instant;
  readonly finishedAt?: Instant;
  readonly exitCode?: number;
  /** Set by a signal that killed it. */
  readonly signal?: number;
  /** "Completed", "Error", "OOMKilled", "ContainerCannotRun". */
  readonly reason?: string;
  readonly terminationMessage?: string;
  /** When its processes want to run again; absent = only when something reaches them. */
  readonly wakeAt?: Instant;
  /** TCP ports it listens on now. */
  readonly listening: readonly number[];
  /** UDP ports it listens on now. */
  readonly listeningUdp?: readonly number[];
  /** SCTP ports it listens on now. */
  readonly listeningSctp?: readonly number[];
  /** The state of the image's program: JSON, nobody else's business. */
  readonly program: unknown;
}
