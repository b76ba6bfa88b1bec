/**
 * Whether a volume is well formed, and whether it may become what an update makes of it.
 *
 * Models pkg/apis/core/validation (ValidatePersistentVolumeSpec, ValidatePersistentVolumeUpdate).
 */
import type { CSIPersistentVolumeSource, PersistentVolume, PersistentVolumeSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";
import { cmp } from "#kernel/apimachinery/quantity";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { specDiff } from "#kernel/resources/core/pod.diff";
import { validateNodeSelector } from "#kernel/resources/core/pod.validate.affinity";
import {
  mustBeGiven,
  mustBeOneOf,
  mustFit,
  mustNotStepBack,
  positiveText,
} from "#kernel/resources/core/pod.validate.fields";
import { validateQuantityValue } from "#kernel/resources/core/pod.validate.resources";
import { HOST_PATH_TYPES } from "#kernel/resources/core/pod.validate.volume";
import { REMOTE_SOURCES } from "#kernel/resources/core/pod.validate.volume.remote";

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

/** Adds an error for each wrong part of a volume's spec; one inside a VolumeAttachment may say less. */
export function validateVolumeSpec(
  spec: PersistentVolumeSpec,
  { name, isInline }: { readonly name: string; readonly isInline: boolean },
  at: At,
): void {
  if (isInline) validateInline(spec, at);
  validateModes(spec, at);
  if (!isInline) validateCapacity(spec.capacity, at);
  const { persistentVolumeReclaimPolicy: policy = "", nodeAffinity, storageClassName = "", volumeMode } = spec;
  if (policy !== "" && !isInline) mustBeOneOf(at("persistentVolumeReclaimPolicy"), policy, RECLAIM_POLICIES);
  if (nodeAffinity !== undefined) {
    const { required } = nodeAffinity;
    if (required === undefined) at("nodeAffinity.required").required("must specify required node constraints");
    else validateNodeSelector(required, at.under("nodeAffinity.required"));
  }
  validateSources(spec, name, at);
  if (spec.hostPath !== undefined && /^\/*$/.test(spec.hostPath.path) && policy === "Recycle") {
    at("persistentVolumeReclaimPolicy").forbidden("may not be 'recycle' for a hostPath mount of '/'");
  }
  if (storageClassName !== "" && !isInline) mustFit(at("storageClassName"), storageClassName, dns1123Subdomain);
  if (volumeMode !== undefined && !isInline) mustBeOneOf(at("volumeMode"), volumeMode, ["Block", "Filesystem"]);
  validateAttributesClass(spec, at);
}

/** What a volume that is no object of its own must not say. */
function validateInline(spec: PersistentVolumeSpec, at: At): void {
  const says = "may not be specified in the context of inline volumes";
  for (const field of ["claimRef", "capacity", "volumeMode"] as const) {
    const value = spec[field];
    if (value !== undefined && (field !== "capacity" || Object.keys(value).length > 0)) at(field).forbidden(says);
  }
  if (spec.csi === undefined) at("csi").required(says);
  if ((spec.persistentVolumeReclaimPolicy ?? "") !== "") at("persistentVolumeReclaimPolicy").forbidden(says);
  if ((spec.storageClassName ?? "") !== "") at("storageClassName").forbidden(says);
}

function validateModes({ accessModes = [] }: PersistentVolumeSpec, at: At): void {
  if (accessModes.length === 0) at("accessModes").required();
  for (const mode of accessModes) mustBeOneOf(at("accessModes"), mode, ACCESS_MODES);
  const known = accessModes.filter((mode) => ACCESS_MODES.includes(mode));
  if (known.includes("ReadWriteOncePod") && known.some((mode) => mode !== "ReadWriteOncePod")) {
    at("accessModes").forbidden("may not use ReadWriteOncePod with other access modes");
  }
}

function validateCapacity(capacity: Readonly<Record<string, string>> = {}, at: At): void {
  const names = Object.keys(capacity);
  if (names.length === 0) at("capacity").required();
  if (capacity["storage"] === undefined || names.length > 1) at("capacity").notSupported(capacity, ["storage"]);
  for (const [name, amount] of Object.entries(capacity)) {
    validateQuantityValue(name, amount, at(`capacity[${name}]`));
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
  for (const field of more) at(field).forbidden("may not specify more than 1 volume type");
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
  else {
    const checks = REMOTE_SOURCES as Readonly<Record<string, ((source: unknown, at: At) => void) | undefined>>;
    const path = field === "gcePersistentDisk" ? "persistentDisk" : field;
    checks[field]?.(spec[field], at.under(path));
    if (iscsi?.initiatorName === undefined || `${name}:${iscsi.targetPortal}`.length <= 64) return;
    const most = "must be under 64 characters if iscsi.initiatorName is specified.";
    at("metadata.name").invalid(name, `Total length of <volume name>:<iscsi.targetPortal> ${most}`);
  }
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
    mustBeGiven(at(`${field}.name`), secret.name);
    mustBeGiven(at(`${field}.namespace`), secret.namespace);
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
    const diff = specDiff(was, is, "core.PersistentVolumeSource");
    at("spec.persistentvolumesource").forbidden(`${says}\n${diff}`);
  }
  at("volumeMode").immutable(volume.spec.volumeMode, old.spec.volumeMode);
  if (old.spec.nodeAffinity !== undefined) {
    at("nodeAffinity").immutable(volume.spec.nodeAffinity, old.spec.nodeAffinity);
  }
  const { volumeAttributesClassName: name } = volume.spec;
  if (old.spec.volumeAttributesClassName === undefined || name !== undefined) return;
  at("spec.volumeAttributesClassName").forbidden("update from non-nil value to nil is forbidden");
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
