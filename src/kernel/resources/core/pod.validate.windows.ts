/**
 * What only Windows pods may have, and what they may not have.
 *
 * Models pkg/apis/core/validation (validateWindowsSecurityContextOptions, validateWindowsHostProcessPod, validateOS).
 */

import type { Container, EphemeralContainer, PodSpec, WindowsSecurityContextOptions } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";
import { eachAt, mustFit } from "#kernel/resources/core/pod.validate.fields";

const CREDENTIAL_KIB_MAX = 64;
const DOMAIN_LENGTH_MAX = 256;
const USER_LENGTH_MAX = 104;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
const control = /[\u0000-\u001f\u007f]/;
const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsName = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;

/** Adds an error for each wrong Windows option. */
export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, at: At): void {
  if (options === undefined) return;
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options;
  if (gmsaCredentialSpecName !== undefined) {
    mustFit(at("gmsaCredentialSpecName"), gmsaCredentialSpecName, dns1123Subdomain);
  }
  if (gmsaCredentialSpec !== undefined) {
    const problem = at("gmsaCredentialSpec");
    if (gmsaCredentialSpec === "") problem.invalid("", "gmsaCredentialSpec cannot be an empty string");
    else if (byteLength(gmsaCredentialSpec) > CREDENTIAL_KIB_MAX * 1024) {
      problem.invalid(gmsaCredentialSpec, `gmsaCredentialSpec size must be under ${CREDENTIAL_KIB_MAX} KiB`);
    }
  }
  if (runAsUserName !== undefined) mustFit(at("runAsUserName"), runAsUserName, windowsUser);
}

function windowsUser(name: string): string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"];
  if (control.test(name)) return ["runAsUserName cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const user = parts.at(-1) ?? "";
  const domain = parts.length === 2 ? (parts[0] ?? "") : undefined;
  const errors: string[] = [];
  if (domain !== undefined && byteLength(domain) >= DOMAIN_LENGTH_MAX) {
    errors.push(`runAsUserName's Domain length must be under ${DOMAIN_LENGTH_MAX} characters`);
  }
  if (domain !== undefined && !netBios.test(domain) && !dnsName.test(domain)) {
    errors.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === "") errors.push("runAsUserName's User cannot be empty");
  else if (byteLength(user) > USER_LENGTH_MAX) {
    errors.push(`runAsUserName's User length must not be longer than ${USER_LENGTH_MAX} characters`);
  }
  if (/^[. ]+$/.test(user)) errors.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    errors.push("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
  }
  return errors;
}

/** Every container of a spec with the collector that stands at it: init, regular, ephemeral. */
export function* containersAt(spec: PodSpec, at: At): Generator<readonly [Container | EphemeralContainer, At]> {
  for (const field of ["initContainers", "containers", "ephemeralContainers"] as const) {
    for (const [container, ownAt] of eachAt<Container | EphemeralContainer>(spec[field], at.under(field))) {
      yield [container, ownAt];
    }
  }
}

/** Adds an error unless all containers run as processes of the host, or none. */
export function validateHostProcess(spec: PodSpec, at: At): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let count = 0;
  let hostProcesses = 0;
  for (const [{ securityContext }, ownAt] of containersAt(spec, at)) {
    count += 1;
    const own = securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const rule = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      ownAt("securityContext.windowsOptions.hostProcess").invalid(own, rule);
    }
    if ((own ?? ofPod) === true) hostProcesses += 1;
  }
  if (hostProcesses === 0) return;
  if (hostProcesses !== count) {
    const rule = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
    at("").invalid("", rule);
  }
  if (spec.hostNetwork !== true) {
    at("hostNetwork").invalid(false, "hostNetwork must be true if pod contains any hostProcess containers");
  }
}

/** Adds an error for an unknown spec.os, and for what its operating system does not have. */
export function validateOs(spec: PodSpec, at: At): void {
  if (spec.os === undefined) return;
  const { name } = spec.os;
  if (name === "") at("os.name").required("cannot be empty");
  else if (name === "linux") forbidWindowsOptions(spec, at);
  else if (name === "windows") forbidLinuxOptions(spec, at);
  else at("os").notSupported(name, ["linux", "windows"]);
}

function forbidWindowsOptions(spec: PodSpec, at: At): void {
  const refusal = "windows options cannot be set for a linux pod";
  if (spec.securityContext?.windowsOptions !== undefined) at("securityContext.windowsOptions").forbidden(refusal);
  for (const [{ securityContext }, ownAt] of containersAt(spec, at)) {
    if (securityContext?.windowsOptions !== undefined) ownAt("securityContext.windowsOptions").forbidden(refusal);
  }
}

/** What a Windows pod must not have, in the order upstream looks at it: below the spec, or below its context. */
const LINUX_POD_FIELDS: readonly string[] = [
  ...["securityContext.appArmorProfile", "securityContext.seLinuxOptions", "hostUsers", "hostPID", "hostIPC"],
  ...["securityContext.seccompProfile", "securityContext.fsGroup", "securityContext.fsGroupChangePolicy"],
  ...["securityContext.sysctls", "shareProcessNamespace", "securityContext.runAsUser", "securityContext.runAsGroup"],
  ...["securityContext.supplementalGroups", "securityContext.supplementalGroupsPolicy"],
  "securityContext.seLinuxChangePolicy",
];

const contextPrefix = "securityContext.";

const LINUX_CONTAINER_FIELDS = [
  ...["appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged"],
  ...["allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup"],
];

function forbidLinuxOptions(spec: PodSpec, at: At): void {
  const refusal = "cannot be set for a windows pod";
  const ofSpec = spec as unknown as Readonly<Record<string, unknown>>;
  const ofPod = (spec.securityContext ?? {}) as Readonly<Record<string, unknown>>;
  for (const path of LINUX_POD_FIELDS) {
    const value = path.startsWith(contextPrefix) ? ofPod[path.slice(contextPrefix.length)] : ofSpec[path];
    const isUnset = (path === "hostPID" || path === "hostIPC") && value !== true;
    const isEmpty = path.endsWith("sysctls") && Array.isArray(value) && value.length === 0;
    if (value !== undefined && !isUnset && !isEmpty) at(path).forbidden(refusal);
  }
  for (const [{ securityContext }, ownAt] of containersAt(spec, at)) {
    const own = (securityContext ?? {}) as Readonly<Record<string, unknown>>;
    for (const field of LINUX_CONTAINER_FIELDS) {
      if (own[field] !== undefined) ownAt(`securityContext.${field}`).forbidden(refusal);
    }
  }
}
