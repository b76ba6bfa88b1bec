/**
 * Goal: probes decide over readiness and restarts after as many answers as their thresholds say.
 * Method: run pods whose servers answer, do not listen, or answer with an error, and look after each period.
 */
import { expect, test } from "vitest";
import { worldOf } from "#kernel/network/world-of";
import { Bench, nginx, podOn, shell } from "#test/support/pods";

test("a pod is ready once its readiness probe succeeds", () => {
  const bench = new Bench({ latency: "none" });
  const readinessProbe = { httpGet: { path: "/", port: 80 }, initialDelaySeconds: 5 };
  bench.create(podOn("p", { containers: [{ ...nginx(), readinessProbe }] }));
  bench.pass(4.9);
  expect(bench.status("p")).toMatchObject({ ready: false, started: true });
  bench.pass(0.1);
  expect(bench.status("p")?.ready).toBe(true);
  bench.settle();
  expect(bench.seconds).toBe(5);
});

test("a probe that nobody answers says so, and the pod stays unready", () => {
  const bench = new Bench({ latency: "none" });
  const readinessProbe = { httpGet: { path: "/", port: 8080 }, periodSeconds: 10 };
  bench.create(podOn("p", { containers: [{ ...nginx(), readinessProbe }] }));
  bench.pass(25);
  expect(bench.status("p")?.ready).toBe(false);
  expect(bench.said("p").at(-1)).toBe(
    'Unhealthy x3: Readiness probe failed: Get "http://10.244.0.2:8080/": ' +
      "dial tcp 10.244.0.2:8080: connect: connection refused",
  );
});

test("a liveness probe that fails three times restarts the container", () => {
  const bench = new Bench({ latency: "none" });
  const livenessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 5 };
  bench.create(podOn("p", { containers: [{ ...nginx(), livenessProbe }] }));
  bench.pass(9);
  expect(bench.status("p")?.restartCount).toBe(0);
  bench.pass(1);
  expect(bench.status("p")?.restartCount).toBe(1);
  expect(bench.said("p")).toContainEqual(
    expect.stringMatching(
      /^Unhealthy x\d: Liveness probe failed: dial tcp 10.244.0.2:8080: connect: connection refused$/,
    ),
  );
  expect(bench.said("p")).toContain("Killing: Container c failed liveness probe, will be restarted");
});

test("while a startup probe fails the others wait", () => {
  const bench = new Bench({ latency: "none" });
  const probe = { exec: { command: ["test", "-e", "/tmp/up"] }, periodSeconds: 5 };
  const container = {
    ...shell("sleep 12; echo yes > /tmp/up; sleep 3600"),
    startupProbe: { ...probe, failureThreshold: 10 },
    livenessProbe: { ...probe, failureThreshold: 1 },
  };
  bench.create(podOn("p", { containers: [container] }));
  bench.pass(11);
  expect(bench.status("p")).toMatchObject({ started: false, ready: false, restartCount: 0 });
  bench.pass(5);
  expect(bench.status("p")).toMatchObject({ started: true, ready: true, restartCount: 0 });
});

test("a probe follows a redirect to its own host; one that leads elsewhere is a warning", () => {
  const bench = new Bench({ latency: "none" });
  const liveness = (loc: string) => ({
    name: "c",
    image: "registry.k8s.io/e2e-test-images/agnhost:2.59",
    args: ["liveness"],
    livenessProbe: {
      httpGet: { path: `/redirect?loc=${encodeURIComponent(loc)}`, port: 8080 },
      initialDelaySeconds: 15,
      failureThreshold: 1,
    },
  });
  bench.create(podOn("near", { containers: [liveness("/healthz")] }));
  bench.create(podOn("far", { containers: [liveness("http://0.0.0.0/")] }));
  bench.pass(20);
  expect(bench.status("near")?.restartCount).toBe(1);
  expect(bench.said("near")).toContain("Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 500");
  expect(bench.status("far")?.restartCount).toBe(0);
  expect(bench.said("far").at(-1)).toBe(
    'ProbeWarning: Liveness probe warning: Probe terminated redirects, Response body: <a href="http://0.0.0.0/">Found</a>.\n\n',
  );
});

test("a container that is being ended stays ready as long as its probe says so", () => {
  const bench = new Bench({ latency: "none" });
  const image = "registry.k8s.io/e2e-test-images/agnhost:2.59";
  const readinessProbe = { httpGet: { port: 8080, path: "/healthz" }, periodSeconds: 1, failureThreshold: 1 };
  const args = ["netexec", "--delay-shutdown=60"];
  bench.create(podOn("a", { containers: [{ name: "c", image, args, readinessProbe }] }));
  bench.pass(2);
  bench.delete("a", 100);
  bench.pass(10);
  expect(bench.status("a")).toMatchObject({ ready: true, state: { running: expect.anything() } });
  const host = bench.pod("a")?.status?.podIP ?? "";
  const { admin: client, entropy, cells, now } = bench.cluster;
  bench.turn(() => {
    const shutdown = { method: "GET", path: "/shutdown", headers: {}, body: "" };
    worldOf({ client, entropy, cells, now }).net.http({ kind: "node", name: "node-1" }, { host, port: 8080 }, shutdown);
  });
  bench.pass(2);
  expect(bench.status("a")).toMatchObject({ ready: false, state: { running: expect.anything() } });
  bench.pass(60);
  expect(bench.pod("a")).toBeUndefined();
});
