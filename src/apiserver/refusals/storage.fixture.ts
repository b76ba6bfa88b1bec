/**
 * Refused manifests of storage in the core group: claims and volumes.
 */
import { LABEL, manifest, type Row, SUBDOMAIN } from "#apiserver/refusals/rows.fixture";

const core = (kind: string, spec: object) => manifest("v1", kind, { spec });
const claim = (spec: object) => core("PersistentVolumeClaim", spec);
const usual = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const volume = (spec: object) => core("PersistentVolume", spec);
const room = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] };
const disk = { ...room, hostPath: { path: "/x" } };
const csi = (more: object) => volume({ ...room, csi: { driver: "d.example", volumeHandle: "h", ...more } });
const iscsi = (more: object) =>
  volume({ ...room, iscsi: { targetPortal: "1.2.3.4:3260", iqn: "iqn.2001-04.com.example:a", lun: 0, ...more } });

const ACCESS_MODES = '"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"';

// ValidatePersistentVolumeClaimSpec and validateDataSourceRef of pkg/apis/core/validation.
const claims: readonly Row[] = [
  [claim({ resources: usual.resources }), "spec.accessModes: Required value: at least 1 access mode is required"],
  [
    claim({ ...usual, accessModes: ["Sometimes"] }),
    `spec.accessModes: Unsupported value: "Sometimes": supported values: ${ACCESS_MODES}`,
  ],
  [claim({ accessModes: usual.accessModes }), "spec.resources[storage]: Required value"],
  [
    claim({ ...usual, resources: { requests: { storage: "0" } } }),
    'spec.resources[storage]: Invalid value: "0": must be greater than zero',
  ],
  [
    claim({ ...usual, resources: { requests: { storage: "-1Gi" } } }),
    'spec.resources[storage]: Invalid value: "-1Gi": must be greater than zero',
  ],
  [
    claim({ ...usual, volumeMode: "Other" }),
    'spec.volumeMode: Unsupported value: "Other": supported values: "Block", "Filesystem"',
  ],
  [claim({ ...usual, storageClassName: "A_B" }), `spec.storageClassName: Invalid value: "A_B": ${SUBDOMAIN}`],
  [
    claim({ ...usual, volumeAttributesClassName: "A_B" }),
    `spec.volumeAttributesClassName: Invalid value: "A_B": ${SUBDOMAIN}`,
  ],
  [
    claim({ ...usual, accessModes: ["ReadWriteOnce", "ReadWriteOncePod"] }),
    "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
  ],
  [
    claim({ ...usual, selector: { matchExpressions: [{ key: "a", operator: "In" }] } }),
    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ],
  [
    claim({
      ...usual,
      dataSource: { kind: "PersistentVolumeClaim", name: "a" },
      dataSourceRef: { kind: "PersistentVolumeClaim", name: "b" },
    }),
    "spec: Invalid value: {}: must match dataSourceRef",
  ],
  [
    claim({ ...usual, dataSource: { kind: "PersistentVolumeClaim", name: "" } }),
    "[spec.dataSource.name: Required value, spec.dataSourceRef.name: Required value]",
  ],
  [
    claim({ ...usual, dataSourceRef: { kind: "Other", name: "a" } }),
    "[spec.dataSource: Invalid value: \"Other\": must be 'PersistentVolumeClaim' when referencing the default apiGroup, spec.dataSourceRef: Invalid value: \"Other\": must be 'PersistentVolumeClaim' when referencing the default apiGroup]",
  ],
  [
    claim({ ...usual, dataSourceRef: { apiGroup: "A_B", kind: "Other", name: "a" } }),
    `[spec.dataSource.apiGroup: Invalid value: "A_B": ${SUBDOMAIN}, spec.dataSourceRef.apiGroup: Invalid value: "A_B": ${SUBDOMAIN}]`,
  ],
];

// ValidatePersistentVolumeSpec of pkg/apis/core/validation, and its functions for each source.
const volumes: readonly Row[] = [
  [volume(room), "spec: Required value: must specify a volume type"],
  [
    volume({ accessModes: disk.accessModes, hostPath: disk.hostPath }),
    '[spec.capacity: Required value, spec.capacity: Unsupported value: null: supported values: "storage"]',
  ],
  [
    volume({ ...disk, capacity: { storage: "-1Gi" } }),
    '[spec.capacity[storage]: Invalid value: -1073741824: must be a valid resource quantity, spec.capacity[storage]: Invalid value: "-1Gi": must be greater than zero]',
  ],
  [
    volume({ ...disk, capacity: { storage: "1Gi", cpu: "1" } }),
    'spec.capacity: Unsupported value: {"cpu":"1","storage":"1Gi"}: supported values: "storage"',
  ],
  [volume({ capacity: disk.capacity, hostPath: disk.hostPath }), "spec.accessModes: Required value"],
  [
    volume({ ...disk, accessModes: ["Sometimes"] }),
    `spec.accessModes: Unsupported value: "Sometimes": supported values: ${ACCESS_MODES}`,
  ],
  [
    volume({ ...disk, nfs: { server: "s", path: "/" } }),
    "spec.nfs: Forbidden: may not specify more than 1 volume type",
  ],
  [
    volume({ ...disk, persistentVolumeReclaimPolicy: "Burn" }),
    'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
  ],
  [
    volume({ ...disk, hostPath: { path: "/" }, persistentVolumeReclaimPolicy: "Recycle" }),
    "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
  ],
  [
    volume({ ...disk, hostPath: { path: "/a/../b" } }),
    "spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
  ],
  [
    volume({ ...room, local: { path: "/x" } }),
    "spec.nodeAffinity: Required value: Local volume requires node affinity",
  ],
  [
    volume({ ...disk, nodeAffinity: {} }),
    "spec.nodeAffinity.required: Required value: must specify required node constraints",
  ],
  [
    volume({ ...disk, nodeAffinity: { required: { nodeSelectorTerms: [] } } }),
    "spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term",
  ],
  [
    volume({ ...disk, volumeMode: "Other" }),
    'spec.volumeMode: Unsupported value: "Other": supported values: "Block", "Filesystem"',
  ],
  [volume({ ...disk, storageClassName: "A_B" }), `spec.storageClassName: Invalid value: "A_B": ${SUBDOMAIN}`],
  [
    volume({ ...disk, volumeAttributesClassName: "" }),
    "[spec.volumeAttributesClassName: Required value: an empty string is disallowed, spec.csi: Required value: has to be specified when using volumeAttributesClassName]",
  ],
  [csi({ volumeHandle: "" }), "spec.csi.volumeHandle: Required value"],
  [
    csi({ nodePublishSecretRef: { name: "A_B", namespace: "n.s" } }),
    `[spec.csi.nodePublishSecretRef.name: Invalid value: "A_B": ${SUBDOMAIN}, spec.csi.nodePublishSecretRef.namespace: Invalid value: "n.s": must not contain dots]`,
  ],
  [csi({ driver: "d".repeat(64) }), "spec.csi.driver: Too long: may not be more than 63 bytes"],
  [iscsi({ iqn: "x" }), 'spec.iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa'],
  [iscsi({ lun: 256 }), "spec.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive"],
  [iscsi({ chapAuthSession: true }), "spec.iscsi.secretRef: Required value"],
  [iscsi({ initiatorName: "x" }), 'spec.iscsi.initiatorname: Invalid value: "x": must be valid format'],
  [
    volume({ ...room, glusterfs: { endpoints: "e", path: "p", endpointsNamespace: "A" } }),
    `spec.glusterfs.endpointsNamespace: Invalid value: "A": ${LABEL}`,
  ],
  [
    volume({ ...room, cinder: { volumeID: "v", secretRef: { name: "s" } } }),
    "spec.cinder.secretRef.namespace: Required value",
  ],
  [
    volume({ ...room, azureFile: { secretName: "s", shareName: "n", secretNamespace: "" } }),
    "spec.azureFile.secretNamespace: Required value",
  ],
  [volume({ ...room, nfs: { server: "s", path: "p" } }), 'spec.nfs.path: Invalid value: "p": must be an absolute path'],
  [
    volume({ ...room, fc: { targetWWNs: ["a"] } }),
    "spec.fc.lun: Required value: lun is required if targetWWNs is specified",
  ],
  [
    volume({ ...room, flexVolume: { driver: "d", options: { "k8s.io/a": "b" } } }),
    'spec.flexVolume.options[k8s.io/a]: Invalid value: "k8s.io/a": kubernetes.io and k8s.io namespaces are reserved',
  ],
];

export const STORAGE: readonly Row[] = [...claims, ...volumes];
