/**
 * Goal: an autoscaler follows what its pods use, up at once and down after the stabilisation, and says why.
 * Method: run the walkthrough of the documentation in virtual time (a page that costs CPU, a client that never rests),
 * and small scenes for each kind of metric.
 */
import { expect, test } from "vitest";
import type { HorizontalPodAutoscaler, MetricSpec } from "#kernel/api/types.gen";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import { deployments } from "#kernel/resources/apps/deployment";
import { horizontalpodautoscalers } from "#kernel/resources/autoscaling/horizontalpodautoscaler";
import { configmaps } from "#kernel/resources/core/configmap";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { must } from "#kernel/sim/assert";
import type { KubeObject } from "#kernel/store/object";
import { Bench, podOn, shell } from "#test/support/pods";

const KEY = { namespace: "default", name: "web" };

function scene(image: string, resources: object, spec: Partial<HorizontalPodAutoscaler["spec"]>): Bench {
  const bench = new Bench({ nodes: 3 });
  const labels = { app: "web" };
  bench.turn(() => {
    bench.cluster.admin.create(deployments, {
      metadata: KEY,
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image, resources }] } },
      },
    });
    bench.cluster.admin.create(services, { metadata: KEY, spec: { selector: labels, ports: [{ port: 80 }] } });
    bench.cluster.admin.create(horizontalpodautoscalers, {
      metadata: KEY,
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        minReplicas: 1,
        maxReplicas: 10,
        ...spec,
      },
    });
  });
  return bench;
}

const hpa = (bench: Bench) => bench.cluster.admin.need(horizontalpodautoscalers, KEY);
const replicas = (bench: Bench) => bench.cluster.admin.need(deployments, KEY).spec.replicas;
const conditions = (bench: Bench) =>
  (hpa(bench).status?.conditions ?? []).map(({ type, status, reason }) => `${type} ${status} ${reason}`);
const row = (bench: Bench) => horizontalpodautoscalers.columns?.[1]?.cell(hpa(bench), bench.cluster.now);

const half: MetricSpec = {
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
};
const PHP = "registry.k8s.io/hpa-example";
const LIMITED = { requests: { cpu: "200m" }, limits: { cpu: "500m" } };

test("the walkthrough: seven replicas under load, one again five minutes after it ends", () => {
  // A tenth of the documentation's load, against a tenth of its target.
  const bench = scene(PHP, { requests: { cpu: "20m" }, limits: { cpu: "50m" } }, { metrics: [half] });
  bench.pass(60);
  expect(row(bench)).toBe("cpu: 5%/50%");
  const settled = ["ScalingActive True ValidMetricFound", "ScalingLimited False DesiredWithinRange"];
  expect(conditions(bench)).toEqual(["AbleToScale True ReadyForNewScale", ...settled]);
  bench.create(podOn("load", { containers: [shell("while sleep 0.1; do wget -q -O- http://web; done")] }));
  bench.pass(60);
  expect(replicas(bench)).toBeGreaterThanOrEqual(4);
  bench.pass(180);
  expect(replicas(bench)).toBe(8);
  const rescaled = () => bench.said("web").filter((line) => line.startsWith("SuccessfulRescale"));
  const above = "cpu resource utilization (percentage of request) above target";
  const up = [4, 8].map((size) => `SuccessfulRescale: New size: ${size}; reason: ${above}`);
  expect(rescaled()).toEqual(up);
  bench.delete("load", 0);
  bench.pass(240);
  expect(replicas(bench)).toBe(8);
  expect(conditions(bench)).toEqual(["AbleToScale True ScaleDownStabilized", ...settled]);
  bench.pass(120);
  expect(replicas(bench)).toBe(1);
  expect(rescaled()).toEqual([...up, "SuccessfulRescale: New size: 1; reason: All metrics below target"]);
});

test("an autoscaler that has settled writes nothing", () => {
  const bench = scene(PHP, LIMITED, { metrics: [half] });
  bench.pass(600);
  const { revision } = bench.cluster.store;
  bench.pass(1_800);
  expect(bench.cluster.store.revision).toBe(revision);
});

test.each<[string, MetricSpec, Record<string, string>, number, string]>([
  [
    "pods",
    { type: "Pods", pods: { metric: { name: "rps" }, target: { type: "AverageValue", averageValue: "10" } } },
    { "pods.rps": "25" },
    3,
    "25/10",
  ],
  [
    "object",
    {
      type: "Object",
      object: {
        metric: { name: "hits" },
        describedObject: { apiVersion: "networking.k8s.io/v1", kind: "Ingress", name: "main" },
        target: { type: "Value", value: "2k" },
      },
    },
    { "object.Ingress.main.hits": "8k" },
    4,
    "8k/2k",
  ],
  [
    "external",
    {
      type: "External",
      external: {
        metric: { name: "queue", selector: { matchLabels: { topic: "a" } } },
        target: { type: "AverageValue", averageValue: "30" },
      },
    },
    { "external.queue": '[{"labels":{"topic":"a"},"value":"60"},{"labels":{"topic":"b"},"value":"900"}]' },
    2,
    "30/30 (avg)",
  ],
])("a metric of %s by an adapter", (_kind, metric, data, size, text) => {
  const bench = scene("nginx:1.27", {}, { metrics: [metric] });
  bench.pass(46);
  expect(conditions(bench)[1]).toMatch(/^ScalingActive False FailedGet/);
  expect(bench.said("web").some((line) => line.includes(NO_ADAPTER[metric.type] ?? ""))).toBe(true);
  const annotations = { "drydock.dev/metrics": "true" };
  bench.turn(() => {
    bench.cluster.admin.create(configmaps, { metadata: { name: "m", namespace: "default", annotations }, data });
  });
  bench.pass(20);
  expect(replicas(bench)).toBe(size);
  bench.pass(15);
  expect(row(bench)).toBe(text);
});

const NO_ADAPTER: Readonly<Record<string, string>> = {
  Pods:
    "failed to get pods metric value: unable to get metric rps: unable to fetch metrics from custom metrics API: " +
    "no custom metrics API (custom.metrics.k8s.io) registered",
  Object:
    "unable to get metric hits: Ingress on default main/unable to fetch metrics from custom metrics API: " +
    "no custom metrics API (custom.metrics.k8s.io) registered",
  External:
    "unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{topic: a,}," +
    "MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: " +
    "the server could not find the requested resource (get queue.external.metrics.k8s.io)",
};

test("what pods do not request cannot be a percentage, and two autoscalers of the same pods stand still", () => {
  const bench = scene("nginx:1.27", {}, { metrics: [half] });
  bench.pass(60);
  expect(bench.said("web")).toContainEqual(
    expect.stringMatching(
      /^FailedGetResourceMetric.*: failed to get cpu utilization: missing request for cpu in container c of Pod web-/,
    ),
  );
  bench.turn(() => {
    const { spec } = hpa(bench);
    bench.cluster.admin.create(horizontalpodautoscalers, { metadata: { ...KEY, name: "rival" }, spec });
  });
  bench.pass(20);
  expect(conditions(bench)[1]).toBe("ScalingActive False AmbiguousSelector");
  expect(bench.said("rival")).toContain(
    "AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [default/rival default/web]",
  );
  bench.turn(() => bench.cluster.admin.delete(horizontalpodautoscalers, { ...KEY, name: "rival" }));
  bench.pass(20);
  expect(conditions(bench)[1]).toBe("ScalingActive False FailedGetResourceMetric");
});

test("bounds hold whatever the metrics say, and behaviour sets the pace", () => {
  const rules = { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }], stabilizationWindowSeconds: 0 };
  const metric: MetricSpec = {
    type: "External",
    external: { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: "1" } },
  };
  const behavior = { scaleUp: rules, scaleDown: { ...rules, selectPolicy: "Disabled" } };
  const bench = scene("nginx:1.27", {}, { metrics: [metric], minReplicas: 2, behavior });
  const adapter = (value: string) => ({
    metadata: { name: "m", namespace: "default", annotations: { "drydock.dev/metrics": "true" } },
    data: { "external.queue": value },
  });
  bench.turn(() => bench.cluster.admin.create(configmaps, adapter("50")));
  bench.pass(20);
  expect(replicas(bench)).toBe(2);
  const sizes: (number | undefined)[] = [];
  for (let n = 0; n < 4; n += 1) {
    bench.pass(60);
    sizes.push(replicas(bench));
  }
  expect(sizes).toEqual([3, 4, 5, 6]);
  expect(conditions(bench)[2]).toBe("ScalingLimited True ScaleUpLimit");
  bench.turn(() => bench.cluster.admin.update(configmaps, adapter("0")));
  bench.pass(600);
  expect(replicas(bench)).toBe(6);
  expect(conditions(bench)[2]).toBe("ScalingLimited True ScaleDownLimit");
});

test("a custom resource with a scale is scaled like any other", () => {
  const bench = new Bench({ nodes: 1 });
  const { admin, registry } = bench.cluster;
  const names = { kind: "Fleet", plural: "fleets" };
  const scale = {
    specReplicasPath: ".spec.size",
    statusReplicasPath: ".status.size",
    labelSelectorPath: ".status.boats",
  };
  const schema = { openAPIV3Schema: { type: "object" as const, "x-kubernetes-preserve-unknown-fields": true } };
  const version = { name: "v1", served: true, storage: true, schema, subresources: { status: {}, scale } };
  bench.turn(
    () =>
      void admin.create(customresourcedefinitions, {
        metadata: { name: "fleets.sea.io" },
        spec: { group: "sea.io", scope: "Namespaced", names, versions: [version] },
      }),
  );
  const fleets = must(registry.resource({ group: "sea.io", version: "v1", plural: "fleets" }), "fleets are served");
  const metric: MetricSpec = {
    type: "Pods",
    pods: { metric: { name: "rps" }, target: { type: "AverageValue", averageValue: "10" } },
  };
  bench.turn(() => {
    const fleet = admin.create(fleets, { metadata: KEY, spec: { size: 1 } }) as KubeObject;
    admin.updateStatus(fleets, fleet as never, { size: 1, boats: "app=boat" } as never);
    admin.create(pods, {
      ...podOn("boat", { containers: [shell("sleep 9999")] }),
      metadata: { ...KEY, labels: { app: "boat" } },
    });
    admin.create(configmaps, {
      metadata: { name: "m", namespace: "default", annotations: { "drydock.dev/metrics": "true" } },
      data: { "pods.rps": "25" },
    });
    admin.create(horizontalpodautoscalers, {
      metadata: KEY,
      spec: {
        scaleTargetRef: { apiVersion: "sea.io/v1", kind: "Fleet", name: "web" },
        maxReplicas: 10,
        metrics: [metric],
      },
    });
  });
  bench.pass(46);
  expect((admin.need(fleets, KEY) as { spec?: { size?: number } }).spec?.size).toBe(3);
  expect(hpa(bench).status).toMatchObject({ currentReplicas: 3, desiredReplicas: 3 });
});
