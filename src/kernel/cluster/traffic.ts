/**
 * Traffic on order: requests at a steady rate through the simulated network, as the cluster's time passes, and what
 * became of them.
 */
import type { Cluster } from "#kernel/cluster/cluster";
import { count, emptyReport, type Report } from "#kernel/cluster/traffic.report";
import { CLUSTER_DNS } from "#kernel/network/dns";
import { ClusterNet } from "#kernel/network/net";
import { type Context, type Controller, done, routineAt } from "#kernel/registry/controller";
import { pods } from "#kernel/resources/core/pod";
import { lookUp, type ResolverConfig } from "#kernel/runtime/resolver";
import type { HttpRequest, Origin } from "#kernel/runtime/world";
import { clone } from "#kernel/sim/clone";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

/** The room of runs of traffic; the id is the run's. */
const TRAFFIC = "traffic";
const COUNT_CELL = ["cluster", "traffic"] as const;

/** What is to be sent where. */
export interface TrafficOrder {
  readonly name?: string;
  /** `http://HOST[:PORT]/PATH`: a Service's name, an address, a host of an Ingress. */
  readonly target: string;
  readonly rps: number;
  readonly forMs: number;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The pod it comes from; absent = from outside, or for names of the cluster from a machine within. */
  readonly from?: { readonly namespace: string; readonly pod: string };
  /** How many may be under way at once. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Connections that are kept, and taken in turn; absent = each request opens one of its own. */
  readonly connections?: number;
}

export interface Traffic extends TrafficOrder {
  readonly id: string;
  readonly since: Instant;
  readonly until: Instant;
  /** Requests that were due so far. */
  readonly due: number;
  /** When those end that are under way. */
  readonly underWay: readonly Instant[];
  readonly report: Report;
}

/** What is wrong with one field of an order: `/target`. */
export interface TrafficProblem {
  readonly path: string;
  readonly detail: string;
}

/** How long a request takes where nothing slows it. */
const BASE_MS = 1;
/** Requests due within so many milliseconds are sent together. */
const TICK_MS = 10;

/** Begins to send. */
export function startTraffic(cluster: Cluster, order: TrafficOrder): Traffic | { problems: readonly TrafficProblem[] } {
  const problems = problemsOf(cluster, order);
  if (problems.length > 0) return { problems };
  const { cells, now } = cluster;
  const number = (cells.get<number>(...COUNT_CELL) ?? 0) + 1;
  cells.put(...COUNT_CELL, number);
  const traffic: Traffic = {
    ...order,
    id: `traffic-${number}`,
    since: now,
    until: now + order.forMs,
    due: 0,
    underWay: [],
    report: emptyReport(),
  };
  cells.put(TRAFFIC, traffic.id, traffic);
  return traffic;
}

/** Every run, the oldest first. */
export function listTraffic({ cells }: Cluster): Traffic[] {
  const all = [...cells.entries<Traffic>(TRAFFIC)].map(([, traffic]) => traffic);
  return all.sort((a, b) => a.since - b.since || a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
}

/** One run. */
export const getTraffic = ({ cells }: Cluster, id: string): Traffic | undefined => cells.get<Traffic>(TRAFFIC, id);

/** Ends a run and forgets it; false if there is none. */
export function endTraffic({ cells }: Cluster, id: string): boolean {
  if (cells.get(TRAFFIC, id) === undefined) return false;
  cells.delete(TRAFFIC, id);
  return true;
}

function problemsOf(cluster: Cluster, { from, target }: TrafficOrder): TrafficProblem[] {
  const problems: TrafficProblem[] = [];
  if (listTraffic(cluster).length >= LIMITS.trafficRuns) {
    problems.push({ path: "", detail: `a cluster keeps ${LIMITS.trafficRuns} runs; delete one first` });
  }
  if (targetOf(target) === undefined) problems.push({ path: "/target", detail: "must be http://HOST[:PORT][/PATH]" });
  if (from !== undefined && cluster.admin.get(pods, { namespace: from.namespace, name: from.pod }) === undefined) {
    problems.push({ path: "/from/pod", detail: `there is no pod ${from.namespace}/${from.pod}` });
  }
  return problems;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

function targetOf(text: string): Target | undefined {
  const found = /^https?:\/\/([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::(\d{1,5}))?(\/[^\s#]*)?$/.exec(text);
  if (found === null) return undefined;
  const port = Number(found[2] ?? (text.startsWith("https") ? 443 : 80));
  return port < 1 || port > 65_535 ? undefined : { host: (found[1] ?? "").toLowerCase(), port, path: found[3] ?? "/" };
}

/** A machine beside the cluster that asks its DNS. */
const BESIDE: ResolverConfig = {
  hosts: new Map(),
  servers: [CLUSTER_DNS],
  search: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"],
  ndots: 5,
};
const BESIDE_ORIGIN: Origin = { kind: "node", ip: "172.18.0.1" };

export const trafficController: Controller = {
  name: "traffic",
  component: "world",
  watches: [{ room: TRAFFIC, keys: (id: string) => [{ namespace: "", name: id }] }],

  reconcile(context, { name }) {
    const traffic = context.cells.get<Traffic>(TRAFFIC, name);
    if (traffic === undefined) return done;
    const total = Math.floor((traffic.rps * traffic.forMs) / 1_000);
    if (traffic.due >= total) return done;
    const nowDue = Math.min(total, Math.floor((traffic.rps * (context.now - traffic.since)) / 1_000) + 1);
    const wanted = Math.min(nowDue - traffic.due, LIMITS.trafficBatch);
    if (wanted <= 0) return routineAt(dueAt(traffic, traffic.due));
    const next = sendSome(context, traffic, wanted);
    context.cells.put(TRAFFIC, name, next);
    if (next.due >= total) return done;
    return routineAt(next.due < nowDue ? context.now : Math.max(context.now + TICK_MS, dueAt(next, next.due)));
  },
};

/** The instant a request is due. */
const dueAt = ({ since, rps }: Traffic, number: number): Instant => since + Math.ceil((number * 1_000) / rps);

function sendSome(context: Context, traffic: Traffic, wanted: number): Traffic {
  const { client, now, entropy, cells } = context;
  const net = new ClusterNet({ client, now, entropy, cells });
  const report = clone(traffic.report);
  const underWay = traffic.underWay.filter((end) => end > now);
  const target = targetOf(traffic.target);
  for (let n = 0; target !== undefined && n < wanted; n += 1) {
    if (underWay.length >= traffic.concurrency) {
      report.skipped += 1;
      continue;
    }
    const { answer, pod } = sendOne(net, traffic, target, traffic.due + n);
    const tookMs = typeof answer === "object" ? BASE_MS + (answer.delayMs ?? 0) : BASE_MS;
    const isLate = answer === "timeout" || tookMs > traffic.timeoutMs;
    const outcome = isLate ? ("timeout" as const) : answer;
    const lastsMs = isLate ? traffic.timeoutMs : tookMs;
    underWay.push(now + lastsMs);
    count(report, { at: now, answer: outcome, pod, tookMs: lastsMs });
  }
  return { ...traffic, due: traffic.due + wanted, underWay: underWay.slice(-traffic.concurrency), report };
}

function sendOne(net: ClusterNet, traffic: Traffic, { host, port, path }: Target, number: number) {
  const { from, method, headers, body, connections } = traffic;
  const kept = connections === undefined ? {} : { pool: `${traffic.id} ${number % connections}` };
  const request: HttpRequest = {
    method,
    path,
    headers: {
      host: port === 80 ? host : `${host}:${port}`,
      "user-agent": `traffic/${traffic.name ?? traffic.id}`,
      accept: "*/*",
      ...(body !== "" && { "content-length": String(body.length) }),
      ...headers,
    },
    body,
  };
  if (from !== undefined) {
    const { client } = net.world;
    const ip = client.get(pods, { namespace: from.namespace, name: from.pod })?.status?.podIP;
    if (ip === undefined) return { answer: "unreachable" as const, pod: undefined };
    return net.traced({ kind: "pod", namespace: from.namespace, name: from.pod, ip }, { host, port, ...kept }, request);
  }
  const outside = net.traced({ kind: "outside" }, { host, port, ...kept }, request);
  if (outside.answer !== "nxdomain" && outside.answer !== "unreachable") return outside;
  const [ip] = lookUp(BESIDE, host, (server, question) => net.query(BESIDE_ORIGIN, server, question));
  return ip === undefined ? outside : net.traced(BESIDE_ORIGIN, { host: ip, port, ...kept }, request);
}
