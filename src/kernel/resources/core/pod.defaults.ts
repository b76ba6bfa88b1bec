/**
 * What the server fills in where a pod or a template leaves it out.
 *
 * Models pkg/apis/core/v1/defaults.go and zz_generated.defaults.go.
 */

import type {
  Container,
  ContainerPort,
  EphemeralContainer,
  HTTPGetAction,
  ObjectFieldSelector,
  PersistentVolumeSpec,
  Pod,
  PodSpec,
  Probe,
  ResourceRequirements,
  Volume,
  VolumeProjection,
} from "#kernel/api/types.gen";
import { canonicalResource } from "#kernel/apimachinery/quantity";
import { allContainers, isPodLevelResource, sumOfLimits, sumOfRequests } from "#kernel/resources/core/pod.facts";
import { isHugePages, isOvercommitAllowed } from "#kernel/resources/core/pod.validate.resources";

type ResourceList = Record<string, string>;

/** Completes a Pod, which is its own copy. */
export function defaultPod({ spec }: Pod): void {
  defaultPodSpec(spec);
  for (const { resources } of [...spec.containers, ...(spec.initContainers ?? [])]) {
    if (resources?.limits !== undefined) resources.requests = { ...resources.limits, ...resources.requests };
  }
  defaultPodResources(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) {
    for (const { ports } of [...spec.containers, ...(spec.initContainers ?? [])]) defaultHostPorts(ports);
  }
}

/** On the node's network every port is a port of the node. */
function defaultHostPorts(ports: ContainerPort[] | undefined): void {
  for (const port of ports ?? []) if ((port.hostPort ?? 0) === 0) port.hostPort = port.containerPort;
}

/** Completes the spec of a pod or of a template, which is its own copy. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.containers ??= [];
  if ((spec.dnsPolicy ?? "") === "") spec.dnsPolicy = "ClusterFirst";
  if ((spec.restartPolicy ?? "") === "") spec.restartPolicy = "Always";
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  if ((spec.schedulerName ?? "") === "") spec.schedulerName = "default-scheduler";
  syncServiceAccount(spec);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of allContainers(spec)) defaultContainer(container);
  if (spec.overhead !== undefined) spec.overhead = rounded(spec.overhead);
  roundResources(spec.resources);
}

/** The old field always says what the new one says. */
function syncServiceAccount(spec: PodSpec): void {
  const name = (spec.serviceAccountName ?? "") === "" ? (spec.serviceAccount ?? "") : spec.serviceAccountName;
  if (name === undefined || name === "") return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

function rounded(list: ResourceList): ResourceList {
  return Object.fromEntries(Object.entries(list).map(([name, quantity]) => [name, canonicalResource(quantity)]));
}

function roundResources(resources: ResourceRequirements | undefined): void {
  if (resources?.limits !== undefined) resources.limits = rounded(resources.limits);
  if (resources?.requests !== undefined) resources.requests = rounded(resources.requests);
}

const orElse = (value: number | undefined, otherwise: number): number =>
  value === undefined || value === 0 ? otherwise : value;

function defaultContainer(container: Container | EphemeralContainer): void {
  if ((container.imagePullPolicy ?? "") === "") container.imagePullPolicy = pullPolicyFor(container.image ?? "");
  if ((container.terminationMessagePath ?? "") === "") container.terminationMessagePath = "/dev/termination-log";
  if ((container.terminationMessagePolicy ?? "") === "") container.terminationMessagePolicy = "File";
  for (const port of container.ports ?? []) if ((port.protocol ?? "") === "") port.protocol = "TCP";
  for (const { valueFrom } of container.env ?? []) defaultFieldRef(valueFrom?.fieldRef);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) defaultProbe(probe);
  for (const hook of [container.lifecycle?.postStart, container.lifecycle?.preStop]) defaultHttpGet(hook?.httpGet);
  roundResources(container.resources);
}

/** Gives Always for an image without a tag or tagged `latest`, IfNotPresent for every other. */
export function pullPolicyFor(image: string): "Always" | "IfNotPresent" {
  // One that cannot be parsed has no tag.
  const [name = "", digest] = image.split("@");
  if (!isReference(name) || (digest !== undefined && !DIGEST.test(digest))) return "IfNotPresent";
  const last = name.slice(name.lastIndexOf("/") + 1);
  const colon = last.indexOf(":");
  if (colon < 0) return digest === undefined ? "Always" : "IfNotPresent";
  return last.slice(colon + 1) === "latest" ? "Always" : "IfNotPresent";
}

const path = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const host = "(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
const reference = new RegExp(`^(?:${host}/)?${path}(?:/${path})*(?::[\\w][\\w.-]{0,127})?$`);

const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

const isReference = (name: string): boolean => reference.test(name);

function defaultFieldRef(ref: ObjectFieldSelector | undefined): void {
  if (ref !== undefined && (ref.apiVersion ?? "") === "") ref.apiVersion = "v1";
}

function defaultHttpGet(get: HTTPGetAction | undefined): void {
  if (get === undefined) return;
  if ((get.path ?? "") === "") get.path = "/";
  if ((get.scheme ?? "") === "") get.scheme = "HTTP";
}

function defaultProbe(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds = orElse(probe.timeoutSeconds, 1);
  probe.periodSeconds = orElse(probe.periodSeconds, 10);
  probe.successThreshold = orElse(probe.successThreshold, 1);
  probe.failureThreshold = orElse(probe.failureThreshold, 3);
  defaultHttpGet(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= "";
}

const DEFAULT_MODE = 0o644;
const TOKEN_SECONDS = 3600;

function defaultVolume(volume: Volume): void {
  const { name: _, ...sources } = volume;
  if (Object.values(sources).every((source) => source === undefined)) volume.emptyDir = {};
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected]) {
    if (source !== undefined) source.defaultMode ??= DEFAULT_MODE;
  }
  if (volume.hostPath !== undefined) volume.hostPath.type ??= "";
  if (volume.image !== undefined && (volume.image.pullPolicy ?? "") === "") {
    volume.image.pullPolicy = pullPolicyFor(volume.image.reference ?? "");
  }
  for (const { fieldRef } of volume.downwardAPI?.items ?? []) defaultFieldRef(fieldRef);
  for (const projection of volume.projected?.sources ?? []) defaultProjection(projection);
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claim !== undefined) claim.volumeMode ??= "Filesystem";
  defaultRemoteVolume(volume);
}

type RemoteVolume = Pick<Volume | PersistentVolumeSpec, "iscsi" | "rbd" | "azureDisk" | "scaleIO">;

function defaultProjection({ downwardAPI, serviceAccountToken }: VolumeProjection): void {
  for (const { fieldRef } of downwardAPI?.items ?? []) defaultFieldRef(fieldRef);
  if (serviceAccountToken !== undefined) serviceAccountToken.expirationSeconds ??= TOKEN_SECONDS;
}

/** Completes the volumes of systems outside of the cluster, in pods and as persistent ones. */
export function defaultRemoteVolume({ iscsi, rbd, azureDisk, scaleIO }: RemoteVolume): void {
  if (iscsi !== undefined && (iscsi.iscsiInterface ?? "") === "") iscsi.iscsiInterface = "default";
  if (rbd !== undefined) {
    if ((rbd.pool ?? "") === "") rbd.pool = "rbd";
    if ((rbd.user ?? "") === "") rbd.user = "admin";
    if ((rbd.keyring ?? "") === "") rbd.keyring = "/etc/ceph/keyring";
  }
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= "ReadWrite";
    azureDisk.kind ??= "Shared";
    azureDisk.fsType ??= "ext4";
    azureDisk.readOnly ??= false;
  }
  if (scaleIO !== undefined) {
    if ((scaleIO.storageMode ?? "") === "") scaleIO.storageMode = "ThinProvisioned";
    if ((scaleIO.fsType ?? "") === "") scaleIO.fsType = "xfs";
  }
}

/** Completes resources of the whole pod from those of its containers; only where the pod names some itself. */
function defaultPodResources(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const isPartly = Object.keys(resources.limits ?? {}).length + Object.keys(resources.requests ?? {}).length > 0;
  if (isPartly)
    addTo(resources, "limits", sumOfLimits(spec), (name) => {
      return isHugePages(name) && resources.requests?.[name] === undefined;
    });
  if (Object.keys(resources.limits ?? {}).length > 0) {
    addTo(resources, "requests", sumOfRequests(spec), (name) => isPodLevelResource(name) && isOvercommitAllowed(name));
    addTo(resources, "requests", resources.limits ?? {}, isPodLevelResource);
  } else if (Object.keys(resources.requests ?? {}).some(isPodLevelResource)) {
    addTo(resources, "limits", sumOfLimits(spec), (name) => {
      return isPodLevelResource(name) && isOvercommitAllowed(name) && allLimit(spec, name);
    });
  }
}

function addTo(
  resources: ResourceRequirements,
  which: "limits" | "requests",
  amounts: ResourceList,
  concerns: (name: string) => boolean,
): void {
  const own = resources[which] ?? {};
  const missing = Object.entries(amounts).filter(([name]) => own[name] === undefined && concerns(name));
  if (missing.length > 0) resources[which] = { ...own, ...Object.fromEntries(missing) };
}

const allLimit = ({ containers, initContainers = [] }: PodSpec, name: string): boolean =>
  [...containers, ...initContainers].every(({ resources }) => resources?.limits?.[name] !== undefined);
