/**
 * Goal: in a small world with little room, where users, quotas, budgets, priorities, taints and faults get into each
 * other's way, the laws of a cluster hold at every moment, and at rest everything is as asked for, as far as it fits.
 * Method: random programs of acts and clock steps, each from a seed; look after every step; make peace; look again.
 * DRYDOCK_SIM_RUNS=1000 runs so many programs instead of a few, DRYDOCK_SIM_SEED=7 begins with another one.
 */
import { expect, test } from "vitest";
import { StatusError } from "#kernel/apimachinery/errors";
import { pods } from "#kernel/resources/core/pod";
import { isPodReady } from "#kernel/resources/core/pod.facts";
import { Entropy } from "#kernel/sim/entropy";
import { Simulation } from "#test/sim/clusters";
import { ACTS, furnish, makePeace, NAMESPACE } from "#test/sim/world.acts";
import { holdsAlways, holdsAtRest, slackOf } from "#test/sim/world.laws";

const RUNS = Number(process.env["DRYDOCK_SIM_RUNS"] ?? 8);
const FIRST_SEED = Number(process.env["DRYDOCK_SIM_SEED"] ?? 1);
const STEPS = 30;
const MACHINES = [1, 2, 3].map((n) => ({ name: `node-${n}`, cpu: "2", memory: "2Gi", pods: 12 }));
const NAMES = Object.keys(ACTS);

interface Step {
  /** Absent: only time passes. */
  readonly act: string | undefined;
  readonly n: number;
  readonly ms: number;
}

function program(seed: number): Step[] {
  const dice = Entropy.seeded(`world ${seed}`);
  return Array.from({ length: STEPS }, () => ({
    act: dice.int(4) === 0 ? undefined : dice.pick(NAMES),
    n: dice.int(120),
    ms: dice.int(3) === 0 ? dice.int(60_000) : dice.int(4_000),
  }));
}

/** One act. An eviction that is granted must leave the budget what it wants. */
function attempt(simulation: Simulation, { act, n }: Step): void {
  if (act === undefined) return;
  const { cluster } = simulation;
  const victim = act === "evict" ? cluster.admin.list(pods, { namespace: NAMESPACE })[n] : undefined;
  const slack = victim === undefined || !isPodReady(victim) ? Number.POSITIVE_INFINITY : slackOf(cluster, victim);
  try {
    simulation.turn((it) => ACTS[act]?.(it, n));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return;
  }
  expect(slack).toBeGreaterThan(0);
}

function play(seed: number, isEvicted: boolean): Simulation {
  const simulation = new Simulation(seed, MACHINES);
  simulation.turn((cluster) => furnish(cluster));
  for (const step of program(seed)) {
    attempt(simulation, step);
    if (!isEvicted) holdsAlways(simulation.cluster);
    simulation.advance(step.ms);
    if (isEvicted) simulation.evict();
    else holdsAlways(simulation.cluster);
  }
  return simulation;
}

/** The last faults end, nodes open, and nobody acts for an hour. */
function rest(simulation: Simulation): void {
  simulation.advance(150_000);
  simulation.turn((cluster) => makePeace(cluster));
  simulation.advance(3_600_000);
}

const seeds = Array.from({ length: RUNS }, (_, n) => FIRST_SEED + n);

test.each(seeds)("the laws hold, and peace brings what was asked for (seed %i)", (seed) => {
  const simulation = play(seed, false);
  rest(simulation);
  holdsAlways(simulation.cluster);
  holdsAtRest(simulation.cluster);
});

test.each(seeds.slice(0, Math.ceil(RUNS / 4)))(
  "thrown out of memory after every step, it is the same world (seed %i)",
  (seed) => {
    expect(play(seed, true).bytes).toBe(play(seed, false).bytes);
  },
);
