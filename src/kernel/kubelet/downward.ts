/**
 * The downward API: what a container may learn of its own pod.
 *
 * Models pkg/fieldpath, pkg/api/v1/resource (ExtractContainerResourceValue) and podFieldSelectorRuntimeValue.
 */
import type { Container, ResourceFieldSelector } from "#kernel/api/types.gen";
import { quote } from "#kernel/apimachinery/go-text";
import { cmp, milli, value } from "#kernel/apimachinery/quantity";
import type { PodWork } from "#kernel/kubelet/pod-work";
import { amountOf } from "#kernel/resources/core/pod.facts";

/** The text of a pod's field: `metadata.name`, `metadata.labels['app']`, `status.podIP` ... */
export function podField({ pod, cell, machine }: PodWork, path: string): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed !== null) return metadata[keyed[1] as "labels" | "annotations"]?.[keyed[2] ?? ""] ?? "";
  switch (path) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid;
    case "metadata.labels":
      return mapText(metadata.labels);
    case "metadata.annotations":
      return mapText(metadata.annotations);
    case "spec.nodeName":
      return machine.name;
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "";
    case "status.hostIP":
    case "status.hostIPs":
      return machine.internalIP;
    case "status.podIP":
    case "status.podIPs":
      return cell.podIP ?? "";
    default:
      return "";
  }
}

/** `key="value"` lines, sorted, as a downward volume writes labels. */
function mapText(map: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${quote(map?.[key] ?? "")}`)
    .join("\n");
}

/** The amount of a container's resource in units of the divisor, rounded up. */
export function containerResource(
  work: PodWork,
  container: Container,
  { resource, divisor = "1", containerName }: ResourceFieldSelector,
): string {
  const named = [...work.pod.spec.containers, ...(work.pod.spec.initContainers ?? [])];
  const from = containerName ? (named.find(({ name }) => name === containerName) ?? container) : container;
  const dot = resource.indexOf(".");
  const [which, name] = [resource.slice(0, dot) as "limits" | "requests", resource.slice(dot + 1)];
  const amount = from.resources?.[which]?.[name] ?? (which === "limits" ? capacityOf(work, name) : "0");
  const unit = cmp(divisor, "0") === 0 ? "1" : divisor;
  if (name === "cpu") return String(Math.ceil(milli(amount) / milli(unit)));
  return String(Math.ceil(amountOf(name, amount) / value(unit)));
}

/** A container without a limit may use all its node has. */
function capacityOf({ machine }: PodWork, name: string): string {
  if (name === "cpu") return machine.cpu;
  if (name === "memory") return machine.memory;
  return name === "ephemeral-storage" ? machine.ephemeralStorage : "0";
}
