/**
 * VolumeBinding: a pod goes where its volumes are, or can be made.
 *
 * Models pkg/scheduler/framework/plugins/volumebinding.
 * Leaves out storage capacity (CSIStorageCapacity): simulated storage does not run out.
 */
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import { isControlledBy } from "#kernel/apimachinery/meta";
import { cmp } from "#kernel/apimachinery/quantity";
import type { Client } from "#kernel/registry/client";
import type { Draft } from "#kernel/registry/definition";
import type { Registry } from "#kernel/registry/registry";
import { type NodeFilter, type Plugin, type Rejection, rejects, rejectsForGood } from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { matchesNodeSelector } from "#kernel/scheduler/node-selector";
import type { KubeObject } from "#kernel/store/object";

const NAME = "VolumeBinding";
const ELSEWHERE = rejectsForGood(NAME, "node(s) didn't match PersistentVolume's node affinity");
const NO_VOLUME = rejects(NAME, "node(s) didn't find available persistent volumes to bind");
const LOST_VOLUME = rejectsForGood(NAME, "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
const UNBOUND = rejectsForGood(NAME, "pod has unbound immediate PersistentVolumeClaims");

const BOUND_ANNOTATION = "pv.kubernetes.io/bind-completed";
const SELECTED_NODE_ANNOTATION = "volume.kubernetes.io/selected-node";
const NO_PROVISIONER = "kubernetes.io/no-provisioner";

const CLAIMS = { group: "", version: "v1", kind: "PersistentVolumeClaim" };
const VOLUMES = { group: "", version: "v1", kind: "PersistentVolume" };
const CLASSES = { group: "storage.k8s.io", version: "v1", kind: "StorageClass" };

/** The kinds whose changes may help a pod that waits for its volumes. */
export const VOLUME_KINDS: readonly string[] = [CLAIMS, VOLUMES, CLASSES].map(({ kind }) => kind);

/** An object of a kind the cluster may or may not serve. */
function read<T extends KubeObject>(
  registry: Registry,
  gvk: typeof CLAIMS,
  namespace: string,
  name: string,
): T | undefined {
  const resource = registry.resourceOfKind(gvk);
  return resource === undefined
    ? undefined
    : (registry.store.get(resource.bucket, { namespace, name }) as T | undefined);
}

/** A claim a pod mounts. */
interface Wanted {
  readonly name: string;
  readonly isEphemeral: boolean;
}

function wantedBy({ metadata, spec }: Pod): Wanted[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): Wanted[] => {
    if (persistentVolumeClaim !== undefined) return [{ name: persistentVolumeClaim.claimName, isEphemeral: false }];
    return ephemeral === undefined ? [] : [{ name: `${metadata.name}-${name}`, isEphemeral: true }];
  });
}

export const volumeBinding: Plugin = {
  name: NAME,
  events: ["NodeAdd", "NodeLabel", "VolumeChange"],

  filter({ pod }, { registry }) {
    const wanted = wantedBy(pod);
    if (wanted.length === 0) return undefined;
    const checks: NodeFilter[] = [];
    for (const one of wanted) {
      const claim = read<PersistentVolumeClaim>(registry, CLAIMS, pod.metadata.namespace ?? "", one.name);
      const refusal = refusalOf(pod, one, claim);
      if (refusal !== undefined || claim === undefined) return refusal;
      const check = isBound(claim) ? checkBound(registry, claim) : checkUnbound(registry, claim);
      if (check === undefined) return UNBOUND;
      checks.push(check);
    }
    return {
      check(node) {
        for (const check of checks) {
          const rejection = check(node);
          if (rejection !== undefined) return rejection;
        }
        return undefined;
      },
    };
  },

  preBind: (client, pod, node) => wantedBy(pod).every(({ name }) => selectNode(client, pod, name, node)),
};

/** Why a claim can be mounted nowhere. */
function refusalOf(
  pod: Pod,
  { name, isEphemeral }: Wanted,
  claim: PersistentVolumeClaim | undefined,
): Rejection | undefined {
  const quoted = `persistentvolumeclaim "${name}"`;
  if (claim === undefined) {
    const waiting = `waiting for ephemeral volume controller to create the ${quoted}`;
    return rejectsForGood(NAME, isEphemeral ? waiting : `${quoted} not found`);
  }
  if (claim.status?.phase === "Lost") {
    return rejectsForGood(NAME, `${quoted} bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ""}"`);
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

const isBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  (spec?.volumeName ?? "") !== "" && metadata.annotations?.[BOUND_ANNOTATION] !== undefined;

function checkBound(registry: Registry, claim: PersistentVolumeClaim): NodeFilter {
  const volume = read<PersistentVolume>(registry, VOLUMES, "", claim.spec?.volumeName ?? "");
  if (volume === undefined) return () => LOST_VOLUME;
  return (node) => (isReachable(volume, node) ? undefined : ELSEWHERE);
}

function isReachable({ spec }: PersistentVolume, node: NodeInfo): boolean {
  const required = spec?.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Undefined if the claim is to be bound before anybody asks for a node. */
function checkUnbound(registry: Registry, claim: PersistentVolumeClaim): NodeFilter | undefined {
  const { storageClassName = "" } = claim.spec ?? {};
  const storageClass = read<StorageClass>(registry, CLASSES, "", storageClassName);
  if (storageClass?.volumeBindingMode !== "WaitForFirstConsumer") return undefined;
  const selected = claim.metadata.annotations?.[SELECTED_NODE_ANNOTATION];
  if (selected !== undefined) return (node) => (node.name === selected ? undefined : NO_VOLUME);
  const volumes = registry.resourceOfKind(VOLUMES);
  const all = volumes === undefined ? [] : (registry.store.list(volumes.bucket) as readonly PersistentVolume[]);
  const suitable = all.filter((volume) => isSuitable(volume, claim));
  const isProvisioned = storageClass.provisioner !== NO_PROVISIONER;
  return (node) => (isProvisioned || suitable.some((volume) => isReachable(volume, node)) ? undefined : NO_VOLUME);
}

/** True if the volume is free and is what the claim asks for. */
function isSuitable({ metadata, spec, status }: PersistentVolume, { spec: asked }: PersistentVolumeClaim): boolean {
  const modes = asked?.accessModes ?? [];
  const size = asked?.resources?.requests?.storage ?? "0";
  return (
    spec?.claimRef === undefined &&
    status?.phase === "Available" &&
    (spec?.storageClassName ?? "") === (asked?.storageClassName ?? "") &&
    modes.every((mode) => spec?.accessModes?.includes(mode) === true) &&
    cmp(spec?.capacity?.storage ?? "0", size) >= 0 &&
    (asked?.selector === undefined || matches(asked.selector, metadata.labels))
  );
}

/** Says where an unbound claim's volume is wanted; true once the claim is bound. */
function selectNode(client: Client, pod: Pod, name: string, node: string): boolean {
  const { namespace = "" } = pod.metadata;
  const resource = client.registry.resourceOfKind(CLAIMS);
  const claim = read<PersistentVolumeClaim>(client.registry, CLAIMS, namespace, name);
  if (resource === undefined || claim === undefined) return false;
  if (isBound(claim)) return true;
  const { annotations } = claim.metadata;
  if (annotations?.[SELECTED_NODE_ANNOTATION] !== node) {
    const metadata = { ...claim.metadata, annotations: { ...annotations, [SELECTED_NODE_ANNOTATION]: node } };
    client.update(resource, { ...claim, metadata } as Draft<KubeObject>);
  }
  return false;
}
