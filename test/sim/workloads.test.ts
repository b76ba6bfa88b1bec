/**
 * Goal: whatever is done to StatefulSets, DaemonSets, Jobs and CronJobs, what is wanted comes about, no two pods share
 * an identity or an index, and one seed gives one history, evicted or not.
 * Method: run random programs of user actions and clock steps, with and without losing the memory between them; look
 * after every step, and once more when all is idle.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Pod } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { controllerOf, keyOf } from "#kernel/apimachinery/meta";
import type { Cluster } from "#kernel/cluster/cluster";
import type { Client } from "#kernel/registry/client";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { cronjobs } from "#kernel/resources/batch/cronjob";
import { jobs } from "#kernel/resources/batch/job";
import { completionIndex, isJobFinished } from "#kernel/resources/batch/job.facts";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { isPodActive, isPodReady } from "#kernel/resources/core/pod.facts";
import { Simulation } from "#test/sim/clusters";

const namespace = "default";
const selector = { matchLabels: { app: "x" } };

/** A template of the pods of one owner. */
const template = (app: string, command: string, restartPolicy = "Always") => ({
  metadata: { labels: { app } },
  spec: { restartPolicy, containers: [{ name: "c", image: "busybox:1.36", command: ["sh", "-c", command] }] },
});

const KEEPS = "trap exit TERM; while true; do sleep 5; done";

type Act = (client: Client, n: number) => void;

const ACTS: Readonly<Record<string, Act>> = {
  set: (client, n) => {
    const podManagementPolicy = n % 2 === 0 ? "OrderedReady" : "Parallel";
    const spec = { podManagementPolicy, replicas: n % 4, selector, template: template("x", KEEPS), serviceName: "x" };
    client.create(statefulsets, { metadata: { name: "set", namespace }, spec });
  },
  scaleSet: (client, n) => {
    const set = client.need(statefulsets, { namespace, name: "set" });
    client.update(statefulsets, { ...set, spec: { ...set.spec, replicas: n % 5 } });
  },
  updateSet: (client, n) => {
    const set = client.need(statefulsets, { namespace, name: "set" });
    const next = { ...template("x", KEEPS), metadata: { labels: { app: "x", v: String(n % 3) } } };
    client.update(statefulsets, { ...set, spec: { ...set.spec, template: next } });
  },
  daemons: (client) => {
    const spec = { selector: { matchLabels: { app: "d" } }, template: template("d", KEEPS) };
    client.create(daemonsets, { metadata: { name: "daemons", namespace }, spec });
  },
  taint: (client, n) => {
    const node = client.need(nodes, { namespace: "", name: `node-${(n % 3) + 1}` });
    const taints = (node.spec.taints ?? []).filter(({ key }) => key !== "t");
    const effect = n % 2 === 0 ? "NoExecute" : "NoSchedule";
    const isTainted = taints.length < (node.spec.taints ?? []).length;
    const next = isTainted ? taints : [...taints, { key: "t", effect }];
    client.update(nodes, { ...node, spec: { ...node.spec, taints: next } });
  },
  job: (client, n) => {
    const spec = {
      completionMode: "Indexed",
      completions: 4,
      parallelism: (n % 3) + 1,
      backoffLimit: 2,
      template: template("j", `sleep ${n % 20}; exit ${n % 5 === 0 ? 1 : 0}`, "Never"),
    };
    client.create(jobs, { metadata: { name: `job-${n % 3}`, namespace }, spec });
  },
  suspend: (client, n) => {
    const job = client.need(jobs, { namespace, name: `job-${n % 3}` });
    client.update(jobs, { ...job, spec: { ...job.spec, suspend: job.spec.suspend !== true } });
  },
  cron: (client) => {
    const jobTemplate = { spec: { template: template("c", "sleep 90", "Never") } };
    const spec = { schedule: "* * * * *", concurrencyPolicy: "Forbid", jobTemplate };
    client.create(cronjobs, { metadata: { name: "cron", namespace }, spec });
  },
  kill: (client, n) => {
    const [victim] = client.list(pods, { namespace }).slice(n);
    if (victim !== undefined) client.delete(pods, keyOf(victim));
  },
  remove: (client, n) => {
    const propagationPolicy = n % 2 === 0 ? "Background" : "Foreground";
    if (n % 3 === 0) client.delete(statefulsets, { namespace, name: "set" }, { propagationPolicy });
    if (n % 3 === 1) client.delete(daemonsets, { namespace, name: "daemons" }, { propagationPolicy });
    if (n % 3 === 2) client.delete(jobs, { namespace, name: `job-${n % 4}` }, { propagationPolicy });
  },
};

interface Step {
  readonly act: string;
  readonly n: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom("wait", "wait", ...Object.keys(ACTS)),
  n: fc.nat(30),
});

/** A student may ask for what cannot be; only an answer may refuse it. */
function attempt(simulation: Simulation, { act, n }: Step): void {
  if (act === "wait") {
    simulation.advance(n * 2_000);
    return;
  }
  try {
    simulation.turn(({ admin }) => ACTS[act]?.(admin, n));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
  }
}

const twice = (items: readonly string[]): string[] => items.filter((item, n) => items.indexOf(item) !== n);

/** What must hold at every moment. */
function look({ admin }: Cluster): void {
  const active = admin.list(pods).filter(isPodActive);
  const ownerOf = (pod: Pod): string => controllerOf(pod)?.uid ?? "";
  const indexed = active.filter((pod) => completionIndex(pod) !== undefined);
  expect(twice(indexed.map((pod) => `${ownerOf(pod)}/${completionIndex(pod)}`))).toEqual([]);
  const daemons = active.filter((pod) => controllerOf(pod)?.kind === "DaemonSet" && pod.spec.nodeName !== undefined);
  expect(twice(daemons.map((pod) => `${ownerOf(pod)}/${pod.spec.nodeName}`))).toEqual([]);
  for (const { metadata } of admin.list(cronjobs)) {
    const running = admin.list(jobs).filter((job) => controllerOf(job)?.uid === metadata.uid && !isJobFinished(job));
    expect(running.length).toBeLessThanOrEqual(1);
  }
}

/** What must hold when nothing more is due. */
function lookIdle({ admin }: Cluster): void {
  const all = admin.list(pods);
  const owned = (uid: string): Pod[] => all.filter((pod) => controllerOf(pod)?.uid === uid);
  for (const { metadata, spec, status } of admin.list(statefulsets)) {
    const wanted = Array.from({ length: spec.replicas ?? 0 }, (_, n) => `set-${n}`);
    expect(owned(metadata.uid).map((pod) => pod.metadata.name)).toEqual(wanted);
    expect(owned(metadata.uid).every(isPodReady)).toBe(true);
    expect(status).toMatchObject({ replicas: wanted.length, updateRevision: status?.currentRevision });
  }
  for (const { metadata, status } of admin.list(daemonsets)) {
    expect(status?.currentNumberScheduled).toBe(status?.desiredNumberScheduled);
    expect(owned(metadata.uid)).toHaveLength((status?.desiredNumberScheduled ?? 0) + (status?.numberMisscheduled ?? 0));
  }
  for (const job of admin.list(jobs)) {
    if (job.spec.suspend === true) expect(owned(job.metadata.uid).filter(isPodActive)).toEqual([]);
    else if (controllerOf(job) === undefined) expect(isJobFinished(job)).toBe(true);
  }
}

function play(seed: number, steps: readonly Step[], evicts: boolean): Simulation {
  const simulation = new Simulation(seed);
  for (const one of steps) {
    attempt(simulation, one);
    if (evicts) simulation.evict();
    else look(simulation.cluster);
  }
  return simulation;
}

test("what is wanted comes about, and nothing is there twice", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 15 }), (seed, steps) => {
      const simulation = play(seed, steps, false);
      simulation.turn(({ admin }) => {
        for (const node of admin.list(nodes)) {
          const taints = (node.spec.taints ?? []).filter(({ key }) => key !== "t");
          admin.update(nodes, { ...node, spec: { ...node.spec, taints } });
        }
        for (const cronjob of admin.list(cronjobs)) {
          admin.update(cronjobs, { ...cronjob, spec: { ...cronjob.spec, suspend: true } });
        }
      });
      for (let n = 0; n < 3; n += 1) simulation.settle();
      simulation.advance(1_800_000);
      lookIdle(simulation.cluster);
    }),
    { numRuns: 20 },
  );
});

test("one seed and one program always give the same bytes, evicted or not", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 12 }), (seed, steps) => {
      const steady = play(seed, steps, false);
      expect(play(seed, steps, true).bytes).toBe(steady.bytes);
    }),
    { numRuns: 15 },
  );
});
