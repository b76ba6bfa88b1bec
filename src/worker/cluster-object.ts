/**
 * The Durable Object that holds one cluster: it loads the kernel, saves its turns, feeds its streams, keeps its alarm.
 */
import { DurableObject } from "cloudflare:workers";
import type { Hono } from "hono";
import { admittedUser } from "#apiserver/access";
import type { ApiEnv } from "#apiserver/api-env";
import { createApiServer } from "#apiserver/app";
import { customDescribed, customKinds } from "#apiserver/describe/custom";
import { errorResponse } from "#apiserver/errors";
import { requestInfo } from "#apiserver/request-info";
import { STREAMS, type StreamState, streamKindOf } from "#apiserver/streams/stream";
import { type Advance, Cluster, type Turn, type Work } from "#kernel/cluster/cluster";
import type { FaultOrder } from "#kernel/cluster/faults";
import type { Journal } from "#kernel/cluster/journal";
import type { ClusterOptions } from "#kernel/cluster/options";
import type { Call } from "#kernel/cluster/pending-calls";
import { exportCluster, importCluster } from "#kernel/cluster/snapshot";
import { connectPod } from "#kernel/network/api-server/connect-target";
import { type OutsideAnswer, outsideHttp } from "#kernel/network/outside";
import { worldOf } from "#kernel/network/world-of";
import { Answers } from "#kernel/registry/outside";
import { putSigningKey, signingKey } from "#kernel/registry/signing-key";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import type { HttpRequest } from "#kernel/runtime/world";
import { advanceBy } from "#worker/cluster/advance";
import { Calls } from "#worker/cluster/calls";
import { flushWaitMs, keySeed } from "#worker/cluster/clock";
import { type ClockView, clockView } from "#worker/cluster/clock-view";
import { type ExplanationAnswer, explainManifest, explainPod } from "#worker/cluster/explanations";
import { type FaultAnswer, type FaultView, faultViews, orderFault } from "#worker/cluster/faults";
import { JournalSql } from "#worker/cluster/journal-sql";
import { type Steering, type SteeringAnswer, steer } from "#worker/cluster/machines";
import { flushOnce } from "#worker/cluster/outbox";
import { packed, unpacked } from "#worker/cluster/packing";
import { rebuild } from "#worker/cluster/rebuild";
import { answerFarewell, OUTSIDE_HEADER, Sockets, STATE_HEADER } from "#worker/cluster/sockets";
import { Talk } from "#worker/cluster/talk";
import { type TrafficAnswer, type TrafficCall, traffic } from "#worker/cluster/traffic";
import { openDatabase } from "#worker/db/database";
import { forgetObjects } from "#worker/db/objects";
import type { Env } from "#worker/env";

/** Turns that follow a turn because sessions have something to say; what they say then waits for the next. */
const SESSION_ROUNDS = 4;
/** Nobody there for this long: the clock stops until somebody comes. */
const IDLE_PAUSE_MS = 3_600_000;

/** Nothing is known of a cluster of this name. */
export class NoSuchCluster extends Error {
  override name = "NoSuchCluster";
}

export class ClusterObject extends DurableObject<Env> {
  readonly #journal = new JournalSql(this.ctx.storage);
  readonly #sockets = new Sockets(this.ctx);
  readonly #talk = new Talk(this.ctx);
  readonly #calls = new Calls(this.env.DRYDOCK_CALLABLE?.split(",") ?? []);
  readonly #api: Hono<ApiEnv> = createApiServer({ run: (work) => this.#run(work) }, () => CLUSTER_ADMIN);
  #cluster: Cluster | undefined;
  #loading: Promise<Cluster> | undefined;
  #flushing: Promise<void> | undefined;
  #forgetting: Promise<void> | undefined;
  #flushFailures = 0;
  /** The instant the alarm is set to; undefined until it is known. */
  #armed: number | undefined;

  /** Everything below the cluster's root of the Kubernetes API. */
  override async fetch(request: Request): Promise<Response> {
    try {
      if (request.headers.get("upgrade") === "websocket") return await this.#openStream(request);
      return await this.#api.fetch(request);
    } catch (error) {
      return errorResponse(error, request);
    }
  }

  /** Makes the cluster, or makes it anew: from options, or as a fork of a packed value. */
  async create(options: ClusterOptions, packedValue?: Uint8Array): Promise<void> {
    const from = packedValue === undefined ? undefined : await unpacked(packedValue);
    if (!this.#journal.isEmpty) await this.#forget();
    const now = Date.now();
    if (from !== undefined) this.#journal.adopt(from);
    const cluster = from === undefined ? Cluster.create(options, now, keySeed()) : importCluster(from, now, keySeed());
    this.#cluster = cluster;
    this.#save(cluster.take());
    this.#touch();
    await this.#arm();
  }

  /** Deletes everything this object holds, and its copy in D1. */
  async destroy(): Promise<void> {
    await this.#forget();
    this.#armed = undefined;
    await this.ctx.storage.deleteAlarm();
  }

  clock(): Promise<ClockView> {
    return this.#run(clockView);
  }

  /** The JSON of the kinds this cluster serves besides the built-in ones: as discovery or as OpenAPI has them. */
  customKinds(forOpenApi = false): Promise<string> {
    return this.#run((cluster) => JSON.stringify((forOpenApi ? customDescribed : customKinds)(cluster)));
  }

  setClock(change: { rate?: number; paused?: boolean }): Promise<ClockView> {
    return this.#run((cluster) => {
      cluster.setClock(Date.now(), change);
      return clockView(cluster);
    });
  }

  /** Passes virtual time at once, in slices that are each saved and shown. */
  advance(byMs: number, untilIdle: boolean): Promise<Advance> {
    return advanceBy(byMs, this.#calls, (left) => this.#run((cluster) => cluster.advance(Date.now(), left, untilIdle)));
  }

  /** The cluster as a value, packed. */
  async export(): Promise<Uint8Array> {
    return packed(await this.#run((cluster) => exportCluster(cluster)));
  }

  /** Why the scheduler chose or refused each node for a pod. */
  explainPod(key: { namespace: string; name: string }): Promise<ExplanationAnswer> {
    return this.#run((cluster) => explainPod(cluster, key));
  }

  /** As explainPod, where the pod of a manifest (as JSON) would go. */
  explainManifest(manifest: string, namespace: string | undefined): Promise<ExplanationAnswer> {
    return this.#run((cluster) => explainManifest(cluster, JSON.parse(manifest), namespace));
  }

  /** Breaks something; the order is JSON. */
  addFault(order: string): Promise<FaultAnswer> {
    return this.#run((cluster) => orderFault(cluster, JSON.parse(order) as FaultOrder));
  }

  listFaults(): Promise<FaultView[]> {
    return this.#run(faultViews);
  }

  /** Sends requests, or tells what became of them. */
  traffic(call: TrafficCall): Promise<TrafficAnswer> {
    return this.#run((cluster) => traffic(cluster, call));
  }

  /** Adds, lists or removes machines, stops or starts components, mends faults; the order is JSON. */
  steer(order: string): Promise<SteeringAnswer> {
    return this.#run((cluster) => steer(cluster, JSON.parse(order) as Steering));
  }

  /** What a machine outside the cluster sees at an address, or the reason why it sees nothing. */
  outside({ host, port }: { host: string; port: number }, request: HttpRequest): Promise<OutsideAnswer> {
    return this.#run(({ admin, now, entropy, cells }) => {
      const world = worldOf({ client: admin, now, entropy, cells });
      return outsideHttp(world, host, port, request);
    });
  }

  /** One turn in this cluster, for callers inside the Worker's own rooms. @throws StatusError */
  async #run<T>(work: Work<T>): Promise<T> {
    const answers = new Answers();
    for (;;) {
      const turn = await this.#turn(work, answers);
      if ("refused" in turn) throw turn.refused;
      if ("value" in turn) return turn.value;
      answers.add(turn.needs, await this.#calls.perform(turn.needs));
    }
  }

  async #turn<T>(work: Work<T>, answers: Answers): Promise<Turn<T>> {
    const cluster = await this.#present();
    try {
      const turn = cluster.turn(work, answers);
      if (!("value" in turn)) this.#talk.drop();
      this.#keep(cluster, turn.journal);
      await this.#arm();
      return turn;
    } catch (error) {
      // No answer but a bug or a fault of the platform: what is in memory may be half done.
      this.#lose();
      throw error;
    }
  }

  /** Forgets what is in memory: the next one who asks finds the cluster as it was saved. */
  #lose(): void {
    this.#cluster = undefined;
    this.#talk.drop();
  }

  /** The cluster with everything up to now done, in slices that let others through. */
  async #present(): Promise<Cluster> {
    const cluster = await this.#load();
    this.#touch(cluster);
    while (!this.#slice(cluster)) await scheduler.wait(0);
    return cluster;
  }

  #slice(cluster: Cluster): boolean {
    try {
      const isThere = cluster.catchUp(Date.now());
      this.#keep(cluster, cluster.take());
      return isThere;
    } catch (error) {
      this.#lose();
      throw error;
    }
  }

  async #load(): Promise<Cluster> {
    await this.#forgetting;
    if (this.#cluster !== undefined) return this.#cluster;
    this.#loading ??= this.#rebuild().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #rebuild(): Promise<Cluster> {
    if (this.#journal.isEmpty) {
      const { name = "" } = this.ctx.id;
      const restored = await rebuild(openDatabase(this.env.DB), name, this.#journal);
      if (!restored) throw new NoSuchCluster(`no cluster ${name}`);
    }
    const cluster = this.#journal.load();
    if (signingKey(cluster.cells) === undefined) putSigningKey(cluster.cells, keySeed());
    this.#cluster = cluster;
    this.#sockets.show(cluster, []);
    return cluster;
  }

  /** Saves, then shows: nobody sees what is not saved. What a session takes from its container is a turn again. */
  #keep(cluster: Cluster, journal: Journal): void {
    this.#show(cluster, journal);
    for (let rounds = 0; rounds < SESSION_ROUNDS && this.#talk.hasNews(cluster); rounds += 1) {
      this.#show(cluster, cluster.turn((all) => this.#talk.take(all)).journal);
    }
    for (const call of cluster.takeCalls()) this.ctx.waitUntil(this.#answer(call));
  }

  /** Performs a call a controller waits for. If nobody is there to hear the answer, the controller asks again. */
  async #answer(call: Call): Promise<void> {
    const reply = await this.#calls.perform(call.request);
    await this.#run((cluster) => cluster.answerCall(call, reply)).catch((error) => this.#tell("call", error));
  }

  #show(cluster: Cluster, journal: Journal): void {
    this.#save(journal);
    this.#talk.send();
    if (journal.changes.length > 0 || journal.cells.length > 0) this.#sockets.show(cluster, journal.changes);
  }

  #save(journal: Journal): void {
    this.#journal.save(journal);
  }

  async #openStream(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (request.headers.has(OUTSIDE_HEADER)) return this.#run((cluster) => this.#talk.pipes.open(cluster));
    const info = requestInfo("GET", url);
    const kind = info && streamKindOf(info, url);
    if (info?.subresource === "exec" || info?.subresource === "attach") {
      return this.#run((cluster) => {
        const client = cluster.as(admittedUser(cluster.registry, request, CLUSTER_ADMIN));
        return this.#talk.sessions.open(cluster, client, request);
      });
    }
    if (info?.subresource === "portforward") {
      return this.#run((cluster) => {
        connectPod(cluster.as(admittedUser(cluster.registry, request, CLUSTER_ADMIN)), info, url.searchParams);
        return this.#talk.pipes.open(cluster, { namespace: info.namespace ?? "", name: info.name ?? "" });
      });
    }
    if (info === undefined || kind === undefined) return new Response("not a stream", { status: 400 });
    const resumed = request.headers.get(STATE_HEADER);
    return this.#run((cluster) => {
      const client = cluster.as(admittedUser(cluster.registry, request, CLUSTER_ADMIN));
      if (resumed === null) return this.#sockets.accept(STREAMS[kind].open(cluster, client, request, info));
      const state = JSON.parse(decodeURIComponent(resumed)) as StreamState;
      const missed = STREAMS[kind].advance(cluster, state, []);
      return this.#sockets.accept(missed ?? { text: "", state, isOver: false });
    });
  }

  get #isAttended(): boolean {
    return this.#sockets.count + this.#talk.count > 0;
  }

  /** Somebody is here. If nobody was for long, the clock stood still from then on. */
  #touch(cluster?: Cluster): void {
    const now = Date.now();
    const last = Number(this.#journal.fact("contact") ?? now);
    const isAttended = this.#isAttended;
    if (cluster !== undefined && !isAttended && now - last > IDLE_PAUSE_MS) {
      cluster.sleptThrough(last + IDLE_PAUSE_MS, now);
    }
    if (now - last > IDLE_PAUSE_MS / 60 || this.#journal.fact("contact") === undefined) {
      this.#journal.setFact("contact", String(now));
    }
  }

  /** Arms the one alarm: the next due instant while somebody watches, and the next flush to D1. */
  async #arm(): Promise<void> {
    const now = Date.now();
    const wanted: number[] = [];
    if (this.#cluster !== undefined && this.#isAttended) {
      const wake = this.#cluster.nextWake();
      if (wake !== undefined) wanted.push(wake);
    }
    if (this.#journal.hasPending) wanted.push(now + flushWaitMs(this.#flushFailures));
    if (wanted.length === 0) return;
    // An alarm set to the present instant inside the alarm handler can be lost (workerd #6866).
    const due = Math.max(now + 1, Math.min(...wanted));
    this.#armed ??= (await this.ctx.storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
    if (this.#armed <= due && this.#armed > now) return;
    this.#armed = due;
    await this.ctx.storage.setAlarm(due);
  }

  #tell(what: string, error: unknown): void {
    console.error(JSON.stringify({ cluster: this.ctx.id.name, [what]: String(error) }));
  }

  override async alarm(): Promise<void> {
    this.#armed = Number.POSITIVE_INFINITY;
    try {
      if (this.#isAttended) await this.#present();
      await this.#flush();
    } catch (error) {
      this.#tell("alarm", error);
    }
    await this.#arm();
  }

  /** Carries everything to D1; a failure leaves it pending. */
  async #flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  async #flushAll(): Promise<void> {
    try {
      const db = openDatabase(this.env.DB);
      while (await flushOnce(this.#journal, db, this.ctx.id.name ?? ""));
      this.#flushFailures = 0;
    } catch (error) {
      this.#flushFailures += 1;
      console.error(JSON.stringify({ cluster: this.ctx.id.name, flush: String(error), failures: this.#flushFailures }));
    }
  }

  /** On a stream the client says nothing; in a session it types. */
  override async webSocketMessage(socket: WebSocket, message: ArrayBuffer | string): Promise<void> {
    const work = await this.#talk.hear(socket, message);
    if (work !== undefined) await this.#inSession(socket, work);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    await this.#leave(socket);
    answerFarewell(socket, code);
    this.#journal.setFact("contact", String(Date.now()));
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#leave(socket);
  }

  async #leave(socket: WebSocket): Promise<void> {
    this.#sockets.forget(socket);
    if (this.#talk.owns(socket)) await this.#inSession(socket, (cluster) => this.#talk.close(cluster, socket));
  }

  /** A turn nobody waits for. If it fails the session is over. */
  async #inSession(socket: WebSocket, work: Work<void>): Promise<void> {
    try {
      await this.#run(work);
    } catch (error) {
      this.#talk.sessions.forget(socket);
      socket.close(1011, "session lost");
      if (!(error instanceof NoSuchCluster)) this.#tell("session", error);
    }
  }

  /** Forgets the cluster that was here. A flush on its way lands first, so that it cannot bring anything back. */
  async #forget(): Promise<void> {
    await this.#flushing;
    this.#sockets.closeAll();
    this.#talk.closeAll();
    this.#cluster = undefined;
    this.#journal.clear();
    this.#forgetting = forgetObjects(openDatabase(this.env.DB), this.ctx.id.name ?? "").finally(() => {
      this.#forgetting = undefined;
    });
    await this.#forgetting;
  }
}
