/**
 * Disk: what is left of a machine's, and what containers have written on it.
 *
 * Models the file system stats of pkg/kubelet/server/stats and pkg/kubelet/images/image_gc_manager.go.
 */
import { value } from "#kernel/apimachinery/quantity";
import { imagesOn, NODE_IMAGES, normalized } from "#kernel/kubelet/images";
import { podsOn, type Where } from "#kernel/kubelet/usage";
import type { ContainerRecord } from "#kernel/runtime/container";
import { faultsOf } from "#kernel/runtime/fault";
import { layerOf } from "#kernel/runtime/files/file-view";
import { usedBytes } from "#kernel/runtime/files/volume";
import { LOGS } from "#kernel/runtime/logs";
import type { Machine } from "#kernel/runtime/machine";
import { imageSizeBytes } from "#kernel/runtime/registry";

/** What the system itself takes of every disk. */
const SYSTEM_BYTES = 4 * 2 ** 30;
/** Unpacked, an image takes more than its download. */
const UNPACKED = 2.5;
/** Of a disk that a fault has filled so much is left. */
const LEFT_WHEN_FULL = 0.04;

/** Bytes left on a machine's disk. */
export function diskAvailable(where: Where, { name, ephemeralStorage }: Machine): number {
  const capacity = value(ephemeralStorage);
  let used = SYSTEM_BYTES;
  for (const image of Object.keys(imagesOn(where.cells, name))) used += imageSizeBytes(image) * UNPACKED;
  const available = Math.max(0, capacity - used);
  const isFull = faultsOf(where.cells, "disk-full").some(({ target }) => target.node === name);
  return Math.floor(isFull ? Math.min(available, capacity * LEFT_WHEN_FULL) : available);
}

/** Bytes a container has written: its layer and its log. */
export function podDisk({ cells }: Where, record: ContainerRecord): number {
  const bytes = usedBytes(cells, layerOf(record.id));
  return bytes + (cells.get<{ readonly end: number }>(LOGS, record.id)?.end ?? 0);
}

/** Deletes the images no container uses; false if there were none. */
export function reclaimImages(where: Where, { name }: Machine): boolean {
  const used = new Set(podsOn(where, name).flatMap(({ records }) => records.map(({ image }) => normalized(image))));
  const images = imagesOn(where.cells, name);
  const kept = Object.fromEntries(Object.entries(images).filter(([image]) => used.has(image)));
  if (Object.keys(kept).length === Object.keys(images).length) return false;
  where.cells.put(NODE_IMAGES, name, kept);
  return true;
}
