/**
 * Goal: a pod that waits is tried again when a change may help it, and not when it cannot.
 * Method: one pod per plugin that refuses it, and changes of other pods that help or do not; attempts are counted.
 */
import { expect, test } from "vitest";
import type { PodSpec } from "#kernel/api/types.gen";
import { pods } from "#kernel/resources/core/pod";
import { Scene } from "#test/support/scene";

const run = (scene: Scene, name: string, labels: Record<string, string>, spec: Partial<PodSpec> = {}): void => {
  const containers = [{ name: "c", image: "nginx:1.27" }];
  scene.create(pods, { metadata: { name, namespace: "default", labels }, spec: { containers, ...spec } });
  scene.pass(0.1);
};

const port = (hostPort: number): Partial<PodSpec> => ({
  containers: [{ name: "c", image: "nginx:1.27", ports: [{ containerPort: 80, hostPort }] }],
});

const attempts = (scene: Scene): number =>
  scene.said("p", "FailedScheduling").reduce((sum, text) => sum + Number(/ x(\d+):/.exec(text)?.[1] ?? 1), 0);

const term = (app: string) => ({ labelSelector: { matchLabels: { app } }, topologyKey: "kubernetes.io/hostname" });

test.each<readonly [string, Partial<PodSpec>, before: Record<string, Partial<PodSpec>>, vain: string, help: string]>([
  ["NodePorts", port(80), { taken: port(80), other: port(81) }, "-other", "-taken"],
  [
    "InterPodAffinity (near)",
    { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term("db")] } } },
    {},
    "+web",
    "+db",
  ],
  [
    "InterPodAffinity (away)",
    { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term("db")] } } },
    { db: {}, web: {} },
    "-web",
    "-db",
  ],
])("%s", (_plugin, spec, before, vain, help) => {
  const scene = new Scene({ kubelet: false });
  scene.addNode("a");
  for (const [app, own] of Object.entries(before)) run(scene, app, { app }, own);
  run(scene, "p", { app: "p" }, spec);
  expect(attempts(scene)).toBe(1);
  const change = (act: string): void => {
    const app = act.slice(1);
    if (act.startsWith("+")) run(scene, app, { app });
    else scene.delete(pods, app, { gracePeriodSeconds: 0 });
    scene.pass(20);
  };
  change(vain);
  expect(attempts(scene)).toBe(1);
  expect(scene.placed["p"]).toBe("");
  change(help);
  expect(scene.placed["p"]).toBe("a");
});

test("PodTopologySpread: only pods that are counted", () => {
  const scene = new Scene({ kubelet: false });
  scene.addNode("a", { labels: { zone: "1" } });
  scene.addNode("b", { labels: { zone: "2" }, pods: "0" });
  const labels = { app: "web" };
  const spread: Partial<PodSpec> = {
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: labels } },
    ],
  };
  run(scene, "first", labels, spread);
  run(scene, "stranger", { app: "other" });
  run(scene, "p", labels, spread);
  const before = attempts(scene);
  expect(scene.whyPending("p")).toContain("didn't match pod topology spread constraints");
  scene.delete(pods, "first", { gracePeriodSeconds: 0 });
  scene.pass(20);
  expect(before).toBe(1);
  expect(scene.placed["p"]).toBe("a");
});
