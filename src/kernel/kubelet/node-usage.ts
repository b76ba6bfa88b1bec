/**
 * What the pods a node has admitted take of it, kept in step with every change.
 *
 * Models the NodeInfo a kubelet builds for its admission.
 */
import type { Pod } from "#kernel/api/types.gen";
import type { View } from "#kernel/registry/view";
import { pods } from "#kernel/resources/core/pod";
import { hostPorts, isPodTerminal, podRequests } from "#kernel/resources/core/pod.facts";

const portText = ({ hostIP = "", hostPort = 0, protocol = "TCP" }): string => `${protocol} ${hostIP} ${hostPort}`;

/** The host ports of a pod as texts. */
export const portsOf = (pod: Pod): string[] => hostPorts(pod).map(portText);

interface Usage {
  readonly amounts: Record<string, number>;
  pods: number;
  readonly ports: Set<string>;
}

const NOTHING: Usage = { amounts: {}, pods: 0, ports: new Set() };

/** A pod counts from its admission, which its start time shows, to its end. */
const countsOn = (pod: Pod | undefined): string | undefined =>
  pod?.status?.startTime === undefined || isPodTerminal(pod) ? undefined : pod.spec.nodeName;

export class NodeUsage {
  readonly #nodes = new Map<string, Usage>();

  of(node: string): Readonly<Usage> {
    return this.#nodes.get(node) ?? NOTHING;
  }

  change(before: Pod | undefined, after: Pod | undefined): void {
    const [was, is] = [countsOn(before), countsOn(after)];
    if (was === is && before?.spec === after?.spec) return;
    if (was !== undefined && before !== undefined) this.#add(was, before, -1);
    if (is !== undefined && after !== undefined) this.#add(is, after, 1);
  }

  #add(node: string, pod: Pod, sign: 1 | -1): void {
    let usage = this.#nodes.get(node);
    if (usage === undefined) {
      usage = { amounts: {}, pods: 0, ports: new Set() };
      this.#nodes.set(node, usage);
    }
    const requests = podRequests(pod);
    for (const name in requests) usage.amounts[name] = (usage.amounts[name] ?? 0) + sign * (requests[name] ?? 0);
    usage.pods += sign;
    for (const port of portsOf(pod)) {
      if (sign === 1) usage.ports.add(port);
      else usage.ports.delete(port);
    }
  }
}

export const NODE_USAGE: View<NodeUsage> = {
  name: "kubelet/node-usage",
  create({ store }) {
    const usage = new NodeUsage();
    for (const pod of store.list(pods.bucket, undefined)) usage.change(undefined, pod as Pod);
    return usage;
  },
  apply(usage, { bucket, type, object, previous }) {
    if (bucket !== pods.bucket) return;
    usage.change(previous as Pod | undefined, type === "DELETED" ? undefined : (object as Pod));
  },
};
