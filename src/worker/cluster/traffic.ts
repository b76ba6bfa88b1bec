/**
 * Traffic as the HTTP API shows it.
 */
import type { Cluster } from "#kernel/cluster/cluster";
import {
  endTraffic,
  getTraffic,
  listTraffic,
  startTraffic,
  type Traffic,
  type TrafficOrder,
  type TrafficProblem,
} from "#kernel/cluster/traffic";
import { percentile } from "#kernel/cluster/traffic.report";

/** A run and what became of its requests. */
interface TrafficView {
  readonly id: string;
  readonly name?: string;
  readonly target: string;
  readonly method: string;
  readonly rps: number;
  readonly since: string;
  readonly until: string;
  readonly isOver: boolean;
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
  readonly pods: readonly {
    readonly pod: string;
    readonly version: string;
    readonly answered: number;
    readonly failed: number;
  }[];
  readonly versions: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly at: string; readonly why: string; readonly pod?: string }[];
}

/** One run as the API shows it. */
function viewOf({ now }: Cluster, traffic: Traffic): TrafficView {
  const { id, name, target, method, rps, since, until, report } = traffic;
  const { sent, succeeded, failed, skipped, codes, errors, versions } = report;
  return {
    ...{ id, ...(name !== undefined && { name }), target, method, rps },
    ...{ since: new Date(since).toISOString(), until: new Date(until).toISOString() },
    isOver: now >= until,
    ...{ sent, succeeded, failed, skipped, codes, errors },
    latency: {
      p50: percentile(report, 0.5),
      p90: percentile(report, 0.9),
      p99: percentile(report, 0.99),
      max: percentile(report, 1),
    },
    pods: Object.entries(report.pods).map(([pod, one]) => ({ pod, ...one })),
    versions,
    failures: report.failures.map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest })),
  };
}

/** What the API asks for; an order is JSON. */
export type TrafficCall =
  | { readonly verb: "start"; readonly order: string }
  | { readonly verb: "list" }
  | { readonly verb: "get" | "delete"; readonly id: string };

/** The runs it concerns, or what is wrong with the order. */
export type TrafficAnswer =
  | { readonly items: readonly TrafficView[] }
  | { readonly problems: readonly TrafficProblem[] };

/** Carries out a call as part of a turn. */
export function traffic(cluster: Cluster, call: TrafficCall): TrafficAnswer {
  if (call.verb === "list") return { items: listTraffic(cluster).map((one) => viewOf(cluster, one)) };
  if (call.verb === "start") {
    const made = startTraffic(cluster, JSON.parse(call.order) as TrafficOrder);
    return "problems" in made ? made : { items: [viewOf(cluster, made)] };
  }
  const found = getTraffic(cluster, call.id);
  if (call.verb === "delete") endTraffic(cluster, call.id);
  return { items: found === undefined ? [] : [viewOf(cluster, found)] };
}
