/**
 * The task of a process: the calls a program may make, carried out on its sandbox.
 */

import { accept, pending, shut } from "#kernel/runtime/connections";
import type { ContainerRecord } from "#kernel/runtime/container";
import { runToEnd } from "#kernel/runtime/exec";
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import { sendToSocket, socketsOf } from "#kernel/runtime/held-sockets";
import { askHttp } from "#kernel/runtime/process/ask";
import { DescriptorTask } from "#kernel/runtime/process/descriptor-task";
import { findExecutable, loadExecutable, type Seeker } from "#kernel/runtime/process/executable";
import { requestDepth } from "#kernel/runtime/process/inside";
import { PORTS_OF } from "#kernel/runtime/process/listeners";
import { register } from "#kernel/runtime/process/open-files";
import { isInputOver } from "#kernel/runtime/process/readiness";
import type { HeldSocket, Launch, Task } from "#kernel/runtime/process/task";
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
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

export class ProcessTask<S = unknown> extends DescriptorTask implements Task<S> {
  as(argv: readonly string[], env?: Readonly<Record<string, string>>): Task {
    return new ProcessTask(this.sandbox, this.pid, argv, env);
  }

  get world(): World {
    return this.sandbox.world;
  }

  get record(): ContainerRecord {
    return this.sandbox.record;
  }

  get argv(): readonly string[] {
    return this.builtin ?? this.look.argv;
  }

  get now(): Instant {
    return this.sandbox.nowOf(this.look);
  }

  get cwd(): string {
    return this.look.cwd;
  }

  set cwd(path: string) {
    this.own.cwd = path;
  }

  get state(): S | undefined {
    return (this.look.state ?? undefined) as S | undefined;
  }

  set state(state: S | undefined) {
    this.own.state = state;
  }

  env(name: string): string | undefined {
    return this.environ()[name];
  }

  environ(): Readonly<Record<string, string>> {
    return this.override ?? this.look.env ?? this.sandbox.environment;
  }

  readFile(path: string): string | Errno {
    if (path === "") return ERRNO.ENOENT;
    return this.files.read(path.endsWith("/") ? `${this.path(path)}/` : this.path(path), this.uid);
  }

  spend(steps = 1): boolean {
    return this.sandbox.spend(steps);
  }

  get isOver(): boolean {
    return this.sandbox.isEnded || this.sandbox.look.processes[this.pid]?.exit !== undefined;
  }

  wake(): void {
    delete this.own.wait;
  }

  listen(port: number, protocol: Transport = "TCP"): boolean {
    if (this.sandbox.listener(port, protocol) !== undefined) return false;
    const process = this.own;
    const ports = PORTS_OF[protocol];
    process[ports] = [...(process[ports] ?? []), port];
    return true;
  }

  unlisten(port: number, protocol: Transport = "TCP"): void {
    const process = this.own;
    const ports = PORTS_OF[protocol];
    process[ports] = (process[ports] ?? []).filter((other) => other !== port);
  }

  accept(port: number, protocol: Transport = "TCP"): number | undefined {
    const connection = pending(this.world.cells, this.record.id, port, protocol);
    if (connection === undefined) return undefined;
    accept(this.world.cells, connection);
    return this.#socket(connection, "server");
  }

  #socket(connection: string, side: "client" | "server"): number {
    const { fds } = this.own;
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

  shutdown(fd: number): void {
    const file = this.sandbox.look.openFiles[this.look.fds[fd] ?? -1];
    if (file?.kind === "socket") shut(this.world, file.connection, file.side);
  }

  exchange(target: Address, text: string): { readonly text: string; readonly isOver: boolean } | NetFailure {
    const fd = this.dial(target);
    if (typeof fd === "string") return fd;
    this.write(fd, text);
    const answer = this.read(fd);
    const isOver = isInputOver(this.sandbox, this.look.fds[fd]);
    this.close(fd);
    return { text: answer ?? "", isOver };
  }

  datagram(target: Address, text: string): { readonly text: string } | NetFailure {
    const answer = this.exchange({ protocol: "UDP", ...target }, text);
    return typeof answer === "string" ? answer : { text: answer.text };
  }

  sockets(): readonly HeldSocket[] {
    return socketsOf(this.world, this.record.id);
  }

  tell(socket: HeldSocket, text: string): void {
    sendToSocket(this.world, socket, text);
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
    const { group, session, uid, cwd, env: own, fds } = this.look;
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
    const process = this.own;
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
      return askHttp(this.sandbox, target.port, { ...request, remoteAddress: "127.0.0.1" });
    }
    const pool = target.pool === undefined ? {} : { pool: `${this.record.id} ${target.pool}` };
    return this.world.net.http(this.#origin, { ...target, ...pool, host: this.#reach(target.host) }, request);
  }

  upgrade(target: Address, request: HttpRequest): HttpResponse | NetFailure {
    if (requestDepth(this.world.cells) > LIMITS.requestDepth) return "timeout";
    const there = { ...target, host: this.#reach(target.host) };
    const end = { container: this.record.id };
    const upgraded = this.world.net.upgrade(this.#origin, there, request, end);
    if (typeof upgraded === "string") return upgraded;
    const { answer, connection } = upgraded;
    return connection === undefined ? answer : { ...answer, onward: connection };
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

  query(question: DnsQuestion, server?: string, port?: number): DnsAnswer | NetFailure {
    return this.world.net.query(this.#origin, server ?? this.#resolver.servers[0] ?? "127.0.0.1", question, port);
  }

  holdMemory(bytes: number): boolean {
    this.own.memoryBytes = bytes;
    return this.sandbox.fitsMemory();
  }

  keepBusy(cpuMillis: number): void {
    this.own.cpuMillis = cpuMillis;
  }

  work(ms: number): void {
    this.sandbox.workMs += ms;
  }
}

/** The pod's own loopback: another container of the pod may listen there as well. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || host.startsWith("127.");
}
