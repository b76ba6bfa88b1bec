/**
 * Whether a pod's volumes are well formed: names, and exactly one source each.
 *
 * Models pkg/apis/core/validation (ValidateVolumes, validateVolumeSource).
 */

import type { KeyToPath, Volume } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";
import { cmp } from "#kernel/apimachinery/quantity";
import { validateClaimTemplate } from "#kernel/resources/core/persistentvolumeclaim.validate";
import {
  eachAt,
  mustBeFileMode,
  mustBeGiven,
  mustBeOneOf,
  mustFit,
  mustNotStepBack,
} from "#kernel/resources/core/pod.validate.fields";
import {
  validateDownwardFile,
  validateKeyToPath,
  validateProjected,
} from "#kernel/resources/core/pod.validate.volume.projected";
import {
  addressRule,
  isIscsiTooLong,
  REMOTE_SOURCES,
  type SourceChecks,
} from "#kernel/resources/core/pod.validate.volume.remote";

/** The volumes nothing is wrong with, by name: what containers may mount. */
export type ValidVolumes = ReadonlyMap<string, Volume>;

/** What a path of a node may be asked to be. */
export const HOST_PATH_TYPES = [
  ...["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"],
];

/** Adds an error for each wrong volume and gives those that are right; `podName` is empty for a template. */
export function validateVolumes(volumes: readonly Volume[] | undefined, podName: string, at: At): ValidVolumes {
  const valid = new Map<string, Volume>();
  const claims = new Set(
    podName === "" ? [] : volumes?.flatMap(({ name, ephemeral }) => (ephemeral ? [`${podName}-${name}`] : [])),
  );
  for (const [volume, volumeAt] of eachAt(volumes, at)) {
    const before = at.errors.length;
    validateSource(volume, podName, volumeAt);
    mustBeGiven(volumeAt("name"), volume.name, dns1123Label);
    if (valid.has(volume.name)) volumeAt("name").duplicate(volume.name);
    if (at.errors.length === before) valid.set(volume.name, volume);
    const claimName = volume.persistentVolumeClaim?.claimName;
    if (claimName !== undefined && claims.has(claimName)) {
      const rule = "must not reference a PVC that gets created for an ephemeral volume";
      volumeAt("persistentVolumeClaim.claimName").invalid(claimName, rule);
    }
  }
  return valid;
}

/** Checks of each source by its field, in the order upstream looks at them. */
const SOURCES: SourceChecks = {
  emptyDir({ sizeLimit }, at) {
    if (sizeLimit === undefined || cmp(sizeLimit, "0") >= 0) return;
    at("sizeLimit").forbidden("SizeLimit field must be a valid resource quantity");
  },
  hostPath({ path, type }, at) {
    if (!mustBeGiven(at("path"), path)) return;
    mustNotStepBack(at("path"), path);
    if (type !== undefined) mustBeOneOf(at("type"), type, HOST_PATH_TYPES);
  },
  secret({ secretName, defaultMode, items }, at) {
    mustBeGiven(at("secretName"), secretName);
    mustBeFileMode(at("defaultMode"), defaultMode);
    validateKeysToPaths(items, at.under("items"));
  },
  persistentVolumeClaim({ claimName }, at) {
    mustBeGiven(at("claimName"), claimName);
  },
  downwardAPI({ defaultMode, items = [] }, at) {
    mustBeFileMode(at("defaultMode"), defaultMode);
    // Upstream reports every file at the volume, without its place in the list.
    for (const file of items) validateDownwardFile(file, at);
  },
  configMap({ name, defaultMode, items }, at) {
    mustBeGiven(at("name"), name);
    mustBeFileMode(at("defaultMode"), defaultMode);
    validateKeysToPaths(items, at.under("items"));
  },
  projected: validateProjected,
  csi({ driver, nodePublishSecretRef }, at) {
    mustBeGiven(at("driver"), driver);
    if (byteLength(driver) > 63) at("driver").tooLong(driver, 63);
    for (const text of dns1123Subdomain(driver.toLowerCase())) at("driver").invalid(driver, text);
    if (nodePublishSecretRef === undefined) return;
    const { name = "" } = nodePublishSecretRef;
    if (mustBeGiven(at("nodePublishSecretRef.name"), name)) mustFit(at("name"), name, dns1123Subdomain);
  },
  ephemeral({ volumeClaimTemplate }, at) {
    if (volumeClaimTemplate === undefined) at("volumeClaimTemplate").required();
    else validateClaimTemplate(volumeClaimTemplate, at.under("volumeClaimTemplate"));
  },
  image({ reference = "", pullPolicy }, at) {
    if (reference.trim() !== reference) {
      at("reference").invalid(reference, "must not have leading or trailing whitespace");
    }
    if (pullPolicy !== undefined) mustBeOneOf(at("pullPolicy"), pullPolicy, ["Always", "IfNotPresent", "Never"]);
  },
  ...REMOTE_SOURCES,
};

const ORDER: readonly (keyof SourceChecks)[] = [
  ...(["emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs"] as const),
  ...(["iscsi", "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte"] as const),
  ...(["downwardAPI", "fc", "flexVolume", "configMap", "azureFile", "vsphereVolume"] as const),
  ...(["photonPersistentDisk", "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO"] as const),
  ...(["csi", "ephemeral", "image"] as const),
];

/** Fields upstream spells differently where it reports a second source. */
const MISSPELT: Readonly<Record<string, string>> = { cephfs: "cephFS", downwardAPI: "downwarAPI" };

function validateSource(volume: Volume, podName: string, at: At): void {
  const [first, ...more] = ORDER.filter((field) => volume[field] !== undefined);
  if (first === undefined) {
    at("").required("must specify a volume type");
    return;
  }
  const path = first === "gcePersistentDisk" ? "persistentDisk" : first;
  const check = SOURCES[first] as ((source: unknown, at: At) => void) | undefined;
  if (first === "image" && podName !== "" && (volume.image?.reference ?? "") === "") at("image.reference").required();
  check?.(volume[first], at.under(path));
  for (const field of more) at(MISSPELT[field] ?? field).forbidden("may not specify more than 1 volume type");

  const { name, iscsi, ephemeral } = volume;
  if (iscsi !== undefined && isIscsiTooLong(name, iscsi)) at("name").invalid(name, addressRule);
  if (ephemeral === undefined || first !== "ephemeral" || podName === "" || name === "") return;
  const claim = `${podName}-${name}`;
  for (const text of dns1123Subdomain(claim)) at("name").invalid(name, `PVC name "${claim}": ${text}`);
}

function validateKeysToPaths(items: readonly KeyToPath[] | undefined, at: At): void {
  for (const [item, itemAt] of eachAt(items, at)) validateKeyToPath(item, itemAt);
}
