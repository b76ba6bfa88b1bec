/**
 * Goal: containers that share a process namespace see and signal each other: those of a pod, a debugger and what it is
 * for, a pod on its host's.
 * Method: pods on a simulated machine whose shells list, signal and read.
 */
import { expect, test } from "vitest";
import type { EphemeralContainer } from "#kernel/api/types.gen";
import { worldOf } from "#kernel/network/world-of";
import { pods } from "#kernel/resources/core/pod";
import { execInContainer } from "#kernel/runtime/containers";
import { Bench, nginx, podOn, shell } from "#test/support/pods";

function exec(bench: Bench, name: string, line: string, container = "c"): string {
  const pod = bench.pod(name);
  const { containerStatuses = [], ephemeralContainerStatuses = [] } = pod?.status ?? {};
  const found = [...containerStatuses, ...ephemeralContainerStatuses].find((one) => one.name === container);
  const id = (found?.containerID ?? "").replace("containerd://", "");
  let text = "";
  bench.turn(() => {
    const { admin: client, entropy, cells, now } = bench.cluster;
    const { stdout, stderr } = execInContainer(worldOf({ client, entropy, cells, now }), id, ["sh", "-c", line]);
    text = stdout + stderr;
  });
  return text;
}

/** Adds a container to a running pod, as `kubectl debug` does. */
function debug(bench: Bench, name: string, container: EphemeralContainer): void {
  bench.turn(() => {
    const pod = bench.pod(name);
    if (pod === undefined) return;
    const spec = { ...pod.spec, ephemeralContainers: [container] };
    bench.cluster.admin.update(pods, { ...pod, spec }, { subresource: "ephemeralcontainers" });
  });
  bench.settle();
}

const commands = (listing: string): string[] =>
  listing
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/).slice(3).join(" "));

test("containers of a pod that shares see pause and each other, under one row of numbers", () => {
  const bench = new Bench({ latency: "none" });
  bench.create(
    podOn("p", {
      shareProcessNamespace: true,
      containers: [nginx("web"), { ...shell("sleep 3600"), securityContext: { runAsUser: 0 } }],
    }),
  );
  bench.settle();
  const listing = commands(exec(bench, "p", "ps"));
  expect(listing[0]).toBe("/pause");
  expect(listing).toContain("nginx: master process nginx -g daemon off;");
  expect(listing).toContain("sleep 3600");
  expect(listing.at(-1)).toBe("ps");
  const numbers = exec(bench, "p", "ps -o pid=").trim().split(/\s+/).map(Number);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(exec(bench, "p", "ls -d /proc/1 && cat /proc/1/comm")).toBe("/proc/1\npause\n");
  expect(exec(bench, "p", "cat /proc/$(pgrep -o nginx)/root/etc/hostname; cat /proc/self/root/etc/hostname")).toBe(
    "p\np\n",
  );
  expect(exec(bench, "p", "head -1 /proc/$(pgrep nginx | head -1)/root/usr/share/nginx/html/index.html")).toBe(
    "<!DOCTYPE html>\n",
  );
});

test("a signal to another container ends it, and its kubelet starts it again; who may not send it is told", () => {
  const bench = new Bench({ latency: "none" });
  const other = { ...shell("trap '' TERM; while true; do sleep 5; done", "other"), securityContext: { runAsUser: 7 } };
  bench.create(
    podOn("p", {
      shareProcessNamespace: true,
      containers: [nginx("web"), shell("sleep 3600"), other],
    }),
  );
  bench.settle();
  expect(exec(bench, "p", "kill $(pgrep nginx | head -1)", "other")).toMatch(
    /can't kill pid \d+: Operation not permitted/,
  );
  expect(exec(bench, "p", "kill 999999")).toContain("No such process");
  exec(bench, "p", "kill -9 $(pgrep nginx | head -1)");
  bench.pass(1);
  expect(bench.status("p", "web")).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 137 } } });
  // A shell that is not the first of its namespace dies of the signals it has no handler for.
  exec(bench, "p", "kill -TERM $(pgrep -f 'sleep 3600' | head -1)", "other");
  expect(bench.status("p")?.restartCount).toBe(0);
});

test("a debugger sees its target's processes, which see it; without a target it is alone", () => {
  const bench = new Bench({ latency: "none" });
  bench.create(podOn("p", { containers: [nginx()] }));
  bench.settle();
  debug(bench, "p", { ...shell("sleep 3600", "dbg"), targetContainerName: "c" });
  const listing = exec(bench, "p", "ps", "dbg");
  expect(listing).toMatch(/ 1 root .*nginx: master process/);
  expect(commands(listing)).toContain("sleep 3600");
  expect(exec(bench, "p", "ls /proc/1/root/etc/nginx/nginx.conf", "dbg")).toBe("/proc/1/root/etc/nginx/nginx.conf\n");
  expect(exec(bench, "p", "echo hi > /proc/1/root/tmp/x", "dbg")).toBe("");
  expect(exec(bench, "p", "cat /tmp/x; cat /proc/*/comm | grep -c sleep")).toBe("hi\n1\n");
  exec(bench, "p", "kill -9 1", "dbg");
  bench.pass(0);
  // With the first process of the namespace everything in it goes; nobody can force that one from within.
  expect(bench.status("p")?.restartCount).toBe(0);
  exec(bench, "p", "kill -TERM 1", "dbg");
  bench.pass(5);
  expect(bench.status("p")?.restartCount).toBe(1);
  expect(bench.pod("p")?.status?.ephemeralContainerStatuses?.[0]?.state).toMatchObject({
    terminated: { exitCode: 137 },
  });

  bench.create(podOn("q", { containers: [nginx()] }));
  bench.settle();
  debug(bench, "q", shell("sleep 3600", "dbg"));
  expect(exec(bench, "q", "ps", "dbg")).not.toContain("nginx");
});

test("a target that does not run is waited for", () => {
  const bench = new Bench({ latency: "none" });
  bench.create(podOn("p", { restartPolicy: "Never", containers: [nginx("web"), shell("true")] }));
  bench.settle();
  debug(bench, "p", { ...shell("sleep 3600", "dbg"), targetContainerName: "c" });
  expect(bench.pod("p")?.status?.ephemeralContainerStatuses?.[0]?.state?.waiting).toMatchObject({
    reason: "CreateContainerConfigError",
    message: 'unable to find target container "c"',
  });
});

test("a pod in its host's namespace sees the machine's daemons and every container on it", () => {
  const bench = new Bench({ latency: "none" });
  bench.create(podOn("web", { containers: [nginx()] }));
  bench.create(podOn("host", { hostPID: true, containers: [shell("sleep 3600")] }));
  bench.settle();
  const listing = commands(exec(bench, "host", "ps"));
  expect(listing[0]).toBe("/sbin/init");
  expect(listing.some((line) => line.startsWith("/usr/bin/kubelet "))).toBe(true);
  expect(listing).toContain("nginx: master process nginx -g daemon off;");
  exec(bench, "host", "kill -9 $(pgrep nginx | head -1)");
  bench.pass(1);
  expect(bench.status("web")?.restartCount).toBe(1);
  expect(exec(bench, "host", "kill 224")).toContain("Operation not permitted");
});
