/**
 * Use: what a container takes of its machine at this moment, read off its processes.
 *
 * Models the memory and cpu controllers of a cgroup as far as Kubernetes shows them. Nothing here is kept: every number
 * follows from the record, the faults and the clock, so a cluster in which nothing happens stays asleep.
 */
import type { ContainerRecord } from "#kernel/runtime/container";
import { FAULTS, type Fault, faultsOf, hitsContainer } from "#kernel/runtime/fault";
import { contentOf } from "#kernel/runtime/process/content";
import type { Computer, Process } from "#kernel/runtime/process/process";
import type { Use } from "#kernel/runtime/process/program";
import { programNamed } from "#kernel/runtime/process/programs";
import type { World } from "#kernel/runtime/world";

const MIB = 1_048_576;

/** What a small tool or a shell that waits takes. */
const TOOL: Required<Use> = { memoryBytes: MIB, cpuMillis: 0, requestCpuMs: 0.3 };

/** Of a memory limit, what an image takes at most whose inside nobody described. */
const ANYTHING_SHARE = 0.6;

/** One core. */
const CORE_MILLIS = 1_000;

/** What a process takes by what it runs. */
export function useOf(
  { image, memoryLimitBytes }: Pick<ContainerRecord, "image" | "memoryLimitBytes">,
  { program }: Process,
): Required<Use> {
  const own = programNamed(program);
  const content = contentOf(image).image;
  const isOfImage = content.use !== undefined && Object.values(content.programs).some(({ name }) => name === program);
  const use = { ...TOOL, ...(isOfImage ? content.use : undefined), ...own.use };
  // What nobody knows fits into what it was given.
  const most =
    content.isAnything === true
      ? ANYTHING_SHARE * (memoryLimitBytes ?? use.memoryBytes / ANYTHING_SHARE)
      : use.memoryBytes;
  return { ...use, memoryBytes: Math.floor(Math.min(use.memoryBytes, most)) };
}

const processesOf = (record: ContainerRecord): readonly Process[] =>
  record.state === "running" ? Object.values((record.program as Computer).processes) : [];

/** Thousandths of a core a container would use from now on if nobody held it back. */
export function demandMillis(record: ContainerRecord): number {
  let millis = 0;
  for (const process of processesOf(record)) {
    if (process.exit !== undefined) continue;
    // What waits for nothing has more to do than one turn allowed: it never rests.
    millis += process.wait === undefined ? CORE_MILLIS : (process.cpuMillis ?? useOf(record, process).cpuMillis);
  }
  return millis;
}

type Where = Pick<World, "cells" | "client" | "now">;

/** Bytes a running container holds, leaks included. */
export function memoryBytes(record: ContainerRecord, where: Where): number {
  let bytes = 0;
  for (const process of processesOf(record)) {
    if (process.exit === undefined) bytes += process.memoryBytes ?? useOf(record, process).memoryBytes;
  }
  return bytes + leakedBytes(record, where);
}

/** The leaks in a running container. */
export function leaksOf(record: ContainerRecord, { cells, client }: Pick<World, "cells" | "client">): readonly Fault[] {
  if (record.state !== "running" || cells.count(FAULTS) === 0) return [];
  return faultsOf(cells, "memory-leak").filter(({ target }) => hitsContainer(target, client, record));
}

/** Bytes its leaks have taken so far. */
function leakedBytes(record: ContainerRecord, where: Where): number {
  let bytes = 0;
  for (const { since, bytesPerSecond = 0 } of leaksOf(record, where)) {
    bytes += (Math.max(0, where.now - Math.max(since, record.startedAt)) * bytesPerSecond) / 1_000;
  }
  return Math.floor(bytes);
}

/** Bytes per second its leaks take. */
export function leakRate(record: ContainerRecord, where: Pick<World, "cells" | "client">): number {
  return leaksOf(record, where).reduce((sum, { bytesPerSecond = 0 }) => sum + bytesPerSecond, 0);
}
