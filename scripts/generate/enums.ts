/**
 * Fields that take only some words, and fields with a default of their own: no npm package has kept either.
 *
 * Models the +enum and +default marks of k8s.io/api, which a running server shows and the published document does not.
 */

/** `core.v1.Container#imagePullPolicy` -> its words, in alphabetical order. */
export const ENUMS: ReadonlyMap<string, readonly string[]> = new Map([
  ...words("admissionregistration.v1.MutatingWebhook#failurePolicy Fail|Ignore", "ValidatingWebhook#failurePolicy"),
  ...words("admissionregistration.v1.MutatingWebhook#matchPolicy Equivalent|Exact", "ValidatingWebhook#matchPolicy"),
  ...words("admissionregistration.v1.MutatingWebhook#reinvocationPolicy IfNeeded|Never"),
  ...words(
    "admissionregistration.v1.MutatingWebhook#sideEffects None|NoneOnDryRun|Some|Unknown",
    "ValidatingWebhook#sideEffects",
  ),
  ...words("apps.v1.DaemonSetUpdateStrategy#type OnDelete|RollingUpdate", "StatefulSetUpdateStrategy#type"),
  ...words("apps.v1.DeploymentStrategy#type Recreate|RollingUpdate"),
  ...words("apps.v1.StatefulSetSpec#podManagementPolicy OrderedReady|Parallel"),
  ...words("batch.v1.CronJobSpec#concurrencyPolicy Allow|Forbid|Replace"),
  ...words("batch.v1.JobSpec#completionMode Indexed|NonIndexed"),
  ...words("batch.v1.JobSpec#podReplacementPolicy Failed|TerminatingOrFailed"),
  ...words("batch.v1.PodFailurePolicyOnExitCodesRequirement#operator In|NotIn"),
  ...words("batch.v1.PodFailurePolicyRule#action Count|FailIndex|FailJob|Ignore"),
  ...words("core.v1.AppArmorProfile#type Localhost|RuntimeDefault|Unconfined", "SeccompProfile#type"),
  ...words("core.v1.AzureDiskVolumeSource#cachingMode None|ReadOnly|ReadWrite"),
  ...words("core.v1.AzureDiskVolumeSource#kind Dedicated|Managed|Shared"),
  ...words("core.v1.Container#imagePullPolicy Always|IfNotPresent|Never", "EphemeralContainer#imagePullPolicy"),
  ...words(
    "core.v1.Container#terminationMessagePolicy FallbackToLogsOnError|File",
    "EphemeralContainer#terminationMessagePolicy",
  ),
  ...words(
    "core.v1.ContainerPort#protocol SCTP|TCP|UDP",
    "ServicePort#protocol",
    "EndpointPort#protocol",
    "PortStatus#protocol",
  ),
  ...words("core.v1.HTTPGetAction#scheme HTTP|HTTPS"),
  ...words(
    "core.v1.HostPathVolumeSource#type |BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket",
  ),
  ...words("core.v1.NamespaceStatus#phase Active|Terminating"),
  ...words("core.v1.NodeSelectorRequirement#operator DoesNotExist|Exists|Gt|In|Lt|NotIn"),
  ...words("core.v1.NodeStatus#phase Pending|Running|Terminated"),
  ...words("core.v1.PersistentVolumeClaimSpec#volumeMode Block|Filesystem", "PersistentVolumeSpec#volumeMode"),
  ...words("core.v1.PersistentVolumeClaimStatus#phase Bound|Lost|Pending"),
  ...words("core.v1.PersistentVolumeSpec#persistentVolumeReclaimPolicy Delete|Recycle|Retain"),
  ...words("core.v1.PersistentVolumeStatus#phase Available|Bound|Failed|Pending|Released"),
  ...words("core.v1.PodSecurityContext#fsGroupChangePolicy Always|OnRootMismatch"),
  ...words("core.v1.PodSecurityContext#supplementalGroupsPolicy Merge|Strict"),
  ...words("core.v1.PodSpec#dnsPolicy ClusterFirst|ClusterFirstWithHostNet|Default|None"),
  ...words("core.v1.PodSpec#preemptionPolicy Never|PreemptLowerPriority"),
  ...words("core.v1.PodSpec#restartPolicy Always|Never|OnFailure"),
  ...words("core.v1.PodStatus#phase Failed|Pending|Running|Succeeded|Unknown"),
  ...words("core.v1.PodStatus#qosClass BestEffort|Burstable|Guaranteed"),
  ...words("core.v1.ScopedResourceSelectorRequirement#operator DoesNotExist|Exists|In|NotIn"),
  ...words("core.v1.SecurityContext#procMount Default|Unmasked"),
  ...words("core.v1.ServiceSpec#externalTrafficPolicy Cluster|Local", "ServiceSpec#internalTrafficPolicy"),
  ...words("core.v1.ServiceSpec#ipFamilyPolicy PreferDualStack|RequireDualStack|SingleStack"),
  ...words("core.v1.ServiceSpec#sessionAffinity ClientIP|None"),
  ...words("core.v1.ServiceSpec#type ClusterIP|ExternalName|LoadBalancer|NodePort"),
  ...words("core.v1.Taint#effect NoExecute|NoSchedule|PreferNoSchedule", "Toleration#effect"),
  ...words("core.v1.Toleration#operator Equal|Exists|Gt|Lt"),
  ...words(
    "core.v1.TopologySpreadConstraint#nodeAffinityPolicy Honor|Ignore",
    "TopologySpreadConstraint#nodeTaintsPolicy",
  ),
  ...words("core.v1.TopologySpreadConstraint#whenUnsatisfiable DoNotSchedule|ScheduleAnyway"),
  ...words("core.v1.VolumeMount#mountPropagation Bidirectional|HostToContainer|None"),
  ...words("discovery.v1.EndpointPort#protocol SCTP|TCP|UDP"),
  ...words("discovery.v1.EndpointSlice#addressType FQDN|IPv4|IPv6"),
  ...words("networking.v1.HTTPIngressPath#pathType Exact|ImplementationSpecific|Prefix"),
  ...words("networking.v1.NetworkPolicyPort#protocol SCTP|TCP|UDP"),
  ...words("policy.v1.PodDisruptionBudgetSpec#unhealthyPodEvictionPolicy AlwaysAllow|IfHealthyBudget"),
  ...words("storage.v1.StorageClass#reclaimPolicy Delete|Recycle|Retain"),
  ...words("storage.v1.StorageClass#volumeBindingMode Immediate|WaitForFirstConsumer"),
]);

/** `core.v1.ServicePort#protocol` -> the value of a field nobody sets, where that is not the zero of its type. */
export const DEFAULTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["core.v1.AzureDiskVolumeSource#cachingMode", "ReadWrite"],
  ["core.v1.AzureDiskVolumeSource#fsType", "ext4"],
  ["core.v1.AzureDiskVolumeSource#kind", "Shared"],
  ["core.v1.AzureDiskVolumeSource#readOnly", false],
  ["core.v1.ConfigMapEnvSource#name", ""],
  ["core.v1.ConfigMapKeySelector#name", ""],
  ["core.v1.ConfigMapProjection#name", ""],
  ["core.v1.ConfigMapVolumeSource#name", ""],
  ["core.v1.ContainerPort#protocol", "TCP"],
  ["core.v1.GRPCAction#service", ""],
  ["core.v1.ISCSIPersistentVolumeSource#iscsiInterface", "default"],
  ["core.v1.ISCSIVolumeSource#iscsiInterface", "default"],
  ["core.v1.LocalObjectReference#name", ""],
  ["core.v1.RBDPersistentVolumeSource#keyring", "/etc/ceph/keyring"],
  ["core.v1.RBDPersistentVolumeSource#pool", "rbd"],
  ["core.v1.RBDPersistentVolumeSource#user", "admin"],
  ["core.v1.RBDVolumeSource#keyring", "/etc/ceph/keyring"],
  ["core.v1.RBDVolumeSource#pool", "rbd"],
  ["core.v1.RBDVolumeSource#user", "admin"],
  ["core.v1.ScaleIOPersistentVolumeSource#fsType", "xfs"],
  ["core.v1.ScaleIOPersistentVolumeSource#storageMode", "ThinProvisioned"],
  ["core.v1.ScaleIOVolumeSource#fsType", "xfs"],
  ["core.v1.ScaleIOVolumeSource#storageMode", "ThinProvisioned"],
  ["core.v1.SecretEnvSource#name", ""],
  ["core.v1.SecretKeySelector#name", ""],
  ["core.v1.SecretProjection#name", ""],
  ["core.v1.ServicePort#protocol", "TCP"],
]);

/** One list of words for a field and for further fields of the same group. */
function words(first: string, ...others: string[]): [string, readonly string[]][] {
  const space = first.indexOf(" ");
  const [field, list] = [first.slice(0, space), first.slice(space + 1).split("|")];
  const home = field.slice(0, field.lastIndexOf(".") + 1);
  return [field, ...others.map((other) => home + other)].map((name) => [name, list]);
}
