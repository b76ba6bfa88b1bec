/**
 * A sandbox: one container taken from its cell, run, and put back; its processes take turns until all of them block.
 *
 * Models the Linux process model as far as a container shows it: fork, exec, wait, signals, PID 1.
 */
import { closeAll } from "#kernel/runtime/connections";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { stillness } from "#kernel/runtime/fault";
import { FileSystem } from "#kernel/runtime/files/filesystem";
import { flushLog } from "#kernel/runtime/logs";
import { charge, SPAWN_CPU_MS, STEP_CPU_MS } from "#kernel/runtime/meter";
import { type Inside, insideOfContainer } from "#kernel/runtime/process/content";
import { type End, endedRecord, OOM_KILLED } from "#kernel/runtime/process/ended";
import { ContainerKernelFiles } from "#kernel/runtime/process/kernel-files";
import { listenerOf, listeningPorts } from "#kernel/runtime/process/listeners";
import { release, share } from "#kernel/runtime/process/open-files";
import { takePid } from "#kernel/runtime/process/pid-namespace";
import { type Computer, emptyComputer, type Process, type Spawn } from "#kernel/runtime/process/process";
import { ProcessTask } from "#kernel/runtime/process/process-task";
import type { Step } from "#kernel/runtime/process/program";
import { programNamed } from "#kernel/runtime/process/programs";
import { isReady } from "#kernel/runtime/process/readiness";
import { isHarmless, signalNumber } from "#kernel/runtime/process/signals";
import { stumble } from "#kernel/runtime/process/stumble";
import { endGuests } from "#kernel/runtime/process/visible";
import { demandMillis, memoryBytes } from "#kernel/runtime/use";
import type { Transport, World } from "#kernel/runtime/world";
import { must } from "#kernel/sim/assert";
import { clone } from "#kernel/sim/clone";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

/** Work that is less than this is not worth writing down. */
const LEAST_WORK_MS = 0.5;

export class Sandbox {
  readonly files: FileSystem;
  readonly content: Inside;
  /** The process whose turn it is. */
  runningPid: number;
  /** CPU time spent on top of what its processes take all the time. */
  workMs = 0;
  /** A request was answered: each costs, however little. */
  #wasAsked = false;
  #computer: Computer | undefined;
  #end: End | undefined;
  #environment: Readonly<Record<string, string>> | undefined;
  #fuel = 0;
  #slice = 0;
  /** Processes in the middle of a step. */
  readonly #busy = new Set<number>();

  constructor(
    readonly world: World,
    readonly record: ContainerRecord,
  ) {
    this.content = insideOfContainer(record);
    this.runningPid = (record.program as Computer | null)?.firstPid ?? 1;
    this.files = new FileSystem(world.cells, record, this.content.tree, new ContainerKernelFiles(this), world);
  }

  /** The processes, to be read only. */
  get look(): Computer {
    return this.#computer ?? (this.record.program as Computer);
  }

  /** The processes, to be changed: the container is put back afterwards. */
  get computer(): Computer {
    this.#computer ??= clone(this.record.program as Computer);
    return this.#computer;
  }

  get isEnded(): boolean {
    return this.#end !== undefined || this.record.state === "exited";
  }

  /** The number of its first process, with which it ends. */
  get firstPid(): number {
    return this.look.firstPid ?? 1;
  }

  /** Whether other containers are in its process namespace. */
  get isSharing(): boolean {
    return this.record.pidNamespace !== undefined || this.look.isJoined === true;
  }

  /** The environment its first process was given. */
  get environment(): Readonly<Record<string, string>> {
    this.#environment ??= this.content.environment(this.record);
    return this.#environment;
  }

  get memoryBytes(): number {
    return memoryBytes({ ...this.record, program: this.look }, this.world);
  }

  /** Whether its memory is within its limit; ends it otherwise. */
  fitsMemory(): boolean {
    if (this.isEnded) return false;
    const { memoryLimitBytes } = this.record;
    if (memoryLimitBytes === undefined || this.memoryBytes <= memoryLimitBytes) return true;
    this.end(OOM_KILLED);
    return false;
  }

  /** The clock of a process: a session that must end at once has its own. */
  nowOf(process: Process): Instant {
    const ahead = process.session === undefined ? 0 : (this.look.sessions[process.session]?.aheadMs ?? 0);
    return this.world.now + ahead;
  }

  /** The name `ps -o comm` shows. */
  commandName(process: Process): string {
    const path = (process.argv[0] ?? process.program).replace(/: .*$/s, "");
    return path.slice(path.lastIndexOf("/") + 1);
  }

  /** Makes a process; undefined if there are too many. */
  spawn(spawn: Spawn): number | undefined {
    const { computer } = this;
    if (Object.keys(computer.processes).length >= LIMITS.processesPerContainer) return undefined;
    this.workMs += SPAWN_CPU_MS;
    const pid = takePid(this.world.cells, this.record, computer);
    const umask = computer.processes[spawn.parent]?.umask;
    const fds: Record<string, number> = {};
    for (const [fd, number] of Object.entries(spawn.fds)) fds[fd] = share(this, number);
    computer.processes[pid] = {
      pid,
      parent: spawn.parent,
      group: spawn.group ?? pid,
      argv: spawn.argv,
      program: spawn.program,
      state: spawn.state,
      cwd: spawn.cwd,
      uid: spawn.uid,
      startedAt: this.world.now,
      fds,
      ...(umask === undefined ? {} : { umask }),
      ...(spawn.env === undefined ? {} : { env: spawn.env }),
      ...(spawn.session === undefined ? {} : { session: spawn.session }),
      ...(spawn.isWaited === true ? { isWaited: true } : {}),
      ...(spawn.ignored === undefined || spawn.ignored.length === 0 ? {} : { ignored: spawn.ignored }),
    };
    return pid;
  }

  /** Lets the processes take turns; true once all of them block. */
  run(fuel: number): boolean {
    this.#fuel = fuel;
    const still = stillness(this.world, this.record);
    for (let ran = true; ran; ) {
      ran = false;
      for (const pid in this.look.processes) {
        const process = this.look.processes[pid];
        if (process === undefined || !this.#isRunnable(process)) continue;
        if (still === "all" || (still === "own" && process.session === undefined)) continue;
        ran = true;
        this.#advance(must(this.computer.processes[pid], "a process that runs exists"));
        if (this.isEnded) return true;
        if (this.#fuel <= 0) return false;
      }
    }
    return true;
  }

  /** Like run, from within a turn as well: gives the fuel that is left, 0 if work is. */
  runFor(fuel: number): number {
    const outer = { fuel: this.#fuel, slice: this.#slice };
    const isQuiet = this.run(fuel);
    const left = isQuiet ? Math.max(1, this.#fuel) : 0;
    this.#fuel = outer.fuel;
    this.#slice = outer.slice;
    return left;
  }

  /** Whether it will be put back. */
  get hasChanged(): boolean {
    return this.#computer !== undefined;
  }

  /** Uses up steps; false once the slice of the running process is over. */
  spend(steps: number): boolean {
    this.#fuel -= steps;
    this.workMs += steps * STEP_CPU_MS;
    this.#slice -= steps;
    return this.#slice > 0;
  }

  #advance(process: Process): void {
    delete process.wait;
    const before = this.runningPid;
    const outerSlice = this.#slice;
    this.runningPid = process.pid;
    this.#slice = 256;
    this.spend(1);
    this.#busy.add(process.pid);
    const step = this.#step(process);
    this.#busy.delete(process.pid);
    this.runningPid = before;
    this.#slice = outerSlice;
    if (process.exit !== undefined && process.isWaited !== true) delete this.computer.processes[process.pid];
    if (this.isEnded || process.exit !== undefined || this.computer.processes[process.pid] !== process) return;
    if (typeof step === "number") this.exit(process.pid, step & 0xff);
    else if (step !== undefined) process.wait = step;
  }

  /** One step of a program. A script nested so deep that our own stack ends, or one
   * whose pattern is none, dies as one that overflows its own. */
  #step(process: Process): Step {
    try {
      return programNamed(process.program).step(new ProcessTask(this, process.pid));
    } catch (error) {
      // Who was killed by its own output, in the middle of its step, stumbles over what is gone.
      if (process.exit === undefined && !this.isEnded) stumble(this, process.pid, error);
      return undefined;
    }
  }

  #isRunnable(process: Process): boolean {
    return process.exit === undefined && !this.#busy.has(process.pid) && isReady(this, process);
  }

  /** Ends a process: its descriptors close, its children go to PID 1; with PID 1 the container ends. */
  exit(pid: number, code: number, signal?: number): void {
    const { computer } = this;
    const process = computer.processes[pid];
    if (process === undefined || process.exit !== undefined) return;
    if (pid === this.firstPid) {
      this.end({ code, ...(signal === undefined ? {} : { signal }), reason: code === 0 ? "Completed" : "Error" });
      return;
    }
    for (const number of Object.values(process.fds)) release(this, number);
    process.fds = {};
    process.state = null;
    delete process.listening;
    delete process.listeningUdp;
    delete process.listeningSctp;
    delete process.wait;
    process.exit = signal === undefined ? { code } : { code, signal };
    for (const child of Object.values(computer.processes)) {
      if (child.parent !== pid) continue;
      child.parent = 1;
      delete child.isWaited;
      if (child.exit !== undefined) delete computer.processes[child.pid];
    }
    // One that ends in the middle of its own step goes when the step is over.
    if (process.isWaited !== true && !this.#busy.has(pid)) delete computer.processes[pid];
    const session = process.session === undefined ? undefined : computer.sessions[process.session];
    if (session?.pid === pid) session.exitCode = code;
  }

  /** Ends the container: every process is gone, open sessions end as killed. */
  end(end: End): void {
    if (this.isEnded) return;
    this.#end = end;
    for (const session of Object.values(this.computer.sessions))
      session.exitCode ??= session.pid === this.firstPid ? end.code : 137;
  }

  /** Delivers a signal. PID 1 takes only what it has a handler for, and SIGKILL. */
  signal(pid: number, signal: string): boolean {
    const process = this.computer.processes[pid];
    if (process === undefined || process.exit !== undefined) return false;
    if (signal !== "SIGKILL" && signal !== "SIGSTOP") {
      if (process.ignored?.includes(signal) === true) return true;
      if (programNamed(process.program).signal?.(new ProcessTask(this, pid), signal) === true) {
        // What it waits for is looked at again: the handler may have ended the waiting.
        delete process.wait;
        return true;
      }
      if (pid === 1 || isHarmless(signal)) return true;
    }
    if (signal === "SIGSTOP") return true;
    this.exit(pid, 128 + signalNumber(signal), signalNumber(signal));
    return true;
  }

  /** Delivers a signal to every process of a group. */
  signalGroup(group: number, signal: string): void {
    for (const process of Object.values(this.computer.processes)) {
      if (process.group === group) this.signal(process.pid, signal);
    }
  }

  /** The process that listens on a port. */
  listener(port: number, protocol: Transport = "TCP"): Process | undefined {
    return listenerOf(this.look, port, protocol);
  }

  /** Lets the process that listens on a port do its work; `broken` is what comes of it if it stumbles. */
  ask<T>(
    port: number,
    protocol: Transport,
    broken: T,
    work: (process: Process, task: ProcessTask) => T,
  ): T | "refused" {
    const process = this.isEnded ? undefined : this.listener(port, protocol);
    if (process === undefined) return "refused";
    const before = this.runningPid;
    this.runningPid = process.pid;
    this.#wasAsked = true;
    try {
      return work(process, new ProcessTask(this, process.pid));
    } catch (error) {
      stumble(this, process.pid, error);
      return broken;
    } finally {
      this.runningPid = before;
    }
  }

  /** Shows output in a session; a terminal gets carriage returns. */
  show(id: string, stream: "out" | "err", text: string): void {
    const session = this.computer.sessions[id];
    if (session === undefined || session.exitCode !== undefined) return;
    if (session.isTerminal === true) session.output += text.replaceAll("\n", "\r\n");
    else if (stream === "out") session.output += text;
    else session.errors += text;
    if (id === "main") session.output = session.output.slice(-LIMITS.pipeChars);
  }

  /** Puts the container back into its cell, if anything changed. */
  commit(): void {
    if (this.#computer !== undefined && !this.isEnded) this.fitsMemory();
    this.#meter();
    if (this.#end !== undefined) this.#putEnded(this.#end);
    else if (this.#computer !== undefined && this.record.state === "running") this.#putRunning(this.#computer);
    else if (this.#computer !== undefined) this.#put({ ...this.record, program: this.#computer });
  }

  /** Writes down the work done, and that it goes on at another rate. */
  #meter(): void {
    if (this.#end !== undefined || this.record.state !== "running") return;
    // A container that has just started needs no meter: its rate tells all.
    if (this.world.now === this.record.startedAt && !this.#wasAsked) return;
    // A loop that never rests is counted by its rate.
    const workMs = (this.record.program as Computer).strain === undefined ? this.workMs : 0;
    const changes =
      this.#computer !== undefined &&
      demandMillis(this.record) !== demandMillis({ ...this.record, program: this.look });
    if (changes || this.#wasAsked || workMs >= LEAST_WORK_MS)
      charge(this.world.cells, this.record, this.world.now, workMs);
  }

  #put(record: ContainerRecord): void {
    this.world.cells.put(CONTAINERS, record.id, record);
  }

  #putRunning(computer: Computer): void {
    const { wakeAt: _, listeningUdp: __, listeningSctp: ___, ...record } = this.record;
    const wakeAt = this.#wakeAt();
    const due = wakeAt === undefined ? {} : { wakeAt };
    this.#put({ ...record, ...listeningPorts(computer), program: computer, ...due });
  }

  /** The earliest instant a process waits for; soon, but later each time, if work was left over. */
  #wakeAt(): Instant | undefined {
    const { computer } = this;
    let wakeAt = Number.POSITIVE_INFINITY;
    let isStrained = false;
    let isAwaited = false;
    for (const process of Object.values(computer.processes)) {
      if (process.exit !== undefined) continue;
      if (this.#isRunnable(process)) {
        isStrained = true;
        // Somebody sits at a command that works: it is paced, not put off.
        isAwaited ||= process.session !== undefined && computer.sessions[process.session]?.exitCode === undefined;
      } else wakeAt = Math.min(wakeAt, process.wait?.until ?? Number.POSITIVE_INFINITY);
    }
    if (!isStrained) delete computer.strain;
    else {
      computer.strain = Math.min((computer.strain ?? 0) + 1, isAwaited ? LIMITS.strainOfSessions : 13);
      wakeAt = Math.min(wakeAt, this.world.now + Math.min(60_000, 10 * 2 ** computer.strain));
    }
    return Number.isFinite(wakeAt) ? wakeAt : undefined;
  }

  #putEnded({ code, signal, reason, message }: End): void {
    const { wakeAt: _, listeningUdp: __, listeningSctp: ___, ...record } = this.record;
    flushLog(this.world, record.id);
    const written = message ?? this.files.read(record.terminationMessagePath);
    const { sessions } = this.computer;
    const hasSessions = Object.keys(sessions).length > 0;
    this.#put({
      ...endedRecord(record, { code, signal, reason, finishedAt: this.world.now }),
      ...(typeof written === "number" || written === "" ? {} : { terminationMessage: written.slice(0, 4_096) }),
      program: hasSessions ? { ...emptyComputer(), sessions, firstPid: this.firstPid } : null,
    });
    closeAll(this.world, record.id);
    if (this.isSharing) endGuests(this);
  }
}
