/**
 * Goal: metrics, autoscalers and evictions as kubectl shows them.
 * Method: workloads that use what the test wants, the clock advanced, the real kubectl asked.
 */
import { expect, test } from "vitest";
import { newCluster, okJson } from "#test/support/cluster";

const squeeze = (text: string): string[] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim());

test("top: nodes, pods, containers, sorted and summed; nothing where there is no metrics server", async () => {
  const cluster = await newCluster({ nodes: 2, clock: { paused: true } });
  const spin = "while true; do :; done";
  await cluster.kubectlOk(["run", "spin", "--image=busybox", "--overrides", limited("spin", spin)]);
  await cluster.kubectlOk(["run", "idle", "--image=nginx"]);
  await cluster.settle();
  await cluster.advance({ by: "60s" });
  expect(squeeze(await cluster.kubectlOk(["top", "pods", "--sort-by=cpu"]))).toEqual([
    "NAME CPU(cores) MEMORY(bytes)",
    "spin 200m 1Mi",
    "idle 0m 4Mi",
  ]);
  expect(squeeze(await cluster.kubectlOk(["top", "pod", "spin", "--containers", "--no-headers"]))).toEqual([
    "spin spin 200m 1Mi",
  ]);
  expect(squeeze(await cluster.kubectlOk(["top", "pods", "--sum", "--no-headers"])).at(-1)).toBe("200m 5Mi");
  const nodes = squeeze(await cluster.kubectlOk(["top", "nodes"]));
  expect(nodes[0]).toBe("NAME CPU(cores) CPU(%) MEMORY(bytes) MEMORY(%)");
  expect(nodes).toContainEqual(expect.stringMatching(/^node-\d 260m 6% 42\dMi 5%$/));
  const bare = await newCluster({ nodes: 0 });
  expect((await bare.kubectl(["top", "nodes"])).stderr).toBe("error: Metrics API not available\n");
});

const limited = (name: string, script: string): string =>
  JSON.stringify({
    spec: {
      containers: [{ name, image: "busybox", command: ["sh", "-c", script], resources: { limits: { cpu: "200m" } } }],
    },
  });

test("kubectl autoscale, up under load and down after five minutes; both versions of one object", async () => {
  const cluster = await newCluster({ clock: { paused: true } });
  const consumer = "--image=registry.k8s.io/e2e-test-images/resource-consumer:1.13";
  await cluster.kubectlOk(["create", "deployment", "web", consumer, "--port=8080"]);
  await cluster.kubectlOk(["set", "resources", "deployment/web", "--requests=cpu=100m"]);
  await cluster.kubectlOk(["expose", "deployment", "web", "--port=80", "--target-port=8080"]);
  expect(await cluster.kubectlOk(["autoscale", "deployment", "web", "--cpu=50%", "--min=1", "--max=5"])).toBe(
    "horizontalpodautoscaler.autoscaling/web autoscaled\n",
  );
  await cluster.settle();
  await cluster.advance({ by: "60s" });
  const row = async (): Promise<string[]> =>
    squeeze(await cluster.kubectlOk(["get", "hpa", "web", "--no-headers"]))[0]
      ?.split(" ")
      .slice(0, -1) ?? [];
  expect(await row()).toEqual(["web", "Deployment/web", "cpu:", "0%/50%", "1", "5", "1"]);
  await cluster.kubectlOk([
    ...["run", "ask", "--image=busybox", "--restart=Never", "--", "wget", "-q", "-O-"],
    ...["--post-data", "millicores=300&durationSec=300", "http://web/ConsumeCPU"],
  ]);
  await cluster.settle();
  await cluster.advance({ by: "90s" });
  expect((await row()).at(-1)).toBe("5");
  const described = await cluster.kubectlOk(["describe", "hpa", "web"]);
  expect(described).toMatch(/ScalingActive +True +ValidMetricFound +the HPA was able to successfully calculate/);
  expect(described).toMatch(
    /SuccessfulRescale .* New size: \d; reason: cpu resource utilization \(percentage of request\) above/,
  );
  const v1 = await cluster.kubectlOk([
    "get",
    "--raw",
    "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers/web",
  ]);
  expect(JSON.parse(v1)).toMatchObject({
    spec: { targetCPUUtilizationPercentage: 50 },
    metadata: {
      annotations: { "autoscaling.alpha.kubernetes.io/conditions": expect.stringContaining("ScalingActive") },
    },
  });
  await cluster.advance({ by: "10m" });
  expect(await row()).toEqual(["web", "Deployment/web", "cpu:", "0%/50%", "1", "5", "1"]);
});

test("OOMKilled, and an eviction by a full disk", async () => {
  const cluster = await newCluster({ nodes: 1, clock: { paused: true } });
  const args = ["--vm", "1", "--vm-bytes", "250M", "--vm-hang", "1"];
  const container = {
    name: "hog",
    image: "polinux/stress",
    command: ["stress"],
    args,
    resources: { limits: { memory: "100Mi" } },
  };
  await cluster.kubectlOk([
    "run",
    "hog",
    "--image=polinux/stress",
    "--overrides",
    JSON.stringify({ spec: { containers: [container] } }),
  ]);
  await cluster.kubectlOk(["run", "web", "--image=nginx"]);
  await cluster.advance({ by: "30s" });
  expect(await cluster.kubectlOk(["describe", "pod", "hog"])).toMatch(/Reason: +OOMKilled\n +Exit Code: +137\n/);
  const { id } = await okJson<{ id: string }>(
    await cluster.call("POST", "/faults", { type: "disk-full", target: { node: "node-1" } }),
  );
  await cluster.advance({ by: "40s" });
  expect(await cluster.kubectlOk(["get", "pod", "web", "-o", "jsonpath={.status.phase} {.status.reason}"])).toBe(
    "Failed Evicted",
  );
  expect(await cluster.kubectlOk(["describe", "node", "node-1"])).toMatch(
    /DiskPressure +True .*KubeletHasDiskPressure/,
  );
  await cluster.call("DELETE", `/faults/${id}`);
  await cluster.advance({ by: "6m" });
  expect(await cluster.kubectlOk(["describe", "node", "node-1"])).toMatch(
    /DiskPressure +False .*KubeletHasNoDiskPressure/,
  );
});
