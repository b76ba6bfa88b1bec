/**
 * etcd: a store of one's own, or the one behind the API servers where it runs as their static pod.
 *
 * Models registry.k8s.io/etcd and quay.io/coreos/etcd (v3.6).
 * Leaves out agreement between members, leases, watches and transactions.
 */
import { etcdctl, etcdutl } from "#kernel/runtime/images/etcd/etcdctl";
import { isClusterStore } from "#kernel/runtime/images/etcd/members";
import { registryEntries } from "#kernel/runtime/images/etcd/registry-keys";
import { goFlag } from "#kernel/runtime/images/http-echo";
import { type Asked, keeper } from "#kernel/runtime/images/keeper";
import { imageOf } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { hasQuorum } from "#kernel/runtime/quorum";
import type { HttpResponse } from "#kernel/runtime/world";

/** The port at the end of the first address of a flag. */
const portOf = (task: Task, flag: string): number | undefined => {
  const [, port] = /:(\d+)/.exec(goFlag(task.argv, flag) ?? "") ?? [];
  return port === undefined ? undefined : Number(port);
};

const ownStore = keeper({
  name: "etcd-store",
  ports: (task) => {
    const metrics = portOf(task, "listen-metrics-urls");
    return [portOf(task, "listen-client-urls") ?? 2379, 2380, ...(metrics === undefined ? [] : [metrics])];
  },
  file: (task) =>
    `${goFlag(task.argv, "data-dir") ?? `/${goFlag(task.argv, "name") ?? "default"}.etcd`}/member/snap/db.json`,
  banner: (task) => {
    const line = (caller: string, msg: string, more: object): string =>
      `${JSON.stringify({ level: "info", ts: new Date(task.now).toISOString(), caller, msg, ...more })}\n`;
    const name = goFlag(task.argv, "name") ?? "default";
    return (
      line("etcdserver/server.go:337", "starting etcd server", { "local-server-version": "3.6.6", name }) +
      line("embed/serve.go:138", "ready to serve client requests", {})
    );
  },
  memoryBytes: 45 * 2 ** 20,
});

/** Characters of values one answer may hold: what is more is left out and said so. */
const ANSWER_CHARS = 2_000_000;

const refuse = (status: number, error: string): HttpResponse => ({
  status,
  headers: {},
  body: JSON.stringify({ error }),
});

/** Answers from what the API server has stored. */
function clusterAnswer(task: Task, { verb, key }: Asked): HttpResponse {
  const { client, cells } = task.world;
  if (!hasQuorum(cells)) return refuse(503, "etcdserver: request timed out");
  if (verb !== "list") return refuse(403, "etcdserver: what the API server keeps is changed through the API here");
  const found: Record<string, string> = {};
  let chars = 0;
  for (const [one, value] of registryEntries(client.registry, key)) {
    const text = chars > ANSWER_CHARS ? "" : value();
    chars += text.length;
    found[one] = text;
  }
  return { status: 200, headers: {}, body: JSON.stringify(found) };
}

const etcd: Program<{ readonly isUp: true }> = {
  ...ownStore,
  http(task, port, request) {
    if (request.method !== "KEEP" || !isClusterStore(task)) return ownStore.http?.(task, port, request);
    return clusterAnswer(task, JSON.parse(request.body) as Asked);
  },
};

export const etcdPrograms = [etcd, etcdctl, etcdutl] as readonly Program[];

export const etcdImage = imageOf({
  repositories: [
    "quay.io/coreos/etcd",
    "gcr.io/etcd-development/etcd",
    "registry.k8s.io/etcd",
    "docker.io/bitnami/etcd",
  ],
  megabytes: 24,
  config: { cmd: ["/usr/local/bin/etcd"], ports: [2379, 2380] },
  programs: {
    "/usr/local/bin/etcd": etcd as Program,
    "/usr/local/bin/etcdctl": etcdctl,
    "/usr/local/bin/etcdutl": etcdutl,
  },
});
