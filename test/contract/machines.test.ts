/**
 * Goal: machines come and go, masters die and etcd loses its quorum, as kubectl sees it.
 * Method: steer clusters over our own API, advance the clock, look with the real kubectl.
 */
import { expect, test } from "vitest";
import { newCluster, okJson, type TestCluster } from "#test/support/cluster";

const names = async (cluster: TestCluster, ...args: string[]): Promise<string[]> =>
  (await cluster.kubectlOk(["get", ...args, "--no-headers", "-o", "custom-columns=N:.metadata.name"]))
    .trim()
    .split("\n");

test("a node is added and taken away, and the scheduler can be stopped meanwhile", async () => {
  const cluster = await newCluster({ nodes: 1, clock: { paused: true } });
  const add = { name: "big", cpu: "16", memory: "64Gi", labels: { size: "large" } };
  const { items } = await okJson<{ items: object[] }>(await cluster.call("POST", "/nodes", add));
  expect(items).toMatchObject([{ name: "big", cpu: "16", address: "172.18.0.3", podCIDR: "10.244.1.0/24" }]);
  expect((await cluster.call("POST", "/nodes", add)).status).toBe(422);
  await cluster.kubectlOk(["run", "p", "--image=nginx", '--overrides={"spec":{"nodeSelector":{"size":"large"}}}']);
  await cluster.settle();
  expect(await cluster.kubectlOk(["get", "pod", "p", "-o", "jsonpath={.spec.nodeName} {.status.phase}"])).toBe(
    "big Running",
  );
  expect((await cluster.call("DELETE", "/nodes/big")).status).toBe(204);
  expect((await cluster.call("DELETE", "/nodes/big")).status).toBe(404);
  await cluster.advance({ by: "2m" });
  expect(await names(cluster, "nodes")).toEqual(["node-1"]);
  expect((await cluster.kubectl(["get", "pod", "p"])).stderr).toContain('pods "p" not found');

  await okJson(await cluster.call("PATCH", "", { components: { scheduler: false } }));
  await cluster.kubectlOk(["run", "waits", "--image=nginx"]);
  await cluster.settle();
  expect(await cluster.kubectlOk(["get", "pod", "waits", "-o", "jsonpath={.status.phase}"])).toBe("Pending");
  expect(await cluster.kubectlOk(["get", "componentstatuses"])).toMatch(/scheduler +Unhealthy .*connection refused/);
  await okJson(await cluster.call("PATCH", "", { components: { scheduler: true } }));
  await cluster.settle();
  expect(await cluster.kubectlOk(["get", "pod", "waits", "-o", "jsonpath={.status.phase}"])).toBe("Running");
});

test("three masters: what kubeadm shows, a leader that moves, a quorum that is lost and found", async () => {
  const cluster = await newCluster({ controlPlanes: 3, nodes: 2, clock: { paused: true } });
  await cluster.settle();
  expect(await cluster.kubectlOk(["get", "nodes", "--no-headers"])).toMatch(
    /^control-plane-1 +Ready +control-plane +\S+ +v1\.36\.0\n/,
  );
  const system = await names(cluster, "pods", "-n", "kube-system");
  expect(system).toEqual(expect.arrayContaining(["etcd-control-plane-3", "kube-apiserver-control-plane-1"]));
  expect(await cluster.kubectlOk(["logs", "-n", "kube-system", "kube-scheduler-control-plane-2"])).toContain(
    "Starting Kubernetes Scheduler",
  );
  await cluster.kubectlOk(["create", "deployment", "web", "--image=nginx", "--replicas=2"]);
  await cluster.settle();
  expect(
    await cluster.kubectlOk(["get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].spec.nodeName}"]),
  ).not.toContain("control");
  const holder = () =>
    cluster.kubectlOk(["get", "lease", "-n", "kube-system", "kube-scheduler", "-o", "jsonpath={.spec.holderIdentity}"]);
  expect(await holder()).toMatch(/^control-plane-1_/);

  const down = (node: string) => cluster.call("POST", "/faults", { type: "node-down", target: { node } });
  await down("control-plane-1");
  await cluster.advance({ by: "30s" });
  expect(await holder()).toMatch(/^control-plane-2_/);
  const { id } = await okJson<{ id: string }>(await down("control-plane-2"));
  for (const args of [
    ["get", "pods"],
    ["delete", "deployment", "web"],
    ["run", "late", "--image=nginx"],
  ]) {
    const { stderr, code } = await cluster.kubectl(args);
    expect([code, stderr]).toEqual([1, "Error from server: etcdserver: request timed out\n"]);
  }
  const cached = await cluster.kubectlOk(["get", "--raw", "/api/v1/namespaces/default/pods?resourceVersion=0"]);
  expect((JSON.parse(cached) as { items: object[] }).items).toHaveLength(2);
  const livez = await cluster.api("/livez?verbose");
  expect([livez.status, await livez.text()]).toEqual([
    500,
    expect.stringMatching(/\[-\]etcd failed: reason withheld\n(?:.*\n)*livez check failed\n$/),
  ]);

  await cluster.call("DELETE", `/faults/${id}`);
  await cluster.advance({ by: "1m" });
  expect(await cluster.kubectlOk(["get", "--raw", "/readyz"])).toBe("ok");
  await cluster.kubectlOk(["scale", "deployment", "web", "--replicas=3"]);
  await cluster.settle();
  expect(await cluster.kubectlOk(["get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}"])).toBe("3");
});
