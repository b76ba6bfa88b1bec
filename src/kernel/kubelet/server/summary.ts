/**
 * `/stats/summary`: what a node, its pods and their containers use.
 *
 * Models k8s.io/kubelet/pkg/apis/stats/v1alpha1 and pkg/kubelet/server/stats.
 * Leaves out what the simulator has no measure for: page faults, pressure and the network's counters are zero.
 */
import type { Pod } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { value } from "#kernel/apimachinery/quantity";
import { timeText } from "#kernel/apimachinery/time";
import { diskAvailable } from "#kernel/kubelet/disk";
import { podCell } from "#kernel/kubelet/pod-cell";
import { containerUsage, nodeUsage, podsOn, SYSTEM_USE, shareOf, type Where } from "#kernel/kubelet/usage";
import { volumeId } from "#kernel/kubelet/volumes";
import type { ContainerRecord } from "#kernel/runtime/container";
import { layerOf } from "#kernel/runtime/files/file-view";
import { treeOf, usedBytes } from "#kernel/runtime/files/volume";
import { logBytes } from "#kernel/runtime/logs";
import type { Machine } from "#kernel/runtime/machine";
import { cpuMsAt, SCRAPE_MS } from "#kernel/runtime/meter";
import type { Computer } from "#kernel/runtime/process/process";

const INODES = 6_553_600;
const NANOS_PER_MS = 1_000_000;

/** The disk of a machine, as every file system on it shows it. */
interface Disk {
  readonly time: string;
  readonly availableBytes: number;
  readonly capacityBytes: number;
  readonly inodesFree: number;
  readonly inodes: number;
}

/** The summary of a node; `isBrief` leaves CPU and memory alone. */
export function summary(where: Where, machine: Machine, isBrief: boolean): object {
  const { now } = where;
  const time = timeText(now);
  const from = Math.max(machine.bootedAt, now - SCRAPE_MS);
  const share = shareOf(where, machine, from, now);
  const capacityBytes = value(machine.ephemeralStorage);
  const availableBytes = diskAvailable(where, machine);
  const disk: Disk = { time, availableBytes, capacityBytes, inodesFree: INODES - 200_000, inodes: INODES };
  const used = { usedBytes: capacityBytes - availableBytes, inodesUsed: 200_000 };
  const usage = nodeUsage(where, machine, from, now);
  const running = podsOn(where, machine.name);
  const processes = running.flatMap(({ records }) => records).reduce((sum, record) => sum + processCount(record), 60);
  const totalNanos = running
    .flatMap(({ records }) => records)
    .reduce((sum, record) => sum + cpuMsAt(where.cells, record, now) * NANOS_PER_MS, 0);
  const whole = {
    ...cpuAndMemory(
      time,
      { ...usage, totalNanos: totalNanos + (now - machine.bootedAt) * SYSTEM_USE.cpuMillis * 1_000 },
      value(machine.memory),
    ),
    startTime: timeText(machine.bootedAt),
  };
  return {
    node: {
      nodeName: machine.name,
      ...whole,
      ...(!isBrief && {
        network: network(time),
        fs: { ...disk, ...used },
        runtime: { imageFs: { ...disk, ...used }, containerFs: { ...disk, ...used } },
        rlimit: { time, maxpid: 4_194_304, curproc: processes },
      }),
      systemContainers: [{ name: "pods", ...whole }],
    },
    pods: running.map(({ pod, records }) => podStats(where, { pod, records, from, share, disk, isBrief })),
  };
}

interface PodPart {
  readonly pod: Pod;
  readonly records: readonly ContainerRecord[];
  readonly from: number;
  readonly share: number;
  readonly disk: Disk;
  readonly isBrief: boolean;
}

function podStats(where: Where, { pod, records, from, share, disk, isBrief }: PodPart): object {
  const { now, cells } = where;
  const time = timeText(now);
  const { name, namespace, uid } = pod.metadata;
  const stats = records.map((record) => {
    const usage = containerUsage(where, record, { from, until: now, share });
    const totalNanos = cpuMsAt(cells, record, now) * NANOS_PER_MS;
    return { record, usage: { ...usage, totalNanos } };
  });
  const total = stats.reduce(
    (sum, { usage }) => ({
      cpuNanos: sum.cpuNanos + usage.cpuNanos,
      memoryBytes: sum.memoryBytes + usage.memoryBytes,
      totalNanos: sum.totalNanos + usage.totalNanos,
    }),
    { cpuNanos: 0, memoryBytes: 0, totalNanos: 0 },
  );
  const layers = records.reduce((sum, { id }) => sum + usedBytes(cells, layerOf(id)) + logBytes(cells, id), 0);
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime,
    containers: stats.map(({ record, usage }) => ({
      name: record.name,
      startTime: timeText(record.startedAt),
      ...cpuAndMemory(time, usage, record.memoryLimitBytes),
      ...(!isBrief && {
        rootfs: {
          ...disk,
          usedBytes: usedBytes(cells, layerOf(record.id)),
          inodesUsed: filesIn(where, layerOf(record.id)),
        },
        logs: { ...disk, usedBytes: logBytes(cells, record.id), inodesUsed: 1 },
      }),
    })),
    ...cpuAndMemory(time, total, undefined),
    ...(!isBrief && {
      network: network(time),
      volume: volumes(where, pod, disk),
      "ephemeral-storage": { ...disk, usedBytes: layers, inodesUsed: records.length },
      process_stats: { process_count: records.reduce((sum, record) => sum + processCount(record), 0) },
    }),
  };
}

function volumes(where: Where, pod: Pod, disk: Disk): object[] {
  const cell = podCell(where.cells, keyOf(pod));
  if (cell === undefined) return [];
  const { namespace } = pod.metadata;
  return (pod.spec.volumes ?? [])
    .filter(({ hostPath }) => hostPath === undefined)
    .map((volume) => {
      const id = volumeId(cell, volume);
      const claimName = volume.persistentVolumeClaim?.claimName;
      return {
        ...disk,
        usedBytes: usedBytes(where.cells, id),
        inodesUsed: filesIn(where, id),
        name: volume.name,
        ...(claimName !== undefined && { pvcRef: { name: claimName, namespace } }),
      };
    });
}

const filesIn = ({ cells }: Where, volume: string): number => Object.keys(treeOf(cells, volume).nodes).length;

function processCount({ state, program }: ContainerRecord): number {
  return state === "running" ? Object.keys((program as Computer).processes).length : 0;
}

interface Use {
  readonly cpuNanos: number;
  readonly memoryBytes: number;
  readonly totalNanos: number;
}

function cpuAndMemory(time: string, { cpuNanos, memoryBytes, totalNanos }: Use, limit: number | undefined): object {
  const bytes = Math.round(memoryBytes);
  return {
    cpu: { time, usageNanoCores: cpuNanos, usageCoreNanoSeconds: Math.round(totalNanos) },
    memory: {
      time,
      ...(limit !== undefined && { availableBytes: Math.max(0, limit - bytes) }),
      usageBytes: bytes,
      workingSetBytes: bytes,
      rssBytes: bytes,
      pageFaults: 0,
      majorPageFaults: 0,
    },
  };
}

function network(time: string): object {
  const none = { rxBytes: 0, rxErrors: 0, txBytes: 0, txErrors: 0 };
  return { time, name: "eth0", ...none, interfaces: [{ name: "eth0", ...none }] };
}
