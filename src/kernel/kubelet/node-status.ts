/**
 * What a machine's kubelet says of its node: labels, addresses, capacity, conditions, images.
 *
 * Models the setters of pkg/kubelet/nodestatus and initialNode of pkg/kubelet/kubelet_node_status.go.
 */

import type { ContainerImage, Node, NodeCondition, NodeStatus, NodeSystemInfo } from "#kernel/api/types.gen";
import { canonicalQuantity } from "#kernel/apimachinery/quantity";
import { timeText } from "#kernel/apimachinery/time";
import { gitVersion } from "#kernel/apimachinery/version";
import type { NodeImages } from "#kernel/kubelet/images";
import { CONDITION, type Scarce } from "#kernel/kubelet/pressure";
import type { Machine } from "#kernel/runtime/machine";
import { KERNEL_RELEASE } from "#kernel/runtime/machine.facts";
import { imageDigest, imageSizeBytes, resolveImage } from "#kernel/runtime/registry";
import { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";

const OS = "linux";
const ARCH = "amd64";
const KUBELET_PORT = 10250;
/** Images a node's status names at most (nodeStatusMaxImages). */
const IMAGES_MAX = 50;

/** The labels every kubelet sets, then the machine's own. */
export function nodeLabels({ name, labels }: Machine): Record<string, string> {
  return {
    "beta.kubernetes.io/arch": ARCH,
    "beta.kubernetes.io/os": OS,
    "kubernetes.io/arch": ARCH,
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": OS,
    ...labels,
  };
}

/** The status of a node whose kubelet is alive; heartbeats are left to be derived from the clock. */
export function nodeStatus(
  machine: Machine,
  old: Node | undefined,
  { images, scarce }: { readonly images: readonly ContainerImage[]; readonly scarce: readonly Scarce[] },
  now: Instant,
): NodeStatus {
  const { name, internalIP } = machine;
  const resources = capacityOf(machine);
  const before = old?.status?.conditions ?? [];
  return {
    ...old?.status,
    addresses: [
      { address: internalIP, type: "InternalIP" },
      { address: name, type: "Hostname" },
    ],
    // Whoever offers a resource of his own writes its capacity: all of it may be had.
    allocatable: { ...extended(old?.status?.capacity, resources), ...resources },
    capacity: { ...extended(old?.status?.capacity, resources), ...resources },
    conditions: conditionsOf(before, states(scarce, machine.shutdownAt !== undefined), now),
    daemonEndpoints: { kubeletEndpoint: { Port: KUBELET_PORT } },
    features: { supplementalGroupsPolicy: true },
    ...(images.length > 0 && { images: [...images] }),
    nodeInfo: systemInfo(machine),
    runtimeHandlers: ["", "runc", "test-handler"].map((handler) => ({
      features: { recursiveReadOnlyMounts: true, userNamespaces: true },
      name: handler,
    })),
  };
}

function capacityOf({ cpu, memory, ephemeralStorage, pods }: Machine): Record<string, string> {
  return {
    cpu: canonicalQuantity(cpu),
    "ephemeral-storage": canonicalQuantity(ephemeralStorage),
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory: canonicalQuantity(memory),
    pods: String(pods),
  };
}

/** Resources somebody else put there (`example.com/gpu`): the kubelet keeps them. */
function extended(
  list: Readonly<Record<string, string>> | undefined,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(list ?? {}).filter(([name]) => own[name] === undefined && name.includes("/")),
  );
}

/** The kubelet's four conditions when all is well; the events that say so carry the name of the state. */
const HEALTHY = [
  [
    "MemoryPressure",
    "False",
    "KubeletHasSufficientMemory",
    "kubelet has sufficient memory available",
    "NodeHasSufficientMemory",
  ],
  ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure", "NodeHasNoDiskPressure"],
  ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available", "NodeHasSufficientPID"],
  ["Ready", "True", "KubeletReady", "kubelet is posting ready status", "NodeReady"],
] as const;

/** What a kubelet says of each thing its node lacks. */
const LACKING = [
  [
    "MemoryPressure",
    "True",
    "KubeletHasInsufficientMemory",
    "kubelet has insufficient memory available",
    "NodeHasInsufficientMemory",
  ],
  ["DiskPressure", "True", "KubeletHasDiskPressure", "kubelet has disk pressure", "NodeHasDiskPressure"],
  [
    "PIDPressure",
    "True",
    "KubeletHasInsufficientPID",
    "kubelet has insufficient PID available",
    "NodeHasInsufficientPID",
  ],
] as const;

const SHUTTING_DOWN = ["Ready", "False", "KubeletNotReady", "node is shutting down", "NodeNotReady"] as const;

/** The four conditions as they are while the node lacks some things, or is being shut down. */
export const states = (scarce: readonly Scarce[], isShuttingDown = false) =>
  HEALTHY.map((well) => {
    if (well[0] === "Ready") return isShuttingDown ? SHUTTING_DOWN : well;
    return LACKING.find(([type]) => type === well[0] && scarce.some((one) => CONDITION[one] === type)) ?? well;
  });

function conditionsOf(
  before: readonly NodeCondition[],
  present: ReturnType<typeof states>,
  now: Instant,
): NodeCondition[] {
  const own = new Set<string>(HEALTHY.map(([type]) => type));
  const others = before.filter(({ type }) => !own.has(type));
  const mine = present.map(([type, status, reason, message]) => {
    const old = before.find((condition) => condition.type === type);
    const since = old?.status === status ? old.lastTransitionTime : undefined;
    return { lastTransitionTime: since ?? timeText(now), message, reason, status, type };
  });
  return [...others, ...mine];
}

/** The same machine always says the same of itself, but for its boot. */
function systemInfo({ name, bootedAt }: Machine): NodeSystemInfo {
  const machine = Entropy.seeded(`machine ${name}`);
  return {
    architecture: ARCH,
    bootID: Entropy.seeded(`boot ${name} ${bootedAt}`).uid(),
    containerRuntimeVersion: "containerd://2.2.0",
    kernelVersion: KERNEL_RELEASE,
    kubeProxyVersion: "",
    kubeletVersion: gitVersion,
    machineID: machine.hex(32),
    operatingSystem: OS,
    osImage: "Debian GNU/Linux 13 (trixie)",
    systemUUID: machine.uid(),
  };
}

/** The images that are whole at `now`, the largest first. */
export function imageList(images: NodeImages, now: Instant): ContainerImage[] {
  return Object.keys(images)
    .filter((name) => (images[name] ?? 0) <= now)
    .map((name) => {
      const found = resolveImage(name);
      const repository = "reference" in found ? found.reference.repository : name;
      const byDigest = `${repository}@${imageDigest(name)}`;
      const names = name.includes("@") ? [byDigest] : [byDigest, name];
      return { names, sizeBytes: imageSizeBytes(name) };
    })
    .sort((a, b) => b.sizeBytes - a.sizeBytes || ((a.names[0] ?? "") < (b.names[0] ?? "") ? -1 : 1))
    .slice(0, IMAGES_MAX);
}
