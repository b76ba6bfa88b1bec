/**
 * A pod's port as seen from inside the pod, where port-forward connects.
 *
 * Models the CRI's PortForward: the runtime dials localhost in the pod's network namespace.
 */
import { pods } from "#kernel/resources/core/pod";
import type { NetFailure, World } from "#kernel/runtime/world";

export interface PodPort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** Who fetches what comes: `holder/name`. */
  readonly holder: string;
}

/** Why a port cannot be reached. */
export interface PortProblem {
  readonly failure: NetFailure;
  /** What the node's runtime calls the pod: 64 hexadecimal digits. */
  readonly sandbox: string;
}

/** Connects to a port of a pod: undefined, or why it cannot. */
export function openPodPort(world: World, { namespace, name, port, holder }: PodPort): PortProblem | undefined {
  const pod = world.client.get(pods, { namespace, name });
  if (pod === undefined) return { failure: "unreachable", sandbox: "" };
  const sandbox = (pod.metadata.uid ?? "").replaceAll("-", "").repeat(2);
  const { podIP } = pod.status ?? {};
  const origin = { kind: "pod", namespace, name, ...(podIP !== undefined && { ip: podIP }) } as const;
  const opened = world.net.dial(origin, { host: "127.0.0.1", port }, { holder });
  return typeof opened === "string" ? { failure: opened, sandbox } : undefined;
}
