/**
 * Goal: the controllers that mind nodes, budgets, namespaces, volumes, balancers and owners say what upstream's say.
 * Method: a table per controller of what happens and every line that is then said of the object; one scene per row.
 */
import { describe } from "vitest";
import { addFault } from "#kernel/cluster/faults";
import { deployments } from "#kernel/resources/apps/deployment";
import { horizontalpodautoscalers } from "#kernel/resources/autoscaling/horizontalpodautoscaler";
import { configmaps } from "#kernel/resources/core/configmap";
import { namespaces } from "#kernel/resources/core/namespace";
import { nodes } from "#kernel/resources/core/node";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { poddisruptionbudgets } from "#kernel/resources/policy/poddisruptionbudget";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { pod, type Scene, webDeployment } from "#test/support/scene";
import { check, labels, metadata, selector } from "#test/support/words";

const web = (scene: Scene, replicas = 2): void => {
  scene.create(deployments, webDeployment(replicas));
  scene.settle();
};

describe("horizontal-pod-autoscaler", () => {
  const AT = "(horizontal-pod-autoscaler)";
  const make = (scene: Scene, spec: object = {}): void => {
    const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
    const metrics = [
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
    ];
    scene.create(horizontalpodautoscalers, { metadata, spec: { scaleTargetRef, maxReplicas: 3, metrics, ...spec } });
    scene.pass(16);
  };
  const NO_SCALE = 'deployments.apps "web" not found';
  check([
    {
      what: "nothing to scale",
      act: (scene) => make(scene),
      about: [horizontalpodautoscalers, "x"],
      conditions: [
        `AbleToScale=False FailedGetScale: the HPA controller was unable to get the target's current scale: ${NO_SCALE}`,
      ],
      events: [`Warning FailedGetScale ${AT}: ${NO_SCALE}`],
    },
    {
      what: "scaling switched off",
      act: (scene) => {
        web(scene, 0);
        make(scene);
      },
      about: [horizontalpodautoscalers, "x"],
      conditions: [
        "AbleToScale=True SucceededGetScale: the HPA controller was able to get the target's current scale",
        "ScalingActive=False ScalingDisabled: scaling is disabled since the replica count of the target is zero",
      ],
      events: [],
    },
    {
      what: "fewer than the least",
      act: (scene) => {
        web(scene, 1);
        make(scene, { minReplicas: 2 });
      },
      about: [horizontalpodautoscalers, "x"],
      conditions: ["AbleToScale=True SucceededRescale: the HPA controller was able to update the target scale to 2"],
      events: [
        `Normal SuccessfulRescale ${AT}: New size: 2; reason: Current number of replicas below Spec.MinReplicas`,
      ],
    },
    {
      what: "more than the most",
      act: (scene) => {
        web(scene, 4);
        make(scene);
      },
      about: [horizontalpodautoscalers, "x"],
      conditions: ["AbleToScale=True SucceededRescale: the HPA controller was able to update the target scale to 3"],
      events: [
        `Normal SuccessfulRescale ${AT}: New size: 3; reason: Current number of replicas above Spec.MaxReplicas`,
      ],
    },
  ]);
});

describe("disruption", () => {
  const make = (scene: Scene, spec: object): void => {
    scene.create(poddisruptionbudgets, { metadata, spec: { selector, ...spec } });
    scene.settle();
  };
  const run = (scene: Scene): void => {
    scene.create(pods, { ...pod("x"), metadata: { ...metadata, labels } });
    scene.settle();
  };
  check([
    {
      what: "no pods",
      act: (scene) => make(scene, { minAvailable: 1 }),
      about: [poddisruptionbudgets, "x"],
      conditions: ["DisruptionAllowed=False InsufficientPods: "],
      events: ["Normal NoPods (controllermanager): No matching pods found"],
    },
    {
      what: "enough pods",
      act: (scene) => {
        run(scene);
        make(scene, { minAvailable: 0 });
      },
      about: [poddisruptionbudgets, "x"],
      conditions: ["DisruptionAllowed=True SufficientPods: "],
      events: [],
    },
    {
      what: "pods nobody replaces",
      act: (scene) => {
        run(scene);
        make(scene, { maxUnavailable: 1 });
      },
      about: [poddisruptionbudgets, "x"],
      conditions: ["DisruptionAllowed=False InsufficientPods: "],
      events: [
        "Warning UnmanagedPods (controllermanager): Pods selected by this PodDisruptionBudget (selector: " +
          "&LabelSelector{MatchLabels:map[string]string{app: x,},MatchExpressions:[]LabelSelectorRequirement{},}) were " +
          "found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in " +
          'undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer ' +
          "value.",
      ],
    },
    {
      what: "pods of an owner without a size",
      act: (scene) => {
        const owner = scene.create(configmaps, { metadata: { ...metadata, name: "owner" } });
        const { uid } = owner.metadata;
        const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid, controller: true }];
        scene.create(pods, { ...pod("x"), metadata: { ...metadata, labels, ownerReferences } });
        make(scene, { maxUnavailable: 1 });
      },
      about: [poddisruptionbudgets, "x"],
      conditions: ["DisruptionAllowed=False SyncFailed: configmaps does not implement the scale subresource"],
      events: [
        "Warning CalculateExpectedPodCountFailed (controllermanager): Failed to calculate the number of expected pods: " +
          "configmaps does not implement the scale subresource",
      ],
    },
  ]);
});

describe("node-controller", () => {
  const PRESSURES = ["DiskPressure", "MemoryPressure", "PIDPressure"];
  const silent = (scene: Scene): void => {
    scene.pass(60);
    scene.turn((cluster) => addFault(cluster, { type: "node-down", target: { node: "node-1" } }));
    scene.pass(60);
  };
  check([
    {
      what: "a node that falls silent",
      act: silent,
      about: [nodes, "node-1"],
      conditions: [...PRESSURES, "Ready"].map(
        (type) => `${type}=Unknown NodeStatusUnknown: Kubelet stopped posting node status.`,
      ),
      events: [
        "Normal Starting (kubelet): Starting kubelet.",
        "Normal NodeHasSufficientMemory (kubelet): Node node-1 status is now: NodeHasSufficientMemory",
        "Normal NodeHasNoDiskPressure (kubelet): Node node-1 status is now: NodeHasNoDiskPressure",
        "Normal NodeHasSufficientPID (kubelet): Node node-1 status is now: NodeHasSufficientPID",
        "Normal NodeAllocatableEnforced (kubelet): Updated Node Allocatable limit across pods",
        "Normal NodeReady (kubelet): Node node-1 status is now: NodeReady",
        "Normal RegisteredNode (node-controller): Node node-1 event: Registered Node node-1 in Controller",
        "Normal NodeNotReady (node-controller): Node node-1 status is now: NodeNotReady",
      ],
      scene: { machines: 1 },
    },
    {
      what: "a node nobody ever heard of",
      act: (scene) => {
        scene.create(nodes, { metadata: { name: "paper" }, spec: {} });
        scene.pass(61);
      },
      about: [nodes, "paper"],
      conditions: [...PRESSURES, "Ready"].map(
        (type) => `${type}=Unknown NodeStatusNeverUpdated: Kubelet never posted node status.`,
      ),
      events: ["Normal RegisteredNode (node-controller): Node paper event: Registered Node paper in Controller"],
    },
    {
      what: "a node that goes",
      act: (scene) => {
        scene.addNode("paper");
        scene.pass(1);
        scene.delete(nodes, "paper");
        scene.pass(1);
      },
      about: [nodes, "paper"],
      events: [
        "Normal RegisteredNode (node-controller): Node paper event: Registered Node paper in Controller",
        "Normal RemovingNode (node-controller): Node paper event: Removing Node paper from Controller",
      ],
    },
  ]);
});

describe("taint-eviction-controller", () => {
  const taint = (scene: Scene, isOn: boolean): void => {
    scene.edit(nodes, "node-1", ({ spec }) => {
      if (isOn) spec.taints = [{ key: "out", effect: "NoExecute" }];
      else delete spec.taints;
    });
  };
  const run = (scene: Scene, tolerationSeconds?: number): void => {
    const tolerations = [
      {
        key: "out",
        operator: "Exists" as const,
        effect: "NoExecute" as const,
        tolerationSeconds: tolerationSeconds ?? 0,
      },
    ];
    scene.create(pods, pod("x", {}, tolerationSeconds === undefined ? {} : { tolerations }));
    scene.settle();
  };
  const STARTED = [
    "Normal Scheduled (default-scheduler): Successfully assigned default/x to node-1",
    'Normal Pulling (kubelet): Pulling image "nginx:1.27"',
    'Normal Pulled (kubelet): Successfully pulled image "nginx:1.27" in 0s (0s including waiting). Image size: ' +
      "59800000 bytes.",
    "Normal Created (kubelet): Container created",
    "Normal Started (kubelet): Container started",
  ];
  const SAID = "Normal TaintManagerEviction (taint-eviction-controller):";
  check([
    {
      what: "marked for deletion",
      act: (scene) => {
        scene.create(pods, { ...pod("x"), metadata: { ...metadata, finalizers: ["example.com/keep"] } });
        scene.settle();
        taint(scene, true);
        scene.pass(2);
      },
      about: [pods, "x"],
      events: [
        ...STARTED,
        `${SAID} Marking for deletion Pod default/x`,
        "Normal Killing (kubelet): Stopping container c",
      ],
      scene: { machines: 1 },
    },
    {
      what: "spared in time",
      act: (scene) => {
        run(scene, 60);
        taint(scene, true);
        scene.pass(2);
        taint(scene, false);
        scene.pass(100);
      },
      about: [pods, "x"],
      events: [...STARTED, `${SAID} Cancelling deletion of Pod default/x`],
      scene: { machines: 1 },
    },
  ]);
});

describe("namespace", () =>
  check([
    {
      what: "one whose content is held",
      act: (scene) => {
        scene.create(namespaces, { metadata: { name: "x" }, spec: {} });
        scene.create(configmaps, { metadata: { name: "held", namespace: "x", finalizers: ["example.com/keep"] } });
        scene.delete(namespaces, "x");
        scene.pass(5);
      },
      about: [namespaces, "x"],
      conditions: [
        "NamespaceContentRemaining=True SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource " +
          "instances",
        "NamespaceDeletionContentFailure=False ContentDeleted: All content successfully deleted, may be waiting on " +
          "finalization",
        "NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered: All resources successfully discovered",
        "NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions: All legacy kube types successfully " +
          "parsed",
        "NamespaceFinalizersRemaining=True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: " +
          "example.com/keep in 1 resource instances",
      ],
    },
  ]));

describe("persistentvolume-controller", () => {
  const make = (scene: Scene, spec: object): void => {
    const usual = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    scene.create(persistentvolumeclaims, { metadata, spec: { ...usual, ...spec } });
    scene.pass(1);
  };
  const SAID = "(persistentvolume-controller):";
  check([
    {
      what: "no class and no volume",
      act: (scene) => make(scene, { storageClassName: "" }),
      about: [persistentvolumeclaims, "x"],
      events: [
        `Normal FailedBinding ${SAID} no persistent volumes available for this claim and no storage class is set`,
      ],
    },
    {
      what: "a class that is not there",
      act: (scene) => make(scene, { storageClassName: "gold" }),
      about: [persistentvolumeclaims, "x"],
      events: [`Warning ProvisioningFailed ${SAID} storageclass.storage.k8s.io "gold" not found`],
    },
    {
      what: "a class that waits for a pod",
      act: (scene) => make(scene, {}),
      about: [persistentvolumeclaims, "x"],
      events: [`Normal WaitForFirstConsumer ${SAID} waiting for first consumer to be created before binding`],
    },
    {
      what: "a provisioner outside",
      act: (scene) => {
        scene.create(storageclasses, { metadata: { name: "gold" }, provisioner: "gold.example.com" });
        make(scene, { storageClassName: "gold" });
      },
      about: [persistentvolumeclaims, "x"],
      events: [
        `Normal ExternalProvisioning ${SAID} Waiting for a volume to be created either by the external provisioner ` +
          "'gold.example.com' or manually by the system administrator. If volume creation is delayed, please verify " +
          "that the provisioner is running and correctly registered.",
      ],
    },
    {
      what: "a volume that vanishes under its claim",
      act: (scene) => {
        const hostPath = { path: "/data" };
        const spec = {
          capacity: { storage: "1Gi" },
          accessModes: ["ReadWriteOnce"],
          storageClassName: "by-hand",
          hostPath,
        };
        scene.create(persistentvolumes, { metadata: { name: "v" }, spec });
        make(scene, { storageClassName: "by-hand", volumeName: "v" });
        scene.delete(persistentvolumes, "v");
        scene.edit(persistentvolumes, "v", ({ metadata: m }) => {
          delete m.finalizers;
        });
        scene.pass(1);
      },
      about: [persistentvolumeclaims, "x"],
      events: [`Warning ClaimLost ${SAID} Bound claim has lost its PersistentVolume. Data on the volume is lost!`],
    },
  ]);
});

describe("service-controller", () =>
  check([
    {
      what: "a balancer made and taken back",
      act: (scene) => {
        scene.create(services, { metadata, spec: { type: "LoadBalancer", selector: labels, ports: [{ port: 80 }] } });
        scene.pass(5);
        scene.edit(services, "x", ({ spec }) => {
          spec.type = "ClusterIP";
        });
        scene.pass(5);
      },
      about: [services, "x"],
      events: [
        "Normal EnsuringLoadBalancer (service-controller): Ensuring load balancer",
        "Normal EnsuredLoadBalancer (service-controller): Ensured load balancer",
        "Normal DeletingLoadBalancer (service-controller): Deleting load balancer",
        "Normal DeletedLoadBalancer (service-controller): Deleted load balancer",
      ],
    },
  ]));

describe("garbage-collector-controller", () =>
  check([
    {
      what: "an owner in another namespace",
      act: (scene) => {
        scene.create(namespaces, { metadata: { name: "other" }, spec: {} });
        const { uid } = scene.create(configmaps, { metadata: { name: "away", namespace: "other" } }).metadata;
        const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "away", uid }];
        scene.create(configmaps, { metadata: { ...metadata, ownerReferences } });
        scene.pass(5);
      },
      about: [configmaps, "x"],
      events: [
        "Warning OwnerRefInvalidNamespace (garbage-collector-controller): ownerRef [v1/ConfigMap, namespace: default, " +
          'name: away, uid: UID] does not exist in namespace "default"',
      ],
    },
  ]));
