/**
 * Goal: what `kubectl describe` shows of repeated, similar and too many events is what a real recorder leaves behind.
 * Method: record observations at chosen instants, then look at the stored Events.
 */
import { expect, test } from "vitest";
import type { Event } from "#kernel/api/types.gen";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { events } from "#kernel/resources/core/event";
import { type Observation, recordEvent } from "#kernel/resources/core/event.record";
import { namespaces } from "#kernel/resources/core/namespace";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

const START = Date.parse("2026-05-01T10:00:00Z");
const SECOND = 1000;
const MINUTE = 60 * SECOND;

const regarding = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web",
    namespace: "default",
    uid: "11111111-2222-4333-8444-555555555555",
    resourceVersion: "7",
    creationTimestamp: "2026-05-01T09:00:00Z",
  },
};

const pulled: Observation = {
  regarding,
  type: "Normal",
  reason: "Pulled",
  message: 'Container image "nginx" already present on machine',
  source: { component: "kubelet", host: "node-1" },
  fieldPath: "spec.containers{web}",
};

function newClient() {
  const registry = new Registry({
    store: new Store(),
    entropy: Entropy.seeded(1),
    resources: [namespaces, events],
    admission: [],
    now: () => START,
  });
  const client = registry.as(CLUSTER_ADMIN, "test");
  client.create(namespaces, { metadata: { name: "default" }, spec: {} });
  return client;
}

const shown = (list: readonly Event[]) => list.map(({ message, count }) => `${message} x${count}`).sort();

test("the first event has every field a real one has", () => {
  const client = newClient();
  recordEvent(client, pulled, START);
  const [event] = client.list(events);
  expect(event).toEqual({
    apiVersion: "v1",
    kind: "Event",
    eventTime: null,
    metadata: {
      name: `web.${(BigInt(START) * 1_000_000n).toString(16)}`,
      namespace: "default",
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: "3",
      creationTimestamp: "2026-05-01T10:00:00Z",
    },
    involvedObject: {
      kind: "Pod",
      namespace: "default",
      name: "web",
      uid: regarding.metadata.uid,
      apiVersion: "v1",
      resourceVersion: "7",
      fieldPath: "spec.containers{web}",
    },
    reason: "Pulled",
    message: 'Container image "nginx" already present on machine',
    source: { component: "kubelet", host: "node-1" },
    firstTimestamp: "2026-05-01T10:00:00Z",
    lastTimestamp: "2026-05-01T10:00:00Z",
    count: 1,
    type: "Normal",
    reportingComponent: "kubelet",
    reportingInstance: "node-1",
  });
  expect(event?.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
});

test("the same again is counted, something else is not", () => {
  const client = newClient();
  recordEvent(client, pulled, START);
  recordEvent(client, pulled, START + 10 * SECOND);
  recordEvent(client, { ...pulled, fieldPath: "spec.containers{other}" }, START + 10 * SECOND);
  recordEvent(client, { ...pulled, source: { component: "kubelet", host: "node-2" } }, START + 10 * SECOND);
  const list = client.list(events);
  expect(list.map(({ count }) => count)).toEqual([2, 1, 1]);
  expect(list[0]?.firstTimestamp).toBe("2026-05-01T10:00:00Z");
  expect(list[0]?.lastTimestamp).toBe("2026-05-01T10:00:10Z");
});

test("the tenth message of one reason and those after it are combined", () => {
  const client = newClient();
  for (let n = 1; n <= 12; n += 1) recordEvent(client, { ...pulled, message: `pod ${n}` }, START + n * SECOND);
  const list = shown(client.list(events));
  expect(list).toHaveLength(10);
  expect(list[0]).toBe("(combined from similar events): pod 12 x3");
  recordEvent(client, { ...pulled, message: "pod 3" }, START + 20 * SECOND);
  expect(shown(client.list(events))).toContain("pod 3 x2");
});

test("after ten quiet minutes messages stand alone again", () => {
  const client = newClient();
  for (let n = 1; n <= 9; n += 1) recordEvent(client, { ...pulled, message: `pod ${n}` }, START);
  recordEvent(client, { ...pulled, message: "pod 10" }, START + 11 * MINUTE);
  expect(shown(client.list(events))).toContain("pod 10 x1");
});

test("a source that says too much is held back, and what was held back is counted", () => {
  const client = newClient();
  for (let n = 0; n < 40; n += 1) recordEvent(client, pulled, START + n);
  expect(client.list(events)[0]?.count).toBe(25);
  recordEvent(client, pulled, START + 5 * MINUTE + 40);
  expect(client.list(events)[0]?.count).toBe(41);
  recordEvent(client, { ...pulled, source: { component: "scheduler" } }, START + 5 * MINUTE + 41);
  expect(client.list(events)).toHaveLength(2);
});

test("sources that have been quiet long enough are forgotten", () => {
  const client = newClient();
  const flood = (uid: string, at: number) => {
    const about = { ...regarding, metadata: { ...regarding.metadata, name: `web-${uid}`, uid } };
    for (let n = 0; n < 26; n += 1) recordEvent(client, { ...pulled, regarding: about }, at);
  };
  for (let n = 0; n < 63; n += 1) flood(`uid-${n}`, START);
  expect(client.registry.cells.count("event-sources")).toBe(63);
  flood("uid-63", START + 126 * MINUTE);
  expect(client.registry.cells.count("event-sources")).toBe(1);
});

test("an event about a cluster's object stands in default; none is made where namespaces go or are gone", () => {
  const client = newClient();
  const { namespace: _, ...metadata } = regarding.metadata;
  recordEvent(client, { ...pulled, regarding: { ...regarding, kind: "Node", metadata } }, START);
  expect(client.list(events)[0]?.metadata.namespace).toBe("default");
  expect(client.list(events)[0]?.involvedObject.namespace).toBeUndefined();
  const elsewhere = { ...regarding, metadata: { ...regarding.metadata, namespace: "gone" } };
  recordEvent(client, { ...pulled, regarding: elsewhere }, START);
  client.create(namespaces, { metadata: { name: "going" }, spec: {} });
  client.delete(namespaces, { namespace: "", name: "going" });
  const going = { ...regarding, metadata: { ...regarding.metadata, namespace: "going" } };
  recordEvent(client, { ...pulled, regarding: going }, START);
  expect(client.list(events)).toHaveLength(1);
});
