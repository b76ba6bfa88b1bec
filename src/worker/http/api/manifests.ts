/**
 * Manifests: the objects of a cluster as somebody would have written them, for `kubectl apply` on an empty cluster.
 *
 * What a server or a controller made is left out, and of the rest every field that a server sets.
 */
import { stringify } from "yaml";
import { Cluster } from "#kernel/cluster/cluster";
import type { Row } from "#kernel/cluster/journal";
import { exportCluster } from "#kernel/cluster/snapshot";
import type { KubeObject } from "#kernel/store/object";

/** Kinds that only tell what happened, or stand for machines. */
const NEVER = new Set([
  "events",
  "events.events.k8s.io",
  "endpoints",
  "endpointslices.discovery.k8s.io",
  "leases.coordination.k8s.io",
  "nodes",
  "csinodes.storage.k8s.io",
  "ipaddresses.networking.k8s.io",
  "controllerrevisions.apps",
  "volumeattachments.storage.k8s.io",
]);

/** What controllers make in every namespace. */
const IN_EVERY_NAMESPACE = new Set(["serviceaccounts/default", "configmaps/kube-root-ca.crt"]);

let builtIn: ReadonlySet<string> | undefined;

/** What every cluster has from its first moment, looked up in one that was just made. */
function builtInIds(): ReadonlySet<string> {
  const components = { scheduler: true, controllerManager: true, kubelet: true };
  builtIn ??= new Set(
    exportCluster(
      Cluster.create(
        { seed: "", machines: [{ name: "node-1" }], components, authorization: "RBAC", latency: "none" },
        0,
      ),
    ).rows.map(idOf),
  );
  return builtIn;
}

const idOf = ({ bucket, namespace, name }: Pick<Row, "bucket" | "namespace" | "name">): string =>
  `${bucket}/${namespace}/${name}`;

/** Namespaces come before what lives in them, and what pods mount before the pods. */
const ORDER = ["namespaces", "serviceaccounts", "configmaps", "secrets", "persistentvolumeclaims", "services"];

const SERVER_SET_METADATA = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
];
const SERVER_SET_ANNOTATIONS = [
  "deployment.kubernetes.io/revision",
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.daemonset.template.generation",
  "pv.kubernetes.io/bind-completed",
  "pv.kubernetes.io/bound-by-controller",
  "volume.beta.kubernetes.io/storage-provisioner",
  "volume.kubernetes.io/selected-node",
  "volume.kubernetes.io/storage-provisioner",
];
const SERVER_SET_FINALIZERS = [
  "networking.k8s.io/service-cidr-finalizer",
  "kubernetes.io/pv-protection",
  "kubernetes.io/pvc-protection",
  "kubernetes.io/vac-protection",
];

/** The other side of a binding was chosen by the binder, not by the user. */
const BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";
/** A volume that was made for a claim is made again for it. */
const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

type Json = Readonly<Record<string, unknown>>;

/** A stream of YAML documents; empty text if nobody has written anything. */
export function manifestsOf(rows: readonly Row[]): string {
  const place = (bucket: string): number => (ORDER.includes(bucket) ? ORDER.indexOf(bucket) : ORDER.length);
  return rows
    .filter((row) => row.json !== null && !NEVER.has(row.bucket) && !builtInIds().has(idOf(row)))
    .map(({ bucket, json }) => ({ bucket, object: JSON.parse(json ?? "{}") as KubeObject }))
    .filter(({ bucket, object }) => isWritten(bucket, object))
    .sort((a, b) => place(a.bucket) - place(b.bucket))
    .map(({ bucket, object }) =>
      stringify(asWritten(bucket, object), { version: "1.1", lineWidth: 0, sortMapEntries: true }),
    )
    .join("---\n");
}

function isWritten(bucket: string, object: KubeObject): boolean {
  const { ownerReferences = [], deletionTimestamp, name, annotations } = object.metadata;
  if (annotations?.[PROVISIONED_BY] !== undefined) return false;
  return (
    ownerReferences.length === 0 && deletionTimestamp === undefined && !IN_EVERY_NAMESPACE.has(`${bucket}/${name}`)
  );
}

/** An object without what the server sets. */
function asWritten(bucket: string, object: KubeObject): Json {
  const { status: _, metadata, apiVersion, kind, ...rest } = object as unknown as Json & { metadata: Json };
  const given = (metadata["annotations"] ?? {}) as Json;
  const annotations = without(given, SERVER_SET_ANNOTATIONS);
  const finalizers = ((metadata["finalizers"] ?? []) as string[]).filter(
    (name) => !SERVER_SET_FINALIZERS.includes(name),
  );
  const labels = without((metadata["labels"] ?? {}) as Json, ["kubernetes.io/metadata.name"]);
  const written = {
    ...without(metadata, [...SERVER_SET_METADATA, "annotations", "finalizers", "labels"]),
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(finalizers.length > 0 && { finalizers }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
  const head = { apiVersion, kind, metadata: written };
  return { ...head, ...(STRIPPED[bucket]?.(rest, given) ?? rest) };
}

/** Fields of a spec that the server chose: addresses, ports, the node a pod went to. */
const STRIPPED: Readonly<Record<string, (rest: Json, annotations: Json) => Json>> = {
  namespaces: (rest) => without(rest, ["spec"]),
  services: (rest) => inSpec(rest, stripService),
  pods: (rest) => inSpec(rest, stripPod),
  persistentvolumeclaims: (rest, annotations) =>
    inSpec(rest, (spec) => (BOUND_BY_CONTROLLER in annotations ? without(spec, ["volumeName"]) : spec)),
  persistentvolumes: (rest, annotations) => inSpec(rest, (spec) => stripVolume(spec, annotations)),
};

const inSpec = (rest: Json, change: (spec: Json) => Json): Json => ({
  ...rest,
  spec: change((rest["spec"] ?? {}) as Json),
});

function stripService(spec: Json): Json {
  const isHeadless = spec["clusterIP"] === "None";
  const kept = without(spec, [...(isHeadless ? [] : ["clusterIP", "clusterIPs"]), "healthCheckNodePort", "ipFamilies"]);
  // A node port is part of what a NodePort Service promises; that of a load balancer is an inner matter.
  if (spec["type"] !== "LoadBalancer") return kept;
  const ports = (spec["ports"] ?? []) as readonly Json[];
  return { ...kept, ports: ports.map((port) => without(port, ["nodePort"])) };
}

/** A promise of the binder goes; of one the user made remains the name of the claim. */
function stripVolume(spec: Json, annotations: Json): Json {
  const { claimRef, ...rest } = spec;
  if (claimRef === undefined || BOUND_BY_CONTROLLER in annotations) return rest;
  return { ...rest, claimRef: without(claimRef as Json, ["uid", "resourceVersion"]) };
}

/** The token every pod gets, its node, and the tolerations the server adds. */
function stripPod(spec: Json): Json {
  const isToken = (name: unknown): boolean => typeof name === "string" && name.startsWith("kube-api-access-");
  const list = (value: unknown): readonly Json[] => (value ?? []) as readonly Json[];
  const bare = (container: Json): Json => {
    const mounts = list(container["volumeMounts"]).filter(({ name }) => !isToken(name));
    return { ...without(container, ["volumeMounts"]), ...(mounts.length > 0 && { volumeMounts: mounts }) };
  };
  const volumes = list(spec["volumes"]).filter(({ name }) => !isToken(name));
  const tolerations = list(spec["tolerations"]).filter(({ key }) => !String(key).startsWith("node.kubernetes.io/"));
  const initContainers = list(spec["initContainers"]).map(bare);
  return {
    ...without(spec, ["nodeName", "serviceAccount", "volumes", "tolerations", "priority", "preemptionPolicy"]),
    containers: list(spec["containers"]).map(bare),
    ...(initContainers.length > 0 && { initContainers }),
    ...(volumes.length > 0 && { volumes }),
    ...(tolerations.length > 0 && { tolerations }),
  };
}

const without = (record: Json, names: readonly string[]): Json =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
