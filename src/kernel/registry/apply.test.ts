/**
 * Goal: every write keeps the owners of fields, and apply goes the way of every other write.
 * Method: Deployments and Pods through a registry, as several managers.
 */
import { expect, test } from "vitest";
import type { Deployment, Pod } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import type { Client } from "#kernel/registry/client";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { deployments } from "#kernel/resources/apps/deployment";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { pods } from "#kernel/resources/core/pod";
import { deepFreeze } from "#kernel/sim/clone";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

const key = { namespace: "default", name: "web" };
const labels = { app: "web" };
const config = (spec: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", ...metadata },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx:1.27" }] } },
    ...spec,
  },
});

/** One registry, its clock, and a client for each manager. */
function newRegistry() {
  const clock = { now: Date.parse("2026-05-01T10:00:00Z") };
  const resources = [deployments, replicasets, pods];
  const parts = { store: new Store(), entropy: Entropy.seeded(1), resources, admission: [] };
  const registry = new Registry({ ...parts, now: () => clock.now });
  return { clock, as: (manager: string): Client => registry.as(CLUSTER_ADMIN, manager) };
}

const ownersOf = ({ metadata }: Deployment | Pod) =>
  metadata.managedFields?.map(({ manager, operation, subresource = "" }) => [manager, operation, subresource]);
const fieldsOf = ({ metadata }: Deployment | Pod, manager: string) =>
  metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;
const apply = (client: Client, body: Record<string, unknown>, isForced = false) =>
  client.apply(deployments, key, { config: deepFreeze(body), isForced });

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
  return "accepted";
}

test("apply creates, completes and then changes an object", () => {
  const { as, clock } = newRegistry();
  const { object: created, isNew } = apply(as("kubectl"), config({ replicas: 2 }));
  expect(isNew).toBe(true);
  expect(created.spec.revisionHistoryLimit).toBe(10);
  expect(ownersOf(created)).toEqual([["kubectl", "Apply", ""]]);
  // What the server filled in belongs to nobody.
  expect(fieldsOf(created, "kubectl")).not.toHaveProperty(["f:spec", "f:revisionHistoryLimit"]);

  clock.now += 60_000;
  const again = apply(as("kubectl"), config({ replicas: 2 }));
  expect(again.isNew).toBe(false);
  expect(again.object).toBe(as("kubectl").get(deployments, key));
  expect(again.object.metadata.resourceVersion).toBe(created.metadata.resourceVersion);

  const { object: scaled } = apply(as("kubectl"), config({ replicas: 3 }));
  expect(scaled.metadata.generation).toBe(2);
  expect(scaled.metadata.managedFields?.[0]?.time).toBe("2026-05-01T10:01:00Z");
});

test("a dry run keeps nothing; names and namespaces must agree", () => {
  const { as } = newRegistry();
  const client = as("kubectl");
  const { object } = client.apply(deployments, key, { config: config(), isForced: false }, { isDryRun: true });
  expect(object.metadata.managedFields).toHaveLength(1);
  expect(client.get(deployments, key)).toBeUndefined();
  expect(refusal(() => apply(client, config({}, { name: "other" })))).toBe(
    "the name of the object (other) does not match the name on the URL (web)",
  );
  expect(refusal(() => apply(client, config({}, { namespace: "other" })))).toBe(
    "the namespace of the provided object does not match the namespace sent on the request",
  );
  expect(refusal(() => apply(client, { ...config(), metadata: {} }))).toBe(
    "the name of the object (web based on URL) was undeterminable: name must be provided",
  );
});

test("an old resourceVersion is a conflict, a malformed value is told as upstream tells it", () => {
  const { as } = newRegistry();
  const { object } = apply(as("kubectl"), config());
  apply(as("kubectl"), config({ replicas: 5 }));
  expect(refusal(() => apply(as("kubectl"), config({}, { resourceVersion: object.metadata.resourceVersion })))).toBe(
    'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes ' +
      "to the latest version and try again",
  );
  const containers = [{ name: "web", image: "nginx", resources: { limits: { cpu: "x" } } }];
  const body = config({ template: { metadata: { labels }, spec: { containers } } });
  expect(refusal(() => apply(as("kubectl"), body))).toContain(
    "failed to convert new object (/web; apps/v1, Kind=Deployment) to proper version: ",
  );
});

test("scale: its manager takes replicas from the object, appliers meet a conflict", () => {
  const { as } = newRegistry();
  apply(as("kubectl"), config({ replicas: 2 }));
  const client = as("scaler");
  client.updateScale(deployments, key, { ...client.scale(deployments, key), spec: { replicas: 4 } });
  const scaled = client.need(deployments, key);
  expect(scaled.metadata.managedFields).toMatchObject([
    { manager: "kubectl", operation: "Apply" },
    {
      apiVersion: "apps/v1",
      fieldsV1: { "f:spec": { "f:replicas": {} } },
      manager: "scaler",
      operation: "Update",
      subresource: "scale",
    },
  ]);
  expect(fieldsOf(scaled, "kubectl")).not.toHaveProperty(["f:spec", "f:replicas"]);
  const failed = () => apply(as("kubectl"), config({ replicas: 2 }));
  expect(refusal(failed)).toBe(
    'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas',
  );
});

test("scale can be applied", () => {
  const { as } = newRegistry();
  apply(as("kubectl"), config({ replicas: 2 }));
  const scale = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "web" }, spec: { replicas: 7 } };
  const request = { config: scale, isForced: false };
  expect(refusal(() => as("scaler").applyScale(deployments, key, request))).toBe(
    'Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas',
  );
  expect(as("scaler").applyScale(deployments, key, { ...request, isForced: true }).spec.replicas).toBe(7);
  const scaled = as("scaler").need(deployments, key);
  expect(ownersOf(scaled)).toEqual([
    ["scaler", "Apply", "scale"],
    ["kubectl", "Apply", ""],
  ]);
  expect(fieldsOf(scaled, "scaler")).toEqual({ "f:spec": { "f:replicas": {} } });
});

test("status is applied and updated through its subresource alone", () => {
  const { as } = newRegistry();
  apply(as("kubectl"), { ...config(), status: { replicas: 9 } });
  expect(as("kubectl").need(deployments, key).status).toEqual({});
  const status = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, status: { replicas: 1 } };
  const options = { subresource: "status" };
  const { object } = as("robot").apply(deployments, key, { config: status, isForced: false }, options);
  expect(object.status).toEqual({ replicas: 1 });
  expect(fieldsOf(object, "robot")).toEqual({ "f:status": { "f:replicas": {} } });
  const updated = as("kube-controller-manager").updateStatus(deployments, object, { replicas: 2 });
  expect(ownersOf(updated)).toEqual([
    ["kubectl", "Apply", ""],
    ["kube-controller-manager", "Update", "status"],
  ]);
  const nowhere = { ...key, name: "other" };
  expect(refusal(() => as("robot").apply(deployments, nowhere, { config: status, isForced: false }, options))).toBe(
    'deployments.apps "other" not found',
  );
});

test("a pod made by a controller and run by a kubelet has their entries, those of equal pods are one", () => {
  const { as } = newRegistry();
  const make = (name: string): Pod => {
    const created = as("kube-controller-manager").create(pods, {
      metadata: { namespace: "default", name, labels },
      spec: { containers: [{ name: "web", image: "nginx:1.27" }] },
    });
    return as("kubelet").updateStatus(pods, created, { ...created.status, phase: "Running" });
  };
  const [one, other] = [make("one"), make("other")];
  expect(ownersOf(one)).toEqual([
    ["kube-controller-manager", "Update", ""],
    ["kubelet", "Update", "status"],
  ]);
  expect(one.metadata.managedFields?.[0]?.fieldsV1).toBe(other.metadata.managedFields?.[0]?.fieldsV1);
  expect(JSON.stringify(fieldsOf(one, "kube-controller-manager"))).toBe(
    '{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\\"name\\":\\"web\\"}":{".":{},' +
      '"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{},"f:terminationMessagePath":{},' +
      '"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:restartPolicy":{},' +
      '"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}',
  );
});
