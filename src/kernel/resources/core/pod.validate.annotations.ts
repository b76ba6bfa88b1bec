/**
 * Whether the annotations that mean something to pods are well formed, and agree with the fields that replaced them.
 *
 * Models pkg/apis/core/validation (ValidatePodSpecificAnnotations and its kin).
 * Leaves out tolerations in an annotation: no scheduler has read them since v1.6.
 */

import type { AppArmorProfile, PodSpec, SeccompProfile } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { quote } from "#kernel/apimachinery/go-text";
import { mustDescend } from "#kernel/resources/core/pod.validate.fields";
import { containersAt } from "#kernel/resources/core/pod.validate.windows";

export const MIRROR_POD_ANNOTATION = "kubernetes.io/config.mirror";
export const POD_DELETION_COST_ANNOTATION = "controller.kubernetes.io/pod-deletion-cost";
export const APPARMOR_PREFIX = "container.apparmor.security.beta.kubernetes.io/";
export const SECCOMP_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod";
export const SECCOMP_PREFIX = "container.seccomp.security.alpha.kubernetes.io/";

type Annotations = Readonly<Record<string, string>>;

/** Adds an error for each wrong annotation; `at` stands at the annotations. */
export function validatePodAnnotations(annotations: Annotations = {}, spec: PodSpec, at: At): void {
  const mirror = annotations[MIRROR_POD_ANNOTATION];
  if (mirror !== undefined && (spec.nodeName ?? "") === "") {
    const rule = "must set spec.nodeName if mirror pod annotation is set";
    at(`[${MIRROR_POD_ANNOTATION}]`).invalid(mirror, rule);
  }
  const cost = annotations[POD_DELETION_COST_ANNOTATION];
  if (cost !== undefined && deletionCostOf(cost) === undefined) {
    at(`[${POD_DELETION_COST_ANNOTATION}]`).invalid(cost, "must be a 32bit integer");
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (key === SECCOMP_POD_ANNOTATION || key.startsWith(SECCOMP_PREFIX)) validateSeccompText(value, at.under(key));
    if (key.startsWith(APPARMOR_PREFIX)) validateAppArmorText(key, value, spec, at.under(`[${key}]`));
  }
}

/** Gives the cost of deleting a pod; undefined if the text is no canonical 32-bit integer. */
export function deletionCostOf(text: string): number | undefined {
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return undefined;
  const cost = Number(text);
  return cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : undefined;
}

function validateSeccompText(profile: string, at: At): void {
  if (profile === "runtime/default" || profile === "docker/default" || profile === "unconfined") return;
  if (profile.startsWith(LOCALHOST)) mustDescend(at(""), profile.slice(LOCALHOST.length));
  else at("").invalid(profile, "must be a valid seccomp profile");
}

const LOCALHOST = "localhost/";

function validateAppArmorText(key: string, profile: string, spec: PodSpec, at: At): void {
  const name = key.slice(APPARMOR_PREFIX.length);
  const isKnown = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])].some(
    (container) => container.name === name,
  );
  if (!isKnown) at("").invalid(name, "container not found");
  const isFormed =
    profile === "" || profile === "runtime/default" || profile === "unconfined" || profile.startsWith(LOCALHOST);
  if (!isFormed) at("").invalid(profile, `invalid AppArmor profile name: ${quote(profile)}`);
}

/** Adds an error where an annotation and the field that replaced it say different things; `at` stands at the spec. */
export function validateProfilesMatch(annotations: Annotations = {}, spec: PodSpec, at: At): void {
  const { securityContext: ofPod, os } = spec;
  const podSeccomp = annotations[SECCOMP_POD_ANNOTATION];
  if (podSeccomp !== undefined && ofPod?.seccompProfile !== undefined) {
    matchProfile("seccomp", podSeccomp, ofPod.seccompProfile, at.under("securityContext.seccompProfile"));
  }
  for (const [{ name, securityContext: own }, ownAt] of containersAt(spec, at)) {
    const seccomp = annotations[SECCOMP_PREFIX + name];
    if (seccomp !== undefined && own?.seccompProfile !== undefined) {
      matchProfile("seccomp", seccomp, own.seccompProfile, ownAt.under("securityContext.seccompProfile"));
    }
    const appArmor = annotations[APPARMOR_PREFIX + name];
    const profile = own?.appArmorProfile ?? ofPod?.appArmorProfile;
    if (appArmor !== undefined && profile !== undefined && os?.name !== "windows") {
      matchProfile("apparmor", appArmor, profile, ownAt.under("securityContext.appArmorProfile"));
    }
  }
}

const DEFAULT_TEXTS: Readonly<Record<string, readonly string[]>> = {
  seccomp: ["runtime/default", "docker/default"],
  apparmor: ["runtime/default"],
};

function matchProfile(kind: string, text: string, profile: SeccompProfile | AppArmorProfile, at: At): void {
  const { type, localhostProfile } = profile;
  const isLocal = type === "Localhost";
  const sameType =
    (type === "Unconfined" && text === "unconfined") ||
    (type === "RuntimeDefault" && DEFAULT_TEXTS[kind]?.includes(text) === true) ||
    (isLocal && text.startsWith(LOCALHOST));
  if (!sameType) at("type").forbidden(`${kind} type in annotation and field must match`);
  else if (isLocal && text.slice(LOCALHOST.length) !== localhostProfile) {
    at("localhostProfile").forbidden(`${kind} profile in annotation and field must match`);
  }
}

/** Adds an error for each annotation that must stay as it is; `at` stands at the annotations. */
export function validateAnnotationsUpdate(annotations: Annotations = {}, old: Annotations = {}, at: At): void {
  for (const key in old) {
    if (annotations[key] === old[key]) continue;
    if (key.startsWith(APPARMOR_PREFIX)) at(`[${key}]`).forbidden("may not remove or update AppArmor annotations");
    if (key === MIRROR_POD_ANNOTATION) at(`[${key}]`).forbidden("may not remove or update mirror pod annotation");
  }
  for (const key in annotations) {
    if (old[key] !== undefined) continue;
    if (key.startsWith(APPARMOR_PREFIX)) at(`[${key}]`).forbidden("may not add AppArmor annotations");
    if (key === MIRROR_POD_ANNOTATION) at(`[${key}]`).forbidden("may not add mirror pod annotation");
  }
}
