/**
 * Goal: pods get the devices they claim, no device is had by two claims, and what is not used any more is given back.
 * Method: publish ResourceSlices for nodes nobody simulates; create claims and pods; look at allocations and places.
 */
import { expect, test } from "vitest";
import type { Device, DeviceConstraint, DeviceRequest, ResourceClaim } from "#kernel/api/types.gen";
import { pods } from "#kernel/resources/core/pod";
import { deviceclasses } from "#kernel/resources/resource/deviceclass";
import { resourceclaims } from "#kernel/resources/resource/resourceclaim";
import { resourceclaimtemplates } from "#kernel/resources/resource/resourceclaimtemplate";
import { resourceslices } from "#kernel/resources/resource/resourceslice";
import { explain } from "#kernel/scheduler/explain";
import { pod, Scene } from "#test/support/scene";

const DRIVER = "gpu.example.com";

const gpu = (name: string, model: string, memory: string, more: Partial<Device> = {}): Device => ({
  name,
  attributes: { model: { string: model }, version: { version: "1.2.0" }, numa: { int: Number(name.at(-1)) % 2 } },
  capacity: { memory: { value: memory } },
  ...more,
});

function publish(scene: Scene, nodeName: string, devices: Device[]): void {
  scene.create(resourceslices, {
    metadata: { name: `${nodeName}-gpus` },
    spec: { driver: DRIVER, nodeName, pool: { name: nodeName, generation: 1, resourceSliceCount: 1 }, devices },
  });
}

/** Two nodes: a has two small devices, b a large one. */
function gpus(): Scene {
  const scene = new Scene({ machines: 0, kubelet: false });
  for (const name of ["a", "b"]) scene.addNode(name);
  publish(scene, "a", [gpu("gpu-0", "small", "8Gi"), gpu("gpu-1", "small", "8Gi")]);
  publish(scene, "b", [gpu("gpu-2", "large", "80Gi")]);
  const expression = `device.driver == "${DRIVER}"`;
  scene.create(deviceclasses, { metadata: { name: "gpu" }, spec: { selectors: [{ cel: { expression } }] } });
  return scene;
}

const request = (name: string, expression?: string, count = 1): DeviceRequest => ({
  name,
  exactly: {
    deviceClassName: "gpu",
    allocationMode: "ExactCount",
    count,
    ...(expression !== undefined && { selectors: [{ cel: { expression } }] }),
  },
});

function claim(scene: Scene, name: string, requests: DeviceRequest[], constraints: DeviceConstraint[] = []): void {
  const devices = { requests, ...(constraints.length > 0 && { constraints }) };
  scene.create(resourceclaims, { metadata: { name, namespace: "default" }, spec: { devices } });
}

const using = (name: string, claimName: string) =>
  pod(name, {}, { resourceClaims: [{ name: "gpu", resourceClaimName: claimName }] });

const devicesOf = ({ status }: ResourceClaim): string[] =>
  (status?.allocation?.devices?.results ?? []).map(({ request: of, pool, device }) => `${of}=${pool}/${device}`);

test.each([
  ["an attribute", `device.attributes["${DRIVER}"].model == "large"`, "b"],
  ["a capacity", `device.capacity["${DRIVER}"].memory.compareTo(quantity("40Gi")) >= 0`, "b"],
  ["a version", `device.attributes["${DRIVER}"].version.isGreaterThan(semver("1.0.0"))`, /a|b/],
  [
    "a domain nobody has",
    `!has(device.attributes["other.example.com"].x) && device.attributes["${DRIVER}"].model == "small"`,
    "a",
  ],
])("devices are chosen by %s", (_what, expression, node) => {
  const scene = gpus();
  claim(scene, "c", [request("gpu", expression)]);
  scene.create(pods, using("p", "c"));
  scene.settle();
  expect(scene.placed["p"]).toMatch(node);
  const found = scene.need(resourceclaims, "c");
  expect(found.metadata.finalizers).toEqual(["resource.kubernetes.io/delete-protection"]);
  expect(found.status?.reservedFor).toEqual([{ resource: "pods", name: "p", uid: scene.need(pods, "p").metadata.uid }]);
  expect(found.status?.allocation?.nodeSelector?.nodeSelectorTerms).toEqual([
    { matchFields: [{ key: "metadata.name", operator: "In", values: [scene.placed["p"]] }] },
  ]);
});

test("two claims never have one device, and the third waits until one is given back", () => {
  const scene = gpus();
  const small = `device.attributes["${DRIVER}"].model == "small"`;
  for (const name of ["x", "y", "z"]) {
    claim(scene, name, [request("gpu", small)]);
    scene.create(pods, using(name, name));
  }
  scene.settle();
  expect(scene.placed).toEqual({ x: "a", y: "a", z: "" });
  expect(["x", "y"].flatMap((name) => devicesOf(scene.need(resourceclaims, name))).sort()).toEqual([
    "gpu=a/gpu-0",
    "gpu=a/gpu-1",
  ]);
  expect(scene.whyPending("z")).toBe(
    "0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, preemption: 0/2 nodes are " +
      "available: 2 Preemption is not helpful for scheduling.",
  );
  scene.delete(pods, "x", { gracePeriodSeconds: 0 });
  scene.settle();
  expect(scene.need(resourceclaims, "x").status).toEqual({});
  expect(scene.need(resourceclaims, "x").metadata.finalizers).toBeUndefined();
  expect(scene.placed).toEqual({ y: "a", z: "a" });
});

test("several pods share one claim, where it is", () => {
  const scene = gpus();
  claim(scene, "c", [request("gpu")]);
  for (const name of ["x", "y", "z"]) scene.create(pods, using(name, "c"));
  scene.settle();
  expect(new Set(Object.values(scene.placed)).size).toBe(1);
  expect(scene.need(resourceclaims, "c").status?.reservedFor).toHaveLength(3);
});

test("all devices of one request must be equal, or different, in what the claim says", () => {
  const scene = gpus();
  const requests = [request("pair", `device.attributes["${DRIVER}"].model == "small"`, 2)];
  claim(scene, "same", requests, [{ requests: ["pair"], matchAttribute: `${DRIVER}/numa` }]);
  scene.create(pods, using("p", "same"));
  scene.settle();
  expect(scene.placed).toEqual({ p: "" });
  claim(scene, "any", requests, [{ requests: ["pair"], matchAttribute: `${DRIVER}/model` }]);
  scene.create(pods, using("q", "any"));
  scene.settle();
  expect(devicesOf(scene.need(resourceclaims, "any"))).toEqual(["pair=a/gpu-0", "pair=a/gpu-1"]);
});

test("the first alternative that can be had is taken", () => {
  const scene = gpus();
  const alternative = (name: string, model: string, count: number) => ({
    name,
    deviceClassName: "gpu",
    count,
    allocationMode: "ExactCount",
    selectors: [{ cel: { expression: `device.attributes["${DRIVER}"].model == "${model}"` } }],
  });
  const firstAvailable = [alternative("two-large", "large", 2), alternative("two-small", "small", 2)];
  claim(scene, "c", [{ name: "gpu", firstAvailable }]);
  scene.create(pods, using("p", "c"));
  scene.settle();
  expect(devicesOf(scene.need(resourceclaims, "c"))).toEqual(["gpu/two-small=a/gpu-0", "gpu/two-small=a/gpu-1"]);
});

test("a tainted device is for those that tolerate it, partitions share their counters", () => {
  const scene = new Scene({ machines: 0, kubelet: false });
  scene.addNode("a");
  scene.create(deviceclasses, { metadata: { name: "gpu" }, spec: {} });
  const part = (name: string) => ({
    name,
    consumesCounters: [{ counterSet: "card", counters: { memory: { value: "30Gi" } } }],
  });
  const pool = { name: "a", generation: 1, resourceSliceCount: 2 };
  const spec = { driver: DRIVER, nodeName: "a", pool };
  const sharedCounters = [{ name: "card", counters: { memory: { value: "40Gi" } } }];
  scene.create(resourceslices, { metadata: { name: "counters" }, spec: { ...spec, sharedCounters } });
  const broken = { name: "broken", taints: [{ key: "unhealthy", effect: "NoSchedule" }] };
  scene.create(resourceslices, {
    metadata: { name: "devices" },
    spec: { ...spec, devices: [part("part-0"), part("part-1"), broken] },
  });
  for (const name of ["x", "y"]) {
    claim(scene, name, [request("gpu")]);
    scene.create(pods, using(name, name));
  }
  scene.settle();
  expect(scene.placed).toEqual({ x: "a", y: "" });
  const tolerations = [{ key: "unhealthy", operator: "Exists" }];
  claim(scene, "t", [{ name: "gpu", exactly: { deviceClassName: "gpu", tolerations } }]);
  scene.create(pods, using("t", "t"));
  scene.settle();
  expect(devicesOf(scene.need(resourceclaims, "t"))).toEqual(["gpu=a/broken"]);
});

test("a claim made from a template goes with its pod; a pod without its claim is not tried", () => {
  const scene = gpus();
  const resourceClaims = [{ name: "gpu", resourceClaimTemplateName: "one-gpu" }];
  const made = scene.create(pods, pod("p", {}, { resourceClaims }));
  scene.settle();
  expect(scene.said("p")[0]?.replace(/^.*? x\d+: /, "")).toBe(
    'PodResourceClaim gpu: resource claim template "one-gpu": resourceclaimtemplate.resource.k8s.io "one-gpu" not found',
  );
  expect(explain(scene.cluster.registry, made).gates).toEqual(['pod "default/p": ResourceClaim not created yet']);
  scene.create(resourceclaimtemplates, {
    metadata: { name: "one-gpu", namespace: "default" },
    spec: { metadata: { labels: { team: "x" } }, spec: { devices: { requests: [request("gpu")] } } },
  });
  scene.settle();
  const [own] = scene.list(resourceclaims);
  expect(own?.metadata.name).toMatch(/^p-gpu-[a-z0-9]{5}$/);
  expect(own?.metadata).toMatchObject({
    labels: { team: "x" },
    annotations: { "resource.kubernetes.io/pod-claim-name": "gpu" },
    ownerReferences: [{ kind: "Pod", name: "p", controller: true, blockOwnerDeletion: true }],
  });
  expect(scene.need(pods, "p").status?.resourceClaimStatuses).toEqual([
    { name: "gpu", resourceClaimName: own?.metadata.name },
  ]);
  expect(scene.placed["p"]).not.toBe("");
  scene.delete(pods, "p", { gracePeriodSeconds: 0 });
  scene.settle();
  expect(scene.list(resourceclaims)).toEqual([]);
});

test("a class that is not there is said", () => {
  const scene = gpus();
  claim(scene, "c", [{ name: "fpga", exactly: { deviceClassName: "fpga" } }]);
  scene.create(pods, using("p", "c"));
  scene.settle();
  expect(scene.whyPending("p")).toContain("request fpga: device class fpga does not exist.");
  scene.create(deviceclasses, { metadata: { name: "fpga" }, spec: {} });
  scene.settle();
  expect(scene.placed["p"]).not.toBe("");
});

test("many requests for any device leave the one that the last request must have", () => {
  const scene = new Scene({ machines: 0, kubelet: false });
  scene.addNode("a");
  publish(
    scene,
    "a",
    Array.from({ length: 14 }, (_, n) => gpu(`gpu-${n}`, `model-${n}`, "8Gi")),
  );
  scene.create(deviceclasses, { metadata: { name: "gpu" }, spec: {} });
  const any = Array.from({ length: 13 }, (_, n) => request(`any-${n}`));
  claim(scene, "c", [...any, request("first", `device.attributes["${DRIVER}"].model == "model-0"`)]);
  scene.create(pods, using("p", "c"));
  scene.settle();
  expect(scene.placed).toEqual({ p: "a" });
  expect(devicesOf(scene.need(resourceclaims, "c"))).toContain("first=a/gpu-0");
});

test("a search that would never end is given up", () => {
  const scene = new Scene({ machines: 0, kubelet: false });
  for (let n = 0; n < 20; n += 1) scene.addNode(`n-${n}`);
  const devices = Array.from({ length: 60 }, (_, n) => gpu(`gpu-${n}`, `model-${n % 7}`, "8Gi"));
  const pool = { name: "all", generation: 1, resourceSliceCount: 1 };
  scene.create(resourceslices, { metadata: { name: "all" }, spec: { driver: DRIVER, allNodes: true, pool, devices } });
  scene.create(deviceclasses, { metadata: { name: "gpu" }, spec: {} });
  const alternatives = Array.from({ length: 8 }, (_, n) => ({
    name: `a-${n}`,
    deviceClassName: "gpu",
    allocationMode: "ExactCount",
    count: 2,
  }));
  const requests = Array.from({ length: 16 }, (_, n) => ({ name: `r-${n}`, firstAvailable: alternatives }));
  claim(scene, "c", requests, [{ distinctAttribute: `${DRIVER}/model` }]);
  scene.create(pods, using("p", "c"));
  scene.settle();
  expect(scene.placed).toEqual({ p: "" });
  expect(scene.whyPending("p")).toContain("20 cannot allocate all claims");
});

test("with kubelets at work a claimed device passes from one pod to the next", () => {
  const scene = new Scene({ latency: "realistic" });
  publish(scene, "node-2", [gpu("gpu-0", "large", "80Gi")]);
  scene.create(deviceclasses, { metadata: { name: "gpu" }, spec: {} });
  scene.create(resourceclaimtemplates, {
    metadata: { name: "gpu", namespace: "default" },
    spec: { spec: { devices: { requests: [request("gpu")] } } },
  });
  const spec = {
    resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "gpu" }],
    terminationGracePeriodSeconds: 1,
  };
  for (const name of ["first", "second"]) scene.create(pods, pod(name, {}, spec));
  scene.settle();
  const { status } = scene.need(pods, "first");
  expect([status?.phase, status?.resourceClaimStatuses]).toEqual([
    "Running",
    [{ name: "gpu", resourceClaimName: expect.any(String) }],
  ]);
  expect(scene.placed).toEqual({ first: "node-2", second: "" });
  scene.delete(pods, "first");
  scene.settle();
  expect(scene.placed).toEqual({ second: "node-2" });
  expect(scene.list(resourceclaims)).toHaveLength(1);
});

test("an expression that costs too much selects nothing, and says so to nobody else", () => {
  const scene = gpus();
  const list = `[${Array.from({ length: 60 }, (_, n) => n).join(", ")}]`;
  const costly = `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, a + b + c + d >= 0))))`;
  claim(scene, "c", [request("gpu", costly)]);
  scene.create(pods, using("p", "c"));
  scene.create(pods, pod("other"));
  scene.settle();
  expect(scene.placed["p"]).toBe("");
  expect(scene.placed["other"]).not.toBe("");
});
