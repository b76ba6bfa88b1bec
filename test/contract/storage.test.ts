/**
 * Goal: storage works for kubectl as on a real cluster: the documentation's task, made volumes, growth, protection.
 * Method: the real kubectl against a running server, time advanced; published manifests where they are at hand.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const SAMPLES = process.env["DRYDOCK_SAMPLES"] ?? "";
const sample = (path: string): string => join(SAMPLES, "examples", path);

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await newCluster({ nodes: 2, clock: { paused: true } });
});
afterAll(() => cluster.delete());

const apply = (stdin: string) => cluster.kubectlOk(["apply", "-f", "-"], { stdin });
const get = async (...args: string[]): Promise<string> => cluster.kubectlOk(["get", ...args]);
/** The cells of a table, without what differs from run to run. */
const rows = (text: string): string[][] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s{2,}/));

const PV_VOLUME = `
apiVersion: v1
kind: PersistentVolume
metadata:
  name: task-pv-volume
  labels: {type: local}
spec:
  storageClassName: manual
  capacity: {storage: 10Gi}
  accessModes: [ReadWriteOnce]
  hostPath: {path: "/mnt/data"}
`;

const PV_CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: task-pv-claim}
spec:
  storageClassName: manual
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 3Gi}}
`;

const PV_POD = `
apiVersion: v1
kind: Pod
metadata: {name: task-pv-pod}
spec:
  volumes: [{name: task-pv-storage, persistentVolumeClaim: {claimName: task-pv-claim}}]
  containers:
  - name: task-pv-container
    image: nginx
    ports: [{containerPort: 80, name: http-server}]
    volumeMounts: [{mountPath: /usr/share/nginx/html, name: task-pv-storage}]
`;

const published = (path: string, otherwise: string): string =>
  SAMPLES !== "" && existsSync(sample(path)) ? readFileSync(sample(path), "utf8") : otherwise;

test("the class every cluster has is kind's", async () => {
  expect(rows(await get("storageclass"))[1]?.slice(0, -1)).toEqual([
    "standard (default)",
    "rancher.io/local-path",
    "Delete",
    "WaitForFirstConsumer",
    "false",
  ]);
  expect(await get("csinodes")).toMatch(/^NAME\s+DRIVERS\s+AGE\nnode-1\s+0\s/);
});

test("every kind of storage is discovered and explained", async () => {
  const names = await cluster.kubectlOk(["api-resources", "--api-group=storage.k8s.io", "-o", "name"]);
  expect(names.trim().split("\n")).toEqual(
    [
      "csidrivers",
      "csinodes",
      "csistoragecapacities",
      "storageclasses",
      "volumeattachments",
      "volumeattributesclasses",
    ].map((name) => `${name}.storage.k8s.io`),
  );
  expect(await cluster.kubectlOk(["explain", "pvc.spec.accessModes"])).toContain("FIELD: accessModes <[]string>");
});

test("the documentation's task: a volume, a claim, a pod that serves from it", async () => {
  await apply(PV_VOLUME);
  expect(rows(await get("pv", "task-pv-volume"))[1]?.slice(0, 5)).toEqual([
    "task-pv-volume",
    "10Gi",
    "RWO",
    "Retain",
    "Available",
  ]);
  await apply(published("pods/storage/pv-claim.yaml", PV_CLAIM));
  expect(rows(await get("pv", "task-pv-volume"))[1]?.slice(4, 7)).toEqual(["Bound", "default/task-pv-claim", "manual"]);
  expect(rows(await get("pvc", "task-pv-claim"))[1]?.slice(0, 6)).toEqual([
    "task-pv-claim",
    "Bound",
    "task-pv-volume",
    "10Gi",
    "RWO",
    "manual",
  ]);
  await apply(published("pods/storage/pv-pod.yaml", PV_POD));
  await cluster.settle();
  const exec = (line: string) => cluster.kubectlOk(["exec", "task-pv-pod", "--", "sh", "-c", line]);
  await exec("echo 'Hello from Kubernetes storage' > /usr/share/nginx/html/index.html");
  expect(await exec("curl -s http://localhost/")).toBe("Hello from Kubernetes storage\n");
  expect(await cluster.kubectlOk(["describe", "pvc", "task-pv-claim"])).toMatch(/Used By:\s+task-pv-pod/);
});

test("a claim in use is kept, and its volume is released with it", async () => {
  await cluster.kubectlOk(["delete", "pvc", "task-pv-claim", "--wait=false"]);
  expect(rows(await get("pvc", "task-pv-claim"))[1]?.[1]).toBe("Terminating");
  await cluster.kubectlOk(["delete", "pod", "task-pv-pod", "--wait=false"]);
  await cluster.settle();
  expect((await cluster.kubectl(["get", "pvc", "task-pv-claim"])).stderr).toContain("NotFound");
  expect(rows(await get("pv", "task-pv-volume"))[1]?.[4]).toBe("Released");
  await cluster.kubectlOk(["delete", "pv", "task-pv-volume"]);
});

const CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: made}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`;

test("what cannot be changed is refused in upstream's words", async () => {
  await apply(CLAIM);
  const change = (patch: string) => cluster.kubectl(["patch", "pvc", "made", "-p", patch]);
  const smaller = await change('{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}');
  expect(smaller.stderr).toContain(
    'The PersistentVolumeClaim "made" is invalid: spec: Forbidden: spec is immutable after creation except ' +
      "resources.requests and volumeAttributesClassName for bound claims\n",
  );
  expect((await cluster.kubectlOk(["describe", "pvc", "made"])).split("\n").at(-2)).toMatch(
    /Normal\s+WaitForFirstConsumer\s.*waiting for first consumer to be created before binding/,
  );
});

test("rows outlive the pod of a StatefulSet", async () => {
  await apply(`
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: c
        image: busybox:1.36
        command: [sh, -c, "date >> /data/starts; sleep 360000"]
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 1Gi}}
`);
  await cluster.settle();
  expect(await get("pvc", "-o", "name")).toContain("persistentvolumeclaim/data-db-1");
  await cluster.kubectlOk(["delete", "pod", "db-1", "--wait=false"]);
  await cluster.settle();
  expect((await cluster.kubectlOk(["exec", "db-1", "--", "cat", "/data/starts"])).trim().split("\n")).toHaveLength(2);
  expect(rows(await get("pv", "--no-headers"))).toHaveLength(2);
});

test.skipIf(SAMPLES === "")("the claims of WordPress and MySQL are bound", async () => {
  await cluster.kubectlOk(["create", "secret", "generic", "mysql-pass", "--from-literal=password=x"]);
  for (const file of ["mysql-deployment.yaml", "wordpress-deployment.yaml"]) {
    await cluster.kubectlOk(["apply", "-f", sample(`application/wordpress/${file}`)]);
  }
  await cluster.settle();
  const phases = rows(await get("pvc", "-l", "app=wordpress", "--no-headers"));
  expect(phases.map(([name, status, , size]) => [name, status, size])).toEqual([
    ["mysql-pv-claim", "Bound", "20Gi"],
    ["wp-pv-claim", "Bound", "20Gi"],
  ]);
});
