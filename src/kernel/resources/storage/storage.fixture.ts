/**
 * One good draft of each kind of storage, and a registry to try spoilt ones on.
 */
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

/** A client of an empty cluster that serves the kinds of storage. */
export function newClient() {
  const parts = { store: new Store(), entropy: Entropy.seeded(5), resources, admission: [], now: () => NOW };
  return new Registry(parts).as(CLUSTER_ADMIN, "test");
}

// biome-ignore lint/suspicious/noExplicitAny: the tables mix kinds and wrong drafts.
export type Any = any;

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

/** A copy of the good draft of a kind. */
export const draftOf = (resource: AnyResource): Any => clone(DRAFTS[resource.names.plural]);

/** What the server says against an act; empty if nothing. */
export function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error.message.replace(/^\S+ "x" is invalid: /, "");
    throw error;
  }
  return "";
}

/** The cells of an object's row. */
export const cells = (resource: AnyResource, object: Any) =>
  ((resource.table ?? resource.columns ?? []) as readonly Column<unknown>[]).map(({ cell }) => cell(object, NOW));
