/**
 * The task of a process: the calls a program may make, carried out on its sandbox.
 */
import type { ContainerRecord } from "#kernel/runtime/container";
import { runToEnd } from "#kernel/runtime/exec";
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import type { FileSystem } from "#kernel/runtime/files/filesystem";
import { absolute } from "#kernel/runtime/files/paths";
import { findExecutable, loadExecutable, type Seeker } from "#kernel/runtime/process/executable";
import { requestDepth } from "#kernel/runtime/process/inside";
import { consume, isFull, peek, writeTo } from "#kernel/runtime/process/open-files";
import type { Process } from "#kernel/runtime/process/process";
import { isInputOver } from "#kernel/runtime/process/readiness";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import type { Launch, Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse, NetFailure, Origin, World } from "#kernel/runtime/world";
import { must } from "#kernel/sim/assert";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

export class ProcessTask<S = unknown> implements Task<S> {
  constructor(
    readonly sandbox: Sandbox,
    readonly pid: number,
    readonly builtin?: readonly string[],
    readonly override?: Readonly<Record<string, string>>,
  ) {}

  as(argv: readonly string[], env?: Readonly<Record<string, string>>): Task {
    return new ProcessTask(this.sandbox, this.pid, argv, env);
  }

  /** The process, to be read only. */
  get #look(): Process {
    return must(this.sandbox.look.processes[this.pid], "a task's process exists");
  }

  get #own(): Process {
    return must(this.sandbox.computer.processes[this.pid], "a task's process exists");
  }

  get world(): World {
    return this.sandbox.world;
  }

  get record(): ContainerRecord {
    return this.sandbox.record;
  }

  get files(): FileSystem {
    return this.sandbox.files;
  }

  get argv(): readonly string[] {
    return this.builtin ?? this.#look.argv;
  }

  get now(): Instant {
    return this.sandbox.nowOf(this.#look);
  }

  get uid(): number {
    return this.#look.uid;
  }

  get cwd(): string {
    return this.#look.cwd;
  }

  set cwd(path: string) {
    this.#own.cwd = path;
  }

  get state(): S | undefined {
    return (this.#look.state ?? undefined) as S | undefined;
  }

  set state(state: S | undefined) {
    this.#own.state = state;
  }

  env(name: string): string | undefined {
    return this.environ()[name];
  }

  environ(): Readonly<Record<string, string>> {
    return this.override ?? this.#look.env ?? this.sandbox.environment;
  }

  path(path: string): string {
    return absolute(path, this.#look.cwd);
  }

  readFile(path: string): string | Errno {
    if (path === "") return ERRNO.ENOENT;
    return this.files.read(path.endsWith("/") ? `${this.path(path)}/` : this.path(path), this.uid);
  }

  write(fd: number, text: string): boolean {
    if (text === "") return true;
    const failure = writeTo(this.sandbox, this.#look.fds[fd], text);
    if (failure === ERRNO.EPIPE) this.sandbox.signal(this.pid, "SIGPIPE");
    return failure === 0;
  }

  print(text: string): boolean {
    return this.write(1, text);
  }

  complain(text: string): boolean {
    return this.write(2, text);
  }

  isFull(fd: number): boolean {
    return isFull(this.sandbox, this.#look.fds[fd]);
  }

  read(fd: number): string | undefined {
    const number = this.#look.fds[fd];
    const text = peek(this.sandbox, number);
    if (text !== undefined && number !== undefined) consume(this.sandbox, number, text.length);
    return text;
  }

  readLine(fd: number): string | undefined {
    const number = this.#look.fds[fd];
    const text = peek(this.sandbox, number);
    if (text === undefined || number === undefined) return text;
    const feed = text.indexOf("\n");
    if (feed < 0 && !isInputOver(this.sandbox, number)) return undefined;
    const line = feed < 0 ? text : text.slice(0, feed + 1);
    consume(this.sandbox, number, line.length);
    return line;
  }

  readUntil(fd: number, delimiter: string, count: number): string | undefined {
    const number = this.#look.fds[fd];
    const text = peek(this.sandbox, number);
    if (text === undefined || text === "" || number === undefined) return text;
    const found = delimiter === "" ? text.indexOf("\0") : text.indexOf(delimiter);
    const end = found < 0 ? text.length : found + 1;
    const taken = text.slice(0, Number.isNaN(count) ? end : Math.min(end, count));
    consume(this.sandbox, number, taken.length);
    return taken;
  }

  isTerminal(fd: number): boolean {
    const number = this.#look.fds[fd];
    const file = number === undefined ? undefined : this.sandbox.look.openFiles[number];
    if (file?.kind === "session") return this.sandbox.look.sessions[file.session]?.isTerminal === true;
    return file?.kind === "log" && this.record.tty;
  }

  spend(steps = 1): boolean {
    return this.sandbox.spend(steps);
  }

  get isOver(): boolean {
    return this.sandbox.isEnded || this.sandbox.look.processes[this.pid]?.exit !== undefined;
  }

  wake(): void {
    delete this.#own.wait;
  }

  exit(code: number): void {
    this.sandbox.exit(this.pid, code & 0xff);
  }

  listen(port: number): boolean {
    if (this.sandbox.listener(port) !== undefined) return false;
    const process = this.#own;
    process.listening = [...(process.listening ?? []), port];
    return true;
  }

  unlisten(port: number): void {
    const process = this.#own;
    process.listening = (process.listening ?? []).filter((other) => other !== port);
  }

  #seeker(env: Readonly<Record<string, string>>): Seeker {
    return { cwd: this.cwd, uid: this.uid, path: env["PATH"] ?? "/sbin:/usr/sbin:/bin:/usr/bin" };
  }

  launch(argv: readonly string[], options: Launch = {}): number {
    const env = options.env ?? this.environ();
    const path = findExecutable(this.sandbox, argv[0] ?? "", this.#seeker(env));
    if (typeof path === "number") return -path;
    const loaded = loadExecutable(this.sandbox, path, argv, this.#seeker(env));
    if (typeof loaded === "number") return -loaded;
    const { group, session, uid, cwd, env: own, fds } = this.#look;
    const pid = this.sandbox.spawn({
      ...loaded,
      parent: this.pid,
      cwd,
      uid,
      session,
      fds: options.fds ?? fds,
      env: options.env ?? own,
      group: options.group ?? group,
      ignored: options.ignored,
      isWaited: options.isWaited ?? false,
    });
    return pid ?? -ERRNO.EAGAIN;
  }

  replace(argv: readonly string[], env?: Readonly<Record<string, string>>): 0 | Errno {
    const seeker = this.#seeker(env ?? this.environ());
    const path = findExecutable(this.sandbox, argv[0] ?? "", seeker);
    if (typeof path === "number") return path;
    const loaded = loadExecutable(this.sandbox, path, argv, seeker);
    if (typeof loaded === "number") return loaded;
    const process = this.#own;
    process.program = loaded.program;
    process.argv = loaded.argv;
    process.state = undefined;
    if (env !== undefined) process.env = env;
    return 0;
  }

  reap(child: number | "any"): { pid: number; code: number; signal?: number } | undefined {
    const { processes } = this.sandbox.computer;
    for (const process of Object.values(processes)) {
      if (process.parent !== this.pid || process.exit === undefined) continue;
      if (child !== "any" && process.pid !== child) continue;
      delete processes[process.pid];
      return { pid: process.pid, ...process.exit };
    }
    return undefined;
  }

  runToEnd(argv: readonly string[], stdin = ""): { stdout: string; stderr: string; exitCode: number } {
    return runToEnd(this.sandbox, argv, { stdin, isTerminal: false });
  }

  get #origin(): Origin {
    const { namespace, pod, podIP } = this.record;
    return { kind: "pod", namespace, name: pod, ip: podIP };
  }

  request(target: { host: string; port: number }, request: HttpRequest): HttpResponse | NetFailure {
    if (requestDepth(this.world.cells) > LIMITS.requestDepth) return "timeout";
    if (!isLoopback(target.host)) return this.world.net.http(this.#origin, target, request);
    if (this.sandbox.listener(target.port) === undefined) {
      return this.world.net.http(this.#origin, { host: this.record.podIP, port: target.port }, request);
    }
    return this.sandbox.http(target.port, { ...request, remoteAddress: "127.0.0.1" });
  }

  connect(target: { host: string; port: number }): "open" | NetFailure {
    if (!isLoopback(target.host)) return this.world.net.connect(this.#origin, target);
    if (this.sandbox.listener(target.port) !== undefined) return "open";
    return this.world.net.connect(this.#origin, { host: this.record.podIP, port: target.port });
  }

  resolve(name: string): readonly string[] {
    return this.world.net.resolve(this.#origin, name);
  }

  holdMemory(bytes: number): boolean {
    this.#own.memoryBytes = bytes;
    return this.sandbox.fitsMemory();
  }

  keepBusy(cpuMillis: number): void {
    this.#own.cpuMillis = cpuMillis;
  }

  work(ms: number): void {
    this.sandbox.workMs += ms;
  }
}

/** The pod's own loopback: another container of the pod may listen there as well. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || host.startsWith("127.");
}
