/**
 * Goal: what upstream's conformance tests of sig-apps and sig-scheduling ask of a cluster from outside holds: every
 * state is seen by a watch from where a list ended, statuses are written and come back, scales and revisions work.
 * Method: the steps of those tests against the API over HTTP, on a clock that runs fast.
 */
import { beforeAll, expect, test } from "vitest";
import { newCluster, okJson, type TestCluster } from "#test/support/cluster";

type Json = Record<string, unknown> & {
  metadata: { name: string; uid: string; resourceVersion: string; labels?: Record<string, string> };
  spec: Record<string, unknown>;
  status?: Record<string, unknown> & { conditions?: { type: string; status: string; reason?: string }[] };
};
type WatchEvent = { readonly type: string; readonly object: Json };

const AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.59";
const HTTPD = "registry.k8s.io/e2e-test-images/httpd:2.4.38-4";
const PAUSE = "registry.k8s.io/pause:3.10.1";
const TYPES = { merge: "application/merge-patch+json", strategic: "application/strategic-merge-patch+json" };

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await newCluster({ clock: { rate: 20 } });
});

async function call<T = Json>(method: string, path: string, body?: unknown, type = "application/json"): Promise<T> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  return okJson<T>(await cluster.api(path, { ...init, headers: { "content-type": type } }));
}

const apps = (plural: string, rest = ""): string => `/apis/apps/v1/namespaces/default/${plural}${rest}`;
const core = (plural: string, rest = ""): string => `/api/v1/namespaces/default/${plural}${rest}`;

async function versionOf(path: string): Promise<string> {
  return (await call(`GET`, path)).metadata.resourceVersion;
}

/** Watches from a version until an event is the one; everything since that version is seen in its order. */
async function seen(path: string, from: string, is: (event: WatchEvent) => boolean): Promise<WatchEvent> {
  const ending = new AbortController();
  const query = `${path.includes("?") ? "&" : "?"}watch=true&resourceVersion=${from}`;
  const { body } = await cluster.api(`${path}${query}`, { signal: ending.signal });
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines.filter((one) => one.trim() !== "")) {
        const event = JSON.parse(line) as WatchEvent;
        if (is(event)) return event;
      }
    }
  } finally {
    ending.abort();
  }
  throw new Error(`the watch of ${path} ended`);
}

const workload = (name: string, labels: Record<string, string>, image: string, replicas: number) => ({
  metadata: { name, labels },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name, image }] },
    },
  },
});

test("the life of a Deployment is seen step by step", async () => {
  const labels = { life: "deployment" };
  const path = apps("deployments", "?labelSelector=life%3Ddeployment");
  const begin = await versionOf(path);
  await call("POST", apps("deployments"), workload("alive", labels, AGNHOST, 2));
  await seen(path, begin, ({ type }) => type === "ADDED");
  await seen(path, begin, ({ object }) => object.status?.["readyReplicas"] === 2);
  const containers = [{ name: "alive", image: PAUSE }];
  const change = {
    metadata: { labels: { test: "patched" } },
    spec: { replicas: 1, template: { spec: { containers } } },
  };
  await call("PATCH", apps("deployments", "/alive"), change, TYPES.strategic);
  await seen(
    path,
    begin,
    ({ object: { status } }) => status?.["updatedReplicas"] === 1 && status["readyReplicas"] === 1,
  );
  const before = await versionOf(path);
  const zero = { metadata: { labels: { test: "status" } }, status: { readyReplicas: 0, availableReplicas: 0 } };
  await call("PATCH", apps("deployments", "/alive/status"), zero, TYPES.merge);
  const { object } = await seen(path, before, ({ object: { status } }) => (status?.["readyReplicas"] ?? 0) === 0);
  expect(object.metadata.labels).toMatchObject({ test: "patched" });
  await seen(path, before, ({ object: { status } }) => status?.["readyReplicas"] === 1);
  await call("DELETE", path);
  await seen(path, before, ({ type }) => type === "DELETED");
});

test.each(["deployments", "replicasets", "statefulsets", "daemonsets"])(
  "a condition somebody writes into the status of %s is seen, and stays",
  async (plural) => {
    const name = `own-${plural}`;
    const path = apps(plural, `?labelSelector=own%3D${plural}`);
    const begin = await versionOf(path);
    const { metadata, spec } = workload(name, { own: plural }, HTTPD, 1);
    const { replicas: _, ...daemon } = spec;
    await call("POST", apps(plural), {
      metadata,
      spec: plural === "daemonsets" ? daemon : { ...spec, serviceName: "x" },
    });
    const conditions = [{ type: "StatusPatched", status: "True", reason: "E2E", message: "Set from outside" }];
    await call("PATCH", apps(plural, `/${name}/status`), { status: { conditions } }, TYPES.merge);
    const isMine = ({ object: { status } }: WatchEvent): boolean =>
      status?.conditions?.some(({ type, reason }) => type === "StatusPatched" && reason === "E2E") === true;
    await seen(path, begin, isMine);
  },
);

test("a ReplicationController is scaled, and its status comes back when somebody writes over it", async () => {
  const labels = { life: "rc" };
  const path = core("replicationcontrollers", "?labelSelector=life%3Drc");
  const begin = await versionOf(path);
  const { metadata, spec } = workload("rc", labels, HTTPD, 1);
  await call("POST", core("replicationcontrollers"), { metadata, spec: { ...spec, selector: labels } });
  await seen(path, begin, ({ object }) => object.status?.["readyReplicas"] === 1);
  const zero = { status: { readyReplicas: 0, availableReplicas: 0 } };
  const patched = await call("PATCH", core("replicationcontrollers", "/rc/status"), zero, TYPES.merge);
  expect(patched.status?.["readyReplicas"] ?? 0).toBe(0);
  await seen(path, patched.metadata.resourceVersion, ({ object }) => object.status?.["readyReplicas"] === 1);
  const scale = await call("GET", core("replicationcontrollers", "/rc/scale"));
  await call("PUT", core("replicationcontrollers", "/rc/scale"), { ...scale, spec: { replicas: 2 } });
  await seen(path, patched.metadata.resourceVersion, ({ object }) => object.status?.["readyReplicas"] === 2);
});

test("a StatefulSet whose port another pod has is made again and again, until the port is free", async () => {
  const ports = [{ containerPort: 21017, hostPort: 21017 }];
  const containers = [{ name: "webserver", image: HTTPD, ports }];
  const path = core("pods", "?fieldSelector=metadata.name%3Dss-0");
  const begin = await versionOf(path);
  await call("POST", core("pods"), { metadata: { name: "first" }, spec: { nodeName: "node-1", containers } });
  await seen(core("pods"), begin, ({ object: o }) => o.metadata.name === "first" && o.status?.["phase"] === "Running");
  const { metadata, spec } = workload("ss", { app: "ss" }, HTTPD, 1);
  const template = { metadata: { labels: { app: "ss" } }, spec: { nodeName: "node-1", containers } };
  await call("POST", apps("statefulsets"), { metadata, spec: { ...spec, serviceName: "x", template } });
  const { object: failed } = await seen(path, begin, ({ object: o }) => o.status?.["phase"] === "Failed");
  expect(failed.status).toMatchObject({ reason: "NodePorts" });
  await seen(path, begin, ({ type, object }) => type === "DELETED" && object.metadata.uid === failed.metadata.uid);
  await call("DELETE", core("pods", "/first"), { gracePeriodSeconds: 0 });
  await seen(path, begin, ({ object }) => object.status?.["phase"] === "Running");
});

test("a resource somebody offers on a node is had by the more important pod", async () => {
  const offer = { status: { capacity: { "example.com/dongle": "1" } } };
  await call("PATCH", "/api/v1/nodes/node-2/status", offer, TYPES.merge);
  const begin = await versionOf("/api/v1/nodes");
  const has = ({ object: { status } }: WatchEvent): boolean =>
    (status?.["allocatable"] as Record<string, string> | undefined)?.["example.com/dongle"] === "1";
  const now = await call("GET", "/api/v1/nodes/node-2");
  if (!has({ type: "", object: now })) await seen("/api/v1/nodes", begin, has);
  await call("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", { metadata: { name: "vip" }, value: 1000 });
  const wants = { "example.com/dongle": "1" };
  const resources = { requests: wants, limits: wants };
  const pod = (name: string, more: object) => ({
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "c", image: PAUSE, resources }], ...more },
  });
  const first = await versionOf(core("pods"));
  await call("POST", core("pods"), pod("victim", {}));
  await seen(core("pods"), first, ({ object: o }) => o.metadata.name === "victim" && o.status?.["phase"] === "Running");
  await call("POST", core("pods"), pod("preemptor", { priorityClassName: "vip" }));
  const { object } = await seen(
    core("pods"),
    first,
    ({ type, object: o }) => o.metadata.name === "victim" && type === "DELETED",
  );
  expect(object.status?.conditions).toContainEqual(
    expect.objectContaining({ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }),
  );
  await seen(
    core("pods"),
    first,
    ({ object: o }) => o.metadata.name === "preemptor" && o.status?.["phase"] === "Running",
  );
});
