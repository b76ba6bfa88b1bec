/**
 * Cluster autoscaler: pools of machines that grow when pods do not fit and shrink when machines stand idle.
 *
 * Models sigs.k8s.io/cluster-autoscaler (core/static_autoscaler.go, clusterstate).
 */
import { timeText } from "#kernel/apimachinery/time";
import { scaleDown } from "#kernel/cluster/autoscaler.down";
import { BOOTING, type Booting, membersOfPool, poolsOf } from "#kernel/cluster/autoscaler.facts";
import { scaleUp } from "#kernel/cluster/autoscaler.up";
import { startMachine } from "#kernel/cluster/machines";
import {
  type Context,
  type Controller,
  done,
  earliest,
  type Outcome,
  routineAt,
  wakeAt,
  watching,
} from "#kernel/registry/controller";
import { configmaps } from "#kernel/resources/core/configmap";
import { recordEvent } from "#kernel/resources/core/event.record";
import { nodes } from "#kernel/resources/core/node";
import { isNodeReady } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { lastOnGrid } from "#kernel/runtime/machine.facts";

/** --scan-interval */
const SCAN_MS = 10_000;
const STATUS = { namespace: "kube-system", name: "cluster-autoscaler-status" };
const SOURCE = { component: "cluster-autoscaler" };
const SCAN = { namespace: "", name: "scan" };

export const clusterAutoscaler: Controller = {
  name: "cluster-autoscaler",
  component: "world",
  watches: [
    watching(pods, (_pod, { registry }) => (poolsOf(registry.cells).length > 0 ? [SCAN] : [])),
    watching(nodes, (_node, { registry }) => (poolsOf(registry.cells).length > 0 ? [SCAN] : [])),
  ],

  reconcile(context) {
    const { cells, now } = context;
    if (poolsOf(cells).length === 0) return done;
    const booting = boot(context);
    const grid = lastOnGrid(0, SCAN_MS, now);
    if (grid !== now) return earliest(booting, routineAt(grid + SCAN_MS));
    const grown = scaleUp(context);
    const { said, candidates, nextAt } = scaleDown(context);
    report(context, { said: [...grown, ...said], candidates });
    const ordered = boot(context);
    return earliest(ordered, nextAt === undefined ? done : routineAt(nextAt));
  },
};

/** Switches on what is ready; the rest is worth waiting for. */
function boot({ cells, now }: Context): Outcome {
  let next: Outcome = done;
  for (const [name, { options, readyAt }] of [...cells.entries<Booting>(BOOTING)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    if (readyAt > now) next = earliest(next, wakeAt(readyAt));
    else {
      cells.delete(BOOTING, name);
      startMachine(cells, options, now);
    }
  }
  return next;
}

/** Writes the status where it says anything new. */
function report(
  context: Context,
  { said, candidates }: { readonly said: readonly string[]; readonly candidates: readonly string[] },
): void {
  const { client, now } = context;
  const known = client.get(configmaps, STATUS);
  const text = statusText(context, candidates);
  const withoutTime = (status: string | undefined): string | undefined => status?.replace(/^time: .*\n/, "");
  const status = `time: ${timeText(now)}\n${text}`;
  const data = { status: withoutTime(known?.data?.["status"]) === text ? (known?.data?.["status"] ?? status) : status };
  const annotations = { "cluster-autoscaler.kubernetes.io/last-updated": timeText(now) };
  const regarding =
    known === undefined
      ? client.create(configmaps, { metadata: { ...STATUS, annotations }, data })
      : data.status === known.data?.["status"]
        ? known
        : client.update(configmaps, { ...known, metadata: { ...known.metadata, annotations }, data });
  for (const message of said) {
    const reason = message.startsWith("Scale-up")
      ? "ScaledUpGroup"
      : message.includes("empty")
        ? "ScaleDownEmpty"
        : "ScaleDown";
    recordEvent(client, { regarding, type: "Normal", reason, message, source: SOURCE }, now);
  }
}

function statusText({ client, cells }: Context, candidates: readonly string[]): string {
  const all = client.list(nodes);
  const counts = (total: number, ready: number, indent: string): string =>
    `${indent}health:\n${indent}  status: Healthy\n${indent}  nodeCounts:\n${indent}    registered:\n` +
    `${indent}      total: ${total}\n${indent}      ready: ${ready}\n${indent}      notStarted: ${total - ready}\n` +
    `${indent}    longUnregistered: 0\n`;
  const activity = (isGrowing: boolean, count: number, indent: string): string =>
    `${indent}scaleUp:\n${indent}  status: ${isGrowing ? "InProgress" : "NoActivity"}\n` +
    `${indent}scaleDown:\n${indent}  status: ${count > 0 ? "CandidatesPresent" : "NoCandidates"}\n` +
    (count > 0 ? `${indent}  candidates: ${count}\n` : "");
  const groups = poolsOf(cells).map(({ name, min, max }) => {
    const members = membersOfPool(cells, name);
    const own = all.filter(({ metadata }) => members.includes(metadata.name));
    const idle = candidates.filter((candidate) => members.includes(candidate)).length;
    return (
      `- name: ${name}\n${counts(own.length, own.filter(isNodeReady).length, "  ")}` +
      `    cloudProviderTarget: ${members.length}\n    minSize: ${min}\n    maxSize: ${max}\n` +
      activity(members.length > own.length, idle, "  ")
    );
  });
  return (
    `autoscalerStatus: Running\nclusterWide:\n${counts(all.length, all.filter(isNodeReady).length, "  ")}` +
    `${activity(cells.count(BOOTING) > 0, candidates.length, "  ")}nodeGroups:\n${groups.join("")}`
  );
}
