/**
 * Goal: a pod on a machine lives as it would on a real node: pulled, started, restarted, ended, and said so.
 * Method: run the production kernel in virtual time, look at statuses and events at the instants that matter.
 */
import { expect, test } from "vitest";
import type { Pod } from "#kernel/api/types.gen";
import { configmaps } from "#kernel/resources/core/configmap";
import { pods } from "#kernel/resources/core/pod";
import { Bench, nginx, podOn, shell } from "#test/support/pods";

test("a pod is pulled, started, ready; deleted, it ends in order", () => {
  const bench = new Bench();
  bench.create(podOn("web", { containers: [nginx()] }));
  expect(bench.pod("web")?.status?.phase).toBe("Pending");
  expect(bench.status("web")?.state).toEqual({ waiting: { reason: "ContainerCreating" } });
  bench.settle();
  const { status } = bench.pod("web") ?? {};
  expect(status?.phase).toBe("Running");
  expect(status?.podIP).toBe("10.244.0.2");
  expect(status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
    "PodReadyToStartContainers=True",
    "Initialized=True",
    "Ready=True",
    "ContainersReady=True",
    "PodScheduled=True",
  ]);
  expect(bench.said("web").map((line) => line.split(":")[0])).toEqual(["Pulling", "Pulled", "Created", "Started"]);
  expect(bench.status("web")?.containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);

  bench.delete("web");
  expect(bench.pod("web")?.metadata.deletionTimestamp).toBeDefined();
  bench.settle();
  expect(bench.pod("web")).toBeUndefined();
  expect(bench.said("web").at(-1)).toBe("Killing: Stopping container c");
  expect(bench.cluster.cells.count("kubelet")).toBe(0);
  expect(bench.cluster.cells.count("containers")).toBe(0);
  expect(bench.cluster.cells.count("files")).toBe(0);
});

test("a second pod finds the image on the machine", () => {
  const bench = new Bench();
  bench.create(podOn("a", { containers: [nginx()] }));
  bench.settle();
  bench.create(podOn("b", { containers: [nginx()] }));
  bench.settle();
  expect(bench.said("b")[0]).toBe(
    'Pulled: Container image "nginx:1.27" already present on machine and can be accessed by the pod',
  );
  expect(bench.pod("b")?.status?.podIP).toBe("10.244.0.3");
});

test("without latency a pod is ready at once", () => {
  const bench = new Bench({ latency: "none" });
  bench.create(podOn("web", { containers: [nginx()] }));
  expect(bench.pod("web")?.status?.phase).toBe("Running");
  expect(bench.seconds).toBe(0);
});

test("an image that does not exist backs off", () => {
  const bench = new Bench();
  bench.create(podOn("bad", { containers: [{ name: "c", image: "nginx:does-not-exist" }] }));
  bench.pass(1);
  expect(bench.status("bad")?.state?.waiting?.reason).toBe("ErrImagePull");
  bench.settle();
  const waiting = bench.status("bad")?.state?.waiting;
  expect(waiting?.reason).toBe("ImagePullBackOff");
  expect(waiting?.message).toMatch(
    /^Back-off pulling image "nginx:does-not-exist": ErrImagePull: rpc error: code = NotFound/,
  );
  expect(bench.seconds).toBeLessThan(5);
  bench.pass(60);
  expect(bench.said("bad")).toEqual([
    expect.stringMatching(/^Pulling x3: Pulling image/),
    expect.stringMatching(/^Failed x3: Failed to pull image "nginx:does-not-exist": rpc error/),
    "Failed x3: Error: ErrImagePull",
    'BackOff x3: Back-off pulling image "nginx:does-not-exist"',
    "Failed x3: Error: ImagePullBackOff",
  ]);
});

test("a container that crashes is restarted with a growing delay", () => {
  const bench = new Bench();
  bench.create(podOn("crash", { containers: [shell("exit 3")] }));
  bench.pass(5);
  const status = bench.status("crash");
  const uid = bench.pod("crash")?.metadata.uid;
  expect(status?.restartCount).toBe(1);
  expect(status?.state?.waiting).toEqual({
    reason: "CrashLoopBackOff",
    message: `back-off 10s restarting failed container=c pod=crash_default(${uid})`,
  });
  expect(status?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: "Error" });
  expect(bench.pod("crash")?.status?.phase).toBe("Running");
  bench.pass(10);
  expect(bench.status("crash")?.restartCount).toBe(2);
  expect(bench.status("crash")?.state?.waiting?.message).toContain("back-off 20s");
  expect(bench.said("crash").at(-1)).toMatch(
    /^BackOff x2: Back-off restarting failed container c in pod crash_default/,
  );
  bench.pass(3600);
  expect(bench.status("crash")?.state?.waiting?.message).toContain("back-off 5m0s");
});

test.each([
  ["Never", "exit 0", "Succeeded"],
  ["Never", "exit 1", "Failed"],
  ["OnFailure", "exit 0", "Succeeded"],
  ["OnFailure", "exit 1", "Running"],
])("restartPolicy %s and '%s' make it %s", (restartPolicy, line, phase) => {
  const bench = new Bench();
  bench.create(podOn("job", { restartPolicy, containers: [shell(line)] }));
  bench.pass(30);
  expect(bench.pod("job")?.status?.phase).toBe(phase);
});

test("a missing ConfigMap keeps the container from being configured until it is there", () => {
  const bench = new Bench();
  const env = [{ name: "A", valueFrom: { configMapKeyRef: { name: "cfg", key: "a" } } }];
  bench.create(podOn("p", { containers: [{ ...nginx(), env }] }));
  bench.settle();
  expect(bench.status("p")?.state?.waiting).toEqual({
    reason: "CreateContainerConfigError",
    message: 'configmap "cfg" not found',
  });
  expect(bench.said("p").at(-1)).toBe('Failed: Error: configmap "cfg" not found');
  bench.turn(() =>
    bench.cluster.admin.create(configmaps, { metadata: { name: "cfg", namespace: "default" }, data: { b: "1" } }),
  );
  expect(bench.status("p")?.state?.waiting?.message).toBe("couldn't find key a in ConfigMap default/cfg");
});

test("a volume waits for its ConfigMap and follows it", () => {
  const bench = new Bench();
  const volumes = [{ name: "v", configMap: { name: "cfg" } }];
  const volumeMounts = [{ name: "v", mountPath: "/etc/v" }];
  bench.create(podOn("p", { volumes, containers: [{ ...nginx(), volumeMounts }] }));
  bench.settle();
  expect(bench.status("p")?.state?.waiting?.reason).toBe("ContainerCreating");
  expect(bench.said("p")).toEqual(['FailedMount: MountVolume.SetUp failed for volume "v" : configmap "cfg" not found']);
  const config = (text: string) => ({ metadata: { name: "cfg", namespace: "default" }, data: { f: text } });
  bench.turn(() => bench.cluster.admin.create(configmaps, config("one")));
  bench.settle();
  expect(bench.pod("p")?.status?.phase).toBe("Running");
  const volume = `pod/${bench.pod("p")?.metadata.uid}/v`;
  const files = () => JSON.stringify(bench.cluster.cells.get("files", volume));
  expect(files()).toContain("one");
  bench.turn(() => bench.cluster.admin.update(configmaps, config("two")));
  bench.settle();
  expect(files()).toContain("two");
});

test("init containers run in order, then the others", () => {
  const bench = new Bench();
  bench.create(podOn("p", { initContainers: [shell("exit 0", "one"), shell("exit 0", "two")], containers: [nginx()] }));
  expect(bench.status("p")?.state).toEqual({ waiting: { reason: "PodInitializing" } });
  bench.settle();
  expect(bench.pod("p")?.status?.phase).toBe("Running");
  expect(bench.status("p", "two")?.state?.terminated?.reason).toBe("Completed");
  expect(bench.pod("p")?.status?.initContainerStatuses?.every(({ ready }) => ready)).toBe(true);
});

test("an init container that fails for good fails the pod", () => {
  const bench = new Bench();
  bench.create(podOn("p", { restartPolicy: "Never", initContainers: [shell("exit 1", "one")], containers: [nginx()] }));
  bench.settle();
  expect(bench.pod("p")?.status?.phase).toBe("Failed");
  expect(bench.status("p")?.state?.waiting?.reason).toBe("PodInitializing");
});

test("a sidecar runs beside a job and ends with it", () => {
  const bench = new Bench();
  const sidecar = { ...nginx("side"), restartPolicy: "Always" };
  bench.create(podOn("p", { restartPolicy: "Never", initContainers: [sidecar], containers: [shell("sleep 5")] }));
  bench.pass(4);
  expect(bench.status("p", "side")?.state?.running).toBeDefined();
  expect(bench.pod("p")?.status?.phase).toBe("Running");
  bench.pass(10);
  expect(bench.pod("p")?.status?.phase).toBe("Succeeded");
  expect(bench.status("p", "side")?.state?.terminated).toBeDefined();
});

test("a process that does not listen to SIGTERM is killed when its grace is over", () => {
  const bench = new Bench();
  bench.create(podOn("deaf", { terminationGracePeriodSeconds: 10, containers: [shell("trap '' TERM; sleep 3600")] }));
  bench.pass(5);
  bench.delete("deaf");
  bench.pass(9);
  expect(bench.pod("deaf")).toBeDefined();
  bench.pass(2);
  expect(bench.pod("deaf")).toBeUndefined();
});

test("a preStop hook delays the end", () => {
  const bench = new Bench();
  const lifecycle = { preStop: { sleep: { seconds: 5 } } };
  bench.create(podOn("p", { containers: [{ ...nginx(), lifecycle }] }));
  bench.settle();
  bench.delete("p");
  bench.pass(4.9);
  expect(bench.status("p")?.state?.running).toBeDefined();
  bench.settle();
  expect(bench.pod("p")).toBeUndefined();
});

test("a pod past its deadline fails", () => {
  const bench = new Bench();
  bench.create(podOn("p", { activeDeadlineSeconds: 20, containers: [nginx()] }));
  bench.settle();
  expect(bench.pod("p")?.status).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
  expect(bench.seconds).toBe(20);
});

test("a node turns away what does not fit", () => {
  const bench = new Bench({ cpu: "2" });
  const resources = { requests: { cpu: "1500m" } };
  bench.create(podOn("a", { containers: [{ ...nginx(), resources }] }));
  bench.create(podOn("b", { containers: [{ ...nginx(), resources }] }));
  bench.settle();
  expect(bench.pod("b")?.status).toMatchObject({
    phase: "Failed",
    reason: "OutOfcpu",
    message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: 1500, capacity: 2000",
  });
});

test("a machine that loses power loses its containers, and starts them again", () => {
  const bench = new Bench();
  bench.create(podOn("p", { containers: [nginx()] }));
  bench.settle();
  const first = bench.status("p")?.containerID;
  bench.machine("node-1", (machine) => ({ ...machine, isPowered: false, silentSince: bench.cluster.now }));
  bench.pass(10);
  expect(bench.status("p")?.state?.running).toBeDefined();
  bench.machine("node-1", ({ silentSince: _, ...machine }) => ({
    ...machine,
    isPowered: true,
    bootedAt: bench.cluster.now,
  }));
  bench.pass(10);
  expect(bench.status("p")).toMatchObject({
    ready: true,
    restartCount: 1,
    lastState: { terminated: { exitCode: 255, reason: "Unknown" } },
  });
  expect(bench.status("p")?.containerID).not.toBe(first);
  expect(bench.said("p")).toContain("SandboxChanged: Pod sandbox changed, it will be killed and re-created.");
});

test("a stopped kubelet reports nothing, its containers run on", () => {
  const bench = new Bench();
  bench.create(podOn("p", { containers: [nginx()] }));
  bench.settle();
  bench.machine("node-1", (machine) => ({ ...machine, silentSince: bench.cluster.now }));
  bench.delete("p");
  bench.pass(60);
  expect(bench.pod("p")?.metadata.deletionTimestamp).toBeDefined();
  bench.machine("node-1", ({ silentSince: _, ...machine }) => machine);
  bench.settle();
  expect(bench.pod("p")).toBeUndefined();
});

test("sidecars outlive the containers they serve", () => {
  const bench = new Bench();
  const sidecar = { ...nginx("side"), restartPolicy: "Always" };
  const deaf = shell("trap '' TERM; sleep 3600");
  bench.create(podOn("p", { terminationGracePeriodSeconds: 10, initContainers: [sidecar], containers: [deaf] }));
  bench.pass(5);
  bench.delete("p");
  bench.pass(9);
  expect(bench.status("p", "side")?.state?.running).toBeDefined();
  bench.settle();
  expect(bench.said("p").slice(-2)).toEqual(["Killing: Stopping container c", "Killing: Stopping container side"]);
  expect(bench.pod("p")).toBeUndefined();
});

test("a second delete shortens the wait; one with no grace does not wait at all", () => {
  const bench = new Bench();
  const deaf = { terminationGracePeriodSeconds: 60, containers: [shell("trap '' TERM; sleep 3600")] };
  for (const name of ["a", "b"]) bench.create(podOn(name, deaf));
  bench.pass(5);
  for (const name of ["a", "b"]) bench.delete(name);
  bench.pass(5);
  bench.delete("a", 10);
  bench.delete("b", 0);
  expect(bench.pod("b")).toBeUndefined();
  bench.pass(4);
  expect(bench.pod("a")).toBeDefined();
  bench.pass(2);
  expect(bench.pod("a")).toBeUndefined();
  expect(bench.cluster.cells.count("containers")).toBe(0);
});

test("a new image of a running container restarts it", () => {
  const bench = new Bench();
  bench.create(podOn("p", { containers: [nginx()] }));
  bench.settle();
  bench.turn(() => {
    const pod = bench.pod("p") as Pod;
    bench.cluster.admin.update(pods, {
      ...pod,
      spec: { ...pod.spec, containers: [{ ...pod.spec.containers[0], image: "nginx:1.28", name: "c" }] },
    });
  });
  bench.settle();
  expect(bench.status("p")).toMatchObject({ restartCount: 1, ready: true, image: "docker.io/library/nginx:1.28" });
  expect(bench.said("p")).toContain("Killing: Container c definition changed, will be restarted");
});

test("a command that does not exist says so as the runtime does", () => {
  const bench = new Bench();
  bench.create(podOn("p", { containers: [{ name: "c", image: "busybox:1.36", command: ["no-such-thing"] }] }));
  bench.pass(1.5);
  expect(bench.status("p")?.state?.waiting?.reason).toBe("RunContainerError");
  expect(bench.status("p")?.lastState?.terminated).toMatchObject({ exitCode: 128, reason: "StartError" });
  expect(bench.said("p").at(-1)).toMatch(/^Failed: Error: failed to create containerd task: .*no-such-thing/);
});

test("a readiness gate keeps a pod unready until somebody opens it", () => {
  const bench = new Bench({ latency: "none" });
  bench.create(podOn("p", { readinessGates: [{ conditionType: "example.com/go" }], containers: [nginx()] }));
  const ready = () => bench.pod("p")?.status?.conditions?.find(({ type }) => type === "Ready");
  expect(ready()).toMatchObject({ status: "False", reason: "ReadinessGatesNotReady" });
  bench.turn(() => {
    const pod = bench.pod("p") as Pod;
    const conditions = [...(pod.status?.conditions ?? []), { type: "example.com/go", status: "True" }];
    bench.cluster.admin.updateStatus(pods, pod, { ...pod.status, conditions });
  });
  expect(ready()?.status).toBe("True");
});

test("a container is stopped by the signal of its lifecycle, else of its image, else SIGTERM", () => {
  const bench = new Bench({ latency: "none" });
  const say = (signal: string) => `trap 'echo got ${signal}; exit 0' ${signal}; while :; do sleep 1; done`;
  bench.create(
    podOn("own", {
      os: { name: "linux" },
      containers: [{ ...shell(say("USR1")), lifecycle: { stopSignal: "SIGUSR1" } }],
    }),
  );
  const quitting = { name: "c", image: "nginx:1.27", command: ["sh", "-c", say("QUIT")] };
  bench.create(podOn("image", { containers: [quitting] }));
  bench.create(podOn("plain", { containers: [shell(say("TERM"))] }));
  for (const name of ["own", "image", "plain"]) {
    bench.delete(name);
    bench.pass(3);
    expect(bench.pod(name), name).toBeUndefined();
  }
});
