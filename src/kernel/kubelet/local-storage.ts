/**
 * Local storage that has limits: a pod whose files outgrow them is evicted.
 *
 * Models localStorageEviction of pkg/kubelet/eviction/eviction_manager.go.
 * Leaves out what images take of a node's disk.
 */
import type { Container } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { value } from "#kernel/apimachinery/quantity";
import { membersOf, type PodWork } from "#kernel/kubelet/pod-work";
import { volumeId } from "#kernel/kubelet/volumes";
import type { Client } from "#kernel/registry/client";
import type { Watch } from "#kernel/registry/controller";
import { pods } from "#kernel/resources/core/pod";
import { containerRecord } from "#kernel/runtime/containers";
import { FILES } from "#kernel/runtime/files/content";
import { layerOf } from "#kernel/runtime/files/file-view";
import { usedBytes } from "#kernel/runtime/files/volume";
import { logBytes } from "#kernel/runtime/logs";
import type { Instant } from "#kernel/sim/instant";

/** How often a kubelet measures (its housekeeping interval). */
const MEASURE_MS = 10_000;

/** Wakes the pods with limits whose files change. */
export const ofLimitedFiles: Watch = {
  room: FILES,
  keys: (id: string, _value: unknown, client: Client) => {
    // Contents lie in cells of their own; the tree tells how long they are.
    if (id.includes("\n")) return [];
    const [room, owner = ""] = id.split("/");
    const { cells } = client.registry;
    const uid = room === "pod" ? owner : room === "layer" ? containerRecord(cells, owner)?.podUid : undefined;
    return uid === undefined ? [] : client.by(pods, "storageLimit", uid).map(keyOf);
  },
};

const limitOf = ({ resources }: Pick<Container, "resources">): string | undefined =>
  resources?.limits?.["ephemeral-storage"];

/** When the kubelet measures next: it does so at fixed times. */
export const nextMeasure = (now: Instant): Instant => (Math.floor(now / MEASURE_MS) + 1) * MEASURE_MS;

/** Why the pod is evicted for what it stores; undefined if it keeps its limits. */
export function overflow(work: PodWork): string | undefined {
  const { pod, cell, context } = work;
  const { cells } = context;
  const emptyDirs = (pod.spec.volumes ?? []).filter(({ emptyDir }) => emptyDir !== undefined);
  let total = 0;
  for (const volume of emptyDirs) {
    const used = usedBytes(cells, volumeId(cell, volume));
    if (volume.emptyDir?.medium !== "Memory") total += used;
    const limit = volume.emptyDir?.sizeLimit;
    if (limit !== undefined && value(limit) > 0 && used > value(limit)) {
      return `Usage of EmptyDir volume "${volume.name}" exceeds the limit "${limit}". `;
    }
  }
  const members = membersOf(pod).filter(({ role }) => role !== "ephemeral");
  const usage = members.map(({ container }) => {
    const id = cell.containers[container.name]?.id;
    return id === undefined ? 0 : usedBytes(cells, layerOf(id)) + logBytes(cells, id);
  });
  total += usage.reduce((sum, bytes) => sum + bytes, 0);
  const limits = members
    .filter(({ role }) => role === "regular")
    .map(({ container }) => limitOf(container as Container));
  const known = limits.filter((limit) => limit !== undefined);
  const sum = known.reduce((bytes, limit) => bytes + value(limit), 0);
  if (known.length > 0 && known.length === limits.length && total > sum) {
    const shown = known.length === 1 ? known[0] : String(sum);
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${shown}. `;
  }
  for (const [n, { container }] of members.entries()) {
    const limit = limitOf(container as Container);
    if (limit !== undefined && (usage[n] ?? 0) > value(limit)) {
      return `Container ${container.name} exceeded its local ephemeral storage limit "${limit}". `;
    }
  }
  return undefined;
}
