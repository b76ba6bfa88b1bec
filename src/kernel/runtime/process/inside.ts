/**
 * The door into a container: it is taken from its cell, acted on and put back.
 */
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { Sandbox } from "#kernel/runtime/process/sandbox";
import type { World } from "#kernel/runtime/world";
import { must } from "#kernel/sim/assert";
import type { Cells } from "#kernel/store/cells";

/** Containers taken from their cells at this moment: a request that comes back to one finds it as it is. */
const taken = new WeakMap<Cells, Map<string, Sandbox>>();

/** Takes a container, acts on it and puts it back; one that is taken already is shared. */
export function inside<T>(world: World, id: string, act: (sandbox: Sandbox) => T): T {
  let open = taken.get(world.cells);
  if (open === undefined) {
    open = new Map();
    taken.set(world.cells, open);
  }
  const outer = open.get(id);
  if (outer !== undefined) return act(outer);
  const record = must(world.cells.get<ContainerRecord>(CONTAINERS, id), "a container that is reached exists");
  const sandbox = new Sandbox(world, record);
  open.set(id, sandbox);
  try {
    const result = act(sandbox);
    sandbox.commit();
    return result;
  } finally {
    open.delete(id);
  }
}

/** A container to be looked at only: as it is at this moment, if it is taken; undefined if there is none. */
export function glance(world: World, id: string): Sandbox | undefined {
  const open = taken.get(world.cells)?.get(id);
  if (open !== undefined) return open;
  const record = world.cells.get<ContainerRecord>(CONTAINERS, id);
  return record?.state === "running" ? new Sandbox(world, record) : undefined;
}

/** Containers that are asking each other at this moment. */
export function requestDepth(cells: Cells): number {
  return taken.get(cells)?.size ?? 0;
}
