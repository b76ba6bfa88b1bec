/**
 * VolumeBinding: a pod goes where its volumes are, or can be made.
 *
 * Models pkg/scheduler/framework/plugins/volumebinding.
 */
import type {
  CSIDriver,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
} from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import { isControlledBy } from "#kernel/apimachinery/meta";
import { cmp } from "#kernel/apimachinery/quantity";
import type { Client } from "#kernel/registry/client";
import type { Registry } from "#kernel/registry/registry";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import {
  findMatchingVolume,
  isPromisedTo,
  isReachable,
  volumeClass,
} from "#kernel/resources/core/persistentvolume.facts";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import {
  BOUND_BY_CONTROLLER,
  claimClass,
  claimsOfPod,
  isClaimBound,
  type MountedClaim,
  requestedStorage,
  SELECTED_NODE,
} from "#kernel/resources/core/persistentvolumeclaim.facts";
import { csidrivers } from "#kernel/resources/storage/csidriver";
import { csistoragecapacities } from "#kernel/resources/storage/csistoragecapacity";
import { isDelayedClass, NO_PROVISIONER } from "#kernel/resources/storage/storageclass.facts";
import { type NodeFilter, type Plugin, type Rejection, rejects, rejectsForGood } from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { type Reader, readerOf } from "#kernel/scheduler/plugins/volumes";
import { snapshots } from "#kernel/scheduler/snapshot";

const NAME = "VolumeBinding";
const ELSEWHERE = rejectsForGood(NAME, "node(s) didn't match PersistentVolume's node affinity");
const NO_VOLUME = rejects(NAME, "node(s) didn't find available persistent volumes to bind");
const NO_SPACE = rejects(NAME, "node(s) did not have enough free storage");
const LOST_VOLUME = rejectsForGood(NAME, "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
const UNBOUND = rejectsForGood(NAME, "pod has unbound immediate PersistentVolumeClaims");

export const volumeBinding: Plugin = {
  name: NAME,
  events: ["NodeAdd", "NodeLabel", "VolumeChange"],

  filter({ pod }, { registry }) {
    const wanted = claimsOfPod(pod);
    if (wanted.length === 0) return undefined;
    const reader = readerOf(registry);
    const checks: NodeFilter[] = [];
    const unbound: PersistentVolumeClaim[] = [];
    let hasUnbound = false;
    for (const one of wanted) {
      const claim = reader.claim(pod.metadata.namespace ?? "", one.name);
      const refusal = refusalOf(pod, one, claim);
      if (refusal !== undefined || claim === undefined) return refusal;
      if (isClaimBound(claim)) checks.push(checkBound(reader, claim));
      else if (isDelayedClass(reader.storageClass(claimClass(claim)))) unbound.push(claim);
      else hasUnbound = true;
    }
    if (hasUnbound) return UNBOUND;
    if (unbound.length > 0) checks.push(checkUnbound(registry, reader, unbound));
    return { check: (node) => firstRejection(checks, node) };
  },

  preBind: (client, pod, node) =>
    // Every claim is seen to, so that none waits for another.
    claimsOfPod(pod).reduce((isReady, { name }) => prepareClaim(client, pod, name, node) && isReady, true),
};

function firstRejection(checks: readonly NodeFilter[], node: NodeInfo): Rejection | undefined {
  for (const check of checks) {
    const rejection = check(node);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

/** Why a claim can be mounted nowhere. */
function refusalOf(
  pod: Pod,
  { name, isEphemeral }: MountedClaim,
  claim: PersistentVolumeClaim | undefined,
): Rejection | undefined {
  const quoted = `persistentvolumeclaim "${name}"`;
  if (claim === undefined) {
    const waiting = `waiting for ephemeral volume controller to create the ${quoted}`;
    return rejectsForGood(NAME, isEphemeral ? waiting : `${quoted} not found`);
  }
  if (claim.status?.phase === "Lost") {
    return rejectsForGood(NAME, `${quoted} bound to non-existent persistentvolume "${claim.spec.volumeName ?? ""}"`);
  }
  if (claim.metadata.deletionTimestamp !== undefined) return rejectsForGood(NAME, `${quoted} is being deleted`);
  if (isEphemeral && !isControlledBy(claim, pod)) {
    const { namespace = "" } = claim.metadata;
    return rejectsForGood(
      NAME,
      `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
    );
  }
  return undefined;
}

function checkBound(reader: Reader, claim: PersistentVolumeClaim): NodeFilter {
  const volume = reader.volume(claim.spec.volumeName ?? "");
  if (volume === undefined) return () => LOST_VOLUME;
  return (node) => (isReachable(volume, node) ? undefined : ELSEWHERE);
}

/** For each claim there must be a volume of its own that the node can use, or one that can be made there. */
function checkUnbound(registry: Registry, reader: Reader, claims: readonly PersistentVolumeClaim[]): NodeFilter {
  const sorted = [...claims].sort((a, b) => cmp(requestedStorage(a), requestedStorage(b)));
  const all = (registry.store.list(persistentvolumes.bucket) as readonly PersistentVolume[]).filter((volume) =>
    sorted.some((claim) => isCandidate(volume, claim)),
  );
  return (node) => {
    let left = all;
    for (const claim of sorted) {
      const selected = claim.metadata.annotations?.[SELECTED_NODE];
      if (selected !== undefined && selected !== node.name) return NO_VOLUME;
      const volume = findMatchingVolume(claim, left, { node, isDelayed: true });
      if (volume !== undefined) left = left.filter((one) => one !== volume);
      else {
        const rejection = checkMakeable(registry, claim, reader.storageClass(claimClass(claim)), node);
        if (rejection !== undefined) return rejection;
      }
    }
    return undefined;
  };
}

/** True if the volume is free or promised to the claim, whatever else it is. */
const isCandidate = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  volume.spec.claimRef === undefined ? volumeClass(volume) === claimClass(claim) : isPromisedTo(volume, claim);

function checkMakeable(
  registry: Registry,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass | undefined,
  node: NodeInfo,
): Rejection | undefined {
  const provisioner = storageClass?.provisioner ?? "";
  if (storageClass === undefined || provisioner === "" || provisioner === NO_PROVISIONER) return NO_VOLUME;
  const { allowedTopologies: terms = [] } = storageClass;
  const isAllowed = ({ matchLabelExpressions = [] }: (typeof terms)[number]): boolean =>
    matchLabelExpressions.every(({ key, values }) => values.includes(node.labels[key] ?? ""));
  if (terms.length > 0 && !terms.some(isAllowed)) return NO_VOLUME;
  return hasSpace(registry, storageClass, requestedStorage(claim), node) ? undefined : NO_SPACE;
}

/** A driver that reports how much it can make is believed. */
function hasSpace({ store }: Registry, storageClass: StorageClass, size: string, node: NodeInfo): boolean {
  const key = { namespace: "", name: storageClass.provisioner };
  const driver = store.get(csidrivers.bucket, key) as CSIDriver | undefined;
  if (driver?.spec.storageCapacity !== true) return true;
  return (store.list(csistoragecapacities.bucket) as readonly CSIStorageCapacity[]).some(
    ({ storageClassName, capacity, maximumVolumeSize, nodeTopology }) =>
      storageClassName === storageClass.metadata.name &&
      cmp(maximumVolumeSize ?? capacity ?? "0", size) >= 0 &&
      nodeTopology !== undefined &&
      matches(nodeTopology, node.labels),
  );
}

/** Gives an unbound claim a volume the node reaches, or says where one is wanted; true once the claim is bound. */
function prepareClaim(client: Client, pod: Pod, name: string, node: string): boolean {
  const claim = client.get(persistentvolumeclaims, { namespace: pod.metadata.namespace ?? "", name });
  if (claim === undefined) return false;
  if (isClaimBound(claim)) return true;
  const found = client.registry.views.of(snapshots).node(node);
  // Once a node is chosen the volume is being made.
  const isPlaced = claim.metadata.annotations?.[SELECTED_NODE] !== undefined;
  const volume =
    found && !isPlaced
      ? findMatchingVolume(claim, client.list(persistentvolumes), { node: found, isDelayed: true })
      : undefined;
  if (volume !== undefined) promiseVolume(client, volume, claim);
  else if (claim.metadata.annotations?.[SELECTED_NODE] !== node) {
    const annotations = { ...claim.metadata.annotations, [SELECTED_NODE]: node };
    client.update(persistentvolumeclaims, { ...claim, metadata: { ...claim.metadata, annotations } });
  }
  return false;
}

function promiseVolume(client: Client, volume: PersistentVolume, { metadata }: PersistentVolumeClaim): void {
  if (volume.spec.claimRef !== undefined) return;
  const { namespace = "", name, uid, resourceVersion } = metadata;
  const claimRef = { kind: "PersistentVolumeClaim", namespace, name, uid, apiVersion: "v1", resourceVersion };
  const annotations = { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: "yes" };
  client.update(persistentvolumes, {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: { ...volume.spec, claimRef },
  });
}
