/**
 * Who exec, attach and port-forward reach: the pod, its container, and whether a node runs it now.
 *
 * Models pkg/registry/core/pod/strategy.go (streamLocation) and the kubelet's answers.
 */
import type { Pod } from "#kernel/api/types.gen";
import { badRequest } from "#kernel/apimachinery/errors";
import { chosenContainer } from "#kernel/network/api-server/log";
import { admitOther } from "#kernel/registry/admission";
import { requireAllowed } from "#kernel/registry/authorize";
import type { Client } from "#kernel/registry/client";
import { isTrue, type Query } from "#kernel/requests/query";
import type { RequestInfo } from "#kernel/requests/request-info";
import { pods } from "#kernel/resources/core/pod";
import { containerRecord } from "#kernel/runtime/containers";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import type { Cells } from "#kernel/store/cells";

export interface Target {
  readonly pod: Pod;
  /** The container's name. */
  readonly container: string;
}

/** The pod and the container a request means, as far as the API server looks. @throws NotFound, BadRequest */
export function connectTarget(client: Client, info: RequestInfo, query: Query): Target {
  const pod = connectPod(client, info, query);
  const container = query.get("container") ?? "";
  return { pod, container: chosenContainer(pod, container) };
}

/**
 * The pod to connect to. Who upgrades a GET does no less than who sends a POST: he must be allowed to create.
 * @throws NotFound, BadRequest, Forbidden
 */
export function connectPod(client: Client, info: RequestInfo, query: Query): Pod {
  const { namespace, name, group, version, plural, subresource } = info;
  requireAllowed(client.registry, {
    ...{ user: client.user, verb: "create", group, version, plural, subresource, namespace, name },
  });
  const pod = client.need(pods, { namespace, name });
  const kind = { group: "", version: "v1", kind: KINDS[subresource] ?? "" };
  const object = { kind: kind.kind, apiVersion: "v1", ...connectOptions(subresource, query) };
  admitOther(client, { operation: "CONNECT", resource: pods, subresource, namespace, name, kind, object });
  if ((pod.spec.nodeName ?? "") === "") throw badRequest(`pod ${name} does not have a host assigned`);
  return pod;
}

const KINDS: Readonly<Record<string, string>> = {
  ...{ exec: "PodExecOptions", attach: "PodAttachOptions", portforward: "PodPortForwardOptions" },
};

/** The query as the options kind of the subresource has it. */
function connectOptions(subresource: string, query: Query): Record<string, unknown> {
  if (subresource === "portforward") {
    const ports = query.getAll("ports").flatMap((text) => text.split(",").map(Number));
    return ports.length === 0 ? {} : { ports };
  }
  const flags = ["stdin", "stdout", "stderr", "tty"].filter((name) => isTrue(query.get(name)));
  const container = query.get("container") ?? "";
  return {
    ...Object.fromEntries(flags.map((name) => [name, true])),
    ...(container !== "" && { container }),
    ...(subresource === "exec" && { command: query.getAll("command") }),
  };
}

/** What the API server says of a node that it cannot reach; undefined if it can. */
export function unreachableMachine(machine: Machine | undefined, node: string): string | undefined {
  if (machine?.isPowered === true && machine.isCutOff !== true) return undefined;
  if (machine === undefined) return `dial tcp: lookup ${node}: no such host`;
  return `dial tcp ${machine.internalIP}:10250: i/o timeout`;
}

/** The running container, or why its node has none. */
export function containerOf(
  { cells }: { readonly cells: Cells },
  { pod, container }: Target,
): { id: string } | { problem: string } {
  const node = pod.spec.nodeName ?? "";
  const problem = unreachableMachine(cells.get<Machine>(MACHINES, node), node);
  if (problem !== undefined) return { problem: `error dialing backend: ${problem}` };
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  const { containerID = "", state } = all.find(({ name }) => name === container) ?? {};
  const id = containerID.slice(containerID.indexOf("//") + 2);
  const isRunning = state?.running !== undefined && containerRecord(cells, id)?.state === "running";
  return isRunning
    ? { id }
    : { problem: `unable to upgrade connection: container not found (${JSON.stringify(container)})` };
}
