/**
 * Goal: a cluster is a value: equal seeds and equal requests at equal instants give equal bytes, whatever happens to
 * the memory in between.
 * Method: run random programs of user actions and clock steps twice, once evicting the cluster between turns, and
 * compare the exports.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { StatusError } from "#kernel/apimachinery/errors";
import { keyOf } from "#kernel/apimachinery/meta";
import type { Cluster } from "#kernel/cluster/cluster";
import { addFault, type FaultOrder } from "#kernel/cluster/faults";
import { exportCluster, importCluster } from "#kernel/cluster/snapshot";
import { deployments } from "#kernel/resources/apps/deployment";
import { pods } from "#kernel/resources/core/pod";
import { deployment, Simulation, START } from "#test/sim/clusters";

type Step =
  | { readonly do: "deploy" | "scale"; readonly which: number; readonly replicas: number }
  | { readonly do: "image" | "delete"; readonly which: number }
  | { readonly do: "kill"; readonly which: number }
  | { readonly do: "break"; readonly which: number; readonly ms: number }
  | { readonly do: "wait"; readonly ms: number };

const which = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("deploy" as const), which, replicas: fc.nat(6) }),
  fc.record({ do: fc.constant("scale" as const), which, replicas: fc.nat(6) }),
  fc.record({ do: fc.constant("image" as const), which }),
  fc.record({ do: fc.constant("delete" as const), which }),
  fc.record({ do: fc.constant("kill" as const), which: fc.nat(20) }),
  fc.record({ do: fc.constant("break" as const), which: fc.nat(5), ms: fc.integer({ min: 1, max: 90_000 }) }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.nat(40_000) }),
);

/** One fault of each sort that changes what others do. */
function breakOne(cluster: Cluster, { which: n, ms }: { readonly which: number; readonly ms: number }): void {
  const all = { selector: { app: "web-0" } };
  const orders: readonly Pick<FaultOrder, "type" | "target">[] = [
    { type: "node-down", target: { node: "node-1" } },
    { type: "node-partition", target: { node: "node-2" } },
    { type: "container-crash", target: all },
    { type: "container-hang", target: all },
    { type: "component-stop", target: { component: "scheduler" } },
    { type: "component-stop", target: { component: "controllerManager" } },
  ];
  const order = orders[n];
  if (order !== undefined) addFault(cluster, { ...order, forMs: ms });
}

function play(seed: number, steps: readonly Step[], evicts: boolean): Simulation {
  const simulation = new Simulation(seed);
  for (const one of steps) {
    if (one.do === "wait") simulation.advance(one.ms);
    else attempt(simulation, one);
    if (evicts) simulation.evict();
  }
  return simulation;
}

/** A student may ask for what cannot be; only an answer may refuse it. */
function attempt(simulation: Simulation, one: Exclude<Step, { do: "wait" }>): void {
  const key = { namespace: "default", name: `web-${one.which}` };
  try {
    simulation.turn((cluster) => {
      const { admin } = cluster;
      if (one.do === "break") breakOne(cluster, one);
      if (one.do === "deploy") admin.create(deployments, deployment(key.name, one.replicas));
      if (one.do === "scale") {
        const old = admin.need(deployments, key);
        admin.update(deployments, { ...old, spec: { ...old.spec, replicas: one.replicas } });
      }
      if (one.do === "image") {
        const old = admin.need(deployments, key);
        const containers = [{ name: "c", image: "nginx:1.28" }];
        const template = { ...old.spec.template, spec: { ...old.spec.template.spec, containers } };
        admin.update(deployments, { ...old, spec: { ...old.spec, template } });
      }
      if (one.do === "delete") admin.delete(deployments, key, { propagationPolicy: "Background" });
      if (one.do === "kill") {
        const [victim] = admin.list(pods, { namespace: "default" }).slice(one.which);
        if (victim !== undefined) admin.delete(pods, keyOf(victim));
      }
    });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
  }
}

test("one seed and one program always give the same bytes, evicted or not", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 12 }), (seed, steps) => {
      const steady = play(seed, steps, false);
      expect(play(seed, steps, false).bytes).toBe(steady.bytes);
      expect(play(seed, steps, true).bytes).toBe(steady.bytes);
    }),
    { numRuns: 25 },
  );
});

test("another seed gives other names", () => {
  const steps: Step[] = [{ do: "deploy", which: 0, replicas: 3 }];
  expect(play(1, steps, false).bytes).not.toBe(play(2, steps, false).bytes);
});

test("a fork is the same cluster and goes on as the original would", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 8 }), (seed, steps) => {
      const { cluster } = play(seed, steps, false);
      const value = exportCluster(cluster);
      const fork = importCluster(JSON.parse(JSON.stringify(value)), START);
      expect(exportCluster(fork)).toEqual({ ...value, cells: expect.anything() });
      cluster.advance(START, 60_000);
      fork.advance(START, 60_000);
      expect(exportCluster(fork).rows).toEqual(exportCluster(cluster).rows);
    }),
    { numRuns: 15 },
  );
});
