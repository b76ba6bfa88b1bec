/**
 * Pods on simulated machines for tests of the kubelet and the network: the production kernel, one pod at a time.
 */
import type { ContainerStatus, Pod, PodSpec } from "#kernel/api/types.gen";
import { Cluster } from "#kernel/cluster/cluster";
import type { Draft } from "#kernel/registry/definition";
import { events } from "#kernel/resources/core/event";
import { pods } from "#kernel/resources/core/pod";
import { MACHINES, type Machine } from "#kernel/runtime/machine";

export const START = Date.parse("2026-01-01T00:00:00Z");

/** A pod draft on node-1, which the scheduler never sees. */
export function podOn(name: string, spec: Partial<PodSpec>, node = "node-1"): Draft<Pod> {
  return { metadata: { name, namespace: "default" }, spec: { containers: [], nodeName: node, ...spec } };
}

/** A busybox that runs a line of shell. */
export const shell = (line: string, name = "c") => ({ name, image: "busybox:1.36", command: ["sh", "-c", line] });

/** A server. */
export const nginx = (name = "c") => ({ name, image: "nginx:1.27", ports: [{ containerPort: 80 }] });

export class Bench {
  readonly cluster: Cluster;

  constructor({
    latency = "realistic",
    nodes = 2,
    cpu = "4",
  }: { latency?: "realistic" | "none"; nodes?: number; cpu?: string } = {}) {
    const options = {
      seed: "bench",
      machines: Array.from({ length: nodes }, (_, n) => ({ name: `node-${n + 1}`, cpu })),
      components: { scheduler: true, controllerManager: true, kubelet: true },
      authorization: "RBAC" as const,
      latency,
    };
    this.cluster = Cluster.create(options, START);
  }

  create(draft: Draft<Pod>): void {
    this.turn(() => this.cluster.admin.create(pods, draft));
  }

  delete(name: string, gracePeriodSeconds?: number): void {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    this.turn(() => this.cluster.admin.delete(pods, { namespace: "default", name }, options));
  }

  /** @throws what refuses the turn */
  turn(work: () => void): void {
    const turn = this.cluster.turn(() => work());
    if ("refused" in turn) throw turn.refused;
  }

  /** Seconds since the cluster's first moment. */
  get seconds(): number {
    return (this.cluster.now - START) / 1000;
  }

  pass(seconds: number): void {
    const end = this.cluster.now + seconds * 1000;
    // A turn's budget of work may be spent before the time has passed.
    while (this.cluster.now < end || this.cluster.advance(START, 0).more) {
      this.cluster.advance(START, end - this.cluster.now);
    }
  }

  /** Until nothing but routine is due. */
  settle(): void {
    this.cluster.advance(START, 3_600_000, true);
  }

  pod(name: string): Pod | undefined {
    return this.cluster.admin.get(pods, { namespace: "default", name });
  }

  status(name: string, container = "c"): ContainerStatus | undefined {
    const { containerStatuses = [], initContainerStatuses = [] } = this.pod(name)?.status ?? {};
    return [...containerStatuses, ...initContainerStatuses].find((one) => one.name === container);
  }

  /** `Reason xCount: message` of each event about an object, in the order they were first said. */
  said(name: string): string[] {
    return this.cluster.admin
      .list(events)
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason, count = 1, message }) => `${reason}${count > 1 ? ` x${count}` : ""}: ${message}`);
  }

  machine(name: string, change: (machine: Machine) => Machine): void {
    this.turn(() => {
      const { cells } = this.cluster;
      cells.put(MACHINES, name, change(cells.get<Machine>(MACHINES, name) as Machine));
    });
  }
}
