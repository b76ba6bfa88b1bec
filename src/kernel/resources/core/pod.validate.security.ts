/**
 * Whether security contexts are well formed, of pods and of containers.
 *
 * Models pkg/apis/core/validation (validatePodSpecSecurityContext, ValidateSecurityContext, validateSysctls).
 */

import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { unixId } from "#kernel/apimachinery/formats";
import { byteLength, goStruct } from "#kernel/apimachinery/go-text";
import { eachAt, mustBeOneOf, mustDescend, numberMustFit } from "#kernel/resources/core/pod.validate.fields";
import { validateWindowsOptions } from "#kernel/resources/core/pod.validate.windows";

const PROFILE_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"];

/** Adds an error for each wrong part of spec.securityContext and its kin; `at` stands at the spec. */
export function validatePodSecurity(spec: PodSpec, at: At): void {
  const { securityContext: context, hostPID, shareProcessNamespace } = spec;
  if (context === undefined) return;
  const own = at.under("securityContext");
  numberMustFit(own("fsGroup"), context.fsGroup, unixId);
  numberMustFit(own("runAsUser"), context.runAsUser, unixId);
  numberMustFit(own("runAsGroup"), context.runAsGroup, unixId);
  for (const [group, groupAt] of eachAt(context.supplementalGroups, own.under("supplementalGroups"))) {
    numberMustFit(groupAt(""), group, unixId);
  }
  if (shareProcessNamespace === true && hostPID === true) {
    own("shareProcessNamespace").invalid(true, "ShareProcessNamespace and HostPID cannot both be enabled");
  }
  validateSysctls(spec, own.under("sysctls"));
  const { fsGroupChangePolicy, supplementalGroupsPolicy, seLinuxChangePolicy } = context;
  if (fsGroupChangePolicy !== undefined) {
    mustBeOneOf(own("fsGroupChangePolicy"), fsGroupChangePolicy, ["Always", "OnRootMismatch"]);
  }
  validateSeccomp(context.seccompProfile, own.under("seccompProfile"));
  validateWindowsOptions(context.windowsOptions, own.under("windowsOptions"));
  validateAppArmor(context.appArmorProfile, own.under("appArmorProfile"));
  if (supplementalGroupsPolicy !== undefined) {
    mustBeOneOf(own("supplementalGroupsPolicy"), supplementalGroupsPolicy, ["Merge", "Strict"]);
  }
  if (seLinuxChangePolicy !== undefined) {
    mustBeOneOf(own("seLinuxChangePolicy"), seLinuxChangePolicy, ["MountOption", "Recursive"]);
  }
}

const sysctlSegment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const sysctlFormat = `(${sysctlSegment}[\\./])*${sysctlSegment}`;
const sysctl = new RegExp(`^${sysctlFormat}$`);
const SYSCTL_LENGTH_MAX = 253;

function validateSysctls({ securityContext, hostNetwork, hostIPC }: PodSpec, at: At): void {
  const names = new Set<string>();
  for (const [{ name }, ownAt] of eachAt(securityContext?.sysctls, at)) {
    const problem = ownAt("name");
    if (name === "") problem.required();
    else if (name.length > SYSCTL_LENGTH_MAX || !sysctl.test(name)) {
      problem.invalid(name, `must have at most ${SYSCTL_LENGTH_MAX} characters and match regex ^${sysctlFormat}$`);
    } else if (names.has(name)) problem.duplicate(name);
    const namespace = sysctlNamespace(name);
    if (hostNetwork === true && namespace === "net") {
      problem.invalid(name, "may not be specified when 'hostNetwork' is true");
    } else if (hostIPC === true && namespace === "ipc") {
      problem.invalid(name, "may not be specified when 'hostIPC' is true");
    }
    names.add(name);
  }
}

function sysctlNamespace(name: string): "net" | "ipc" | undefined {
  const dotted = name.replaceAll("/", ".");
  if (dotted.startsWith("net.")) return "net";
  const isIpc = dotted === "kernel.sem" || dotted.startsWith("kernel.shm") || dotted.startsWith("kernel.msg");
  return isIpc || dotted.startsWith("fs.mqueue.") ? "ipc" : undefined;
}

function validateSeccomp(profile: SeccompProfile | undefined, at: At): void {
  if (profile === undefined) return;
  const { type, localhostProfile } = profile;
  if (type === "") at("type").required("type is required when seccompProfile is set");
  else mustBeOneOf(at("type"), type, PROFILE_TYPES);
  const field = at("localhostProfile");
  if (type !== "Localhost") {
    if (localhostProfile !== undefined) {
      const printed = goStruct({ Type: type, LocalhostProfile: localhostProfile });
      field.invalid(printed, "can only be set when seccomp type is Localhost");
    }
  } else if (localhostProfile === undefined) field.required("must be set when seccomp type is Localhost");
  else mustDescend(field, localhostProfile);
}

const PATH_LENGTH_MAX = 4095;

function validateAppArmor(profile: AppArmorProfile | undefined, at: At): void {
  if (profile === undefined) return;
  const { type, localhostProfile } = profile;
  const field = at("localhostProfile");
  if (type === "") at("type").required("type is required when appArmorProfile is set");
  else mustBeOneOf(at("type"), type, PROFILE_TYPES);
  if (type === "RuntimeDefault" || type === "Unconfined") {
    if (localhostProfile !== undefined) {
      field.invalid(localhostProfile, "can only be set when AppArmor type is Localhost");
    }
  }
  if (type !== "Localhost") return;
  if (localhostProfile === undefined || localhostProfile === "") {
    field.required("must be set when AppArmor type is Localhost");
    return;
  }
  if (localhostProfile.trim() !== localhostProfile) {
    field.invalid(localhostProfile, "must not be padded with whitespace");
  }
  if (byteLength(localhostProfile) > PATH_LENGTH_MAX) field.tooLong("", PATH_LENGTH_MAX);
}

/** Adds an error for each wrong part of a container's security context; `at` stands at it. */
export function validateContainerSecurity(context: SecurityContext | undefined, hostUsers: boolean, at: At): void {
  if (context === undefined) return;
  numberMustFit(at("runAsUser"), context.runAsUser, unixId);
  numberMustFit(at("runAsGroup"), context.runAsGroup, unixId);
  const { procMount } = context;
  if (procMount !== undefined) {
    mustBeOneOf(at("procMount"), procMount, ["Default", "Unmasked"]);
    if (hostUsers && procMount === "Unmasked") {
      at("procMount").invalid(procMount, "`hostUsers` must be false to use `Unmasked`");
    }
  }
  validateSeccomp(context.seccompProfile, at.under("seccompProfile"));
  if (context.allowPrivilegeEscalation === false) {
    const cannot = "cannot set `allowPrivilegeEscalation` to false and";
    if (context.privileged === true) at("").invalid(printed(context), `${cannot} \`privileged\` to true`);
    if (context.capabilities?.add?.includes("CAP_SYS_ADMIN") === true) {
      at("").invalid(printed(context), `${cannot} \`capabilities.Add\` CAP_SYS_ADMIN`);
    }
  }
  validateWindowsOptions(context.windowsOptions, at.under("windowsOptions"));
  validateAppArmor(context.appArmorProfile, at.under("appArmorProfile"));
}

/** As upstream prints its internal struct, whose fields have Go's names. */
function printed(context: SecurityContext): Readonly<Record<string, unknown>> {
  const { capabilities } = context;
  return {
    Capabilities:
      capabilities === undefined ? null : { Add: capabilities.add ?? null, Drop: capabilities.drop ?? null },
    Privileged: context.privileged ?? null,
    SELinuxOptions: context.seLinuxOptions ?? null,
    WindowsOptions: context.windowsOptions ?? null,
    RunAsUser: context.runAsUser ?? null,
    RunAsGroup: context.runAsGroup ?? null,
    RunAsNonRoot: context.runAsNonRoot ?? null,
    ReadOnlyRootFilesystem: context.readOnlyRootFilesystem ?? null,
    AllowPrivilegeEscalation: context.allowPrivilegeEscalation ?? null,
    ProcMount: context.procMount ?? null,
    SeccompProfile: context.seccompProfile ?? null,
    AppArmorProfile: context.appArmorProfile ?? null,
  };
}

/** Adds an error where a pod has users of its own and yet shares other namespaces with the node. */
export function validateHostUsers({ hostUsers, hostNetwork, hostPID, hostIPC }: PodSpec, at: At): void {
  if (hostUsers !== false) return;
  const refusal = "when `pod.Spec.HostUsers` is false";
  if (hostNetwork === true) at("hostNetwork").forbidden(refusal);
  // The capital letters are upstream's.
  if (hostPID === true) at("HostPID").forbidden(refusal);
  if (hostIPC === true) at("HostIPC").forbidden(refusal);
}
