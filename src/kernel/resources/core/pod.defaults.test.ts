/**
 * Goal: what a manifest leaves out reads back as a real server fills it in.
 * Method: complete small manifests and compare the whole of what changed.
 */
import { expect, test } from "vitest";
import type { Pod } from "#kernel/api/types.gen";
import { materialize } from "#kernel/api/walk";
import { pods } from "#kernel/resources/core/pod";
import { defaultPod, pullPolicyFor } from "#kernel/resources/core/pod.defaults";

type Json = Record<string, unknown>;

function completed(spec: Json): Json {
  const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec: structuredClone(spec) };
  const pod = materialize(pods.shape, object) as unknown as Pod;
  defaultPod(pod);
  const once = structuredClone(pod);
  defaultPod(pod);
  expect(pod).toEqual(once);
  return pod.spec as unknown as Json;
}

const container = {
  name: "c",
  image: "nginx",
  imagePullPolicy: "Always",
  resources: {},
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
};

test("the smallest pod", () => {
  expect(completed({ containers: [{ name: "c", image: "nginx" }] })).toEqual({
    containers: [container],
    dnsPolicy: "ClusterFirst",
    enableServiceLinks: true,
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
});

test("ports, probes, references", () => {
  const spec = completed({
    hostNetwork: true,
    serviceAccount: "builder",
    containers: [
      {
        name: "c",
        image: "nginx",
        ports: [{ containerPort: 80 }],
        env: [{ name: "N", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        livenessProbe: { httpGet: { port: 80 } },
        readinessProbe: { grpc: { port: 9 } },
        lifecycle: { preStop: { httpGet: { port: 80 } } },
      },
    ],
  });
  expect(spec["serviceAccountName"]).toBe("builder");
  const timing = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
  expect((spec["containers"] as Json[])[0]).toEqual({
    ...container,
    ports: [{ containerPort: 80, hostPort: 80, protocol: "TCP" }],
    env: [{ name: "N", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } }],
    livenessProbe: { httpGet: { port: 80, path: "/", scheme: "HTTP" }, ...timing },
    readinessProbe: { grpc: { port: 9, service: "" }, ...timing },
    lifecycle: { preStop: { httpGet: { port: 80, path: "/", scheme: "HTTP" } } },
  });
});

test("requests follow limits, rounded to thousandths", () => {
  const resources = { limits: { cpu: "0.5", memory: "1Gi" }, requests: { cpu: "0.1001" } };
  const spec = completed({ containers: [{ name: "c", image: "i:1", resources }] });
  expect((spec["containers"] as Json[])[0]?.["resources"]).toEqual({
    limits: { cpu: "500m", memory: "1Gi" },
    requests: { cpu: "101m", memory: "1Gi" },
  });
});

test("pod-level requests follow containers, then limits", () => {
  const spec = completed({
    resources: { limits: { cpu: "2", memory: "1Gi" } },
    containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }],
  });
  expect(spec["resources"]).toEqual({ limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "1", memory: "1Gi" } });
});

test.each<[string, Json, Json]>([
  ["nothing", {}, { emptyDir: {} }],
  ["secret", { secret: { secretName: "s" } }, { secret: { secretName: "s", defaultMode: 420 } }],
  ["config map", { configMap: { name: "c", defaultMode: 256 } }, { configMap: { name: "c", defaultMode: 256 } }],
  ["host path", { hostPath: { path: "/x" } }, { hostPath: { path: "/x", type: "" } }],
  ["image", { image: { reference: "a" } }, { image: { reference: "a", pullPolicy: "Always" } }],
  [
    "projected",
    { projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
    { projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 3600 } }] } },
  ],
  [
    "downward",
    { downwardAPI: { items: [{ path: "p", fieldRef: { fieldPath: "metadata.name" } }] } },
    {
      downwardAPI: {
        defaultMode: 420,
        items: [{ path: "p", fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } }],
      },
    },
  ],
  [
    "iscsi",
    { iscsi: { targetPortal: "p", iqn: "i", lun: 0 } },
    { iscsi: { targetPortal: "p", iqn: "i", lun: 0, iscsiInterface: "default" } },
  ],
])("volume: %s", (_, source, expected) => {
  const spec = completed({ containers: [{ name: "c", image: "i:1" }], volumes: [{ name: "v", ...source }] });
  expect(spec["volumes"]).toEqual([{ name: "v", ...expected }]);
});

test.each([
  ["nginx", "Always"],
  ["nginx:latest", "Always"],
  ["nginx:1.27", "IfNotPresent"],
  ["registry:5000/nginx", "Always"],
  ["registry:5000/nginx:1", "IfNotPresent"],
  [`nginx@sha256:${"a".repeat(64)}`, "IfNotPresent"],
  ["NGINX", "IfNotPresent"],
  ["", "IfNotPresent"],
])("pull policy of %j is %s", (image, policy) => {
  expect(pullPolicyFor(image)).toBe(policy);
});
