/**
 * Pure questions anybody may ask of a StatefulSet: how its pods and claims are called, how far an update may go.
 *
 * Models pkg/controller/statefulset/stateful_set_utils.go.
 */
import type { PersistentVolumeClaim, StatefulSet } from "#kernel/api/types.gen";
import { scaledValue } from "#kernel/apimachinery/int-or-string";

export const STATEFUL_POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name";
export const POD_INDEX_LABEL = "apps.kubernetes.io/pod-index";
/** On the pods of a StatefulSet: the name of their revision; on those of a DaemonSet: its hash. */
export const CONTROLLER_REVISION_HASH_LABEL = "controller-revision-hash";

/** The wanted number of pods. */
export const statefulReplicas = ({ spec }: StatefulSet): number => spec.replicas ?? 1;

/** The number the first pod has. */
export const firstOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0;

/** True if pods may be made and deleted all at once. */
export const allowsBurst = ({ spec }: StatefulSet): boolean => spec.podManagementPolicy === "Parallel";

/** The name of a StatefulSet's pod with this number. */
export const statefulPodName = ({ metadata }: StatefulSet, ordinal: number): string => `${metadata.name}-${ordinal}`;

/** Takes `web-3` apart; undefined if no StatefulSet would have given the name. */
export function statefulIdentity(podName: string): { readonly parent: string; readonly ordinal: number } | undefined {
  const match = /^(.*)-([0-9]+)$/.exec(podName);
  const ordinal = Number(match?.[2]);
  if (match === null || ordinal > 2147483647) return undefined;
  return { parent: match[1] ?? "", ordinal };
}

/** The name of the claim that a template makes for the pod with this number. */
export function claimName({ metadata }: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${metadata.name}-${ordinal}`;
}

/** The lowest number whose pod a rolling update touches. */
export const updatePartition = ({ spec }: StatefulSet): number => spec.updateStrategy?.rollingUpdate?.partition ?? 0;

/** How many pods a rolling update may have unavailable at a time, one at least. */
export function statefulMaxUnavailable(set: StatefulSet): number {
  const { maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  return Math.max(1, scaledValue(maxUnavailable, statefulReplicas(set), false));
}
