/**
 * Goal: a KubeSchedulerConfiguration in the ConfigMap kube-system/kube-scheduler is obeyed, and one that is wrong is
 * refused.
 * Method: run the production cluster in virtual time; configure, place pods, look where they are and who says so.
 */
import { expect, test } from "vitest";
import type { PodSpec } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { configmaps } from "#kernel/resources/core/configmap";
import { events } from "#kernel/resources/core/event";
import { pods } from "#kernel/resources/core/pod";
import { explain } from "#kernel/scheduler/explain";
import { pod, Scene } from "#test/support/scene";

const HEAD = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

function configured(text: string, nodes: Record<string, Record<string, string>> = { a: {}, b: {} }): Scene {
  const scene = new Scene({ machines: 0, kubelet: false });
  for (const [name, labels] of Object.entries(nodes)) scene.addNode(name, { labels });
  configure(scene, text);
  return scene;
}

function configure(scene: Scene, text: string): void {
  const metadata = { name: "kube-scheduler", namespace: "kube-system" };
  scene.create(configmaps, { metadata, data: { "config.yaml": HEAD + text } });
}

const small = (name: string, spec: Partial<PodSpec> = {}) => pod(name, { cpu: "500m", memory: "1Gi" }, spec);

const argsOf = (name: string, args: string): string =>
  `profiles: [{pluginConfig: [{name: ${name}, args: ${args.startsWith("{") ? args : `{${args}}`}}]}]`;

/** A profile whose nodes are judged by what is taken of them alone. */
const strategy = (type: string, more = ""): string => `profiles:
- plugins:
    score:
      disabled: [{name: "*"}]
      enabled: [{name: NodeResourcesFit, weight: 5}]
  pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy:
        type: ${type}
        resources: [{name: cpu, weight: 1}]
${more}`;

test.each([
  ["LeastAllocated", "", 2],
  ["MostAllocated", "", 1],
  [
    "RequestedToCapacityRatio",
    "        requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]}\n",
    1,
  ],
])("%s decides whether pods gather or part", (type, more, used) => {
  const scene = configured(strategy(type, more));
  for (const name of ["x", "y", "z"]) scene.create(pods, small(name));
  scene.settle();
  expect(new Set(Object.values(scene.placed)).size).toBe(used);
});

test("each profile places the pods that name it and speaks in its own name; nobody places the others", () => {
  const scene = configured(
    `profiles:
- schedulerName: default-scheduler
- schedulerName: packer
  pluginConfig:
  - name: NodeAffinity
    args:
      addedAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
          - matchExpressions: [{key: disk, operator: In, values: [ssd]}]
`,
    { a: {}, b: { disk: "ssd" } },
  );
  scene.create(pods, small("usual"));
  scene.create(pods, small("packed", { schedulerName: "packer" }));
  scene.create(pods, small("elsewhere", { schedulerName: "nobody" }));
  scene.create(pods, small("lost", { schedulerName: "packer", nodeSelector: { disk: "hdd" } }));
  scene.settle();
  expect(scene.placed).toMatchObject({ packed: "b", elsewhere: "", lost: "" });
  const from = (name: string) =>
    scene.list(events).find(({ involvedObject }) => involvedObject.name === name)?.reportingComponent;
  expect([from("usual"), from("packed"), from("elsewhere")]).toEqual(["default-scheduler", "packer", undefined]);
  expect(scene.whyPending("elsewhere")).toBeUndefined();
  expect(scene.said("lost")[0]).toBe(
    "FailedScheduling: 0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) didn't " +
      "match scheduler-enforced node affinity. no new claims to deallocate, preemption: 0/2 nodes are available: " +
      "2 Preemption is not helpful for scheduling.",
  );
});

test("a profile that comes later takes the pods that waited for it", () => {
  const scene = new Scene({ machines: 0, kubelet: false });
  scene.addNode("a");
  scene.create(pods, small("early", { schedulerName: "late" }));
  scene.settle();
  expect(scene.placed).toEqual({ early: "" });
  configure(scene, "profiles: [{schedulerName: late}, {schedulerName: default-scheduler}]");
  scene.settle();
  expect(scene.placed).toEqual({ early: "a" });
});

test("plugins can be turned off: without NodeResourcesFit a full node takes more", () => {
  const off = "profiles: [{plugins: {filter: {disabled: [{name: NodeResourcesFit}]}}}]";
  const scene = configured(off, { a: {} });
  scene.create(pods, pod("huge", { cpu: "64" }));
  scene.settle();
  expect(scene.placed).toEqual({ huge: "a" });
});

test("constraints of pods that ask for none", () => {
  const scene = configured(
    `profiles:
- pluginConfig:
  - name: PodTopologySpread
    args:
      defaultingType: List
      defaultConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]
`,
    { a: { zone: "1" }, b: { zone: "1" } },
  );
  const { nodes } = explain(scene.cluster.registry, scene.create(pods, small("x")));
  expect(nodes.map(({ passed }) => passed.includes("PodTopologySpread"))).toEqual([true, true]);
});

test("an explanation has the raw, the normalized and the weighted score of every plugin", () => {
  const scene = configured(strategy("MostAllocated"));
  scene.create(pods, small("x"));
  scene.settle();
  const { nodes } = explain(scene.cluster.registry, scene.need(pods, "x"));
  expect(nodes.map(({ scores, total }) => [scores, total])).toEqual(
    [1, 2].map(() => [{ NodeResourcesFit: { raw: 12, normalized: 12, weight: 5, weighted: 60 } }, 60]),
  );
});

test.each([
  ["profiles: [{schedulerNam: x}]", 'unknown field "profiles[0].schedulerNam"'],
  ["profiles: [{plugins: {filter: {disabled: [{name: Magic}]}}}]", 'plugin "Magic" does not exist'],
  ["percentageOfNodesToScore: 101", "percentageOfNodesToScore: not in valid range [0-100]"],
  ["extenders: [{urlPrefix: http://x}]", "extenders are not simulated"],
  ["profiles: [{}, {}]", 'Duplicate value: "default-scheduler"'],
  ["profiles: [{plugins: {multiPoint: {disabled: [{name: '*'}]}}}]", "no queue sort plugin is enabled"],
  [strategy("Random"), "supported values"],
  ["profiles: 7", "profiles: must be a list"],
  ["profiles: [null]", "profiles[0]: must be an object"],
  [argsOf("NodeAffinity", "addedAffinity: 7"), "must be an object"],
  [
    argsOf("NodeAffinity", "addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: 7}}"),
    "nodeSelectorTerms: must be a list",
  ],
  [argsOf("PodTopologySpread", "{defaultingType: List, defaultConstraints: 7}"), "must be a list"],
  [argsOf("PodTopologySpread", "{defaultingType: List, defaultConstraints: [{maxSkew: 0}]}"), "maxSkew: not in valid"],
  [argsOf("InterPodAffinity", "{hardPodAffinityWeight: 101}"), "not in valid range [0-100]"],
  [argsOf("NodeName", "{a: 1}"), 'unknown field "profiles[0].pluginConfig[0].args.a"'],
  ["a: [", "data[config.yaml]"],
])("refused: %s", (text, why) => {
  expect(() => configured(text)).toThrow(StatusError);
  expect(() => configured(text)).toThrow(why);
});
