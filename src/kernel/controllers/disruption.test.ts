/**
 * Goal: a budget says how many pods may be evicted, and eviction obeys it in upstream's words.
 * Method: run the production cluster in virtual time, evict, and look at statuses and refusals.
 */
import { expect, test } from "vitest";
import type { PodDisruptionBudget } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { deployments } from "#kernel/resources/apps/deployment";
import { pods } from "#kernel/resources/core/pod";
import { evictPod } from "#kernel/resources/core/pod.evict";
import { poddisruptionbudgets } from "#kernel/resources/policy/poddisruptionbudget";
import { pod, Scene, webDeployment } from "#test/support/scene";

type Spec = PodDisruptionBudget["spec"];

const SELECTOR = { matchLabels: { app: "web" } };

function sceneWith(replicas: number, spec: Spec, latency: "none" | "realistic" = "none"): Scene {
  const scene = new Scene({ latency });
  scene.create(poddisruptionbudgets, {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: SELECTOR, ...spec },
  });
  scene.create(deployments, webDeployment(replicas));
  scene.settle();
  return scene;
}

const evict = (scene: Scene, name: string): void => {
  scene.turn((cluster) => evictPod(cluster.admin, { namespace: "default", name }, {}));
};

function refusal(act: () => void): StatusError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
}

const numbers = (scene: Scene): Record<string, unknown> => {
  const { conditions = [], observedGeneration: _, ...rest } = scene.need(poddisruptionbudgets, "web").status ?? {};
  return { ...rest, conditions: conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`) };
};

test.each<[Spec, healthy: number, allowed: number]>([
  [{ minAvailable: 3 }, 3, 1],
  [{ minAvailable: "50%" }, 2, 2],
  [{ minAvailable: 4 }, 4, 0],
  [{ maxUnavailable: 1 }, 3, 1],
  [{ maxUnavailable: "30%" }, 2, 2],
])("%j of four", (spec, desiredHealthy, disruptionsAllowed) => {
  expect(numbers(sceneWith(4, spec))).toEqual({
    conditions: [`DisruptionAllowed=${disruptionsAllowed > 0 ? "True SufficientPods" : "False InsufficientPods"}`],
    currentHealthy: 4,
    desiredHealthy,
    disruptionsAllowed,
    expectedPods: 4,
  });
});

test("the second eviction waits for the first one's replacement", () => {
  const scene = sceneWith(3, { minAvailable: 2 }, "realistic");
  const [first, second] = scene.list(pods).map(({ metadata }) => metadata.name);
  evict(scene, first ?? "");
  const refused = refusal(() => evict(scene, second ?? ""));
  expect(refused?.status).toMatchObject({
    code: 429,
    reason: "TooManyRequests",
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        {
          reason: "DisruptionBudget",
          message: "The disruption budget web needs 2 healthy pods and has 2 currently",
        },
      ],
    },
  });
  scene.settle();
  evict(scene, second ?? "");
  scene.settle();
  expect(numbers(scene)).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
});

/** What an eviction answers in the moment a pod is no longer ready. */
function evictUnready(spec: Spec): StatusError | undefined {
  const scene = sceneWith(2, spec);
  const [victim] = scene.list(pods);
  const key = { namespace: "default", name: victim?.metadata.name ?? "" };
  return refusal(() =>
    scene.turn(({ admin }) => {
      const object = admin.need(pods, key);
      const conditions = (object.status?.conditions ?? []).map((one) =>
        one.type === "Ready" ? { ...one, status: "False" } : one,
      );
      admin.updateStatus(pods, object, { ...object.status, conditions });
      evictPod(admin, key, {});
    }),
  );
}

test("an unready pod may go if enough others are healthy, or always if the budget says so", () => {
  expect(evictUnready({ minAvailable: 1 })).toBeUndefined();
  expect(evictUnready({ minAvailable: 2, unhealthyPodEvictionPolicy: "AlwaysAllow" })).toBeUndefined();
  expect(evictUnready({ minAvailable: "100%", unhealthyPodEvictionPolicy: "IfHealthyBudget" })).toBeUndefined();
});

test("two budgets over one pod are too many", () => {
  const scene = sceneWith(2, { minAvailable: 0 });
  scene.create(poddisruptionbudgets, {
    metadata: { name: "also", namespace: "default" },
    spec: { selector: SELECTOR, minAvailable: 0 },
  });
  const refused = refusal(() => evict(scene, scene.list(pods)[0]?.metadata.name ?? ""));
  expect([refused?.code, refused?.message]).toEqual([
    500,
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
  ]);
});

test("pods nobody replaces are told; a budget over none allows nothing", () => {
  const scene = new Scene();
  scene.create(poddisruptionbudgets, {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: SELECTOR, maxUnavailable: 1 },
  });
  expect(scene.said("web")[0]).toMatch(/^NoPods.*: No matching pods found$/);
  expect(numbers(scene)).toMatchObject({ disruptionsAllowed: 0, expectedPods: 0 });
  scene.create(pods, { ...pod("web"), metadata: { name: "web", namespace: "default", labels: { app: "web" } } });
  scene.settle();
  expect(scene.said("web", "UnmanagedPods")[0]).toMatch(
    /^UnmanagedPods.*: Pods selected by this PodDisruptionBudget \(selector: &LabelSelector\{MatchLabels:map\[string\]string\{app: web,\},.*were found to be unmanaged\./,
  );
});
