/**
 * Taints and tolerations: which pods a node's taints keep away.
 *
 * Models k8s.io/component-helpers/scheduling/corev1 and k8s.io/api/core/v1/toleration.go.
 */
import type { Pod, Taint, Toleration } from "#kernel/api/types.gen";

/** The taint effects the API knows. */
export const TAINT_EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

/** True if one of the pod's tolerations tolerates the taint. */
export const tolerates = (pod: Pod, taint: Taint): boolean => tolerationFor(pod, taint) !== undefined;

/** Gives the first of the pod's tolerations that tolerates the taint. */
export function tolerationFor(pod: Pod, taint: Taint): Toleration | undefined {
  return pod.spec.tolerations?.find((toleration) => toleratesTaint(toleration, taint));
}

/** True if this toleration tolerates the taint. An empty key or effect stands for every one. */
export function toleratesTaint(toleration: Toleration, taint: Taint): boolean {
  const { key = "", effect = "", operator = "", value = "" } = toleration;
  if (effect !== "" && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  const tainted = taint.value ?? "";
  switch (operator) {
    case "":
    case "Equal":
      return value === tainted;
    case "Exists":
      return true;
    default:
      return false;
  }
}

/** Gives the first taint that no toleration of the pod tolerates, among those the filter lets through. */
export function untoleratedTaint(
  pod: Pod,
  taints: readonly Taint[] | undefined,
  concerns: (taint: Taint) => boolean = () => true,
): Taint | undefined {
  return taints?.find((taint) => concerns(taint) && !tolerates(pod, taint));
}

/** True if two tolerations say the same, whatever their tolerationSeconds. */
export function sameToleration(a: Toleration, b: Toleration): boolean {
  return (
    (a.key ?? "") === (b.key ?? "") &&
    (a.effect ?? "") === (b.effect ?? "") &&
    (a.operator ?? "") === (b.operator ?? "") &&
    (a.value ?? "") === (b.value ?? "")
  );
}
