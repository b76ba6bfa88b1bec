/**
 * Goal: a DaemonSet has one pod on every node that fits, follows the nodes, and rolls its template out as upstream's.
 * Method: run the production cluster in virtual time and look at pods, status and events.
 */
import { expect, test } from "vitest";
import type { DaemonSet } from "#kernel/api/types.gen";
import type { Draft } from "#kernel/registry/definition";
import { controllerrevisions } from "#kernel/resources/apps/controllerrevision";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { Scene } from "#test/support/scene";

type Spec = Partial<DaemonSet["spec"]>;

function agent(spec: Spec = {}, podSpec: Partial<DaemonSet["spec"]["template"]["spec"]> = {}): Draft<DaemonSet> {
  return {
    metadata: { name: "agent", namespace: "default" },
    spec: {
      selector: { matchLabels: { app: "agent" } },
      template: {
        metadata: { labels: { app: "agent" } },
        spec: { containers: [{ name: "c", image: "agent:1" }], ...podSpec },
      },
      ...spec,
    },
  };
}

function sceneWith(draft: Draft<DaemonSet>, latency: "none" | "realistic" = "none"): Scene {
  const scene = new Scene({ latency });
  scene.create(daemonsets, draft);
  scene.settle();
  return scene;
}

const places = (scene: Scene): string[] => Object.values(scene.placed).sort();

const setImage = (scene: Scene, image: string): void => {
  scene.edit(daemonsets, "agent", ({ spec }) => {
    const [container] = spec.template.spec.containers;
    if (container !== undefined) container.image = image;
  });
};

const images = (scene: Scene): string[] => scene.list(pods).map(({ spec }) => spec.containers[0]?.image ?? "");

test("every node gets one pod, bound to it by name, that bears its troubles", () => {
  const scene = sceneWith(agent());
  expect(places(scene)).toEqual(["node-1", "node-2", "node-3"]);
  const [pod] = scene.list(pods);
  expect(pod?.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual({
    nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [pod?.spec.nodeName] }] }],
  });
  expect(pod?.spec.tolerations?.map(({ key = "", effect = "" }) => `${key.slice(19)}:${effect}`)).toEqual([
    "not-ready:NoExecute",
    "unreachable:NoExecute",
    "disk-pressure:NoSchedule",
    "memory-pressure:NoSchedule",
    "pid-pressure:NoSchedule",
    "unschedulable:NoSchedule",
  ]);
  expect(pod?.metadata.labels?.["pod-template-generation"]).toBe("1");
  expect(scene.need(daemonsets, "agent").status).toEqual({
    currentNumberScheduled: 3,
    desiredNumberScheduled: 3,
    numberAvailable: 3,
    numberMisscheduled: 0,
    numberReady: 3,
    observedGeneration: 1,
    updatedNumberScheduled: 3,
  });
  expect(scene.said("agent")).toHaveLength(3);
  expect(scene.said("agent")[0]).toMatch(/^SuccessfulCreate: Created pod: agent-[a-z0-9]{5}$/);
});

test("labels decide, and follow; a taint keeps pods away or drives them out", () => {
  const scene = sceneWith(agent({}, { nodeSelector: { disk: "ssd" } }));
  expect(places(scene)).toEqual([]);
  const label = (name: string, disk: string | undefined): void => {
    scene.edit(nodes, name, ({ metadata }) => {
      metadata.labels = { ...metadata.labels, disk: disk ?? "hdd" };
    });
    scene.settle();
  };
  label("node-2", "ssd");
  expect(places(scene)).toEqual(["node-2"]);
  label("node-2", undefined);
  expect(places(scene)).toEqual([]);
  expect(scene.need(daemonsets, "agent").status?.desiredNumberScheduled).toBe(0);

  const other = sceneWith(agent());
  const taint = (effect: string): void => {
    other.edit(nodes, "node-1", ({ spec }) => {
      spec.taints = [{ key: "mine", effect }];
    });
    other.settle();
  };
  taint("NoSchedule");
  expect(places(other)).toEqual(["node-1", "node-2", "node-3"]);
  expect(other.need(daemonsets, "agent").status?.numberMisscheduled).toBe(1);
  taint("NoExecute");
  expect(places(other)).toEqual(["node-2", "node-3"]);
});

test("a new node gets its pod; cordoned ones keep theirs", () => {
  const scene = sceneWith(agent());
  scene.addNode("node-9");
  scene.settle();
  expect(places(scene)).toContain("node-9");
  scene.edit(nodes, "node-1", ({ spec }) => {
    spec.unschedulable = true;
  });
  scene.settle();
  const [first] = scene.list(pods).filter(({ spec }) => spec.nodeName === "node-1");
  scene.delete(pods, first?.metadata.name ?? "");
  scene.settle();
  expect(places(scene)).toContain("node-1");
});

test("an update replaces node after node, and the history keeps the old template", () => {
  const scene = sceneWith(agent(), "realistic");
  setImage(scene, "agent:2");
  expect(scene.list(pods).filter(({ metadata }) => metadata.deletionTimestamp !== undefined)).toHaveLength(1);
  scene.settle();
  expect(images(scene)).toEqual(["agent:2", "agent:2", "agent:2"]);
  const { status, metadata } = scene.need(daemonsets, "agent");
  expect(status).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3, observedGeneration: 2 });
  expect(metadata.annotations?.["deprecated.daemonset.template.generation"]).toBe("2");
  const revisions = (): number[] =>
    scene
      .list(controllerrevisions)
      .map(({ revision }) => revision)
      .sort();
  expect(revisions()).toEqual([1, 2]);
  setImage(scene, "agent:1");
  scene.settle();
  expect([revisions(), images(scene)]).toEqual([
    [2, 3],
    ["agent:1", "agent:1", "agent:1"],
  ]);
});

test("surge starts the new pod before it stops the old one", () => {
  const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
  const scene = sceneWith(agent({ updateStrategy: { type: "RollingUpdate", rollingUpdate } }), "realistic");
  setImage(scene, "agent:2");
  const going = (): number =>
    scene.list(pods).filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length;
  expect([scene.list(pods).length, going()]).toEqual([4, 0]);
  scene.settle();
  expect(images(scene)).toEqual(["agent:2", "agent:2", "agent:2"]);
  expect(scene.need(daemonsets, "agent").status?.numberAvailable).toBe(3);
});

test("OnDelete waits until somebody deletes a pod", () => {
  const scene = sceneWith(agent({ updateStrategy: { type: "OnDelete" } }));
  setImage(scene, "agent:2");
  scene.settle();
  expect(images(scene)).toEqual(["agent:1", "agent:1", "agent:1"]);
  scene.delete(pods, scene.list(pods)[0]?.metadata.name ?? "");
  scene.settle();
  expect(images(scene).sort()).toEqual(["agent:1", "agent:1", "agent:2"]);
});

test("a failed pod is taken away and replaced, later and later", () => {
  const scene = new Scene({ machines: 1, kubelet: false });
  scene.addNode("node-1");
  scene.create(daemonsets, agent());
  const failures: number[] = [];
  const fail = (): void => {
    const [pod] = scene.list(pods);
    scene.editStatus(pods, pod?.metadata.name ?? "", (object) => {
      object.status = { ...object.status, phase: "Failed" };
    });
  };
  let name = "";
  for (let n = 0; n < 40 && failures.length < 6; n += 1) {
    const [pod] = scene.list(pods);
    if (pod !== undefined && pod.metadata.name !== name) {
      name = pod.metadata.name;
      failures.push(scene.seconds);
      fail();
    }
    scene.pass(1);
  }
  expect(failures).toEqual([0, 1, 2, 3, 7, 15]);
  expect(scene.said("agent", "FailedDaemonPod")[0]).toMatch(
    /^FailedDaemonPod: Found failed daemon pod default\/agent-[a-z0-9]{5} on node node-1, will try to kill it$/,
  );
});
