/**
 * Containers: starting, waking, reaching and ending them; the door of the runtime that the kubelet knocks on.
 *
 * Models the container part of the CRI's RuntimeService, with containerd and runc behind it.
 */
import { closeAll } from "#kernel/runtime/connections";
import { CONTAINERS, type ContainerRecord, type ContainerSpec } from "#kernel/runtime/container";
import { type ExecResult, runToEnd, startFailure } from "#kernel/runtime/exec";
import { CRASH_CODE, isHung, stillUntil } from "#kernel/runtime/fault";
import { ERRNO } from "#kernel/runtime/files/errno";
import { layerOf } from "#kernel/runtime/files/file-view";
import { removeVolume } from "#kernel/runtime/files/volume";
import { simulated } from "#kernel/runtime/images/default";
import type { ImageContent } from "#kernel/runtime/images/image";
import { removeLog } from "#kernel/runtime/logs";
import { dropMeter } from "#kernel/runtime/meter";
import { askDns, askHttp } from "#kernel/runtime/process/ask";
import { insideOfContainer } from "#kernel/runtime/process/content";
import { findExecutable, type Loaded, loadExecutable } from "#kernel/runtime/process/executable";
import { inside } from "#kernel/runtime/process/inside";
import { register, release } from "#kernel/runtime/process/open-files";
import { joinNamespace, leaveNamespace } from "#kernel/runtime/process/pid-namespace";
import { emptyComputer } from "#kernel/runtime/process/process";
import type { DnsCall } from "#kernel/runtime/process/program";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import type { DnsAnswer, HttpRequest, HttpResponse, World } from "#kernel/runtime/world";
import { must } from "#kernel/sim/assert";
import { LIMITS } from "#kernel/sim/limits";
import type { Cells } from "#kernel/store/cells";

export type { ExecResult } from "#kernel/runtime/exec";

/** How long a command takes in a container that hangs: longer than anybody waits. */
const HUNG_MS = 86_400_000;

const START_FAILED =
  "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: " +
  "unable to start container process: error during container init: ";

/**
 * Starts a container and runs it until it blocks; it may come back exited. One whose command cannot be executed
 * comes back exited with code 128, reason StartError and the runtime's message as its terminationMessage.
 */
export function startContainer(world: World, spec: ContainerSpec): ContainerRecord {
  const record: ContainerRecord = {
    ...spec,
    state: "running",
    startedAt: world.now,
    listening: [],
    program: emptyComputer(),
  };
  world.cells.put(CONTAINERS, spec.id, record);
  join(world, spec);
  inside(world, spec.id, (sandbox) => {
    const failure = begin(sandbox);
    if (failure === undefined) sandbox.run(LIMITS.stepsPerWake);
    else sandbox.end({ code: 128, reason: "StartError", message: failure });
  });
  return recordOf(world, spec.id);
}

/** Brings a container into the process namespace it is to share; that of another container becomes a shared one. */
function join(world: World, spec: ContainerSpec): void {
  const owner = spec.pidNamespace ?? "";
  const isOfContainer = owner !== "" && !owner.includes("/");
  const target = isOfContainer ? containerRecord(world.cells, owner) : undefined;
  if (target?.state === "running") {
    const next = inside(world, owner, ({ computer }) => {
      computer.isJoined = true;
      return computer.nextPid;
    });
    joinNamespace(world.cells, spec, { id: owner, next });
  } else joinNamespace(world.cells, spec, undefined);
}

/** Makes PID 1; gives the runtime's message if it cannot. */
function begin(sandbox: Sandbox): string | undefined {
  const { record, computer } = sandbox;
  const { image } = sandbox.content;
  const { config } = image;
  const cwd = record.workingDir ?? config.workingDir ?? "/";
  const uid = record.user ?? config.user ?? 0;
  const argv = commandOf(record, image);
  if (argv.length === 0) return "failed to generate container spec: failed to generate spec: no command specified";
  if (!sandbox.files.exists(cwd)) makeDirectories(sandbox, cwd);
  const loaded = load(sandbox, argv, { cwd, uid });
  if (typeof loaded === "string") return START_FAILED + loaded;
  if (record.stdin || record.tty) {
    computer.sessions["main"] = {
      pid: 0,
      input: "",
      output: "",
      errors: "",
      ...(record.tty ? { isTerminal: true as const } : {}),
      ...(record.stdin ? {} : { isInputClosed: true as const }),
    };
  }
  const input = register(sandbox, record.stdin ? { kind: "session", session: "main", stream: "in" } : { kind: "null" });
  const output = register(sandbox, { kind: "log", stream: "stdout" });
  const errors = record.tty ? output : register(sandbox, { kind: "log", stream: "stderr" });
  const pid = sandbox.spawn({ ...loaded, parent: 0, cwd, uid, fds: { 0: input, 1: output, 2: errors } }) ?? 1;
  if (pid !== 1) computer.firstPid = pid;
  const session = computer.sessions["main"];
  if (session !== undefined) session.pid = pid;
  for (const number of new Set([input, output, errors])) release(sandbox, number);
  return undefined;
}

/** The command line of a container: the pod's command and args over the image's entrypoint and cmd. */
function commandOf(spec: ContainerSpec, { config }: ImageContent): readonly string[] {
  const hasCommand = spec.command !== undefined && spec.command.length > 0;
  const entrypoint = hasCommand ? (spec.command ?? []) : (config.entrypoint ?? []);
  const hasArgs = spec.args !== undefined && spec.args.length > 0;
  return [...entrypoint, ...(hasArgs ? (spec.args ?? []) : hasCommand ? [] : (config.cmd ?? []))];
}

function load(
  sandbox: Sandbox,
  argv: readonly string[],
  { cwd, uid }: { readonly cwd: string; readonly uid: number },
): Loaded | string {
  const failure = startFailure(sandbox, argv, cwd, uid);
  if (failure === undefined) {
    const seeker = { cwd, uid, path: sandbox.environment["PATH"] ?? "" };
    const path = findExecutable(sandbox, argv[0] ?? "", seeker);
    const loaded = typeof path === "number" ? path : loadExecutable(sandbox, path, argv, seeker);
    if (typeof loaded !== "number") return loaded;
  }
  // Nobody described what is in this image, so any program may be in it.
  if (sandbox.content.image.isAnything === true) return { program: simulated.name, argv };
  return failure ?? "exec format error";
}

function makeDirectories(sandbox: Sandbox, path: string): void {
  let at = "";
  for (const part of path.split("/").slice(1)) {
    at = `${at}/${part}`;
    if (!sandbox.files.exists(at)) sandbox.files.makeDirectory(at);
  }
}

/** Runs what is due at world.now. */
export function wakeContainer(world: World, id: string): ContainerRecord {
  inside(world, id, (sandbox) => {
    if (!sandbox.isEnded) sandbox.run(LIMITS.stepsPerWake);
  });
  return recordOf(world, id);
}

/** Sends a signal (`SIGTERM`) to PID 1: it acts if it has a handler, SIGKILL ends it, anything else it ignores. */
export function signalContainer(world: World, id: string, signal: string): ContainerRecord {
  // Who does nothing does not heed a signal either, but for the one nobody heeds.
  if (signal !== "SIGKILL" && stillUntil(world, recordOf(world, id)) !== undefined) return recordOf(world, id);
  inside(world, id, (sandbox) => {
    if (sandbox.isEnded) return;
    sandbox.signal(sandbox.firstPid, signal);
    if (!sandbox.isEnded) sandbox.run(LIMITS.stepsPerWake);
  });
  return recordOf(world, id);
}

/** The signal that asks a container to end: SIGTERM unless its image says otherwise. */
export function stopSignal(record: ContainerSpec): string {
  return insideOfContainer(record).image.config.stopSignal ?? "SIGTERM";
}

/** Sends a request to a port of a container. */
export function containerHttp(
  world: World,
  id: string,
  port: number,
  request: HttpRequest,
): HttpResponse | "refused" | "timeout" | "reset" {
  if (!listens(world, id, port)) return "refused";
  if (isHung(world.cells, world.client, recordOf(world, id))) return "timeout";
  return inside(world, id, (sandbox) => {
    const answer = askHttp(sandbox, port, request);
    if (sandbox.hasChanged && !sandbox.isEnded) sandbox.run(LIMITS.stepsPerWake);
    return answer;
  });
}

/** Asks the name server in a container. */
export function containerDns(world: World, id: string, call: DnsCall): DnsAnswer | "refused" | "timeout" {
  if (isHung(world.cells, world.client, recordOf(world, id))) return "timeout";
  return inside(world, id, (sandbox) => askDns(sandbox, call));
}

/** Whether something in the container listens on a TCP port. */
export function listens(world: World, id: string, port: number): boolean {
  return containerRecord(world.cells, id)?.listening.includes(port) ?? false;
}

/** Runs a command inside a running container to its end, now: its sleeps pass at once and are told as elapsedMs. */
export function execInContainer(
  world: World,
  id: string,
  argv: readonly string[],
  options: { readonly stdin?: string; readonly tty?: boolean } = {},
): ExecResult {
  if (isHung(world.cells, world.client, recordOf(world, id))) {
    return { stdout: "", stderr: "", exitCode: CRASH_CODE, elapsedMs: HUNG_MS };
  }
  return inside(world, id, (sandbox) => {
    if (sandbox.isEnded) {
      return { stdout: "", stderr: "", exitCode: 126, elapsedMs: 0, startError: "container is not running" };
    }
    // Nobody described what is in this image, so any program may be in it, and do well.
    if (sandbox.content.image.isAnything === true && isMissing(sandbox, argv)) {
      return { stdout: "", stderr: "", exitCode: 0, elapsedMs: 0 };
    }
    return runToEnd(sandbox, argv, { stdin: options.stdin ?? "", isTerminal: options.tty === true });
  });
}

/** Whether a command is no file of the container. */
function isMissing(sandbox: Sandbox, argv: readonly string[]): boolean {
  const { record, environment } = sandbox;
  const seeker = { cwd: record.workingDir ?? "/", uid: record.user ?? 0, path: environment["PATH"] ?? "" };
  return findExecutable(sandbox, argv[0] ?? "", seeker) === ERRNO.ENOENT;
}

/** Ends a container as if its first process had ended with a code, or as the kernel ends one: OOMKilled. */
export function crashContainer(world: World, id: string, code: number, reason = "Error"): ContainerRecord {
  inside(world, id, (sandbox) => sandbox.end({ code, reason, ...(code === CRASH_CODE && { signal: 9 }) }));
  return recordOf(world, id);
}

/** Ends a container at once (SIGKILL). */
export function killContainer(world: World, id: string): void {
  signalContainer(world, id, "SIGKILL");
}

/** Deletes a container's record, log and writable layer. */
export function removeContainer(world: World, id: string): void {
  // One that is taken away while it runs (its pod was deleted by force) leaves nobody waiting.
  closeAll(world, id);
  removeLog(world.cells, id);
  removeVolume(world.cells, layerOf(id));
  dropMeter(world.cells, id);
  leaveNamespace(world.cells, containerRecord(world.cells, id) ?? { id });
  world.cells.delete(CONTAINERS, id);
}

/** The record of a container. */
export function containerRecord(cells: Cells, id: string): ContainerRecord | undefined {
  return cells.get<ContainerRecord>(CONTAINERS, id);
}

function recordOf(world: World, id: string): ContainerRecord {
  return must(containerRecord(world.cells, id), "a container is there until it is removed");
}
