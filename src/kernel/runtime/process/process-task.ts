/**
 * The task of a process: the calls a program may make, carried out on its sandbox.
 */

import { accept, pending, shut } from "#kernel/runtime/connections";
import type { ContainerRecord } from "#kernel/runtime/container";
import { runToEnd } from "#kernel/runtime/exec";
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import type { FileSystem } from "#kernel/runtime/files/filesystem";
import { absolute } from "#kernel/runtime/files/paths";
import { findExecutable, loadExecutable, type Seeker } from "#kernel/runtime/process/executable";
import { requestDepth } from "#kernel/runtime/process/inside";
import { closeFd, consume, isFull, peek, register, writeTo } from "#kernel/runtime/process/open-files";
import type { Process } from "#kernel/runtime/process/process";
import { isInputOver } from "#kernel/runtime/process/readiness";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import type { Launch, Task } from "#kernel/runtime/process/task";
import { isAddress, lookUp, type ResolverConfig, resolverFrom } from "#kernel/runtime/resolver";
import type {
  Address,
  DnsAnswer,
  DnsQuestion,
  HttpRequest,
  HttpResponse,
  NetFailure,
  Origin,
  Transport,
  World,
} from "#kernel/runtime/world";
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

  listen(port: number, protocol: Transport = "TCP"): boolean {
    if (this.sandbox.listener(port, protocol) !== undefined) return false;
    const process = this.#own;
    if (protocol === "UDP") process.listeningUdp = [...(process.listeningUdp ?? []), port];
    else process.listening = [...(process.listening ?? []), port];
    return true;
  }

  unlisten(port: number, protocol: Transport = "TCP"): void {
    const process = this.#own;
    if (protocol === "UDP") process.listeningUdp = (process.listeningUdp ?? []).filter((other) => other !== port);
    else process.listening = (process.listening ?? []).filter((other) => other !== port);
  }

  accept(port: number, protocol: Transport = "TCP"): number | undefined {
    const connection = pending(this.world.cells, this.record.id, port, protocol);
    if (connection === undefined) return undefined;
    accept(this.world.cells, connection);
    return this.#socket(connection, "server");
  }

  #socket(connection: string, side: "client" | "server"): number {
    const { fds } = this.#own;
    let fd = 3;
    while (fds[fd] !== undefined) fd += 1;
    fds[fd] = register(this.sandbox, { kind: "socket", connection, side });
    return fd;
  }

  dial(target: Address): number | NetFailure {
    const host = this.#reach(target.host);
    const opened = this.world.net.dial(this.#origin, { ...target, host }, { container: this.record.id });
    return typeof opened === "string" ? opened : this.#socket(opened.connection, "client");
  }

  close(fd: number): void {
    closeFd(this.sandbox, this.#own, fd);
  }

  shutdown(fd: number): void {
    const file = this.sandbox.look.openFiles[this.#look.fds[fd] ?? -1];
    if (file?.kind === "socket") shut(this.world, file.connection, file.side);
  }

  exchange(target: Address, text: string): { readonly text: string; readonly isOver: boolean } | NetFailure {
    const fd = this.dial(target);
    if (typeof fd === "string") return fd;
    this.write(fd, text);
    const answer = this.read(fd);
    const isOver = isInputOver(this.sandbox, this.#look.fds[fd]);
    this.close(fd);
    return { text: answer ?? "", isOver };
  }

  datagram(target: Address, text: string): { readonly text: string } | NetFailure {
    const answer = this.exchange({ ...target, protocol: "UDP" }, text);
    return typeof answer === "string" ? answer : { text: answer.text };
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

  request(target: Address, request: HttpRequest): HttpResponse | NetFailure {
    if (requestDepth(this.world.cells) > LIMITS.requestDepth) return "timeout";
    if (isLoopback(target.host) && this.sandbox.listener(target.port) !== undefined) {
      return this.sandbox.http(target.port, { ...request, remoteAddress: "127.0.0.1" });
    }
    return this.world.net.http(this.#origin, { ...target, host: this.#reach(target.host) }, request);
  }

  connect(target: Address): "open" | NetFailure {
    return this.world.net.connect(this.#origin, { ...target, host: this.#reach(target.host) });
  }

  ping(host: string): "open" | NetFailure {
    return this.world.net.ping(this.#origin, this.#reach(host));
  }

  roundTripMs(target: Address): number {
    return this.world.net.roundTripMs(this.#origin, { ...target, host: this.#reach(target.host) });
  }

  /** Where to go: what its /etc/hosts says of the name, else the name, which the network resolves as its pod would. */
  #reach(host: string): string {
    return isAddress(host) ? host : (this.#resolver.hosts.get(host.toLowerCase())?.[0] ?? host);
  }

  /** What its /etc/hosts and /etc/resolv.conf say, as far as the process may read them. */
  get #resolver(): ResolverConfig {
    return resolverFrom(this.readFile("/etc/hosts"), this.readFile("/etc/resolv.conf"));
  }

  resolve(name: string): readonly string[] {
    return lookUp(this.#resolver, name, (server, question) => this.world.net.query(this.#origin, server, question));
  }

  query(question: DnsQuestion, server?: string): DnsAnswer | NetFailure {
    return this.world.net.query(this.#origin, server ?? this.#resolver.servers[0] ?? "127.0.0.1", question);
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
