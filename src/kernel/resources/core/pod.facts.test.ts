/**
 * Goal: everybody who asks a question of a pod or its template gets upstream's answer.
 * Method: tables of small specs and statuses.
 */
import { expect, test } from "vitest";
import type { Container, Pod, PodSpec, PodStatus, Toleration } from "#kernel/api/types.gen";
import {
  computeQos,
  hostPorts,
  isPodActive,
  isPodAvailable,
  isPodReady,
  podAvailableAt,
  podLimits,
  podRequests,
  resolvePort,
  restartCount,
  toleratesTaint,
} from "#kernel/resources/core/pod.facts";
import { podTemplateHash, safeEncode } from "#kernel/resources/core/pod.hash";

function podOf(spec: Partial<PodSpec> = {}, status: PodStatus = {}): Pod {
  const metadata = { name: "web", uid: "u", resourceVersion: "1", creationTimestamp: "2026-05-01T10:00:00Z" };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [{ name: "a" }], ...spec }, status };
}

const asks = (name: string, cpu: string, memory: string, more: Partial<Container> = {}): Container => ({
  name,
  resources: { requests: { cpu, memory }, limits: { cpu, memory } },
  ...more,
});
const Mi = 1024 * 1024;

test.each<[string, Partial<PodSpec>, Record<string, number>]>([
  ["nothing", {}, {}],
  ["a sum", { containers: [asks("a", "100m", "1Mi"), asks("b", "200m", "2Mi")] }, { cpu: 300, memory: 3 * Mi }],
  [
    "a hungry init container",
    { containers: [asks("a", "100m", "1Mi")], initContainers: [asks("i", "1", "1Mi"), asks("j", "50m", "8Mi")] },
    { cpu: 1000, memory: 8 * Mi },
  ],
  [
    "a sidecar counts beside the containers, and beside later init containers",
    {
      containers: [asks("a", "100m", "1Mi")],
      initContainers: [asks("side", "100m", "1Mi", { restartPolicy: "Always" }), asks("i", "1", "1Mi")],
    },
    { cpu: 1100, memory: 2 * Mi },
  ],
  ["overhead", { containers: [asks("a", "100m", "1Mi")], overhead: { cpu: "10m" } }, { cpu: 110, memory: Mi }],
  [
    "pod-level resources",
    { containers: [asks("a", "100m", "1Mi")], resources: { requests: { cpu: "3" } } },
    { cpu: 3000, memory: Mi },
  ],
])("requests: %s", (_, spec, expected) => {
  expect(podRequests(podOf(spec))).toEqual(expected);
});

test("limits take overhead only where there is a limit", () => {
  const spec = { containers: [asks("a", "1", "1Mi")], overhead: { cpu: "10m", "example.com/x": "1" } };
  expect(podLimits(podOf(spec))).toEqual({ cpu: 1010, memory: Mi });
});

test("a resize counts with the larger of what is wanted and what is held", () => {
  const pod = podOf(
    { containers: [asks("a", "100m", "1Mi")] },
    {
      containerStatuses: [
        {
          name: "a",
          image: "",
          imageID: "",
          ready: true,
          restartCount: 0,
          resources: { requests: { cpu: "300m", memory: "1Mi" } },
        },
      ],
    },
  );
  expect(podRequests(pod)).toEqual({ cpu: 100, memory: Mi });
  expect(podRequests(pod, { useStatus: true })).toEqual({ cpu: 300, memory: Mi });
});

test.each<[string, PodSpec, string]>([
  ["nothing", { containers: [{ name: "a" }] }, "BestEffort"],
  ["all equal", { containers: [asks("a", "1", "1Mi")] }, "Guaranteed"],
  ["one without", { containers: [asks("a", "1", "1Mi"), { name: "b" }] }, "Burstable"],
  ["init without", { containers: [asks("a", "1", "1Mi")], initContainers: [{ name: "i" }] }, "Burstable"],
  [
    "less than the limit",
    {
      containers: [
        { name: "a", resources: { requests: { cpu: "1", memory: "1Mi" }, limits: { cpu: "2", memory: "1Mi" } } },
      ],
    },
    "Burstable",
  ],
  [
    "cpu alone",
    { containers: [{ name: "a", resources: { requests: { cpu: "1" }, limits: { cpu: "1" } } }] },
    "Burstable",
  ],
  ["devices alone", { containers: [{ name: "a", resources: { limits: { "example.com/gpu": "1" } } }] }, "BestEffort"],
  [
    "pod level",
    {
      containers: [{ name: "a" }],
      resources: { requests: { cpu: "1", memory: "1Mi" }, limits: { cpu: "1", memory: "1Mi" } },
    },
    "Guaranteed",
  ],
])("class of service: %s", (_, spec, expected) => {
  expect(computeQos(spec)).toBe(expected);
});

test.each<[Toleration, boolean]>([
  [{ operator: "Exists" }, true],
  [{ key: "speed", operator: "Exists", effect: "NoSchedule" }, true],
  [{ key: "speed", operator: "Exists", effect: "NoExecute" }, false],
  [{ key: "speed", value: "100" }, true],
  [{ key: "speed", operator: "Equal", value: "1" }, false],
  [{ key: "other", operator: "Exists" }, false],
  [{ key: "speed", operator: "Gt", value: "99" }, false],
])("%j tolerates speed=100:NoSchedule: %s", (toleration, expected) => {
  expect(toleratesTaint(toleration, { key: "speed", value: "100", effect: "NoSchedule" })).toBe(expected);
});

test("ready, available, active", () => {
  const since = "2026-05-01T10:00:00Z";
  const ready = podOf({}, { conditions: [{ type: "Ready", status: "True", lastTransitionTime: since }] });
  const at = Date.parse(since);
  expect(isPodReady(ready)).toBe(true);
  expect(isPodAvailable(ready, 0, at)).toBe(true);
  expect(isPodAvailable(ready, 10, at + 9_999)).toBe(false);
  expect(isPodAvailable(ready, 10, at + 10_000)).toBe(true);
  expect(podAvailableAt(ready, 10)).toBe(at + 10_000);
  expect(podAvailableAt(podOf(), 10)).toBeUndefined();
  expect(isPodActive(podOf({}, { phase: "Failed" }))).toBe(false);
  const { metadata, ...rest } = podOf();
  expect(isPodActive({ ...rest, metadata: { ...metadata, deletionTimestamp: since } })).toBe(false);
});

test("ports and restarts", () => {
  const status = { image: "", imageID: "", ready: true };
  const pod = podOf(
    {
      containers: [{ name: "a", ports: [{ containerPort: 80, hostPort: 8080, name: "http", protocol: "TCP" }] }],
      initContainers: [
        { name: "i" },
        { name: "side", restartPolicy: "Always", ports: [{ containerPort: 9, name: "m" }] },
      ],
    },
    {
      containerStatuses: [{ ...status, name: "a", restartCount: 2 }],
      initContainerStatuses: [
        { ...status, name: "i", restartCount: 5 },
        { ...status, name: "side", restartCount: 1 },
      ],
    },
  );
  expect(hostPorts(pod).map(({ hostPort }) => hostPort)).toEqual([8080]);
  expect([resolvePort(pod, "http"), resolvePort(pod, "m"), resolvePort(pod, 5), resolvePort(pod, "x")]).toEqual([
    ...[80, 9, 5, undefined],
  ]);
  expect(restartCount(pod)).toBe(3);
});

test("template hashes: stable, blind to the order of keys, safe to read", () => {
  const template = { metadata: { labels: { a: "1", b: "2" } }, spec: { containers: [{ name: "c", image: "é:1" }] } };
  const other = { spec: { containers: [{ image: "é:1", name: "c" }] }, metadata: { labels: { b: "2", a: "1" } } };
  expect(podTemplateHash(template)).toBe(podTemplateHash(other));
  expect(podTemplateHash(template)).not.toBe(podTemplateHash(template, 0));
  expect(podTemplateHash(template, 0)).not.toBe(podTemplateHash(template, 1));
  expect(podTemplateHash(template)).toMatch(/^[456789bcdf]{5,10}$/);
  expect(safeEncode("0123456789")).toBe("456789bcdf");
});
