/**
 * Goal: priority classes, limit ranges and quotas default, count and refuse as v1.36 does, word for word.
 * Method: the production cluster in virtual time; tables of drafts and the texts they are refused with.
 */
import { describe, expect, test } from "vitest";
import type { LimitRangeItem, Pod, PodSpec, ResourceQuotaSpec, ResourceRequirements } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import type { Draft } from "#kernel/registry/definition";
import { deployments } from "#kernel/resources/apps/deployment";
import { configmaps } from "#kernel/resources/core/configmap";
import { limitranges } from "#kernel/resources/core/limitrange";
import { pods } from "#kernel/resources/core/pod";
import { resourcequotas } from "#kernel/resources/core/resourcequota";
import { services } from "#kernel/resources/core/service";
import { priorityclasses } from "#kernel/resources/scheduling/priorityclass";
import { Scene, webDeployment } from "#test/support/scene";

function refused(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
  throw new Error("it was admitted");
}

const metadata = (name: string) => ({ name, namespace: "default" });

const podWith = (resources: ResourceRequirements, spec: Partial<PodSpec> = {}, name = "p"): Draft<Pod> => ({
  metadata: metadata(name),
  spec: { containers: [{ name: "c", image: "nginx", resources }], ...spec },
});

function withLimits(...limits: LimitRangeItem[]): Scene {
  const scene = new Scene({ machines: 1 });
  scene.create(limitranges, { metadata: metadata("limits"), spec: { limits } });
  return scene;
}

function withQuota(spec: ResourceQuotaSpec): Scene {
  const scene = new Scene({ machines: 1 });
  scene.create(resourcequotas, { metadata: metadata("compute-quota"), spec });
  return scene;
}

const used = (scene: Scene) => scene.need(resourcequotas, "compute-quota").status?.used;

describe("priority classes", () => {
  test("two are there from the beginning and stay", () => {
    const scene = new Scene({ machines: 0 });
    expect(scene.list(priorityclasses).map(({ metadata: { name }, value }) => [name, value])).toEqual([
      ["system-cluster-critical", 2_000_000_000],
      ["system-node-critical", 2_000_001_000],
    ]);
    expect(refused(() => scene.delete(priorityclasses, "system-node-critical"))).toBe(
      'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: ' +
        "this is a system priority class and cannot be deleted",
    );
  });

  test("a pod gets the number of its class, or of the default one", () => {
    const scene = new Scene({ machines: 0 });
    scene.create(priorityclasses, { metadata: { name: "usual" }, value: 5, globalDefault: true });
    scene.create(priorityclasses, { metadata: { name: "high" }, value: 1000, preemptionPolicy: "Never" });
    expect(scene.create(pods, podWith({}, { priorityClassName: "high" })).spec).toMatchObject({
      priority: 1000,
      preemptionPolicy: "Never",
    });
    expect(scene.create(pods, podWith({}, {}, "q")).spec).toMatchObject({ priority: 5, priorityClassName: "usual" });
    expect(
      refused(() => scene.create(priorityclasses, { metadata: { name: "b" }, value: 1, globalDefault: true })),
    ).toBe(
      'priorityclasses.scheduling.k8s.io "b" is forbidden: PriorityClass usual is already marked as default. ' +
        "Only one default can exist",
    );
  });

  test.each([
    [
      { metadata: { name: "a" }, value: 1_000_000_001 },
      "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
    ],
    [
      { metadata: { name: "system-x" }, value: 1 },
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. " +
        "error: system-x is not a known system priority class",
    ],
    [
      { metadata: { name: "a" }, value: 1, preemptionPolicy: "Maybe" },
      'preemptionPolicy: Unsupported value: "Maybe": supported values: "Never", "PreemptLowerPriority"',
    ],
  ])("%j is refused", (draft, text) => {
    expect(refused(() => new Scene({ machines: 0 }).create(priorityclasses, draft))).toContain(`is invalid: ${text}`);
  });

  test("a value never changes", () => {
    const scene = new Scene({ machines: 0 });
    scene.create(priorityclasses, { metadata: { name: "a" }, value: 1 });
    const edit = () =>
      scene.edit(priorityclasses, "a", (pc) => {
        pc.value = 2;
      });
    expect(refused(edit)).toContain("value: Forbidden: may not be changed in an update.");
  });
});

describe("limit ranges", () => {
  const bounds = { type: "Container", max: { memory: "1Gi" }, min: { memory: "500Mi" } };

  test("a maximum becomes the default, and is written down", () => {
    const scene = withLimits(bounds);
    expect(scene.need(limitranges, "limits").spec.limits[0]).toMatchObject({
      default: { memory: "1Gi" },
      defaultRequest: { memory: "1Gi" },
    });
    const pod = scene.create(pods, podWith({}));
    expect(pod.spec.containers[0]?.resources).toEqual({ limits: { memory: "1Gi" }, requests: { memory: "1Gi" } });
    expect(pod.metadata.annotations).toEqual({
      "kubernetes.io/limit-ranger":
        "LimitRanger plugin set: memory request for container c; memory limit for container c",
    });
  });

  test.each<[string, LimitRangeItem, ResourceRequirements, string]>([
    [
      "above",
      bounds,
      { limits: { memory: "1536Mi" }, requests: { memory: "800Mi" } },
      "maximum memory usage per Container is 1Gi, but limit is 1536Mi",
    ],
    [
      "below",
      bounds,
      { limits: { memory: "800Mi" }, requests: { memory: "100Mi" } },
      "minimum memory usage per Container is 500Mi, but request is 100Mi",
    ],
    [
      "both",
      { type: "Container", max: { cpu: "1" }, min: { memory: "100Mi" } },
      { limits: { cpu: "2" }, requests: { cpu: "1", memory: "50Mi" } },
      "[minimum memory usage per Container is 100Mi, but request is 50Mi, maximum cpu usage per Container is 1, but limit is 2]",
    ],
    [
      "ratio",
      { type: "Pod", maxLimitRequestRatio: { memory: "2" } },
      { limits: { memory: "300Mi" }, requests: { memory: "100Mi" } },
      "memory max limit to request ratio per Pod is 2, but provided ratio is 3.000000",
    ],
    ["nothing said", { type: "Pod", max: { cpu: "1" } }, {}, "maximum cpu usage per Pod is 1.  No limit is specified"],
  ])("%s the bounds", (_title, item, resources, text) => {
    expect(refused(() => withLimits(item).create(pods, podWith(resources)))).toBe(`pods "p" is forbidden: ${text}`);
  });

  test.each<[LimitRangeItem, string]>([
    [{ type: "Node" }, 'spec.limits[0].type: Invalid value: "Node": must be a standard limit type or fully qualified'],
    [
      { type: "Pod", default: { cpu: "1" } },
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    ],
    [
      { type: "PersistentVolumeClaim" },
      "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
    ],
    [
      { type: "Container", min: { cpu: "2" }, max: { cpu: "1" } },
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    ],
    [
      { type: "Pod", maxLimitRequestRatio: { cpu: "500m" } },
      'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
    ],
  ])("%j is refused", (item, text) => {
    expect(refused(() => withLimits(item))).toContain(text);
  });
});

describe("quotas", () => {
  const small = { requests: { cpu: "200m" }, limits: { cpu: "300m" } };

  test("count what is made and what goes", () => {
    const scene = withQuota({ hard: { pods: "2", "requests.cpu": "1", "limits.cpu": "2" } });
    expect(scene.need(resourcequotas, "compute-quota").status).toEqual({
      hard: { pods: "2", "requests.cpu": "1", "limits.cpu": "2" },
      used: { pods: "0", "requests.cpu": "0", "limits.cpu": "0" },
    });
    scene.create(pods, podWith(small, {}, "a"));
    scene.create(pods, podWith(small, {}, "b"));
    expect(used(scene)).toEqual({ pods: "2", "requests.cpu": "400m", "limits.cpu": "600m" });
    expect(refused(() => scene.create(pods, podWith(small, {}, "c")))).toBe(
      'pods "c" is forbidden: exceeded quota: compute-quota, requested: pods=1, used: pods=2, limited: pods=2',
    );
    scene.delete(pods, "a", { gracePeriodSeconds: 0 });
    scene.settle();
    expect(used(scene)).toEqual({ pods: "1", "requests.cpu": "200m", "limits.cpu": "300m" });
  });

  test("a pod must say what is bounded", () => {
    const scene = withQuota({ hard: { "limits.cpu": "2", "limits.memory": "1Gi" } });
    expect(refused(() => scene.create(pods, podWith(small)))).toBe(
      'pods "p" is forbidden: failed quota: compute-quota: must specify limits.memory for: c',
    );
  });

  test("a ReplicaSet that meets the bound says so and goes on when there is room", () => {
    const scene = withQuota({ hard: { pods: "2" } });
    scene.create(deployments, webDeployment(3));
    expect(scene.list(pods)).toHaveLength(2);
    const [set] = scene.list(deployments);
    expect(set?.status?.conditions?.find(({ type }) => type === "ReplicaFailure")?.message).toMatch(
      /^pods "web-.*" is forbidden: exceeded quota: compute-quota, requested: pods=1, used: pods=2, limited: pods=2$/,
    );
    scene.edit(resourcequotas, "compute-quota", ({ spec }) => {
      spec.hard = { pods: "5" };
    });
    scene.pass(120);
    expect(used(scene)).toEqual({ pods: "3" });
  });

  test("objects, node ports and load balancers are counted", () => {
    const hard = { "count/configmaps": "2", "services.loadbalancers": "1", "count/deployments.apps": "1" };
    const scene = withQuota({ hard });
    expect(used(scene)).toEqual({
      "count/configmaps": "1",
      "services.loadbalancers": "0",
      "count/deployments.apps": "0",
    });
    scene.create(configmaps, { metadata: metadata("a") });
    expect(refused(() => scene.create(configmaps, { metadata: metadata("b") }))).toBe(
      'configmaps "b" is forbidden: exceeded quota: compute-quota, requested: count/configmaps=1, ' +
        "used: count/configmaps=2, limited: count/configmaps=2",
    );
    scene.create(deployments, webDeployment(0));
    const service = (name: string) => ({
      metadata: metadata(name),
      spec: { type: "LoadBalancer", ports: [{ port: 80 }], selector: { app: "x" } },
    });
    scene.create(services, service("one"));
    expect(refused(() => scene.create(services, service("two")))).toContain("requested: services.loadbalancers=1");
    scene.edit(services, "one", ({ spec }) => {
      spec.type = "ClusterIP";
    });
    scene.settle();
    expect(used(scene)).toMatchObject({ "services.loadbalancers": "0", "count/deployments.apps": "1" });
  });

  test("scopes choose the pods", () => {
    const scene = withQuota({ hard: { pods: "1" }, scopes: ["BestEffort"] });
    scene.create(pods, podWith(small, {}, "a"));
    expect(used(scene)).toEqual({ pods: "0" });
    scene.create(pods, podWith({}, {}, "b"));
    expect(refused(() => scene.create(pods, podWith({}, {}, "c")))).toContain("exceeded quota");
  });

  test("a scope selector chooses by priority class", () => {
    const matchExpressions = [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }];
    const scene = withQuota({ hard: { pods: "0" }, scopeSelector: { matchExpressions } });
    scene.create(priorityclasses, { metadata: { name: "high" }, value: 10 });
    scene.create(pods, podWith({}, {}, "a"));
    expect(refused(() => scene.create(pods, podWith({}, { priorityClassName: "high" })))).toContain("exceeded quota");
  });

  test.each<[ResourceQuotaSpec, string]>([
    [
      { hard: { gpus: "1" } },
      'spec.hard[gpus]: Invalid value: "gpus": must be a standard resource type or fully qualified',
    ],
    [{ hard: { pods: "1500m" } }, 'spec.hard[pods]: Invalid value: "1500m": must be an integer'],
    [
      { hard: { services: "1" }, scopes: ["BestEffort"] },
      'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource',
    ],
    [
      { hard: { pods: "1" }, scopes: ["Terminating", "NotTerminating"] },
      'spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes',
    ],
  ])("%j is refused", (spec, text) => {
    expect(refused(() => withQuota(spec))).toContain(text);
  });
});
