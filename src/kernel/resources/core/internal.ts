/**
 * Specs in the internal form of upstream's API server: every field is there, by its Go name and in its place.
 *
 * Models pkg/apis/core/types.go. Leaves out the fields of volumes hardly anybody has: they stand as they were given.
 */
import { goStruct } from "#kernel/apimachinery/go-text";

/**
 * The fields of a type, in order: `Name` is a text, `Name:KIND` is a number (i), a truth (b), something that may be
 * absent (p), a struct that may be (*T) or is always there (.T), or a list of structs ([T); `+T` takes in T's fields.
 */
const TYPES: Readonly<Record<string, string>> = {
  PodTemplateSpec: "Spec:.PodSpec",
  PodFailurePolicy: "Rules:[PodFailurePolicyRule",
  PodFailurePolicyRule: "Action OnExitCodes:*OnExitCodes OnPodConditions:[OnPodCondition",
  OnExitCodes: "ContainerName:p Operator Values:p",
  OnPodCondition: "Type Status",
  SuccessPolicy: "Rules:[SuccessPolicyRule",
  SuccessPolicyRule: "SucceededIndexes:p SucceededCount:p",
  PodSpec:
    "Volumes:[Volume InitContainers:[Container Containers:[Container EphemeralContainers:[EphemeralContainer " +
    "RestartPolicy TerminationGracePeriodSeconds:p ActiveDeadlineSeconds:p DNSPolicy NodeSelector:p " +
    "ServiceAccountName AutomountServiceAccountToken:p NodeName SecurityContext:*PodSecurityContext " +
    "ImagePullSecrets:[Reference Hostname Subdomain SetHostnameAsFQDN:p Affinity:*Affinity SchedulerName " +
    "Tolerations:[Toleration HostAliases:[HostAlias PriorityClassName Priority:p PreemptionPolicy:p " +
    "DNSConfig:*PodDNSConfig ReadinessGates:[ReadinessGate RuntimeClassName:p Overhead:p EnableServiceLinks:p " +
    "TopologySpreadConstraints:[TopologySpreadConstraint OS:*PodOS SchedulingGates:[SchedulingGate " +
    "ResourceClaims:[PodResourceClaim Resources:*ResourceRequirements HostnameOverride:p SchedulingGroup:p",
  PodSecurityContext:
    "HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:p HostUsers:p SELinuxOptions:*SELinuxOptions " +
    "WindowsOptions:*WindowsOptions RunAsUser:p RunAsGroup:p RunAsNonRoot:p SupplementalGroups:p " +
    "SupplementalGroupsPolicy:p FSGroup:p FSGroupChangePolicy:p Sysctls:[Pair SeccompProfile:*Profile " +
    "AppArmorProfile:*Profile SELinuxChangePolicy:p",
  Container: "+ContainerFields",
  EphemeralContainer: "+ContainerFields TargetContainerName",
  ContainerFields:
    "Name Image Command:p Args:p WorkingDir Ports:[ContainerPort EnvFrom:[EnvFromSource Env:[EnvVar " +
    "Resources:.ResourceRequirements ResizePolicy:[ResizePolicy RestartPolicy:p RestartPolicyRules:[RestartRule " +
    "VolumeMounts:[VolumeMount VolumeDevices:[VolumeDevice LivenessProbe:*Probe ReadinessProbe:*Probe " +
    "StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath TerminationMessagePolicy ImagePullPolicy " +
    "SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY:b",
  ContainerPort: "Name HostPort:i ContainerPort:i Protocol HostIP",
  EnvFromSource: "Prefix ConfigMapRef:*OptionalReference SecretRef:*OptionalReference",
  OptionalReference: "Name Optional:p",
  EnvVar: "Name Value ValueFrom:*EnvVarSource",
  EnvVarSource:
    "FieldRef:*FieldRef ResourceFieldRef:*ResourceFieldRef ConfigMapKeyRef:*KeySelector SecretKeyRef:*KeySelector " +
    "FileKeyRef:*FileKeySelector",
  FieldRef: "APIVersion FieldPath",
  ResourceFieldRef: "ContainerName Resource Divisor",
  KeySelector: "Name Key Optional:p",
  FileKeySelector: "VolumeName Path Key Optional:p",
  ResourceRequirements: "Limits:p Requests:p Claims:[ResourceClaim",
  ResourceClaim: "Name Request",
  ResizePolicy: "ResourceName RestartPolicy",
  RestartRule: "Action ExitCodes:*ExitCodes",
  ExitCodes: "Operator Values:p",
  VolumeMount: "Name ReadOnly:b RecursiveReadOnly:p MountPath SubPath MountPropagation:p SubPathExpr",
  VolumeDevice: "Name DevicePath",
  Probe:
    "Exec:*Exec HTTPGet:*HTTPGet TCPSocket:*TCPSocket GRPC:*GRPC InitialDelaySeconds:i TimeoutSeconds:i " +
    "PeriodSeconds:i SuccessThreshold:i FailureThreshold:i TerminationGracePeriodSeconds:p",
  Exec: "Command:p",
  HTTPGet: "Path Port:p Host Scheme HTTPHeaders:[Pair",
  TCPSocket: "Port:p Host",
  GRPC: "Port:i Service:p",
  Pair: "Name Value",
  Lifecycle: "PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:p",
  LifecycleHandler: "Exec:*Exec HTTPGet:*HTTPGet TCPSocket:*TCPSocket Sleep:*Sleep",
  Sleep: "Seconds:i",
  SecurityContext:
    "Capabilities:*Capabilities Privileged:p SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsOptions " +
    "RunAsUser:p RunAsGroup:p RunAsNonRoot:p ReadOnlyRootFilesystem:p AllowPrivilegeEscalation:p ProcMount:p " +
    "SeccompProfile:*Profile AppArmorProfile:*Profile",
  Capabilities: "Add:p Drop:p",
  SELinuxOptions: "User Role Type Level",
  WindowsOptions: "GMSACredentialSpecName:p GMSACredentialSpec:p RunAsUserName:p HostProcess:p",
  Profile: "Type LocalhostProfile:p",
  Reference: "Name",
  Affinity: "NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity",
  NodeAffinity:
    "RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector " +
    "PreferredDuringSchedulingIgnoredDuringExecution:[PreferredTerm",
  NodeSelector: "NodeSelectorTerms:[NodeSelectorTerm",
  NodeSelectorTerm: "MatchExpressions:[Requirement MatchFields:[Requirement",
  Requirement: "Key Operator Values:p",
  PreferredTerm: "Weight:i Preference:.NodeSelectorTerm",
  PodAffinity:
    "RequiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm " +
    "PreferredDuringSchedulingIgnoredDuringExecution:[WeightedTerm",
  PodAffinityTerm: "LabelSelector:p Namespaces:p TopologyKey NamespaceSelector:p MatchLabelKeys:p MismatchLabelKeys:p",
  WeightedTerm: "Weight:i PodAffinityTerm:.PodAffinityTerm",
  Toleration: "Key Operator Value Effect TolerationSeconds:p",
  HostAlias: "IP Hostnames:p",
  PodDNSConfig: "Nameservers:p Searches:p Options:[DNSOption",
  DNSOption: "Name Value:p",
  ReadinessGate: "ConditionType",
  TopologySpreadConstraint:
    "MaxSkew:i TopologyKey WhenUnsatisfiable LabelSelector:p MinDomains:p NodeAffinityPolicy:p NodeTaintsPolicy:p " +
    "MatchLabelKeys:p",
  PodOS: "Name",
  SchedulingGate: "Name",
  PodResourceClaim: "Name ResourceClaimName:p ResourceClaimTemplateName:p",
  Volume:
    "Name HostPath:*HostPath EmptyDir:*EmptyDir GCEPersistentDisk:p AWSElasticBlockStore:p GitRepo:p Secret:*Secret " +
    "NFS:*NFS ISCSI:p Glusterfs:p PersistentVolumeClaim:*ClaimVolume RBD:p Quobyte:p FlexVolume:p Cinder:p CephFS:p " +
    "Flocker:p DownwardAPI:*DownwardAPI FC:p AzureFile:p ConfigMap:*ConfigMap VsphereVolume:p AzureDisk:p " +
    "PhotonPersistentDisk:p Projected:*Projected PortworxVolume:p ScaleIO:p StorageOS:p CSI:*CSI Ephemeral:p " +
    "Image:*ImageVolume",
  HostPath: "Path Type:p",
  EmptyDir: "Medium SizeLimit:p",
  Secret: "SecretName Items:[KeyToPath DefaultMode:p Optional:p",
  KeyToPath: "Key Path Mode:p",
  NFS: "Server Path ReadOnly:b",
  ClaimVolume: "ClaimName ReadOnly:b",
  DownwardAPI: "Items:[DownwardFile DefaultMode:p",
  DownwardFile: "Path FieldRef:*FieldRef ResourceFieldRef:*ResourceFieldRef Mode:p",
  ConfigMap: "Name Items:[KeyToPath DefaultMode:p Optional:p",
  Projected: "Sources:[Projection DefaultMode:p",
  Projection:
    "Secret:*ProjectedMap DownwardAPI:*ProjectedFiles ConfigMap:*ProjectedMap ServiceAccountToken:*TokenProjection " +
    "ClusterTrustBundle:p PodCertificate:p",
  ProjectedMap: "Name Items:[KeyToPath Optional:p",
  ProjectedFiles: "Items:[DownwardFile",
  TokenProjection: "Audience ExpirationSeconds:i Path",
  CSI: "Driver ReadOnly:p FSType:p VolumeAttributes:p NodePublishSecretRef:*Reference",
  ImageVolume: "Reference PullPolicy",
  PersistentVolumeClaimSpec:
    "AccessModes:p Selector:p Resources:.VolumeResources VolumeName StorageClassName:p VolumeMode:p " +
    "DataSource:*DataSource DataSourceRef:*DataSourceRef VolumeAttributesClassName:p",
  VolumeResources: "Limits:p Requests:p",
  DataSource: "APIGroup:p Kind Name",
  DataSourceRef: "APIGroup:p Kind Name Namespace:p",
  PersistentVolumeSource:
    "GCEPersistentDisk:p AWSElasticBlockStore:p HostPath:*HostPath Glusterfs:p NFS:*NFS RBD:p Quobyte:p ISCSI:p " +
    "FlexVolume:p Cinder:p CephFS:p FC:p Flocker:p AzureFile:p VsphereVolume:p AzureDisk:p PhotonPersistentDisk:p " +
    "PortworxVolume:p ScaleIO:p Local:*Local StorageOS:p CSI:*CSIVolume",
  Local: "Path FSType:p",
  CSIVolume:
    "Driver VolumeHandle ReadOnly:b FSType VolumeAttributes:p ControllerPublishSecretRef:*SecretReference " +
    "NodeStageSecretRef:*SecretReference NodePublishSecretRef:*SecretReference " +
    "ControllerExpandSecretRef:*SecretReference NodeExpandSecretRef:*SecretReference",
  SecretReference: "Name Namespace",
};

const ODD_NAMES: Readonly<Record<string, string>> = { CephFS: "cephfs", StorageOS: "storageos" };

/** The name a field of Go has in JSON: the capitals it begins with are small. */
const jsonName = (name: string): string =>
  ODD_NAMES[name] ?? name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+/, (capitals) => capitals.toLowerCase());

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Gives an object's internal form; `type` is the name of its Go type. */
export function internalForm(type: string, object: object): Fields {
  const given = type === "PodSpec" ? withHostFields(object as Fields) : (object as Fields);
  const form: Record<string, unknown> = type === "PodTemplateSpec" ? metadataOf(given["metadata"]) : {};
  for (const token of (TYPES[type] ?? "").split(" ")) {
    if (token.startsWith("+")) Object.assign(form, internalForm(token.slice(1), given));
    else {
      const [name = "", kind = ""] = token.split(":");
      form[name] = internalField(kind, given[jsonName(name)]);
    }
  }
  return goStruct(form) as Fields;
}

const METADATA = [
  ...["name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp"],
  ...["deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers"],
];

/** What is set of an object's metadata: it is one form for all versions, and taken in where it stands. */
function metadataOf(metadata: unknown): Record<string, unknown> {
  const given = isFields(metadata) ? metadata : {};
  return Object.fromEntries(METADATA.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
}

function internalField(kind: string, value: unknown): unknown {
  const type = kind.slice(1);
  switch (kind.charAt(0)) {
    case "":
      return value ?? "";
    case "i":
      return value ?? 0;
    case "b":
      return value ?? false;
    case ".":
      return internalForm(type, isFields(value) ? value : {});
    case "*":
      return isFields(value) ? internalForm(type, value) : null;
    case "[":
      return Array.isArray(value) ? value.map((item) => internalForm(type, item)) : null;
    default:
      return value ?? null;
  }
}

const HOST_FIELDS = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] as const;

/** What a pod shares with its machine stands in its security context. */
function withHostFields(spec: Fields): Fields {
  const shared = HOST_FIELDS.filter((field) => spec[field] !== undefined).map((field) => [field, spec[field]]);
  const { securityContext } = spec;
  if (securityContext === undefined && shared.length === 0) return spec;
  return { ...spec, securityContext: { ...(securityContext as Fields | undefined), ...Object.fromEntries(shared) } };
}
