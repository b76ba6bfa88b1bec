/**
 * Containers: starting, waking, reaching and ending them; the door of the runtime that the kubelet knocks on.
 *
 * Models the container part of the CRI's RuntimeService.
 */
import { CONTAINERS, type ContainerRecord, type ContainerSpec } from "#kernel/runtime/container";
import { removeLog } from "#kernel/runtime/logs";
import type { HttpRequest, HttpResponse, World } from "#kernel/runtime/world";
import { must } from "#kernel/sim/assert";
import type { Cells } from "#kernel/store/cells";

/** Starts a container and runs it until it blocks; it may come back exited. */
export function startContainer(world: World, spec: ContainerSpec): ContainerRecord {
  const record: ContainerRecord = {
    ...spec,
    state: "running",
    startedAt: world.now,
    listening: spec.ports.filter(({ protocol }) => protocol === "TCP").map(({ containerPort }) => containerPort),
    program: null,
  };
  world.cells.put(CONTAINERS, spec.id, record);
  return record;
}

/** Runs what is due at world.now. */
export function wakeContainer(world: World, id: string): ContainerRecord {
  return must(containerRecord(world.cells, id), "a container that is woken exists");
}

/** Sends a signal to PID 1. */
export function signalContainer(world: World, id: string, signal: string): ContainerRecord {
  const record = must(containerRecord(world.cells, id), "a container that is signalled exists");
  if (signal !== "SIGKILL" || record.state === "exited") return record;
  const ended: ContainerRecord = {
    ...record,
    state: "exited",
    finishedAt: world.now,
    exitCode: 137,
    signal: 9,
    reason: "Error",
    listening: [],
  };
  world.cells.put(CONTAINERS, id, ended);
  return ended;
}

/** Sends a request to a port of a container. */
export function containerHttp(
  world: World,
  id: string,
  port: number,
  _request: HttpRequest,
): HttpResponse | "refused" | "timeout" | "reset" {
  if (!listens(world, id, port)) return "refused";
  return { status: 200, headers: { "content-type": "text/plain" }, body: "" };
}

/** Whether something in the container listens on a TCP port. */
export function listens(world: World, id: string, port: number): boolean {
  return containerRecord(world.cells, id)?.listening.includes(port) ?? false;
}

/** What a command run to its end left behind. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** Virtual time it slept: a probe compares it with its timeout. */
  readonly elapsedMs: number;
  /** Set if it could not be started: the runtime's message. */
  readonly startError?: string;
}

/** Runs a command inside a running container to its end. */
export function execInContainer(
  _world: World,
  _id: string,
  _argv: readonly string[],
  _options: { readonly stdin?: string; readonly tty?: boolean } = {},
): ExecResult {
  return { stdout: "", stderr: "", exitCode: 0, elapsedMs: 0 };
}

/** Ends a container at once (SIGKILL). */
export function killContainer(world: World, id: string): void {
  signalContainer(world, id, "SIGKILL");
}

/** Deletes a container's record, log and writable layer. */
export function removeContainer(world: World, id: string): void {
  removeLog(world.cells, id);
  world.cells.delete(CONTAINERS, id);
}

/** The record of a container. */
export function containerRecord(cells: Cells, id: string): ContainerRecord | undefined {
  return cells.get<ContainerRecord>(CONTAINERS, id);
}
