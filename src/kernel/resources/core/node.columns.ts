/**
 * The row of a node in `kubectl get nodes`.
 *
 * Models pkg/printers/internalversion/printers.go (printNode).
 */

import type { Node } from "#kernel/api/types.gen";
import { ageText } from "#kernel/apimachinery/table";
import { type Column, column, wide } from "#kernel/registry/definition";
import { isUnschedulable, nodeAddress, nodeCondition, rolesOf } from "#kernel/resources/core/node.facts";

function statusOf(node: Node): string {
  const ready = nodeCondition(node, "Ready");
  const state = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return isUnschedulable(node) ? `${state},SchedulingDisabled` : state;
}

const orElse = (text: string | undefined, otherwise: string): string =>
  text === undefined || text === "" ? otherwise : text;

function kernelText({ status }: Node): string {
  const kernel = orElse(status?.nodeInfo?.kernelVersion, "<unknown>");
  const architecture = status?.nodeInfo?.architecture ?? "";
  return architecture === "" ? kernel : `${kernel} (${architecture})`;
}

/** The whole table: VERSION stands behind AGE, as in no other. */
export const nodeTable: readonly Column<Node>[] = [
  { ...column<Node>("Name", "string", ({ metadata }) => metadata.name, "The node's name."), format: "name" },
  column("Status", "string", statusOf, "Whether the node is ready, and whether it takes new pods."),
  column("Roles", "string", (node) => orElse(rolesOf(node).join(","), "<none>"), "What the node is there for."),
  column("Age", "string", ({ metadata }, now) => ageText(metadata.creationTimestamp, now), "How old the node is."),
  column("Version", "string", ({ status }) => status?.nodeInfo?.kubeletVersion ?? "", "The kubelet's version."),
  wide("Internal-IP", "string", (node) => orElse(nodeAddress(node, "InternalIP"), "<none>"), "Its inner address."),
  wide("External-IP", "string", (node) => orElse(nodeAddress(node, "ExternalIP"), "<none>"), "Its outer address."),
  wide("OS-Image", "string", ({ status }) => orElse(status?.nodeInfo?.osImage, "<unknown>"), "Its operating system."),
  wide("Kernel-Version", "string", kernelText, "The version of its kernel, and what machine it is for."),
  wide(
    "Container-Runtime",
    "string",
    ({ status }) => orElse(status?.nodeInfo?.containerRuntimeVersion, "<unknown>"),
    "What runs its containers.",
  ),
];
