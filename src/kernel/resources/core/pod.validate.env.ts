/**
 * Whether environment variables and the downward API's references are well formed.
 *
 * Models pkg/apis/core/validation (ValidateEnv, validateObjectFieldSelector and their kin) and pkg/apis/core/pods.
 */

import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
  Volume,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import {
  configMapKey,
  dns1123Label,
  dns1123Subdomain,
  qualifiedName,
  relaxedEnvVarName,
} from "#kernel/apimachinery/formats";
import { canonicalQuantity, cmp } from "#kernel/apimachinery/quantity";
import { eachAt, mustBeGiven, mustFit, mustNotBeReserved } from "#kernel/resources/core/pod.validate.fields";

const ENV_FIELDS = [
  ...["metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"],
  ...["status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"],
];

/** Fields a volume of the downward API may show. */
export const VOLUME_FIELDS = [
  ...["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"],
];

/** Every field a reference can name, whether or not it may stand in this place. */
const KNOWN_FIELDS = new Set([
  ...ENV_FIELDS,
  ...VOLUME_FIELDS,
  ...["spec.restartPolicy", "spec.schedulerName", "status.phase"],
]);

const RESOURCE_FIELDS = [
  ...["limits.cpu", "limits.ephemeral-storage", "limits.memory"],
  ...["requests.cpu", "requests.ephemeral-storage", "requests.memory"],
];

/** Adds an error for each wrong environment variable; `volumes` are those of the pod. */
export function validateEnv(vars: readonly EnvVar[] | undefined, volumes: Volumes, at: At): void {
  for (const [{ name, value = "", valueFrom }, varAt] of eachAt(vars, at)) {
    mustBeGiven(varAt("name"), name, relaxedEnvVarName);
    if (valueFrom === undefined) continue;
    validateValueFrom(valueFrom, value, varAt.under("valueFrom"));
    const { fileKeyRef } = valueFrom;
    if (fileKeyRef !== undefined) validateFileKeyRef(fileKeyRef, volumes, varAt.under("valueFrom.fileKeyRef"));
  }
}

type Volumes = ReadonlyMap<string, Volume>;

function validateValueFrom(source: EnvVarSource, value: string, at: At): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  if (fieldRef !== undefined) validateFieldRef(fieldRef, ENV_FIELDS, at.under("fieldRef"));
  if (resourceFieldRef !== undefined) {
    validateResourceFieldRef(resourceFieldRef, { needsContainer: false }, at.under("resourceFieldRef"));
  }
  if (configMapKeyRef !== undefined) validateKeyRef(configMapKeyRef, at.under("configMapKeyRef"));
  if (secretKeyRef !== undefined) validateKeyRef(secretKeyRef, at.under("secretKeyRef"));
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef];
  const count = sources.filter((one) => one !== undefined).length;
  if (count === 0) {
    const all = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
    at("").invalid("", `must specify one of: ${all}`);
  } else if (value !== "") at("").invalid("", "may not be specified when `value` is not empty");
  else if (count > 1) at("").invalid("", "may not have more than one field specified at a time");
}

function validateKeyRef({ name = "", key }: { readonly name?: string; readonly key: string }, at: At): void {
  mustFit(at("name"), name, dns1123Subdomain);
  mustBeGiven(at("key"), key, configMapKey);
}

/** The file must lie in a volume that lives and dies with the pod. */
function validateFileKeyRef({ key, path, volumeName }: FileKeySelector, volumes: Volumes, at: At): void {
  mustBeGiven(at("key"), key, relaxedEnvVarName);
  if (mustBeGiven(at("path"), path)) mustNotBeReserved(at("path"), path);
  if (!mustBeGiven(at("volumeName"), volumeName, dns1123Label)) return;
  const volume = volumes.get(volumeName);
  if (volume === undefined) at("volumeName").notFound(volumeName);
  else if (volume.emptyDir === undefined) at("volumeName").invalid(volumeName, "must refer to an emptyDir volume");
}

/** Adds an error for each wrong source of whole sets of variables. */
export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, at: At): void {
  for (const [{ prefix = "", configMapRef, secretRef }, sourceAt] of eachAt(sources, at)) {
    if (prefix !== "") mustFit(sourceAt("prefix"), prefix, relaxedEnvVarName);
    if (configMapRef !== undefined) mustBeGiven(sourceAt("configMapRef.name"), configMapRef.name, dns1123Subdomain);
    if (secretRef !== undefined) mustBeGiven(sourceAt("secretRef.name"), secretRef.name, dns1123Subdomain);
    if (configMapRef === undefined && secretRef === undefined) {
      at("").invalid("", "must specify one of: `configMapRef` or `secretRef`");
    }
    if (configMapRef !== undefined && secretRef !== undefined) {
      at("").invalid("", "may not have more than one field specified at a time");
    }
  }
}

const subscripted = /^([^[]*)\['(.*)'\]$/;

/** Adds an error unless the reference names one of the fields, or an entry of labels or annotations. */
export function validateFieldRef(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  fields: readonly string[],
  at: At,
): void {
  if (!mustBeGiven(at("apiVersion"), apiVersion) || !mustBeGiven(at("fieldPath"), fieldPath)) return;
  const [, owner, key = ""] = subscripted.exec(fieldPath) ?? [];
  const problem = fieldPathProblem(apiVersion, fieldPath, owner);
  if (problem !== undefined) at("fieldPath").invalid(fieldPath, `error converting fieldPath: ${problem}`);
  else if (owner === "metadata.annotations") mustFit(at(""), key.toLowerCase(), qualifiedName);
  else if (owner === "metadata.labels") mustFit(at(""), key, qualifiedName);
  else if (!fields.includes(fieldPath)) at("fieldPath").notSupported(fieldPath, fields);
}

function fieldPathProblem(
  apiVersion: string | undefined,
  fieldPath: string,
  owner: string | undefined,
): string | undefined {
  if (apiVersion !== "v1") return `unsupported pod version: ${apiVersion}`;
  if (owner !== undefined) {
    const isMap = owner === "metadata.annotations" || owner === "metadata.labels";
    return isMap ? undefined : `field label does not support subscript: ${fieldPath}`;
  }
  return KNOWN_FIELDS.has(fieldPath) ? undefined : `field label not supported: ${fieldPath}`;
}

const BYTE_DIVISORS = [...["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]];
const CPU_DIVISORS = ["1m", "1"];
const hugePages = /^(requests|limits)\.hugepages-/;

/** Adds an error for each wrong part of a reference to a container's request or limit. */
export function validateResourceFieldRef(
  ref: ResourceFieldSelector,
  { needsContainer }: { readonly needsContainer: boolean },
  at: At,
): void {
  const { containerName = "", resource, divisor } = ref;
  if (needsContainer && containerName === "") at("containerName").required();
  else if (mustBeGiven(at("resource"), resource) && !RESOURCE_FIELDS.includes(resource) && !hugePages.test(resource)) {
    at("resource").notSupported(resource, RESOURCE_FIELDS);
  }
  if (divisor === undefined || cmp(divisor, "0") === 0) return;
  const spelt = canonicalQuantity(divisor);
  const bytes = `${BYTE_DIVISORS.join(", ")} are supported with the`;
  const refuse = (rule: string): void => at("divisor").invalid(resource, `only divisor's values ${rule} resource`);
  if (resource.endsWith(".cpu")) {
    if (!CPU_DIVISORS.includes(spelt)) refuse("1m and 1 are supported with the cpu");
  } else if (!BYTE_DIVISORS.includes(spelt)) {
    if (resource.endsWith(".memory")) refuse(`${bytes} memory`);
    if (resource.endsWith(".ephemeral-storage")) refuse(`${bytes} local ephemeral storage`);
    if (hugePages.test(resource)) refuse(`${bytes} hugepages`);
  }
}
