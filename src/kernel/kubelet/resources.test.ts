/**
 * Goal: pods are resized in place, stay within the disk they may use, and show who they are to private registries.
 * Method: pods on simulated machines whose limits, files and secrets change while they run.
 */
import { expect, test } from "vitest";
import type { Container, Pod } from "#kernel/api/types.gen";
import { pods } from "#kernel/resources/core/pod";
import { secrets } from "#kernel/resources/core/secret";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { Bench, podOn, shell } from "#test/support/pods";

const idOf = (bench: Bench, name: string): string =>
  (bench.status(name)?.containerID ?? "").replace("containerd://", "");

const record = (bench: Bench, name: string): ContainerRecord =>
  bench.cluster.cells.get<ContainerRecord>(CONTAINERS, idOf(bench, name)) as ContainerRecord;

function resize(bench: Bench, name: string, resources: Container["resources"]): void {
  bench.turn(() => {
    const pod = bench.pod(name) as Pod;
    const containers = pod.spec.containers.map((one) => ({ ...one, ...(resources && { resources }) }));
    bench.cluster.admin.update(pods, { ...pod, spec: { ...pod.spec, containers } }, { subresource: "resize" });
  });
}

const both = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const conditionOf = (bench: Bench, name: string, type: string) =>
  bench.pod(name)?.status?.conditions?.find((one) => one.type === type);

test("a running container gets its new limits without a restart, or with one if its policy says so", () => {
  const bench = new Bench({ latency: "none" });
  const container = { ...shell("sleep infinity"), resources: both("100m", "64Mi") };
  bench.create(podOn("still", { containers: [container] }));
  const resizePolicy = [
    { resourceName: "cpu", restartPolicy: "NotRequired" },
    { resourceName: "memory", restartPolicy: "RestartContainer" },
  ];
  bench.create(podOn("anew", { containers: [{ ...container, resizePolicy }], terminationGracePeriodSeconds: 1 }));
  bench.settle();
  const before = idOf(bench, "still");
  resize(bench, "still", both("200m", "128Mi"));
  resize(bench, "anew", both("200m", "64Mi"));
  bench.settle();
  expect(record(bench, "still")).toMatchObject({ cpuLimitMillis: 200, memoryLimitBytes: 128 * 2 ** 20 });
  expect(bench.status("still")).toMatchObject({
    ...{ restartCount: 0, resources: both("200m", "128Mi"), allocatedResources: { cpu: "200m", memory: "128Mi" } },
  });
  expect(idOf(bench, "still")).toBe(before);
  expect(bench.status("anew")?.restartCount).toBe(0);
  resize(bench, "anew", both("200m", "96Mi"));
  bench.settle();
  expect(bench.status("anew")).toMatchObject({ restartCount: 1, resources: both("200m", "96Mi") });
  expect(record(bench, "anew").memoryLimitBytes).toBe(96 * 2 ** 20);
  expect(conditionOf(bench, "anew", "PodResizeInProgress")).toBeUndefined();
  const amounts = '{"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"200m","memory":"128Mi"}}';
  const told = `{"containers":[{"name":"c","resources":${amounts}}],"generation":2}`;
  expect(bench.said("still").slice(-2)).toEqual([
    `ResizeStarted: Pod resize started: ${told}`,
    `ResizeCompleted: Pod resize completed: ${told}`,
  ]);
});

test("what a node cannot give is not given: never, or not yet", () => {
  const bench = new Bench({ latency: "none", nodes: 1, cpu: "2" });
  const container = { ...shell("sleep infinity"), resources: both("1", "64Mi") };
  bench.create(podOn("p", { containers: [container] }));
  bench.create(podOn("q", { containers: [{ ...container, resources: both("500m", "64Mi") }] }));
  bench.settle();
  resize(bench, "p", both("8", "64Mi"));
  bench.settle();
  expect(conditionOf(bench, "p", "PodResizePending")).toMatchObject({
    ...{ status: "True", reason: "Infeasible" },
    message: expect.stringMatching(/^Node didn't have enough capacity: cpu, requested: 8000, capacity: \d+$/),
  });
  expect(bench.status("p")).toMatchObject({ resources: both("1", "64Mi"), allocatedResources: { cpu: "1" } });
  expect(bench.said("p").at(-1)).toMatch(
    /^ResizeInfeasible: Pod resize Infeasible: \{"containers":.*"generation":2,"error":"Node didn't have enough/,
  );
  resize(bench, "p", both("1900m", "64Mi"));
  bench.pass(1);
  expect(conditionOf(bench, "p", "PodResizePending")).toMatchObject({ reason: "Deferred" });
  bench.delete("q", 0);
  bench.pass(20);
  expect(conditionOf(bench, "p", "PodResizePending")).toBeUndefined();
  expect(bench.status("p")?.resources).toEqual(both("1900m", "64Mi"));
});

test("a pod that stores more than it may is evicted when the kubelet measures", () => {
  const bench = new Bench({ latency: "none" });
  const fill = (mb: number, path: string) => `sleep 12; dd if=/dev/zero of=${path} bs=1M count=${mb}; sleep infinity`;
  const limits = { limits: { "ephemeral-storage": "20Mi" } };
  const volumeMounts = [{ name: "v", mountPath: "/v" }];
  const volumes = [{ name: "v", emptyDir: { sizeLimit: "10Mi" } }];
  bench.create(podOn("dir", { volumes, containers: [{ ...shell(fill(11, "/v/f")), volumeMounts }] }));
  bench.create(podOn("small", { volumes, containers: [{ ...shell(fill(9, "/v/f")), volumeMounts }] }));
  bench.create(podOn("layer", { containers: [{ ...shell(fill(30, "/f")), resources: limits }] }));
  const two = [{ ...shell(fill(30, "/f")), resources: limits }, shell("sleep infinity", "d")];
  bench.create(podOn("two", { containers: two }));
  bench.pass(15);
  expect(bench.pod("dir")?.status?.phase).toBe("Running");
  bench.pass(20);
  const statusOf = (name: string) => bench.pod(name)?.status;
  expect(statusOf("dir")).toMatchObject({
    ...{ phase: "Failed", reason: "Evicted" },
    message: 'Usage of EmptyDir volume "v" exceeds the limit "10Mi". ',
  });
  expect(bench.said("dir").at(-2)).toBe('Evicted: Usage of EmptyDir volume "v" exceeds the limit "10Mi". ');
  expect(statusOf("small")?.phase).toBe("Running");
  expect(statusOf("layer")?.message).toBe(
    "Pod ephemeral local storage usage exceeds the total limit of containers 20Mi. ",
  );
  expect(statusOf("two")?.message).toBe('Container c exceeded its local ephemeral storage limit "20Mi". ');
});

test("a private registry gives its images to who shows a secret for it", () => {
  const bench = new Bench({ latency: "none" });
  const image = "registry.private.example.org/team/app:1";
  const secret = (name: string, password: string, host = "registry.private.example.org") => {
    const auths = { [host]: { auth: btoa(`jane:${password}`) } };
    const data = { ".dockerconfigjson": btoa(JSON.stringify({ auths })) };
    const metadata = { name, namespace: "default" };
    bench.turn(() => bench.cluster.admin.create(secrets, { metadata, data, type: "kubernetes.io/dockerconfigjson" }));
  };
  secret("good", "s3cr3t");
  secret("bad", "wrong");
  secret("other", "s3cr3t", "ghcr.io");
  for (const name of ["good", "bad", "other"]) {
    bench.create(
      podOn(
        name,
        { imagePullSecrets: [{ name }], containers: [{ name: "c", image }] },
        `node-${name === "good" ? 1 : 2}`,
      ),
    );
  }
  bench.create(podOn("hub", { containers: [{ name: "c", image: "janedoe/my-private-app" }] }, "node-2"));
  bench.pass(1);
  expect(bench.pod("good")?.status?.phase).toBe("Running");
  const why = (name: string) => bench.said(name).find((line) => line.startsWith("Failed: Failed to pull"));
  const start = `Failed: Failed to pull image "${image}": failed to pull and unpack image "${image}": failed to resolve reference "${image}": `;
  const rpc = (line: string | undefined) => line?.replace("rpc error: code = Unknown desc = ", "");
  const token =
    "registry.private.example.org/v2/token?scope=repository%3Ateam%2Fapp%3Apull&service=registry.private.example.org: 401 Unauthorized";
  expect(rpc(why("bad"))).toBe(
    `${start}failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://${token}`,
  );
  expect(rpc(why("other"))).toBe(
    `${start}failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://${token}`,
  );
  expect(why("hub")).toContain("pull access denied, repository does not exist or may require authorization");
  expect(bench.status("hub")?.state?.waiting?.reason).toMatch(/^(ErrImagePull|ImagePullBackOff)$/);
});
