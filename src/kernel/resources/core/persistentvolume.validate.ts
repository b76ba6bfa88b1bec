/**
 * Whether a volume is well formed, and whether it may become what an update makes of it.
 *
 * Models pkg/apis/core/validation (ValidatePersistentVolumeSpec, ValidatePersistentVolumeUpdate).
 */
import type {
  CSIPersistentVolumeSource,
  NodeSelector,
  PersistentVolume,
  PersistentVolumeSpec,
  VolumeNodeAffinity,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";
import { cmp } from "#kernel/apimachinery/quantity";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { printedNodeSelector } from "#kernel/resources/core/node.selector.printed";
import { specDiff } from "#kernel/resources/core/pod.diff";
import { validateNodeSelector } from "#kernel/resources/core/pod.validate.affinity";
import {
  mustBeGiven,
  mustBeOneOf,
  mustFit,
  mustNotStepBack,
  positiveText,
} from "#kernel/resources/core/pod.validate.fields";
import { validateBasicResource } from "#kernel/resources/core/pod.validate.resources";
import { HOST_PATH_TYPES } from "#kernel/resources/core/pod.validate.volume";
import { REMOTE_SOURCES, validateVolumeIscsi } from "#kernel/resources/core/pod.validate.volume.remote";

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const RECLAIM_POLICIES = ["Delete", "Recycle", "Retain"];
const DRIVER_BYTES_MAX = 63;

/** Where a volume's data are, in the order upstream looks at them. */
const SOURCES = [
  ...(["hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd"] as const),
  ...(["quobyte", "cephfs", "iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume"] as const),
  ...(["photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO", "local", "storageos", "csi"] as const),
];

/** The field that says where a volume's data are. */
export type VolumeSourceName = (typeof SOURCES)[number];

/** The source a volume names; undefined if it names none. */
export const volumeSource = (spec: PersistentVolumeSpec): VolumeSourceName | undefined =>
  SOURCES.find((field) => spec[field] !== undefined);

/** Adds an error for each wrong part of a volume. */
export function validateVolume({ metadata, spec }: PersistentVolume, at: At): void {
  validateVolumeSpec(spec, { name: metadata.name, isInline: false }, at.under("spec"));
}

const INLINE = "in the context of inline volumes";
const NOT_INLINE = `may not be specified ${INLINE}`;

/** Adds an error for each wrong part of a volume's spec; one inside a VolumeAttachment may say less. */
export function validateVolumeSpec(
  spec: PersistentVolumeSpec,
  { name, isInline }: { readonly name: string; readonly isInline: boolean },
  at: At,
): void {
  if (isInline) validateInline(spec, at);
  validateModes(spec, at);
  if (!isInline) validateCapacity(spec.capacity, at);
  const { persistentVolumeReclaimPolicy: policy = "", storageClassName = "", volumeMode } = spec;
  if (policy !== "" && !isInline) mustBeOneOf(at("persistentVolumeReclaimPolicy"), policy, RECLAIM_POLICIES);
  if (policy !== "" && isInline && policy !== "Retain") {
    at("persistentVolumeReclaimPolicy").forbidden(`may only be Retain ${INLINE}`);
  }
  validateNodeAffinity(spec, isInline, at);
  validateSources(spec, name, at);
  if (spec.hostPath !== undefined && isRoot(spec.hostPath.path) && policy === "Recycle") {
    at("persistentVolumeReclaimPolicy").forbidden("may not be 'recycle' for a hostPath mount of '/'");
  }
  if (storageClassName !== "") {
    if (isInline) at("storageClassName").forbidden(NOT_INLINE);
    else mustFit(at("storageClassName"), storageClassName, dns1123Subdomain);
  }
  if (volumeMode !== undefined) {
    if (!isInline) mustBeOneOf(at("volumeMode"), volumeMode, ["Block", "Filesystem"]);
    else if (volumeMode !== "Filesystem") {
      at("volumeMode").forbidden(`may not specify volumeMode other than Filesystem ${INLINE}`);
    }
  }
  validateAttributesClass(spec, at);
}

/** True if nothing but the root is left of the path once it is cleaned. */
const isRoot = (path: string): boolean =>
  path.startsWith("/") && path.split("/").every((part) => /^\.{0,2}$/.test(part));

/** What a volume that is no object of its own must not say. */
function validateInline({ claimRef, capacity = {}, csi }: PersistentVolumeSpec, at: At): void {
  if (claimRef !== undefined) at("claimRef").forbidden(NOT_INLINE);
  if (Object.keys(capacity).length > 0) at("capacity").forbidden(NOT_INLINE);
  if (csi === undefined) at("csi").required(`has to be specified ${INLINE}`);
}

function validateNodeAffinity({ nodeAffinity }: PersistentVolumeSpec, isInline: boolean, at: At): void {
  if (nodeAffinity === undefined) return;
  const { required } = nodeAffinity;
  if (isInline) at("nodeAffinity").forbidden(NOT_INLINE);
  else if (required === undefined) at("nodeAffinity.required").required("must specify required node constraints");
  else validateNodeSelector(required, at.under("nodeAffinity.required"));
}

function validateModes({ accessModes = [] }: PersistentVolumeSpec, at: At): void {
  if (accessModes.length === 0) at("accessModes").required();
  for (const mode of accessModes) mustBeOneOf(at("accessModes"), mode, ACCESS_MODES);
  const known = accessModes.filter((mode) => ACCESS_MODES.includes(mode));
  if (known.includes("ReadWriteOncePod") && known.some((mode) => mode !== "ReadWriteOncePod")) {
    at("accessModes").forbidden("may not use ReadWriteOncePod with other access modes");
  }
}

function validateCapacity(capacity: Readonly<Record<string, string>> | undefined, at: At): void {
  const names = Object.keys(capacity ?? {});
  if (names.length === 0) at("capacity").required();
  if (capacity?.["storage"] === undefined || names.length > 1)
    at("capacity").notSupported(capacity ?? null, ["storage"]);
  for (const [name, amount] of Object.entries(capacity ?? {})) {
    validateBasicResource(amount, at(`capacity[${name}]`));
    if (cmp(amount, "0") <= 0) at(`capacity[${name}]`).invalid(amount, positiveText);
  }
}

function validateSources(spec: PersistentVolumeSpec, name: string, at: At): void {
  const [first, ...more] = SOURCES.filter((field) => spec[field] !== undefined);
  if (first === undefined) {
    at("").required("must specify a volume type");
    return;
  }
  validateSource(spec, first, name, at);
  for (const field of more) {
    // Upstream looks at every flexVolume, whatever came before, and spells cephfs otherwise here.
    if (field === "flexVolume") validateSource(spec, field, name, at);
    else at(field === "cephfs" ? "cephFS" : field).forbidden("may not specify more than 1 volume type");
  }
}

function validateSource(spec: PersistentVolumeSpec, field: VolumeSourceName, name: string, at: At): void {
  const { hostPath, local, csi, iscsi } = spec;
  if (field === "hostPath" && hostPath !== undefined) {
    const { path, type } = hostPath;
    if (!mustBeGiven(at("hostPath.path"), path)) return;
    mustNotStepBack(at("hostPath.path"), path);
    if (type !== undefined) mustBeOneOf(at("hostPath.type"), type, HOST_PATH_TYPES);
  } else if (field === "local" && local !== undefined) {
    if (mustBeGiven(at("local.path"), local.path)) mustNotStepBack(at("local.path"), local.path);
    if (spec.nodeAffinity === undefined) at("nodeAffinity").required("Local volume requires node affinity");
  } else if (field === "csi" && csi !== undefined) validateCsi(csi, at.under("csi"));
  else if (field === "iscsi" && iscsi !== undefined) validateVolumeIscsi(iscsi, name, at.under("iscsi"));
  else {
    const checks = REMOTE_SOURCES as Readonly<Record<string, ((source: unknown, at: At) => void) | undefined>>;
    const own = at.under(field === "gcePersistentDisk" ? "persistentDisk" : field);
    checks[field]?.(spec[field], own);
    validateNamespaces(spec, field, own);
  }
}

/** What a volume says beyond what a pod's volume would: in which namespace the secrets and endpoints are. */
function validateNamespaces(spec: PersistentVolumeSpec, field: VolumeSourceName, at: At): void {
  if (field === "cinder" || field === "storageos") {
    const { secretRef } = spec[field] ?? {};
    if (secretRef !== undefined) mustBeGiven(at("secretRef.namespace"), secretRef.namespace);
  }
  if (field === "azureFile" && spec.azureFile?.secretNamespace === "") at("secretNamespace").required();
  const { endpointsNamespace: namespace } = spec.glusterfs ?? {};
  if (field !== "glusterfs" || namespace === undefined) return;
  if (namespace !== "") mustFit(at("endpointsNamespace"), namespace, dns1123Label);
  else at("endpointsNamespace").invalid("", "if the endpointnamespace is set, it must be a valid namespace name");
}

/** Adds an error for what cannot be the name of a storage driver. */
export function validateDriverName(driver: string, at: At): void {
  mustBeGiven(at(""), driver);
  if (byteLength(driver) > DRIVER_BYTES_MAX) at("").tooLong(driver, DRIVER_BYTES_MAX);
  for (const text of dns1123Subdomain(driver.toLowerCase())) at("").invalid(driver, text);
}

function validateCsi(csi: CSIPersistentVolumeSource, at: At): void {
  validateDriverName(csi.driver ?? "", at.under("driver"));
  mustBeGiven(at("volumeHandle"), csi.volumeHandle);
  const secrets = ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef"] as const;
  for (const field of [...secrets, "nodeExpandSecretRef"] as const) {
    const secret = csi[field];
    if (secret === undefined) continue;
    mustBeGiven(at(`${field}.name`), secret.name, dns1123Subdomain);
    mustBeGiven(at(`${field}.namespace`), secret.namespace, dns1123Label);
  }
}

function validateAttributesClass({ volumeAttributesClassName: name, csi }: PersistentVolumeSpec, at: At): void {
  if (name === undefined) return;
  if (name === "") at("volumeAttributesClassName").required("an empty string is disallowed");
  else mustFit(at("volumeAttributesClassName"), name, dns1123Subdomain);
  if (csi === undefined) at("csi").required("has to be specified when using volumeAttributesClassName");
}

/** Adds an error for each change that is not allowed. */
export function validateVolumeUpdate(volume: PersistentVolume, old: PersistentVolume, at: At): void {
  const [was, is] = [sourceOf(old.spec), sourceOf(volume.spec)];
  // The secret for expanding may be named later.
  if (old.spec.csi?.controllerExpandSecretRef === undefined && is.csi !== undefined && was.csi !== undefined) {
    const { controllerExpandSecretRef: _, ...csi } = is.csi;
    is.csi = csi;
  }
  if (!semanticEqual(was, is)) {
    const says = "spec.persistentvolumesource is immutable after creation";
    const diff = specDiff(was, is, "PersistentVolumeSource");
    at("spec.persistentvolumesource").forbidden(`${says}\n${diff}`);
  }
  at("volumeMode").immutable(volume.spec.volumeMode, old.spec.volumeMode);
  if (old.spec.nodeAffinity !== undefined) {
    validateNodeAffinityUpdate(volume.spec.nodeAffinity, old.spec.nodeAffinity, at.under("nodeAffinity"));
  }
  const { volumeAttributesClassName: name } = volume.spec;
  if (old.spec.volumeAttributesClassName === undefined || name !== undefined) return;
  at("spec.volumeAttributesClassName").forbidden("update from non-nil value to nil is forbidden");
}

/** Labels that were renamed when they left beta: a volume may follow. */
const RENAMED: Readonly<Record<string, string>> = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
};

function validateNodeAffinityUpdate(now: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity, at: At): void {
  const renamed = (selector: NodeSelector | undefined, other: NodeSelector | undefined): NodeSelector | undefined =>
    selector && {
      nodeSelectorTerms: selector.nodeSelectorTerms.map((term, t) => ({
        ...term,
        ...(term.matchExpressions && {
          matchExpressions: term.matchExpressions.map((expression, e) => {
            const key = other?.nodeSelectorTerms[t]?.matchExpressions?.[e]?.key;
            return key !== undefined && RENAMED[expression.key] === key ? { ...expression, key } : expression;
          }),
        }),
      })),
    };
  if (now !== undefined && semanticEqual(now.required, renamed(old.required, now.required))) return;
  const printed = now && { Required: now.required === undefined ? null : printedNodeSelector(now.required) };
  at("").invalid(printed, "field is immutable, except for updating from beta label to GA");
}

type Source = Pick<PersistentVolumeSpec, VolumeSourceName>;

function sourceOf(spec: PersistentVolumeSpec): Source {
  const source: Source = {};
  for (const field of SOURCES) if (spec[field] !== undefined) Object.assign(source, { [field]: spec[field] });
  return source;
}

/** A status says nothing that could be wrong, but it belongs to a volume that was stored. */
export function validateVolumeStatus({ metadata }: PersistentVolume, _old: PersistentVolume, at: At): void {
  if ((metadata.resourceVersion ?? "") === "") at("resourceVersion").required();
}
