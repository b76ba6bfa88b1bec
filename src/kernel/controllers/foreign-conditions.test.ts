/**
 * Goal: a condition that somebody else writes into a workload's status stays there, and its own counters come back.
 * Method: one object of each kind, its status overwritten as upstream's conformance tests do it; settle; look.
 */
import { expect, test } from "vitest";
import type { AnyResource, Draft, Resource } from "#kernel/registry/definition";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { deployments } from "#kernel/resources/apps/deployment";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { jobs } from "#kernel/resources/batch/job";
import { replicationcontrollers } from "#kernel/resources/core/replicationcontroller";
import type { KubeObject } from "#kernel/store/object";
import { Scene } from "#test/support/scene";

type Workload = KubeObject & { status?: Record<string, unknown> & { conditions?: object[] } };

const selector = { matchLabels: { app: "x" } };
const template = (restartPolicy = "Always") => ({
  metadata: { labels: { app: "x" } },
  spec: { restartPolicy, containers: [{ name: "c", image: "registry.k8s.io/pause:3.10" }] },
});

test.each<readonly [AnyResource, object, string]>([
  [deployments, { replicas: 2, selector, template: template() }, "availableReplicas"],
  [replicasets, { replicas: 2, selector, template: template() }, "availableReplicas"],
  [replicationcontrollers, { replicas: 2, selector: { app: "x" }, template: template() }, "availableReplicas"],
  [statefulsets, { replicas: 2, serviceName: "x", selector, template: template() }, "availableReplicas"],
  [daemonsets, { selector, template: template() }, "numberAvailable"],
  [jobs, { parallelism: 2, completions: 2, template: template("Never") }, "ready"],
])("kind %#", (resource, spec, counter) => {
  const kind = resource as unknown as Resource<Workload>;
  const scene = new Scene();
  scene.create(kind, { metadata: { name: "x", namespace: "default" }, spec } as unknown as Draft<Workload>);
  scene.settle();
  const before = scene.need(kind, "x").status?.[counter];
  expect(before).toBeGreaterThan(0);
  const time = "2026-01-01T00:00:00Z";
  scene.editStatus(kind, "x", (object) => {
    const mine = { type: "StatusUpdate", status: "True", reason: "E2E", message: "Set", lastTransitionTime: time };
    object.status = { ...object.status, [counter]: 0, conditions: [...(object.status?.conditions ?? []), mine] };
  });
  scene.settle();
  const { status } = scene.need(kind, "x");
  expect(status?.[counter]).toBe(before);
  expect(status?.conditions).toContainEqual(expect.objectContaining({ type: "StatusUpdate", reason: "E2E" }));
});
