/**
 * Goal: volumes, claims and the kinds of storage.k8s.io are defaulted, changed and printed as v1.36 does.
 * Method: write drafts through a registry; a table of bad changes with the exact texts.
 */
import { describe, expect, test } from "vitest";
import type { AnyResource } from "#kernel/registry/definition";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { csidrivers } from "#kernel/resources/storage/csidriver";
import { csinodes } from "#kernel/resources/storage/csinode";
import { csistoragecapacities } from "#kernel/resources/storage/csistoragecapacity";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { volumeattachments } from "#kernel/resources/storage/volumeattachment";
import { volumeattributesclasses } from "#kernel/resources/storage/volumeattributesclass";
import { clone } from "#kernel/sim/clone";
import { type Any, cells, draftOf, newClient, problemOf } from "./storage.fixture";

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
  expect(lines).toContain('- "StorageClassName": "slow",');
  expect(lines).toContain('+ "StorageClassName": "fast",');
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
  expect(cells(csistoragecapacities, made(csistoragecapacities))).toEqual(["x", "slow", "1Gi"]);
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
