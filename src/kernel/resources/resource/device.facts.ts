/**
 * Pure questions about devices: which taints a claim bears.
 *
 * Models k8s.io/dynamic-resource-allocation/resourceclaim (ToleratesTaint).
 */
import type { DeviceTaint, DeviceToleration } from "#kernel/api/types.gen";

/** True if a toleration is one of a device's taint. */
export function toleratesDeviceTaint(toleration: DeviceToleration, taint: DeviceTaint): boolean {
  const { key = "", operator = "Equal", value = "", effect = "" } = toleration;
  return (
    (key === "" || key === taint.key) &&
    (effect === "" || effect === taint.effect) &&
    (operator === "Exists" || value === (taint.value ?? ""))
  );
}
