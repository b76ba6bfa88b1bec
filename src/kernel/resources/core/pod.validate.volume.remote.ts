/**
 * Whether volumes that come over a network are well formed: NFS, iSCSI, clouds and the many retired kinds.
 *
 * Models pkg/apis/core/validation (validateNFSVolumeSource and the others of its sort).
 */

import type { ISCSIPersistentVolumeSource, ISCSIVolumeSource, Volume } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, inRange } from "#kernel/apimachinery/formats";
import {
  mustBeGiven,
  mustBeOneOf,
  mustDescend,
  mustFit,
  numberMustFit,
} from "#kernel/resources/core/pod.validate.fields";

/** A check of each source of a volume, by the field it stands in. */
export type SourceChecks = {
  readonly [K in Exclude<keyof Volume, "name">]?: (source: NonNullable<Volume[K]>, at: At) => void;
};

const lunRange = (lun: number): string[] => inRange(lun, 0, 255);

function validatePartition(partition: number | undefined, at: At): void {
  numberMustFit(at("partition"), partition, lunRange);
}

const qualifiedInitiators: readonly (readonly [prefix: string, format: RegExp])[] = [
  ["iqn", /iqn\.\d{4}-\d{2}\.([0-9A-Za-z\-.]+)(:[^,;*&$|\s]+)$/],
  ["eui", /^eui.[0-9A-Za-z]{16}$/],
  ["naa", /^naa.[0-9A-Za-z]{32}$/],
];

const unknownInitiator = "must be valid format starting with iqn, eui, or naa";

function validateInitiator(name: string, path: string, at: At, ofUnknown = unknownInitiator): void {
  const known = qualifiedInitiators.find(([prefix]) => name.startsWith(prefix));
  if (known === undefined) at(path).invalid(name, ofUnknown);
  else if (!known[1].test(name)) at(path).invalid(name, "must be valid format");
}

/** What is said of a volume whose name is too long beside its portal. */
export const addressRule =
  "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";

/** True if an initiator is named and the name of the volume would not fit beside the portal. */
export const isIscsiTooLong = (name: string, { initiatorName, targetPortal }: ISCSIVolumeSource): boolean =>
  initiatorName !== undefined && `${name}:${targetPortal}`.length > 64;

/** Adds an error for each wrong part of a PersistentVolume's target; `at` stands at the source. */
export function validateVolumeIscsi(source: ISCSIPersistentVolumeSource, name: string, at: At): void {
  mustBeGiven(at("targetPortal"), source.targetPortal);
  if (isIscsiTooLong(name, source as ISCSIVolumeSource)) at("targetportal").invalid(source.targetPortal, addressRule);
  if (mustBeGiven(at("iqn"), source.iqn)) validateInitiator(source.iqn, "iqn", at);
  numberMustFit(at("lun"), source.lun, lunRange);
  const needsSecret = source.chapAuthDiscovery === true || source.chapAuthSession === true;
  if (needsSecret && source.secretRef === undefined) at("secretRef").required();
  if (source.secretRef !== undefined) mustBeGiven(at("secretRef.name"), source.secretRef.name);
  const { initiatorName } = source;
  if (initiatorName !== undefined) validateInitiator(initiatorName, "initiatorname", at, "must be valid format");
}

const registryRule = "must be a host:port pair or multiple pairs separated by commas";
const managedDisks = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const blobDisks = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

export const REMOTE_SOURCES: SourceChecks = {
  gitRepo({ repository, directory = "" }, at) {
    mustBeGiven(at("repository"), repository);
    mustDescend(at("directory"), directory);
  },
  gcePersistentDisk({ pdName, partition }, at) {
    mustBeGiven(at("pdName"), pdName);
    validatePartition(partition, at);
  },
  awsElasticBlockStore({ volumeID, partition }, at) {
    mustBeGiven(at("volumeID"), volumeID);
    validatePartition(partition, at);
  },
  nfs({ server, path }, at) {
    mustBeGiven(at("server"), server);
    mustBeGiven(at("path"), path);
    if (!path.startsWith("/")) at("path").invalid(path, "must be an absolute path");
  },
  iscsi(source, at) {
    mustBeGiven(at("targetPortal"), source.targetPortal);
    if (mustBeGiven(at("iqn"), source.iqn)) validateInitiator(source.iqn, "iqn", at);
    numberMustFit(at("lun"), source.lun, lunRange);
    const needsSecret = source.chapAuthDiscovery === true || source.chapAuthSession === true;
    if (needsSecret && source.secretRef === undefined) at("secretRef").required();
    if (source.initiatorName !== undefined) validateInitiator(source.initiatorName, "initiatorname", at);
  },
  glusterfs({ endpoints, path }, at) {
    mustBeGiven(at("endpoints"), endpoints);
    mustBeGiven(at("path"), path);
  },
  flocker({ datasetName = "", datasetUUID = "" }, at) {
    if (datasetName === "" && datasetUUID === "") at("").required("one of datasetName and datasetUUID is required");
    if (datasetName !== "" && datasetUUID !== "") {
      at("").invalid("resource", "datasetName and datasetUUID can not be specified simultaneously");
    }
    if (datasetName.includes("/")) at("datasetName").invalid(datasetName, "must not contain '/'");
  },
  rbd({ monitors = [], image }, at) {
    if (monitors.length === 0) at("monitors").required();
    mustBeGiven(at("image"), image);
  },
  cinder({ volumeID, secretRef }, at) {
    mustBeGiven(at("volumeID"), volumeID);
    if (secretRef !== undefined) mustBeGiven(at("secretRef.name"), secretRef.name);
  },
  cephfs({ monitors = [] }, at) {
    if (monitors.length === 0) at("monitors").required();
  },
  quobyte({ registry, tenant = "", volume }, at) {
    if (registry === "") at("registry").required(registryRule);
    else if (tenant.length >= 65) {
      at("tenant").required("must be a UUID and may not exceed a length of 64 characters");
    } else {
      for (const pair of registry.split(",")) {
        if (!/^([^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair)) at("registry").invalid(registry, registryRule);
      }
    }
    mustBeGiven(at("volume"), volume);
  },
  fc({ targetWWNs = [], wwids = [], lun }, at) {
    if (targetWWNs.length === 0 && wwids.length === 0) {
      at("targetWWNs").required("must specify either targetWWNs or wwids, but not both");
    }
    if (targetWWNs.length > 0 && wwids.length > 0) {
      at("targetWWNs").invalid(targetWWNs, "targetWWNs and wwids can not be specified simultaneously");
    }
    if (targetWWNs.length === 0) return;
    if (lun === undefined) at("lun").required("lun is required if targetWWNs is specified");
    else numberMustFit(at("lun"), lun, lunRange);
  },
  flexVolume({ driver, options = {} }, at) {
    mustBeGiven(at("driver"), driver);
    for (const key of Object.keys(options)) {
      const home = `.${(key.split("/")[0] ?? key).toLowerCase()}`;
      if (!home.endsWith(".kubernetes.io") && !home.endsWith(".k8s.io")) continue;
      at(`options[${key}]`).invalid(key, "kubernetes.io and k8s.io namespaces are reserved");
    }
  },
  azureFile({ secretName, shareName }, at) {
    mustBeGiven(at("secretName"), secretName);
    mustBeGiven(at("shareName"), shareName);
  },
  vsphereVolume({ volumePath }, at) {
    mustBeGiven(at("volumePath"), volumePath);
  },
  photonPersistentDisk({ pdID }, at) {
    mustBeGiven(at("pdID"), pdID);
  },
  portworxVolume({ volumeID }, at) {
    mustBeGiven(at("volumeID"), volumeID);
  },
  azureDisk({ diskName, diskURI, cachingMode, kind }, at) {
    mustBeGiven(at("diskName"), diskName);
    mustBeGiven(at("diskURI"), diskURI);
    if (cachingMode !== undefined) mustBeOneOf(at("cachingMode"), cachingMode, ["None", "ReadOnly", "ReadWrite"]);
    if (kind === undefined) return;
    mustBeOneOf(at("kind"), kind, ["Dedicated", "Managed", "Shared"]);
    const [start, form] = kind === "Managed" ? ["/subscriptions/", managedDisks] : ["https://", blobDisks];
    if (!diskURI.startsWith(start)) at("diskURI").notSupported(diskURI, [form]);
  },
  storageos({ volumeName = "", volumeNamespace = "", secretRef }, at) {
    mustBeGiven(at("volumeName"), volumeName, dns1123Label);
    if (volumeNamespace !== "") mustFit(at("volumeNamespace"), volumeNamespace, dns1123Label);
    if (secretRef !== undefined) mustBeGiven(at("secretRef.name"), secretRef.name);
  },
  scaleIO({ gateway, system, volumeName }, at) {
    mustBeGiven(at("gateway"), gateway);
    mustBeGiven(at("system"), system);
    mustBeGiven(at("volumeName"), volumeName);
  },
};
