/**
 * Goal: volumes, claims and the kinds of storage.k8s.io are refused as v1.36 refuses them.
 * Method: spoil good drafts in one place each; a table with the exact texts.
 */
import { expect, test } from "vitest";
import { dns1123Subdomain } from "#kernel/apimachinery/formats";
import type { AnyResource } from "#kernel/registry/definition";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { csidrivers } from "#kernel/resources/storage/csidriver";
import { csinodes } from "#kernel/resources/storage/csinode";
import { csistoragecapacities } from "#kernel/resources/storage/csistoragecapacity";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { volumeattachments } from "#kernel/resources/storage/volumeattachment";
import { volumeattributesclasses } from "#kernel/resources/storage/volumeattributesclass";
import { type Any, draftOf, newClient, problemOf } from "./storage.fixture";

const MODES = 'supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"';
const both = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

const REFUSED: readonly (readonly [resource: AnyResource, why: string, spoil: (draft: Any) => void, text: string])[] = [
  [
    persistentvolumes,
    "no capacity",
    ({ spec }) => delete spec.capacity,
    '[spec.capacity: Required value, spec.capacity: Unsupported value: null: supported values: "storage"]',
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
    'spec.resources[storage]: Invalid value: "-1Gi": must be greater than zero',
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
    `[spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName, spec.source.persistentVolumeName: Invalid value: "": ${dns1123Subdomain("")[0]}]`,
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
