/**
 * Goal: each kind of workload does what a real cluster's does, as kubectl sees it.
 * Method: kubectl on a paused clock; time is advanced, then looked at.
 */
import { expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const apply = (cluster: TestCluster, manifest: string): Promise<string> =>
  cluster.kubectlOk(["apply", "-f", "-"], { stdin: manifest });

const paused = (nodes: number | readonly Record<string, unknown>[] = 3): Promise<TestCluster> =>
  newCluster({ nodes, clock: { paused: true } });

/** What a template prints of each object: one line each. */
const lines = async (cluster: TestCluster, what: string, template: string): Promise<string[]> =>
  (await cluster.kubectlOk(["get", ...what.split(" "), "-o", `jsonpath={range .items[*]}${template}{"\\n"}{end}`]))
    .trim()
    .split("\n")
    .filter((line) => line !== "");

const KEEPS = '["sh", "-c", "trap exit TERM; while true; do sleep 5; done"]';

const statefulset = (image: string, more = "") => `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: 3
  selector: { matchLabels: { app: db } }
  ${more}
  template:
    metadata: { labels: { app: db } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: db, image: "${image}", command: ${KEEPS} }]
`;

test("StatefulSet: made in order, rolled out from the last, held by a partition, undone", async () => {
  const cluster = await paused();
  await apply(cluster, statefulset("busybox:1.35"));
  const names = () => lines(cluster, "pods", "{.metadata.name}");
  const seen = new Set<string>();
  await cluster.until(async () => {
    seen.add((await names()).join(" "));
    return seen.has("db-0 db-1 db-2") ? true : undefined;
  });
  expect([...seen].filter((one) => one !== "")).toEqual(["db-0", "db-0 db-1", "db-0 db-1 db-2"]);
  await cluster.settle();

  const images = () => lines(cluster, "pods", "{.spec.containers[0].image}");
  await apply(cluster, statefulset("busybox:1.36", "updateStrategy: { rollingUpdate: { partition: 2 } }"));
  await cluster.settle();
  expect(await images()).toEqual(["busybox:1.35", "busybox:1.35", "busybox:1.36"]);
  expect(await cluster.kubectlOk(["rollout", "status", "sts/db"])).toContain(
    "partitioned roll out complete: 1 new pods have been updated...",
  );
  await apply(cluster, statefulset("busybox:1.36"));
  await cluster.settle();
  expect(new Set(await images())).toEqual(new Set(["busybox:1.36"]));
  expect(await cluster.kubectlOk(["rollout", "undo", "sts/db"])).toContain("statefulset.apps/db rolled back");
  await cluster.settle();
  expect(new Set(await images())).toEqual(new Set(["busybox:1.35"]));
  expect(await lines(cluster, "controllerrevisions", "{.revision}")).toEqual(expect.arrayContaining(["2", "3"]));
});

test("Indexed Job: an index that fails by itself fails the Job, the others succeed", async () => {
  const cluster = await paused();
  await apply(
    cluster,
    `
apiVersion: batch/v1
kind: Job
metadata: { name: work }
spec:
  completions: 4
  parallelism: 2
  completionMode: Indexed
  backoffLimitPerIndex: 1
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: c
        image: busybox:1.36
        command: ["sh", "-c", 'echo "index $JOB_COMPLETION_INDEX of $(hostname)"; test "$JOB_COMPLETION_INDEX" != 2']
`,
  );
  await cluster.settle("30m");
  const get = (path: string) => cluster.kubectlOk(["get", "job", "work", "-o", `jsonpath={${path}}`]);
  expect(await get(".status.completedIndexes")).toBe("0,1,3");
  expect(await get(".status.failedIndexes")).toBe("2");
  expect([await get(".status.succeeded"), await get(".status.failed")]).toEqual(["3", "2"]);
  expect(await get('.status.conditions[?(@.type=="Failed")].reason')).toBe("FailedIndexes");
  expect(await get('.status.conditions[?(@.type=="Failed")].message')).toBe("Job has failed indexes");
  expect((await cluster.kubectl(["wait", "--for=condition=Failed", "job/work", "--timeout=30s"])).code).toBe(0);
  const log = await cluster.kubectlOk(["logs", "-l", "batch.kubernetes.io/job-completion-index=3"]);
  expect(log.trim()).toBe("index 3 of work-3");
  const counts = await lines(
    cluster,
    "pods -l batch.kubernetes.io/job-completion-index=2",
    "{.metadata.annotations.batch\\.kubernetes\\.io/job-index-failure-count}",
  );
  expect(counts.sort()).toEqual(["0", "1"]);
});

test("CronJob: a simulated day of hours in a time zone, and what is kept of it", async () => {
  const cluster = await newCluster({ clock: { paused: true, now: "2026-03-01T00:00:00Z" } });
  await apply(
    cluster,
    `
apiVersion: batch/v1
kind: CronJob
metadata: { name: hourly }
spec:
  schedule: "0 * * * *"
  timeZone: Asia/Seoul
  successfulJobsHistoryLimit: 3
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{ name: c, image: "busybox:1.36", command: ["date"] }]
`,
  );
  const { advanced } = await cluster.advance({ by: "24h" });
  expect(advanced).toBe("24h0m0s");
  await cluster.settle();
  const jobs = await lines(cluster, "jobs", "{.metadata.name} {.status.succeeded}");
  const minutes = [22, 23, 24].map((hour) => Date.parse("2026-03-01T00:00:00Z") / 60_000 + hour * 60);
  expect(jobs).toEqual(minutes.map((minute) => `hourly-${minute} 1`));
  const described = await cluster.kubectlOk(["describe", "cronjob", "hourly"]);
  expect(described).toMatch(/SuccessfulCreate +\S+( \(x\d+ over \S+\))? +cronjob-controller +Created job hourly-/);
  expect(described).toContain("SawCompletedJob");
  const stamps = await lines(
    cluster,
    "jobs",
    "{.metadata.annotations.batch\\.kubernetes\\.io/cronjob-scheduled-timestamp}",
  );
  expect(stamps.at(-1)).toBe("2026-03-02T09:00:00+09:00");
});

test("a drain waits for the disruption budget and goes on when the new pods are ready", async () => {
  const cluster = await paused(2);
  await cluster.kubectlOk(["create", "deployment", "web", "--image=nginx", "--replicas=2"]);
  await cluster.kubectlOk(["create", "poddisruptionbudget", "web", "--selector=app=web", "--min-available=2"]);
  await cluster.settle();
  const drain = () => cluster.kubectl(["drain", "node-1", "--ignore-daemonsets", "--timeout=2s"]);
  const blocked = await drain();
  expect(blocked.code).not.toBe(0);
  expect(blocked.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
  await cluster.kubectlOk(["scale", "deployment/web", "--replicas=3"]);
  await cluster.settle();
  expect(await cluster.kubectlOk(["get", "pdb", "web", "-o", "jsonpath={.status.disruptionsAllowed}"])).toBe("1");
  await cluster.setClock({ paused: false, rate: 20 });
  const done = await cluster.kubectl(["drain", "node-1", "--ignore-daemonsets", "--timeout=60s"]);
  expect([done.code, done.stdout]).toEqual([0, expect.stringContaining("node/node-1 drained")]);
  expect(new Set(await lines(cluster, "pods", "{.spec.nodeName}"))).toEqual(new Set(["node-2"]));
});

const prioritized = (name: string, cpu: string, priority?: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  terminationGracePeriodSeconds: 1
  ${priority === undefined ? "" : `priorityClassName: ${priority}`}
  containers: [{ name: c, image: "registry.k8s.io/pause:3.10", resources: { requests: { cpu: "${cpu}" } } }]
`;

test("preemption: the important pod gets its place, the victim says who took it", async () => {
  const cluster = await paused([{ name: "only", cpu: "2" }]);
  await cluster.kubectlOk(["create", "priorityclass", "vip", "--value=1000"]);
  await cluster.kubectlOk(["create", "priorityclass", "polite", "--value=1000", "--preemption-policy=Never"]);
  await apply(cluster, prioritized("small", "1500m"));
  await cluster.settle();
  await apply(cluster, prioritized("waits", "1500m", "polite"));
  await cluster.advance({ by: "1s" });
  expect(await cluster.kubectlOk(["describe", "pod", "waits"])).toContain(
    "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to " +
      "preemptionPolicy=Never.",
  );
  await cluster.kubectlOk(["delete", "pod", "waits"]);
  await apply(cluster, prioritized("large", "1500m", "vip"));
  const nominated = () => cluster.kubectlOk(["get", "pod", "large", "-o", "jsonpath={.status.nominatedNodeName}"]);
  expect(await nominated()).toBe("only");
  await cluster.settle();
  expect(await lines(cluster, "pods", "{.metadata.name} {.status.phase}")).toEqual(["large Running"]);
  expect(await nominated()).toBe("");
  const uid = await cluster.kubectlOk(["get", "pod", "large", "-o", "jsonpath={.metadata.uid}"]);
  const events = await cluster.kubectlOk(["get", "events", "--field-selector", "involvedObject.name=small"]);
  expect(events).toMatch(new RegExp(`Normal +Preempted +pod/small +Preempted by pod ${uid} on node only`));
});

test("spread: three zones get two pods each, and a seventh waits while a zone is closed", async () => {
  const nodes = ["a", "b", "c"].map((zone) => ({
    name: `node-${zone}`,
    labels: { "topology.kubernetes.io/zone": zone },
  }));
  const cluster = await paused(nodes);
  const spread = (replicas: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: DoNotSchedule
        labelSelector: { matchLabels: { app: web } }
      containers: [{ name: c, image: "registry.k8s.io/pause:3.10" }]
`;
  await apply(cluster, spread(6));
  await cluster.settle();
  const homes = async () => (await lines(cluster, "pods", "{.spec.nodeName}")).sort().join(" ");
  expect(await homes()).toBe("node-a node-a node-b node-b node-c node-c");
  await cluster.kubectlOk(["cordon", "node-c"]);
  await apply(cluster, spread(9));
  await cluster.settle("1m");
  const pending = await lines(cluster, "pods --field-selector=status.phase=Pending", "{.status.conditions[0].message}");
  expect(pending).toEqual([
    "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match pod topology spread constraints. " +
      "no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, " +
      "2 No preemption victims found for incoming pod.",
  ]);
  await cluster.kubectlOk(["uncordon", "node-c"]);
  await cluster.settle();
  expect(await homes()).toBe("node-a node-a node-a node-b node-b node-b node-c node-c node-c");
});

test("DaemonSet: one pod on every node that fits, rolled over, also to a node that opens", async () => {
  const cluster = await paused();
  await cluster.kubectlOk(["taint", "node", "node-3", "closed=yes:NoSchedule"]);
  const daemons = (image: string) => `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  selector: { matchLabels: { app: agent } }
  updateStrategy: { rollingUpdate: { maxUnavailable: 1 } }
  template:
    metadata: { labels: { app: agent } }
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: c, image: "${image}", command: ${KEEPS} }] }
`;
  await apply(cluster, daemons("busybox:1.35"));
  await cluster.settle();
  const homes = () => lines(cluster, "pods --sort-by=.spec.nodeName", "{.spec.nodeName} {.spec.containers[0].image}");
  expect(await homes()).toEqual(["node-1 busybox:1.35", "node-2 busybox:1.35"]);
  await cluster.kubectlOk(["taint", "node", "node-3", "closed-"]);
  await apply(cluster, daemons("busybox:1.36"));
  await cluster.settle();
  expect(await homes()).toEqual(["node-1 busybox:1.36", "node-2 busybox:1.36", "node-3 busybox:1.36"]);
  expect(await cluster.kubectlOk(["rollout", "status", "ds/agent"])).toContain("successfully rolled out");
  const row = (await cluster.kubectlOk(["get", "ds", "--no-headers"])).trim().split(/\s+/);
  expect(row.slice(0, 6)).toEqual(["agent", "3", "3", "3", "3", "3"]);
});

test("a ReplicaSet adopts, a ReplicationController rolls nothing, a quota says no", async () => {
  const cluster = await paused();
  await cluster.kubectlOk(["create", "quota", "few", "--hard=pods=2"]);
  await cluster.kubectlOk(["create", "deployment", "web", "--image=nginx", "--replicas=4"]);
  await cluster.settle("1m");
  expect(await lines(cluster, "pods", "{.status.phase}")).toEqual(["Running", "Running"]);
  const conditions = await lines(cluster, "deployments", "{range .status.conditions[*]}{.type}={.reason} {end}");
  expect(conditions[0]?.trim().split(" ").sort()).toEqual([
    "Available=MinimumReplicasUnavailable",
    "Progressing=ReplicaSetUpdated",
    "ReplicaFailure=FailedCreate",
  ]);
  expect(await cluster.kubectlOk(["describe", "quota", "few"])).toMatch(/pods +2 +2/);
  await cluster.kubectlOk(["delete", "quota", "few"]);
  await cluster.settle("30m");
  expect(await lines(cluster, "pods", "{.status.phase}")).toHaveLength(4);
});

test("devices: a claim from a template is allocated, used, and gone with its pod", async () => {
  const cluster = await paused();
  await apply(
    cluster,
    `
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: { name: gpu }
spec: { selectors: [{ cel: { expression: 'device.driver == "gpu.example.com"' } }] }
---
apiVersion: resource.k8s.io/v1
kind: ResourceSlice
metadata: { name: node-2-gpus }
spec:
  driver: gpu.example.com
  nodeName: node-2
  pool: { name: node-2, generation: 1, resourceSliceCount: 1 }
  devices: [{ name: gpu-0, attributes: { model: { string: a100 } }, capacity: { memory: { value: 80Gi } } }]
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: { name: gpu }
spec:
  spec:
    devices:
      requests:
      - name: gpu
        exactly:
          deviceClassName: gpu
          selectors:
          - cel: { expression: 'device.capacity["gpu.example.com"].memory.compareTo(quantity("40Gi")) >= 0' }
`,
  );
  const user = (name: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 1
  resourceClaims: [{ name: gpu, resourceClaimTemplateName: gpu }]
  containers: [{ name: c, image: "registry.k8s.io/pause:3.10", resources: { claims: [{ name: gpu }] } }]
`;
  await apply(cluster, user("first"));
  await cluster.settle();
  expect(await lines(cluster, "pods", "{.metadata.name} {.spec.nodeName} {.status.phase}")).toEqual([
    "first node-2 Running",
  ]);
  expect((await cluster.kubectlOk(["get", "resourceclaims", "--no-headers"])).split(/\s+/)).toEqual(
    expect.arrayContaining(["allocated,reserved"]),
  );
  await apply(cluster, user("second"));
  await cluster.settle("1m");
  expect(await cluster.kubectlOk(["describe", "pod", "second"])).toContain("3 cannot allocate all claims");
  await cluster.kubectlOk(["delete", "pod", "first", "--wait=false"]);
  await cluster.settle();
  expect(await lines(cluster, "pods", "{.metadata.name} {.spec.nodeName} {.status.phase}")).toEqual([
    "second node-2 Running",
  ]);
  expect(await lines(cluster, "resourceclaims", "{.metadata.name}")).toHaveLength(1);
});
