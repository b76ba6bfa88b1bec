/**
 * The metrics server: what it would have scraped from the kubelets the last time, put together when somebody asks.
 *
 * Models sigs.k8s.io/metrics-server (pkg/storage, pkg/api), which scrapes every 15 s and needs two readings, or one of
 * a container that started less than a scrape ago but at least 10 s before it.
 */
import type { Node, Pod } from "#kernel/api/types.gen";
import { formatDuration } from "#kernel/apimachinery/duration";
import { notFound } from "#kernel/apimachinery/errors";
import { type Key, keyOf } from "#kernel/apimachinery/meta";
import { timeText } from "#kernel/apimachinery/time";
import {
  type Amounts,
  containerUsage,
  machineOf,
  nodeUsage,
  runningContainers,
  shareOf,
  type Where,
} from "#kernel/kubelet/usage";
import type { Source, Sources } from "#kernel/registry/computed";
import type { Registry } from "#kernel/registry/registry";
import { component } from "#kernel/registry/user";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { type NodeMetrics, nodemetrics, type PodMetrics, podmetrics } from "#kernel/resources/metrics/usage";
import type { Machine } from "#kernel/runtime/machine";
import { isKubeletAlive } from "#kernel/runtime/machine.facts";
import { SCRAPE_MS } from "#kernel/runtime/meter";
import type { Instant } from "#kernel/sim/instant";

/** A container this young is not counted yet. */
const LEAST_AGE_MS = 10_000;

const whereOf = (registry: Registry): Where => ({
  cells: registry.cells,
  client: registry.as(component("metrics-server"), "metrics-server"),
  now: registry.now,
});

/** The last scrape. */
const lastScrape = (now: Instant): Instant => now - (now % SCRAPE_MS);

const usageOf = ({ cpuNanos, memoryBytes }: Amounts) => ({
  cpu: cpuNanos === 0 ? "0" : `${cpuNanos}n`,
  memory: `${Math.ceil(memoryBytes / 1_024)}Ki`,
});

const listening = (machine: Machine | undefined, until: Instant): machine is Machine =>
  machine !== undefined && isKubeletAlive(machine) && machine.bootedAt + LEAST_AGE_MS <= until;

function metadataOf({ metadata }: Node | Pod, now: Instant) {
  const { name, namespace, labels } = metadata;
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    creationTimestamp: timeText(now),
    ...(labels !== undefined && { labels }),
  } as Node["metadata"];
}

function nodeMetrics(where: Where, node: Node): NodeMetrics | undefined {
  const until = lastScrape(where.now);
  const machine = machineOf(where.cells, node.metadata.name);
  if (!listening(machine, until)) return undefined;
  const from = Math.max(until - SCRAPE_MS, machine.bootedAt);
  return {
    apiVersion: nodemetrics.apiVersion,
    kind: "NodeMetrics",
    metadata: metadataOf(node, where.now),
    timestamp: timeText(until),
    usage: usageOf(nodeUsage(where, machine, from, until)),
    window: formatDuration(until - from),
  };
}

/** Shares of nodes, found once per request. */
type Shares = Map<string, number>;

/** What a pod used; undefined while any of its containers has not been seen for long enough. */
export function podMetrics(where: Where, pod: Pod, shares: Shares = new Map()): PodMetrics | undefined {
  const until = lastScrape(where.now);
  const { nodeName = "" } = pod.spec;
  const machine = machineOf(where.cells, nodeName);
  if (pod.status?.phase !== "Running" || !listening(machine, until)) return undefined;
  const records = runningContainers(where.cells, keyOf(pod));
  if (records.length === 0 || records.some(({ startedAt }) => startedAt + LEAST_AGE_MS > until)) return undefined;
  const start = until - SCRAPE_MS;
  const share = shares.get(nodeName) ?? shareOf(where, machine, start, until);
  shares.set(nodeName, share);
  const from = Math.max(start, Math.min(...records.map(({ startedAt }) => startedAt)));
  return {
    apiVersion: podmetrics.apiVersion,
    kind: "PodMetrics",
    metadata: metadataOf(pod, where.now),
    timestamp: timeText(until),
    window: formatDuration(until - from),
    containers: records.map((record) => ({
      name: record.name,
      usage: usageOf(containerUsage(where, record, { from: start, until, share })),
    })),
  };
}

const nodeSource: Source = {
  get(registry, key) {
    const where = whereOf(registry);
    const node = where.client.get(nodes, key);
    return node && nodeMetrics(where, node);
  },

  notFound: ({ name }) => missing("nodemetrics", name),

  list(registry) {
    const where = whereOf(registry);
    return where.client.list(nodes).flatMap((node) => nodeMetrics(where, node) ?? []);
  },
};

const podSource: Source = {
  get(registry, key) {
    const where = whereOf(registry);
    const pod = where.client.get(pods, key);
    return pod && podMetrics(where, pod);
  },

  notFound: (key) => missing("podmetrics", textOf(key)),

  list(registry, namespace) {
    const where = whereOf(registry);
    const shares: Shares = new Map();
    const all = where.client.list(pods, namespace === undefined ? {} : { namespace });
    return all.flatMap((pod) => podMetrics(where, pod, shares) ?? []);
  },
};

const textOf = ({ namespace, name }: Key): string => `${namespace}/${name}`;

const missing = (resource: string, name: string) => notFound({ group: nodemetrics.group, resource }, name);

export const METRICS_SOURCES: Sources = new Map([
  [nodemetrics.bucket, nodeSource],
  [podmetrics.bucket, podSource],
]);
