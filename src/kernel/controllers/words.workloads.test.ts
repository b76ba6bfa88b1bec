/**
 * Goal: the controllers of workloads say what upstream's say: conditions with reason and message, events with type,
 * reason, component and message.
 * Method: a table per controller of what happens and every line that is then said of the object; one scene per row.
 */
import { describe } from "vitest";
import type { PodSpec } from "#kernel/api/types.gen";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { deployments } from "#kernel/resources/apps/deployment";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { replicationcontrollers } from "#kernel/resources/core/replicationcontroller";
import { type Scene, webDeployment } from "#test/support/scene";
import { check, endPods, labels, metadata, quota, selector, template } from "#test/support/words";

const unpullable = (deployment: { spec: { template: { spec: PodSpec } } }): void => {
  deployment.spec.template.spec.containers = [{ name: "c", image: "example.com/absent/nothing:404" }];
};
const AVAILABLE = "Available=True MinimumReplicasAvailable: Deployment has minimum availability.";
const UNAVAILABLE = "Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability.";
const SCALED = "Normal ScalingReplicaSet (deployment-controller): Scaled";
const web = (scene: Scene, replicas = 2): void => {
  scene.create(deployments, webDeployment(replicas));
  scene.settle();
};

describe("deployment", () =>
  check([
    {
      what: "a new one",
      act: (scene) => web(scene),
      about: [deployments, "web"],
      conditions: [
        AVAILABLE,
        'Progressing=True NewReplicaSetAvailable: ReplicaSet "web-HASH" has successfully progressed.',
      ],
      events: [`${SCALED} up replica set web-HASH from 0 to 2`],
    },
    {
      what: "scaled, paused and resumed",
      act: (scene) => {
        web(scene);
        scene.edit(deployments, "web", ({ spec }) => {
          spec.replicas = 3;
          spec.paused = true;
        });
        scene.settle();
        scene.edit(deployments, "web", ({ spec }) => {
          spec.replicas = 1;
        });
        scene.settle();
      },
      about: [deployments, "web"],
      conditions: [AVAILABLE, "Progressing=Unknown DeploymentPaused: Deployment is paused"],
      events: [
        `${SCALED} up replica set web-HASH from 0 to 2`,
        `${SCALED} up replica set web-HASH from 2 to 3`,
        `${SCALED} down replica set web-HASH from 3 to 1`,
      ],
    },
    {
      what: "resumed",
      act: (scene) => {
        web(scene);
        for (const paused of [true, false]) {
          scene.edit(deployments, "web", ({ spec }) => {
            spec.paused = paused;
          });
        }
      },
      about: [deployments, "web"],
      conditions: [
        AVAILABLE,
        'Progressing=True NewReplicaSetAvailable: ReplicaSet "web-HASH" has successfully progressed.',
      ],
    },
    {
      what: "no progress before its deadline",
      act: (scene) => {
        scene.create(
          deployments,
          webDeployment(1, (draft) => {
            unpullable(draft as never);
            draft.spec.progressDeadlineSeconds = 30;
          }),
        );
        scene.pass(40);
      },
      about: [deployments, "web"],
      conditions: [
        UNAVAILABLE,
        'Progressing=False ProgressDeadlineExceeded: ReplicaSet "web-HASH" has timed out progressing.',
      ],
    },
    {
      what: "a rollout under way",
      act: (scene) => {
        web(scene, 4);
        scene.edit(deployments, "web", unpullable);
        scene.pass(5);
      },
      about: [deployments, "web"],
      conditions: [AVAILABLE, 'Progressing=True ReplicaSetUpdated: ReplicaSet "web-HASH" is progressing.'],
      events: [
        `${SCALED} up replica set web-HASH from 0 to 4`,
        `${SCALED} up replica set web-HASH from 0 to 1`,
        `${SCALED} down replica set web-HASH from 4 to 3`,
        `${SCALED} up replica set web-HASH from 1 to 2`,
      ],
    },
    {
      what: "a quota in the way of its pods",
      act: (scene) => {
        quota(scene, { pods: "1" });
        scene.create(deployments, webDeployment(2));
        scene.pass(10);
      },
      about: [deployments, "web"],
      conditions: [
        UNAVAILABLE,
        'Progressing=True ReplicaSetUpdated: ReplicaSet "web-HASH" is progressing.',
        'ReplicaFailure=True FailedCreate: pods "web-HASH-ID" is forbidden: exceeded quota: few, requested: pods=1, ' +
          "used: pods=1, limited: pods=1",
      ],
      scene: { latency: "realistic" },
    },
    {
      what: "a quota in the way of its ReplicaSets",
      act: (scene) => {
        quota(scene, { "count/replicasets.apps": "0" });
        scene.create(deployments, webDeployment(1));
        scene.pass(2);
      },
      about: [deployments, "web"],
      conditions: [
        'Progressing=False ReplicaSetCreateError: Failed to create new replica set "web-HASH": replicasets.apps ' +
          '"web-HASH" is forbidden: exceeded quota: few, requested: count/replicasets.apps=1, used: ' +
          "count/replicasets.apps=0, limited: count/replicasets.apps=0",
      ],
      events: [
        'Warning ReplicaSetCreateError (deployment-controller): Failed to create new replica set "web-HASH": ' +
          'replicasets.apps "web-HASH" is forbidden: exceeded quota: few, requested: count/replicasets.apps=1, used: ' +
          "count/replicasets.apps=0, limited: count/replicasets.apps=0",
      ],
    },
  ]));

describe.each([
  ["replicaset", replicasets, { selector, template: template() }],
  ["replicationcontroller", replicationcontrollers, { selector: labels, template: template() }],
] as const)("%s", (name, resource, spec) => {
  const component = name === "replicaset" ? "replicaset-controller" : "replication-controller";
  const make = (scene: Scene, replicas: number): void => {
    scene.create(resource as typeof replicasets, { metadata, spec: { ...spec, replicas } as never });
    scene.settle();
  };
  const forbidden = 'pods "x-ID" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1';
  check([
    {
      what: "made and scaled down",
      act: (scene) => {
        make(scene, 1);
        scene.edit(resource as typeof replicasets, "x", (object) => {
          object.spec.replicas = 0;
        });
        scene.settle();
      },
      about: [resource, "x"],
      conditions: [],
      events: [
        `Normal SuccessfulCreate (${component}): Created pod: x-ID`,
        `Normal SuccessfulDelete (${component}): Deleted pod: x-ID`,
      ],
    },
    {
      what: "a quota in the way",
      act: (scene) => {
        quota(scene, { pods: "1" });
        make(scene, 2);
      },
      about: [resource, "x"],
      conditions: [`ReplicaFailure=True FailedCreate: ${forbidden}`],
      events: [
        `Normal SuccessfulCreate (${component}): Created pod: x-ID`,
        `Warning FailedCreate (${component}): Error creating: ${forbidden}`,
        `Warning FailedCreate (${component}): (combined from similar events): Error creating: ${forbidden}`,
      ],
    },
  ]);
});

const claims = [
  {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
  },
];

describe("statefulset", () => {
  const make = (scene: Scene, spec: object = {}): void => {
    scene.create(statefulsets, {
      metadata,
      spec: { serviceName: "x", replicas: 1, selector, template: template(), ...spec },
    });
    scene.settle();
  };
  check([
    {
      what: "with claims, scaled down",
      act: (scene) => {
        make(scene, { volumeClaimTemplates: claims });
        scene.edit(statefulsets, "x", ({ spec }) => {
          spec.replicas = 0;
        });
        scene.settle();
      },
      about: [statefulsets, "x"],
      conditions: [],
      events: [
        "Normal SuccessfulCreate (statefulset-controller): create Claim data-x-0 Pod x-0 in StatefulSet x success",
        "Normal SuccessfulCreate (statefulset-controller): create Pod x-0 in StatefulSet x successful",
        "Normal SuccessfulDelete (statefulset-controller): delete Pod x-0 in StatefulSet x successful",
      ],
    },
    {
      what: "a quota in the way",
      act: (scene) => {
        quota(scene, { pods: "0" });
        make(scene);
      },
      about: [statefulsets, "x"],
      events: [
        'Warning FailedCreate (statefulset-controller): create Pod x-0 in StatefulSet x failed error: pods "x-0" is ' +
          "forbidden: exceeded quota: few, requested: pods=1, used: pods=0, limited: pods=0",
      ],
    },
  ]);
});

describe("daemonset", () => {
  const make = (scene: Scene): void => {
    scene.create(daemonsets, { metadata, spec: { selector, template: template() } });
    scene.settle();
  };
  check([
    {
      what: "made, and its node shut out",
      act: (scene) => {
        make(scene);
        scene.edit(daemonsets, "x", ({ spec }) => {
          spec.template.spec.nodeSelector = { disk: "none" };
        });
        scene.settle();
      },
      about: [daemonsets, "x"],
      conditions: [],
      events: [
        "Normal SuccessfulCreate (daemonset-controller): Created pod: x-ID",
        "Normal SuccessfulDelete (daemonset-controller): Deleted pod: x-ID",
      ],
      scene: { machines: 1 },
    },
    {
      what: "a pod that fails",
      act: (scene) => {
        scene.addNode("node-1");
        make(scene);
        endPods(scene, "Failed", 1);
        scene.pass(3);
      },
      about: [daemonsets, "x"],
      events: [
        "Normal SuccessfulCreate (daemonset-controller): Created pod: x-ID",
        "Warning FailedDaemonPod (daemonset-controller): Found failed daemon pod default/x-ID on node node-1, will try " +
          "to kill it",
        "Normal SuccessfulDelete (daemonset-controller): Deleted pod: x-ID",
      ],
      scene: { machines: 1, kubelet: false },
    },
  ]);
});
