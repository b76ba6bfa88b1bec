/**
 * Goal: the kubelet's server tells what runs on its node and what that uses, as those who scrape it read it.
 * Method: its pages, of a machine of the production kernel with a busy pod.
 */
import { expect, test } from "vitest";
import { kubeletAnswer } from "#kernel/kubelet/server/answer";
import { queryOf } from "#kernel/requests/query";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { Bench, podOn, shell } from "#test/support/pods";

function benchWithPod(): Bench {
  const bench = new Bench({ latency: "none" });
  const volumeMounts = [{ name: "v", mountPath: "/v" }];
  const container = {
    ...shell("dd if=/dev/zero of=/v/f bs=1M count=1 2>/dev/null; while true; do :; done"),
    volumeMounts,
  };
  const limited = { ...container, resources: { limits: { cpu: "500m", memory: "64Mi" } } };
  bench.create(podOn("p", { volumes: [{ name: "v", emptyDir: {} }], containers: [limited] }));
  bench.pass(60);
  return bench;
}

function page(bench: Bench, path: string, query = "") {
  const { cells, admin: client, now } = bench.cluster;
  const machine = cells.get<Machine>(MACHINES, "node-1") as Machine;
  return kubeletAnswer({ cells, client, now }, machine, path, queryOf(query));
}

test("the summary tells of the node, its pods, containers and volumes", () => {
  const bench = benchWithPod();
  const summary = JSON.parse(page(bench, "/stats/summary").body);
  expect(summary.node).toMatchObject({ nodeName: "node-1", fs: { capacityBytes: expect.any(Number) } });
  const [pod] = summary.pods;
  expect(pod).toMatchObject({
    podRef: { name: "p", namespace: "default" },
    containers: [{ name: "c", memory: { availableBytes: expect.any(Number) } }],
  });
  expect(pod.containers[0].cpu.usageNanoCores).toBeGreaterThan(400_000_000);
  expect(pod.volume.find(({ name }: { name: string }) => name === "v").usedBytes).toBe(2 ** 20);
  const brief = JSON.parse(page(bench, "/stats/summary", "only_cpu_and_memory=true").body);
  expect(brief.pods[0].volume).toBeUndefined();
});

test("metrics are in the text format; other pages are what they are", () => {
  const bench = benchWithPod();
  const resource = page(bench, "/metrics/resource");
  expect(resource.type).toContain("version=0.0.4");
  expect(resource.body).toMatch(
    /\ncontainer_cpu_usage_seconds_total\{container="c",namespace="default",pod="p"\} 30\n/,
  );
  expect(page(bench, "/metrics/cadvisor").body).toMatch(
    /\ncontainer_spec_memory_limit_bytes\{container="c",id="[^"]+",image="busybox:1.36"[^}]*\} 67108864\n/,
  );
  expect(page(bench, "/metrics").body).toContain("\nkubelet_running_pods 1\n");
  expect(JSON.parse(page(bench, "/configz").body).kubeletconfig).toMatchObject({
    maxPods: 110,
    clusterDomain: "cluster.local",
  });
  expect(JSON.parse(page(bench, "/pods/").body).items).toHaveLength(1);
  expect(page(bench, "/logs/").body).toContain('<a href="pods/">');
  expect(page(bench, "/containerLogs/default/none/c")).toMatchObject({ status: 404 });
  expect(page(bench, "/nope").status).toBe(404);
});
