/**
 * Which fields Go's encoder writes even where nobody set them, because the field is no pointer and says no omitempty.
 *
 * A required field is one of them unless POINTERS names it, and so are the metadata, spec and status of an object;
 * the rest is listed here, since OpenAPI does not tell a struct from a pointer to one.
 */
import { type Definition, isObjectKind, META, type Property, shortName } from "./definitions.ts";

/** Optional structs by value. */
const STRUCTS = names(`
  apps.v1.ControllerRevision#data apps.v1.DaemonSetSpec#updateStrategy apps.v1.DeploymentSpec#strategy
  apps.v1.StatefulSetSpec#updateStrategy
  authentication.v1.SelfSubjectReviewStatus#userInfo authentication.v1.TokenReviewStatus#user
  core.v1.Container#resources core.v1.ContainerStateRunning#startedAt core.v1.ContainerStateTerminated#finishedAt
  core.v1.ContainerStateTerminated#startedAt core.v1.ContainerStatus#lastState core.v1.ContainerStatus#state
  core.v1.EphemeralContainer#resources core.v1.Event#eventTime core.v1.Event#firstTimestamp
  core.v1.Event#lastTimestamp core.v1.Event#source core.v1.EventSeries#lastObservedTime
  core.v1.NodeDaemonEndpoints#kubeletEndpoint core.v1.NodeStatus#daemonEndpoints core.v1.NodeStatus#nodeInfo
  core.v1.PersistentVolumeClaimSpec#resources core.v1.PodTemplate#template core.v1.ResourceFieldSelector#divisor
  core.v1.ServiceStatus#loadBalancer
  discovery.v1.Endpoint#conditions
  events.v1.Event#deprecatedFirstTimestamp events.v1.Event#deprecatedLastTimestamp events.v1.Event#deprecatedSource
  events.v1.Event#regarding
  networking.v1.IngressServiceBackend#port networking.v1.IngressStatus#loadBalancer
  networking.v1.NetworkPolicySpec#podSelector
  storage.v1.VolumeError#time
`);

/** Optional fields without omitempty that are no struct. */
const SCALARS = names(`
  apps.v1.StatefulSetStatus#availableReplicas
  core.v1.Event#reportingComponent core.v1.Event#reportingInstance
  discovery.v1.EndpointSlice#ports
`);

/** Conditions whose times are values: every `...Condition` but those that came later, as pointers. */
const CONDITION_TIMES = /Condition#last(Transition|Update|Probe|Heartbeat)Time$/;

/** Required fields that are pointers or are left out when empty all the same. */
const POINTERS = names(`
  apps.v1.DaemonSetSpec#selector apps.v1.DeploymentSpec#selector apps.v1.StatefulSetSpec#selector
  apps.v1.ReplicaSetSpec#selector
 
  core.v1.NodeConfigSource#configMap core.v1.NodeSelector#nodeSelectorTerms
  core.v1.ScopedResourceSelectorRequirement#values
  core.v1.ConfigMapNodeConfigSource#kubeletConfigKey
  core.v1.CSIPersistentVolumeSource#controllerPublishSecretRef core.v1.PodResourceClaim#source
  core.v1.TypedObjectReference#apiGroup core.v1.PodAffinityTerm#labelSelector
  core.v1.ClientIPConfig#timeoutSeconds core.v1.ClusterTrustBundleProjection#path
  core.v1.ServiceAccountTokenProjection#expirationSeconds
  core.v1.ScaleIOVolumeSource#secretRef core.v1.ScaleIOPersistentVolumeSource#secretRef
  discovery.v1.EndpointPort#port
  admissionregistration.v1.MutatingWebhook#sideEffects admissionregistration.v1.ValidatingWebhook#sideEffects
  policy.v1.PodDisruptionBudgetSpec#selector
  storage.v1.CSINodeDriver#topologyKeys
`);

/** Groups written in the newer style: a required field is left out when empty, for validation to find missing. */
const NEWER = /^(resource|scheduling|storagemigration|certificates)\.v\d+(alpha|beta)\d+\.|^resource\.v1\./;

function names(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** The JSON that stands for the field where it is unset, or undefined where it is left out. */
export function encodedWhenUnset(name: string, field: string, definition: Definition): string | undefined {
  const property = definition.properties?.[field];
  if (property === undefined) return undefined;
  const place = `${shortName(name)}#${field}`;
  const isStructOfObject = property.$ref !== undefined && isStructField(field, definition);
  if (isStructOfObject || STRUCTS.has(place) || SCALARS.has(place)) return zeroOf(property);
  if (CONDITION_TIMES.test(place) && property.$ref !== undefined) return zeroOf(property);
  const isRequired = definition.required?.includes(field) === true;
  return isRequired && !POINTERS.has(place) && !NEWER.test(place) ? zeroOf(property) : undefined;
}

/** The metadata of anything, and the spec and status of objects and of templates of objects. */
function isStructField(field: string, definition: Definition): boolean {
  const { metadata } = definition.properties ?? {};
  if (field === "metadata") return metadata?.$ref === `${META}ObjectMeta` || metadata?.$ref === `${META}ListMeta`;
  if (field === "spec") return metadata?.$ref === `${META}ObjectMeta`;
  return field === "status" && isObjectKind(definition);
}

function zeroOf(property: Property): string {
  if (property.$ref !== undefined) return ZERO_BY_DEFINITION[property.$ref] ?? "{}";
  if (property.type === "string") return property.format === "byte" ? "null" : '""';
  if (property.type === "boolean") return "false";
  return property.type === "integer" || property.type === "number" ? "0" : "null";
}

const ZERO_BY_DEFINITION: Readonly<Record<string, string>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": '"0"',
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "0",
  "io.k8s.apimachinery.pkg.runtime.RawExtension": "null",
  [`${META}Time`]: "null",
  [`${META}MicroTime`]: "null",
  [`${META}FieldsV1`]: "null",
};
