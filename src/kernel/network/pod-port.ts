/**
 * A pod's port as seen from inside the pod, where port-forward connects.
 *
 * Models the CRI's PortForward: the runtime dials localhost in the pod's network namespace.
 */
import { pods } from "#kernel/resources/core/pod";
import type { HttpRequest, HttpResponse, NetFailure, World } from "#kernel/runtime/world";

export interface PodPort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

export interface PortAnswer {
  readonly answer: HttpResponse | NetFailure | "open";
  /** What the node's runtime calls the pod: 64 hexadecimal digits. */
  readonly sandbox: string;
}

/** Asks a port of a pod; without a request, whether it takes a connection at all. */
export function podPort(world: World, { namespace, name, port }: PodPort, request?: HttpRequest): PortAnswer {
  const pod = world.client.get(pods, { namespace, name });
  if (pod === undefined) return { answer: "unreachable", sandbox: "" };
  const sandbox = (pod.metadata.uid ?? "").replaceAll("-", "").repeat(2);
  const origin = {
    kind: "pod",
    namespace,
    name,
    ...(pod.status?.podIP !== undefined && { ip: pod.status.podIP }),
  } as const;
  const target = { host: "127.0.0.1", port };
  const answer = request === undefined ? world.net.connect(origin, target) : world.net.http(origin, target, request);
  return { answer, sandbox };
}
