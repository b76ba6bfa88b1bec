/**
 * Goal: what changed between two objects is told as upstream tells it.
 * Method: objects as real clusters have them against the field sets real clusters recorded for them.
 */
import { expect, test } from "vitest";
import { shapeOf } from "#kernel/api/shapes";
import { materialize } from "#kernel/api/walk";
import { compare } from "#kernel/apimachinery/managedfields/compare";
import { must } from "#kernel/sim/assert";

const deployment = must(shapeOf({ group: "apps", version: "v1", kind: "Deployment" }), "a kind");
const pod = must(shapeOf({ group: "", version: "v1", kind: "Pod" }), "a kind");

const nginx = materialize(deployment, {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "nginx-deployment", labels: { app: "nginx" }, annotations: { a: "b" } },
  spec: {
    progressDeadlineSeconds: 600,
    replicas: 3,
    revisionHistoryLimit: 10,
    selector: { matchLabels: { app: "nginx" } },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
    template: {
      metadata: { labels: { app: "nginx" } },
      spec: {
        containers: [
          {
            name: "nginx",
            image: "nginx:1.14.2",
            imagePullPolicy: "IfNotPresent",
            ports: [{ containerPort: 80, protocol: "TCP" }],
            terminationMessagePath: "/dev/termination-log",
            terminationMessagePolicy: "File",
          },
        ],
        dnsPolicy: "ClusterFirst",
        restartPolicy: "Always",
        schedulerName: "default-scheduler",
        securityContext: {},
        terminationGracePeriodSeconds: 30,
      },
    },
  },
});

test("a created Deployment", () => {
  const { changed, removed } = compare({}, nginx, deployment, new Set(["status"]));
  expect(removed).toEqual({});
  // The kinds' own structs are there before anything is created, so they do not appear.
  expect(changed).toEqual({
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
      "f:annotations": { ".": {}, "f:a": {} },
      "f:labels": { ".": {}, "f:app": {} },
      "f:name": {},
    },
    "f:spec": {
      "f:progressDeadlineSeconds": {},
      "f:replicas": {},
      "f:revisionHistoryLimit": {},
      "f:selector": {},
      "f:strategy": { "f:rollingUpdate": { ".": {}, "f:maxSurge": {}, "f:maxUnavailable": {} }, "f:type": {} },
      "f:template": {
        "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
        "f:spec": {
          "f:containers": {
            'k:{"name":"nginx"}': {
              ".": {},
              "f:image": {},
              "f:imagePullPolicy": {},
              "f:name": {},
              "f:ports": {
                ".": {},
                'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:protocol": {} },
              },
              "f:resources": {},
              "f:terminationMessagePath": {},
              "f:terminationMessagePolicy": {},
            },
          },
          "f:dnsPolicy": {},
          "f:restartPolicy": {},
          "f:schedulerName": {},
          "f:securityContext": {},
          "f:terminationGracePeriodSeconds": {},
        },
      },
    },
  });
});

test("a first status of a pod, its conditions with the null that Go writes", () => {
  const before = materialize(pod, { spec: { containers: [] } });
  const after = {
    ...before,
    status: {
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
      hostIPs: [{ ip: "172.18.0.2" }],
      phase: "Running",
      podIPs: [{ ip: "10.244.1.2" }],
    },
  };
  expect(compare(before, after, pod).changed).toEqual({
    "f:status": {
      "f:conditions": {
        ".": {},
        'k:{"type":"Ready"}': {
          ".": {},
          "f:lastProbeTime": {},
          "f:lastTransitionTime": {},
          "f:status": {},
          "f:type": {},
        },
      },
      "f:hostIPs": {},
      "f:phase": {},
      "f:podIPs": { ".": {}, 'k:{"ip":"10.244.1.2"}': { ".": {}, "f:ip": {} } },
    },
  });
});

test("changes below shared structure: changed and removed apart", () => {
  const spec = nginx["spec"] as Record<string, unknown>;
  const after = {
    ...nginx,
    metadata: { name: "nginx-deployment", labels: { app: "nginx", tier: "web" }, finalizers: ["a/b"] },
    spec: { ...spec, replicas: 4, selector: { matchLabels: { app: "other" } } },
  };
  expect(compare(nginx, after, deployment)).toEqual({
    changed: {
      "f:metadata": { "f:finalizers": { ".": {}, 'v:"a/b"': {} }, "f:labels": { "f:tier": {} } },
      "f:spec": { "f:replicas": {}, "f:selector": {} },
    },
    removed: { "f:metadata": { "f:annotations": { ".": {}, "f:a": {} } } },
  });
});

test("items of a list are themselves wherever they stand; empty lists and maps are not there", () => {
  const one = { metadata: { finalizers: ["a/x", "b/x"], labels: {} } };
  const other = { metadata: { finalizers: ["b/x", "a/x"], annotations: {} } };
  expect(compare(one, other, pod)).toEqual({ changed: {}, removed: {} });
});
