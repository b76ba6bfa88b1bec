/**
 * Goal: every cluster IP is an IPAddress, ranges can be added and go when nothing needs them, events are one kind in
 * two versions, and flow control's objects are there and stay.
 * Method: a cluster without machines on a virtual clock.
 */
import { expect, test } from "vitest";
import type { Service } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { events as coreEvents } from "#kernel/resources/core/event";
import { services } from "#kernel/resources/core/service";
import { events } from "#kernel/resources/events/event";
import { flowschemas } from "#kernel/resources/flowcontrol/flowschema";
import { prioritylevelconfigurations } from "#kernel/resources/flowcontrol/prioritylevelconfiguration";
import { ipaddresses } from "#kernel/resources/networking/ipaddress";
import { servicecidrs } from "#kernel/resources/networking/servicecidr";
import { Scene } from "#test/support/scene";

/** A cluster without machines; its controllers run when it is told to settle. */
function bare() {
  const scene = new Scene({ machines: 0 });
  return { admin: scene.cluster.admin, settle: () => scene.turn(() => undefined) };
}

const service = (name: string, clusterIP?: string) => ({
  metadata: { name, namespace: "default" },
  spec: { ports: [{ port: 80 }], ...(clusterIP !== undefined && { clusterIP }) } as Service["spec"],
});

const problemOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
  return "";
};

test("an address is an object as long as its Service is there", () => {
  const cluster = bare();
  const { admin } = cluster;
  expect(admin.list(ipaddresses).map(({ metadata }) => metadata.name)).toEqual(["10.96.0.1"]);
  admin.create(services, service("web", "10.96.0.50"));
  cluster.settle();
  const address = { namespace: "", name: "10.96.0.50" };
  expect(admin.need(ipaddresses, address)).toMatchObject({
    metadata: {
      labels: {
        "ipaddress.kubernetes.io/ip-family": "IPv4",
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
      },
    },
    spec: { parentRef: { group: "", resource: "services", namespace: "default", name: "web" } },
  });
  admin.delete(ipaddresses, address);
  cluster.settle();
  expect(admin.get(ipaddresses, address)).toBeDefined();
  admin.delete(services, { namespace: "default", name: "web" });
  cluster.settle();
  expect(admin.get(ipaddresses, address)).toBeUndefined();
});

test("an address somebody holds is not handed out", () => {
  const { admin } = bare();
  const parentRef = { group: "", resource: "services", namespace: "default", name: "later" };
  admin.create(ipaddresses, { metadata: { name: "10.96.0.60" }, spec: { parentRef } });
  expect(problemOf(() => admin.create(services, service("now", "10.96.0.60")))).toContain(
    'spec.clusterIPs: Invalid value: ["10.96.0.60"]: failed to allocate IP 10.96.0.60: provided IP is already allocated',
  );
});

test("a further range serves, and goes when its last address does", () => {
  const cluster = bare();
  const { admin } = cluster;
  const key = { namespace: "", name: "more" };
  expect(problemOf(() => admin.create(services, service("early", "192.168.7.9")))).toContain(
    "the provided network does not match the current range",
  );
  admin.create(servicecidrs, { metadata: { name: "more" }, spec: { cidrs: ["192.168.7.0/24"] } });
  cluster.settle();
  expect(admin.need(servicecidrs, key)).toMatchObject({
    metadata: { finalizers: ["networking.k8s.io/service-cidr-finalizer"] },
    status: { conditions: [{ type: "Ready", status: "True", message: "Kubernetes Service CIDR is ready" }] },
  });
  admin.create(services, service("there", "192.168.7.9"));
  cluster.settle();
  admin.delete(servicecidrs, key);
  cluster.settle();
  expect(admin.need(servicecidrs, key).status?.conditions).toMatchObject([{ status: "False", reason: "Terminating" }]);
  expect(problemOf(() => admin.create(services, service("late", "192.168.7.10")))).toContain("does not match");
  admin.delete(services, { namespace: "default", name: "there" });
  cluster.settle();
  expect(admin.get(servicecidrs, key)).toBeUndefined();
});

test("an event is the same object in both versions", () => {
  const { admin } = bare();
  const key = { namespace: "default", name: "e" };
  const made = {
    metadata: key,
    eventTime: "2026-05-01T10:00:00.000000Z",
    reportingController: "example.com/me",
    reportingInstance: "me-1",
    action: "Look",
    reason: "Looked",
    note: "nothing there",
    type: "Normal",
    regarding: { kind: "Pod", name: "p", namespace: "default" },
  };
  admin.create(events, made);
  expect(admin.need(coreEvents, key)).toMatchObject({
    apiVersion: "v1",
    reportingComponent: "example.com/me",
    message: "nothing there",
    involvedObject: { kind: "Pod", name: "p" },
  });
  const changed = { ...admin.need(events, key), note: "something" };
  expect(problemOf(() => admin.update(events, changed))).toBe(
    'Event.events.k8s.io "e" is invalid: message: Invalid value: "something": field is immutable',
  );
  const series = { count: 2, lastObservedTime: "2026-05-01T10:01:00.000000Z" };
  admin.update(events, { ...admin.need(events, key), series });
  expect(admin.need(coreEvents, key).series).toEqual(series);
  expect(problemOf(() => admin.create(events, { ...made, metadata: { ...key, name: "f" }, type: "Bad" }))).toBe(
    'Event.events.k8s.io "f" is invalid: type: Invalid value: "": has invalid value: Bad',
  );
});

test("flow control's own objects stay, and a schema says what it lacks", () => {
  const cluster = bare();
  const { admin } = cluster;
  expect(admin.list(prioritylevelconfigurations)).toHaveLength(8);
  expect(admin.list(flowschemas)).toHaveLength(13);
  admin.delete(flowschemas, { namespace: "", name: "exempt" });
  admin.delete(prioritylevelconfigurations, { namespace: "", name: "catch-all" });
  admin.create(flowschemas, {
    metadata: { name: "mine" },
    spec: { priorityLevelConfiguration: { name: "nowhere" }, rules: [] },
  });
  cluster.settle();
  expect(admin.list(prioritylevelconfigurations)).toHaveLength(8);
  expect(admin.list(flowschemas)).toHaveLength(14);
  const dangling = (name: string) => admin.need(flowschemas, { namespace: "", name }).status?.conditions?.[0];
  expect(dangling("mine")).toMatchObject({
    type: "Dangling",
    status: "True",
    reason: "NotFound",
    message:
      'This FlowSchema references the PriorityLevelConfiguration object named "nowhere" but there is no such object',
  });
  expect(dangling("catch-all")).toMatchObject({ status: "False", reason: "Found" });
});
