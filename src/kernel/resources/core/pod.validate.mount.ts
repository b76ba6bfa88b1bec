/**
 * Whether a container's volume mounts and block devices fit the pod's volumes.
 *
 * Models pkg/apis/core/validation (ValidateVolumeMounts, ValidateVolumeDevices).
 */

import type { Container, EphemeralContainer, VolumeMount } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import {
  eachAt,
  hasBacksteps,
  mustBeGiven,
  mustBeOneOf,
  mustDescend,
} from "#kernel/resources/core/pod.validate.fields";
import type { ValidVolumes } from "#kernel/resources/core/pod.validate.volume";

type AnyContainer = Container | EphemeralContainer;

/** Adds an error for each wrong mount; `at` stands at the list. */
export function validateVolumeMounts(container: AnyContainer, volumes: ValidVolumes, at: At): void {
  const { volumeMounts, volumeDevices = [] } = container;
  const paths = new Set<string>();
  for (const [mount, mountAt] of eachAt(volumeMounts, at)) {
    const { name, mountPath, subPath = "", subPathExpr = "" } = mount;
    mustBeGiven(mountAt("name"), name);
    if (!volumes.has(name)) mountAt("name").notFound(name);
    mustBeGiven(mountAt("mountPath"), mountPath);
    if (paths.has(mountPath)) mountAt("mountPath").invalid(mountPath, "must be unique");
    paths.add(mountPath);
    if (volumeDevices.some((device) => device.name === name)) {
      mountAt("name").invalid(name, "must not already exist in volumeDevices");
    }
    if (volumeDevices.some(({ devicePath }) => devicePath === mountPath)) {
      mountAt("mountPath").invalid(mountPath, "must not already exist as a path in volumeDevices");
    }
    // From here on upstream reports at the list, not at its item.
    if (subPath !== "") mustDescend(at("subPath"), subPath);
    if (subPathExpr !== "") {
      if (subPath !== "") {
        mountAt("subPathExpr").invalid(subPathExpr, "subPathExpr and subPath are mutually exclusive");
      }
      mustDescend(at("subPathExpr"), subPathExpr);
    }
    validatePropagation(mount, container, at);
    validateRecursiveReadOnly(mount, at);
  }
}

function validatePropagation({ mountPropagation }: VolumeMount, { securityContext }: AnyContainer, at: At): void {
  if (mountPropagation === undefined) return;
  const problem = at("mountPropagation");
  mustBeOneOf(problem, mountPropagation, ["Bidirectional", "HostToContainer", "None"]);
  if (mountPropagation === "Bidirectional" && securityContext?.privileged !== true) {
    problem.forbidden("Bidirectional mount propagation is available only to privileged containers");
  }
}

function validateRecursiveReadOnly({ recursiveReadOnly, readOnly, mountPropagation }: VolumeMount, at: At): void {
  if (recursiveReadOnly === undefined || recursiveReadOnly === "Disabled") return;
  const problem = at("recursiveReadOnly");
  if (recursiveReadOnly !== "Enabled" && recursiveReadOnly !== "IfPossible") {
    problem.notSupported(recursiveReadOnly, ["Disabled", "Enabled", "IfPossible"]);
    return;
  }
  if (readOnly !== true) problem.forbidden("may only be specified when readOnly is true");
  if (mountPropagation !== undefined && mountPropagation !== "None") {
    problem.forbidden("may only be specified when mountPropagation is None or not specified");
  }
}

/** Adds an error for each wrong block device; `at` stands at the list. */
export function validateVolumeDevices(container: AnyContainer, volumes: ValidVolumes, at: At): void {
  const { volumeMounts = [], volumeDevices } = container;
  const paths = new Set<string>();
  const names = new Set<string>();
  for (const [{ name, devicePath }, deviceAt] of eachAt(volumeDevices, at)) {
    const volume = volumes.get(name);
    mustBeGiven(deviceAt("name"), name);
    if (names.has(name)) deviceAt("name").invalid(name, "must be unique");
    if (volume === undefined) deviceAt("name").notFound(name);
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const rule = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
      deviceAt("name").invalid(name, rule);
    }
    mustBeGiven(deviceAt("devicePath"), devicePath);
    if (paths.has(devicePath)) deviceAt("devicePath").invalid(devicePath, "must be unique");
    if (hasBacksteps(devicePath)) deviceAt("devicePath").invalid(devicePath, "can not contain backsteps ('..')");
    else paths.add(devicePath);
    if (volumeMounts.some((mount) => mount.name === name)) {
      deviceAt("name").invalid(name, "must not already exist in volumeMounts");
    }
    if (volumeMounts.some(({ mountPath }) => mountPath === devicePath)) {
      deviceAt("devicePath").invalid(devicePath, "must not already exist as a path in volumeMounts");
    }
    if (name !== "") names.add(name);
  }
}
