/**
 * Goal: a client that resumes from its resourceVersion misses no event and sees none twice.
 * Method: list, then follow the log from arbitrary revisions while things happen and the cluster is evicted; what the
 * events add up to must be what a list gives.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { keyOf, keyText } from "#kernel/apimachinery/meta";
import { eventsSince } from "#kernel/registry/watch";
import { deployments } from "#kernel/resources/apps/deployment";
import { pods } from "#kernel/resources/core/pod";
import type { KubeObject } from "#kernel/store/object";
import { deployment, Simulation } from "#test/sim/clusters";

/** A client's cache, kept by a list and then by events alone. */
class Informer {
  readonly seen = new Map<string, KubeObject>();
  readonly revisions: number[] = [];
  revision: number;

  constructor(simulation: Simulation) {
    const { items, revision } = simulation.cluster.admin.page(pods, {});
    for (const pod of items) this.seen.set(keyText(keyOf(pod)), pod);
    this.revision = revision;
  }

  follow(simulation: Simulation): void {
    for (const { type, object } of eventsSince(simulation.cluster.registry, pods, {}, this.revision)) {
      const key = keyText(keyOf(object));
      expect(this.seen.has(key)).toBe(type !== "ADDED");
      if (type === "DELETED") this.seen.delete(key);
      else this.seen.set(key, object);
      this.revision = Number(object.metadata.resourceVersion);
      this.revisions.push(this.revision);
    }
  }
}

test("a list and the events after it are the next list", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.array(fc.record({ replicas: fc.nat(5), ms: fc.nat(15_000) }), { maxLength: 8 }),
      (seed, steps) => {
        const simulation = new Simulation(seed);
        simulation.turn(({ admin }) => void admin.create(deployments, deployment("web", 2)));
        const informer = new Informer(simulation);
        for (const { replicas, ms } of steps) {
          simulation.turn(({ admin }) => {
            const old = admin.need(deployments, { namespace: "default", name: "web" });
            admin.update(deployments, { ...old, spec: { ...old.spec, replicas } });
          });
          simulation.advance(ms);
          if (ms % 2 === 0) informer.follow(simulation);
          simulation.evict();
        }
        informer.follow(simulation);
        const listed = simulation.cluster.admin.list(pods);
        expect([...informer.seen.values()]).toHaveLength(listed.length);
        for (const pod of listed) expect(informer.seen.get(keyText(keyOf(pod)))).toEqual(pod);
        expect(informer.revisions).toEqual([...informer.revisions].sort((a, b) => a - b));
        expect(new Set(informer.revisions).size).toBe(informer.revisions.length);
      },
    ),
    { numRuns: 20 },
  );
});
