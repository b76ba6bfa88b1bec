/**
 * Goal: Endpoints and EndpointSlices say who stands behind a Service: who is ready, serving, leaving, at which port.
 * Method: run Services and pods in the production cluster; plan slices by hand.
 */
import { expect, test } from "vitest";
import type { Endpoint, EndpointSlice, Service } from "#kernel/api/types.gen";
import { ENDPOINTS_PER_SLICE, planSlices } from "#kernel/controllers/endpoints/slices";
import { deployments } from "#kernel/resources/apps/deployment";
import { endpoints } from "#kernel/resources/core/endpoints";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import { pod, Scene, webDeployment } from "#test/support/scene";

const service = (scene: Scene, spec: Partial<Service["spec"]> = {}, name = "web") =>
  scene.create(services, {
    metadata: { name, namespace: "default", labels: { tier: "front" } },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }], ...spec } as Service["spec"],
  });

const slicesOf = (scene: Scene, name = "web"): EndpointSlice[] =>
  scene.list(endpointslices).filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);

const conditionsOf = (scene: Scene): string[] =>
  slicesOf(scene)
    .flatMap(({ endpoints: list = [] }) => list)
    .map(({ conditions }) => `${conditions?.ready} ${conditions?.serving} ${conditions?.terminating}`);

test("ready pods stand in one slice and in one subset, with where they run", () => {
  const scene = new Scene();
  service(scene);
  scene.create(deployments, webDeployment(2));
  scene.settle();
  const [slice] = slicesOf(scene);
  expect(slice?.metadata.labels).toEqual({
    tier: "front",
    "kubernetes.io/service-name": "web",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
  });
  expect(slice?.metadata.ownerReferences).toMatchObject([{ kind: "Service", name: "web", controller: true }]);
  expect(slice?.ports).toEqual([{ name: "", port: 80, protocol: "TCP" }]);
  const [first] = scene.list(pods);
  expect(slice?.endpoints).toContainEqual({
    addresses: [first?.status?.podIP],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: first?.spec.nodeName,
    targetRef: { kind: "Pod", namespace: "default", name: first?.metadata.name, uid: first?.metadata.uid },
  });
  const old = scene.need(endpoints, "web");
  expect(old.metadata.labels).toEqual({ tier: "front", "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
  expect(old.subsets?.map(({ addresses = [], ports }) => [addresses.length, ports])).toEqual([
    [2, [{ port: 80, protocol: "TCP" }]],
  ]);
});

test("a Service nobody stands behind has one empty slice and empty Endpoints", () => {
  const scene = new Scene();
  service(scene);
  expect(slicesOf(scene).map(({ endpoints: list, ports }) => [list, ports])).toEqual([[[], []]]);
  expect(scene.need(endpoints, "web").subsets).toBeUndefined();
});

test("a pod on its way out serves but is not ready; one that is not ready is listed apart", () => {
  // No kubelet: the pods stay as they are written here.
  const scene = new Scene({ machines: 0, kubelet: false });
  scene.addNode("mine");
  service(scene);
  for (const [name, ready, ip] of [
    ["a", "True", "10.0.0.1"],
    ["b", "False", "10.0.0.2"],
  ] as const) {
    scene.create(pods, { ...pod(name), metadata: { name, namespace: "default", labels: { app: "web" } } });
    scene.editStatus(pods, name, (one) => {
      const conditions = [{ type: "Ready", status: ready, lastTransitionTime: "2026-01-01T00:00:00Z" }];
      one.status = { ...one.status, phase: "Running", podIP: ip, podIPs: [{ ip }], conditions };
    });
  }
  scene.settle();
  expect(conditionsOf(scene)).toEqual(["true true false", "false false false"]);
  const [subset] = scene.need(endpoints, "web").subsets ?? [];
  expect([subset?.addresses?.length, subset?.notReadyAddresses?.length]).toEqual([1, 1]);
  scene.delete(pods, "a");
  expect(conditionsOf(scene)).toEqual(["false true true", "false false false"]);
  expect(scene.need(endpoints, "web").subsets?.[0]?.addresses).toBeUndefined();
  scene.delete(pods, "a", { gracePeriodSeconds: 0 });
  expect(conditionsOf(scene)).toEqual(["false false false"]);
});

test("named ports may differ from pod to pod; each number has its slice", () => {
  const scene = new Scene();
  service(scene, { ports: [{ name: "http", port: 80, targetPort: "web" }] } as Partial<Service["spec"]>);
  for (const [name, containerPort] of [
    ["a", 8080],
    ["b", 9090],
  ] as const) {
    const containers = [{ name: "c", image: "nginx", ports: [{ name: "web", containerPort }] }];
    const made = pod(name, {}, { containers });
    scene.create(pods, { ...made, metadata: { name, namespace: "default", labels: { app: "web" } } });
  }
  scene.settle();
  expect(
    slicesOf(scene)
      .map(({ ports }) => ports?.[0]?.port)
      .sort(),
  ).toEqual([8080, 9090]);
});

test("a headless Service without ports lists addresses, and hostnames for DNS", () => {
  const scene = new Scene();
  scene.create(services, {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, clusterIP: "None" },
  });
  const made = pod("a", {}, { hostname: "a-0", subdomain: "web" });
  scene.create(pods, { ...made, metadata: { name: "a", namespace: "default", labels: { app: "web" } } });
  scene.settle();
  const [slice] = slicesOf(scene);
  expect(slice?.metadata.labels?.["service.kubernetes.io/headless"]).toBe("");
  expect(slice?.endpoints?.[0]?.hostname).toBe("a-0");
  expect(scene.need(endpoints, "web").subsets?.[0]).toMatchObject({ addresses: [{ hostname: "a-0" }] });
});

test("Endpoints written by hand are mirrored into slices, and the mirror goes with them", () => {
  const scene = new Scene();
  scene.create(services, { metadata: { name: "db", namespace: "default" }, spec: { ports: [{ port: 5432 }] } });
  scene.create(endpoints, {
    metadata: { name: "db", namespace: "default" },
    subsets: [{ addresses: [{ ip: "192.0.2.7" }], ports: [{ port: 5432 }] }],
  });
  const [slice] = slicesOf(scene, "db");
  expect(slice?.metadata.labels?.["endpointslice.kubernetes.io/managed-by"]).toBe(
    "endpointslicemirroring-controller.k8s.io",
  );
  expect(slice?.endpoints).toMatchObject([{ addresses: ["192.0.2.7"], conditions: { ready: true } }]);
  scene.delete(endpoints, "db");
  expect(slicesOf(scene, "db")).toEqual([]);
});

test("the API server stands behind the kubernetes Service", () => {
  const scene = new Scene();
  expect(scene.need(endpoints, "kubernetes").subsets).toEqual([
    { addresses: [{ ip: "172.18.0.1" }], ports: [{ name: "https", port: 6443, protocol: "TCP" }] },
  ]);
  expect(slicesOf(scene, "kubernetes")).toHaveLength(1);
});

test("endpoints go with their Service", () => {
  const scene = new Scene();
  service(scene);
  scene.delete(services, "web");
  expect([slicesOf(scene), scene.get(endpoints, "web")]).toEqual([[], undefined]);
});

const endpoint = (n: number, ready = true): Endpoint => ({
  addresses: [`10.0.${n >> 8}.${n & 255}`],
  conditions: { ready },
});
const range = (from: number, to: number): Endpoint[] => Array.from({ length: to - from }, (_, n) => endpoint(from + n));
const stored = (name: string, list: Endpoint[]): EndpointSlice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name, namespace: "default", uid: name, resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
  addressType: "IPv4",
  endpoints: list,
  ports: [],
});

test("a slice holds a hundred; a newcomer touches one slice alone", () => {
  const plan = planSlices([{ ports: [], endpoints: range(0, 250) }], []);
  expect(plan.create.map(({ endpoints: list }) => list.length)).toEqual([100, 100, 50]);
  const kept = [stored("a", range(0, 100)), stored("b", range(100, 150))];
  const next = planSlices([{ ports: [], endpoints: range(0, 151) }], kept);
  expect(next.update.map(({ slice, endpoints: list }) => [slice.metadata.name, list.length])).toEqual([["b", 51]]);
  expect([next.create.length, next.keep.length, next.remove.length]).toEqual([0, 1, 0]);
  expect(ENDPOINTS_PER_SLICE).toBe(100);
});

test("a slice that loses its last endpoint is removed", () => {
  const kept = [stored("a", range(0, 100)), stored("b", range(100, 101))];
  const plan = planSlices([{ ports: [], endpoints: range(0, 100) }], kept);
  expect(plan.remove.map(({ metadata }) => metadata.name)).toEqual(["b"]);
});
