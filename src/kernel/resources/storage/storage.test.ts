/**
 * Goal: volumes, claims and the kinds of storage.k8s.io are defaulted, refused, changed and printed as v1.36 does.
 * Method: write drafts through a registry; tables of bad drafts and bad changes with the exact texts.
 */
import { describe, expect, test } from "vitest";
import { StatusError } from "#kernel/apimachinery/errors";
import type { AnyResource, Column } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { csidrivers } from "#kernel/resources/storage/csidriver";
import { csinodes } from "#kernel/resources/storage/csinode";
import { csistoragecapacities } from "#kernel/resources/storage/csistoragecapacity";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { volumeattachments } from "#kernel/resources/storage/volumeattachment";
import { volumeattributesclasses } from "#kernel/resources/storage/volumeattributesclass";
import { clone } from "#kernel/sim/clone";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

const NOW = Date.parse("2026-05-01T10:00:00Z");
const resources = [
  persistentvolumes,
  persistentvolumeclaims,
  storageclasses,
  csidrivers,
  csinodes,
  csistoragecapacities,
  volumeattachments,
  volumeattributesclasses,
] as readonly AnyResource[];

function newClient() {
  const parts = { store: new Store(), entropy: Entropy.seeded(5), resources, admission: [], now: () => NOW };
  return new Registry(parts).as(CLUSTER_ADMIN, "test");
}

// biome-ignore lint/suspicious/noExplicitAny: the tables mix kinds and wrong drafts.
type Any = any;

const metadata = { name: "x", namespace: "default" };

const DRAFTS: Readonly<Record<string, Any>> = {
  persistentvolumes: {
    metadata: { name: "x" },
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/mnt/x" } },
  },
  persistentvolumeclaims: {
    metadata,
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName: "slow" },
  },
  storageclasses: { metadata: { name: "x" }, provisioner: "example.com/x" },
  csidrivers: { metadata: { name: "x" }, spec: {} },
  csinodes: { metadata: { name: "x" }, spec: { drivers: [{ name: "d.example.com", nodeID: "n" }] } },
  csistoragecapacities: { metadata, storageClassName: "slow", capacity: "1Gi" },
  volumeattachments: {
    metadata: { name: "x" },
    spec: { attacher: "d.example.com", nodeName: "n", source: { persistentVolumeName: "pv" } },
  },
  volumeattributesclasses: { metadata: { name: "x" }, driverName: "d.example.com", parameters: { iops: "1" } },
};

const draftOf = (resource: AnyResource): Any => clone(DRAFTS[resource.names.plural]);

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error.message.replace(/^\S+ "x" is invalid: /, "");
    throw error;
  }
  return "";
}

const cells = (resource: AnyResource, object: Any) =>
  ((resource.table ?? resource.columns ?? []) as readonly Column<unknown>[]).map(({ cell }) => cell(object, NOW));

const MODES = 'supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"';
const both = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

const REFUSED: readonly (readonly [resource: AnyResource, why: string, spoil: (draft: Any) => void, text: string])[] = [
  [
    persistentvolumes,
    "no capacity",
    ({ spec }) => delete spec.capacity,
    '[spec.capacity: Required value, spec.capacity: Unsupported value: {}: supported values: "storage"]',
  ],
  [persistentvolumes, "no modes", ({ spec }) => delete spec.accessModes, "spec.accessModes: Required value"],
  [
    persistentvolumes,
    "an unknown mode",
    ({ spec }) => (spec.accessModes = ["RWO"]),
    `spec.accessModes: Unsupported value: "RWO": ${MODES}`,
  ],
  [
    persistentvolumes,
    "a pod's own mode among others",
    ({ spec }) => (spec.accessModes = ["ReadWriteOncePod", "ReadOnlyMany"]),
    "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
  ],
  [
    persistentvolumes,
    "nothing in it",
    ({ spec }) => (spec.capacity = { storage: "0" }),
    'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
  ],
  [
    persistentvolumes,
    "no source",
    ({ spec }) => delete spec.hostPath,
    "spec: Required value: must specify a volume type",
  ],
  [
    persistentvolumes,
    "two sources",
    ({ spec }) => (spec.nfs = { server: "s", path: "/" }),
    "spec.nfs: Forbidden: may not specify more than 1 volume type",
  ],
  [persistentvolumes, "no path", ({ spec }) => (spec.hostPath = { path: "" }), "spec.hostPath.path: Required value"],
  [
    persistentvolumes,
    "a path that climbs",
    ({ spec }) => (spec.hostPath = { path: "/a/../b" }),
    "spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
  ],
  [
    persistentvolumes,
    "a policy nobody knows",
    ({ spec }) => (spec.persistentVolumeReclaimPolicy = "Keep"),
    'spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", "Retain"',
  ],
  [
    persistentvolumes,
    "a root to be scrubbed",
    ({ spec }) => Object.assign(spec, { hostPath: { path: "/" }, persistentVolumeReclaimPolicy: "Recycle" }),
    "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
  ],
  [
    persistentvolumes,
    "a mode of volumes nobody knows",
    ({ spec }) => (spec.volumeMode = "Tape"),
    'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
  ],
  [
    persistentvolumes,
    "a local volume anywhere",
    ({ spec }) => {
      delete spec.hostPath;
      spec.local = { path: "/a" };
    },
    "spec.nodeAffinity: Required value: Local volume requires node affinity",
  ],
  [
    persistentvolumes,
    "an affinity without terms",
    ({ spec }) => (spec.nodeAffinity = {}),
    "spec.nodeAffinity.required: Required value: must specify required node constraints",
  ],
  [
    persistentvolumes,
    "a driver without a handle",
    ({ spec }) => {
      delete spec.hostPath;
      spec.csi = { driver: "d" };
    },
    "spec.csi.volumeHandle: Required value",
  ],
  [
    persistentvolumes,
    "attributes without a driver",
    ({ spec }) => (spec.volumeAttributesClassName = "gold"),
    "spec.csi: Required value: has to be specified when using volumeAttributesClassName",
  ],
  [
    persistentvolumeclaims,
    "no modes",
    ({ spec }) => delete spec.accessModes,
    "spec.accessModes: Required value: at least 1 access mode is required",
  ],
  [persistentvolumeclaims, "no size", ({ spec }) => delete spec.resources, "spec.resources[storage]: Required value"],
  [
    persistentvolumeclaims,
    "a size below nothing",
    ({ spec }) => (spec.resources.requests.storage = "-1Gi"),
    '[spec.resources[storage]: Invalid value: "-1Gi": must be greater than or equal to 0, spec.resources[storage]: Invalid value: "-1Gi": must be greater than zero]',
  ],
  [
    persistentvolumeclaims,
    "a mode of volumes nobody knows",
    ({ spec }) => (spec.volumeMode = "Tape"),
    'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
  ],
  [storageclasses, "no provisioner", (one) => delete one.provisioner, "provisioner: Required value"],
  [
    storageclasses,
    "a policy classes do not have",
    (one) => (one.reclaimPolicy = "Recycle"),
    'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
  ],
  [
    storageclasses,
    "a mode nobody knows",
    (one) => (one.volumeBindingMode = "Never"),
    'volumeBindingMode: Unsupported value: "Never": supported values: "Immediate", "WaitForFirstConsumer"',
  ],
  [
    storageclasses,
    "a key twice in a topology",
    (one) =>
      (one.allowedTopologies = [
        {
          matchLabelExpressions: [
            { key: "zone", values: ["a"] },
            { key: "zone", values: ["b"] },
          ],
        },
      ]),
    'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"',
  ],
  [
    storageclasses,
    "one topology twice",
    (one) => (one.allowedTopologies = [1, 2].map(() => ({ matchLabelExpressions: [{ key: "zone", values: ["a"] }] }))),
    'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
  ],
  [
    csidrivers,
    "a policy nobody knows",
    ({ spec }) => (spec.fsGroupPolicy = "All"),
    'spec.fsGroupPolicy: Unsupported value: "All": supported values: "File", "None", "ReadWriteOnceWithFSType"',
  ],
  [
    csidrivers,
    "a life nobody knows",
    ({ spec }) => (spec.volumeLifecycleModes = ["Short"]),
    'spec.volumeLifecycleModes: Unsupported value: "Short": supported values: "Persistent", "Ephemeral"',
  ],
  [
    csidrivers,
    "a token for a minute",
    ({ spec }) => (spec.tokenRequests = [{ audience: "a", expirationSeconds: 60 }]),
    "spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes",
  ],
  [
    csidrivers,
    "an audience twice",
    ({ spec }) => (spec.tokenRequests = [{ audience: "a" }, { audience: "a" }]),
    'spec.tokenRequests[1].audience: Duplicate value: "a"',
  ],
  [
    csidrivers,
    "too eager updates",
    ({ spec }) => (spec.nodeAllocatableUpdatePeriodSeconds = 5),
    "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 5: must be greater than or equal to 10 seconds",
  ],
  [csinodes, "no node id", ({ spec }) => (spec.drivers[0].nodeID = ""), "spec.drivers[0].nodeID: Required value"],
  [
    csinodes,
    "a driver twice",
    ({ spec }) => spec.drivers.push(spec.drivers[0]),
    'spec.drivers[1].name: Duplicate value: "d.example.com"',
  ],
  [
    csinodes,
    "room for less than nothing",
    ({ spec }) => (spec.drivers[0].allocatable = { count: -1 }),
    "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    csistoragecapacities,
    "less than nothing",
    (one) => (one.capacity = "-1"),
    'capacity: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [volumeattachments, "no source", ({ spec }) => (spec.source = {}), `spec.source: Required value: ${both}`],
  [
    volumeattachments,
    "two sources",
    ({ spec }) => (spec.source.inlineVolumeSpec = { accessModes: [] }),
    `spec.source: Forbidden: ${both}`,
  ],
  [
    volumeattachments,
    "an empty name",
    ({ spec }) => (spec.source.persistentVolumeName = ""),
    "spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName",
  ],
  [
    volumeattributesclasses,
    "no parameters",
    (one) => delete one.parameters,
    "parameters: Required value: must contain at least one key/value pair",
  ],
  [volumeattributesclasses, "no driver", (one) => (one.driverName = ""), "driverName: Required value"],
];

test.each(REFUSED.map(([resource, why, spoil, text]) => ({ kind: resource.names.kind, why, resource, spoil, text })))(
  "$kind with $why is refused",
  ({ resource, spoil, text }) => {
    const draft = draftOf(resource);
    spoil(draft);
    expect(problemOf(() => newClient().create(resource, draft))).toBe(text);
  },
);

const IMMUTABLE =
  "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for " +
  "bound claims";

const FROZEN: readonly (readonly [resource: AnyResource, what: string, change: (object: Any) => void, text: string])[] =
  [
    [
      persistentvolumes,
      "source",
      ({ spec }) => (spec.hostPath.path = "/y"),
      "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
    ],
    [
      persistentvolumes,
      "mode",
      ({ spec }) => (spec.volumeMode = "Block"),
      'volumeMode: Invalid value: "Block": field is immutable',
    ],
    [persistentvolumeclaims, "class", ({ spec }) => (spec.storageClassName = "fast"), IMMUTABLE],
    [persistentvolumeclaims, "modes", ({ spec }) => (spec.accessModes = ["ReadWriteMany"]), IMMUTABLE],
    [persistentvolumeclaims, "size while unbound", ({ spec }) => (spec.resources.requests.storage = "2Gi"), IMMUTABLE],
    [
      storageclasses,
      "provisioner",
      (one) => (one.provisioner = "y"),
      "provisioner: Forbidden: updates to provisioner are forbidden.",
    ],
    [
      storageclasses,
      "parameters",
      (one) => (one.parameters = { a: "b" }),
      "parameters: Forbidden: updates to parameters are forbidden.",
    ],
    [
      storageclasses,
      "policy",
      (one) => (one.reclaimPolicy = "Retain"),
      "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.",
    ],
    [
      storageclasses,
      "binding",
      (one) => (one.volumeBindingMode = "WaitForFirstConsumer"),
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ],
    [
      csidrivers,
      "attachment",
      ({ spec }) => (spec.attachRequired = false),
      "spec.attachedRequired: Invalid value: false: field is immutable",
    ],
    [
      csistoragecapacities,
      "class",
      (one) => (one.storageClassName = "fast"),
      'storageClassName: Invalid value: "fast": field is immutable',
    ],
    [
      volumeattributesclasses,
      "driver",
      (one) => (one.driverName = "y"),
      "driverName: Forbidden: updates to driverName are forbidden.",
    ],
    [
      volumeattributesclasses,
      "parameters",
      (one) => (one.parameters = { a: "b" }),
      "parameters: Forbidden: updates to parameters are forbidden.",
    ],
  ];

test.each(
  FROZEN.map(([resource, what, change, text]) => ({ kind: resource.names.kind, what, resource, change, text })),
)("the $what of a $kind stays", ({ resource, change, text }) => {
  const client = newClient();
  const object = clone(client.create(resource, draftOf(resource))) as Any;
  change(object);
  expect(problemOf(() => client.update(resource, object)).split("\n")[0]).toBe(text);
});

test("a refused change of a claim shows what it would have changed", () => {
  const client = newClient();
  const object = clone(client.create(persistentvolumeclaims, draftOf(persistentvolumeclaims)));
  object.spec.storageClassName = "fast";
  const [, ...lines] = problemOf(() => client.update(persistentvolumeclaims, object)).split("\n");
  expect(lines.some((line) => /^-\s+StorageClassName:\s.*"slow",$/.test(line))).toBe(true);
  expect(lines.some((line) => /^\+\s+StorageClassName:\s.*"fast",$/.test(line))).toBe(true);
});

describe("a bound claim", () => {
  function boundClaim() {
    const client = newClient();
    const made = client.create(persistentvolumeclaims, draftOf(persistentvolumeclaims));
    const named = client.update(persistentvolumeclaims, { ...made, spec: { ...made.spec, volumeName: "pv" } });
    const status = { phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" } };
    const claim = client.updateStatus(persistentvolumeclaims, named, status);
    const resize = (storage: string) =>
      client.update(persistentvolumeclaims, {
        ...claim,
        spec: { ...claim.spec, resources: { requests: { storage } } },
      });
    return { client, claim, resize };
  }

  test("may grow, and not shrink below what it has", () => {
    expect(boundClaim().resize("2Gi").spec.resources?.requests).toEqual({ storage: "2Gi" });
    expect(problemOf(() => boundClaim().resize("500Mi"))).toBe(
      "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
    );
  });

  test("keeps its volume", () => {
    const { client, claim } = boundClaim();
    const spec = { ...claim.spec, volumeName: "other" };
    expect(problemOf(() => client.update(persistentvolumeclaims, { ...claim, spec })).split("\n")[0]).toBe(IMMUTABLE);
  });

  test("is printed with volume, size and modes", () => {
    const { claim } = boundClaim();
    const row = ["x", "Bound", "pv", "1Gi", "RWO", "slow", "<unset>", "0s", "Filesystem"];
    expect(cells(persistentvolumeclaims, claim)).toEqual(row);
  });
});

test("defaults are filled in, and rows printed", () => {
  const client = newClient();
  const made = (resource: AnyResource): Any => client.create(resource, draftOf(resource));
  const volume = made(persistentvolumes);
  expect(volume.spec).toMatchObject({ persistentVolumeReclaimPolicy: "Retain", volumeMode: "Filesystem" });
  expect(volume.status).toEqual({ phase: "Pending", lastPhaseTransitionTime: "2026-05-01T10:00:00Z" });
  const row = ["x", "1Gi", "RWO", "Retain", "Pending", "", "", "<unset>", "", "0s", "Filesystem"];
  expect(cells(persistentvolumes, volume)).toEqual(row);
  const claimRow = ["x", "Pending", "", "", "", "slow", "<unset>", "0s", "Filesystem"];
  expect(cells(persistentvolumeclaims, made(persistentvolumeclaims))).toEqual(claimRow);
  const one = made(storageclasses);
  expect(cells(storageclasses, one)).toEqual(["x", "example.com/x", "Delete", "Immediate", false, "0s"]);
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  const isDefault = { ...one, metadata: { ...one.metadata, annotations } };
  expect(cells(storageclasses, isDefault)[0]).toBe("x (default)");
  expect(cells(csidrivers, made(csidrivers))).toEqual([true, false, false, "<unset>", false, "Persistent"]);
  expect(cells(csinodes, made(csinodes))).toEqual([1]);
  expect(cells(csistoragecapacities, made(csistoragecapacities))).toEqual(["slow", "1Gi"]);
  expect(cells(volumeattachments, made(volumeattachments))).toEqual(["d.example.com", "pv", "n", false]);
  expect(cells(volumeattributesclasses, made(volumeattributesclasses))).toEqual(["d.example.com"]);
});

test("what is on its way out is warned of", () => {
  const draft = draftOf(persistentvolumes);
  draft.spec.persistentVolumeReclaimPolicy = "Recycle";
  expect(persistentvolumes.warnings?.(draft)).toEqual([
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach " +
      "is to use dynamic provisioning.",
  ]);
  const claim = draftOf(persistentvolumeclaims);
  claim.spec.resources.requests.storage = "1500m";
  expect(persistentvolumeclaims.warnings?.(claim)).toEqual([
    'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
  ]);
});
