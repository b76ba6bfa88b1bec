/**
 * What no npm package knows about the API of Kubernetes v1.36.
 *
 * Definitions are named shortly, by group, version and name; `v1|v1beta1` stands for both versions, and what follows
 * a `#` is a field.
 */
import type { Definition } from "./definitions.ts";

/** Keys to set on a definition or on a field; null takes a key away. */
export type Change = Readonly<Record<string, unknown>>;

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";
const QUANTITY = { $ref: "io.k8s.apimachinery.pkg.api.resource.Quantity" };
const RAW = { $ref: "io.k8s.apimachinery.pkg.runtime.RawExtension", type: null };

const atomic: Change = { "x-kubernetes-map-type": "atomic" };
const granular: Change = { "x-kubernetes-map-type": "granular" };
const set: Change = { "x-kubernetes-list-type": "set" };
const noListType: Change = { "x-kubernetes-list-type": null };
const quantity: Change = { ...QUANTITY, type: null };
const quantityMap: Change = { additionalProperties: QUANTITY };
const keyed = (...keys: string[]): Change => ({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys });
const patched = (strategy: string): Change => ({ "x-kubernetes-patch-strategy": strategy });
const merged = (key: string): Change => ({ ...keyed(key), "x-kubernetes-patch-merge-key": key, ...patched("merge") });
const retained = (key: string): Change => ({ ...merged(key), ...patched("merge,retainKeys") });
const union = (fields: Readonly<Record<string, string>>, discriminator?: string): Change => ({
  "x-kubernetes-unions": [
    { ...(discriminator === undefined ? {} : { discriminator }), "fields-to-discriminateBy": fields },
  ],
});
const metaKind = (kind: string): Change => ({
  "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind }],
});

/** Definition -> class, where no package tells which package a class belongs to. */
export const NAMES: Readonly<Record<string, string>> = {
  "io.k8s.api.authentication.v1.SelfSubjectReview": "V1SelfSubjectReview",
  [`${META}FieldSelectorRequirement`]: "V1FieldSelectorRequirement",
  "io.k8s.apimachinery.pkg.version.Info": "VersionInfo",
};

/** Definitions that are no class: scalars, raw JSON and structs without fields. */
export const DEFINITIONS: Readonly<Record<string, Definition>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: "string" },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { type: "string", format: "int-or-string" },
  "io.k8s.apimachinery.pkg.runtime.RawExtension": { type: "object" },
  [`${META}Time`]: { type: "string", format: "date-time" },
  [`${META}MicroTime`]: { type: "string", format: "date-time" },
  [`${META}FieldsV1`]: { type: "object" },
  [`${META}Patch`]: { type: "object" },
  [`${EXTENSIONS}JSON`]: {},
  [`${EXTENSIONS}JSONSchemaPropsOrArray`]: {},
  [`${EXTENSIONS}JSONSchemaPropsOrBool`]: {},
  [`${EXTENSIONS}JSONSchemaPropsOrStringArray`]: {},
  [`${EXTENSIONS}CustomResourceSubresourceStatus`]: { type: "object" },
  "io.k8s.api.apiserverinternal.v1alpha1.StorageVersionSpec": {
    type: "object",
    description: "StorageVersionSpec is an empty spec.",
  },
  "io.k8s.api.scheduling.v1alpha2.BasicSchedulingPolicy": {
    type: "object",
    description: "BasicSchedulingPolicy indicates that standard Kubernetes scheduling behavior should be used.",
  },
};

/** Group versions the API server's scheme knows (DeleteOptions and WatchEvent name them) but no longer serves. */
export const UNSERVED: readonly string[] = [
  "admission.k8s.io/v1 admission.k8s.io/v1beta1 apiextensions.k8s.io/v1beta1 apiregistration.k8s.io/v1beta1",
  "apps/v1beta1 apps/v1beta2 authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1",
  "authorization.k8s.io/v1beta1 batch/v1beta1 discovery.k8s.io/v1beta1 events.k8s.io/v1beta1 extensions/v1beta1",
  "flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3",
  "imagepolicy.k8s.io/v1alpha1 node.k8s.io/v1alpha1 node.k8s.io/v1beta1 policy/v1beta1",
  "rbac.authorization.k8s.io/v1alpha1 rbac.authorization.k8s.io/v1beta1 scheduling.k8s.io/v1beta1",
  "storage.k8s.io/v1alpha1",
].flatMap((line) => line.split(" "));

export const CHANGES: Readonly<Record<string, Change>> = {
  "admissionregistration.v1|v1alpha1|v1beta1.MutatingAdmissionPolicySpec#matchConditions": merged("name"),
  "admissionregistration.v1|v1beta1.MatchResources": atomic,
  "admissionregistration.v1|v1beta1.NamedRuleWithOperations": atomic,
  "admissionregistration.v1|v1beta1.ParamKind": atomic,
  "admissionregistration.v1|v1beta1.ParamRef": atomic,
  "admissionregistration.v1|v1beta1.Variable": atomic,
  "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec#validationActions": set,
  "admissionregistration.v1.ValidatingAdmissionPolicySpec#matchConditions": merged("name"),
  "admissionregistration.v1.ValidatingAdmissionPolicySpec#variables": merged("name"),
  "admissionregistration.v1.ValidatingAdmissionPolicyStatus#conditions": keyed("type"),
  "apiserverinternal.v1alpha1.ServerStorageVersion#servedVersions": set,
  "apps.v1.DeploymentSpec#strategy": patched("retainKeys"),
  "autoscaling.v2.HPAScalingRules#tolerance": quantity,
  "certificates.v1.CertificateSigningRequestSpec#request": noListType,
  "certificates.v1.CertificateSigningRequestStatus#certificate": noListType,
  "certificates.v1beta1.PodCertificateRequestStatus#conditions": merged("type"),
  "core.v1.AppArmorProfile": union({ localhostProfile: "LocalhostProfile" }, "type"),
  "core.v1.ContainerRestartRuleOnExitCodes#values": set,
  "core.v1.ContainerStatus#allocatedResourcesStatus": merged("name"),
  "core.v1.ContainerStatus#volumeMounts": merged("mountPath"),
  "core.v1.FileKeySelector": atomic,
  "core.v1.NodeAllocatableResourceClaimStatus#containers": set,
  "core.v1.NodeAllocatableResourceClaimStatus#resources": quantityMap,
  "core.v1.PersistentVolumeClaimStatus#allocatedResourceStatuses": granular,
  "core.v1.PersistentVolumeSpec#claimRef": granular,
  "core.v1.PodSchedulingGroup": union({ podGroupName: "PodGroupName" }),
  "core.v1.PodStatus#allocatedResources": quantityMap,
  "core.v1.PodStatus#hostIPs": { "x-kubernetes-patch-merge-key": "ip", ...patched("merge") },
  "core.v1.PodStatus#resourceClaimStatuses": retained("name"),
  "core.v1.ResourceStatus#resources": keyed("resourceID"),
  "core.v1.VolumeResourceRequirements#limits": quantityMap,
  "core.v1.VolumeResourceRequirements#requests": quantityMap,
  "flowcontrol.v1.FlowSchemaStatus#conditions": merged("type"),
  "flowcontrol.v1.LimitResponse": union({ queuing: "Queuing" }, "type"),
  "flowcontrol.v1.NonResourcePolicyRule#nonResourceURLs": set,
  "flowcontrol.v1.NonResourcePolicyRule#verbs": set,
  "flowcontrol.v1.PriorityLevelConfigurationSpec": union({ exempt: "Exempt", limited: "Limited" }, "type"),
  "flowcontrol.v1.PriorityLevelConfigurationStatus#conditions": merged("type"),
  "flowcontrol.v1.ResourcePolicyRule#apiGroups": set,
  "flowcontrol.v1.ResourcePolicyRule#namespaces": set,
  "flowcontrol.v1.ResourcePolicyRule#resources": set,
  "flowcontrol.v1.ResourcePolicyRule#verbs": set,
  "flowcontrol.v1.Subject": union({ group: "Group", serviceAccount: "ServiceAccount", user: "User" }, "kind"),
  "meta.v1.APIGroup": metaKind("APIGroup"),
  "meta.v1.APIGroupList": metaKind("APIGroupList"),
  "meta.v1.APIGroupList#groups": { "x-kubernetes-list-type": "atomic" },
  "meta.v1.APIResource#verbs": noListType,
  "meta.v1.APIResourceList": metaKind("APIResourceList"),
  "meta.v1.APIResourceList#resources": { "x-kubernetes-list-type": "atomic" },
  "meta.v1.APIVersions": metaKind("APIVersions"),
  "meta.v1.LabelSelectorRequirement#key": { "x-kubernetes-patch-merge-key": null, "x-kubernetes-patch-strategy": null },
  "meta.v1.Status": metaKind("Status"),
  "networking.v1.ServiceBackendPort": atomic,
  "networking.v1|v1beta1.ServiceCIDRStatus#conditions": merged("type"),
  "policy.v1.PodDisruptionBudgetSpec#selector": patched("replace"),
  "resource.v1alpha3.ResourcePoolStatusRequestStatus#conditions": merged("type"),
  "resource.v1alpha3|v1beta2.DeviceTaintRuleStatus#conditions": merged("type"),
  "resource.v1|v1beta1|v1beta2.AllocatedDeviceStatus#conditions": keyed("type"),
  "resource.v1|v1beta1|v1beta2.AllocatedDeviceStatus#data": RAW,
  "resource.v1|v1beta1|v1beta2.CapacityRequestPolicy#default": quantity,
  "resource.v1|v1beta1|v1beta2.CapacityRequestPolicy#validValues": { items: QUANTITY },
  "resource.v1|v1beta1|v1beta2.CapacityRequestPolicyRange#max": quantity,
  "resource.v1|v1beta1|v1beta2.CapacityRequestPolicyRange#min": quantity,
  "resource.v1|v1beta1|v1beta2.CapacityRequestPolicyRange#step": quantity,
  "resource.v1|v1beta1|v1beta2.CapacityRequirements#requests": quantityMap,
  "resource.v1|v1beta1|v1beta2.Counter#value": quantity,
  "resource.v1|v1beta1|v1beta2.DeviceCapacity#value": quantity,
  "resource.v1|v1beta1|v1beta2.DeviceRequestAllocationResult#consumedCapacity": quantityMap,
  "resource.v1|v1beta1|v1beta2.NodeAllocatableResourceMapping#allocationMultiplier": quantity,
  "resource.v1|v1beta1|v1beta2.OpaqueDeviceConfiguration#parameters": RAW,
  "resource.v1|v1beta1|v1beta2.ResourceClaimStatus#devices": keyed("driver", "device", "pool", "shareID"),
  "resource.v1|v1beta1|v1beta2.ResourceClaimStatus#reservedFor": merged("uid"),
  "scheduling.v1alpha2.PodGroupSchedulingPolicy": union({ basic: "Basic", gang: "Gang" }),
  "scheduling.v1alpha2.PodGroupSchedulingPolicy#basic": {
    $ref: "io.k8s.api.scheduling.v1alpha2.BasicSchedulingPolicy",
    type: null,
  },
  "scheduling.v1alpha2.PodGroupSpec#resourceClaims": retained("name"),
  "scheduling.v1alpha2.PodGroupStatus#conditions": merged("type"),
  "scheduling.v1alpha2.PodGroupStatus#resourceClaimStatuses": retained("name"),
  "scheduling.v1alpha2.PodGroupTemplate#resourceClaims": retained("name"),
  "scheduling.v1alpha2.PodGroupTemplateReference": union({ workload: "Workload" }),
  "scheduling.v1alpha2.WorkloadSpec#podGroupTemplates": keyed("name"),
  "storage.v1.CSIStorageCapacityList#items": { "x-kubernetes-list-type": null, "x-kubernetes-list-map-keys": null },
  "storagemigration.v1beta1.StorageVersionMigrationStatus#conditions": merged("type"),
};
