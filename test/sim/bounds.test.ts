/**
 * Goal: while a template is rolled out, a workload never has more pods than its strategy allows and never fewer
 * available ones, at any moment; a StatefulSet's new pods are always its last ones.
 * Method: random strategies and pods that take their time to be ready; change the template at random moments; look
 * every second. DRYDOCK_SIM_RUNS=100 looks at so many of each.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { PodTemplateSpec } from "#kernel/api/types.gen";
import type { Cluster } from "#kernel/cluster/cluster";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { deployments } from "#kernel/resources/apps/deployment";
import { isDeploymentComplete, maxSurge, maxUnavailable } from "#kernel/resources/apps/deployment.facts";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { pods } from "#kernel/resources/core/pod";
import { isPodAvailable } from "#kernel/resources/core/pod.facts";
import { Simulation } from "#test/sim/clusters";

const namespace = "default";
const key = { namespace, name: "web" };
const selector = { matchLabels: { app: "web" } };
const RUNS = { numRuns: Number(process.env["DRYDOCK_SIM_RUNS"] ?? 8) };
const LIMIT_MS = Math.max(30_000, RUNS.numRuns * 3_000);

/** A pod that says it is ready some seconds after it has started. */
const template = (version: number, readyAfter: number): PodTemplateSpec => ({
  metadata: { labels: { app: "web", version: String(version) } },
  spec: {
    terminationGracePeriodSeconds: 3,
    containers: [
      {
        name: "c",
        image: "hashicorp/http-echo:1.0",
        args: ["-text=hi"],
        readinessProbe: { tcpSocket: { port: 5678 }, initialDelaySeconds: readyAfter, periodSeconds: 60 },
      },
    ],
  },
});

const bound = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom("0%", "25%", "50%", "100%"));
const pauses = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 3 });

const podsOf = ({ admin }: Cluster) => admin.list(pods, { namespace });
const alive = (cluster: Cluster) => podsOf(cluster).filter(({ metadata }) => metadata.deletionTimestamp === undefined);

/** Passes so many seconds, looking after each. */
function watch(simulation: Simulation, seconds: number, look: () => void): void {
  for (let n = 0; n < seconds; n += 1) {
    simulation.advance(1_000);
    look();
  }
}

test(
  "a Deployment stays between its fenceposts",
  () => {
    const wish = fc.record({
      replicas: fc.integer({ min: 1, max: 7 }),
      surge: bound,
      unavailable: bound,
      minReadySeconds: fc.constantFrom(0, 0, 4),
      readyAfter: fc.integer({ min: 0, max: 6 }),
      pauses,
    });
    fc.assert(
      fc.property(wish, ({ replicas, surge, unavailable, minReadySeconds, readyAfter, pauses: between }) => {
        fc.pre(Number.parseInt(String(surge), 10) > 0 || Number.parseInt(String(unavailable), 10) > 0);
        const simulation = new Simulation("bounds");
        const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } };
        const spec = { replicas, selector, strategy, minReadySeconds };
        simulation.turn(({ admin }) =>
          admin.create(deployments, { metadata: key, spec: { ...spec, template: template(0, readyAfter) } }),
        );
        simulation.advance(60_000);
        const look = (): void => {
          const { cluster } = simulation;
          const deployment = cluster.admin.need(deployments, key);
          const available = alive(cluster).filter((pod) => isPodAvailable(pod, minReadySeconds, cluster.now));
          expect(alive(cluster).length).toBeLessThanOrEqual(replicas + maxSurge(deployment));
          expect(available.length).toBeGreaterThanOrEqual(replicas - maxUnavailable(deployment));
        };
        between.forEach((pause, n) => {
          simulation.turn(({ admin }) => {
            const found = admin.need(deployments, key);
            admin.update(deployments, { ...found, spec: { ...found.spec, template: template(n + 1, readyAfter) } });
          });
          watch(simulation, pause, look);
        });
        watch(simulation, 120, look);
        expect(isDeploymentComplete(simulation.cluster.admin.need(deployments, key))).toBe(true);
      }),
      RUNS,
    );
  },
  LIMIT_MS,
);

test(
  "a StatefulSet lacks one pod at most, and the last ones are updated first",
  () => {
    const wish = fc.record({ replicas: fc.integer({ min: 1, max: 5 }), readyAfter: fc.nat(4), parallel: fc.boolean() });
    fc.assert(
      fc.property(wish, ({ replicas, readyAfter, parallel }) => {
        const simulation = new Simulation("bounds");
        const podManagementPolicy = parallel ? "Parallel" : "OrderedReady";
        const spec = { replicas, selector, serviceName: "web", podManagementPolicy };
        simulation.turn(({ admin }) =>
          admin.create(statefulsets, { metadata: key, spec: { ...spec, template: template(0, readyAfter) } }),
        );
        simulation.advance(120_000);
        simulation.turn(({ admin }) => {
          const found = admin.need(statefulsets, key);
          admin.update(statefulsets, { ...found, spec: { ...found.spec, template: template(1, readyAfter) } });
        });
        watch(simulation, 120, () => {
          const { cluster } = simulation;
          const available = alive(cluster).filter((pod) => isPodAvailable(pod, 0, cluster.now));
          expect(available.length).toBeGreaterThanOrEqual(replicas - 1);
          const versions = podsOf(cluster).map(({ metadata }) => metadata.labels?.["version"] ?? "");
          expect(versions).toEqual([...versions].sort());
        });
        const { admin } = simulation.cluster;
        const { status } = admin.need(statefulsets, key);
        expect([status?.updatedReplicas, status?.currentRevision]).toEqual([replicas, status?.updateRevision]);
      }),
      RUNS,
    );
  },
  LIMIT_MS,
);

test(
  "a DaemonSet lacks no more pods than allowed; one that surges lacks none",
  () => {
    const wish = fc.record({ surge: fc.nat(2), unavailable: fc.integer({ min: 1, max: 2 }), readyAfter: fc.nat(4) });
    fc.assert(
      fc.property(wish, ({ surge, unavailable, readyAfter }) => {
        const nodeCount = 4;
        const simulation = new Simulation("bounds", nodeCount);
        const rollingUpdate = surge > 0 ? { maxSurge: surge, maxUnavailable: 0 } : { maxUnavailable: unavailable };
        const spec = { selector, updateStrategy: { type: "RollingUpdate", rollingUpdate } };
        simulation.turn(({ admin }) =>
          admin.create(daemonsets, { metadata: key, spec: { ...spec, template: template(0, readyAfter) } }),
        );
        simulation.advance(60_000);
        simulation.turn(({ admin }) => {
          const found = admin.need(daemonsets, key);
          admin.update(daemonsets, { ...found, spec: { ...found.spec, template: template(1, readyAfter) } });
        });
        watch(simulation, 120, () => {
          const { cluster } = simulation;
          const available = alive(cluster).filter((pod) => isPodAvailable(pod, 0, cluster.now));
          const served = new Set(available.map((pod) => pod.spec.nodeName));
          expect(served.size).toBeGreaterThanOrEqual(nodeCount - (surge > 0 ? 0 : unavailable));
          expect(alive(cluster).length).toBeLessThanOrEqual(nodeCount + surge);
        });
        expect(simulation.cluster.admin.need(daemonsets, key).status?.updatedNumberScheduled).toBe(nodeCount);
      }),
      RUNS,
    );
  },
  LIMIT_MS,
);
