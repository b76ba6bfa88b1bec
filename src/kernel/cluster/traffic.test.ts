/**
 * Goal: traffic tells a rollout that drops no request from one that does, and latency and loss as clients feel them.
 * Method: a Deployment under traffic in the production kernel on a virtual clock; rolled out, broken, and looked at.
 */
import { expect, test } from "vitest";
import type { Container } from "#kernel/api/types.gen";
import { addFault } from "#kernel/cluster/faults";
import { endTraffic, getTraffic, startTraffic, type Traffic, type TrafficOrder } from "#kernel/cluster/traffic";
import { percentile } from "#kernel/cluster/traffic.report";
import { deployments } from "#kernel/resources/apps/deployment";
import { services } from "#kernel/resources/core/service";
import { Scene } from "#test/support/scene";

const ORDER: TrafficOrder = {
  target: "http://web/",
  rps: 50,
  forMs: 120_000,
  method: "GET",
  headers: {},
  body: "",
  concurrency: 1_000,
  timeoutMs: 10_000,
};

/** Two replicas of a server that takes three seconds to start, behind a Service, warm. */
function sceneWith(container: Partial<Container>): Scene {
  const scene = new Scene({ machines: 2, latency: "realistic" });
  scene.create(deployments, {
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web", version: "v1" } }, spec: { containers: [slow("1", container)] } },
    },
  } as never);
  scene.create(services, {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  scene.pass(120);
  return scene;
}

const slow = (version: string, more: Partial<Container>): Container => ({
  name: "c",
  image: "nginx:1.27",
  command: ["sh", "-c", "sleep 3; exec nginx -g 'daemon off;'"],
  env: [{ name: "VERSION", value: version }],
  ports: [{ containerPort: 80 }],
  ...more,
});

const readinessProbe = { httpGet: { path: "/", port: 80 }, periodSeconds: 1 };
const lifecycle = { preStop: { sleep: { seconds: 5 } } };

function start(scene: Scene, order: Partial<TrafficOrder> = {}): Traffic {
  let made: ReturnType<typeof startTraffic> | undefined;
  scene.turn(() => {
    made = startTraffic(scene.cluster, { ...ORDER, ...order });
  });
  if (made === undefined || "problems" in made) throw new Error(JSON.stringify(made));
  return made;
}

const now = (scene: Scene, { id }: Traffic): Traffic => getTraffic(scene.cluster, id) as Traffic;

/** Rolls out the next version under traffic. */
function rollout(container: Partial<Container>): Traffic {
  const scene = sceneWith(container);
  const traffic = start(scene);
  scene.pass(5);
  scene.turn(() => {
    const found = scene.cluster.admin.need(deployments, { namespace: "default", name: "web" });
    const template = {
      metadata: { labels: { app: "web", version: "v2" } },
      spec: { ...found.spec.template.spec, containers: [slow("2", container)] },
    };
    scene.cluster.admin.update(deployments, { ...found, spec: { ...found.spec, template } });
  });
  scene.pass(120);
  return now(scene, traffic);
}

test("with a readiness probe and a pause before the end a rollout drops nothing", () => {
  const { report } = rollout({ readinessProbe, lifecycle });
  expect(report).toMatchObject({ sent: 6_000, succeeded: 6_000, failed: 0, errors: {} });
  expect(Object.keys(report.versions).sort()).toEqual(["v1", "v2"]);
  expect(Object.values(report.pods).reduce((sum, { answered }) => sum + answered, 0)).toBe(6_000);
});

test("without readiness requests go to servers that have not started", () => {
  const { report } = rollout({ lifecycle });
  expect(report.errors["refused"]).toBeGreaterThan(50);
  expect(report.failures[0]).toMatchObject({ why: "refused", pod: expect.stringMatching(/^default\/web-/) });
});

test("without a pause before the end requests go to servers that have gone", () => {
  const { report } = rollout({ readinessProbe });
  expect(report.failed).toBeGreaterThan(0);
  expect(report.failed).toBeLessThan(200);
});

test("latency shows in the percentiles, and what is slower than patience times out", () => {
  const scene = sceneWith({ readinessProbe });
  const to = { namespace: "default", selector: { app: "web" } };
  scene.turn(() => addFault(scene.cluster, { type: "network-latency", target: { to }, latencyMs: 300, forMs: 60_000 }));
  const patient = start(scene, { forMs: 10_000 });
  const hasty = start(scene, { forMs: 10_000, timeoutMs: 100 });
  scene.pass(30);
  expect(now(scene, patient).report).toMatchObject({ failed: 0, succeeded: 500 });
  expect(percentile(now(scene, patient).report, 0.5)).toBeGreaterThanOrEqual(300);
  expect(now(scene, hasty).report).toMatchObject({ failed: 500, errors: { timeout: 500 } });
  scene.pass(60);
  const after = start(scene, { forMs: 1_000 });
  scene.pass(5);
  expect(percentile(now(scene, after).report, 0.99)).toBeLessThan(10);
});

test("what is under way is bounded, a target nobody knows is told, and a run can be forgotten", () => {
  const scene = sceneWith({ readinessProbe });
  scene.turn(() => addFault(scene.cluster, { type: "network-latency", target: {}, latencyMs: 1_000 }));
  const bounded = start(scene, { forMs: 2_000, concurrency: 10 });
  const nowhere = start(scene, { forMs: 1_000, target: "http://nowhere.example/" });
  scene.pass(5);
  expect(now(scene, bounded).report).toMatchObject({ sent: 20, skipped: 80 });
  expect(now(scene, nowhere).report.errors).toEqual({ nxdomain: 50 });
  expect(endTraffic(scene.cluster, bounded.id)).toBe(true);
  expect(endTraffic(scene.cluster, bounded.id)).toBe(false);
  scene.turn(() => {
    expect(startTraffic(scene.cluster, { ...ORDER, target: "ftp://x/" })).toMatchObject({
      problems: [{ path: "/target" }],
    });
  });
});
