/**
 * Goal: what a cluster serves is what it says it serves, in every form a client asks for: groups, kinds, their schemas.
 * Method: kubectl and raw requests to a cluster that measures its nodes, and to one that has none.
 */
import { beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const PROTOBUF = "application/vnd.kubernetes.protobuf";
const V2 = "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

let full: TestCluster;
let bare: TestCluster;

beforeAll(async () => {
  full = await newCluster({ nodes: 1, latency: "none" });
  bare = await newCluster({ nodes: 0, components: { scheduler: false, kubelet: false } });
  await full.settle();
});

test("metrics are described and explained where something measures, and only there", async () => {
  const documents = async (cluster: TestCluster) => Object.keys(JSON.parse(await openApi(cluster)).paths);
  const openApi = (cluster: TestCluster) => cluster.kubectlOk(["get", "--raw", "/openapi/v3"]);
  expect(await documents(full)).toContain("apis/metrics.k8s.io/v1beta1");
  expect(await documents(bare)).not.toContain("apis/metrics.k8s.io/v1beta1");
  const explained = await full.kubectlOk(["explain", "pods.containers", "--api-version=metrics.k8s.io/v1beta1"]);
  expect(explained).toContain("GROUP:      metrics.k8s.io\nKIND:       PodMetrics\nVERSION:    v1beta1");
  expect(explained).toMatch(/name\t<string> -required-\n {4}Container name/);
});

test("metrics and discovery can be had in protobuf", async () => {
  const typeOf = async (path: string, accept: string): Promise<string | null> => {
    const answer = await full.api(path, { headers: { accept } });
    const magic = new TextDecoder().decode((await answer.arrayBuffer()).slice(0, 3));
    expect(magic).toBe("k8s");
    return answer.headers.get("content-type");
  };
  expect(await typeOf("/apis/metrics.k8s.io/v1beta1/nodes", PROTOBUF)).toBe(PROTOBUF);
  for (const path of ["/api", "/apis", "/apis/apps", "/api/v1", "/apis/metrics.k8s.io/v1beta1"]) {
    expect(await typeOf(path, `${PROTOBUF},application/json`), path).toBe(PROTOBUF);
  }
  expect(await typeOf("/apis", `${PROTOBUF};${V2}`)).toBe(`${PROTOBUF};${V2}`);
  expect((await full.api("/apis", { headers: { accept: "text/html" } })).status).toBe(406);
});
